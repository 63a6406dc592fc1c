//! `lab conform`: every function in every odd way, over the original and over ours.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;

use crate::answers::{self, Answers};
use crate::compare::{Circumstances, Comparison, Place, Selection, in_parallel};
use crate::compile::Compile;
use crate::fetch;
use crate::lab::{Lab, Library};
use crate::machine;
use crate::namespace::Run;
use crate::pairwise::{all, pairwise};

const PROGRAM: &str = "sweep";

/// What ours is compared with; the newest in all circumstances.
const COMPARED: [&str; 4] = ["5.2.3", "6.1.2", "6.4.1", NEWEST];
pub const NEWEST: &str = "7.2.4";
/// It and the newest are compared on the further machines; older ones know few of their cards.
const BEFORE: &str = "6.4.1";

/// Of 128 devices.
const SLOW: &str = "its rsmi_init takes seven seconds there, and each of the probes calls it";

/// Where a release is not asked, and why: mostly, its indices mean other devices there than those of
/// every later release, so that no answer could be compared.
const NOT_ASKED: [(&str, &[&str], &str); 6] = [
    ("6.4.1", &["mi300x-16-cpx"], SLOW),
    ("7.2.4", &["mi300x-16-cpx"], SLOW),
    (
        "5.2.3",
        &["mi210", "mi300x-2", "mi300x-8", "navi31-2"],
        "it numbers cards by their DRM nodes, which are not in the order of the addresses there",
    ),
    (
        "5.2.3",
        &["sparse", "kfd-unknown"],
        "it leaves cards out, or cannot initialise, where KFD or the driver tells too little",
    ),
    ("5.2.3", &["mi300x-dpx", "mi300x-cpx-nps4"], "it does not know partitions"),
    (
        "6.1.2",
        &["mi300x-dpx", "mi300x-cpx-nps4"],
        "it finds only some of the partitions, and answers for them as for the whole card",
    ),
];

/// For all that one sweep asks. A single probe that hangs is the sweep's own business.
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Args, Default)]
pub struct Conform {
    #[command(flatten)]
    selection: Selection,
    /// All circumstances on all machines for the newest release, not only each pair of them once;
    /// and 6.4.1 on the further machines as well
    #[arg(long)]
    full: bool,
}

/// One sweep of the original, and those of ours that are compared with it.
struct Job<'a> {
    machine: &'a str,
    release: &'static str,
    generation: &'static str,
    circumstances: Circumstances,
    amdsmi: Vec<&'static str>,
}

impl Conform {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        build(lab)?;
        let start = Instant::now();
        let mut machines = self.selection.machines();
        if self.selection.machine.is_empty() {
            machines.extend(machine::further().iter().map(|name| (*name).to_owned()));
        }
        let jobs = self.jobs(lab, &machines)?;
        let comparison = Mutex::new(Comparison::new(lab)?);
        in_parallel(&jobs, |job| {
            let (original, _) = sweep(lab, job, &original(job))?;
            for amdsmi in &job.amdsmi {
                let (ours, printed) = sweep(lab, job, &ours(job, amdsmi))?;
                // Neither do we print, nor has libamd_smi been asked what it prints about.
                ensure!(
                    printed.is_empty(),
                    "over ours and libamd_smi {amdsmi}, {} prints: {printed}",
                    job.machine
                );
                let Job { machine, release, circumstances, .. } = *job;
                let place = Place { machine, release, amdsmi, circumstances };
                comparison.lock().expect("a worker panicked").add(&place, &original, &ours);
            }
            Ok(())
        })?;
        println!("swept in {:.1} s", start.elapsed().as_secs_f64());
        comparison.into_inner().expect("a worker panicked").finish(&self.selection)
    }

    fn jobs<'a>(&self, lab: &Lab, machines: &'a [String]) -> Result<Vec<Job<'a>>> {
        let amdsmi = self.selection.amdsmi(lab)?;
        let releases = self.selection.releases(lab, &COMPARED)?;
        let (full, paired): (Vec<_>, Vec<_>) =
            releases.into_iter().partition(|(release, _)| self.full && *release == NEWEST);
        let sizes = |releases: &[_]| [machines.len(), releases.len(), 2, 2, 2, amdsmi.len()];

        let mut jobs: Vec<Job> = Vec::new();
        for (release, _) in full.iter().chain(&paired) {
            for machine in machines {
                if let Some(why) = why_not_asked(release, machine) {
                    println!("{release} is not asked on {machine}: {why}");
                }
            }
        }
        let every_release = self.full || !self.selection.is_everything();
        let asked = |[machine, release, _, _, _, below]: &[usize; 6]| {
            let (release, machine) = (paired[*release].0, machines[*machine].as_str());
            let newest = release == NEWEST && below + 1 == amdsmi.len();
            let of_the_newest = release == NEWEST || release == BEFORE;
            why_not_asked(release, machine).is_none()
                && (!machine::is_further(machine) || newest || (every_release && of_the_newest))
        };
        let mut every: Vec<_> = all(sizes(&full));
        every.retain(|[machine, release, ..]| {
            why_not_asked(full[*release].0, &machines[*machine]).is_none()
        });
        let full = (every, full);
        let paired = (pairwise(sizes(&paired), asked), paired);
        for (combinations, releases) in [full, paired] {
            for [machine, release, no_dri, user, guest, below] in combinations {
                let machine = machines[machine].as_str();
                let (release, generation) = releases[release];
                let [no_dri, user, guest] = [no_dri, user, guest].map(|choice| choice == 1);
                let circumstances = Circumstances { no_dri, user, guest };
                let job = Job { machine, release, generation, circumstances, amdsmi: Vec::new() };
                match jobs.last_mut() {
                    Some(last) if last.same_original(&job) => last.amdsmi.push(amdsmi[below]),
                    _ => jobs.push(Job { amdsmi: vec![amdsmi[below]], ..job }),
                }
            }
        }
        Ok(jobs)
    }
}

fn why_not_asked(release: &str, machine: &str) -> Option<&'static str> {
    let applies = |(of, on, _): &&(&str, &[&str], &str)| *of == release && on.contains(&machine);
    NOT_ASKED.iter().find(applies).map(|(.., why)| *why)
}

impl Job<'_> {
    fn same_original(&self, other: &Job) -> bool {
        self.machine == other.machine
            && self.release == other.release
            && self.circumstances == other.circumstances
    }
}

fn original(job: &Job) -> Run {
    Run::new(job.machine, [over_original(job.release)])
        .env("LD_LIBRARY_PATH", format!("/lab/rsmi/{}", job.release))
}

fn ours(job: &Job, amdsmi: &str) -> Run {
    Run::new(job.machine, [over_ours(job.release)]).over_ours(job.generation, amdsmi)
}

/// All that the sweep gets out of a library, and what stands on stderr.
fn sweep(lab: &Lab, job: &Job, run: &Run) -> Result<(Answers, String)> {
    let run = job.circumstances.under(run.clone()).timeout(PATIENCE);
    let outcome = run.output(lab)?;
    ensure!(
        outcome.success(),
        "{} on {} did not come to its end: {}",
        run.argv.join(" "),
        job.machine,
        outcome.errors().trim()
    );
    Ok((answers::read(&outcome.text()).into_iter().collect(), outcome.errors()))
}

/// The sweep, compiled with the header of that release, and linked with its library or with ours.
fn over_original(release: &str) -> String {
    format!("{PROGRAM}-{release}")
}

pub fn over_ours(release: &str) -> String {
    format!("{PROGRAM}-{release}-ours")
}

pub fn build(lab: &Lab) -> Result<()> {
    let _lock = lab.lock()?;
    for release in fetch::releases(lab, Library::Rsmi) {
        let program = || compile(lab, release);
        program().real(Library::Rsmi, release).to(&lab.bin().join(over_original(release)))?;
        program().ours().to(&lab.bin().join(over_ours(release)))?;
    }
    Ok(())
}

pub fn compile<'a>(lab: &'a Lab, release: &str) -> Compile<'a> {
    let clients = lab.workspace.join("tests/lab/clients");
    let sources = ["sweep.c", "probe.c", "shape.c"].map(|name| clients.join(name));
    let compile = Compile::new(lab)
        .arg(format!("-DRSMI_GENERATION={}", generation_number(release)))
        .include(lab.library(Library::Rsmi, release).join("include"))
        .include(lab.drm_headers());
    sources.into_iter().fold(compile, Compile::arg)
}

/// What sweep.c calls the header of that release.
fn generation_number(release: &str) -> u32 {
    match release {
        "5.2.3" => 50,
        "6.1.2" => 60,
        "6.4.1" => 64,
        _ => 70,
    }
}
