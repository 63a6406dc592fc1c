//! What we install, as `cargo xtask stage` lays it out or as our Debian package has it, and programs
//! run on it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};

use crate::interpose;
use crate::lab::{Lab, Library};
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
    tool::output(tool::xtask(lab).args(["stage", "--release", "--prefix-dir"]).arg(place(lab)))
        .context("cannot stage what we install")?;
    STAGED.get_or_init(|| ());
    Ok(())
}

/// The package's files, if programs shall run on them: on a system with nothing of ours but the
/// package, and with Debian's libamd_smi.
static PACKAGE: OnceLock<PathBuf> = OnceLock::new();

/// Debian's directory for libraries.
const MULTIARCH: &str = "usr/lib/x86_64-linux-gnu";

/// Makes our package for Debian, and lets all that follows run on it.
pub fn pack(lab: &Lab) -> Result<()> {
    let _lock = lab.lock()?;
    let place = lab.cache.join("deb");
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    let (made, root) = (place.join("made"), place.join("root"));
    tool::output(tool::xtask(lab).args(["package", "deb", "--output"]).arg(&made))
        .context("cannot make our package")?;
    let ours = |name: &str| name.starts_with("rsmi-compat_") && name.ends_with(".deb");
    let files = fs::read_dir(&made)?.collect::<Result<Vec<_>, _>>()?;
    let mut packages = files.iter().filter(|file| ours(&file.file_name().to_string_lossy()));
    let package = packages.next().context("there is no package rsmi-compat")?;
    tool::output(Command::new("dpkg-deb").arg("--extract").args([package.path(), root.clone()]))?;
    for needed in ["usr/bin/rsmi-compat", "usr/lib/x86_64-linux-gnu/librsmi_compat.so.1"] {
        ensure!(root.join(needed).exists(), "our package has no /{needed}");
    }
    PACKAGE.get_or_init(|| root);
    Ok(())
}

/// What the package puts into the root, beside the libamd_smi of that release.
fn install_package(lab: &Lab, package: &Path, amdsmi: &str, mut run: Run) -> Result<Run> {
    let libraries = package.join(MULTIARCH);
    let amdsmi = lab.library(Library::AmdSmi, amdsmi);
    for (directory, inside) in
        [(package.join("usr/bin"), "usr/bin"), (libraries, MULTIARCH), (amdsmi, MULTIARCH)]
    {
        for entry in fs::read_dir(&directory)? {
            let name = entry?.file_name();
            // What -lamd_smi would find comes with another package.
            if name != "include" && name != "libamd_smi.so" {
                run.binds.push((directory.join(&name), Path::new("/").join(inside).join(&name)));
            }
        }
    }
    Ok(run)
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
    if let Some(package) = PACKAGE.get() {
        let mut run = install_package(lab, package, amdsmi, run)?;
        let ours = ["rsmi-compat", "run", "--abi", generation, "--"];
        run.argv = ours.into_iter().map(str::to_owned).chain(run.argv).collect();
        return Ok(run);
    }
    let mut run = install(lab, run)?;
    let command = format!("{PREFIX}/bin/rsmi-compat");
    let amdsmi = self::amdsmi(amdsmi);
    let ours = [&command, "run", "--abi", generation, "--amdsmi", &amdsmi, "--"];
    run.argv = ours.map(str::to_owned).into_iter().chain(run.argv).collect();
    Ok(run)
}

/// As the guide for administrators has it: `make install PREFIX=/usr/local`, or the package, on a
/// machine whose ROCm has that libamd_smi and no librocm_smi64.
pub fn on_a_machine(lab: &Lab, amdsmi: &str, mut run: Run) -> Result<Run> {
    if let Some(package) = PACKAGE.get() {
        return install_package(lab, package, amdsmi, run);
    }
    run.binds.push((place(lab), "/usr/local".into()));
    if env::var_os(interpose::LIBRARY).is_some() {
        run.binds.push((interpose::ours(lab)?, "/usr/local/lib/librsmi_compat.so.1.0.0".into()));
    }
    run.binds.push((lab.library(Library::AmdSmi, amdsmi), "/opt/rocm/lib".into()));
    Ok(run)
}

/// For a program that needs librsmi_compat.so.1 by name.
pub fn linked(lab: &Lab, generation: &str, amdsmi: &str, run: Run) -> Result<Run> {
    let run = run.env("RSMI_COMPAT_ABI", generation);
    if let Some(package) = PACKAGE.get() {
        return install_package(lab, package, amdsmi, run);
    }
    let run = install(lab, run)?.env("LD_LIBRARY_PATH", format!("{PREFIX}/lib"));
    Ok(run.env("RSMI_COMPAT_AMDSMI", self::amdsmi(amdsmi)))
}
