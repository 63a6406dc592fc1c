//! pyrsmi, whose structs are those of ROCm 5: every function that it has.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::{Ledger, Of, Said, Side, Start};
use crate::compare::{Selection, in_parallel};
use crate::lab::Lab;
use crate::{setters, wheels};

const RELEASE: &str = "0.2.0";

/// The library of its time.
const LIBRARY_RELEASE: &str = "5.2.3";

/// Where it looks for the library.
const LIBRARY: &str = "/opt/rocm/lib/librocm_smi64.so";

/// What asks it everything, where the line has it.
const PROGRAM: &str = "/root/monitor.py";

/// Where a package of the distribution's puts it.
const PACKAGE: &str = "/usr/lib/python3/dist-packages/pyrsmi";

const PATIENCE: Duration = Duration::from_secs(60);

/// As many functions as it has, but for what belongs to its own workings.
const FUNCTIONS: usize = 38;

pub fn run(lab: &Lab, selection: &Selection, ledger: &mut Ledger) -> Result<()> {
    if !selection.wants(LIBRARY_RELEASE) {
        return Ok(());
    }
    let amdsmi = selection.amdsmi(lab)?;
    let line = ledger.line("pyrsmi 0.2")?;
    let start = Start::new(&line, &[LIBRARY]);
    let sides = Side::all(LIBRARY_RELEASE, &amdsmi);
    for machine in selection.machines() {
        let said = in_parallel(&sides, |side| ask(lab, &start, &machine, *side))?;
        for (amdsmi, ours) in amdsmi.iter().zip(&said[1..]) {
            let client = &format!("pyrsmi {RELEASE}");
            let line = &line.text;
            let of = Of { client, row: client, line, release: LIBRARY_RELEASE, machine: &machine };
            ledger.add(of, amdsmi, &said[0], ours);
        }
    }
    Ok(())
}

fn ask(lab: &Lab, start: &Start, machine: &str, side: Side) -> Result<Said> {
    let place = tempfile::tempdir()?;
    let mut run = start.on(lab, machine, side)?.timeout(PATIENCE).env("PATH", super::SETTERS_PATH);
    run.binds.extend(setters::stand_ins(place.path())?);
    run.binds.push((wheels::fetch(lab, "pyrsmi", RELEASE)?.join("pyrsmi"), PACKAGE.into()));
    run.binds.push((lab.workspace.join("tests/lab/clients/pyrsmi_all.py"), PROGRAM.into()));
    let outcome = run.output(lab)?;
    ensure!(outcome.success(), "pyrsmi on {machine}: {}", outcome.errors().trim());
    let client = format!("pyrsmi {RELEASE}");
    let mut said = Said::default();
    let mut functions = BTreeSet::new();
    // Without ROCm's rocminfo it complains first.
    for line in outcome.text().lines().filter(|line| line.starts_with('{')) {
        let line: Value = serde_json::from_str(line)?;
        let call = line["call"].as_str().unwrap_or_default();
        functions.extend(call.split('/').next().map(str::to_owned));
        said.json(&format!("{client}/{call}"), &line["answer"]);
        said.json(&format!("{client}/{call}/said"), &line["said"]);
    }
    ensure!(functions.len() == FUNCTIONS, "pyrsmi has {} functions", functions.len());
    said.stderr(&client, &outcome.errors());
    Ok(said)
}
