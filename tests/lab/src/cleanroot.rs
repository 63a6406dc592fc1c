//! Roots of Debian with a compiler, a package database and libamd_smi, and without us.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::archive;
use crate::lab::Lab;
use crate::tool;

/// A root to be made: the packages beside what apt itself needs, and what is done to it then.
pub struct Recipe<'a> {
    pub name: &'a str,
    pub suite: &'a str,
    pub packages: &'a [&'a str],
    /// A line for sh, where $1 is the root; with it the root is nothing but Debian's.
    pub bare: Option<&'a str>,
}

/// What builds clients, what installs packages, and what libamd_smi and the lab want.
pub const NEW: Recipe<'_> = Recipe {
    name: "sid",
    suite: "sid",
    bare: None,
    packages: &[
        "cmake",
        "environment-modules",
        "gcc",
        "libamd-smi27",
        "libc6-dev",
        "libdrm-amdgpu1",
        "libdrm2",
        "make",
        "man-db",
        "pci.ids",
        "pkgconf",
        "rpm",
    ],
};

/// As much of it as a module file takes, with Lmod, which Debian does not have beside the other.
pub const WITH_LMOD: Recipe<'_> = Recipe {
    name: "sid-lmod",
    suite: "sid",
    bare: None,
    packages: &[
        "gcc",
        "libamd-smi27",
        "libc6-dev",
        "libdrm-amdgpu1",
        "libdrm2",
        "lmod",
        "man-db",
        "pci.ids",
        "pkgconf",
    ],
};

/// Debian's own cargo, with cargo-c.
pub const WITH_CARGO_C: Recipe<'_> = Recipe {
    name: "sid-cargo-c",
    suite: "sid",
    bare: None,
    packages: &[
        "cargo",
        "cargo-c",
        "gcc",
        "libamd-smi27",
        "libc6-dev",
        "libdrm-amdgpu1",
        "libdrm2",
        "lld",
        "pci.ids",
        "pkgconf",
    ],
};

/// The oldest glibc that the archive still has, and no libamd_smi.
pub const OLD: Recipe<'_> = Recipe {
    name: "bullseye",
    suite: "bullseye",
    bare: None,
    packages: &["gcc", "libc6-dev", "libdrm-amdgpu1", "libdrm2"],
};

const STAMP: &str = "etc/lab-root";

/// The root, which is made once and never written to afterwards.
pub fn get(lab: &Lab, recipe: &Recipe<'_>) -> Result<PathBuf> {
    let _lock = lab.lock()?;
    let place = lab.cache.join("clean").join(recipe.name);
    let text = [recipe.packages, recipe.bare.as_slice()].concat().join("\n");
    if fs::read_to_string(place.join(STAMP)).is_ok_and(|there| there == text) {
        return Ok(place);
    }
    let start = Instant::now();
    let partial = place.with_extension("partial");
    for old in [&partial, &place] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    fs::create_dir_all(lab.cache.join("clean"))?;
    make(recipe, &partial)?;
    if recipe.bare.is_none() {
        furnish(&partial)?;
    }
    fs::write(partial.join(STAMP), text)?;
    fs::rename(&partial, &place)?;
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("lab: made the clean root {} in {seconds:.1} s", recipe.name);
    Ok(place)
}

fn make(recipe: &Recipe<'_>, place: &Path) -> Result<()> {
    let mut mmdebstrap = Command::new("mmdebstrap");
    match recipe.bare {
        None => mmdebstrap.args(["--quiet", "--variant=apt"]),
        Some(hook) => {
            // The lists of packages stay, and those that the line has fetched.
            mmdebstrap.args(["--quiet", "--variant=minbase", "--skip=cleanup/apt"]);
            mmdebstrap.arg(format!("--customize-hook={hook}"))
        }
    };
    mmdebstrap.args(["--aptopt=Acquire::Check-Valid-Until \"false\""]);
    mmdebstrap.args(["--aptopt=APT::Install-Recommends \"false\""]);
    mmdebstrap.arg(format!("--include={}", recipe.packages.join(",")));
    mmdebstrap.arg(recipe.suite).arg(place);
    mmdebstrap.arg(archive::source(&archive::site()?, recipe.suite));
    tool::output(&mut mmdebstrap)
        .with_context(|| format!("there is no root of {}", recipe.suite))
        .map(drop)
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
    // The sources may lie in root's home directory, and are shown to an ordinary user there.
    for (place, mode) in [("home/user", 0o777), ("root", 0o755)] {
        fs::set_permissions(root.join(place), fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}
