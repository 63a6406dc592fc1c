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

const INIT: &str = "init+shut_down";

/// What cannot change, and so should cost next to nothing: names, ids, addresses and topology.
const KEPT: &str = "id revision sku vendor_id name brand vendor_name market_name vram_vendor \
    serial_number subsystem_id subsystem_name drm_render_minor subsystem_vendor_id unique_id \
    xgmi_physical_id guid node_id device_identifiers pci_id xgmi_hive_id partition_id";

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
        let [original, ours, below] = self.build(lab, amdsmi)?;
        let [mut of_original, mut of_ours, mut of_below] = [const { Measured::new() }; 3];
        for _ in 0..self.rounds {
            measure(lab, &original, &mut of_original)?;
            measure(lab, &ours, &mut of_ours)?;
            measure(lab, &below, &mut of_below)?;
        }
        println!(
            "{}, nanoseconds: the median of {} rounds of medians; ours over libamd_smi {amdsmi}, \
             the original is {RELEASE}",
            self.machine, self.rounds
        );
        println!("{:44} {:>12} {:>12} {:>7}", "", "ours", "original", "ratio");
        let (mut slower, mut above) = (Vec::new(), Vec::new());
        for ((name, original), (of, ours)) in of_original.values_mut().zip(of_ours.values_mut()) {
            ensure!(name == of, "the two clients measured different functions: {name}, {of}");
            let (theirs, mine) = (original.median(), ours.median());
            let ratio = mine / theirs.max(1.0);
            let statuses = match original.status == ours.status {
                true => String::new(),
                false => format!("  answers {}, the original {}", ours.status, original.status),
            };
            println!("{name:44} {mine:12.0} {theirs:12.0} {ratio:7.2}{statuses}");
            if let Some((_, below)) = of_below.get_mut(&0).filter(|_| name == INIT) {
                let its = below.median();
                println!(
                    "{:44} {its:12.0} {:12} {:7.2}",
                    "  of it libamd_smi's own",
                    "",
                    its / theirs
                );
            }
            let aim = aim(name);
            if (100.0 * ratio).round() > 100.0 * aim {
                above.push(format!("{name} {ratio:.2} (at most {aim:.2})"));
            }
            if ratio > 1.0 && mine > UNNOTICED {
                slower.push(name.as_str());
            }
        }
        println!("slower than the original: {} of {}", slower.len(), of_ours.len());
        println!(
            "more than it should be: {}",
            if above.is_empty() { "none".into() } else { above.join(", ") }
        );
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

    /// Runs of the original, of ours, and of the libamd_smi below ours.
    fn build(&self, lab: &Lab, amdsmi: &str) -> Result<[Run; 3]> {
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
        let [over_original, over_ours, below] =
            [RELEASE, "ours", "amdsmi"].map(|over| format!("{PROGRAM}-{over}"));
        compile().real(Library::Rsmi, RELEASE).to(&lab.bin().join(&over_original))?;
        compile().ours().to(&lab.bin().join(&over_ours))?;
        compile().arg("-DAMDSMI").real(Library::AmdSmi, amdsmi).to(&lab.bin().join(&below))?;
        let run = |program, libraries| {
            Run::new(&self.machine, [program]).env("LD_LIBRARY_PATH", libraries)
        };
        let original = run(over_original, format!("/lab/rsmi/{RELEASE}"));
        let below = run(below, format!("/lab/amdsmi/{amdsmi}"));
        let ours = Run::new(&self.machine, [over_ours]).over_ours(GENERATION, amdsmi);
        Ok([original, ours, below].map(|run| Run { in_memory: true, ..run }.timeout(PATIENCE)))
    }
}

/// How much of the original's time a function should take at most.
fn aim(name: &str) -> f64 {
    let kept = |name: &str| KEPT.split_whitespace().any(|kept| kept == name);
    let of_device = name.strip_prefix("rsmi_dev_").and_then(|name| name.strip_suffix("_get"));
    let topology = ["rsmi_topo_", "rsmi_minmax_bandwidth_get", "rsmi_is_P2P_accessible"].iter();
    match name {
        INIT => 0.7,
        "scrape" => 0.5,
        _ if of_device.is_some_and(kept) => 0.05,
        _ if topology.clone().any(|start| name.starts_with(start)) => 0.05,
        _ => f64::INFINITY,
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
    fn what_cannot_change_has_the_highest_aim() {
        let kept = ["rsmi_dev_id_get", "rsmi_topo_numa_affinity_get", "rsmi_dev_xgmi_hive_id_get"];
        assert!(kept.iter().all(|name| aim(name) < 0.1));
        assert!(aim("rsmi_dev_busy_percent_get") > 1.0 && aim(INIT) < 1.0);
    }

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        let mut times = Times { nanoseconds: vec![9.0, 1.0, 5.0], status: 0 };
        assert!((times.median() - 5.0).abs() < f64::EPSILON);
    }
}
