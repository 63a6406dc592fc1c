//! Files that stay open are few, have numbers that are in nobody's way, and are a child's own.

mod common;

use rsmi_compat::types::{rsmi_status_t, rsmi_temperature_metric_t};
use std::fs::{File, read_dir, read_link};
use std::os::fd::AsRawFd;

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_shut_down() -> rsmi_status_t;
    fn rsmi_dev_busy_percent_get(gpu: u32, out: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_memory_busy_percent_get(gpu: u32, out: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_power_cap_get(gpu: u32, sensor: u32, out: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_temp_metric_get(
        gpu: u32,
        sensor: u32,
        metric: rsmi_temperature_metric_t,
        out: *mut i64,
    ) -> rsmi_status_t;
}

const SUCCESS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_SUCCESS;

const MACHINE: &str = r#"
about = "One MI300X"
[driver]
[cpu]
nodes = 1
cores = 8
memory = 67000000000
[[gpu]]
chip = "mi300x"
pci = "0000:05:00.0"
gpu_busy_percent = 97
mem_busy_percent = 41
temperature.junction.input = 73.0
"#;

/// Asks for four files, until each has been asked for again.
fn poll() {
    let (mut percent, mut cap, mut degrees) = (0, 0, 0);
    for _ in 0..3 {
        // SAFETY: the pointers are to such values.
        unsafe {
            assert_eq!(rsmi_dev_busy_percent_get(0, &raw mut percent), SUCCESS);
            assert_eq!(
                (rsmi_dev_memory_busy_percent_get(0, &raw mut percent), percent),
                (SUCCESS, 41)
            );
            assert_eq!(rsmi_dev_power_cap_get(0, 0, &raw mut cap), SUCCESS);
            let now = rsmi_temperature_metric_t::RSMI_TEMP_CURRENT;
            let asked = rsmi_dev_temp_metric_get(0, 1, now, &raw mut degrees);
            assert_eq!((asked, degrees), (SUCCESS, 73_000));
        }
    }
}

/// The numbers of those that are open on the machine.
fn numbers() -> Vec<i32> {
    let links = read_dir("/proc/self/fd").unwrap().flatten();
    let ours = links.filter(|link| {
        read_link(link.path()).is_ok_and(|path| path.to_string_lossy().contains("/sys/devices/"))
    });
    let mut numbers: Vec<_> =
        ours.map(|link| link.file_name().to_str().unwrap().parse().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

fn limit(most: libc::rlim_t) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointers are to such values.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit), 0);
        limit.rlim_cur = most;
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit), 0);
    }
}

fn init() {
    // SAFETY: the function asks nothing of its caller.
    assert_eq!(unsafe { rsmi_init(0) }, SUCCESS);
}

fn shut_down() {
    // SAFETY: as above.
    assert_eq!(unsafe { rsmi_shut_down() }, SUCCESS);
    assert_eq!(numbers(), [0; 0], "they are open after the last user");
}

/// What a child of fork has open after it has asked, as it says by its exit.
fn in_a_child() -> i32 {
    // SAFETY: the child is alone, asks, and ends.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            let before = numbers();
            poll();
            let inherited = File::open("/proc/self/status").is_ok();
            libc::_exit(if inherited && before.len() == numbers().len() { 7 } else { 1 });
        }
        let mut status = 0;
        libc::waitpid(child, &raw mut status, 0);
        libc::WEXITSTATUS(status)
    }
}

#[test]
fn files_that_stay_open_are_in_nobodys_way() {
    let place = tempfile::tempdir_in("/dev/shm").unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    unsafe { common::set_up_without_amdsmi(place.path(), MACHINE) };
    // What the process has of its parent.
    for number in 10..4096 {
        // SAFETY: nobody here uses it.
        unsafe { libc::close(number) };
    }
    // From 1024 on, where that is far below the limit.
    limit(4096);
    init();
    poll();
    assert_eq!(numbers(), [1024, 1025, 1026, 1027]);
    assert_eq!(in_a_child(), 7);
    let hosts = File::open("/dev/null").unwrap();
    assert!(hosts.as_raw_fd() < 1024);
    shut_down();

    // From the top downwards; the host has one of the highest itself.
    limit(256);
    // SAFETY: takes no pointer.
    let high = unsafe { libc::fcntl(hosts.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 254) };
    assert_eq!(high, 254);
    init();
    poll();
    assert_eq!(numbers(), [251, 252, 253, 255]);
    // SAFETY: the test opened it.
    unsafe { libc::close(high) };
    shut_down();

    // An eighth at most.
    limit(24);
    init();
    poll();
    assert_eq!(numbers(), [21, 22, 23]);
    let mut free = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        free.push(file);
    }
    assert!(free.len() > 10, "the host has {} left", free.len());
    drop(free);
    shut_down();
}
