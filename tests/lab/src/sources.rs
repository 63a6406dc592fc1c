//! `lab sources`: what AMD SMI answers beside what the kernel answers, function by function.
//!
//! Four times the same sweep over ours, on each machine and over each real libamd_smi: by the kernel
//! alone, where no libamd_smi is to be found; by the policy `auto`, which says the same; by AMD SMI for
//! everything that it has, whose differences are listed with their kind; and by both, which finds no
//! disagreement.
//!
//! `--moving` sweeps by both alone, for so many minutes, on machines whose values move all the time: each
//! disagreement is a false one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use clap::Args;
use rsmi_simulator::scratch::Scratch;
use rsmi_simulator::{Clock, LoadKind, Machine};

use crate::answers::{self, Answers};
use crate::compare::{Circumstances, Comparison, Place, Selection, in_parallel};
use crate::conform::{self, NEWEST};
use crate::lab::Lab;
use crate::namespace::Run;

const GENERATION: &str = "7.0";
const DISAGREE: &str = "the sources disagree";
const PATIENCE: Duration = Duration::from_secs(600);

/// What the sources disagree on, and are right to: of a partition, AMD SMI has the id of the card.
const KNOWN: [(&str, &str); 1] = [("mi300x-cpx-nps4", "the sources disagree on UniqueId:")];

/// Not there.
const NONE: &str = "/lab/none/libamd_smi.so";

#[derive(Args, Default)]
pub struct Sources {
    #[command(flatten)]
    selection: Selection,
    /// For so many minutes on machines that work
    #[arg(long, value_name = "MINUTES")]
    moving: Option<u64>,
}

/// What has a load, and each of the sensors.
const MOVING: [&str; 2] = ["mi300x-2", "navi31"];
const SEED: u64 = 3;

impl Sources {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        conform::build(lab)?;
        if let Some(minutes) = self.moving {
            return self.move_for(lab, Duration::from_secs(60 * minutes));
        }
        let start = Instant::now();
        let machines = self.selection.machines();
        let amdsmi = self.selection.amdsmi(lab)?;
        let jobs: Vec<_> = machines
            .iter()
            .flat_map(|machine| amdsmi.iter().map(move |amdsmi| (machine.as_str(), *amdsmi)))
            .collect();
        let comparison = Mutex::new(Comparison::allowing(lab, "source-differences.toml")?);
        let wrong = Mutex::new(BTreeMap::new());
        in_parallel(&jobs, |&(machine, amdsmi)| {
            let (kernel, said) = sweep(lab, machine, NONE, "kernel")?;
            ensure!(!said.contains(".so"), "under kernel a library was looked for: {said}");
            let path = format!("/lab/amdsmi/{amdsmi}/libamd_smi.so");
            let (auto, _) = sweep(lab, machine, &path, "auto")?;
            let (by_amdsmi, _) = sweep(lab, machine, &path, "amdsmi")?;
            let (_, said) = sweep(lab, machine, &path, "both")?;
            let mut wrong = wrong.lock().expect("a worker panicked");
            let known =
                |line: &&str| KNOWN.iter().any(|(on, what)| *on == machine && line.contains(what));
            let disagreements = said.lines().filter(|line| line.contains(DISAGREE));
            for line in disagreements.filter(|line| !known(line)) {
                wrong.insert(format!("{machine}, amdsmi {amdsmi}: {line}"), ());
            }
            for (probe, answer) in
                auto.iter().filter(|(probe, told)| kernel.get(*probe) != Some(told))
            {
                let kernel = kernel.get(probe).map_or("not asked", String::as_str);
                let text =
                    format!("{machine}, amdsmi {amdsmi}: {probe}: auto {answer}, kernel {kernel}");
                wrong.insert(text, ());
            }
            drop(wrong);
            let circumstances = Circumstances::default();
            let place = Place { machine, release: NEWEST, amdsmi, circumstances };
            comparison.lock().expect("a worker panicked").add(&place, &kernel, &by_amdsmi);
            Ok(())
        })?;
        println!("swept in {:.1} s", start.elapsed().as_secs_f64());
        let compared = comparison.into_inner().expect("a worker panicked").finish(&self.selection);
        let wrong = wrong.into_inner().expect("a worker panicked");
        wrong.keys().for_each(|line| println!("{line}"));
        if !wrong.is_empty() {
            bail!("{} answers depend on the source, though they should not", wrong.len());
        }
        compared
    }
}

impl Sources {
    fn move_for(&self, lab: &Lab, time: Duration) -> Result<()> {
        let amdsmi = self.selection.amdsmi(lab)?;
        let machines = match self.selection.machine.as_slice() {
            [] => MOVING.map(str::to_owned).to_vec(),
            machines => machines.to_vec(),
        };
        let start = Instant::now();
        let (mut sweeps, mut wrong) = (0, Vec::new());
        while sweeps == 0 || start.elapsed() < time {
            for machine in &machines {
                let place = Scratch::new("rsmi-moving-")?;
                let sys = place.path().join("sys");
                fs::create_dir(&sys)?;
                let moving = Machine::find(machine)?.under(Some(LoadKind::Training), Some(SEED));
                let _ticker = moving.keep_alive(&sys, Clock::start())?;
                for amdsmi in &amdsmi {
                    let path = format!("/lab/amdsmi/{amdsmi}/libamd_smi.so");
                    let mut run = by(machine, &path, "both");
                    run.binds.extend(in_its_place(&sys)?);
                    let (_, said) = hear(lab, &run)?;
                    let found = said.lines().filter(|line| line.contains(DISAGREE));
                    wrong.extend(found.map(|line| format!("{machine}, amdsmi {amdsmi}: {line}")));
                    sweeps += 1;
                }
            }
        }
        wrong.iter().for_each(|line| println!("{line}"));
        println!("{sweeps} sweeps in {:.0} s", start.elapsed().as_secs_f64());
        ensure!(wrong.is_empty(), "{} disagreements of values that move", wrong.len());
        Ok(())
    }
}

/// The parts of a tree, to be bound over those of /sys; processors and memory are the host's.
fn in_its_place(sys: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut binds = Vec::new();
    for (from, to) in [(sys.to_owned(), "/sys"), (sys.join("devices"), "/sys/devices")] {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let kept = ["devices", "system"].iter().any(|kept| entry.file_name() == *kept);
            if entry.path().is_dir() && !kept {
                binds.push((entry.path(), Path::new(to).join(entry.file_name())));
            }
        }
    }
    Ok(binds)
}

fn sweep(lab: &Lab, machine: &str, amdsmi: &str, source: &str) -> Result<(Answers, String)> {
    hear(lab, &by(machine, amdsmi, source))
}

fn by(machine: &str, amdsmi: &str, source: &str) -> Run {
    Run::new(machine, [conform::over_ours(NEWEST)])
        .env("LD_LIBRARY_PATH", "/lab/ours")
        .env("RSMI_COMPAT_ABI", GENERATION)
        .env("RSMI_COMPAT_AMDSMI", amdsmi)
        .env("RSMI_COMPAT_SOURCE", source)
        .env("RSMI_COMPAT_LOG", "warn")
        .timeout(PATIENCE)
}

/// What is answered, and what is said of it.
fn hear(lab: &Lab, run: &Run) -> Result<(Answers, String)> {
    let (machine, outcome) = (&run.machine, run.output(lab)?);
    let errors = outcome.errors();
    ensure!(outcome.success(), "a sweep of {machine} did not come to its end: {}", errors.trim());
    Ok((answers::read(&outcome.text()).into_iter().collect(), errors))
}
