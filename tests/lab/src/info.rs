//! `lab info`: the same program over the original and over ours must say the same.

use std::fs;
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::answers;
use crate::compare::{Circumstances, Comparison, Place, Selection, in_parallel};
use crate::compile;
use crate::lab::Lab;
use crate::namespace::Run;

const PROGRAM: &str = "rsmi_info";

/// The releases that the examples are written for.
const COMPARED: [&str; 2] = ["6.4.1", "7.2.4"];

/// What is shown to somebody who did not say which machine.
const SHOWN: &str = "mi300x-8";

#[derive(Args, Default)]
pub struct Info {
    #[command(flatten)]
    selection: Selection,
    /// Compare nothing: show what rsmi_info says over ours, on this computer's own GPUs if it has any
    #[arg(long)]
    show: bool,
}

impl Info {
    /// Whether it shall run on this computer's own GPUs, which takes no lab at all.
    pub fn is_about_this_computer(&self) -> bool {
        self.show && self.selection.machine.is_empty() && host_has_a_gpu()
    }

    pub fn run(&self, lab: &Lab) -> Result<()> {
        if self.show {
            return self.show(lab);
        }
        let amdsmi = self.selection.amdsmi(lab)?;
        let releases = self.selection.releases(lab, &COMPARED)?;
        let mut pairs = Vec::new();
        for machine in &self.selection.machines() {
            pairs.extend(releases.iter().map(|&(release, abi)| (machine.clone(), release, abi)));
        }
        let answers = in_parallel(&pairs, |(machine, release, generation)| {
            let original = answers::ask(lab, &original(machine, release))?;
            let ours =
                amdsmi.iter().map(|amdsmi| answers::ask(lab, &ours(machine, generation, amdsmi)));
            Ok((original, ours.collect::<Result<Vec<_>>>()?))
        })?;

        let mut comparison = Comparison::new(lab)?;
        for ((machine, release, _), (original, all_ours)) in pairs.iter().zip(&answers) {
            for (amdsmi, ours) in amdsmi.iter().zip(all_ours) {
                let circumstances = Circumstances::default();
                let place = Place { machine, release, amdsmi, circumstances };
                comparison.add(&place, original, ours);
            }
        }
        comparison.finish(&self.selection)
    }

    fn show(&self, lab: &Lab) -> Result<()> {
        let status = match self.selection.machine.as_slice() {
            [] if self.is_about_this_computer() => on_this_computer(lab)?,
            [] => self.on_machine(lab, SHOWN)?,
            [machine] => self.on_machine(lab, machine)?,
            _ => bail!("--show takes one machine"),
        };
        ensure!(status.success(), "{PROGRAM} failed ({status})");
        Ok(())
    }

    fn on_machine(&self, lab: &Lab, machine: &str) -> Result<ExitStatus> {
        let amdsmi = self.selection.amdsmi(lab)?;
        let newest = amdsmi.last().context("there is no libamd_smi")?;
        ours(machine, "7.0", newest).interact(lab)?.context("it was given all the time")
    }
}

fn original(machine: &str, release: &str) -> Run {
    Run::new(machine, [compile::real_program(PROGRAM, release)])
        .env("LD_LIBRARY_PATH", format!("/lab/rsmi/{release}"))
}

fn ours(machine: &str, generation: &str, amdsmi: &str) -> Run {
    Run::new(machine, [PROGRAM]).over_ours(generation, amdsmi)
}

fn host_has_a_gpu() -> bool {
    let nodes = fs::read_dir("/sys/class/kfd/kfd/topology/nodes").into_iter().flatten().flatten();
    nodes
        .filter_map(|node| fs::read_to_string(node.path().join("gpu_id")).ok())
        .any(|id| id.trim().parse::<u32>().is_ok_and(|id| id != 0))
}

fn on_this_computer(lab: &Lab) -> Result<ExitStatus> {
    Command::new(lab.bin().join(PROGRAM))
        .env("LD_LIBRARY_PATH", lab.ours())
        .status()
        .context("cannot run rsmi_info")
}
