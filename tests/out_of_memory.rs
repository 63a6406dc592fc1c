//! Where memory runs out, a call returns OUT_OF_RESOURCES; the host lives on, and nothing is printed.

mod common;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// How many of the allocations fail in the ordinary test; RSMI_TEST_EVERY_ALLOCATION=1 fails each.
const SAMPLE: usize = 60;

struct Program {
    path: PathBuf,
    double: PathBuf,
    place: tempfile::TempDir,
}

impl Program {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let library = std::env::current_exe().unwrap().parent().unwrap().to_owned();
        let (path, double) = (place.path().join("info"), place.path().join("double.so"));
        // As it is installed, where programs find it by its SONAME.
        let named = place.path().join("librsmi_compat.so.1");
        std::os::unix::fs::symlink(library.join("librsmi_compat.so"), named).unwrap();
        compile(
            &[&format!("-I{ROOT}/include"), &format!("{ROOT}/examples-c/rsmi_info.c")],
            &[&format!("-L{}", library.display()), "-lrsmi_compat"],
            &[&format!("-Wl,-rpath,{}", place.path().display())],
            &path,
        );
        compile(&["-shared", "-fPIC"], &[&format!("{ROOT}/tests/c/malloc_double.c")], &[], &double);
        // SAFETY: this file has one test, which has started nothing yet.
        unsafe { common::set_up(place.path(), common::MACHINE) };
        Self { path, double, place }
    }

    fn run(&self, fails: Option<(usize, bool)>) -> Output {
        let mut command = Command::new(&self.path);
        command.args(["--probe", "--no-hazards"]).env("LD_PRELOAD", &self.double);
        command.env("FAIL_COUNT", self.count());
        if let Some((at, rest)) = fails {
            command.env("FAIL_AT", at.to_string());
            if rest {
                command.env("FAIL_REST", "1");
            }
        }
        command.output().unwrap()
    }

    fn count(&self) -> PathBuf {
        self.place.path().join("count")
    }
}

fn compile(what: &[&str], with: &[&str], how: &[&str], to: &Path) {
    let mut cc = Command::new("cc");
    cc.args(["-O1", "-o"]).arg(to).args(what).args(with).args(how);
    assert!(cc.status().expect("a C compiler, cc").success(), "{cc:?}");
}

#[test]
fn no_allocation_that_fails_ends_the_host() {
    let program = Program::new();
    let whole = program.run(None);
    assert!(whole.status.success() && whole.stderr.is_empty(), "{whole:?}");
    let all: usize = fs::read_to_string(program.count()).unwrap().trim().parse().unwrap();
    assert!(all > SAMPLE, "the library made {all} allocations only");
    let step = match std::env::var_os("RSMI_TEST_EVERY_ALLOCATION") {
        Some(_) => 1,
        None => all.div_ceil(SAMPLE),
    };
    let answers = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    let lines = answers(&whole).lines().count();
    for rest in [false, true] {
        let mut seen = 0;
        for at in (1..=all).step_by(step) {
            let output = program.run(Some((at, rest)));
            let what = format!("allocation {at} of {all}, all behind it: {rest}");
            assert_eq!(output.status.signal(), None, "{what}: {output:?}");
            assert!(output.stderr.is_empty(), "{what}: {output:?}");
            let said = answers(&output);
            // An rsmi_init that fails leaves no device to be asked.
            let began = !said.contains("sys/rsmi_init: OUT_OF_RESOURCES");
            assert!(said.ends_with('\n') && (!began || said.lines().count() == lines), "{what}");
            assert!(!said.contains("OVERRUN"), "{what}");
            seen += usize::from(said.contains("OUT_OF_RESOURCES"));
        }
        // One that fails in what a call keeps for later, or in the first look at the environment,
        // is no part of an answer.
        assert!(seen * 10 > (all / step) * 9, "{seen} of {} runs said so", all / step);
    }
}
