//! `lab matrix`: MATRIX.md, the map of the library, made of what its log tells of every function.

mod amdsmi;
mod headers;
mod mapping;
mod observed;
mod page;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::compare::in_parallel;
use crate::compile::Compile;
use crate::differences::{Differences, Scope};
use crate::lab::{Lab, Library};
use crate::namespace::Run;
use crate::setters::probes::PROBES;
use crate::{answers, conform, fetch, machine, state, tool};
use observed::Observed;
use page::{Asked, Chapter, Row};
use sources::Source;

const PAGE: &str = "MATRIX.md";
const GENERATION: &str = "7.0";
const SETTERS: &str = "setters";
const RETIRED: &str = "retired";
const LIBRARY: &str = "librsmi_compat.so.1";
const PATIENCE: Duration = Duration::from_secs(120);

/// Where setters find something to set, and whether as a guest: fans, power profiles and a voltage
/// curve on one card, partitions on the others, of which one is divided.
const MACHINES_TO_SET: [(&str, bool); 4] =
    [("navi31", false), ("navi31", true), ("mi300x-2", false), ("mi300x-cpx-nps4", false)];

/// What `lab setters` does not call: what no original has any more, what a part of a card asks
/// elsewhere than a whole one, and what resets by reading.
const MORE_SETTERS: [&[&str]; 5] = [
    &["rsmi_dev_perf_level_set", "1", "0"],
    &["rsmi_dev_xgmi_error_reset", "0"],
    &["rsmi_dev_nps_mode_set", "0", "1"],
    &["rsmi_dev_nps_mode_set", "0", "3"],
    &["rsmi_dev_nps_mode_reset", "0"],
];

#[derive(Args, Default)]
pub struct Matrix {
    /// Write the file instead of comparing with it
    #[arg(long)]
    bless: bool,
}

impl Matrix {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        let chapters = page::chapters(&lab.workspace)?;
        let functions: Vec<_> =
            chapters.iter().flat_map(|chapter| &chapter.functions).cloned().collect();
        let Seen { kernel, amdsmi, all, probes } = observe(lab, &functions)?;
        amdsmi::check(lab, &all)?;
        let differing = differing(&lab.workspace, &probes)?;
        let row = |function: &String| -> Result<Row> {
            let by_kernel = kernel.of(function);
            let by_kernel = by_kernel.with_context(|| format!("nothing here calls {function}"))?;
            let by_amdsmi: BTreeSet<Source> = amdsmi
                .of(function)
                .into_iter()
                .flatten()
                .filter(|it| it.is_amdsmi())
                .cloned()
                .collect();
            let of_kernel =
                by_kernel.iter().filter(|source| !source.is_amdsmi()).cloned().collect();
            let asked = amdsmi.questions(function).map(|question| {
                Ok(Asked {
                    answer: question.answer(),
                    releases: question.releases()?,
                    agree: question.agree().to_owned(),
                })
            });
            Ok(Row {
                asked: asked.collect::<Result<_>>()?,
                function: function.clone(),
                first: page::first(all.firsts(function), !by_amdsmi.is_empty()),
                amdsmi: if by_amdsmi.is_empty() {
                    String::new()
                } else {
                    sources::cell(&by_amdsmi)
                },
                kernel: sources::cell(&of_kernel),
                headers: headers::cell(function),
                needs: amdsmi::cell(&by_amdsmi)?,
                differs: page::differs(differing.scopes.get(function)),
            })
        };
        let rows = |chapter: &Chapter| chapter.functions.iter().map(row).collect::<Result<_>>();
        let tables: Vec<(&Chapter, Vec<Row>)> =
            chapters.iter().map(|chapter| Ok((chapter, rows(chapter)?))).collect::<Result<_>>()?;
        let text = page::render(&tables, &differing.everywhere);
        self.settle(&lab.workspace.join(PAGE), &text, functions.len())
    }

    /// Writes the page, or compares it with the one that is there.
    fn settle(&self, path: &Path, text: &str, functions: usize) -> Result<()> {
        if self.bless {
            tool::replace_file(path, text)?;
            println!("{PAGE} tells of {functions} functions");
            return Ok(());
        }
        let committed = fs::read_to_string(path).unwrap_or_default();
        let (old, new): (BTreeSet<_>, BTreeSet<_>) =
            (committed.lines().collect(), text.lines().collect());
        for line in old.difference(&new) {
            println!("no longer true: {line}");
        }
        for line in new.difference(&old) {
            println!("not in {PAGE}: {line}");
        }
        ensure!(committed == text, "{PAGE} is not what was seen; `lab matrix --bless` writes it");
        println!("{PAGE} tells the truth of {functions} functions");
        Ok(())
    }
}

/// What was seen while everything was called: by each source, and in all.
#[derive(Default)]
struct Seen {
    kernel: Observed,
    amdsmi: Observed,
    all: Observed,
    /// Which functions each probe of the other comparisons calls.
    probes: BTreeMap<String, BTreeSet<String>>,
}

const KERNEL: &str = "kernel";
const AMDSMI: &str = "amdsmi";

/// Calls everything, on every machine and over every libamd_smi, and collects what answered, and
/// which functions each probe of the other comparisons calls.
fn observe(lab: &Lab, functions: &[String]) -> Result<Seen> {
    build(lab)?;
    let releases = fetch::releases(lab, Library::AmdSmi);
    let retired: Vec<_> = functions
        .iter()
        .filter(|name| headers::asked_by_retired(name))
        .map(String::as_str)
        .collect();
    let sweep = vec![conform::over_ours(conform::NEWEST)];
    let asks: Vec<String> =
        [RETIRED, LIBRARY].into_iter().chain(retired).map(str::to_owned).collect();
    let mut runs = Vec::new();
    for release in &releases {
        for machine in machine::names() {
            runs.push(Run::new(machine, sweep.clone()).over_ours(GENERATION, release));
            runs.push(Run::new(machine, asks.clone()).over_ours(GENERATION, release));
        }
        for (machine, guest) in MACHINES_TO_SET {
            let probes = PROBES.iter().filter(|probe| !probe.bare());
            let calls = probes.map(|probe| probe.call().collect::<Vec<_>>());
            for call in calls.chain(MORE_SETTERS.map(<[_]>::to_vec)) {
                let client = [SETTERS, LIBRARY].into_iter().chain(call);
                let run = Run::new(machine, client).over_ours(GENERATION, release);
                runs.push(Run { guest, ..run });
            }
        }
    }
    let by_source = |source: &'static str| {
        let run = move |run: &Run| (source, run.clone().env("RSMI_COMPAT_SOURCE", source));
        runs.iter().map(run).collect::<Vec<_>>()
    };
    let runs = [by_source(KERNEL), by_source(AMDSMI)].concat();
    let outcomes = in_parallel(&runs, |(source, run)| {
        let outcome = run.clone().logging("trace").timeout(PATIENCE).output(lab)?;
        if !outcome.success() {
            bail!("{} failed on {}: {}", run.argv[0], run.machine, outcome.errors().trim());
        }
        Ok((*source, outcome))
    })?;

    let mut seen = Seen::default();
    let mut probes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (source, outcome) in &outcomes {
        let log = outcome.errors();
        let by_source = if *source == KERNEL { &mut seen.kernel } else { &mut seen.amdsmi };
        by_source.add(&log);
        seen.all.add(&log);
        for (id, _) in answers::read(&outcome.text()) {
            let function = id.split('/').find(|part| functions.iter().any(|name| name == part));
            let function = function.map(str::to_owned);
            probes.entry(id).or_default().extend(function);
        }
    }
    for probe in PROBES {
        let function = probe.call().next().map(str::to_owned);
        probes.entry(probe.name()).or_default().extend(function);
    }
    for (scenario, text) in state::logs(lab)? {
        seen.kernel.add(&text);
        seen.all.add(&text);
        for (step, called) in observed::steps(&text) {
            probes.entry(format!("{scenario}: {step}")).or_default().extend(called);
        }
    }
    seen.probes = probes;
    Ok(seen)
}

/// An entry about more functions than this names none of them.
const MOST_NAMED: usize = 30;

/// Where answers differ from the original's on purpose: of each function, and the reasons of the
/// entries that name none.
#[derive(Default)]
struct Differing {
    scopes: BTreeMap<String, BTreeSet<Scope>>,
    everywhere: Vec<String>,
}

fn differing(workspace: &Path, probes: &BTreeMap<String, BTreeSet<String>>) -> Result<Differing> {
    let mut differing = Differing::default();
    for file in ["differences.toml", "state-differences.toml"] {
        let differences = Differences::read(&workspace.join("tests/lab").join(file))?;
        for listed in differences.listed() {
            let fitting = probes.iter().filter(|(probe, _)| listed.fits(probe));
            let functions: BTreeSet<_> = fitting.flat_map(|(_, functions)| functions).collect();
            if functions.len() > MOST_NAMED {
                let reason = match listed.scope() {
                    Scope::On(machines) => {
                        format!("On {}: {}", machines.join(", "), listed.reason())
                    }
                    Scope::Anywhere | Scope::OriginalDies => listed.reason().to_owned(),
                };
                if !differing.everywhere.contains(&reason) {
                    differing.everywhere.push(reason);
                }
                continue;
            }
            for function in functions {
                differing.scopes.entry(function.clone()).or_default().insert(listed.scope());
            }
        }
    }
    Ok(differing)
}

fn build(lab: &Lab) -> Result<()> {
    conform::build(lab)?;
    let _lock = lab.lock()?;
    for name in [SETTERS, RETIRED] {
        Compile::new(lab)
            .arg("-D_GNU_SOURCE")
            .arg(lab.workspace.join("tests/lab/clients").join(name).with_extension("c"))
            .to(&lab.bin().join(name))?;
    }
    Ok(())
}
