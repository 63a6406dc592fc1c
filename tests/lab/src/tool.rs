//! Other people's programs, run to the end; a failure says which one and why.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::lab::Lab;

/// Runs the program and returns what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let name = name(command);
    let output = match command.stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("`{name}` is not installed, and the lab needs it")
        }
        Err(error) => return Err(error).with_context(|| format!("cannot run `{name}`")),
    };
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{name}` failed ({}): {}", output.status, errors.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// cargo, the one that runs the lab if one does.
pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The developer's commands.
pub fn xtask(lab: &Lab) -> Command {
    let mut cargo = cargo();
    cargo.current_dir(&lab.workspace).arg("xtask");
    cargo
}

fn name(command: &Command) -> String {
    let first = command.get_args().next().unwrap_or(OsStr::new(""));
    let (program, first) = (command.get_program().to_string_lossy(), first.to_string_lossy());
    format!("{program} {first}").trim_end().to_owned()
}

/// Puts `text` at `path` so that a reader sees the old file or the new one, never half of it.
pub fn replace_file(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    let place = path.parent().context("a file needs a directory")?;
    fs::create_dir_all(place).with_context(|| format!("cannot make {}", place.display()))?;
    let file = tempfile::NamedTempFile::new_in(place)?;
    fs::write(&file, text)?;
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    file.persist(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}
