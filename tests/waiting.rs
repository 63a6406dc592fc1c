//! A question for which the driver stops the reader for a second keeps nobody else waiting.

mod common;

use rsmi_compat::types::rsmi_status_t;
use std::ffi::c_void;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// The driver is counting.
static COUNTING: AtomicBool = AtomicBool::new(false);

/// In front of the C library's: as the driver does, it stops who reads the file while it counts.
#[unsafe(no_mangle)]
unsafe extern "C" fn read(fd: i32, to: *mut c_void, room: usize) -> isize {
    let counted = |fd| {
        let path = fs::read_link(format!("/proc/self/fd/{fd}"));
        path.is_ok_and(|path| path.ends_with("pcie_bw"))
    };
    while COUNTING.load(Ordering::Acquire) && counted(fd) {
        thread::sleep(Duration::from_millis(10));
    }
    // SAFETY: as the caller of read has to see to.
    unsafe { libc::syscall(libc::SYS_read, fd, to, room) as isize }
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

    let file = fs::canonicalize(sysfs.join("class/drm/renderD128/device/pcie_bw")).unwrap();
    fs::remove_file(&file).unwrap();
    fs::write(&file, "12 34 256\n").unwrap();
    COUNTING.store(true, Ordering::Release);
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

    COUNTING.store(false, Ordering::Release);
    assert_eq!(answer.recv_timeout(PATIENCE), Ok((success, [12, 34, 256])));
}
