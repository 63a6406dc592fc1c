//! The examples are built by their Makefile, also anew, and each says how it is called.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The first is the one to begin with.
const PROGRAMS: [&str; 4] = ["rsmi_hello", "rsmi_top", "rsmi_info", "rsmi_index"];

/// As much of HIP as an example takes, on a machine where HIP finds nothing.
const HIP: &str = r#"
    enum hipError_t { hipSuccess, hipErrorNoDevice };
    inline hipError_t hipGetDeviceCount(int *count) { *count = 0; return hipErrorNoDevice; }
    inline hipError_t hipDeviceGetPCIBusId(char *, int, int) { return hipErrorNoDevice; }
    inline const char *hipGetErrorString(hipError_t) { return "no device"; }
"#;

/// The directory of the library that cargo put beside this test.
fn library() -> PathBuf {
    env::current_exe().expect("this test has a path").parent().expect("a directory").to_owned()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    assert_eq!(error, "", "{command:?}");
    String::from_utf8(output.stdout).expect("it is text")
}

/// Each twice: what is there already is made again.
fn make(build: &Path, more: &[&str]) {
    for flags in [&[][..], &["-B"]] {
        let mut make = Command::new("make");
        make.args(["--silent", "-C"]).arg(Path::new(ROOT).join("examples-c")).args(flags);
        make.arg(format!("BUILD={}", build.display()));
        make.arg(format!("TARGET={}", library().display()));
        // cargo's own make flags are not for this one.
        run(make.args(more).env_remove("MAKEFLAGS").env_remove("CFLAGS"));
    }
}

fn check_usage(program: &Path) {
    let name = program.file_name().expect("it has a name").to_str().expect("in ASCII");
    let usage = run(Command::new(program).arg("--help"));
    assert!(usage.starts_with(&format!("usage: {name}")), "{usage}");
    // Where there is no GPU no other word may be taken for a good one.
    let wrong = Command::new(program).arg("--no-such-option").output().expect("it runs");
    assert!(!wrong.status.success(), "{name}");
}

#[test]
fn they_are_made_anew_and_say_how_they_are_called() {
    if !needs::program("make") {
        return;
    }
    let place = tempfile::tempdir().expect("a directory");
    make(place.path(), &[]);
    for program in PROGRAMS {
        check_usage(&place.path().join(program));
    }
}

#[test]
fn the_hip_program_says_how_it_is_called() {
    if !needs::programs(&["make", "c++"]) {
        return;
    }
    let place = tempfile::tempdir().expect("a directory");
    fs::create_dir(place.path().join("hip")).expect("made");
    fs::write(place.path().join("hip/hip_runtime.h"), HIP).expect("written");
    let include = format!("CXXFLAGS=-std=c++17 -I{}", place.path().display());
    make(place.path(), &["hip", "HIPCC=c++", &include]);
    check_usage(&place.path().join("hip_topology"));
}

#[test]
fn the_one_to_begin_with_is_short_and_named_first() {
    let read = |name: &str| fs::read_to_string(Path::new(ROOT).join(name)).expect("it is text");
    assert!(read("examples-c/rsmi_hello.c").lines().count() < 40);
    for list in ["examples-c/Makefile", "examples-c/CMakeLists.txt", "docs/authors.md"] {
        let text = read(list);
        let first = |name: &str| text.find(&format!("{name}.c")).or(text.find(&format!("{name} ")));
        let hello = first("rsmi_hello").unwrap_or_else(|| panic!("{list}: no rsmi_hello"));
        for other in &PROGRAMS[1..] {
            assert!(first(other).is_none_or(|at| hello < at), "{list}: {other} is before it");
        }
    }
}
