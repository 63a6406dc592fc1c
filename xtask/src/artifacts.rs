//! What cargo builds for an installation, and the files that came of it.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::run;
use crate::workspace;
use crate::zig;

/// The built files, as cargo left them.
#[derive(Serialize, Deserialize)]
pub struct Artifacts {
    pub library: PathBuf,
    pub audit: PathBuf,
    pub command: PathBuf,
    /// The stand-in libamd_smi.
    pub simulator: PathBuf,
}

/// How cargo shall build them.
#[derive(Clone, Copy, PartialEq)]
pub enum Build {
    Debug,
    Release,
    /// As Release, for machines whose glibc is older.
    ForOldGlibc,
}

impl Build {
    /// Builds everything; cargo says on stderr what it does.
    pub fn run(self) -> Result<Artifacts> {
        // With the rlib beside it cargo would drop link-time optimisation.
        let cdylib = ["--lib", "--crate-type", "cdylib"];
        let artifacts = Artifacts {
            library: self.artifact("rsmi-compat", &cdylib)?,
            audit: self.artifact("rsmi-rtld-audit", &["--lib"])?,
            command: self.artifact("rsmi-compat-cli", &["--bin", "rsmi-compat"])?,
            simulator: self.artifact("rsmi-simulator-amd-smi", &cdylib)?,
        };
        if self == Build::Release {
            let text = serde_json::to_string_pretty(&artifacts)?;
            fs::write(kept()?, text).context("cannot write down what was built")?;
        }
        Ok(artifacts)
    }

    /// Builds one target and returns its file.
    fn artifact(self, package: &str, target: &[&str]) -> Result<PathBuf> {
        let mut cargo = match self {
            Build::Debug | Build::Release => {
                let mut cargo =
                    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
                cargo.arg("rustc");
                cargo
            }
            Build::ForOldGlibc => zig::cargo_rustc()?,
        };
        cargo.current_dir(workspace::root()?);
        cargo.args(["--locked", "--quiet", "--package", package]).args(target);
        cargo.args(["--message-format", "json-render-diagnostics"]);
        if self != Build::Debug {
            cargo.arg("--release");
        }
        let messages = run::output(&mut cargo)?;
        file(&messages).with_context(|| format!("cargo named no file that it made of {package}"))
    }
}

impl Artifacts {
    /// What was built last with --release.
    pub fn kept() -> Result<Artifacts> {
        let text = fs::read_to_string(kept()?)
            .context("nothing is built yet: run `make`, or `cargo xtask stage --release`")?;
        serde_json::from_str(&text).context("build again: what was built is not known")
    }
}

fn kept() -> Result<PathBuf> {
    Ok(workspace::target()?.join("xtask-release.json"))
}

/// The program, or the shared library, in cargo's last message about one.
fn file(messages: &str) -> Option<PathBuf> {
    let mut messages = messages.lines().map(serde_json::from_str::<Value>).filter_map(Result::ok);
    let made = messages.rfind(|message| message["reason"] == "compiler-artifact")?;
    if let Some(program) = made["executable"].as_str() {
        return Some(program.into());
    }
    let files = made["filenames"].as_array()?;
    files.iter().filter_map(Value::as_str).find(|name| name.ends_with(".so")).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_artifact_is_what_was_asked_for() {
        let dependency = r#"{"reason":"compiler-artifact","filenames":["/t/libmacros.so"]}"#;
        let library = r#"{"reason":"compiler-artifact","executable":null,
            "filenames":["/t/libours.rlib","/t/libours.so"]}"#
            .replace('\n', "");
        let end = r#"{"reason":"build-finished","success":true}"#;
        let messages = [dependency, &library, end].join("\n");
        assert_eq!(file(&messages).as_deref(), Some("/t/libours.so".as_ref()));
        assert_eq!(file(end), None);
    }

    #[test]
    fn a_program_is_found_too() {
        let program = r#"{"reason":"compiler-artifact","executable":"/t/rsmi-compat","filenames":["/t/rsmi-compat"]}"#;
        assert_eq!(file(program).as_deref(), Some("/t/rsmi-compat".as_ref()));
    }
}
