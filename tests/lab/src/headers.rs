//! `lab headers`: programs compiled with each rocm_smi.h get its structs, and not a byte more.
//!
//! `clients/outputs.c` is compiled with every header in several ways, and comes onto the library by
//! every road. Each byte of each struct must be what the real library of that header writes there, up
//! to where all headers agree that the program may have been compiled with; behind that nothing may
//! have been touched. What differs all the same is listed in `header-differences.toml`.

mod judge;
mod mixed;
mod programs;
mod roads;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::compare::in_parallel;
use crate::differences::{Difference, Differences};
use crate::fetch;
use crate::kit::{self, PREFIX};
use crate::lab::{Lab, Library};
use crate::machine;
use crate::namespace::{Outcome, Run};
use judge::{Answers, Case, Verdict};
use programs::Program;
use roads::{BUILDS, Build, HEADERS, Header, ROADS, Road, Standing};

const LIST: &str = "header-differences.toml";
const DOUBLE: &str = "/outputs/kfd_double.so";
const PATIENCE: Duration = Duration::from_secs(20);

/// A table of gpu_metrics 1.3, and one of 1.5 on a card that can be partitioned.
const MACHINES: [&str; 2] = ["navi31", "mi300x-2"];

/// Where every build is run, not only the first.
const MACHINE_OF_BUILDS: &str = "mi300x-2";

/// It numbers several cards in another order than ours, and does not survive the tables of newer ones.
const OLDEST: (&str, &str) = ("5.2.3", "navi31");

/// The status of a program that finds no device.
const NO_DEVICE: i32 = 3;

#[derive(Args, Default)]
pub struct Headers {
    /// Every build by every road, on every machine, over every libamd_smi
    #[arg(long)]
    full: bool,
    /// Only these machines
    #[arg(long, value_name = "MACHINE")]
    machine: Vec<String>,
    /// Only roads whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    road: String,
    /// Only programs compiled with this header
    #[arg(long, value_name = "RELEASE")]
    header: Option<String>,
    /// Print what each program said that differs
    #[arg(long)]
    verbose: bool,
}

/// One program on one machine.
struct Probe<'a> {
    header: &'static Header,
    build: &'static Build,
    road: &'static Road,
    machine: &'a str,
    amdsmi: &'static str,
}

/// Where something was said, and what should have been.
struct Place<'a> {
    name: String,
    machine: &'a str,
    amdsmi: &'a str,
    header: &'static Header,
    references: &'a References,
}

/// What belongs into each struct of a header, on a machine.
type References = BTreeMap<(&'static str, String), Answers>;

impl Headers {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        let start = Instant::now();
        kit::stage(lab)?;
        let machines = self.machines();
        let mut amdsmi = fetch::releases(lab, Library::AmdSmi);
        if !self.full {
            amdsmi = amdsmi.pop().into_iter().collect();
        }
        let probes = self.probes(&machines, &amdsmi);
        let with_mixed = mixed::NAME.contains(&self.road) && self.header.is_none();
        ensure!(with_mixed || !probes.is_empty(), "nothing was chosen");
        let programs: Vec<_> = probes.iter().map(Probe::program).collect();
        let count = programs::build(lab, programs)?;
        let references = references(lab, &machines, amdsmi[0])?;
        println!("{count} programs, {:.1} s", start.elapsed().as_secs_f64());

        let said = in_parallel(&probes, |probe| probe.ask(lab).with_context(|| probe.name()))?;
        let mut tally = Tally::new(lab, self.verbose)?;
        for (probe, answers) in probes.iter().zip(&said) {
            let Some(answers) = answers else { continue };
            let standing = probe.road.standing(probe.header, probe.build);
            tally.add(&probe.place(&references), standing, answers, "own");
        }
        if with_mixed && machines.iter().any(|machine| machine == mixed::MACHINE) {
            mixed::run(lab, amdsmi[0], &references, &mut tally)?;
        }
        println!("{:.1} s", start.elapsed().as_secs_f64());
        let everything = self.road.is_empty() && self.header.is_none() && self.machine.is_empty();
        tally.finish(everything)
    }

    fn machines(&self) -> Vec<String> {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        match self.machine.as_slice() {
            [] if self.full => names(&machine::names()),
            [] => names(&MACHINES),
            some => some.to_vec(),
        }
    }

    fn probes<'a>(&self, machines: &'a [String], amdsmi: &[&'static str]) -> Vec<Probe<'a>> {
        let mut probes = Vec::new();
        let headers = HEADERS
            .iter()
            .filter(|header| self.header.as_deref().is_none_or(|name| name == header.name));
        for header in headers {
            let roads = ROADS
                .iter()
                .filter(|road| road.name.contains(&self.road) && road.of.has(header.generation));
            for road in roads {
                for (nth, build) in BUILDS.iter().enumerate() {
                    for machine in machines {
                        let by_all = road.all_builds && machine == MACHINE_OF_BUILDS;
                        if nth == 0 || by_all || self.full {
                            probes.extend(amdsmi.iter().map(|amdsmi| Probe {
                                header,
                                build,
                                road,
                                machine,
                                amdsmi,
                            }));
                        }
                    }
                }
            }
        }
        probes
    }
}

impl Probe<'_> {
    fn place<'b>(&'b self, references: &'b References) -> Place<'b> {
        let Probe { machine, amdsmi, header, .. } = self;
        Place { name: self.name(), machine, amdsmi, header, references }
    }

    fn program(&self) -> Program {
        Program { header: self.header, build: *self.build, link: self.road.link, part: None }
    }

    fn name(&self) -> String {
        let Probe { header, build, road, machine, amdsmi } = self;
        format!("{}, {}, {}, {machine}, amdsmi {amdsmi}", header.name, build.name, road.name)
    }

    /// What the program says over ours; nothing where there is no device.
    fn ask(&self, lab: &Lab) -> Result<Option<Answers>> {
        let mut argv = self.program().argv();
        if self.road.by_command {
            let command = [format!("{PREFIX}/bin/rsmi-compat"), "run".into(), "--".into()];
            argv = command.into_iter().chain(argv).collect();
        }
        let mut run = over_ours(lab, Run::new(self.machine, argv), self.amdsmi)?;
        for (name, value) in self.road.env {
            run = run.env(name, *value);
        }
        if self.road.said {
            run = run.env("RSMI_COMPAT_ABI", self.header.generation.name());
        }
        for (file, inside) in self.road.real {
            run.binds.push((lab.library(Library::Rsmi, "7.2.4").join(file), inside.into()));
        }
        let preload = [DOUBLE, self.road.preload].join(":");
        let outcome = run.env("LD_PRELOAD", preload.trim_end_matches(':')).output(lab)?;
        if outcome.status == Some(NO_DEVICE) && outcome.errors().contains("there is no device") {
            return Ok(None);
        }
        Ok(Some(heard(&outcome)?))
    }
}

/// On our library over that libamd_smi, which says who calls.
fn over_ours(lab: &Lab, run: Run, amdsmi: &str) -> Result<Run> {
    let mut run = kit::install(lab, run)?
        .env("RSMI_COMPAT_AMDSMI", kit::amdsmi(amdsmi))
        .env("RSMI_COMPAT_LOG", "info")
        .timeout(PATIENCE);
    run.binds.push((programs::place(lab), programs::INSIDE.into()));
    Ok(run)
}

/// What a program said, if it was ours that answered.
fn heard(outcome: &Outcome) -> Result<Answers> {
    let errors = outcome.errors();
    ensure!(errors.contains("rsmi-compat: info: calls from"), "ours was not called: {errors}");
    Ok(judge::read(outcome))
}

/// What the real library of each header writes on each machine. Where it does not survive that, or
/// numbers the devices in another order, ours stands in that is told which header it is.
fn references(lab: &Lab, machines: &[String], amdsmi: &'static str) -> Result<References> {
    let plain = &BUILDS[0];
    let real = |header| Program { header, build: *plain, link: roads::Link::Soname(1), part: None };
    programs::build(lab, HEADERS.iter().map(real).collect())?;
    let of = HEADERS.iter().filter(|header| header.name == header.real);
    let work = of.flat_map(|header| machines.iter().map(move |machine| (header, machine)));
    let work: Vec<_> =
        work.filter(|(header, machine)| OLDEST.0 != header.name || OLDEST.1 == *machine).collect();
    let answers = in_parallel(&work, |(header, machine)| {
        let mut run = Run::new(machine, real(header).argv())
            .env("LD_LIBRARY_PATH", "/real")
            .env("LD_PRELOAD", DOUBLE)
            .timeout(PATIENCE);
        let library = lab.library(Library::Rsmi, header.real).join(Library::Rsmi.file());
        run.binds.push((library, "/real/librocm_smi64.so.1".into()));
        run.binds.push((programs::place(lab), programs::INSIDE.into()));
        let answers = judge::read(&run.output(lab)?);
        see_version(header, &answers)?;
        Ok(answers)
    })?;
    let mut references: References = work
        .into_iter()
        .zip(answers)
        .map(|((header, machine), answers)| ((header.name, machine.clone()), answers))
        .collect();
    for header in HEADERS.iter() {
        let said = ROADS.iter().find(|road| road.said).context("no road is said")?;
        for machine in machines {
            let probe = Probe { header, build: plain, road: said, machine, amdsmi };
            let ours = probe.ask(lab)?.unwrap_or_default();
            let of = |release: &'static str| {
                references.get(&(release, machine.clone())).cloned().unwrap_or_default()
            };
            let mut reference = match header.name {
                "6.3" => judge::of_6_3(&of("6.4.1"), &of("6.1.2")),
                _ => of(header.real),
            };
            for (output, answer) in ours {
                reference.entry(output).or_insert(answer);
            }
            references.insert((header.name, machine.clone()), reference);
        }
    }
    Ok(references)
}

/// The versions that are expected of ours are those that the originals say, but for 5.2.3, which as
/// Debian built it does not know its own; AMD's says 5.0.
fn see_version(header: &Header, answers: &Answers) -> Result<()> {
    let Some(said) = answers.get("own/version").filter(|_| header.name != "5.2.3") else {
        return Ok(());
    };
    let numbers = judge::version(header.generation).into_iter();
    let bytes: String =
        numbers.flat_map(u32::to_le_bytes).map(|byte| format!("{byte:02x}")).collect();
    // The last one is a mere correction.
    ensure!(said[..18] == format!("0 {bytes}")[..18], "librocm_smi64 {} says {said}", header.name);
    Ok(())
}

/// How many structs were right, and which differences were met.
struct Tally {
    differences: Differences,
    right: usize,
    listed: usize,
    wrong: BTreeMap<String, Vec<String>>,
    verbose: bool,
}

impl Tally {
    fn new(lab: &Lab, verbose: bool) -> Result<Tally> {
        let differences = Differences::read(&lab.workspace.join("tests/lab").join(LIST))?;
        Ok(Tally { differences, right: 0, listed: 0, wrong: BTreeMap::new(), verbose })
    }

    /// Judges what a part of a program said.
    fn add(&mut self, place: &Place, standing: Standing, answers: &Answers, part: &str) {
        let Place { name, machine, amdsmi, header, references } = place;
        let end = answers.get("end").map_or("nothing", String::as_str);
        if end != "0" {
            self.blame(format!("ends: {end}"), name);
        }
        let of = |release: &'static str| &references[&(release, (*machine).to_owned())];
        let spoken = HEADERS.iter().find(|header| header.generation == standing.speaks);
        let (reference, spoken) = (of(header.name), spoken.map(|header| of(header.name)));
        let text = |answers: &Answers, key: &str| answers.get(key).cloned().unwrap_or_default();
        let partitions = text(reference, "own/partition/before");
        for (key, real) in reference.iter().filter(|(key, _)| *key != "end") {
            let output = key.trim_start_matches("own/");
            let ours = answers.get(&format!("{part}/{output}"));
            let spoken = spoken.map(|spoken| text(spoken, key)).unwrap_or_default();
            let case = Case {
                header,
                standing,
                output,
                real,
                spoken: &spoken,
                partitions: &partitions,
                ours: ours.map(String::as_str),
            };
            let all = match judge::judge(&case) {
                Verdict::Right => {
                    self.right += 1;
                    continue;
                }
                Verdict::Wrong(text) => {
                    self.blame(format!("{output}: {text}"), name);
                    continue;
                }
                Verdict::Different(all) => all,
            };
            let how = if standing.is_proven() { "proven" } else { "open" };
            for (at, real, ours) in all {
                let probe = &*format!("{how}/{output}{at}");
                let release = header.name;
                let (real, ours) = (&*real, &*ours);
                let difference = Difference { machine, release, amdsmi, probe, real, ours };
                if self.differences.allow(&difference) {
                    self.listed += 1;
                } else {
                    let what = format!("{release}, {machine}: {probe}: real {real}, ours {ours}");
                    self.blame(what, name);
                }
            }
        }
    }

    fn check(&mut self, right: bool, what: &str, name: &str) {
        if right {
            self.right += 1;
        } else {
            self.blame(what.to_owned(), name);
        }
    }

    fn blame(&mut self, what: String, who: &str) {
        self.wrong.entry(what).or_default().push(who.to_owned());
    }

    fn finish(self, everything: bool) -> Result<()> {
        const PRINTED: usize = 3;
        for (what, who) in &self.wrong {
            println!("WRONG, {} times: {what}", who.len());
            let printed = if self.verbose { who.len() } else { PRINTED };
            for who in who.iter().take(printed) {
                println!("    {who}");
            }
        }
        let vanished = if everything { self.differences.vanished() } else { Vec::new() };
        for entry in &vanished {
            println!("listed in {LIST}, but no longer there: {entry}");
        }
        println!(
            "{} outputs right, {} listed differences, {} kinds of wrong ones",
            self.right,
            self.listed,
            self.wrong.len()
        );
        ensure!(self.right > 0, "nothing was asked");
        ensure!(
            self.wrong.is_empty() && vanished.is_empty(),
            "programs do not get the structs of their header"
        );
        Ok(())
    }
}
