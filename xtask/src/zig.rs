//! A toolchain that links against an old glibc: cargo-zigbuild and zig, from PyPI.
//!
//! zig carries the symbol tables of every glibc, so that what is linked here runs where glibc is
//! older than ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run;
use crate::workspace;

/// RHEL 8's; that of SLES 15 and of Ubuntu 20.04 is newer.
pub const GLIBC: (u32, u32) = (2, 28);

const PACKAGES: [&str; 2] = ["cargo-zigbuild==0.24.0", "ziglang==0.17.0"];

/// `cargo-zigbuild rustc` for the old glibc, in a target directory of its own.
pub fn cargo_rustc() -> Result<Command> {
    let tools = tools()?;
    let (major, minor) = GLIBC;
    let target = format!("{}-unknown-linux-gnu.{major}.{minor}", std::env::consts::ARCH);
    let mut cargo = Command::new(tools.join("bin/cargo-zigbuild"));
    cargo.env("CARGO_ZIGBUILD_ZIG_PATH", tools.join("ziglang/zig"));
    cargo.args(["rustc", "--target", &target, "--target-dir"]).arg(directory()?);
    Ok(cargo)
}

fn directory() -> Result<PathBuf> {
    Ok(workspace::target()?.join("floor"))
}

/// Where the tools are, fetched once for each version.
fn tools() -> Result<PathBuf> {
    let place = directory()?.join("tools");
    let stamp = place.join("packages");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == PACKAGES.join("\n")) {
        return Ok(place);
    }
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fetch(&place)?;
    fs::write(&stamp, PACKAGES.join("\n"))?;
    Ok(place)
}

fn fetch(place: &Path) -> Result<()> {
    eprintln!("fetching {} from PyPI", PACKAGES.join(" and "));
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip.args(["--no-deps", "--root-user-action=ignore"]);
    pip.arg("--target").arg(place).args(PACKAGES);
    run::run(&mut pip).context("the linker for old glibc comes with pip: install python3-pip")
}
