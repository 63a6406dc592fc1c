//! `lab fidelity`: the stand-in for libamd_smi beside the real one of the same release.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use rsmi_simulator_releases::Release;

use crate::answers::{self, Answers};
use crate::compare::{Circumstances, Comparison, Place, Selection, in_parallel};
use crate::compile::{self, Compile};
use crate::fetch;
use crate::lab::{Lab, Library};
use crate::namespace::Run;

/// Where the lab keeps the stand-in's files: below `/lab` inside.
pub const PLACE: &str = "ours/standin";
const PROGRAM: &str = "fidelity";
/// What is printed as the other side of the comparison.
const SIDE: &str = "of the stand-in";
const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Args, Default)]
pub struct Fidelity {
    #[command(flatten)]
    selection: Selection,
}

impl Fidelity {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        build(lab)?;
        let releases = self.selection.amdsmi(lab)?;
        let machines = self.selection.machines();
        let work: Vec<_> = machines
            .iter()
            .flat_map(|machine| releases.iter().map(move |release| (machine.as_str(), *release)))
            .collect();
        let answered = in_parallel(&work, |(machine, release)| {
            let real = ask(lab, machine, release, Library::AmdSmi.name())?;
            Ok((real, ask(lab, machine, release, PLACE)?))
        })?;
        let mut comparison = Comparison::allowing(lab, "fidelity.toml")?;
        for ((machine, release), (real, ours)) in work.iter().zip(&answered) {
            let circumstances = Circumstances::default();
            let place = Place { machine, release: SIDE, amdsmi: release, circumstances };
            comparison.add(&place, real, ours);
        }
        comparison.finish(&self.selection)
    }
}

/// What the library in that directory answers.
fn ask(lab: &Lab, machine: &str, release: &str, library: &str) -> Result<Answers> {
    let path = format!("/lab/{library}/{release}/{}", Library::AmdSmi.file());
    let run = Run::new(machine, [program(release)])
        .env("AMDSMI", path)
        .env("RSMI_SIM_MACHINE", machine)
        .timeout(PATIENCE);
    let outcome = run.output(lab)?;
    ensure!(
        outcome.success(),
        "{} over {library} {release} on {machine} did not come to its end: {}",
        program(release),
        outcome.errors().trim()
    );
    Ok(answers::read(&outcome.text()).into_iter().collect())
}

fn program(release: &str) -> String {
    format!("{PROGRAM}-{release}")
}

fn build(lab: &Lab) -> Result<()> {
    let _lock = lab.lock()?;
    stand_ins(lab)?;
    let clients = lab.workspace.join("tests/lab/clients");
    for release in fetch::releases(lab, Library::AmdSmi) {
        Compile::new(lab)
            .include(lab.library(Library::AmdSmi, release).join("include"))
            .include(lab.drm_headers())
            .arg(clients.join("fidelity.c"))
            .arg(clients.join("probe.c"))
            .arg("-ldl")
            .to(&lab.bin().join(program(release)))?;
    }
    Ok(())
}

/// Writes a stand-in for each libamd_smi that the lab has.
pub fn stand_ins(lab: &Lab) -> Result<()> {
    let stand_in = compile::stand_in(lab)?;
    for release in fetch::releases(lab, Library::AmdSmi) {
        let to: PathBuf = lab.cache.join(PLACE).join(release).join(Library::AmdSmi.file());
        fs::create_dir_all(to.with_file_name(""))?;
        rsmi_simulator_releases::write(&stand_in, Release::named(release)?, &to)?;
    }
    Ok(())
}
