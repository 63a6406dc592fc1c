//! Over files that libamd_smi would not survive it is not opened, and the kernel's files answer.

mod common;

use rsmi_compat::types::rsmi_status_t;
use std::ffi::c_char;
use std::fs;

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_shut_down() -> rsmi_status_t;
    fn rsmi_dev_compute_partition_get(gpu: u32, mode: *mut c_char, len: u32) -> rsmi_status_t;
}

/// By its names of ROCm 7.12, without GPUs.
const LOOKS_FOR_SWITCHES: &str = "
    #include <stdlib.h>
    static int up;
    int amdsmi_init(unsigned long flags) { up = 1; return flags ? setenv(\"INITIALISED\", \"1\", 1) : 1; }
    int amdsmi_shut_down(void) { up = 0; return 0; }
    int amdsmi_set_gpu_clear_sram_data(void) { return 2; }
    int amdsmi_get_nic_asic_info(void) { return 2; }
    int amdsmi_get_socket_handles(unsigned *count, void *list)
    {
        (void)list;
        *count = 0;
        return up ? 0 : 32;
    }
    int amdsmi_get_processor_handles(void) { return 2; }
";

#[test]
fn libamd_smi_is_not_opened_over_what_it_would_not_survive() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    let sysfs = unsafe { common::set_up_over(place.path(), common::MACHINE, LOOKS_FOR_SWITCHES) };
    let nodes = sysfs.join("class/kfd/kfd/topology/nodes");

    let blank = nodes.join("0/io_links/77");
    fs::create_dir_all(&blank).unwrap();
    fs::write(blank.join("properties"), "\n").unwrap();
    is_left_alone("a blank file");
    fs::remove_dir_all(&blank).unwrap();

    fs::create_dir(nodes.join("1000000")).unwrap();
    is_left_alone("a node of a high number");
    fs::remove_dir(nodes.join("1000000")).unwrap();

    let (links, aside) = (nodes.join("0/io_links"), place.path().join("aside"));
    fs::rename(&links, &aside).unwrap();
    is_left_alone("a node without links");
    fs::rename(&aside, &links).unwrap();

    let units = sysfs.join("bus/event_source");
    let there = units.exists();
    if there {
        fs::rename(&units, &aside).unwrap();
    }
    fs::create_dir_all(units.parent().unwrap()).unwrap();
    fs::write(&units, "").unwrap();
    is_left_alone("perf units that are no directory");
    fs::remove_file(&units).unwrap();
    if there {
        fs::rename(&aside, &units).unwrap();
    }

    let device = sysfs.join("class/drm/renderD128/device");
    let id = device.join("unique_id");
    fs::write(&id, "nonsense\n").unwrap();
    is_left_alone("an id that is no number");
    fs::remove_file(&id).unwrap();

    let label = device.join("hwmon/hwmon99/temp9_label");
    fs::create_dir(label.parent().unwrap()).unwrap();
    fs::write(&label, "liquid\n").unwrap();
    is_left_alone("a sensor that it does not know");
    fs::remove_dir_all(label.parent().unwrap()).unwrap();

    let scsi = sysfs.join("class/scsi_host");
    fs::remove_dir_all(&scsi).unwrap();
    ask();
    assert!(common::loaded("libamd_smi").is_some(), "now there is nothing wrong");
    assert!(std::env::var_os("INITIALISED").is_none(), "a release that looks for switches prints");
    fs::create_dir(&scsi).unwrap();
    ask();
    assert!(std::env::var_os("INITIALISED").is_some(), "now there is nothing wrong");
}

#[track_caller]
fn is_left_alone(over: &str) {
    ask();
    assert_eq!(common::loaded("libamd_smi"), None, "{over}");
}

/// It is answered either way.
fn ask() {
    let mut text: [c_char; 32] = [0; 32];
    // SAFETY: the text is as long as we say.
    let asked = unsafe {
        [rsmi_init(0), rsmi_dev_compute_partition_get(0, text.as_mut_ptr(), 32), rsmi_shut_down()]
    };
    assert_eq!(asked, [rsmi_status_t::RSMI_STATUS_SUCCESS; 3]);
}
