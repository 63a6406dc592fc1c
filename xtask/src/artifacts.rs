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
    /// What programs that know only NVML are given.
    pub nvml: PathBuf,
}

/// How cargo shall build them.
#[derive(Clone, Copy, PartialEq)]
pub enum Build {
    /// As Debug, to be looked at: nobody builds it again after a change, or asks a debugger.
    Demo,
    Debug,
    Release,
    /// As Release, for machines whose glibc is older.
    ForOldGlibc,
}

/// The five, with their targets.
const LIBRARY: &str = "rsmi-compat";
const AUDIT: &str = "rsmi-rtld-audit";
const COMMAND: &str = "rsmi-compat-cli";
const SIMULATOR: &str = "rsmi-simulator-amd-smi";
const NVML: &str = "rsmi-compat-nvml";

impl Build {
    /// Builds everything; cargo says on stderr what it does.
    pub fn run(self) -> Result<Artifacts> {
        match self {
            Build::Demo => return all_at_once(&FOR_DEMO),
            Build::Debug => return all_at_once(&[]),
            Build::Release | Build::ForOldGlibc => {}
        }
        // With the rlib beside it cargo would drop link-time optimisation.
        let cdylib = ["--lib", "--crate-type", "cdylib"];
        let artifacts = Artifacts {
            library: self.artifact(LIBRARY, &cdylib)?,
            audit: self.artifact(AUDIT, &["--lib"])?,
            command: self.artifact(COMMAND, &["--bin", "rsmi-compat"])?,
            simulator: self.artifact(SIMULATOR, &cdylib)?,
            nvml: self.artifact(NVML, &cdylib)?,
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
            Build::ForOldGlibc => zig::cargo_rustc()?,
            _ => {
                let mut cargo = cargo();
                cargo.arg("rustc");
                cargo
            }
        };
        cargo.current_dir(workspace::root()?);
        cargo.args(["--locked", "--release", "--package", package]).args(target).args(MESSAGES);
        // By which a debugger finds what is stripped of it.
        cargo.args(["--", "-C", "link-arg=-Wl,--build-id=sha1"]);
        let messages = run::output(&mut cargo)?;
        file(&messages, package).with_context(|| named_no_file(package))
    }
}

/// The one that runs us, if one does.
pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Two thirds of the disk and a third of the time go for what these take away.
const FOR_DEMO: [(&str, &str); 2] =
    [("CARGO_INCREMENTAL", "0"), ("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")];

const MESSAGES: [&str; 2] = ["--message-format", "json-render-diagnostics"];

/// In one run of cargo, so that no crate waits for another for nothing.
fn all_at_once(settings: &[(&str, &str)]) -> Result<Artifacts> {
    let mut cargo = cargo();
    cargo.envs(settings.iter().copied());
    cargo.current_dir(workspace::root()?).args(["build", "--locked"]).args(MESSAGES);
    cargo.args(
        [LIBRARY, AUDIT, COMMAND, SIMULATOR, NVML].map(|package| format!("--package={package}")),
    );
    let messages = run::output(&mut cargo)?;
    let file = |package| file(&messages, package).with_context(|| named_no_file(package));
    Ok(Artifacts {
        library: file(LIBRARY)?,
        audit: file(AUDIT)?,
        command: file(COMMAND)?,
        simulator: file(SIMULATOR)?,
        nvml: file(NVML)?,
    })
}

fn named_no_file(package: &str) -> String {
    format!("cargo named no file that it made of {package}")
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

/// The program, or the shared library, in cargo's last message about one of the package.
fn file(messages: &str, package: &str) -> Option<PathBuf> {
    let mut messages = messages.lines().map(serde_json::from_str::<Value>).filter_map(Result::ok);
    let made = messages.rfind(|message| {
        message["reason"] == "compiler-artifact"
            && message["package_id"].as_str().and_then(name) == Some(package)
            && message["target"]["kind"][0] != "custom-build"
    })?;
    if let Some(program) = made["executable"].as_str() {
        return Some(program.into());
    }
    let files = made["filenames"].as_array()?;
    files.iter().filter_map(Value::as_str).find(|name| name.ends_with(".so")).map(PathBuf::from)
}

/// That of a package's id, which is the directory's where nothing else is said.
fn name(id: &str) -> Option<&str> {
    let (place, rest) = id.rsplit_once('#')?;
    match rest.split_once('@') {
        Some((name, _)) => Some(name),
        None => place.rsplit('/').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_artifact_of_the_package_is_what_was_asked_for() {
        let message = |package: &str, kind: &str, files: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"path+file:///w/{package}",
                    "target":{{"kind":["{kind}"]}},"executable":null,"filenames":[{files}]}}"#
            )
            .replace('\n', "")
        };
        let other = message("macros#rsmi-macros@1.0.0", "proc-macro", r#""/t/libmacros.so""#);
        let library =
            message("rsmi-compat#1.0.0", "cdylib", r#""/t/libours.rlib","/t/libours.so""#);
        let script = message("rsmi-compat#1.0.0", "custom-build", r#""/t/build""#);
        let end = r#"{"reason":"build-finished","success":true}"#;
        let messages = [&library, &script, &other, end].join("\n");
        assert_eq!(file(&messages, "rsmi-compat").as_deref(), Some("/t/libours.so".as_ref()));
        assert_eq!(file(&messages, "rsmi-macros").as_deref(), Some("/t/libmacros.so".as_ref()));
        assert_eq!(file(&messages, "rsmi-compat-cli"), None);
    }

    #[test]
    fn a_program_is_found_too() {
        let program = r#"{"reason":"compiler-artifact","package_id":"path+file:///w/cli#rsmi-compat-cli@1.0.0","executable":"/t/rsmi-compat","filenames":["/t/rsmi-compat"]}"#;
        assert_eq!(file(program, "rsmi-compat-cli").as_deref(), Some("/t/rsmi-compat".as_ref()));
    }
}
