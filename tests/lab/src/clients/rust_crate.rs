//! The Rust crate rocm_smi_lib, which links -lrocm_smi64: every field that it offers.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::{Ledger, Of, Said, Side, Start};
use crate::compare::{Selection, in_parallel};
use crate::lab::{Lab, Library};
use crate::{tool, wheels};

const CLIENT: &str = "Rust crate rocm_smi_lib 0.3.2";

/// The library whose header the crate has.
const LIBRARY_RELEASE: &str = "6.1.2";

/// bindgen, by which the crate is built, needs libclang; this one takes no root to install.
const LIBCLANG: (&str, &str, &str) = ("libclang", "libclang-18.1.1.data/platlib/clang", "18.1.1");

/// Where the loader finds the library.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/librocm_smi64.so.1";

/// Where the line has the program.
const PROGRAM: &str = "/root/monitor";
const PATIENCE: Duration = Duration::from_secs(60);

pub fn run(lab: &Lab, selection: &Selection, ledger: &mut Ledger) -> Result<()> {
    if !selection.wants(LIBRARY_RELEASE) {
        return Ok(());
    }
    let program = build(lab)?;
    let amdsmi = selection.amdsmi(lab)?;
    let line = ledger.line("Rust programs with the crate rocm_smi_lib")?;
    let start = Start::new(&line, &[LIBRARY]);
    let sides = Side::all(LIBRARY_RELEASE, &amdsmi);
    for machine in selection.machines() {
        let said = in_parallel(&sides, |side| {
            let mut run = start.on(lab, &machine, *side)?.timeout(PATIENCE);
            run.binds.push((program.clone(), PROGRAM.into()));
            let outcome = run.output(lab)?;
            let errors = outcome.errors();
            ensure!(outcome.success(), "{CLIENT}: {:?} {}", outcome.signal, errors.trim());
            let mut said = Said::default();
            by_subject(&mut said, &outcome.text());
            said.stderr(CLIENT, &errors);
            Ok(said)
        })?;
        for (amdsmi, ours) in amdsmi.iter().zip(&said[1..]) {
            let (line, release) = (&line.text, LIBRARY_RELEASE);
            let of = Of { client: CLIENT, row: CLIENT, line, release, machine: &machine };
            ledger.add(of, amdsmi, &said[0], ours);
        }
    }
    Ok(())
}

/// Each value, which may have several lines, by what it is of: one more level of one clock then moves
/// no other value.
fn by_subject(said: &mut Said, text: &str) {
    for line in text.lines() {
        let (subject, value) = line.split_once(": ").unwrap_or((line, ""));
        said.one_more(format!("{CLIENT}/{subject}"), value.trim());
    }
}

/// Builds the client against the real library, without debug information, which would say too much.
fn build(lab: &Lab) -> Result<PathBuf> {
    let library = lab.library(Library::Rsmi, LIBRARY_RELEASE);
    let (wheel, package, release) = LIBCLANG;
    let libclang = wheels::fetch_package(lab, wheel, package, release)?;
    let _lock = lab.lock()?;
    let headers = tool::output(Command::new("cc").arg("-print-file-name=include"))?;
    let target = lab.cache.join("clients/rust");
    tool::output(
        tool::cargo()
            .args(["rustc", "--locked", "--quiet", "--manifest-path"])
            .arg(lab.workspace.join("tests/lab/clients/rocm_smi_lib/Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            .args(["--", "-L"])
            .arg(format!("native={}", library.display()))
            .args(["-Clink-arg=-Wl,--allow-shlib-undefined", "-Cstrip=symbols"])
            .env("LIBCLANG_PATH", libclang.join("clang/native"))
            .env("BINDGEN_EXTRA_CLANG_ARGS", format!("-isystem {}", headers.trim())),
    )
    .context("cannot build the client of the Rust crate")?;
    Ok(target.join("debug/every-field"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_value_moves_no_other() {
        let text =
            "0 \"fans\": 1,\n0 (\"t\", Edge): Ok(\n0 (\"t\", Edge):     5,\n1 \"fans\": 2,\n";
        let mut said = Said::default();
        by_subject(&mut said, text);
        let values: Vec<_> = said.answers.values().map(String::as_str).collect();
        assert_eq!(values, ["1,", "Ok(; 5,", "2,"]);
    }
}
