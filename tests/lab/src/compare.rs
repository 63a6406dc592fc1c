//! Ours beside the original: each pair of answers is the same, meant to differ, or a failure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZero;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Result, ensure};
use clap::Args;
use regex::Regex;

use crate::answers::Answers;
use crate::differences::{Asked, Difference, Differences};
use crate::fetch;
use crate::lab::{Lab, Library};
use crate::machine;
use crate::namespace::Run;

/// How many kinds of differences are printed.
const PRINTED: usize = 40;

/// The releases of librocm_smi64 that ours must equal, and what it calls their generation.
const GENERATIONS: [(&str, &str); 4] =
    [("5.2.3", "5"), ("6.1.2", "6.0"), ("6.4.1", "6.4"), ("7.2.4", "7.0")];

/// What a program may meet besides the machine; by default it is root on bare metal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Circumstances {
    pub no_dri: bool,
    pub user: bool,
    pub guest: bool,
}

/// Where one comparison took place.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub machine: &'a str,
    pub release: &'a str,
    pub amdsmi: &'a str,
    pub circumstances: Circumstances,
}

/// All comparisons of one run of the lab.
pub struct Comparison {
    list: &'static str,
    differences: Differences,
    asked: Asked,
    total: Tally,
    unlisted: Unlisted,
}

impl Comparison {
    pub fn new(lab: &Lab) -> Result<Comparison> {
        Comparison::allowing(lab, "differences.toml")
    }

    /// With another list of the differences that are meant.
    pub fn allowing(lab: &Lab, list: &'static str) -> Result<Comparison> {
        let differences = Differences::read(&lab.workspace.join("tests/lab").join(list))?;
        Ok(Comparison {
            list,
            differences,
            asked: Asked::default(),
            total: Tally::default(),
            unlisted: Unlisted::default(),
        })
    }

    /// Compares one side with the other and prints one line.
    pub fn add(&mut self, place: &Place, real: &Answers, ours: &Answers) {
        let tally = self.compare(place, real, ours);
        println!("{place}: {tally}");
    }

    /// Compares one side with the other, probe by probe.
    pub fn compare(&mut self, place: &Place, real: &Answers, ours: &Answers) -> Tally {
        let probes: BTreeSet<_> = real.keys().chain(ours.keys()).collect();
        let mut tally = Tally { asked: probes.len(), ..Tally::default() };
        let not_asked = "not asked".to_owned();
        for probe in probes {
            self.asked.add(place, probe);
            let real = real.get(probe).unwrap_or(&not_asked);
            let ours = ours.get(probe).unwrap_or(&not_asked);
            let Place { machine, release, amdsmi, circumstances } = *place;
            let difference = Difference { machine, release, amdsmi, probe, real, ours };
            if real == ours {
                tally.identical += 1;
            } else if self.differences.allow_in(circumstances, &difference) {
                tally.listed += 1;
            } else {
                tally.unlisted += 1;
                self.unlisted.add(place, &difference);
            }
        }
        self.total.add(&tally);
        tally
    }

    /// Prints the result, which is a failure unless all differences are listed and, if nothing was
    /// left out, all that are listed were met.
    pub fn finish(self, selection: &Selection) -> Result<()> {
        self.unlisted.print(selection.verbose);
        let vanished = match selection.is_everything() {
            true => self.differences.vanished_among(&self.asked),
            false => Vec::new(),
        };
        for entry in &vanished {
            println!("listed in {}, but no longer there: {entry}", self.list);
        }
        println!("{}", self.total);
        ensure!(self.total.asked > 0, "nothing was compared");
        ensure!(
            self.total.unlisted == 0 && vanished.is_empty(),
            "{} differences are not listed, {} listed ones have vanished",
            self.total.unlisted,
            vanished.len()
        );
        Ok(())
    }
}

impl Circumstances {
    /// As differences.toml names them.
    pub fn names(self) -> Vec<&'static str> {
        let all = [(self.no_dri, "no-dri"), (self.user, "user"), (self.guest, "guest")];
        all.into_iter().filter_map(|(met, name)| met.then_some(name)).collect()
    }

    pub fn under(self, mut run: Run) -> Run {
        run.dri = !self.no_dri;
        run.user = self.user;
        run.guest = self.guest;
        run
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { machine, release, amdsmi, circumstances } = self;
        write!(f, "{machine}, rsmi {release}, amdsmi {amdsmi}")?;
        for name in circumstances.names() {
            write!(f, ", {name}")?;
        }
        Ok(())
    }
}

/// The differences that nobody has allowed; those that differ by numbers only are of one kind.
#[derive(Default)]
struct Unlisted {
    kinds: BTreeMap<[String; 3], Vec<String>>,
}

impl Unlisted {
    fn add(&mut self, place: &Place, difference: &Difference) {
        static DEVICE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"^dev\d+").expect("a constant pattern"));
        static NUMBER: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"\d{3,}").expect("a constant pattern"));
        let Difference { probe, real, ours, .. } = *difference;
        let kind = [
            DEVICE.replace(probe, "dev*").into_owned(),
            NUMBER.replace_all(real, "#").into_owned(),
            NUMBER.replace_all(ours, "#").into_owned(),
        ];
        let one = format!("  {place}: {probe}\n    real: {real}\n    ours: {ours}");
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

#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub asked: usize,
    pub identical: usize,
    pub listed: usize,
    pub unlisted: usize,
}

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        self.asked += other.asked;
        self.identical += other.identical;
        self.listed += other.listed;
        self.unlisted += other.unlisted;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { asked, identical, listed, unlisted } = self;
        write!(f, "identical {identical} of {asked}, {listed} listed differences")?;
        if *unlisted > 0 {
            write!(f, ", {unlisted} NOT LISTED")?;
        }
        Ok(())
    }
}

/// Which of all comparisons to make, and how much to say.
#[derive(Args, Clone, Default)]
pub struct Selection {
    /// Only on these machines: names, or paths of machine files
    #[arg(long, value_name = "MACHINE")]
    pub machine: Vec<String>,
    /// Only against these releases of librocm_smi64
    #[arg(long, value_name = "RELEASE")]
    release: Vec<String>,
    /// Only over these releases of libamd_smi
    #[arg(long, value_name = "RELEASE")]
    amdsmi: Vec<String>,
    /// Print every difference by itself, not only one of each kind
    #[arg(long)]
    verbose: bool,
}

impl Selection {
    pub fn of_machine(name: &str) -> Self {
        Self { machine: vec![name.to_owned()], ..Self::default() }
    }

    pub fn machines(&self) -> Vec<String> {
        match self.machine.as_slice() {
            [] => machine::names().into_iter().map(str::to_owned).collect(),
            some => some.to_vec(),
        }
    }

    /// The releases out of `known` that the lab has, each with the name of its generation.
    pub fn releases(&self, lab: &Lab, known: &[&str]) -> Result<Vec<(&'static str, &'static str)>> {
        let there = fetch::releases(lab, Library::Rsmi);
        let wanted = chosen(known, &self.release, "librocm_smi64 to compare with")?;
        let mut generations = GENERATIONS.to_vec();
        generations.retain(|(release, _)| wanted.contains(release) && there.contains(release));
        Ok(generations)
    }

    /// Whether anything shall be compared with that release of librocm_smi64.
    pub fn wants(&self, release: &str) -> bool {
        self.release.is_empty() || self.release.iter().any(|it| it == release)
    }

    pub fn amdsmi(&self, lab: &Lab) -> Result<Vec<&'static str>> {
        chosen(&fetch::releases(lab, Library::AmdSmi), &self.amdsmi, "libamd_smi")
    }

    pub fn only_newest_amdsmi(&mut self, lab: &Lab) {
        let newest = fetch::releases(lab, Library::AmdSmi).pop();
        self.amdsmi = newest.into_iter().map(str::to_owned).collect();
    }

    pub fn is_everything(&self) -> bool {
        self.machine.is_empty() && self.release.is_empty() && self.amdsmi.is_empty()
    }
}

/// What was asked for out of what there is, or all of it.
fn chosen<'a>(there: &[&'a str], wanted: &[String], what: &str) -> Result<Vec<&'a str>> {
    for name in wanted {
        let known = there.join(", ");
        ensure!(there.contains(&name.as_str()), "there is no {what} {name}; there are {known}");
    }
    let is_wanted = |name: &&str| wanted.is_empty() || wanted.iter().any(|it| it == name);
    Ok(there.iter().copied().filter(is_wanted).collect())
}

/// Does all the work, as much at a time as there are processors; the results are in its order.
pub fn in_parallel<T: Sync, R: Send>(
    work: &[T],
    one: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let some = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = work.get(index) else { return Ok(done) };
            done.push((index, one(item)?));
        }
    };
    let done: Result<Vec<_>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(some)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker panicked")).collect()
    });
    let mut done: Vec<_> = done?.into_iter().flatten().collect();
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
