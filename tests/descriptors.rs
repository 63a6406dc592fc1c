//! Where descriptors are short, initialising fails; it never finds fewer devices than there are.

mod common;

use rsmi_compat::types::rsmi_status_t;
use std::fs::File;

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_shut_down() -> rsmi_status_t;
    fn rsmi_num_monitor_devices(count: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_id_get(gpu: u32, id: *mut u16) -> rsmi_status_t;
}

const SUCCESS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_SUCCESS;
const INIT_ERROR: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INIT_ERROR;

#[test]
fn too_few_free_descriptors_are_an_error() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    unsafe { common::set_up_without_amdsmi(place.path(), common::MACHINE) };
    let limit = libc::rlimit { rlim_cur: 64, rlim_max: 64 };
    // SAFETY: the pointer is to such a value.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    // The first of all looks at the program's own file, too.
    assert_eq!(found(), Ok((SUCCESS, 1, true)));
    let mut taken: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(taken.len() > 20, "{} were free", taken.len());
    let mut failures = 0;
    for free in 0..10 {
        match found() {
            Err(status) => {
                assert_eq!(status, INIT_ERROR, "with {free} free");
                failures += 1;
            }
            Ok(answers) => assert_eq!(answers, (SUCCESS, 1, true), "with {free} free"),
        }
        drop(taken.pop());
    }
    assert!((1..10).contains(&failures), "{failures} of 10");
}

/// How many devices there are, and whether one says what it is.
fn found() -> Result<(rsmi_status_t, u32, bool), rsmi_status_t> {
    let (mut count, mut id) = (0, 0);
    // SAFETY: the pointers are to such values.
    unsafe {
        let status = rsmi_init(0);
        if status != SUCCESS {
            return Err(status);
        }
        let counted = rsmi_num_monitor_devices(&raw mut count);
        let says = rsmi_dev_id_get(0, &raw mut id) == SUCCESS && id != 0;
        assert_eq!(rsmi_shut_down(), SUCCESS);
        Ok((counted, count, says))
    }
}
