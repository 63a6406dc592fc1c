//! Where memory runs out, a call returns NVML_ERROR_MEMORY; the client lives on, and nothing is printed.

use rsmi_simulator::Machine;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const LIBRARY: &str = "libnvidia-ml.so.1";

/// So many of the allocations fail.
const SAMPLE: usize = 40;

const SUCCESS: &str = "0";
const MEMORY: &str = "20";

struct Client {
    place: tempfile::TempDir,
}

impl Client {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let built = env::current_exe().unwrap().with_file_name("librsmi_compat_nvml.so");
        let library = place.path().join(LIBRARY);
        symlink(built, &library).unwrap();
        let client = Self { place };
        let cc = |arguments: &[&str], to: &str, source: PathBuf| {
            let mut cc = Command::new("cc");
            cc.args(["-O1", "-o"]).arg(client.path(to)).arg(source).args(arguments);
            assert!(cc.status().expect("a C compiler, cc").success(), "{cc:?}");
        };
        let rpath = format!("-Wl,-rpath,{}", client.place.path().display());
        let monitor = Path::new(ROOT).join("tests/c/monitor.c");
        cc(&[&library.display().to_string(), &rpath], "monitor", monitor);
        let double = Path::new(ROOT).join("../tests/c/malloc_double.c");
        cc(&["-shared", "-fPIC"], "double.so", double);
        let sysfs = client.path("sys");
        fs::create_dir(&sysfs).unwrap();
        Machine::find("mi300x-2").unwrap().write_tree(&sysfs).unwrap();
        client
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn run(&self, fails: Option<(usize, bool)>) -> Output {
        let mut command = Command::new(self.path("monitor"));
        // Cargo has made a long one, and each variable is looked at.
        command.env_clear();
        command.env("LD_PRELOAD", self.path("double.so")).env("FAIL_IN", LIBRARY);
        command.env("FAIL_COUNT", self.path("count")).env("RSMI_COMPAT_SYSFS", self.path("sys"));
        command.env("RSMI_COMPAT_SOURCE", "kernel");
        if let Some((at, rest)) = fails {
            command.env("FAIL_AT", at.to_string()).envs(rest.then_some(("FAIL_REST", "1")));
        }
        command.output().unwrap()
    }
}

/// Each call with its status.
fn statuses(output: &Output) -> Vec<(String, String)> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let line = |line: &str| {
        let (call, status) = line.split_once(": ").expect("a call and its status");
        (call.to_owned(), status.to_owned())
    };
    text.lines().map(line).collect()
}

#[test]
fn no_allocation_that_fails_ends_the_client() {
    let client = Client::new();
    let whole = client.run(None);
    assert!(whole.status.success() && whole.stderr.is_empty(), "{whole:?}");
    let usual = statuses(&whole);
    assert!(usual.len() > 40 && usual.iter().all(|(_, status)| status == SUCCESS), "{usual:?}");
    let all: usize = fs::read_to_string(client.path("count")).unwrap().trim().parse().unwrap();
    assert!(all > SAMPLE, "the library made {all} allocations only");
    for rest in [false, true] {
        let (mut runs, mut seen) = (0, 0);
        for at in (1..=all).step_by(all.div_ceil(SAMPLE)) {
            let output = client.run(Some((at, rest)));
            let what = format!("allocation {at} of {all}, all behind it: {rest}");
            assert_eq!(output.status.signal(), None, "{what}: {output:?}");
            assert!(output.stderr.is_empty(), "{what}: {output:?}");
            let said = statuses(&output);
            let known = |(_, status): &(String, String)| [SUCCESS, MEMORY].contains(&&**status);
            assert!(said.iter().all(known), "{what}: {said:?}");
            let is_short = |(_, status): &(String, String)| status == MEMORY;
            assert!(said.len() == usual.len() || said.iter().any(is_short), "{what}: {said:?}");
            (runs, seen) = (runs + 1, seen + usize::from(said.iter().any(is_short)));
        }
        // One that fails in the first look at the settings is no part of an answer.
        assert!(seen * 2 > runs, "{seen} of {runs} runs said so");
    }
}
