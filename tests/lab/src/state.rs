//! `lab state`: functions with state of their own, step by step over the original and over ours.
//!
//! The same client runs over both, on a machine with perf units and odd processes, and with the
//! kernel's part of /dev/kfd played by `kfd_double.c`. Every answer must be the same or be listed in
//! `state-differences.toml`; what the original does not survive is asked of ours alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::compile::Compile;
use crate::differences::{Difference, Differences};
use crate::fetch;
use crate::lab::{Lab, Library};
use crate::namespace::{Outcome, Run};

const CLIENT: &str = "state";
const DOUBLE: &str = "kfd_double.so";
const PATIENCE: Duration = Duration::from_secs(20);

/// Each release, its generation, and the size of a notification in its header.
const RELEASES: [(&str, &str, usize); 4] =
    [("5.2.3", "5", 72), ("6.1.2", "6.0", 72), ("6.4.1", "6.4", 104), ("7.2.4", "7.0", 104)];

/// The machine that was made for this, and built-in ones.
const MACHINE: &str = "tests/lab/state.toml";
const OTHERS: [&str; 7] =
    ["mi300x-8", "mi300x-cpx-nps4", "mi250x-4", "navi31", "apu", "mixed", "kfd-no-gpu"];

/// It finds no card on our machine, and sorts several in another order than ours.
const OLDEST: &str = "5.2.3";
const FOR_THE_OLDEST: &str = "navi31";

/// Before 6.4 the original does not end there, and before that it knows no partitions.
const NOT_BEFORE: (&str, [&str; 2]) = ("6.4", ["kfd-no-gpu", "mi300x-cpx-nps4"]);

/// What KFD writes for each event, as the kernel's header has it, and a little worse.
const LINES: [&str; 16] = [
    "0 x",
    "1 1267:python",
    "1 1267:Web Content",
    "2 1f:a0",
    "3 b job hang",
    "4 b",
    "4 b ",
    "5 99 -70 @12345(200) 0->1a2b 0:1a2b 1",
    "5 99 -70 @7f1234567(200) 0->1a2b 0:1a2b 1",
    "6 99 -70 @12345(200) 0->1a2b 1 12",
    "7 99 -70 @7f(1a) W",
    "8 99 -70 @7f(1a) M",
    "9 99 -70 1a 3",
    "a 99 -70 1a R",
    "b 99 -70 @7f(2) 1a 1",
    "c 99",
];

/// Perf units as the driver describes them, and two events that it could not mean.
const UNITS: [(&str, &str); 22] = [
    ("df/type", "31"),
    ("df/format/event", "config:0-7"),
    ("df/format/instance", "config:8-15"),
    ("df/format/umask", "config:16-23"),
    ("df/format/backwards", "config:9-3"),
    ("df/events/cake0_pcsout_txmeta", "event=0x7,instance=0x46,umask=0x2"),
    ("df/events/cake0_ftiinstat_reqalloc", "event=0xb,instance=0x46,umask=0x4"),
    ("df/events/cake0_ftiinstat_rspalloc", "event=0xb,instance=0x46,umask=0x8"),
    ("df/events/cake0_pcsout_txdata", "event=0x7,instance=0x46"),
    ("df/events/cake1_pcsout_txmeta", "event=0x7,instance=0x47,missing=0x2"),
    ("df/events/cake1_ftiinstat_reqalloc", "event=0xb,backwards=0x47,umask=0x4"),
    ("df/events/cake1_ftiinstat_rspalloc", "event=0xb,instance=0x47,umask=0x8"),
    ("xgmi/type", "32"),
    ("xgmi/format/event", "config:0-7"),
    ("xgmi/format/instance", "config:8-15"),
    ("xgmi/format/umask", "config:16-23"),
    ("xgmi/format/type", "config:56-63"),
    ("xgmi/events/xgmi_link0_data_outbound", "event=0x7,instance=0x40,umask=0x2,type=0x1"),
    ("xgmi/events/xgmi_link1_data_outbound", "event=0x7,instance=0x41,umask=0x2,type=0x1"),
    ("xgmi/events/xgmi_link2_data_outbound", "event=0x7,instance=0x42,umask=0x2,type=0x1"),
    ("xgmi/events/xgmi_link3_data_outbound", "event=0x7,instance=0x43,umask=0x2,type=0x1"),
    ("xgmi/events/xgmi_link4_data_outbound", "event=0x7,instance=0x44,umask=0x2,type=0x1"),
];

/// Processes as a container shows them, as they end, and as they never should be. The numbers of
/// the GPUs are those of our machine.
const ODD: [(&str, &str); 20] = [
    ("10/vram_51140", "5"),
    ("20/pasid", "7"),
    ("20/vram_38215", "1000"),
    ("20/queues/0/gpuid", "38215"),
    ("20/queues/1/gpuid", "40000"),
    ("20/queues/junk/gpuid", "51140"),
    ("30/pasid", "8"),
    ("30/vram_38215", "10"),
    ("30/sdma_38215", "20"),
    ("30/stats_38215/cu_occupancy", "52"),
    ("30/vram_38228", "3"),
    ("30/sdma_38228", "4"),
    ("30/stats_38228/cu_occupancy", "26"),
    ("30/vram_51140", "1"),
    ("30/sdma_51140", "2"),
    ("30/queues/5/gpuid", "many"),
    ("40/pasid", "9"),
    ("40/vram_38215", "-1"),
    ("40/queues/0/size", "4096"),
    ("40/queues/1/gpuid", "38228"),
];

/// One run of the client, over the original and over ours.
struct Scenario {
    name: String,
    section: String,
    machine: String,
    kernel: Option<&'static str>,
    user: bool,
    odd: bool,
}

impl Scenario {
    fn new(machine: &str, section: &str) -> Scenario {
        Scenario {
            name: section.to_owned(),
            section: section.to_owned(),
            machine: machine.to_owned(),
            kernel: None,
            user: false,
            odd: false,
        }
    }

    fn kernel(mut self, kernel: &'static str) -> Scenario {
        self.name = format!("{}, a kernel that is {kernel}", self.section);
        self.kernel = Some(kernel);
        self
    }
}

/// The stage: what is mounted over the machine.
struct Stage<'a> {
    lab: &'a Lab,
    amdsmi: &'static str,
    place: TempDir,
}

/// Runs everything; an error if something differs that is not listed.
pub fn run(lab: &Lab) -> Result<()> {
    let stage = Stage::set_up(lab)?;
    let amdsmi = stage.amdsmi;
    let differences = Differences::read(&lab.workspace.join("tests/lab/state-differences.toml"))?;
    let (mut same, mut listed, mut unlisted) = (0, 0, 0);
    for (release, generation, record) in RELEASES {
        if !fetch::releases(lab, Library::Rsmi).contains(&release) {
            continue;
        }
        for scenario in scenarios(&lab.workspace, release, generation) {
            let real = stage.real(&scenario, release, record)?;
            let ours = stage.ours(&scenario, generation, record)?;
            let steps: BTreeSet<_> = real.keys().chain(ours.keys()).collect();
            for step in steps {
                let none = "not asked".to_owned();
                let (real, ours) =
                    (real.get(step).unwrap_or(&none), ours.get(step).unwrap_or(&none));
                let machine = &*scenario.machine;
                let machine = if machine.ends_with(MACHINE) { CLIENT } else { machine };
                let probe = &format!("{}: {step}", scenario.name);
                let difference = Difference { machine, release, amdsmi, probe, real, ours };
                if real == ours {
                    same += 1;
                } else if differences.allow(&difference) {
                    listed += 1;
                } else {
                    unlisted += 1;
                    println!("{machine}, rsmi {release}: {probe}\n  real: {real}\n  ours: {ours}");
                }
            }
        }
    }
    let wrong = alone(&stage)?;
    let vanished = differences.vanished();
    for entry in &vanished {
        println!("listed in state-differences.toml, but no longer there: {entry}");
    }
    println!(
        "identical {same} of {}, {listed} listed differences, {unlisted} not listed; \
         {wrong} wrong answers of ours where the original gives none",
        same + listed + unlisted
    );
    ensure!(
        unlisted == 0 && wrong == 0 && vanished.is_empty() && same > 0,
        "functions with state differ from the original"
    );
    Ok(())
}

fn build(lab: &Lab) -> Result<()> {
    let _lock = lab.lock()?;
    let sources = lab.workspace.join("tests/lab");
    Compile::new(lab)
        .arg("-shared")
        .arg("-fPIC")
        .arg(sources.join("kfd_double.c"))
        .to(&lab.bin().join(DOUBLE))?;
    Compile::new(lab)
        .arg("-pthread")
        .arg(sources.join("clients/state.c"))
        .to(&lab.bin().join(CLIENT))
}

fn scenarios(workspace: &Path, release: &str, generation: &str) -> Vec<Scenario> {
    let own = workspace.join(MACHINE).to_string_lossy().into_owned();
    let home = if release == OLDEST { FOR_THE_OLDEST } else { &own };
    let mut all = Vec::new();
    for section in ["before", "processes", "available", "counters", "events", "walks"] {
        all.push(Scenario::new(home, section));
        if section != "available" {
            let user = Scenario::new(home, section);
            all.push(Scenario { name: format!("{section}, a user"), user: true, ..user });
        }
    }
    all.extend(LINES.iter().map(|line| Scenario::new(home, line)));
    all.extend(["old", "refusing", "poor"].map(|kind| Scenario::new(home, "events").kernel(kind)));
    all.push(Scenario::new(home, "counters").kernel("strict"));
    let odd = Scenario::new(home, "processes");
    all.push(Scenario { name: "processes, odd ones".into(), odd: true, ..odd });
    for machine in OTHERS {
        let too_old = generation < NOT_BEFORE.0 && NOT_BEFORE.1.contains(&machine);
        if too_old || release == OLDEST {
            continue;
        }
        all.extend(["processes", "walks"].map(|section| Scenario::new(machine, section)));
    }
    all
}

/// What a step of ours must answer where no original can be asked.
const ALONE: [(&str, &str); 46] = [
    ("strangers/init", "0, 3 devices"),
    ("strangers/supported_no_device", "1"),
    ("strangers/available_no_device", "1"),
    ("strangers/create_no_device", "1"),
    ("strangers/create_no_event", "1"),
    ("strangers/create", "0"),
    ("strangers/command", "1"),
    ("strangers/destroy", "3"),
    ("strangers/destroy_again", "1"),
    ("strangers/read_destroyed", "1"),
    ("strangers/control_destroyed", "1"),
    ("strangers/control_zero", "1"),
    ("strangers/create_next", "0"),
    ("strangers/handles", "another"),
    ("strangers/next_stranger", "1"),
    ("strangers/value_stranger", "1"),
    ("strangers/close_stranger", "1"),
    ("strangers/variants_stranger", "1"),
    ("strangers/open", "0"),
    ("strangers/next_beyond", "14"),
    ("strangers/value_beyond", "0"),
    ("strangers/close", "0"),
    ("strangers/close_again", "1"),
    ("strangers/shut_down", "0"),
    ("strangers/value_after", "1"),
    ("strangers/read_after", "1"),
    ("strangers/init_again", "0"),
    ("strangers/value_afterwards", "1"),
    ("strangers/read_afterwards", "1"),
    ("strangers/shut_down #2", "0"),
    ("manners/init", "0, 3 devices"),
    ("manners/listen", "0"),
    ("manners/listen #2", "0"),
    ("manners/create", "0"),
    ("manners/start", "0"),
    ("manners/inherited", "0 more"),
    ("manners/meanwhile", "0"),
    ("manners/init_meanwhile", "0"),
    ("manners/shut_down_meanwhile", "0"),
    ("manners/stop", "0"),
    ("manners/shut_down", "0"),
    ("manners/others_waited", "no"),
    // The end of listening wakes who waits.
    ("manners/waiting", "14 count=0"),
    ("manners/kept", "0"),
    ("manners/shut_down #2", "0"),
    ("the end", "status 0"),
];

/// Asks ours what the original does not survive; how many answers are wrong.
fn alone(stage: &Stage) -> Result<usize> {
    let mut wrong = 0;
    for (release, generation, record) in RELEASES {
        let machine = stage.lab.workspace.join(MACHINE).to_string_lossy().into_owned();
        let mut answers = BTreeMap::new();
        for section in ["strangers", "manners"] {
            answers.extend(stage.ours(&Scenario::new(&machine, section), generation, record)?);
        }
        let expected: BTreeMap<_, _> =
            ALONE.map(|(step, answer)| (step.to_owned(), answer.to_owned())).into();
        for step in answers.keys().chain(expected.keys()).collect::<BTreeSet<_>>() {
            let (got, wanted) = (answers.get(step), expected.get(step));
            if got != wanted {
                wrong += 1;
                println!("as {release}: {step}: {got:?}, not {wanted:?}");
            }
        }
    }
    Ok(wrong)
}

/// Every scenario of the newest release over ours: its name, and what the client says of its steps
/// between the lines that the library logs about them.
pub fn logs(lab: &Lab) -> Result<Vec<(String, String)>> {
    let stage = Stage::set_up(lab)?;
    let [.., (release, generation, record)] = RELEASES;
    let scenarios = scenarios(&lab.workspace, release, generation).into_iter();
    let with_log = scenarios.map(|scenario| {
        let mut run = stage.run_ours(&scenario, generation, record);
        let both = ["sh", "-c", "exec \"$@\" 2>&1", "sh"].map(str::to_owned);
        run.argv.splice(0..0, both);
        let outcome = run.logging("debug").output(lab)?;
        Ok((scenario.name, outcome.text()))
    });
    with_log.collect()
}

impl<'a> Stage<'a> {
    fn set_up(lab: &'a Lab) -> Result<Stage<'a>> {
        build(lab)?;
        let amdsmi = fetch::releases(lab, Library::AmdSmi);
        let amdsmi = *amdsmi.last().context("the lab has no libamd_smi")?;
        let stage = Stage { lab, amdsmi, place: tempfile::tempdir()? };
        for (directory, files) in [("units", &UNITS[..]), ("odd", &ODD[..])] {
            for (name, text) in files {
                let path = stage.place.path().join(directory).join(name);
                fs::create_dir_all(path.parent().context("a file needs a directory")?)?;
                fs::write(path, format!("{text}\n"))?;
            }
        }
        Ok(stage)
    }

    fn real(
        &self,
        scenario: &Scenario,
        release: &str,
        record: usize,
    ) -> Result<BTreeMap<String, String>> {
        let library = format!("/lab/rsmi/{release}/{}", Library::Rsmi.file());
        Ok(answers(&self.run(scenario, &library, record).output(self.lab)?))
    }

    fn ours(
        &self,
        scenario: &Scenario,
        generation: &str,
        record: usize,
    ) -> Result<BTreeMap<String, String>> {
        Ok(answers(&self.run_ours(scenario, generation, record).output(self.lab)?))
    }

    fn run_ours(&self, scenario: &Scenario, generation: &str, record: usize) -> Run {
        let amdsmi = format!("/lab/amdsmi/{}/{}", self.amdsmi, Library::AmdSmi.file());
        self.run(scenario, "/lab/ours/librsmi_compat.so", record)
            .env("RSMI_COMPAT_ABI", generation)
            .env("RSMI_COMPAT_AMDSMI", amdsmi)
    }

    fn run(&self, scenario: &Scenario, library: &str, record: usize) -> Run {
        let Scenario { section, machine, kernel, user, odd, .. } = scenario;
        let argv = [CLIENT, library, &record.to_string(), section];
        let mut run = Run::new(machine, argv)
            .env("LD_PRELOAD", format!("/lab/bin/{DOUBLE}"))
            .timeout(PATIENCE);
        if let Some(kernel) = kernel {
            run = run.env("KFD_DOUBLE", *kernel);
        }
        run.user = *user;
        let place = |name: &str| self.place.path().join(name);
        // The first device of our machine is card 2, of a built-in one card 0.
        for (unit, name) in [("df", "amdgpu_df_2"), ("df", "amdgpu_df_0"), ("xgmi", "amdgpu_2")] {
            let inside = PathBuf::from("/sys/bus/event_source/devices").join(name);
            run.binds.push((place("units").join(unit), inside));
        }
        if *odd {
            run.binds.push((place("odd"), "/sys/class/kfd/kfd/proc".into()));
        }
        run
    }
}

/// Lines of `STEP: ANSWER`, a step that comes again with its number, and how the client ended.
fn answers(outcome: &Outcome) -> BTreeMap<String, String> {
    let mut answers = BTreeMap::new();
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    let text = outcome.text();
    for (step, answer) in text.lines().filter_map(|line| line.split_once(": ")) {
        let count = times.entry(step).or_default();
        *count += 1;
        let key = if *count == 1 { step.to_owned() } else { format!("{step} #{count}") };
        answers.insert(key, answer.to_owned());
    }
    let end = match (outcome.status, outcome.signal) {
        (Some(status), _) => format!("status {status}"),
        (None, Some(signal)) => format!("dies (signal {signal})"),
        (None, None) => "hangs".to_owned(),
    };
    answers.insert("the end".to_owned(), end);
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_comes_again_is_another_step() {
        let outcome = Outcome {
            status: None,
            signal: Some(11),
            timed_out: false,
            stdout: b"a/b: 0 x: y\nnoise\na/b: 1\n".to_vec(),
            stderr: Vec::new(),
        };
        let expected = [("a/b", "0 x: y"), ("a/b #2", "1"), ("the end", "dies (signal 11)")];
        let expected = expected.map(|(step, answer)| (step.to_owned(), answer.to_owned()));
        assert_eq!(answers(&outcome), expected.into());
    }
}
