//! A thread that is cancelled in the middle of a call ends, and nothing else does.

mod common;

use std::process::Command;

#[test]
fn cancelled_threads_end_alone() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    unsafe { common::set_up_without_amdsmi(place.path(), common::MACHINE) };
    let program = common::linked(place.path(), "cancel.c");
    let output = Command::new(&program).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said == "fine\n", "{}: {said}{error}", output.status);
}
