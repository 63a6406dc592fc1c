//! `lab migrate`: each way to get an unchanged program onto our library, on the real libamd_smi.
//!
//! The program is rsmi_info, as it was built for the real library; by every way it must say what
//! it says there. The log shows that it was ours that answered.

mod generations;
mod modes;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::answers::{self, Answers};
use crate::compare::{Circumstances, Comparison, Place, Selection, in_parallel};
use crate::compile::Compile;
use crate::lab::{Lab, Library};
use crate::namespace::Run;
use crate::report::{self, Row};
use crate::{fetch, kit};
use modes::{MODES, Mode, Program};

const MACHINE: &str = "mi300x-2";

/// Where the programs are inside.
const PROGRAMS: &str = "/migrate";

/// The releases whose rsmi_info is run, and what ours calls their generation: the library of the
/// one is librocm_smi64.so.1, that of the other .so.7.
const DEBIAN: (&str, &str) = ("6.4.1", "6.4");
const NEWEST: (&str, &str) = ("7.2.4", "7.0");

#[derive(Args, Default)]
pub struct Migrate {
    /// Only ways whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Write the table into docs/results.md instead of comparing with it
    #[arg(long)]
    bless: bool,
}

impl Migrate {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        let start = Instant::now();
        kit::stage(lab)?;
        build(lab)?;
        let modes: Vec<_> = MODES.iter().filter(|mode| mode.name.contains(&self.only)).collect();
        let amdsmi = fetch::releases(lab, Library::AmdSmi);
        let originals =
            in_parallel(&[DEBIAN.0, NEWEST.0], |release| answers::ask(lab, &original(release)))?;
        let pairs: Vec<_> = modes
            .iter()
            .flat_map(|mode| amdsmi.iter().map(move |amdsmi| (*mode, *amdsmi)))
            .collect();
        let heard = in_parallel(&pairs, |(mode, amdsmi)| {
            let heard = ask(lab, mode, amdsmi);
            heard.with_context(|| format!("{}, amdsmi {amdsmi}", mode.name))
        })?;

        let mut comparison = Comparison::new(lab)?;
        let mut rows: Vec<Row> = Vec::new();
        for ((mode, amdsmi), (ours, functions)) in pairs.iter().zip(&heard) {
            let (release, real) = match mode.program.release() {
                release if release == DEBIAN.0 => (release, &originals[0]),
                release => (release, &originals[1]),
            };
            let circumstances = Circumstances::default();
            let place = Place { machine: MACHINE, release, amdsmi, circumstances };
            let tally = comparison.compare(&place, real, ours);
            println!("{}: {} functions, {place}: {tally}", mode.name, functions.len());
            ensure!(!functions.is_empty(), "{}: it was not ours that answered", mode.name);
            report::add(&mut rows, mode.name, mode.line, functions, &tally);
        }
        let taken = generations::run(lab);
        comparison.finish(&Selection::of_machine(MACHINE))?;
        taken?;
        println!("{:.1} s", start.elapsed().as_secs_f64());
        if self.only.is_empty() {
            report::settle(lab, "migration", &report::table("way", &rows), self.bless)?;
        }
        Ok(())
    }
}

/// rsmi_info over the real library that it was built for.
fn original(release: &str) -> Run {
    Run::new(MACHINE, [format!("rsmi_info-{release}")])
        .env("LD_LIBRARY_PATH", format!("/lab/rsmi/{release}"))
}

/// What rsmi_info says by that way, and which of our functions it called.
fn ask(lab: &Lab, mode: &Mode, amdsmi: &str) -> Result<(Answers, BTreeSet<String>)> {
    let program = match mode.program {
        Program::Unmodified(release) => vec![format!("/lab/bin/rsmi_info-{release}")],
        Program::Recompiled => vec!["/lab/bin/rsmi_info".into()],
        Program::Relinked(name) => vec![format!("{PROGRAMS}/rsmi_info-{name}")],
        Program::PlugIn(steps) | Program::PlugInOfCxx(steps) => {
            let cxx = matches!(mode.program, Program::PlugInOfCxx(_));
            let loader = if cxx { "loader-cxx" } else { "loader" };
            let steps = steps.iter().map(|step| step.replace("{amdsmi}", &kit::amdsmi(amdsmi)));
            let loader = [format!("{PROGRAMS}/{loader}")].into_iter().chain(steps);
            loader.chain(["--".into(), format!("{PROGRAMS}/rsmi_info.so")]).collect()
        }
    };
    let mut run = Run::new(MACHINE, program);
    // The values are compared whole, so the client says which header it has. Who does not say it is
    // what `lab headers` and `generations` are about.
    let generation = mode.program.generation();
    run = if mode.by_command {
        kit::wrap(lab, generation, amdsmi, run)?
    } else {
        kit::install(lab, run)?
            .env("RSMI_COMPAT_ABI", generation)
            .env("RSMI_COMPAT_AMDSMI", kit::amdsmi(amdsmi))
    };
    for (name, value) in mode.env {
        run = run.env(name, *value);
    }
    run.binds.push((place(lab), PROGRAMS.into()));
    for (file, inside) in mode.real {
        run.binds.push((lab.library(Library::Rsmi, NEWEST.0).join(file), inside.into()));
    }
    let (answers, stderr) = answers::ask_and_hear(lab, &run.logging("debug"))?;
    Ok((answers, report::functions(&stderr)))
}

fn place(lab: &Lab) -> PathBuf {
    lab.cache.join("migrate")
}

/// rsmi_info in the ways in which it is not there yet, and what opens libraries for it.
fn build(lab: &Lab) -> Result<()> {
    let _lock = lab.lock()?;
    let source = lab.workspace.join("examples-c/rsmi_info.c");
    let clients = lab.workspace.join("tests/lab/clients");
    let info = || {
        Compile::new(lab)
            .include(lab.library(Library::Rsmi, NEWEST.0).join("include"))
            .include(lab.drm_headers())
            .arg(&source)
    };
    for (name, directory) in [("rsmi_compat", "lib"), ("rocm_smi64", "lib/rsmi-compat")] {
        info()
            .arg("-L")
            .arg(kit::file(lab, directory))
            .arg(format!("-l{name}"))
            .to(&place(lab).join(format!("rsmi_info-{name}")))?;
    }
    info().args(["-shared", "-fPIC"]).to(&place(lab).join("rsmi_info.so"))?;
    Compile::new(lab)
        .args(["-DCXX", "-fPIE", "-pie"])
        .arg(clients.join("loader.c"))
        .arg("-lstdc++")
        .to(&place(lab).join("loader-cxx"))?;
    for name in ["loader", "generation"] {
        Compile::new(lab).arg(clients.join(name).with_extension("c")).to(&place(lab).join(name))?;
    }
    generations::build(lab)
}
