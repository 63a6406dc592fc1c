//! The whole API over every release, for every generation of clients, under every fault.
//!
//! Each combination is a process of its own that asks all that the lab asks. Whatever goes wrong
//! below, no answer ends the process, keeps it waiting, writes past a client's value or has a
//! status that rocm_smi.h does not know. Under `auto` every release gives one answer, under every fault:
//! what AMD SMI fails to say, the kernel says. Under `amdsmi`, which is asked everything that AMD SMI has,
//! some faults have statuses of their own.
//!
//! All of them take minutes: `cargo test -p rsmi-simulator-amd-smi --test matrix -- --full`. Without a
//! word it is a sample, the same ones each time, in which every release, generation and fault is.
//! `-- 7.2/6.0/slow` runs the combinations whose name, RELEASE/GENERATION/FAULT/SOURCE, has that in it.

#[path = "../common/mod.rs"]
mod common;
mod faults;

use common::{Outcome, Stage, answers};
use faults::{Effect, FAULTS, Fault};
use rsmi_simulator_releases::{FUTURE, NEWEST, RELEASES, Release};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

const AUTO: &str = "auto";
const AMDSMI: &str = "amdsmi";
const GENERATIONS: [&str; 6] = ["5", "6.0", "6.2", "6.3", "6.4", "7.0"];
/// What a sweep may take beside what the fault takes, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many failures are printed.
const PRINTED: usize = 20;
/// A line for each so many combinations says how far it is.
const PROGRESS: usize = 200;

struct Combination {
    release: &'static Release,
    generation: &'static str,
    fault: usize,
    source: &'static str,
}

struct Matrix {
    stage: Stage,
    sweep: PathBuf,
    /// What the newest release answers each generation's clients without a fault.
    expected: BTreeMap<&'static str, String>,
}

fn main() -> ExitCode {
    let filters: Vec<String> = env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let told = |option: &str| env::args().any(|word| word == option);
    if told("--list") {
        return ExitCode::SUCCESS;
    }
    let start = Instant::now();
    let stage = Stage::new();
    let sweep = common::sweep(&stage);
    for (at, fault) in FAULTS.iter().enumerate() {
        fs::write(stage.at(&format!("fault-{at}.toml")), fault.description).expect("written");
    }
    let mut matrix = Matrix { stage, sweep, expected: BTreeMap::new() };
    for generation in GENERATIONS {
        let newest = Release::named(NEWEST).expect("it is in the table");
        let run = matrix.run(&Combination { release: newest, generation, fault: 0, source: AUTO });
        assert_eq!(run.success, Some(true), "{}", run.stderr);
        let found = answers(&run.stdout);
        for (probe, answer) in described() {
            assert_eq!(found.get(probe), Some(answer), "{generation}: {probe}");
        }
        matrix.expected.insert(generation, run.stdout);
    }
    let all = match (told("--full"), filters.is_empty()) {
        (false, true) => sample(),
        _ => combinations(&filters),
    };
    let failures = matrix.check_all(&all);
    for failure in failures.iter().take(PRINTED) {
        println!("{failure}");
    }
    println!(
        "matrix: {} combinations of {} releases, {} generations and {} faults in {:.1} s: {} failed",
        all.len(),
        RELEASES.len(),
        GENERATIONS.len(),
        FAULTS.len(),
        start.elapsed().as_secs_f64(),
        failures.len()
    );
    if failures.is_empty() && !all.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What libamd_smi must have answered, as the machine is described.
fn described() -> &'static [(&'static str, &'static str)] {
    const ALL: &[(&str, &str)] = &[
        ("dev2/rsmi_dev_memory_usage_get/vram", "SUCCESS(0) used=7000000000"),
        ("dev1/rsmi_dev_compute_partition_get", "SUCCESS(0) text=\"DPX\"[3] wrote:4"),
        ("dev1/rsmi_dev_memory_partition_get", "SUCCESS(0) text=\"NPS1\"[4] wrote:5"),
    ];
    ALL
}

fn combinations(filters: &[String]) -> Vec<Combination> {
    let mut all = Vec::new();
    for fault in 0..FAULTS.len() {
        for release in RELEASES {
            let every = GENERATIONS.map(|generation| (generation, AUTO));
            // What AMD SMI answers does not depend on the client.
            let one = GENERATIONS[(release.rank() + fault) % GENERATIONS.len()];
            for (generation, source) in every.into_iter().chain([(one, AMDSMI)]) {
                let one = Combination { release, generation, fault, source };
                if filters.is_empty() || filters.iter().any(|filter| one.name().contains(filter)) {
                    all.push(one);
                }
            }
        }
    }
    all
}

/// Every fault, every release and every generation at least once. What is without a fault is there
/// over every release.
fn sample() -> Vec<Combination> {
    let one = |fault, at: usize, source| Combination {
        release: &RELEASES[at % RELEASES.len()],
        generation: GENERATIONS[at % GENERATIONS.len()],
        fault,
        source,
    };
    let plain = (0..RELEASES.len()).map(|at| one(0, at, AUTO));
    let faulty = (1..FAULTS.len()).flat_map(|fault| [AUTO, AMDSMI].map(|by| one(fault, fault, by)));
    plain.chain(faulty).collect()
}

impl Combination {
    fn name(&self) -> String {
        format!("{}/{}/{}/{}", self.release.name, self.generation, self.fault().name, self.source)
    }

    fn fault(&self) -> &'static Fault {
        &FAULTS[self.fault]
    }
}

impl Matrix {
    fn check_all(&self, all: &[Combination]) -> Vec<String> {
        let next = AtomicUsize::new(0);
        let failures = Mutex::new(Vec::new());
        let workers = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(one) = all.get(at) else { break };
                        if at > 0 && at % PROGRESS == 0 {
                            println!("matrix: {at} of {} are done", all.len());
                        }
                        if let Err(what) = self.check(one) {
                            let failure = format!("{}: {what}", one.name());
                            failures.lock().expect("no thread panics").push(failure);
                        }
                    }
                });
            }
        });
        failures.into_inner().expect("no thread panics")
    }

    fn run(&self, one: &Combination) -> Outcome {
        let mut command = self.stage.over(&self.sweep, one.release.name);
        command.env("RSMI_COMPAT_ABI", one.generation).env("RSMI_COMPAT_SOURCE", one.source);
        command.env("RSMI_SIM_FAULTS", self.stage.at(&format!("fault-{}.toml", one.fault)));
        common::run(command, PATIENCE + Duration::from_millis(one.fault().takes))
    }

    fn check(&self, one: &Combination) -> Result<(), String> {
        let run = self.run(one);
        match run.success {
            None => return Err(format!("not done after {:.1} s", run.took.as_secs_f64())),
            Some(false) => return Err(format!("ended badly: {}", run.stderr.trim())),
            Some(true) if !run.stderr.is_empty() => return Err(run.stderr),
            Some(true) => {}
        }
        let found = answers(&run.stdout);
        let expected = answers(&self.expected[one.generation]);
        always(&found, &expected)?;
        effect(one, &found, &expected)
    }
}

type Answers<'a> = BTreeMap<&'a str, &'a str>;

/// What has to be true of every answer, whatever goes wrong below.
fn always(found: &Answers, expected: &Answers) -> Result<(), String> {
    if expected.is_empty() {
        return Err("nothing was asked".into());
    }
    for (probe, answer) in found {
        let bad = ["dies (", "hangs", "exits (", "OVERRUN", "?("];
        if let Some(bad) = bad.iter().find(|bad| answer.contains(*bad)) {
            return Err(format!("{probe}: {answer} ({bad})"));
        }
    }
    let asked_later = |probe: &&&str| probe.starts_with("after/");
    if found.keys().filter(asked_later).count() != expected.keys().filter(asked_later).count() {
        return Err("the sweep did not come to its end".into());
    }
    Ok(())
}

fn effect(one: &Combination, found: &Answers, expected: &Answers) -> Result<(), String> {
    let differing: Vec<&str> = expected
        .iter()
        .filter(|(probe, answer)| found.get(*probe) != Some(*answer))
        .filter(|(probe, answer)| {
            !depends_on_release(one, probe, answer, found.get(*probe).copied().unwrap_or_default())
        })
        .map(|(probe, _)| *probe)
        .collect();
    let shown = |probe: &str| format!("{probe}: {:?}", found.get(probe));
    match one.fault().effect {
        Effect::Anything => Ok(()),
        _ if one.source == AUTO && !differing.is_empty() => Err(format!(
            "{} answers differ from those over {NEWEST}: {}, not {:?}",
            differing.len(),
            shown(differing[0]),
            expected.get(differing[0])
        )),
        Effect::Status { question, status } if one.source == AMDSMI => match found.get(question) {
            Some(answer) if answer.starts_with(status) => Ok(()),
            _ => Err(format!("not {status}: {}", shown(question))),
        },
        Effect::None | Effect::NotListed | Effect::Status { .. } => Ok(()),
    }
}

/// Older releases knew nothing of partitions, and libamd_smi is not asked about the second then; and
/// what it cannot do, a release that nobody knows refuses in ways that nobody knows.
fn depends_on_release(one: &Combination, probe: &str, expected: &str, found: &str) -> bool {
    let future = one.release.name == FUTURE;
    let partition = !one.release.at_least("6.4.0") || one.fault().effect == Effect::NotListed;
    let unheard_of = future
        && expected.starts_with("NOT_SUPPORTED(2)")
        && found.starts_with("UNKNOWN_ERROR(-1)");
    partition && probe.starts_with("dev2/") || unheard_of
}
