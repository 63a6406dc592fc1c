//! `lab bench`: how long each function takes over the original and over ours, in one run.

use std::collections::BTreeMap;
use std::fs;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::compile::Compile;
use crate::fetch;
use crate::lab::{Lab, Library};
use crate::namespace::Run;

const PROGRAM: &str = "speed";
const COUNTS: &str = "speed-counts";
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

/// What monitors ask again and again.
const POLLED: &str = "temp_metric volt_metric power_ave current_socket_power power power_cap \
    power_cap_default power_cap_range energy_count busy_percent memory_busy_percent \
    activity_metric activity_avg_mm memory_usage memory_total gpu_clk_freq fan_rpms fan_speed \
    fan_speed_max pci_bandwidth pci_throughput pci_replay_counter gpu_metrics_info \
    metrics_header_info metrics_xcd_counter";

/// The same without a device in their names.
const ALSO_POLLED: [&str; 5] = [
    "rsmi_utilization_count_get",
    "rsmi_compute_process_info_get",
    "rsmi_compute_process_info_by_pid_get",
    "rsmi_compute_process_info_by_device_get",
    "rsmi_compute_process_gpus_get",
];

/// What a scrape of eight MI300X opens and reads, when it is not the first: gpu_metrics twice each; ten
/// files each.
const OPENS: u32 = 16;
const READS: u32 = 80;

/// How much of a thread's stack a call takes at most, in bytes.
const STACK: u32 = 12 << 10;

/// How many times as much two threads should get answered as one.
const TWO_THREADS: f64 = 1.6;

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
    /// In processes that may have so many descriptors
    #[arg(long, value_name = "NUMBER")]
    descriptors: Option<u32>,
    /// Fail if a function takes longer than the original, or than it should
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
            if (100.0 * ratio).round() > 100.0 * aim && mine > UNNOTICED {
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
        let two = self.threads(lab, amdsmi)?;
        self.costs(lab, amdsmi)?;
        self.stacks(lab, amdsmi)?;
        ensure!(!self.strict || slower.is_empty(), "slower: {}", slower.join(", "));
        ensure!(!self.strict || above.is_empty(), "more than it should be: {}", above.join(", "));
        ensure!(!self.strict || two >= TWO_THREADS, "two threads: {two:.2}");
        Ok(())
    }

    /// How many times as much two threads get answered as one, where that is least.
    fn threads(&self, lab: &Lab, amdsmi: &str) -> Result<f64> {
        let run = self.ours(&[&format!("{PROGRAM}-ours"), "threads"], amdsmi);
        let mut least = f64::INFINITY;
        for (name, [one, two]) in numbers::<f64, 2>(lab, &run)? {
            let times = two / one;
            println!("two threads on a file of {name}: {times:.2} times {one:.0} calls a second");
            least = least.min(times);
        }
        Ok(least)
    }

    /// What a scrape costs the kernel, on the machine for which that is known.
    fn costs(&self, lab: &Lab, amdsmi: &str) -> Result<()> {
        let outcome = self.ours(&[COUNTS], amdsmi).output(lab)?;
        let text = outcome.text();
        let said = || format!("{COUNTS} said `{text}`: {}", outcome.errors().trim());
        let (opens, reads) = text.trim().split_once(' ').with_context(said)?;
        println!("a scrape opens {opens} files and reads {reads}");
        let (opens, reads): (u32, u32) = (opens.parse()?, reads.parse()?);
        let known = self.machine == MACHINE;
        ensure!(!known || opens <= OPENS, "{opens} opens, and not {OPENS} at most");
        ensure!(!known || reads <= READS, "{reads} reads, and not {READS} at most");
        Ok(())
    }

    /// What each function takes of a stack: of ours alone, without libamd_smi below it.
    fn stacks(&self, lab: &Lab, amdsmi: &str) -> Result<()> {
        let names = fs::read_to_string(lab.workspace.join("tests/abi/symbols.txt"))?;
        let names = names.lines().filter(|name| !["rsmi_init", "rsmi_shut_down"].contains(name));
        let program = format!("{PROGRAM}-ours");
        let argv: Vec<&str> = [program.as_str(), "stack"].into_iter().chain(names).collect();
        let run = self.ours(&argv, amdsmi).env("RSMI_COMPAT_SOURCE", "kernel");
        let mut taken = numbers::<u32, 1>(lab, &run.env("LD_BIND_NOW", "1"))?;
        ensure!(taken.len() > argv.len(), "only {} functions were measured", taken.len());
        taken.sort_by_key(|(_, [bytes])| std::cmp::Reverse(*bytes));
        for (name, [bytes]) in taken.iter().take(5) {
            println!("{name} takes {bytes} bytes of a stack");
        }
        let large = taken.iter().filter(|(_, [bytes])| *bytes > STACK);
        let large: Vec<_> = large.map(|(name, [bytes])| format!("{name} {bytes}")).collect();
        ensure!(large.is_empty(), "more than {STACK} bytes of a stack: {}", large.join(", "));
        Ok(())
    }

    fn ours(&self, argv: &[&str], amdsmi: &str) -> Run {
        self.run_of(argv).over_ours(GENERATION, amdsmi)
    }

    fn run_of(&self, argv: &[&str]) -> Run {
        let limited =
            self.descriptors.map(|most| format!("ulimit -n {most} && exec \"$0\" \"$@\""));
        let shell = limited.iter().flat_map(|line| ["sh", "-c", line]);
        let run = Run::new(&self.machine, shell.chain(argv.iter().copied()));
        Run { in_memory: true, ..run }.timeout(PATIENCE)
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
        let counts = compile().arg("-DCOUNTS").arg("-rdynamic").arg("-Wno-unused-function");
        counts.ours().to(&lab.bin().join(COUNTS))?;
        let run = |program: &str, libraries: String| {
            self.run_of(&[program]).env("LD_LIBRARY_PATH", libraries)
        };
        let original = run(&over_original, format!("/lab/rsmi/{RELEASE}"));
        let below = run(&below, format!("/lab/amdsmi/{amdsmi}"));
        Ok([original, self.ours(&[&over_ours], amdsmi), below])
    }
}

/// How much of the original's time a function should take at most.
fn aim(name: &str) -> f64 {
    let kept = |name: &str| KEPT.split_whitespace().any(|kept| kept == name);
    let of_device = name.strip_prefix("rsmi_dev_").and_then(|name| name.strip_suffix("_get"));
    let topology = ["rsmi_topo_", "rsmi_minmax_bandwidth_get", "rsmi_is_P2P_accessible"].iter();
    match name {
        INIT => 0.05,
        "scrape" => 0.15,
        _ if of_device.is_some_and(kept) => 0.05,
        _ if of_device.is_some_and(|name| POLLED.split_whitespace().any(|it| it == name)) => 0.2,
        _ if ALSO_POLLED.contains(&name) => 0.2,
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

/// What a client says of names: some numbers each.
fn numbers<T: FromStr, const N: usize>(lab: &Lab, run: &Run) -> Result<Vec<(String, [T; N])>> {
    let outcome = run.output(lab)?;
    ensure!(outcome.success(), "{} failed: {}", run.argv[0], outcome.errors().trim());
    let text = outcome.text();
    let read = |line: &str| {
        let (name, numbers) = line.split_once(' ')?;
        let numbers: Vec<T> = numbers.split(' ').filter_map(|number| number.parse().ok()).collect();
        Some((name.to_owned(), numbers.try_into().ok()?))
    };
    text.lines().map(|line| read(line).with_context(|| format!("`{line}` is no answer"))).collect()
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
        assert!(aim("rsmi_dev_busy_percent_get") < 0.5 && aim(INIT) < 0.1);
        assert!(aim("rsmi_utilization_count_get") < 0.5);
        assert!(aim("rsmi_dev_firmware_version_get") > 1.0);
    }

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        let mut times = Times { nanoseconds: vec![9.0, 1.0, 5.0], status: 0 };
        assert!((times.median() - 5.0).abs() < f64::EPSILON);
    }
}
