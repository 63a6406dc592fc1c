//! `lab sources`: what AMD SMI answers beside what the kernel answers, function by function.
//!
//! Four times the same sweep over ours, on each machine and over each real libamd_smi: by the kernel
//! alone, where no libamd_smi is to be found; by the policy `auto`, which says the same; by AMD SMI for
//! everything that it has, whose differences are listed with their kind; and by both, which finds no
//! disagreement.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use clap::Args;

use crate::answers::{self, Answers};
use crate::compare::{Circumstances, Comparison, Place, Selection, in_parallel};
use crate::conform::{self, NEWEST};
use crate::lab::Lab;
use crate::namespace::Run;

const GENERATION: &str = "7.0";
const PATIENCE: Duration = Duration::from_secs(600);

/// What the sources disagree on, and are right to: of a partition, AMD SMI has the id of the card.
const KNOWN: [(&str, &str); 1] = [("mi300x-cpx-nps4", "the sources disagree on UniqueId:")];

/// Not there.
const NONE: &str = "/lab/none/libamd_smi.so";

#[derive(Args, Default)]
pub struct Sources {
    #[command(flatten)]
    selection: Selection,
}

impl Sources {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        conform::build(lab)?;
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
            let disagreements = said.lines().filter(|line| line.contains("the sources disagree"));
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

fn sweep(lab: &Lab, machine: &str, amdsmi: &str, source: &str) -> Result<(Answers, String)> {
    let run = Run::new(machine, [conform::over_ours(NEWEST)])
        .env("LD_LIBRARY_PATH", "/lab/ours")
        .env("RSMI_COMPAT_ABI", GENERATION)
        .env("RSMI_COMPAT_AMDSMI", amdsmi)
        .env("RSMI_COMPAT_SOURCE", source)
        .env("RSMI_COMPAT_LOG", "warn")
        .timeout(PATIENCE);
    let outcome = run.output(lab)?;
    let errors = outcome.errors();
    ensure!(outcome.success(), "{machine} by {source} did not come to its end: {}", errors.trim());
    Ok((answers::read(&outcome.text()).into_iter().collect(), errors))
}
