//! Statuses beside those of a real libnvidia-ml on a machine with a GPU of NVIDIA's.
//!
//! tests/lab/clients/nvml_record.sh records them into record.txt, in a single run on such a machine.
//! Without the record the same program is run over this library alone.

mod common;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// As the program prints them: phase and function, and the status or the signal.
fn statuses(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let words = lines.map(|line| line.splitn(3, ' ').collect::<Vec<_>>());
    words.map(|words| (format!("{} {}", words[0], words[1]), words[2].to_owned())).collect()
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What the program says of this library.
fn ours() -> BTreeMap<String, String> {
    let place = tempfile::tempdir().unwrap();
    let program = place.path().join("record");
    let source = sources().join("tests/lab/clients/nvml_record.c");
    let mut compile = Command::new("cc");
    compile.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o"]).args([&program, &source]);
    assert!(compile.arg("-ldl").status().expect("a C compiler, cc").success());
    let library = env::current_exe().unwrap().with_file_name("librsmi_compat_nvml.so");
    let names = fs::File::open(sources().join("nvml/names.txt")).unwrap();
    let mut run = Command::new(program);
    let output = run.arg(library).stdin(names).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success());
    statuses(&String::from_utf8(output.stdout).unwrap())
}

#[test]
fn statuses_are_the_real_ones() {
    common::on_each("statuses_are_the_real_ones", &["mi300x-2"], |_| {
        let ours = ours();
        assert!(ours.len() > 900, "only {} answers", ours.len());
        let ended: Vec<_> = ours.iter().filter(|(_, status)| status.contains("signal")).collect();
        assert!(ended.is_empty(), "{ended:?}");
        for (call, status) in [
            ("before nvmlDeviceGetName", "1"),
            ("null nvmlDeviceGetName", "2"),
            ("handle nvmlDeviceGetName", "2"),
            ("after nvmlDeviceGetName", "1"),
            ("short nvmlDeviceGetName", "7"),
            ("version nvmlDeviceGetMemoryInfo_v2", "25"),
            ("beyond nvmlDeviceGetHandleByIndex_v2", "2"),
            ("count nvmlDeviceGetSupportedMemoryClocks", "7"),
        ] {
            assert_eq!(ours[call], status, "{call}");
        }
        let Ok(record) = fs::read_to_string(sources().join("nvml/tests/record.txt")) else {
            return;
        };
        let real = statuses(&record);
        // A GPU of another maker lacks other things: there, not supported is no other answer.
        let fits = |call: &str, real: &str, ours: &str| {
            let depends = call.starts_with("handle ") || call.starts_with("null ");
            real == ours || depends && ours == "3" || real.contains("signal")
        };
        let differ: Vec<_> = ours
            .iter()
            .filter_map(|(call, ours)| {
                let real = real.get(call)?;
                (!fits(call, real, ours)).then(|| format!("{call}: {real}, ours {ours}"))
            })
            .collect();
        assert!(differ.is_empty(), "{}", differ.join("\n"));
    });
    let record = sources().join("nvml/tests/record.txt");
    if env::var_os(common::MACHINE).is_none() && !record.exists() {
        // Past the test runner, which shows what failed tests print. It is no skipped test: no machine
        // that builds this has such a GPU.
        let said = "NOT COMPARED with a real libnvidia-ml behind nvmlInit: nobody has run \
                    tests/lab/clients/nvml_record.sh on a machine with a GPU of NVIDIA's\n";
        std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
}
