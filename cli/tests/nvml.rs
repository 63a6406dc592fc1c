//! `--nvml`: a program that knows only NVML sees AMD's GPUs where its user asks for that, and nowhere else.

mod support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::{Said, compile, make_executable, rsmi_compat, scratch, stage};

/// Opens NVML's library by this name, and prints where it is and what it says of the GPUs.
const CLIENT: &str = r#"
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stdio.h>
    int main(int argc, char **argv) {
        void *library = dlopen(argc > 1 ? argv[1] : "libnvidia-ml.so.1", RTLD_NOW);
        if (!library) { puts("none"); return 0; }
        int (*init)(void) = dlsym(library, "nvmlInit_v2");
        int (*count)(unsigned *) = dlsym(library, "nvmlDeviceGetCount_v2");
        unsigned gpus = 0;
        Dl_info info;
        dladdr(init, &info);
        int status = init();
        if (!status) count(&gpus);
        printf("%s %d %u\n", info.dli_fname, status, gpus);
        return 0;
    }"#;

fn client(directory: &Path) -> String {
    let program = directory.join("client");
    compile(&program, CLIENT, ["-ldl"]);
    program.display().to_string()
}

fn run(machine: &str, words: &[&str]) -> Said {
    let run = ["simulate", "--machine", machine, "--", env!("CARGO_BIN_EXE_rsmi-compat"), "run"];
    let mut command = rsmi_compat();
    Said::of(command.args(run).args(words))
}

#[test]
fn every_name_of_nvmls_leads_to_the_face_and_only_with_the_option() {
    let directory = scratch();
    let client = client(directory.path());
    let face = stage().join("lib/rsmi-compat/nvml/libnvidia-ml.so.1").canonicalize().unwrap();
    for name in ["libnvidia-ml.so.1", "libnvidia-ml.so", "/usr/lib64/libnvidia-ml.so.550.163.01"] {
        let said = run("mi300x-2", &["--nvml", "--", &client, name]);
        assert_eq!(said.out, format!("{} 0 2\n", face.display()), "{}", said.err);
        assert_eq!(said.err, "");
    }
    assert_eq!(run("mi300x-2", &["--", &client]).out, "none\n");
    assert!(run("kfd-no-gpu", &["--nvml", "--", &client]).out.ends_with(" 9 0\n"));
    // What the program starts has it too.
    let said = run("mi300x-2", &["--nvml", "--", "sh", "-c", &client]);
    assert!(said.out.ends_with(" 0 2\n"), "{}{}", said.out, said.err);
}

#[test]
fn a_machine_with_nvidias_driver_is_refused() {
    let directory = scratch();
    let client = client(directory.path());
    let sys = directory.path().join("sys");
    fs::create_dir_all(sys.join("module/nvidia")).unwrap();
    fs::create_dir_all(sys.join("bus/pci/drivers/nvidia/0000:01:00.0")).unwrap();
    let run = |option| {
        let mut command = rsmi_compat();
        command.env("RSMI_COMPAT_SYSFS", &sys).args(["run", option, "--"]);
        Said::of(command.arg(&client))
    };
    run("--nvml").refuses(126, &["NVIDIA's driver", "1 GPU;", "--nvml=force"]);
    let forced = run("--nvml=force");
    assert_eq!(forced.code, Some(0), "{}", forced.err);
    assert!(forced.out.ends_with(" 9 0\n"), "{}", forced.out);
    assert!(forced.err.contains("of which the program sees none"), "{}", forced.err);
    assert_eq!(run("--nvml=perhaps").code, Some(125));
}

#[test]
fn who_counts_amds_gpus_by_itself_is_named() {
    let directory = scratch();
    let btop = directory.path().join("btop");
    fs::copy(client(directory.path()), &btop).unwrap();
    make_executable(&btop);
    let said = run("mi300x-2", &["--nvml", "--", btop.to_str().unwrap()]);
    assert!(said.out.ends_with(" 0 2\n"), "{}", said.out);
    assert!(said.err.contains("btop") && said.err.contains("twice"), "{}", said.err);
}

#[test]
fn audit_and_doctor_name_the_line() {
    let directory = scratch();
    let client = client(directory.path());
    let tool = directory.path().join("nvitop");
    fs::write(&tool, "#!/usr/bin/env python3\nfrom nvitop.cli import main\nmain()\n").unwrap();
    make_executable(&tool);
    for file in [&*client, tool.to_str().unwrap()] {
        let said = Said::of(rsmi_compat().args(["audit", "--json", file]));
        let report: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(report[0]["wants_nvml"], true, "{}", said.out);
        assert_eq!(report[0]["uses_rocm_smi"], false);
        assert_eq!(report[0]["run"], format!("rsmi-compat run --nvml -- {file}"));
    }
    let said = Said::of(rsmi_compat().args(["audit", "--json", "/bin/true"]));
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&report[0]["wants_nvml"], &report[0]["run"]), (&Value::Bool(false), &Value::Null));

    let path = format!("{}:{}", directory.path().display(), std::env::var("PATH").unwrap());
    let simulate = ["simulate", "--machine", "mi210", "--", env!("CARGO_BIN_EXE_rsmi-compat")];
    let mut doctor = rsmi_compat();
    doctor.env("PATH", path).args(simulate).arg("doctor");
    let said = Said::of(&mut doctor);
    assert!(said.out.contains("for nvitop: rsmi-compat run --nvml"), "{}", said.out);
}
