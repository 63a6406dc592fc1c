//! What the library has kept can be asked from a handler of a signal.

mod common;

use std::process::Command;

/// Everything that is asked for is there.
const MACHINE: &str = r#"
about = "One MI300X with all of its numbers"
[driver]
[cpu]
nodes = 1
cores = 8
memory = 67000000000
[[gpu]]
chip = "mi300x"
pci = "0000:05:00.0"
numa_node = 0
unique_id = "5d8e9b1c4a7f2036"
serial_number = "692251001124"
xgmi = { hive = "7f3a9c5e21b40d68", physical_id = 6 }
temperature = { junction.input = 73.0 }
"#;

#[test]
fn handlers_get_what_is_kept_wherever_the_signal_comes() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    unsafe { common::set_up_without_amdsmi(place.path(), MACHINE) };
    let output = Command::new(common::linked(place.path(), "signals.c")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said == "fine\n", "{}: {said}{error}", output.status);
}
