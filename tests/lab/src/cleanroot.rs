//! A root of Debian with a compiler, a package database and libamd_smi, and without us.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::archive;
use crate::lab::Lab;
use crate::tool;

const SUITE: &str = "sid";

/// Beside what apt itself needs: what builds clients, what installs packages, and what libamd_smi
/// and the lab want.
const PACKAGES: [&str; 11] = [
    "cmake",
    "environment-modules",
    "gcc",
    "libamd-smi27",
    "libc6-dev",
    "libdrm-amdgpu1",
    "libdrm2",
    "make",
    "pci.ids",
    "pkgconf",
    "rpm",
];

const STAMP: &str = "etc/lab-root";

/// The root, which is made once and never written to afterwards.
pub fn get(lab: &Lab) -> Result<PathBuf> {
    let _lock = lab.lock()?;
    let place = lab.cache.join("clean");
    let recipe = PACKAGES.join("\n");
    if fs::read_to_string(place.join(STAMP)).is_ok_and(|text| text == recipe) {
        return Ok(place);
    }
    let start = Instant::now();
    let partial = lab.cache.join("clean.partial");
    for old in [&partial, &place] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    make(&partial)?;
    furnish(&partial)?;
    fs::write(partial.join(STAMP), recipe)?;
    fs::rename(&partial, &place)?;
    eprintln!("lab: made a clean root in {:.1} s", start.elapsed().as_secs_f64());
    Ok(place)
}

fn make(place: &Path) -> Result<()> {
    let mut mmdebstrap = Command::new("mmdebstrap");
    mmdebstrap.args(["--quiet", "--variant=apt"]);
    mmdebstrap.args(["--aptopt=Acquire::Check-Valid-Until \"false\""]);
    mmdebstrap.args(["--aptopt=APT::Install-Recommends \"false\""]);
    mmdebstrap.arg(format!("--include={}", PACKAGES.join(",")));
    mmdebstrap.arg(SUITE).arg(place).arg(archive::source(&archive::site()?, SUITE));
    tool::output(&mut mmdebstrap).context("install mmdebstrap, if it is not there").map(drop)
}

/// What the lab's own root has too; and no archive, so that nothing inside asks the network.
fn furnish(root: &Path) -> Result<()> {
    for list in ["etc/apt/sources.list", "etc/apt/sources.list.d/0000sources.list"] {
        let list = root.join(list);
        if list.exists() {
            fs::write(list, "")?;
        }
    }
    for place in ["lab/ours", "lab/bin", "lab/drm", "lab/rsmi", "lab/amdsmi", "home/user"] {
        fs::create_dir_all(root.join(place))?;
    }
    fs::set_permissions(root.join("home/user"), fs::Permissions::from_mode(0o777))?;
    Ok(())
}
