//! What the command does where its output cannot be written.

mod support;

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use support::{output, rsmi_compat};

const SIGPIPE: i32 = 13;

/// Everything that prints.
fn printing() -> Vec<Vec<&'static str>> {
    let mut all: Vec<Vec<_>> = ["bash", "zsh", "fish", "elvish", "powershell"]
        .map(|shell| vec!["completions", shell])
        .into();
    all.extend([
        vec!["audit", "/bin/sh"],
        vec!["audit", "--json", "/bin/sh"],
        vec!["doctor", "--patience", "3"],
        vec!["doctor", "--patience", "3", "--json"],
        vec!["simulate", "--list"],
        vec!["--version"],
        vec!["--help"],
        vec!["help", "audit"],
        vec!["run", "--help"],
        vec!["simulate", "--help"],
    ]);
    all
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = rsmi_compat();
    command.args(arguments).stdin(Stdio::null());
    command
}

#[test]
fn a_full_disk_is_told_in_one_line() {
    for arguments in printing() {
        let output = output(command(&arguments).stdout(full()));
        let said = String::from_utf8_lossy(&output.stderr);
        let expected = "rsmi-compat: cannot write to standard output: No space left on device\n";
        assert_eq!(said, expected, "{arguments:?}");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    }
}

#[test]
fn nobody_who_reads_ends_it_silently() {
    for arguments in printing() {
        let (reader, writer) = nix::unistd::pipe().unwrap();
        drop(reader);
        let output = output(command(&arguments).stdout(writer));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert_eq!(output.status.signal(), Some(SIGPIPE), "{arguments:?}");
    }
}

#[test]
fn errors_that_cannot_be_written_leave_the_exit_status() {
    for (arguments, code) in [
        (&["audit", "/no/such/file"][..], 2),
        (&["no-such-command"], 2),
        (&["run", "--abi", "nonsense", "--", "true"], 125),
        (&["run", "--", "/no/such/program"], 127),
        (&["run", "--verbose", "--", "true"], 0),
    ] {
        let output = output(command(arguments).stderr(full()));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    }
}
