//! How long a fork takes in a process whose threads poll, beside the same reads without this library.
//!
//! `cargo bench --bench forks`. Both are measured in turns, in one process; the machine is the
//! simulator's, and a file of its tree is what all threads read.

#[path = "../tests/common/mod.rs"]
mod common;

use rsmi_compat::types::rsmi_status_t;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_dev_power_cap_get(gpu: u32, sensor: u32, cap: *mut u64) -> rsmi_status_t;
}

const ROUNDS: usize = 5;
const FORKS: usize = 60;
const HEAD_START: Duration = Duration::from_millis(50);

fn main() {
    let place = tempfile::tempdir().expect("a temporary directory");
    // SAFETY: nothing has been started yet.
    let sysfs = unsafe { common::set_up_without_amdsmi(place.path(), common::MACHINE) };
    let file = cap(&sysfs.join("class/drm/renderD128/device/hwmon"));
    // SAFETY: the function asks nothing of its caller.
    assert_eq!(unsafe { rsmi_init(0) }, rsmi_status_t::RSMI_STATUS_SUCCESS);
    println!("threads  reads alone  this library  ratio (medians of fork and waitpid, µs)");
    for threads in [1, 8, 16] {
        let (mut alone, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            alone.extend(forks(threads, || fs::read(&file).is_ok_and(|text| !text.is_empty())));
            ours.extend(forks(threads, || {
                let mut cap = 0;
                // SAFETY: the pointer is to such a value.
                let status = unsafe { rsmi_dev_power_cap_get(0, 0, &raw mut cap) };
                status == rsmi_status_t::RSMI_STATUS_SUCCESS
            }));
        }
        let (alone, ours) = (median(alone), median(ours));
        println!("{threads:7}  {alone:11.0}  {ours:12.0}  {:5.2}", ours / alone);
    }
}

fn cap(hwmon: &Path) -> PathBuf {
    let mut entries = fs::read_dir(hwmon).expect("the card has sensors");
    entries.next().expect("one at least").expect("it can be read").path().join("power1_cap")
}

/// What forks take while that many threads read.
fn forks(threads: usize, read: impl Fn() -> bool + Sync) -> Vec<f64> {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    assert!(read(), "the file is there");
                }
            });
        }
        thread::sleep(HEAD_START);
        let times = (0..FORKS).map(|_| fork()).collect();
        stop.store(true, Ordering::Relaxed);
        times
    })
}

fn fork() -> f64 {
    let began = Instant::now();
    // SAFETY: the child ends at once.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: as above.
        unsafe { libc::_exit(0) };
    }
    // SAFETY: it is our child; nobody wants its status.
    assert_eq!(unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) }, pid);
    began.elapsed().as_secs_f64() * 1e6
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
