//! A read that hangs, as while a GPU is being reset, keeps nobody but its own thread.

mod common;
#[path = "common/double.rs"]
mod double;

use double::Hang;
use rsmi_compat::types::{rsmi_memory_type_t, rsmi_status_t, rsmi_temperature_metric_t};
use std::ffi::c_char;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_shut_down() -> rsmi_status_t;
    fn rsmi_num_monitor_devices(count: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_name_get(gpu: u32, name: *mut c_char, len: usize) -> rsmi_status_t;
    fn rsmi_dev_id_get(gpu: u32, id: *mut u16) -> rsmi_status_t;
    fn rsmi_dev_busy_percent_get(gpu: u32, percent: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_memory_total_get(
        gpu: u32,
        kind: rsmi_memory_type_t,
        total: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_temp_metric_get(
        gpu: u32,
        sensor: u32,
        metric: rsmi_temperature_metric_t,
        temperature: *mut i64,
    ) -> rsmi_status_t;
}

const SUCCESS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_SUCCESS;
const INVALID_ARGS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INVALID_ARGS;

/// Far more than any call takes, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(10);
/// What a fork may take at most; that it waits for nobody shows in far less.
const FORK: Duration = Duration::from_millis(700);

const MACHINE: &str = r#"
about = "Two Navi 31"
[driver]
[cpu]
nodes = 1
cores = 8
memory = 67000000000
[[gpu]]
chip = "navi31"
pci = "0000:05:00.0"
gpu_busy_percent = 42
temperature = { edge.input = 51.0, junction.input = 64.0 }
[[gpu]]
chip = "navi31"
pci = "0000:08:00.0"
gpu_busy_percent = 43
temperature = { edge.input = 52.0, junction.input = 65.0 }
"#;

#[test]
fn a_read_that_hangs_keeps_nobody_else() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    unsafe { common::set_up_without_amdsmi(place.path(), MACHINE) };
    assert_eq!(init(), SUCCESS);
    a_getter_hangs();
    who_looks_a_sensor_up_hangs();
    initialising_hangs();
    assert_eq!(shut_down(), SUCCESS);
}

fn a_getter_hangs() {
    let hang = Hang::on("gpu_busy_percent");
    let hung = thread::spawn(|| busy(0));
    hang.wait();
    within_time("other questions", || {
        assert_eq!(everything_else(), SUCCESS);
        assert_eq!((init(), shut_down()), (SUCCESS, SUCCESS), "the count alone");
    });
    let began = Instant::now();
    assert_eq!(child(everything_and_init), ExitCode::SUCCESS);
    assert!(began.elapsed() < FORK, "{:?}", began.elapsed());
    within_time("the last shut_down, and a new time", || {
        assert_eq!(shut_down(), SUCCESS);
        assert_eq!(everything_else(), INVALID_ARGS);
        assert_eq!(init(), SUCCESS);
        assert_eq!(everything_else(), SUCCESS);
    });
    hang.end();
    // It has the devices with which it began.
    assert_eq!(within_time("the call that hung", || hung.join().unwrap()), (SUCCESS, 42));
}

/// Where a sensor is, is looked up by whoever asks first; the others do not wait for him.
fn who_looks_a_sensor_up_hangs() {
    let hang = Hang::once("temp1_label");
    let hung = thread::spawn(|| temperature(1));
    hang.wait();
    assert_eq!(within_time("the same sensor", || temperature(1)), (SUCCESS, 52_000));
    hang.end();
    assert_eq!(hung.join().unwrap(), (SUCCESS, 52_000));
}

fn initialising_hangs() {
    assert_eq!(shut_down(), SUCCESS);
    let hang = Hang::once("gpu_id");
    let hung = thread::spawn(init);
    hang.wait();
    within_time("who initialises meanwhile", || {
        assert_eq!(everything_else(), INVALID_ARGS);
        assert_eq!((init(), everything_else()), (SUCCESS, SUCCESS));
    });
    assert_eq!(child(everything_and_init), ExitCode::SUCCESS);
    hang.end();
    assert_eq!(hung.join().unwrap(), SUCCESS);
    assert_eq!((shut_down(), everything_else()), (SUCCESS, SUCCESS), "both count");
}

fn within_time<T: Send + 'static>(what: &str, act: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, answer) = channel();
    let thread: JoinHandle<()> = thread::spawn(move || done.send(act()).unwrap());
    answer.recv_timeout(PATIENCE).unwrap_or_else(|why| {
        // What hangs would keep the test's end, too.
        let _ = writeln!(std::io::stderr(), "{what}: {why} ({})", thread.is_finished());
        std::process::exit(1);
    })
}

/// How a child of fork ends that does this.
fn child(act: fn() -> bool) -> ExitCode {
    // SAFETY: the child does no more than a host does, and ends at once.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: it only ends this process if it hangs.
        unsafe { libc::alarm(PATIENCE.as_secs() as u32) };
        let fine = act();
        // SAFETY: it runs no handler of the parent's.
        unsafe { libc::_exit(i32::from(!fine)) };
    }
    let mut status = -1;
    // SAFETY: the pointer is to such a value.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    if status == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn everything_and_init() -> bool {
    everything_else() == SUCCESS
        && init() == SUCCESS
        && shut_down() == SUCCESS
        && everything_else() == SUCCESS
}

/// Questions of both devices that do not read what hangs.
fn everything_else() -> rsmi_status_t {
    let (mut count, mut id, mut total) = (0, 0, 0);
    let mut text: [c_char; 64] = [0; 64];
    let vram = rsmi_memory_type_t::RSMI_MEM_TYPE_VRAM;
    // SAFETY: the pointers are to such values, the text with its length.
    let asked = unsafe {
        [
            rsmi_num_monitor_devices(&raw mut count),
            rsmi_dev_name_get(0, text.as_mut_ptr(), text.len()),
            rsmi_dev_id_get(1, &raw mut id),
            rsmi_dev_memory_total_get(0, vram, &raw mut total),
            rsmi_dev_memory_total_get(1, vram, &raw mut total),
        ]
    };
    asked.into_iter().find(|status| *status != SUCCESS).unwrap_or(SUCCESS)
}

fn init() -> rsmi_status_t {
    // SAFETY: the function asks nothing of its caller.
    unsafe { rsmi_init(0) }
}

fn shut_down() -> rsmi_status_t {
    // SAFETY: as above.
    unsafe { rsmi_shut_down() }
}

fn busy(gpu: u32) -> (rsmi_status_t, u32) {
    let mut percent = 0;
    // SAFETY: the pointer is to such a value.
    (unsafe { rsmi_dev_busy_percent_get(gpu, &raw mut percent) }, percent)
}

fn temperature(gpu: u32) -> (rsmi_status_t, i64) {
    let mut temperature = 0;
    let current = rsmi_temperature_metric_t::RSMI_TEMP_CURRENT;
    // SAFETY: the pointer is to such a value.
    let status = unsafe { rsmi_dev_temp_metric_get(gpu, 0, current, &raw mut temperature) };
    (status, temperature)
}
