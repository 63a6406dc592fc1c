//! The Rust crate rocm_smi_lib, which links -lrocm_smi64: every field that it offers.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::{Ledger, Of, Said, Side};
use crate::compare::{Selection, in_parallel};
use crate::lab::{Lab, Library};
use crate::namespace::Run;
use crate::{kit, tool, wheels};

const CLIENT: &str = "Rust crate rocm_smi_lib 0.3.2";
const LINE: &str = "built with `RUSTFLAGS=\"-L …/rsmi-compat\" cargo build`";

/// The library whose header the crate has, and what ours calls their generation.
const LIBRARY_RELEASE: &str = "6.1.2";
const GENERATION: &str = "6.0";

/// bindgen, by which the crate is built, needs libclang; this one takes no root to install.
const LIBCLANG: (&str, &str, &str) = ("libclang", "libclang-18.1.1.data/platlib/clang", "18.1.1");

const PROGRAM: &str = "/rust/every-field";
const PATIENCE: Duration = Duration::from_secs(60);

pub fn run(lab: &Lab, selection: &Selection, ledger: &mut Ledger) -> Result<()> {
    let real = build(lab, "real", lab.library(Library::Rsmi, LIBRARY_RELEASE))?;
    let ours = build(lab, "ours", kit::file(lab, "lib/rsmi-compat"))?;
    let amdsmi = selection.amdsmi(lab)?;
    let sides = Side::all(LIBRARY_RELEASE, GENERATION, &amdsmi);
    for machine in selection.machines() {
        let said = in_parallel(&sides, |side| {
            let program = if matches!(side, Side::Original(_)) { &real } else { &ours };
            let mut run = Run::new(&machine, [PROGRAM]);
            run.binds.push((program.clone(), PROGRAM.into()));
            ask(lab, *side, run)
        })?;
        for (amdsmi, ours) in amdsmi.iter().zip(&said[1..]) {
            let of = Of { client: CLIENT, line: LINE, release: LIBRARY_RELEASE, machine: &machine };
            ledger.add(of, amdsmi, &said[0], ours);
        }
    }
    Ok(())
}

fn ask(lab: &Lab, side: Side, run: Run) -> Result<Said> {
    let run = match side {
        Side::Original(release) => run.env("LD_LIBRARY_PATH", format!("/lab/rsmi/{release}")),
        Side::Ours { generation, amdsmi } => {
            kit::linked(lab, generation, amdsmi, run.env("RSMI_COMPAT_LOG", "debug"))?
        }
    };
    let outcome = run.timeout(PATIENCE).output(lab)?;
    ensure!(outcome.success(), "{CLIENT}: {:?} {}", outcome.signal, outcome.errors().trim());
    let mut said = Said::default();
    said.text(CLIENT, &outcome.text());
    said.stderr(CLIENT, &outcome.errors());
    Ok(said)
}

/// Builds the client against the library in that directory. What it depends on is built once.
fn build(lab: &Lab, name: &str, library: PathBuf) -> Result<PathBuf> {
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
            .arg("-Clink-arg=-Wl,--allow-shlib-undefined")
            .env("LIBCLANG_PATH", libclang.join("clang/native"))
            .env("BINDGEN_EXTRA_CLANG_ARGS", format!("-isystem {}", headers.trim())),
    )
    .context("cannot build the client of the Rust crate")?;
    let program = target.join(name);
    tool::replace_file(&program, std::fs::read(target.join("debug/every-field"))?)?;
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(program)
}
