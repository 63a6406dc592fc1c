//! `lab info`: the same program over the original and over ours must say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZero;
use std::process::{Command, ExitStatus};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use regex::Regex;

use crate::answers::{self, Answers};
use crate::compile;
use crate::differences::{Difference, Differences};
use crate::fetch;
use crate::lab::{Lab, Library};
use crate::machine;
use crate::namespace::Run;

const PROGRAM: &str = "rsmi_info";

/// The releases that ours must equal, and what it calls their generation.
const COMPARED: [(&str, &str); 2] = [("6.4.1", "6.4"), ("7.2.4", "7.0")];

/// What is shown to somebody who did not say which machine.
const SHOWN: &str = "mi300x-8";

/// How many kinds of differences are printed.
const PRINTED: usize = 40;

#[derive(Args, Default)]
pub struct Info {
    /// Only on these machines: names, or paths of machine files
    #[arg(long, value_name = "MACHINE")]
    machine: Vec<String>,
    /// Only against these releases of librocm_smi64
    #[arg(long, value_name = "RELEASE")]
    release: Vec<String>,
    /// Only over these releases of libamd_smi
    #[arg(long, value_name = "RELEASE")]
    amdsmi: Vec<String>,
    /// Print every difference by itself, not only one of each kind
    #[arg(long)]
    verbose: bool,
    /// Compare nothing: show what rsmi_info says over ours, on this computer's own GPUs if it has any
    #[arg(long)]
    show: bool,
}

/// One program on one machine, over one library.
#[derive(PartialEq, Eq)]
enum Side<'a> {
    Real { machine: &'a str, release: &'a str },
    Ours { machine: &'a str, generation: &'a str, amdsmi: &'a str },
}

impl Info {
    /// Whether it shall run on this computer's own GPUs, which takes no lab at all.
    pub fn is_about_this_computer(&self) -> bool {
        self.show && self.machine.is_empty() && host_has_a_gpu()
    }

    pub fn run(&self, lab: &Lab) -> Result<()> {
        if self.show {
            return self.show(lab);
        }
        let start = Instant::now();
        let amdsmi = chosen(&fetch::releases(lab, Library::AmdSmi), &self.amdsmi, "libamd_smi")?;
        let known: Vec<_> = COMPARED.iter().map(|(release, _)| *release).collect();
        let there = fetch::releases(lab, Library::Rsmi);
        let mut compared = chosen(&known, &self.release, "librocm_smi64")?;
        compared.retain(|release| there.contains(&release.as_str()));
        let machines = match self.machine.as_slice() {
            [] => machine::names().into_iter().map(str::to_owned).collect(),
            some => some.to_vec(),
        };

        let mut sides = Vec::new();
        for machine in &machines {
            for (release, generation) in generations(&compared) {
                sides.push(Side::Real { machine, release });
                let ours = amdsmi.iter().map(|amdsmi| Side::Ours { machine, generation, amdsmi });
                sides.extend(ours);
            }
        }
        let answers = ask_all(lab, &sides)?;
        let of = |side: &Side| {
            let index = sides.iter().position(|asked| asked == side);
            index.map(|index| &answers[index]).context("every side was asked")
        };

        let list = lab.workspace.join("tests/lab/differences.toml");
        let differences = Differences::read(&list)?;
        let mut total = Tally::default();
        let mut unlisted = Unlisted::default();
        for machine in &machines {
            for (release, generation) in generations(&compared) {
                let real = of(&Side::Real { machine, release })?;
                for amdsmi in &amdsmi {
                    let ours = of(&Side::Ours { machine, generation, amdsmi })?;
                    let place = Place { machine, release, amdsmi };
                    total.add(&compare(&differences, &mut unlisted, &place, real, ours));
                }
            }
        }
        unlisted.print(self.verbose);
        println!("{total}, {:.1} s", start.elapsed().as_secs_f64());
        ensure!(total.asked > 0, "nothing was compared");

        let everything =
            self.machine.is_empty() && self.release.is_empty() && self.amdsmi.is_empty();
        let vanished = if everything { differences.vanished() } else { Vec::new() };
        for entry in &vanished {
            println!("listed in differences.toml, but no longer there: {entry}");
        }
        ensure!(
            total.unlisted == 0 && vanished.is_empty(),
            "{} differences are not listed, {} listed ones have vanished",
            total.unlisted,
            vanished.len()
        );
        Ok(())
    }

    fn show(&self, lab: &Lab) -> Result<()> {
        let status = match self.machine.as_slice() {
            [] if self.is_about_this_computer() => on_this_computer(lab)?,
            [] => self.on_machine(lab, SHOWN)?,
            [machine] => self.on_machine(lab, machine)?,
            _ => bail!("--show takes one machine"),
        };
        ensure!(status.success(), "{PROGRAM} failed ({status})");
        Ok(())
    }

    fn on_machine(&self, lab: &Lab, machine: &str) -> Result<ExitStatus> {
        let there = fetch::releases(lab, Library::AmdSmi);
        let amdsmi = chosen(&there, &self.amdsmi, "libamd_smi")?;
        let newest = amdsmi.last().context("there is no libamd_smi")?;
        let generation = COMPARED.last().map(|(_, generation)| *generation);
        let side =
            Side::Ours { machine, generation: generation.unwrap_or_default(), amdsmi: newest };
        side.run().interact(lab)?.context("it was given all the time")
    }
}

/// Compares one side with the other, probe by probe.
fn compare(
    differences: &Differences,
    unlisted: &mut Unlisted,
    place: &Place,
    real: &Answers,
    ours: &Answers,
) -> Tally {
    let probes: BTreeSet<_> = real.keys().chain(ours.keys()).collect();
    let mut tally = Tally { asked: probes.len(), ..Tally::default() };
    let not_asked = "not asked".to_owned();
    for probe in probes {
        let real = real.get(probe).unwrap_or(&not_asked);
        let ours = ours.get(probe).unwrap_or(&not_asked);
        let Place { machine, release, amdsmi } = *place;
        let difference = Difference { machine, release, amdsmi, probe, real, ours };
        if real == ours {
            tally.identical += 1;
        } else if differences.allow(&difference) {
            tally.listed += 1;
        } else {
            tally.unlisted += 1;
            unlisted.add(&difference);
        }
    }
    println!("{:16} rsmi {:6} amdsmi {:6} {tally}", place.machine, place.release, place.amdsmi);
    tally
}

/// The differences that nobody has allowed; those that differ by numbers only are of one kind.
#[derive(Default)]
struct Unlisted {
    kinds: BTreeMap<[String; 3], Vec<String>>,
}

impl Unlisted {
    fn add(&mut self, difference: &Difference) {
        static DEVICE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"^dev\d+").expect("a constant pattern"));
        static NUMBER: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"\d{3,}").expect("a constant pattern"));
        let Difference { machine, release, amdsmi, probe, real, ours } = *difference;
        let kind = [
            DEVICE.replace(probe, "dev*").into_owned(),
            NUMBER.replace_all(real, "#").into_owned(),
            NUMBER.replace_all(ours, "#").into_owned(),
        ];
        let one = format!(
            "  {machine}, rsmi {release}, amdsmi {amdsmi}: {probe}\n    real: {real}\n    ours: {ours}"
        );
        self.kinds.entry(kind).or_default().push(one);
    }

    fn print(&self, every_one: bool) {
        let printed = if every_one { self.kinds.len() } else { PRINTED };
        for ([probe, ..], all) in self.kinds.iter().take(printed) {
            println!("not listed, {} times: {probe}", all.len());
            for one in all.iter().take(if every_one { all.len() } else { 1 }) {
                println!("{one}");
            }
        }
        if self.kinds.len() > printed {
            println!("and {} kinds more (--verbose shows them)", self.kinds.len() - printed);
        }
    }
}

impl Side<'_> {
    fn run(&self) -> Run {
        match self {
            Side::Real { machine, release } => {
                Run::new(machine, [compile::real_program(PROGRAM, release)])
                    .env("LD_LIBRARY_PATH", format!("/lab/rsmi/{release}"))
            }
            Side::Ours { machine, generation, amdsmi } => Run::new(machine, [PROGRAM])
                .env("LD_LIBRARY_PATH", "/lab/ours")
                .env("RSMI_COMPAT_ABI", *generation)
                .env("RSMI_COMPAT_AMDSMI", format!("/lab/amdsmi/{amdsmi}/libamd_smi.so")),
        }
    }
}

fn generations<'a>(
    compared: &'a [String],
) -> impl Iterator<Item = (&'a str, &'static str)> + use<'a> {
    COMPARED.into_iter().filter_map(|(known, generation)| {
        compared.iter().find(|release| *release == known).map(|found| (found.as_str(), generation))
    })
}

/// What was asked for out of what there is, or all of it.
fn chosen(there: &[&str], wanted: &[String], what: &str) -> Result<Vec<String>> {
    if wanted.is_empty() {
        return Ok(there.iter().map(|name| (*name).to_owned()).collect());
    }
    for name in wanted {
        let known = there.join(", ");
        ensure!(there.contains(&name.as_str()), "there is no {what} {name}; there are {known}");
    }
    Ok(wanted.to_vec())
}

/// Asks all sides, as many at a time as there are processors; the answers are in their order.
fn ask_all(lab: &Lab, sides: &[Side]) -> Result<Vec<Answers>> {
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(side) = sides.get(index) else { return Ok(done) };
            done.push((index, answers::ask(lab, &side.run())?));
        }
    };
    let done: Result<Vec<_>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker panicked")).collect()
    });
    let mut done: Vec<_> = done?.into_iter().flatten().collect();
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, answers)| answers).collect())
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

/// One comparison.
struct Place<'a> {
    machine: &'a str,
    release: &'a str,
    amdsmi: &'a str,
}

#[derive(Default)]
struct Tally {
    asked: usize,
    identical: usize,
    listed: usize,
    unlisted: usize,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.asked += other.asked;
        self.identical += other.identical;
        self.listed += other.listed;
        self.unlisted += other.unlisted;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Tally { asked, identical, listed, unlisted } = self;
        write!(f, "identical {identical} of {asked}, {listed} listed differences")?;
        if *unlisted > 0 {
            write!(f, ", {unlisted} NOT LISTED")?;
        }
        Ok(())
    }
}
