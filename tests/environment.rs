//! The library reads the environment while another thread of the program changes it.

mod common;

use std::path::Path;
use std::process::Command;

const TWO: &str = r#"
about = "Two MI300X"
[driver]
[cpu]
nodes = 1
cores = 8
memory = 67000000000
[[gpu]]
chip = "mi300x"
pci = "0000:05:00.0"
[[gpu]]
chip = "mi300x"
pci = "0000:06:00.0"
"#;

#[test]
fn a_thread_that_sets_variables_disturbs_nobody_who_asks() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    unsafe { common::set_up_without_amdsmi(place.path(), TWO) };
    let run = |program: &Path, argument: &Path| {
        let mut command = Command::new(program);
        let output = command.arg(argument).env("HIP_VISIBLE_DEVICES", "1").output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {error}", output.status);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let stress = common::linked(place.path(), "environment.c");
    assert_eq!(run(&stress, Path::new("10")), "0 wrong\n");
    let alone = common::compiled(place.path(), "deepbind.c", &[]);
    assert_eq!(run(&alone, &common::library_here()), "1\n");
}
