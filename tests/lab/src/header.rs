//! `lab header`: our rocm_smi.h is AMD's API, as the compiler and abidiff see it.
//!
//! What we take libamd_smi to be is compared with its headers likewise.
//!
//! The files of tests/abi, which our header must satisfy in `cargo test`, must hold of AMD's own
//! too, or they prove nothing. And a library of empty functions that was compiled with AMD's header
//! must be the same to abidiff as one that was compiled with ours.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use regex::Regex;

use crate::compile::Compile;
use crate::fetch;
use crate::lab::{Lab, Library};
use crate::tool;

/// The release whose header ours is compared with.
const RELEASE: &str = "7.2.4";

pub fn run(lab: &Lab) -> Result<()> {
    let abi = lab.workspace.join("tests/abi");
    let original = lab.library(Library::Rsmi, RELEASE).join("include");
    if !original.is_dir() {
        bail!("librocm_smi64 {RELEASE} has left the archive, and its header with it");
    }
    let made = lab.cache.join("header");
    for file in ["layout.c", "prototypes.c"] {
        Compile::new(lab)
            .include(&original)
            .include(lab.drm_headers())
            .args(["-c", "-fPIC"])
            .arg(abi.join(file))
            .to(&made.join(file).with_extension("o"))
            .with_context(|| format!("{file} is not true of AMD's own header"))?;
    }
    println!("layout.c and prototypes.c hold of AMD's header of {RELEASE}");

    for release in fetch::releases(lab, Library::AmdSmi) {
        Compile::new(lab)
            .include(lab.library(Library::AmdSmi, release).join("include"))
            .include(lab.drm_headers())
            // The newer ones use what the C standard alone does not have.
            .args(["-std=gnu11", "-c", "-fPIC"])
            .arg(abi.join("amdsmi.c"))
            .to(&made.join(format!("amdsmi-{release}.o")))
            .with_context(|| format!("amdsmi.c is not true of the header of {release}"))?;
        println!("amdsmi.c holds of AMD SMI's header of {release}");
    }

    let prototypes = abi.join("prototypes.c");
    let text = std::fs::read_to_string(&prototypes)
        .with_context(|| format!("cannot read {}", prototypes.display()))?;
    let (source, functions) = stubs(&text)?;
    let stub = made.join("stubs.c");
    tool::replace_file(&stub, source)?;
    let library = |name: &str, headers: &[PathBuf]| -> Result<PathBuf> {
        let path = made.join(name);
        let compile = headers.iter().fold(Compile::new(lab), Compile::include);
        compile
            // Optimised, the functions lose the parameters that abidiff is to compare.
            .args(["-O0", "-shared", "-fPIC", "-Wno-unused-parameter", "-Wl,-soname,stubs.so"])
            // The names of marked calls are ours alone.
            .arg("-DRSMI_COMPAT_UNMARKED")
            .arg(&stub)
            .to(&path)?;
        Ok(path)
    };
    let theirs = library("theirs.so", &[original, lab.drm_headers()])?;
    let ours = library("ours.so", &[lab.workspace.join("include")])?;
    let allowed = abi.join("header.suppressions");
    let report = abidiff(&["--suppressions".as_ref(), allowed.as_ref()], &theirs, &ours)?;
    ensure!(report.is_none(), "AMD's header and ours differ:\n{}", report.unwrap_or_default());
    // What is allowed is there, or abidiff sees nothing at all.
    let report = abidiff(&[], &theirs, &ours)?;
    let there = report.is_some_and(|report| report.contains("'union id'"));
    ensure!(there, "the difference that is allowed has vanished");
    println!("abidiff sees no difference in {functions} functions and their types");
    Ok(())
}

/// Every declared function with an empty body, and how many there are.
fn stubs(prototypes: &str) -> Result<(String, usize)> {
    let declaration = Regex::new(r"(?s)(rsmi_status_t rsmi_\w+\([^;{]*\));")?;
    let count = declaration.find_iter(prototypes).count();
    let bodies = declaration.replace_all(prototypes, "$1 { return RSMI_STATUS_SUCCESS; }");
    Ok((bodies.into_owned(), count))
}

/// What abidiff reports, if it sees a difference.
fn abidiff(options: &[&OsStr], theirs: &Path, ours: &Path) -> Result<Option<String>> {
    let output = Command::new("abidiff").args(options).arg(theirs).arg(ours).output();
    let output = output.context("abidiff is missing: install abigail-tools")?;
    // Its exit status is a set of bits: an error, a wrong call, a difference, an incompatible one.
    let bits = output.status.code().unwrap_or(1);
    ensure!(bits & 3 == 0, "abidiff failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok((bits != 0).then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_gets_a_body() {
        let text = "rsmi_status_t rsmi_a(void);\nrsmi_status_t rsmi_b(int x,\n    int y);\n";
        let (stubs, count) = stubs(text).unwrap();
        assert_eq!(count, 2);
        assert!(stubs.contains("rsmi_b(int x,\n    int y) { return RSMI_STATUS_SUCCESS; }"));
    }
}
