//! `lab rccl`: Debian's librccl, which needs librocm_smi64.so.1 and half of ROCm, on our library.
//!
//! It does nothing without a GPU; what is shown is that the dynamic loader resolves each of its
//! rsmi_* to us. Too much to fetch for every run of the lab.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use regex::Regex;

use crate::archive::Archive;
use crate::compile::Compile;
use crate::lab::{Lab, Library};
use crate::namespace::Run;
use crate::{fetch, kit, tool};

const SUITE: &str = "trixie";
const PACKAGE: &str = "librccl1";
const FILE: &str = "librccl.so.1";
/// It was built with the header of ROCm 5.
const GENERATION: &str = "5";
const MACHINE: &str = "mi300x-2";
const PLACE: &str = "/rccl";

/// What the root has already, newer; and what must be ours.
const LEFT_OUT: [&str; 6] =
    ["libc6_", "libc-bin_", "libgcc-s1_", "libstdc++6_", "gcc-", "librocm-smi64-1_"];

pub fn run(lab: &Lab, deb: bool) -> Result<()> {
    kit::stage(lab)?;
    if deb {
        kit::pack(lab)?;
    }
    let place = fetch_packages(lab)?;
    let library = find(&place, FILE)?;
    let imported = imported(&library)?;
    ensure!(!imported.is_empty(), "{FILE} imports no rsmi_* at all");
    {
        let _lock = lab.lock()?;
        let source = lab.workspace.join("tests/lab/clients/opens.c");
        Compile::new(lab).arg(source).to(&lab.cache.join("rccl/opens"))?;
    }
    for amdsmi in fetch::releases(lab, Library::AmdSmi) {
        let bound = bound(lab, &place, amdsmi)?;
        for name in &imported {
            let to = bound.iter().find(|(function, _)| function == name).map(|(_, file)| file);
            let file = to.with_context(|| format!("{FILE}: nothing answers {name}"))?;
            ensure!(
                file.ends_with("/librsmi_compat.so.1"),
                "{FILE}: {name} is answered by {file}, and not by us"
            );
        }
        println!(
            "{PACKAGE}, amdsmi {amdsmi}: {} of {} rsmi_* are ours: {}",
            imported.len(),
            imported.len(),
            imported.iter().cloned().collect::<Vec<_>>().join(", ")
        );
    }
    Ok(())
}

/// The package and all that it depends on, unpacked.
fn fetch_packages(lab: &Lab) -> Result<PathBuf> {
    let place = lab.cache.join("rccl/packages");
    let _lock = lab.lock()?;
    if place.is_dir() {
        return Ok(place);
    }
    let state = lab.cache.join("rccl/apt");
    let archive = Archive::open(&state, &[SUITE])?;
    let partial = lab.cache.join("rccl/packages.partial");
    if partial.exists() {
        fs::remove_dir_all(&partial)?;
    }
    fs::create_dir_all(&partial)?;
    for deb in archive.download_closure(SUITE, &[PACKAGE])? {
        let name = deb.file_name().unwrap_or_default().to_string_lossy();
        if !LEFT_OUT.iter().any(|start| name.starts_with(start)) {
            tool::output(Command::new("dpkg-deb").arg("--extract").args([&deb, &partial]))?;
        }
    }
    fs::rename(&partial, &place)?;
    fs::remove_dir_all(state)?;
    Ok(place)
}

fn find(place: &std::path::Path, name: &str) -> Result<PathBuf> {
    let directories = ["usr/lib/x86_64-linux-gnu", "usr/lib"].map(|path| place.join(path));
    let mut files = directories.iter().map(|directory| directory.join(name));
    files.find(|file| file.exists()).with_context(|| format!("{PACKAGE} has no {name}"))
}

/// The functions of rocm_smi.h that it takes from elsewhere.
fn imported(library: &std::path::Path) -> Result<BTreeSet<String>> {
    let symbols = tool::output(Command::new("nm").args(["-D", "--undefined-only"]).arg(library))?;
    let name = Regex::new(r"(?m)^\s+[Uw] (rsmi_\w+)")?;
    Ok(name.captures_iter(&symbols).map(|found| found[1].to_owned()).collect())
}

/// What the dynamic loader binds each rsmi_* of librccl to.
fn bound(lab: &Lab, place: &std::path::Path, amdsmi: &str) -> Result<Vec<(String, String)>> {
    let libraries = format!("{PLACE}/packages/usr/lib/x86_64-linux-gnu");
    let mut run = Run::new(MACHINE, [format!("{PLACE}/opens"), format!("{libraries}/{FILE}")]);
    run.binds.push((place.to_owned(), format!("{PLACE}/packages").into()));
    run.binds.push((lab.cache.join("rccl/opens"), format!("{PLACE}/opens").into()));
    let outcome = kit::wrap(lab, GENERATION, amdsmi, run)?
        .env("LD_LIBRARY_PATH", format!("{libraries}:{libraries}/llvm"))
        .env("LD_DEBUG", "bindings")
        .output(lab)?;
    let said = outcome.errors();
    let why = said.lines().find(|line| line.starts_with("opens: ")).unwrap_or_default();
    ensure!(outcome.success(), "{FILE} cannot be opened: {why}");
    let binding = Regex::new(
        r"binding file \S*/librccl\.so\S* \[0\] to (\S+) \[0\]: normal symbol `(rsmi_\w+)'",
    )?;
    let bound = binding.captures_iter(&said);
    Ok(bound.map(|found| (found[2].to_owned(), found[1].to_owned())).collect())
}
