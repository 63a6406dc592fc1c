//! `lab bench`: how long each function takes over the original and over ours, in one run.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::compile::Compile;
use crate::fetch;
use crate::lab::{Lab, Library};
use crate::namespace::Run;

const PROGRAM: &str = "speed";
const MACHINE: &str = "mi300x-8";

/// The original to be measured beside ours, and what ours calls its generation.
const RELEASE: &str = "6.4.1";
const GENERATION: &str = "6.4";

const PATIENCE: Duration = Duration::from_secs(120);

/// Nobody notices this many nanoseconds, whatever the ratio.
const UNNOTICED: f64 = 50.0;

#[derive(Args)]
pub struct Bench {
    /// On this machine: a name, or the path of a machine file
    #[arg(long, default_value = MACHINE)]
    machine: String,
    /// Over this release of libamd_smi; the newest if not given
    #[arg(long, value_name = "RELEASE")]
    amdsmi: Option<String>,
    /// How often each library has its turn
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Fail if a function is slower than the original
    #[arg(long)]
    strict: bool,
}

/// What one library took for one function.
#[derive(Default)]
struct Times {
    nanoseconds: Vec<f64>,
    status: i32,
}

/// By the name of the function, in the client's order.
type Measured = BTreeMap<usize, (String, Times)>;

impl Bench {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        let amdsmi = self.libamd_smi(lab)?;
        let (original, ours) = self.build(lab, amdsmi)?;
        let (mut of_original, mut of_ours) = (Measured::new(), Measured::new());
        for _ in 0..self.rounds {
            measure(lab, &original, &mut of_original)?;
            measure(lab, &ours, &mut of_ours)?;
        }
        println!(
            "{}, nanoseconds: the median of {} rounds of medians; ours over libamd_smi {amdsmi}, \
             the original is {RELEASE}",
            self.machine, self.rounds
        );
        println!("{:44} {:>12} {:>12} {:>7}", "", "ours", "original", "ratio");
        let mut slower = Vec::new();
        for ((name, original), (of, ours)) in of_original.values_mut().zip(of_ours.values_mut()) {
            ensure!(name == of, "the two clients measured different functions: {name}, {of}");
            let (theirs, mine) = (original.median(), ours.median());
            let ratio = mine / theirs.max(1.0);
            let statuses = match original.status == ours.status {
                true => String::new(),
                false => format!("  answers {}, the original {}", ours.status, original.status),
            };
            println!("{name:44} {mine:12.0} {theirs:12.0} {ratio:7.2}{statuses}");
            if ratio > 1.0 && mine > UNNOTICED {
                slower.push(name.as_str());
            }
        }
        println!("slower than the original: {} of {}", slower.len(), of_ours.len());
        ensure!(!self.strict || slower.is_empty(), "slower: {}", slower.join(", "));
        Ok(())
    }

    fn libamd_smi(&self, lab: &Lab) -> Result<&'static str> {
        let there = fetch::releases(lab, Library::AmdSmi);
        let found = match &self.amdsmi {
            Some(name) => there.iter().find(|release| *release == name),
            None => there.last(),
        };
        let all = there.join(", ");
        found.copied().with_context(|| format!("there is no such libamd_smi; there are {all}"))
    }

    fn build(&self, lab: &Lab, amdsmi: &str) -> Result<(Run, Run)> {
        if !fetch::releases(lab, Library::Rsmi).contains(&RELEASE) {
            bail!(
                "librocm_smi64 {RELEASE}, which ours is measured beside, is gone from the archive"
            );
        }
        let _lock = lab.lock()?;
        let compile = || {
            Compile::new(lab)
                .include(lab.library(Library::Rsmi, RELEASE).join("include"))
                .include(lab.drm_headers())
                .arg(lab.workspace.join("tests/lab/clients/speed.c"))
        };
        let (over_original, over_ours) =
            (format!("{PROGRAM}-{RELEASE}"), format!("{PROGRAM}-ours"));
        compile().real(Library::Rsmi, RELEASE).to(&lab.bin().join(&over_original))?;
        compile().ours().to(&lab.bin().join(&over_ours))?;
        let original = Run::new(&self.machine, [over_original])
            .env("LD_LIBRARY_PATH", format!("/lab/rsmi/{RELEASE}"));
        let ours = Run::new(&self.machine, [over_ours]).over_ours(GENERATION, amdsmi);
        Ok((original.timeout(PATIENCE), ours.timeout(PATIENCE)))
    }
}

impl Times {
    fn median(&mut self) -> f64 {
        self.nanoseconds.sort_by(f64::total_cmp);
        self.nanoseconds[self.nanoseconds.len() / 2]
    }
}

/// One turn of the client, added to those before.
fn measure(lab: &Lab, run: &Run, measured: &mut Measured) -> Result<()> {
    let outcome = run.output(lab)?;
    let program = run.argv.join(" ");
    ensure!(outcome.success(), "{program} failed: {}", outcome.errors().trim());
    for (index, line) in outcome.text().lines().enumerate() {
        let said = || format!("{program} said `{line}`");
        let [name, nanoseconds, status] =
            line.split(' ').collect::<Vec<_>>().try_into().ok().with_context(said)?;
        let (_, times) = measured.entry(index).or_insert_with(|| (name.into(), Times::default()));
        times.nanoseconds.push(nanoseconds.parse().with_context(said)?);
        times.status = status.parse().with_context(said)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        let mut times = Times { nanoseconds: vec![9.0, 1.0, 5.0], status: 0 };
        assert!((times.median() - 5.0).abs() < f64::EPSILON);
    }
}
