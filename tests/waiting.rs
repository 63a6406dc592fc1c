//! A question for which the driver stops the reader for a second keeps nobody else waiting.

mod common;
#[path = "common/double.rs"]
#[allow(dead_code, reason = "others need more of it")]
mod double;

use double::Hang;
use rsmi_compat::types::rsmi_status_t;
use std::fs;
use std::sync::mpsc::{TryRecvError, channel};
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

#[test]
fn others_initialise_and_shut_down_while_the_driver_counts() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    let sysfs = unsafe { common::set_up(place.path(), common::MACHINE) };
    let success = rsmi_status_t::RSMI_STATUS_SUCCESS;
    // SAFETY: the function asks nothing of its caller.
    assert_eq!(unsafe { rsmi_init(0) }, success);

    let file = fs::canonicalize(sysfs.join("class/drm/renderD128/device/pcie_bw")).unwrap();
    fs::remove_file(&file).unwrap();
    fs::write(&file, "12 34 256\n").unwrap();
    let counting = Hang::on("pcie_bw");
    let (answered, answer) = channel();
    thread::spawn(move || {
        let (mut sent, mut received, mut size) = (0, 0, 0);
        // SAFETY: the pointers are to such values.
        let status = unsafe {
            rsmi_dev_pci_throughput_get(0, &raw mut sent, &raw mut received, &raw mut size)
        };
        answered.send((status, [sent, received, size])).unwrap();
    });
    counting.wait();
    assert_eq!(answer.try_recv(), Err(TryRecvError::Empty));

    let (restarted, restart) = channel();
    thread::spawn(move || {
        // SAFETY: the functions ask nothing of their caller.
        restarted.send(unsafe { [rsmi_shut_down(), rsmi_init(0)] }).unwrap();
    });
    assert_eq!(restart.recv_timeout(PATIENCE), Ok([success; 2]));

    counting.end();
    assert_eq!(answer.recv_timeout(PATIENCE), Ok((success, [12, 34, 256])));
}
