//! A thread that is cancelled in the middle of a call ends, and nothing else does.

mod common;

use std::env;
use std::path::Path;
use std::process::Command;

#[test]
fn cancelled_threads_end_alone() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    unsafe { common::set_up_without_amdsmi(place.path(), common::MACHINE) };
    let program = place.path().join("cancel");
    // The library that cargo put beside this test.
    let ours = env::current_exe().unwrap().with_file_name("librsmi_compat.so");
    std::os::unix::fs::symlink(&ours, place.path().join("librsmi_compat.so.1")).unwrap();
    let mut compile = Command::new("cc");
    compile.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-pthread", "-o"]).arg(&program);
    compile.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cancel.c"));
    compile.arg(place.path().join("librsmi_compat.so.1"));
    compile.arg(format!("-Wl,-rpath,{}", place.path().display()));
    assert!(compile.status().expect("a C compiler, cc").success());
    let output = Command::new(&program).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said == "fine\n", "{}: {said}{error}", output.status);
}
