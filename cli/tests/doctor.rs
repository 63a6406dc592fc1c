//! `rsmi-compat doctor`: what it says of machines that are well, and of what may be wrong.

mod support;

use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use support::{Said, bare_rsmi_compat, compile, rsmi_compat, scratch};

/// On a described machine, which only the libraries see.
fn on(machine: &str, environment: &[&str]) -> Command {
    let mut command = rsmi_compat();
    command.args(["simulate", "--no-namespace", "--machine", machine, "--", "env"]);
    command.args(environment).arg(env!("CARGO_BIN_EXE_rsmi-compat")).arg("doctor");
    command
}

#[track_caller]
fn json(command: &mut Command) -> (Option<i32>, Value) {
    let said = Said::of(command.arg("--json"));
    let report = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.err));
    (said.code, report)
}

/// What is wrong, with its severity in front.
fn problems(report: &Value) -> Vec<String> {
    let text = |problem: &Value, key: &str| problem[key].as_str().unwrap().to_owned();
    let problems = report["problems"].as_array().unwrap().iter();
    problems.map(|one| format!("{}: {}", text(one, "severity"), text(one, "what"))).collect()
}

#[track_caller]
fn says(report: &Value, words: &str) {
    let problems = problems(report);
    assert!(problems.iter().any(|problem| problem.contains(words)), "{words}: {problems:?}");
}

fn function<'a>(report: &'a Value, name: &str, device: Option<u64>) -> &'a Value {
    let functions = report["functions"].as_array().unwrap();
    let found =
        functions.iter().find(|row| row["function"] == name && row["device"].as_u64() == device);
    found.unwrap_or_else(|| panic!("{name} is not told of"))
}

#[test]
fn a_machine_that_is_well() {
    let (code, report) = json(&mut on("mi300x-2", &[]));
    assert_eq!(code, Some(0), "{:?}", problems(&report));
    assert_eq!(report["driver"]["kfd_gpus"], 2);
    assert_eq!(report["init"], 0);
    assert!(report["about"]["amdsmi"].as_str().unwrap().contains("libamd_smi"));
    let devices = report["devices"].as_array().unwrap();
    assert_eq!(devices.len(), 2);
    for device in devices {
        assert!(device["pci"].as_str().unwrap().starts_with("0000:"), "{device}");
        assert!(device["unique_id"].as_str().unwrap().starts_with("GPU-"), "{device}");
    }
    let mut hip: Vec<_> = devices.iter().map(|device| device["hip"].as_u64().unwrap()).collect();
    hip.sort_unstable();
    assert_eq!(hip, [0, 1]);
    // By the kernel's files, by libamd_smi, and not at all.
    for device in [Some(0), Some(1)] {
        let busy = function(&report, "rsmi_dev_busy_percent_get", device);
        assert_eq!(busy["answered"], true);
        assert!(busy["from"][0].as_str().unwrap().ends_with("/gpu_busy_percent"), "{busy}");
        let memory = function(&report, "rsmi_dev_compute_partition_get", device);
        assert_eq!(memory["from"][0], "amdsmi_get_gpu_compute_partition", "{memory}");
        let fan = function(&report, "rsmi_dev_fan_rpms_get", device);
        assert_eq!(
            (&fan["answered"], &fan["statuses"][0]),
            (&false.into(), &"RSMI_STATUS_NOT_SUPPORTED".into())
        );
        assert!(fan["because"][0].as_str().unwrap().contains("fan1_input"), "{fan}");
        let clocks = function(&report, "rsmi_dev_gpu_clk_freq_get", device);
        assert_eq!(clocks["asked"], 5);
    }
    assert_eq!(function(&report, "rsmi_version_get", None)["answered"], true);
    let settings = report["functions"].as_array().unwrap().iter();
    assert_eq!(
        settings.filter(|row| row["function"].as_str().unwrap().contains("_set")).count(),
        0
    );
}

#[test]
fn the_table_for_people() {
    let said = Said::of(&mut on("mi300x-cpx-nps4", &[]));
    assert_eq!(said.code, Some(0), "{}", said.out);
    for words in ["\nDevices\n", "PCI address", "GPU-", "devices 0, 8: ", "Nothing is wrong."] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    assert!(!said.out.contains('\u{1b}'), "colour without a terminal");
    assert!(!said.out.contains("rsmi_dev_vendor_id_get"), "answered, and not asked to be shown");
    let all = Said::of(on("navi31", &[]).arg("--all"));
    assert!(all.out.contains("rsmi_dev_vendor_id_get"), "{}", all.out);
}

#[test]
fn no_driver() {
    let (code, report) = json(&mut on("no-driver", &[]));
    assert_eq!(code, Some(1));
    says(&report, "error: the kernel driver amdgpu is not loaded");
    says(&report, "error: rsmi_init fails with status 8");
    assert_eq!(report["devices"], serde_json::json!([]));
    let (code, report) = json(&mut on("kfd-no-gpu", &[]));
    assert_eq!(code, Some(1), "{:?}", problems(&report));
}

#[test]
fn a_card_that_sleeps() {
    let place = scratch();
    let file = place.path().join("machine.toml");
    let machine = "about = 'asleep'\n[driver]\n[cpu]\nnodes = 1\ncores = 8\nmemory = 67000000000\n\
        [[gpu]]\nchip = 'navi31'\npci = '0000:03:00.0'\nnuma_node = 0\n\
        files.'power/runtime_status' = \"suspended\\n\"\n";
    std::fs::write(&file, machine).unwrap();
    let (_, report) = json(&mut on(file.to_str().unwrap(), &[]));
    says(&report, "warning: the GPU 0000:03:00.0 was asleep");
    assert_eq!(report["driver"]["suspended"], serde_json::json!(["0000:03:00.0"]));
    let cap = function(&report, "rsmi_dev_power_cap_get", Some(0));
    assert_eq!(cap["answered"], true, "{cap}");
    let (_, report) = json(&mut on(file.to_str().unwrap(), &["RSMI_COMPAT_NO_WAKE=1"]));
    let cap = function(&report, "rsmi_dev_power_cap_get", Some(0));
    assert_eq!(cap["statuses"][0], "RSMI_STATUS_BUSY", "{cap}");
    assert!(cap["because"][0].as_str().unwrap().contains("suspended"), "{cap}");
    let (_, report) = json(&mut on("navi31", &[]));
    assert_eq!(report["driver"]["suspended"], serde_json::json!([]));
}

#[test]
fn a_card_that_kfd_does_not_know() {
    let (code, report) = json(&mut on("kfd-unknown", &[]));
    says(&report, "error: the GPU 0000:17:00.0 is missing");
    assert_eq!(report["driver"]["not_in_kfd"], serde_json::json!(["0000:17:00.0"]));
    assert_eq!((code, &report["driver"]["kfd_gpus"]), (Some(1), &1.into()));
    // Cards of other makers, and partitions, are none of KFD's.
    for well in ["mixed", "mi300x-cpx-nps4", "apu"] {
        let (_, report) = json(&mut on(well, &[]));
        assert_eq!(report["driver"]["not_in_kfd"], serde_json::json!([]), "{well}");
    }
}

#[test]
fn no_libamd_smi() {
    let (code, report) = json(&mut on("mi300x-2", &["RSMI_COMPAT_AMDSMI=/no/such/libamd_smi.so"]));
    assert_eq!(code, Some(0), "{:?}", problems(&report));
    assert!(report["about"]["amdsmi"].is_null());
    says(&report, "/no/such/libamd_smi.so is not used");
    assert_eq!(report["devices"].as_array().unwrap().len(), 2);
    let mode = function(&report, "rsmi_dev_compute_partition_get", Some(0));
    assert!(mode["from"][0].as_str().unwrap().ends_with("/current_compute_partition"), "{mode}");
}

#[test]
fn a_release_that_is_none() {
    let (code, report) = json(&mut on("mi300x-2", &["RSMI_COMPAT_ABI=six"]));
    assert_eq!(code, Some(1));
    let about: Vec<_> =
        problems(&report).into_iter().filter(|p| p.contains("RSMI_COMPAT_ABI")).collect();
    assert_eq!(about.len(), 1, "{about:?}");
    assert!(about[0].starts_with("error: RSMI_COMPAT_ABI=six: it is 5, 6,"), "{about:?}");
    let (code, _) = json(&mut on("mi300x-2", &["RSMI_COMPAT_ABI=6.3,7.0"]));
    assert_eq!(code, Some(0));
}

/// A libamd_smi of 6.1.2's names whose start goes as this code says.
fn broken(directory: &Path, start: &str) -> String {
    let library = directory.join("libamd_smi.so.24");
    let source = format!(
        "#include <stdlib.h>\n#include <unistd.h>\n#include <stdio.h>\n\
         int amdsmi_init(unsigned long f) {{ {start} }}\n\
         int amdsmi_shut_down(void) {{ return 0; }}\n\
         int amdsmi_set_gpu_clear_sram_data(void) {{ return 2; }}\n"
    );
    compile(&library, &source, ["-shared", "-fPIC"]);
    format!("RSMI_COMPAT_AMDSMI={}", library.display())
}

#[test]
fn a_libamd_smi_that_ends_the_process() {
    let directory = scratch();
    let abort = broken(directory.path(), "puts(\"noise\"); abort();");
    let (code, report) = json(&mut on("mi300x-2", &[&abort]));
    assert_eq!(code, Some(1));
    says(&report, "error: rsmi_dev_compute_partition_get for device 0 aborts the process");
    assert_eq!(report["did_not_return"][0]["function"], "rsmi_dev_compute_partition_get");
    assert_eq!(report["devices"].as_array().unwrap().len(), 2);
    let exits = broken(directory.path(), "_exit(3);");
    let (code, report) = json(&mut on("mi300x-2", &[&exits]));
    assert_eq!(code, Some(1));
    says(&report, "error: rsmi_dev_compute_partition_get for device 0 ends the process");
}

#[test]
fn a_libamd_smi_that_never_returns() {
    let directory = scratch();
    let hangs = broken(directory.path(), "for (;;) sleep(1000);");
    let before = Instant::now();
    let (code, report) = json(on("mi300x-2", &[&hangs]).args(["--patience", "2"]));
    // Four calls, each in a process of its own, and all together 12 s.
    assert!(before.elapsed() < Duration::from_secs(20));
    assert_eq!(code, Some(1));
    says(&report, "error: rsmi_dev_compute_partition_get for device 0 does not return");
}

#[test]
fn libraries_in_each_others_way() {
    let directory = scratch();
    let mut path = Vec::new();
    for name in ["one", "two"] {
        let lib = directory.path().join(name);
        std::fs::create_dir(&lib).unwrap();
        compile(&lib.join("libamd_smi.so.26"), "int x;\n", ["-shared", "-fPIC"]);
        path.push(lib);
    }
    let amds = directory.path().join("one/librocm_smi64.so.1");
    compile(&amds, "int rsmi_init(unsigned long f) { return 0; }\n", ["-shared", "-fPIC"]);
    let mut command = rsmi_compat();
    command.env("LD_LIBRARY_PATH", std::env::join_paths(&path).unwrap()).arg("doctor");
    let (_, report) = json(&mut command);
    says(&report, "warning: there are several libamd_smi: ");
    says(&report, "warning: AMD's librocm_smi64 is installed too: ");
    let found = report["libraries"]["librocm_smi64"][0]["path"].as_str().unwrap();
    assert_eq!(Path::new(found), amds);
    // Ours, by the same name, is in nobody's way.
    let ours = support::stage().join("lib/rsmi-compat");
    let mut command = rsmi_compat();
    let (_, report) = json(command.env("LD_LIBRARY_PATH", ours).arg("doctor"));
    assert!(report["libraries"]["drop_in"][0]["path"].as_str().unwrap().contains("librocm_smi64"));
    let amds = report["libraries"]["librocm_smi64"].as_array().unwrap();
    assert!(amds.iter().all(|found| !found["path"].as_str().unwrap().contains("stage")));
}

#[test]
fn wrong_usage_and_half_an_installation() {
    assert_eq!(Said::of(rsmi_compat().args(["doctor", "--patience", "0"])).code, Some(2));
    assert_eq!(Said::of(rsmi_compat().args(["doctor", "extra"])).code, Some(2));
    let directory = scratch();
    let prefix = directory.path().join("prefix");
    std::fs::create_dir_all(prefix.join("bin")).unwrap();
    let alone = prefix.join("bin/rsmi-compat");
    std::fs::copy(env!("CARGO_BIN_EXE_rsmi-compat"), &alone).unwrap();
    let doctor = || bare_rsmi_compat(&alone);
    Said::of(doctor().arg("doctor")).refuses(2, &["librsmi_compat.so.1", "install"]);
    // One that the loader refuses.
    std::fs::create_dir(prefix.join("lib")).unwrap();
    std::fs::write(prefix.join("lib/librsmi_compat.so.1"), "").unwrap();
    let (code, report) = json(doctor().arg("doctor"));
    assert_eq!(code, Some(1));
    says(&report, "not everything could be asked: ");
    says(&report, "file too short");
}
