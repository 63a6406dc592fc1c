//! A C++ exception that leaves libamd_smi is a status, and libamd_smi is not called any more.

mod common;

use rsmi_compat::types::rsmi_status_t;
use std::ffi::{CStr, c_char};
use std::path::Path;
use std::process::Command;

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_shut_down() -> rsmi_status_t;
    fn rsmi_compat_source_set(source: *const c_char) -> rsmi_status_t;
    fn rsmi_dev_perf_level_get(gpu: u32, level: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_mem_overdrive_level_get(gpu: u32, level: *mut u32) -> rsmi_status_t;
}

const SUCCESS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_SUCCESS;

const MACHINE: &str = r#"
about = "A Navi 31"
[driver]
[cpu]
nodes = 1
cores = 8
memory = 67000000000
[[gpu]]
chip = "navi31"
pci = "0000:05:00.0"
overdrive = { mclk_percent = 3 }
"#;

#[test]
#[cfg(target_arch = "x86_64")]
fn what_is_thrown_is_a_status() {
    if !needs::program("c++") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let library = place.path().join("libamd_smi.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exceptions.cpp");
    let mut compiler = Command::new("c++");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).args([&library, &source]);
    assert!(compiler.status().expect("c++ can be run").success());
    // SAFETY: this file has one test, which has started nothing yet.
    unsafe {
        common::set_up_without_amdsmi(place.path(), MACHINE);
        std::env::set_var("RSMI_COMPAT_AMDSMI", &library);
    }
    // SAFETY: the functions take numbers, a text, and a place for a number each.
    let call = |function: unsafe extern "C" fn(u32, *mut u32) -> rsmi_status_t| unsafe {
        let mut level = 77;
        (function(0, &raw mut level), level)
    };
    let source = |word: &CStr| {
        // SAFETY: as above.
        assert_eq!(unsafe { rsmi_compat_source_set(word.as_ptr()) }, SUCCESS);
    };
    // SAFETY: as above.
    assert_eq!(unsafe { rsmi_init(0) }, SUCCESS);
    source(c"amdsmi");
    assert_eq!(call(rsmi_dev_mem_overdrive_level_get), (SUCCESS, 100), "AMD SMI is asked");
    let thrown = (rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION, 77);
    assert_eq!(call(rsmi_dev_perf_level_get), thrown);
    assert_eq!(call(rsmi_dev_perf_level_get), (SUCCESS, 0), "now the kernel");
    assert_eq!(call(rsmi_dev_mem_overdrive_level_get), (SUCCESS, 3), "for everything");
    // SAFETY: as above.
    assert_eq!(unsafe { rsmi_shut_down() }, SUCCESS);
}
