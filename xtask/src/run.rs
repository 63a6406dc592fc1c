//! Other people's programs, run to the end; a failure says which one.

use std::io::ErrorKind;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs the program, which says itself what went wrong.
pub fn run(command: &mut Command) -> Result<()> {
    let status = start(command.stdin(Stdio::null()).status(), command)?;
    if !status.success() {
        bail!("`{}` failed ({status})", name(command));
    }
    Ok(())
}

/// Runs the program and returns what it printed on stdout.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = start(output, command)?;
    if !output.status.success() {
        bail!("`{}` failed ({})", name(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed odd text", name(command)))
}

fn start<T>(result: std::io::Result<T>, command: &Command) -> Result<T> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!(
                "`{}` is not installed, and is needed here",
                command.get_program().to_string_lossy()
            )
        }
        other => other.with_context(|| format!("cannot run `{}`", name(command))),
    }
}

fn name(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args().take(1))
        .map(|word| word.to_string_lossy())
        .collect();
    words.join(" ")
}
