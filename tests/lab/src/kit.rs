//! What we install, as `cargo xtask stage` lays it out, and programs run on it.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result};

use crate::interpose;
use crate::lab::Lab;
use crate::namespace::Run;
use crate::tool;

/// Where it is installed inside.
pub const PREFIX: &str = "/opt/rsmi-compat";
pub const DROP_IN: &str = "/opt/rsmi-compat/lib/rsmi-compat";
const LIBRARY: &str = "/opt/rsmi-compat/lib/librsmi_compat.so.1.0.0";

/// Lays it out, once per process; quick when nothing has changed.
pub fn stage(lab: &Lab) -> Result<()> {
    static STAGED: OnceLock<()> = OnceLock::new();
    if STAGED.get().is_some() {
        return Ok(());
    }
    let _lock = lab.lock()?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    tool::output(
        Command::new(cargo)
            .args(["run", "--quiet", "--package=xtask", "--", "stage", "--release", "--prefix-dir"])
            .arg(place(lab))
            .current_dir(&lab.workspace),
    )
    .context("cannot stage what we install")?;
    STAGED.get_or_init(|| ());
    Ok(())
}

fn place(lab: &Lab) -> PathBuf {
    lab.cache.join("kit")
}

/// A file or directory of it, on this host.
pub fn file(lab: &Lab, name: &str) -> PathBuf {
    place(lab).join(name)
}

/// Installs it on the machine; nothing there uses it yet.
pub fn install(lab: &Lab, mut run: Run) -> Result<Run> {
    run.binds.push((place(lab), PREFIX.into()));
    if env::var_os(interpose::LIBRARY).is_some() {
        run.binds.push((interpose::ours(lab)?, LIBRARY.into()));
    }
    Ok(run)
}

/// The path of a real libamd_smi inside.
pub fn amdsmi(release: &str) -> String {
    format!("/lab/amdsmi/{release}/libamd_smi.so")
}

/// By `rsmi-compat run`, as a client of that generation over that libamd_smi.
pub fn wrap(lab: &Lab, generation: &str, amdsmi: &str, run: Run) -> Result<Run> {
    let mut run = install(lab, run)?;
    let command = format!("{PREFIX}/bin/rsmi-compat");
    let amdsmi = self::amdsmi(amdsmi);
    let ours = [&command, "run", "--abi", generation, "--amdsmi", &amdsmi, "--"];
    run.argv = ours.map(str::to_owned).into_iter().chain(run.argv).collect();
    Ok(run)
}
