//! On a kernel without SCSI, of which libamd_smi of ROCm 7.12 and later complains on stderr: who only
//! watches, or looks which devices there are, writes there what it writes over the original, and never
//! opens libamd_smi.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::{Ledger, btop, line_of, rocm_smi, tools};
use crate::compare::Selection;
use crate::fetch;
use crate::lab::{Lab, Library};
use crate::namespace::Run;

/// hwloc asks for the bandwidth of links, of which AMD SMI is asked first. It is opened, found to
/// complain, and not initialised.
const OPENS: &str = "hwloc";

const MACHINE: &str = "simulator/machines/mi300x-2.toml";
const WITHOUT: &str = "scsi = false\n";

/// Where strace writes inside.
const TRACE: &str = "/tmp/opened";
const STRACE: [&str; 8] =
    ["strace", "-f", "-qq", "-e", "trace=open,openat", "-e", "signal=none", "-o"];

pub fn run(lab: &Lab, _: &Selection, ledger: &mut Ledger) -> Result<()> {
    let lines = &ledger.lines;
    let newest = fetch::releases(lab, Library::AmdSmi).last().copied();
    let amdsmi = newest.context("there is no libamd_smi")?;
    let place = tempfile::Builder::new().prefix("rsmi-quiet-").tempdir()?;
    let machine = place.path().join("without-scsi.toml");
    let described = fs::read_to_string(lab.workspace.join(MACHINE)).context(MACHINE)?;
    fs::write(&machine, format!("{WITHOUT}{described}"))?;
    let machine = machine.to_str().context("a temporary directory has a name of UTF-8")?;

    let mut watchers = tools::watchers(lab, lines, place.path(), machine, amdsmi)?;
    let line = line_of(lines, "rocm-smi (the command)", 0)?;
    watchers.push(("rocm-smi".to_owned(), rocm_smi::watcher(lab, &line, &place, machine, amdsmi)?));
    for (name, [original, mut ours]) in watchers {
        let original = original.output(lab)?;
        let trace = traced(&mut ours)?;
        let ours = ours.output(lab)?;
        ensure!(ours.success(), "{name} without SCSI failed: {}", ours.errors());
        let (said, says) = (original.errors(), ours.errors());
        ensure!(says == said, "{name} without SCSI writes `{says}`, over the original `{said}`");
        check(&name, trace.path())?;
    }
    let line = line_of(lines, "btop", 0)?;
    let mut trace = None;
    let settings = tempfile::tempdir()?;
    let said = btop::watch(lab, &line, settings.path(), machine, amdsmi, |run| {
        trace = traced(run).ok();
    })?;
    ensure!(said.is_empty(), "btop without SCSI writes `{said}`");
    check("btop", trace.context("no temporary file")?.path())
}

/// The run under strace, and the file that it writes.
fn traced(run: &mut Run) -> Result<tempfile::NamedTempFile> {
    let trace = tempfile::NamedTempFile::new()?;
    let strace = STRACE.into_iter().chain([TRACE]).map(str::to_owned);
    run.argv = strace.chain(std::mem::take(&mut run.argv)).collect();
    run.binds.push((trace.path().to_owned(), TRACE.into()));
    Ok(trace)
}

fn check(name: &str, trace: &Path) -> Result<()> {
    let trace = fs::read_to_string(trace)?;
    let opens = |what: &str| trace.lines().find(|line| line.contains(what)).map(str::to_owned);
    ensure!(opens("/gpu_metrics").or(opens("/kfd/")).is_some(), "{name} asks nothing of ours");
    if let Some(line) = opens("libamd_smi").filter(|_| name != OPENS) {
        bail!("{name} without SCSI opens libamd_smi: {line}");
    }
    println!("{name} without SCSI: quiet");
    Ok(())
}
