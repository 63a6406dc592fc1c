//! A question for which the driver stops the reader for a second keeps nobody else waiting.

mod common;

use rsmi_compat::types::rsmi_status_t;
use std::fs;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_shut_down() -> rsmi_status_t;
    fn rsmi_dev_pci_throughput_get(
        gpu: u32,
        sent: *mut u64,
        received: *mut u64,
        max_packet: *mut u64,
    ) -> rsmi_status_t;
}

/// Far more than a call takes, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// Enough to be inside the file.
const HEAD_START: Duration = Duration::from_millis(300);

#[test]
fn others_initialise_and_shut_down_while_the_driver_counts() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    let sysfs = unsafe { common::set_up(place.path(), common::MACHINE) };
    let success = rsmi_status_t::RSMI_STATUS_SUCCESS;
    // SAFETY: the function asks nothing of its caller.
    assert_eq!(unsafe { rsmi_init(0) }, success);

    // Whoever reads a pipe waits for somebody to write.
    let file = sysfs.join("class/drm/renderD128/device/pcie_bw");
    fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    let (answered, answer) = channel();
    thread::spawn(move || {
        let (mut sent, mut received, mut size) = (0, 0, 0);
        // SAFETY: the pointers are to such values.
        let status = unsafe {
            rsmi_dev_pci_throughput_get(0, &raw mut sent, &raw mut received, &raw mut size)
        };
        answered.send((status, [sent, received, size])).unwrap();
    });
    assert_eq!(answer.recv_timeout(HEAD_START), Err(RecvTimeoutError::Timeout));

    let (restarted, restart) = channel();
    thread::spawn(move || {
        // SAFETY: the functions ask nothing of their caller.
        restarted.send(unsafe { [rsmi_shut_down(), rsmi_init(0)] }).unwrap();
    });
    assert_eq!(restart.recv_timeout(PATIENCE), Ok([success; 2]));

    fs::write(&file, "12 34 256\n").unwrap();
    assert_eq!(answer.recv_timeout(PATIENCE), Ok((success, [12, 34, 256])));
}
