//! pyrsmi, whose structs are those of ROCm 5: every function that it has.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::{Ledger, Of, Said, Side};
use crate::compare::{Selection, in_parallel};
use crate::lab::Lab;
use crate::namespace::Run;
use crate::{kit, setters, wheels};

const RELEASE: &str = "0.2.0";
const LINE: &str = "`rsmi-compat run --abi 5 --preload python3 …`";

/// The library of its time, and what ours calls that generation.
const LIBRARY_RELEASE: &str = "5.2.3";
const GENERATION: &str = "5";

/// Where it looks for the library.
const LIBRARY: &str = "/opt/rocm/lib/librocm_smi64.so";

/// What asks it everything.
const PROGRAM: &str = "/pyrsmi/all.py";

const PATIENCE: Duration = Duration::from_secs(60);

/// As many functions as it has, but for what belongs to its own workings.
const FUNCTIONS: usize = 38;

pub fn run(lab: &Lab, selection: &Selection, ledger: &mut Ledger) -> Result<()> {
    let amdsmi = selection.amdsmi(lab)?;
    let sides = Side::all(LIBRARY_RELEASE, GENERATION, &amdsmi);
    for machine in selection.machines() {
        let said = in_parallel(&sides, |side| ask(lab, &machine, *side))?;
        for (amdsmi, ours) in amdsmi.iter().zip(&said[1..]) {
            let client = &format!("pyrsmi {RELEASE}");
            let of = Of { client, line: LINE, release: LIBRARY_RELEASE, machine: &machine };
            ledger.add(of, amdsmi, &said[0], ours);
        }
    }
    Ok(())
}

fn ask(lab: &Lab, machine: &str, side: Side) -> Result<Said> {
    let place = tempfile::tempdir()?;
    let mut run = Run::new(machine, ["python3", PROGRAM]);
    run.binds = setters::stand_ins(place.path())?;
    run.binds.push((wheels::fetch(lab, "pyrsmi", RELEASE)?, "/pyrsmi/lib".into()));
    run.binds.push((lab.workspace.join("tests/lab/clients/pyrsmi_all.py"), PROGRAM.into()));
    run = run.env("PYTHONPATH", "/pyrsmi/lib").env("PATH", setters::PATH);
    let mut run = side.under(lab, LIBRARY, run)?.timeout(PATIENCE);
    if let Side::Ours { .. } = side {
        // It looks for the file itself, and without one takes what the process has.
        kit::preload(&mut run)?;
    }
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
