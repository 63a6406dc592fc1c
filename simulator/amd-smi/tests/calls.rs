//! Every call reaches libamd_smi with the arguments that it was made with, and what it sets is set.

mod common;

use common::Stage;
use rsmi_simulator_releases::{FUTURE, RELEASES, Release};
use std::fs;
use std::path::Path;
use std::time::Duration;

const GENERATIONS: [&str; 6] = ["5", "6.0", "6.2", "6.3", "6.4", "7.0"];
const LIMIT: Duration = Duration::from_secs(30);

/// From the first rsmi_init on: who is there, and then one line for each question.
fn expected(release: &Release, sets: bool) -> Vec<String> {
    let partitions = release.at_least("6.4.0");
    let mut lines: Vec<String> = [
        // Has somebody initialised it already?
        "amdsmi_get_socket_handles([256], out) = 32",
        // It calls its own copies of these, not ours, though we have the names too.
        "rsmi_init(0) = 0",
        "rsmi_is_P2P_accessible(0, 0) = 0",
        "amdsmi_init(2) = 0",
        "amdsmi_get_lib_version(out) = 0",
        "amdsmi_get_socket_handles([256], out) = 0",
        "amdsmi_get_processor_handles(socket 0, [256], out) = 0",
        "amdsmi_get_processor_handles(socket 1, [256], out) = 0",
    ]
    .map(str::to_owned)
    .into();
    for function in ["amdsmi_get_processor_type", "amdsmi_get_gpu_bdf_id"] {
        lines.extend((0..3).map(|at| format!("{function}(processor {at}, out) = 0")));
    }
    // What a release that nobody knows refuses, it refuses with a status that nobody knows.
    let refused = if release.name == FUTURE { 4711 } else { 2 };
    for (at, status) in [(0, refused), (1, 0)] {
        for kind in ["compute", "memory"] {
            lines.push(format!(
                "amdsmi_get_gpu_{kind}_partition(processor {at}, out, 63) = {status}"
            ));
        }
    }
    // The second partition has no files: only here is libamd_smi asked about memory.
    if partitions {
        for kind in ["compute", "memory"] {
            lines
                .push(format!("amdsmi_get_gpu_{kind}_partition(processor 2, out, 63) = {refused}"));
        }
        lines.push("amdsmi_get_gpu_memory_usage(processor 2, 0, out) = 0".into());
    }
    if sets {
        lines.push("amdsmi_set_gpu_perf_level(processor 0, 7) = 0".into());
        lines.push("amdsmi_reset_gpu_fan(processor 0, 0) = 0".into());
    }
    lines.push("amdsmi_shut_down() = 0".into());
    lines
}

#[test]
fn arguments_arrive_unchanged_over_every_release_for_every_generation() {
    let stage = Stage::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/calls.c");
    let client = stage.compile("calls", &[source], &[]);
    let cpuinfo = stage.at("cpuinfo");
    let host = fs::read_to_string("/proc/cpuinfo").expect("this is Linux");
    fs::write(&cpuinfo, host.replace(" hypervisor", "")).expect("written");
    let device = stage.sys().join("bus/pci/devices/0000:03:00.0");
    let level = device.join("power_dpm_force_performance_level");
    let fan = device.join("hwmon").join(hwmon(&device)).join("pwm1_enable");
    for release in RELEASES {
        for generation in GENERATIONS {
            let who = format!("{}/{generation}", release.name);
            let log = stage.at(&format!("log-{}-{generation}", release.name));
            fs::write(&level, "auto\n").expect("written");
            fs::write(&fan, "1\n").expect("written");
            let mut command = stage.over(&client, release.name);
            command.env("RSMI_COMPAT_ABI", generation).env("RSMI_SIM_LOG", &log).arg(&cpuinfo);
            let outcome = common::run(command, LIMIT);
            assert_eq!(outcome.success, Some(true), "{who}: {}{}", outcome.stdout, outcome.stderr);
            let sets = !outcome.stdout.starts_with("as it is");
            if sets {
                let told = fs::read_to_string(&level).expect("read");
                assert_eq!(told, "profile_min_sclk", "{who}");
                assert_eq!(fs::read_to_string(&fan).expect("read").trim(), "2", "{who}");
            }
            let log = fs::read_to_string(log).expect("the log");
            assert_eq!(log.lines().collect::<Vec<_>>(), expected(release, sets), "{who}");
        }
    }
}

fn hwmon(device: &Path) -> std::ffi::OsString {
    let mut entries = fs::read_dir(device.join("hwmon")).expect("it has sensors");
    entries.next().expect("one at least").expect("it can be read").file_name()
}
