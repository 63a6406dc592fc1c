//! What is in a file's place and is none: it costs neither time nor memory.

use super::{Laid, SUCCESS, SYS, ask, zeroed};
use rsmi_compat::types::{
    rsmi_clk_type_t, rsmi_dev_perf_level_t, rsmi_frequencies_t, rsmi_gpu_metrics_t, rsmi_status_t,
};
use std::fs;
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

unsafe extern "C" {
    fn rsmi_dev_busy_percent_get(gpu: u32, out: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_gpu_clk_freq_get(
        gpu: u32,
        kind: rsmi_clk_type_t,
        out: *mut rsmi_frequencies_t,
    ) -> rsmi_status_t;
    fn rsmi_dev_gpu_metrics_info_get(gpu: u32, out: *mut rsmi_gpu_metrics_t) -> rsmi_status_t;
    fn rsmi_dev_perf_level_set(gpu: u32, level: rsmi_dev_perf_level_t) -> rsmi_status_t;
}

const FILES: [&str; 3] = ["gpu_busy_percent", "pp_dpm_sclk", "gpu_metrics"];

/// What the readers of the three files answer, within a time that none of them should need.
fn answers() -> [rsmi_status_t; 3] {
    let (told, answer) = channel();
    thread::spawn(move || {
        // SAFETY: the pointers are to such values.
        let answers = unsafe {
            [
                ask(zeroed(), |out| rsmi_dev_busy_percent_get(0, out)).0,
                ask(zeroed(), |out| rsmi_dev_gpu_clk_freq_get(0, SYS, out)).0,
                ask(zeroed(), |out| rsmi_dev_gpu_metrics_info_get(0, out)).0,
            ]
        };
        let _ = told.send(answers);
    });
    answer.recv_timeout(Duration::from_secs(20)).expect("an answer")
}

fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn card() -> Laid {
    Laid::out("navi31", "gpu_busy_percent = 5\nclock.sclk.current = 900").init()
}

#[test]
fn a_pipe_an_endless_file_and_a_directory_are_no_files() {
    let laid = card();
    assert_eq!(answers(), [SUCCESS; 3]);
    let before = memory();
    for kind in ["pipe", "endless", "directory", "large"] {
        for file in FILES {
            let path = laid.path(file);
            let _ = fs::remove_file(&path);
            let _ = fs::remove_dir(&path);
            match kind {
                "pipe" => assert!(Command::new("mkfifo").arg(&path).status().unwrap().success()),
                "endless" => laid.link(file, "/dev/zero"),
                "directory" => fs::create_dir(&path).unwrap(),
                _ => fs::File::create(&path).unwrap().set_len(3 << 30).unwrap(),
            }
        }
        assert!(!answers().contains(&SUCCESS), "{kind}");
        for file in FILES {
            let path = laid.path(file);
            let _ = fs::remove_dir(&path);
            let _ = fs::remove_file(&path);
        }
    }
    assert!(memory() < before + 64 * 1024, "{before} KiB grew to {}", memory());
}

#[test]
fn a_pipe_is_not_written_to() {
    let laid = card();
    let path = laid.path("power_dpm_force_performance_level");
    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (told, answer) = channel();
    thread::spawn(move || {
        let auto = rsmi_dev_perf_level_t::RSMI_DEV_PERF_LEVEL_AUTO;
        // SAFETY: takes no pointer.
        let _ = told.send(unsafe { rsmi_dev_perf_level_set(0, auto) });
    });
    assert_ne!(answer.recv_timeout(Duration::from_secs(20)).expect("an answer"), SUCCESS);
}
