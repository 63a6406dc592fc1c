//! A number that was told is told again until somebody shuts down, and no longer.

mod common;
#[path = "common/double.rs"]
#[allow(dead_code, reason = "others need more of it")]
mod double;

use double::Hang;
use rsmi_compat::types::{rsmi_init_flags_t, rsmi_status_t};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_shut_down() -> rsmi_status_t;
    fn rsmi_dev_id_get(gpu: u32, id: *mut u16) -> rsmi_status_t;
    fn rsmi_dev_busy_percent_get(gpu: u32, percent: *mut u32) -> rsmi_status_t;
}

const SUCCESS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_SUCCESS;
const INVALID_ARGS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INVALID_ARGS;

#[test]
fn what_was_told_is_told_until_somebody_shuts_down() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    let sysfs = unsafe { common::set_up(place.path(), common::MACHINE) };
    let device = sysfs.join("class/drm/renderD128/device");
    each_time_has_its_own(&device.join("device"));
    let file = device.join("gpu_busy_percent");
    fs::write(&file, "42\n").unwrap();
    who_never_waits_is_told_that_the_device_is_busy();
}

fn each_time_has_its_own(file: &Path) {
    // As the kernel's own, it may be written by nobody but root.
    fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    thread::scope(|scope| {
        let times = scope.spawn(|| {
            for number in 1..=100 {
                fs::write(file, format!("{number:#x}\n")).unwrap();
                assert_eq!(init(0), SUCCESS);
                assert_eq!(id(), (SUCCESS, number));
                fs::write(file, "0x1000\n").unwrap();
                assert_eq!([id(), id()], [(SUCCESS, number); 2]);
                assert_eq!(shut_down(), SUCCESS);
                assert_eq!(id(), (INVALID_ARGS, 0));
            }
        });
        while !times.is_finished() {
            let told = id();
            assert!(matches!(told, (SUCCESS, 1..=100) | (INVALID_ARGS, 0)), "{told:?}");
        }
    });
}

fn who_never_waits_is_told_that_the_device_is_busy() {
    assert_eq!(init(rsmi_init_flags_t::RSMI_INIT_FLAG_RESRV_TEST1.0), SUCCESS);
    assert_eq!(id(), (SUCCESS, 0x1000));
    let hang = Hang::once("gpu_busy_percent");
    let other = thread::spawn(|| {
        let mut percent = 0;
        // SAFETY: the pointer is to such a value.
        (unsafe { rsmi_dev_busy_percent_get(0, &raw mut percent) }, percent)
    });
    hang.wait();
    let meanwhile = id();
    hang.end();
    assert_eq!(other.join().unwrap(), (SUCCESS, 42));
    assert_eq!(meanwhile, (rsmi_status_t::RSMI_STATUS_BUSY, 0));
    assert_eq!((id(), shut_down()), ((SUCCESS, 0x1000), SUCCESS));
}

fn init(flags: u64) -> rsmi_status_t {
    // SAFETY: the function asks nothing of its caller.
    unsafe { rsmi_init(flags) }
}

fn shut_down() -> rsmi_status_t {
    // SAFETY: as above.
    unsafe { rsmi_shut_down() }
}

fn id() -> (rsmi_status_t, u16) {
    let mut id = 0;
    // SAFETY: the pointer is to such a value.
    (unsafe { rsmi_dev_id_get(0, &raw mut id) }, id)
}
