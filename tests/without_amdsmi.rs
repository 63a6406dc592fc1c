//! Without any libamd_smi the kernel's files answer.

mod common;

use rsmi_compat::types::{rsmi_dev_perf_level_t, rsmi_memory_type_t, rsmi_status_t};
use std::ffi::{CStr, c_char};
use std::fs;
use std::path::Path;

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_shut_down() -> rsmi_status_t;
    fn rsmi_num_monitor_devices(count: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_name_get(gpu: u32, name: *mut c_char, len: usize) -> rsmi_status_t;
    fn rsmi_dev_memory_total_get(
        gpu: u32,
        kind: rsmi_memory_type_t,
        total: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_compute_partition_get(gpu: u32, mode: *mut c_char, len: u32) -> rsmi_status_t;
    fn rsmi_dev_memory_partition_get(gpu: u32, mode: *mut c_char, len: u32) -> rsmi_status_t;
    fn rsmi_dev_perf_level_set(gpu: u32, level: rsmi_dev_perf_level_t) -> rsmi_status_t;
    fn rsmi_compat_amdsmi_path_get(path: *mut c_char, len: usize) -> rsmi_status_t;
}

const SUCCESS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_SUCCESS;

fn text(ask: impl FnOnce(*mut c_char, usize) -> rsmi_status_t) -> (rsmi_status_t, String) {
    let mut text: [c_char; 256] = [0; 256];
    let status = ask(text.as_mut_ptr(), text.len());
    // SAFETY: the library has written a text that ends in NUL, or nothing.
    let text = unsafe { CStr::from_ptr(text.as_ptr()) };
    (status, text.to_string_lossy().into_owned())
}

fn same(file: &Path, (status, text): (rsmi_status_t, String)) {
    assert_eq!(status, SUCCESS, "{}", file.display());
    assert_eq!(text, fs::read_to_string(file).unwrap().trim());
}

#[test]
fn the_kernel_answers_alone() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    let sysfs = unsafe { common::set_up_without_amdsmi(place.path(), common::MACHINE) };
    let device = sysfs.join("class/drm/renderD128/device");
    let (mut count, mut memory) = (0, 0);
    // SAFETY: the functions get pointers to such values, and texts with their lengths.
    unsafe {
        assert_eq!(rsmi_init(0), SUCCESS);
        assert_eq!((rsmi_num_monitor_devices(&raw mut count), count), (SUCCESS, 1));
        same(&device.join("product_name"), text(|to, len| rsmi_dev_name_get(0, to, len)));
        let vram = rsmi_memory_type_t::RSMI_MEM_TYPE_VRAM;
        assert_eq!(rsmi_dev_memory_total_get(0, vram, &raw mut memory), SUCCESS);
        assert!(memory > 0);
        // What libamd_smi is asked for where there is one.
        let mode = text(|to, len| rsmi_dev_compute_partition_get(0, to, len as u32));
        same(&device.join("current_compute_partition"), mode);
        let mode = text(|to, len| rsmi_dev_memory_partition_get(0, to, len as u32));
        same(&device.join("current_memory_partition"), mode);
        let level = device.join("power_dpm_force_performance_level");
        let high = rsmi_dev_perf_level_t::RSMI_DEV_PERF_LEVEL_HIGH;
        assert_eq!(rsmi_dev_perf_level_set(0, high), SUCCESS);
        assert_eq!(fs::read_to_string(level).unwrap().trim(), "high");
        let path = text(|to, len| rsmi_compat_amdsmi_path_get(to, len));
        assert_eq!(path.0, rsmi_status_t::RSMI_STATUS_NOT_FOUND);
        assert_eq!(rsmi_shut_down(), SUCCESS);
    }
    assert_eq!(common::loaded("libamd_smi"), None, "one that the system has tells of another GPU");
}
