//! `rsmi-compat doctor`: what it says of machines that are well, and of what may be wrong.

mod support;

use serde_json::Value;
use std::collections::BTreeMap;
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
    let Compared { sources, calls } = compared(&report);
    assert_eq!(
        (&sources["libamd_smi"], &sources["only_kernel"]),
        (&Value::Null, &sources["answers"])
    );
    assert_eq!(calls["rsmi_dev_compute_partition_get"][0]["kernel"][0], "SPX");
    let page = Said::of(&mut on("mi300x-2", &["RSMI_COMPAT_AMDSMI=/no/such/libamd_smi.so"]));
    let line = format!(
        "\nSources: {} answers, all of the kernel; no libamd_smi is in use\n",
        sources["answers"]
    );
    assert!(page.out.contains(&line), "{line}: {}", page.out);
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

/// What is wrong, without warnings.
fn errors(report: &Value) -> Vec<String> {
    problems(report).into_iter().filter(|problem| problem.starts_with("error: ")).collect()
}

/// The one error, which is about this libamd_smi, and how many functions ask it first.
#[track_caller]
fn is_at_fault(report: &Value, library: &str, how: &str) {
    let errors = errors(report);
    let [error] = errors.as_slice() else { panic!("{errors:?}") };
    let (_, path) = library.split_once('=').unwrap();
    let start =
        format!("error: libamd_smi ({path}) {how} at rsmi_dev_perf_level_get for device 0; ");
    let count =
        error.strip_prefix(&start).and_then(|rest| rest.strip_suffix(" functions ask it first"));
    let count: u32 = count.unwrap_or_else(|| panic!("{error}")).parse().unwrap();
    // In a virtual machine, some are not asked.
    assert!((14..=17).contains(&count), "{error}");
    // All functions are answered by the kernel, these too.
    assert_eq!(report["functions_of_the_kernel"], true);
    let mode = function(report, "rsmi_dev_compute_partition_get", Some(1));
    assert!(mode["from"][0].as_str().unwrap().ends_with("/current_compute_partition"), "{mode}");
    let why = report["sources"]["not_compared"].as_str().unwrap();
    assert!(why.starts_with(&format!("libamd_smi {how} at rsmi_")), "{why}");
    assert_eq!(report["devices"].as_array().unwrap().len(), 2);
}

#[test]
fn a_libamd_smi_that_ends_the_process() {
    let directory = scratch();
    let abort = broken(directory.path(), "puts(\"noise\"); abort();");
    let (code, report) = json(&mut on("mi300x-2", &[&abort]));
    assert_eq!(code, Some(1));
    is_at_fault(&report, &abort, "aborts the process");
    assert_eq!(report["did_not_return"][0]["function"], "rsmi_dev_perf_level_get");
    assert_eq!(report["did_not_return"].as_array().unwrap().len(), 3);
    // What it is told to do about it helps.
    let (code, report) = json(&mut on("mi300x-2", &[&abort, "RSMI_COMPAT_SOURCE=kernel"]));
    assert_eq!((code, errors(&report).len()), (Some(0), 0));
    // Who wants the kernel alone is kept from libamd_smi here too, unless doctor is run as it says.
    let why = report["sources"]["not_compared"].as_str().unwrap();
    assert_eq!(why, "the source is kernel; `RSMI_COMPAT_SOURCE=auto rsmi-compat doctor` compares");
    assert_eq!(report["sources"]["did_not_return"], serde_json::json!([]));
    let (_, report) = json(&mut on("mi300x-2", &["RSMI_COMPAT_SOURCE=auto"]));
    assert_eq!(compared(&report).sources["release"], "10.1");
    let exits = broken(directory.path(), "_exit(3);");
    let (code, report) = json(&mut on("mi300x-2", &[&exits]));
    assert_eq!(code, Some(1));
    is_at_fault(&report, &exits, "ends the process (exit status: 3)");
}

#[test]
fn a_libamd_smi_that_never_returns() {
    let directory = scratch();
    let hangs = broken(directory.path(), "for (;;) sleep(1000);");
    let before = Instant::now();
    let (code, report) = json(on("mi300x-2", &[&hangs]).args(["--patience", "2"]));
    // One call is waited for, and the rest asked of the kernel.
    assert!(before.elapsed() < Duration::from_secs(10), "{:?}", before.elapsed());
    assert_eq!(code, Some(1));
    is_at_fault(&report, &hangs, "does not return");
    assert_eq!(report["did_not_return"].as_array().unwrap().len(), 1);
    let page = Said::of(on("mi300x-2", &[&hangs]).args(["--patience", "2"]));
    assert_eq!(page.out.matches("\nerror: ").count(), 1, "{}", page.out);
    assert!(
        page.out.contains("  the kernel alone was asked, see the error below\n"),
        "{}",
        page.out
    );
    assert!(
        page.out.contains("\nSources: not compared: libamd_smi does not return at "),
        "{}",
        page.out
    );
}

/// The stand-in, but for one function that goes as this code says.
fn broken_in(directory: &Path, function: &str, code: &str) -> String {
    let library = directory.join("libamd_smi.so");
    let whole = directory.join("libamd_smi.so.27");
    let stand_in = support::stage().join("lib/rsmi-compat/simulator/libamd_smi.so");
    std::fs::copy(stand_in, &whole).unwrap();
    let source =
        format!("#include <stdlib.h>\n#include <unistd.h>\nint {function}(void) {{ {code} }}\n");
    let beside = "-Wl,--no-as-needed,-rpath,$ORIGIN";
    compile(&library, &source, ["-shared", "-fPIC", beside, whole.to_str().unwrap()]);
    format!("RSMI_COMPAT_AMDSMI={}", library.display())
}

#[test]
fn a_function_that_ends_the_process() {
    let directory = scratch();
    let abort = broken_in(directory.path(), "amdsmi_get_fw_info", "abort();");
    let (code, report) = json(&mut on("navi31-2", &[&abort]));
    assert_eq!(code, Some(1));
    let errors = errors(&report);
    let [error] = errors.as_slice() else { panic!("{errors:?}") };
    let at = " aborts the process at rsmi_dev_firmware_version_get for device 0; no other function does so";
    assert!(error.contains(at), "{error}");
    assert_eq!(report["functions_of_the_kernel"], false);
    // All others are asked as ever, and compared.
    let level = function(&report, "rsmi_dev_perf_level_get", Some(1));
    assert_eq!(level["from"][0], "amdsmi_get_gpu_perf_level", "{level}");
    let Compared { calls, .. } = compared(&report);
    assert!(calls.contains_key("rsmi_dev_perf_level_get"));
    assert!(!calls.contains_key("rsmi_dev_firmware_version_get"));
    // One that only some ask it is no error.
    let abort = broken_in(directory.path(), "amdsmi_get_temp_metric", "abort();");
    let (code, report) = json(&mut on("navi31-2", &[&abort]));
    assert_eq!(code, Some(0), "{:?}", problems(&report));
    says(
        &report,
        "aborts the process at rsmi_dev_temp_metric_get for device 0, which asks it only where RSMI_COMPAT_SOURCE is amdsmi or both",
    );
    assert_eq!(function(&report, "rsmi_dev_temp_metric_get", Some(0))["answered"], true);
    assert!(!compared(&report).calls.contains_key("rsmi_dev_temp_metric_get"));
    // Where they do ask it, it is one.
    let (code, report) = json(&mut on("navi31-2", &[&abort, "RSMI_COMPAT_SOURCE=amdsmi"]));
    assert_eq!(code, Some(1));
    says(&report, "aborts the process at rsmi_dev_temp_metric_get for device 0; no other");
    // One that hangs there keeps nothing but the comparison.
    let hangs = broken_in(directory.path(), "amdsmi_get_temp_metric", "for (;;) sleep(1000);");
    let (code, report) = json(on("navi31-2", &[&hangs]).args(["--patience", "2"]));
    assert_eq!(code, Some(0), "{:?}", problems(&report));
    says(&report, "does not return at rsmi_dev_temp_metric_get");
    let why = &report["sources"]["not_compared"];
    assert_eq!(why, "libamd_smi does not return at rsmi_dev_temp_metric_get");
}

#[test]
fn what_fails_without_libamd_smi_is_not_its_fault() {
    let directory = scratch();
    for part in ["bin", "lib"] {
        std::fs::create_dir(directory.path().join(part)).unwrap();
    }
    let command = directory.path().join("bin/rsmi-compat");
    std::fs::copy(env!("CARGO_BIN_EXE_rsmi-compat"), &command).unwrap();
    let library = |code: &str| {
        let source = format!(
            "#include <stdlib.h>\n#include <unistd.h>\n\
             int rsmi_init(unsigned long f) {{ return 0; }}\n\
             int rsmi_num_monitor_devices(unsigned *n) {{ *n = 1; return 0; }}\n\
             int rsmi_dev_busy_percent_get(unsigned d, unsigned *p) {{ {code} }}\n"
        );
        let library = directory.path().join("lib/librsmi_compat.so.1");
        compile(&library, &source, ["-shared", "-fPIC"]);
    };
    for (code, how) in [("abort();", "aborts the process"), ("pause();", "does not return")] {
        library(code);
        let mut doctor = bare_rsmi_compat(&command);
        let (code, report) = json(doctor.args(["doctor", "--patience", "1"]));
        assert_eq!(code, Some(1));
        says(&report, &format!("error: rsmi_dev_busy_percent_get for device 0 {how}"));
        let blamed = problems(&report).into_iter().find(|text| text.contains("libamd_smi ("));
        assert_eq!(blamed, None);
        let why = report["sources"]["not_compared"].as_str().unwrap();
        assert_eq!(why, format!("the library {how} at rsmi_dev_busy_percent_get"));
    }
}

/// What doctor says of the sources, each call by its function.
struct Compared<'a> {
    sources: &'a Value,
    calls: BTreeMap<&'a str, Vec<&'a Value>>,
}

#[track_caller]
fn compared(report: &Value) -> Compared<'_> {
    let sources = &report["sources"];
    assert_eq!(sources["not_compared"], Value::Null);
    let mut calls: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for call in sources["calls"].as_array().unwrap() {
        calls.entry(call["function"].as_str().unwrap()).or_default().push(call);
    }
    let count =
        |verdict: &str| calls.values().flatten().filter(|call| call["verdict"] == verdict).count();
    for verdict in ["agree", "disagree", "only_kernel", "only_amdsmi"] {
        assert_eq!(sources[verdict], count(verdict), "{verdict}");
    }
    Compared { sources, calls }
}

/// A host without pci.ids has no names; AMD SMI has that of AMD in itself.
const NAMES: [&str; 2] = ["rsmi_dev_subsystem_name_get", "rsmi_dev_vendor_name_get"];

/// On a machine that does not move.
fn on_still(machine: &str, environment: &[&str]) -> Command {
    let mut command = on(machine, environment);
    command.env("RSMI_SIM_TIME", "5");
    command
}

#[test]
fn honest_sources_agree() {
    for machine in ["mi300x-2", "mi210", "navi31", "apu"] {
        let (code, report) = json(&mut on_still(machine, &[]));
        assert_eq!(code, Some(0), "{:?}", problems(&report));
        let Compared { sources, calls } = compared(&report);
        let disagreements = sources["disagreements"].as_array().unwrap().iter();
        let other: Vec<_> = disagreements
            .filter(|one| !NAMES.contains(&one["function"].as_str().unwrap()))
            .collect();
        assert!(other.is_empty(), "{machine}: {other:?}");
        assert!(sources["agree"].as_u64() > Some(30), "{machine}: {}", sources["agree"]);
        assert_eq!(sources["release"], "10.1");
        let busy = &calls["rsmi_dev_busy_percent_get"][0];
        assert_eq!((&busy["verdict"], &busy["kernel"]), (&"agree".into(), &busy["amdsmi"]));
        assert_eq!(busy["first"], serde_json::json!(["the kernel, polled"]));
        // To ask it changes it, or takes a second of the driver's.
        for not in ["rsmi_dev_xgmi_error_status", "rsmi_dev_pci_throughput_get"] {
            assert!(!calls.contains_key(not), "{not}");
        }
    }
}

#[test]
fn lies_are_found() {
    let (code, report) = json(&mut on_still("mi300x-2", &["RSMI_SIM_LIES=1"]));
    assert_eq!(code, Some(0), "{:?}", problems(&report));
    let Compared { calls, .. } = compared(&report);
    // By either source first, of every kind of value, and where one answers alone.
    for (name, kernel, amdsmi) in [
        ("rsmi_dev_id_get", "29857", "4578"),
        ("rsmi_dev_name_get", "AMD Instinct MI300X OAM", "LIE product"),
        ("rsmi_dev_compute_partition_get", "SPX", "QPX"),
        ("rsmi_dev_drm_render_minor_get", "136", "152"),
    ] {
        let call = calls[name][0];
        assert_eq!(call["verdict"], "disagree", "{call}");
        assert_eq!((&call["kernel"][0], &call["amdsmi"][0]), (&kernel.into(), &amdsmi.into()));
    }
    let by = |name: &str| (calls[name][0]["first"][0].clone(), calls[name][0]["from"][0].clone());
    assert_eq!(by("rsmi_dev_id_get"), ("the kernel, kept".into(), "device/device (kept)".into()));
    let mode = ("AMD SMI".into(), "amdsmi_get_gpu_compute_partition".into());
    assert_eq!(by("rsmi_dev_compute_partition_get"), mode);
    for name in [
        "rsmi_dev_ecc_count_get",
        "rsmi_dev_temp_metric_get",
        "rsmi_dev_power_cap_get",
        "rsmi_dev_gpu_clk_freq_get",
        "rsmi_topo_get_link_weight",
        "rsmi_dev_memory_total_get",
        "rsmi_compute_process_info_get",
        "rsmi_dev_firmware_version_get",
    ] {
        assert!(calls[name].iter().any(|call| call["verdict"] == "disagree"), "{name}");
    }
    assert!(calls["rsmi_dev_fan_rpms_get"].iter().all(|call| call["verdict"] == "only_amdsmi"));
    assert!(calls["rsmi_dev_pci_id_get"].iter().all(|call| call["verdict"] == "agree"));
    // For people: a line for each question, whichever the device; and with --all each.
    let page = Said::of(&mut on_still("mi300x-2", &["RSMI_SIM_LIES=1"]));
    let lines =
        |said: &Said, text: &str| said.out.lines().filter(|line| line.contains(text)).count();
    let name = "  rsmi_dev_name_get, device 0: DeviceName: AMD SMI \"LIE product\", \
        kernel \"AMD Instinct MI300X OAM\"";
    assert_eq!(lines(&page, &format!("{name}; device 1 too")), 1, "{}", page.out);
    assert_eq!(lines(&page, "rsmi_dev_name_get"), 1);
    let page = Said::of(on_still("mi300x-2", &["RSMI_SIM_LIES=1"]).arg("--all"));
    assert_eq!(lines(&page, name), 1, "{}", page.out);
    assert_eq!(lines(&page, "rsmi_dev_name_get, device 1: "), 1, "{}", page.out);
    let summary = page.out.lines().find(|line| line.starts_with("Sources: ")).unwrap();
    assert!(summary.contains(" answers, ") && summary.contains(" disagree, "), "{summary}");
    assert!(summary.contains("; libamd_smi 10.1 at /"), "{summary}");
}

#[test]
fn a_setting_of_the_source() {
    let (code, report) = json(&mut on("mi300x-2", &["RSMI_COMPAT_SOURCE=amdsmi"]));
    assert_eq!(code, Some(0), "{:?}", problems(&report));
    assert_eq!(report["settings"]["source"], "amdsmi");
    let busy = function(&report, "rsmi_dev_busy_percent_get", Some(0));
    assert_eq!(busy["from"][0], "amdsmi_get_gpu_busy_percent", "{busy}");
    let page = Said::of(&mut on("mi300x-2", &["RSMI_COMPAT_SOURCE=kernel"]));
    assert!(page.out.contains("  RSMI_COMPAT_SOURCE=kernel\n"), "{}", page.out);
    assert!(page.out.contains("Nothing is wrong."), "{}", page.out);
    // What the library logs of disagreements is told once.
    let lies = ["RSMI_COMPAT_SOURCE=both", "RSMI_SIM_LIES=1"];
    let (code, report) = json(&mut on("mi300x-2", &lies));
    assert_eq!((code, problems(&report).len()), (Some(0), 0), "{:?}", problems(&report));
    let (code, report) = json(&mut on("mi300x-2", &["RSMI_COMPAT_SOURCE=drm"]));
    assert_eq!((code, &report["settings"]["source"]), (Some(1), &"auto".into()));
    assert_eq!(
        problems(&report),
        ["error: RSMI_COMPAT_SOURCE=drm: it is auto, amdsmi, kernel or both"]
    );
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
