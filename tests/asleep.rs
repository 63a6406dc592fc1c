//! RSMI_COMPAT_NO_WAKE=1: no file is touched that would wake a GPU which the kernel has suspended.

mod common;
#[path = "common/laid.rs"]
mod laid;

use laid::{BUSY, Laid, SUCCESS, SYS, ask, zeroed};
use rsmi_compat::types::*;
use std::ffi::c_void;
use std::sync::Mutex;

/// What the environment says to the library.
pub const ENVIRONMENT: &[(&str, &str)] =
    &[("RSMI_COMPAT_ABI", "6.4"), ("RSMI_COMPAT_NO_WAKE", "1")];

/// The names of the files that were read.
static READ: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// In front of the C library's, to see what is read.
#[unsafe(no_mangle)]
unsafe extern "C" fn pread(fd: i32, to: *mut c_void, room: usize, at: i64) -> isize {
    if let Ok(path) = std::fs::read_link(format!("/proc/self/fd/{fd}")) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        READ.lock().unwrap().push(name);
    }
    // SAFETY: as the caller of pread has to see to.
    unsafe { libc::syscall(libc::SYS_pread64, fd, to, room, at) as isize }
}

unsafe extern "C" {
    fn rsmi_dev_busy_percent_get(gpu: u32, out: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_gpu_clk_freq_get(
        gpu: u32,
        kind: rsmi_clk_type_t,
        out: *mut rsmi_frequencies_t,
    ) -> rsmi_status_t;
    fn rsmi_dev_gpu_metrics_info_get(gpu: u32, out: *mut rsmi_gpu_metrics_t) -> rsmi_status_t;
    fn rsmi_dev_temp_metric_get(
        gpu: u32,
        sensor: u32,
        metric: rsmi_temperature_metric_t,
        out: *mut i64,
    ) -> rsmi_status_t;
    fn rsmi_dev_power_ave_get(gpu: u32, sensor: u32, out: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_unique_id_get(gpu: u32, out: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_memory_usage_get(
        gpu: u32,
        kind: rsmi_memory_type_t,
        out: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_perf_level_set_v1(gpu: u32, level: rsmi_dev_perf_level_t) -> rsmi_status_t;
    fn rsmi_dev_fan_reset(gpu: u32, sensor: u32) -> rsmi_status_t;
    fn rsmi_dev_market_name_get(gpu: u32, name: *mut i8, len: u32) -> rsmi_status_t;
    fn rsmi_dev_pci_throughput_get(
        gpu: u32,
        sent: *mut u64,
        received: *mut u64,
        size: *mut u64,
    ) -> rsmi_status_t;
}

/// What wakes a GPU, by the functions that do it.
fn answers() -> Vec<rsmi_status_t> {
    let now = rsmi_temperature_metric_t::RSMI_TEMP_CURRENT;
    let auto = rsmi_dev_perf_level_t::RSMI_DEV_PERF_LEVEL_AUTO;
    // SAFETY: the pointers are to such values, null where a function takes that.
    unsafe {
        vec![
            ask(zeroed(), |out| rsmi_dev_busy_percent_get(0, out)).0,
            ask(zeroed(), |out| rsmi_dev_gpu_clk_freq_get(0, SYS, out)).0,
            ask(zeroed(), |out| rsmi_dev_gpu_metrics_info_get(0, out)).0,
            ask(zeroed(), |out| rsmi_dev_temp_metric_get(0, 0, now, out)).0,
            ask(zeroed(), |out| rsmi_dev_power_ave_get(0, 0, out)).0,
            ask(zeroed(), |out| rsmi_dev_pci_throughput_get(0, out, out, out)).0,
            rsmi_dev_perf_level_set_v1(0, auto),
            rsmi_dev_fan_reset(0, 0),
        ]
    }
}

#[test]
fn a_suspended_gpu_is_let_sleep() {
    let more = "gpu_busy_percent = 5\ntemperature.edge.input = 50.0\npower.average = 100.0\n\
        memory.vram_used = 1000\nfan = { rpm = 900, pwm = 90 }\nclock.sclk.current = 900\n\
        unique_id = \"7d5e1f00d5e1f00d\"\npcie = { received = 1, sent = 1 }\n";
    let laid = Laid::out("navi31", more);
    laid.put("power/runtime_status", b"suspended\n");
    laid.put("power_dpm_force_performance_level", b"manual\n");
    READ.lock().unwrap().clear();
    let laid = laid.init();
    let expected = vec![BUSY; answers().len()];
    assert_eq!(answers(), expected);
    let mut name = [0; 64];
    // SAFETY: the buffer is as long as is said.
    assert_eq!(unsafe { rsmi_dev_market_name_get(0, name.as_mut_ptr(), 64) }, BUSY);
    let read = READ.lock().unwrap().clone();
    assert!(read.iter().any(|name| name == "runtime_status"), "{read:?}");
    for file in [
        "gpu_busy_percent",
        "pp_dpm_sclk",
        "gpu_metrics",
        "temp1_input",
        "power1_average",
        "pcie_bw",
    ] {
        assert!(!read.iter().any(|name| name == file), "{file} is read: {read:?}");
    }
    assert_eq!(laid.get("power_dpm_force_performance_level"), "manual\n");

    // What the driver knows of it without waking it is told.
    // SAFETY: the pointers are to such values.
    unsafe {
        let id = ask(0, |out| rsmi_dev_unique_id_get(0, out));
        assert_eq!(id, (SUCCESS, 0x7d5e_1f00_d5e1_f00d));
        let vram = rsmi_memory_type_t::RSMI_MEM_TYPE_VRAM;
        let used = ask(0, |out| rsmi_dev_memory_usage_get(0, vram, out));
        assert_eq!(used, (SUCCESS, 1000));
    }

    laid.put("power/runtime_status", b"active\n");
    let awake = answers();
    assert_eq!(awake, vec![SUCCESS; awake.len()]);
}
