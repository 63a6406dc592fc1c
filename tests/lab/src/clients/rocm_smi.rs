//! The command `rocm-smi`: each option that shows something, as text and as JSON, and each that sets.

use std::borrow::Cow;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use regex::Regex;
use tempfile::TempDir;

use super::lines::Line;
use super::{Ledger, MACHINES, Of, SETTERS_PATH, Said, Side, Start};
use crate::compare::{Selection, in_parallel};
use crate::fetch;
use crate::lab::Lab;
use crate::namespace::{Outcome, Run};
use crate::setters;
use crate::terminal::{self, Next};

/// The command, a link, since it looks for its modules and its library beside what it is.
const LINKS: [(&str, &str); 1] = [("../libexec/rocm_smi/rocm_smi.py", "/usr/bin/rocm-smi")];

/// Where it opens the library: bookworm's in the one place, the others in the other.
const LIBRARY: [&str; 2] =
    ["/usr/lib/librocm_smi64.so.1", "/usr/lib/x86_64-linux-gnu/librocm_smi64.so.1"];

/// How a line begins by which it says that there is no such file; that is no answer of a GPU's.
const SEARCHES: &str = "Unable to find ";

/// The command's release, and that of the library it came with.
const RELEASES: [&str; 2] = ["6.1.2", "6.4.1"];

/// What is asked on machines beyond the usual ones.
const BRIEFLY: [&str; 3] = ["-a", "--showmetrics", "--showclocks"];

/// What shows something until somebody types a letter.
const INTERACTIVE: [&str; 2] = ["--showevents", "--showtempgraph"];

/// It told of more than this in every release.
const FEWEST_OPTIONS: usize = 50;

/// Where strace writes inside.
const TRACE: &str = "/setters/trace";

const PATIENCE: Duration = Duration::from_secs(60);

const SETTERS: [&str; 53] = [
    "--setclock sclk 1",
    "--setclock mclk 2",
    "--setclock sclk 99",
    "--setsclk 0 1",
    "--setmclk 1",
    "--setmclk 99",
    "--setpcie 1",
    "--setpcie 0 1",
    "--setslevel 1 1500 900",
    "--setmlevel 1 900 900",
    "--setvc 1 1500 900",
    "--setvc 9 1500 900",
    "--setsrange 600 1900",
    "--setsrange 1900 600",
    "--setmrange 900 1200",
    "--setextremum max sclk 1900",
    "--setextremum min sclk 600",
    "--setextremum max mclk 1100",
    "--setextremum min mclk 900",
    "--setfan 120",
    "--setfan 50%",
    "--setfan 300",
    "--setperflevel auto",
    "--setperflevel low",
    "--setperflevel high",
    "--setperflevel manual",
    "--setperflevel none",
    "--setoverdrive 5",
    "--setoverdrive 50",
    "--setmemoverdrive 5",
    "--setpoweroverdrive 300",
    "--setpoweroverdrive 1",
    "--setpoweroverdrive 9999",
    "--setprofile 1",
    "--setprofile 2",
    "--setprofile 99",
    "--setperfdeterminism 1600",
    "--setcomputepartition DPX",
    "--setcomputepartition cpx",
    "--setmemorypartition NPS4",
    "--rasenable sdma ue",
    "--rasdisable umc ce",
    "--rasinject sdma",
    "--resetclocks",
    "--resetfans",
    "--resetprofile",
    "--resetpoweroverdrive",
    "--resetxgmierr",
    "--resetperfdeterminism",
    "--resetcomputepartition",
    "--resetmemorypartition",
    "--gpureset -d 0",
    "--save /tmp/saved",
];

pub fn run(lab: &Lab, selection: &Selection, ledger: &mut Ledger) -> Result<()> {
    let amdsmi = selection.amdsmi(lab)?;
    let newest = &amdsmi[amdsmi.len().saturating_sub(1)..];
    let place = tempfile::Builder::new().prefix("rsmi-clients-").tempdir()?;
    let line = &ledger.line("rocm-smi (the command)")?;
    for release in RELEASES.into_iter().filter(|release| selection.wants(release)) {
        if !fetch::program(lab, "rocm-smi", release).is_dir() {
            println!("rocm-smi {release} is gone from the archive");
            continue;
        }
        for machine in selection.machines() {
            let machine = machine.as_str();
            let bench = Bench::new(lab, line, release, machine, &place)?;
            // What is written does not depend on libamd_smi, and takes long to watch.
            let all = [(bench.shown()?, &*amdsmi), (bench.set(), newest)];
            for (tasks, amdsmi) in all.into_iter().filter(|(tasks, _)| !tasks.is_empty()) {
                let mut said = bench.ask_all(&tasks, &Side::all(release, amdsmi))?;
                let (real, ours) = said.split_at_mut(1);
                for (amdsmi, ours) in amdsmi.iter().zip(ours) {
                    ours.as_far_as(&real[0]);
                    let client = &format!("rocm-smi {release}");
                    let of = Of { client, row: client, line: &line.text, release, machine };
                    ledger.add(of, amdsmi, &real[0], ours);
                }
            }
        }
    }
    Ok(())
}

/// How the newest command shows sensors, over the original and over ours.
pub fn watcher(
    lab: &Lab,
    line: &Line,
    place: &TempDir,
    machine: &str,
    amdsmi: &str,
) -> Result<[Run; 2]> {
    const SENSORS: [&str; 5] =
        ["--showtemp", "--showuse", "--showpower", "--showmemuse", "--showclocks"];
    let release = RELEASES[RELEASES.len() - 1];
    let bench = Bench::new(lab, line, release, machine, place)?;
    let ours = Side::Ours { amdsmi, log: false };
    Ok([bench.start(Side::Original(release), &SENSORS)?, bench.start(ours, &SENSORS)?])
}

/// One release of the command on one machine.
struct Bench<'a> {
    lab: &'a Lab,
    line: &'a Line,
    release: &'a str,
    machine: &'a str,
    binds: Vec<(PathBuf, PathBuf)>,
}

/// One way to start the command.
#[derive(Clone)]
enum Task {
    Show(String),
    Watch(&'static str),
    Set(&'static str),
}

impl<'a> Bench<'a> {
    fn new(
        lab: &'a Lab,
        line: &'a Line,
        release: &'a str,
        machine: &'a str,
        place: &TempDir,
    ) -> Result<Bench<'a>> {
        let script = fetch::program(lab, "rocm-smi", release).join("usr/libexec/rocm_smi");
        let mut binds = setters::stand_ins(place.path())?;
        binds.push((script, "/usr/libexec/rocm_smi".into()));
        Ok(Bench { lab, line, release, machine, binds })
    }

    /// Every side's answers to all tasks.
    fn ask_all(&self, tasks: &[Task], sides: &[Side]) -> Result<Vec<Said>> {
        let of_side = |side| tasks.iter().map(move |task| (side, task));
        let work: Vec<_> = sides.iter().flat_map(of_side).collect();
        let said = in_parallel(&work, |(side, task)| self.ask(**side, task))?;
        let together = |chunk: &[Said]| {
            let mut all = Said::default();
            chunk.iter().for_each(|said| all.extend(said.clone()));
            all
        };
        Ok(said.chunks(tasks.len()).map(together).collect())
    }

    fn is_brief(&self) -> bool {
        !MACHINES.contains(&self.machine)
    }

    fn set(&self) -> Vec<Task> {
        let all = SETTERS.into_iter().map(Task::Set);
        all.filter(|_| !self.is_brief()).collect()
    }

    fn shown(&self) -> Result<Vec<Task>> {
        if self.is_brief() {
            return Ok(BRIEFLY.map(|options| Task::Show(options.to_owned())).to_vec());
        }
        let help = self.start(Side::Original(self.release), &["--help"])?.output(self.lab)?;
        let options = options(&help.text())?;
        let mut tasks = Vec::new();
        for option in ["", "-d 0 --showtemp", "-d 7 --showtemp", "--version"] {
            tasks.push(Task::Show(option.to_owned()));
        }
        let watched = |option: &str| INTERACTIVE.into_iter().find(|watched| *watched == option);
        let (watch, show): (Vec<_>, Vec<_>) =
            options.into_iter().partition(|option| watched(option).is_some());
        tasks.extend(watch.iter().filter_map(|option| watched(option)).map(Task::Watch));
        // As JSON it tells of everything at once.
        tasks.push(Task::Show(format!("{} --json", show.join(" "))));
        tasks.extend(show.into_iter().map(Task::Show));
        tasks.push(Task::Show("--showallinfo --csv".to_owned()));
        Ok(tasks)
    }

    fn start(&self, side: Side, arguments: &[&str]) -> Result<Run> {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let start = Start { arguments, links: &LINKS, ..Start::new(self.line, &LIBRARY) };
        let mut run = start.on(self.lab, self.machine, side)?.timeout(PATIENCE);
        run.binds.extend(self.binds.iter().cloned());
        Ok(run)
    }

    fn ask(&self, side: Side, task: &Task) -> Result<Said> {
        match task {
            Task::Show(options) => {
                let arguments: Vec<_> = options.split_whitespace().collect();
                let outcome = self.start(side, &arguments)?.output(self.lab)?;
                said(&self.name(options), &outcome, outcome.errors())
            }
            Task::Watch(option) => self.watch(side, option),
            Task::Set(options) => self.sets(side, options),
        }
        .with_context(|| format!("rocm-smi {} on {}", self.release, self.machine))
    }

    fn name(&self, options: &str) -> String {
        let options = match options {
            "" => "-",
            _ if options.ends_with(" --json") => "--json",
            _ => options,
        };
        format!("rocm-smi {}/{options}", self.release)
    }

    /// Lets it draw for a while, and types the letter that ends it.
    fn watch(&self, side: Side, option: &str) -> Result<Said> {
        let run = self.start(side, &[option])?;
        let mut kept = false;
        let ending = terminal::run(&run, self.lab, |_, time| match kept {
            false if time > Duration::from_millis(1500) => {
                kept = true;
                Next::Keep("q")
            }
            _ => Next::Wait,
        })?;
        let name = self.name(option);
        let mut said = Said::default();
        said.answer(format!("{name}/status"), format!("{:?} {:?}", ending.status, ending.signal));
        let screen = ending.screen.with_context(|| format!("{option} showed nothing"))?;
        // How often it drew is chance.
        let mut lines: Vec<_> = screen.lines().map(str::trim_end).collect();
        lines.dedup();
        lines.retain(|line| !line.starts_with(SEARCHES));
        self::lines(&mut said, &name, &lines.join("\n"));
        said.stderr(&name, &ending.stderr);
        Ok(said)
    }

    /// What it says, and what was written below /sys.
    fn sets(&self, side: Side, options: &str) -> Result<Said> {
        let (mut outcome, mut trace) = self.traced(side, options)?;
        // It forks while it has threads, and then stops for good every now and then.
        if outcome.timed_out {
            println!("rocm-smi {} {options} hung over {side:?}, and is run again", self.release);
            (outcome, trace) = self.traced(side, options)?;
        }
        let name = self.name(options);
        let mut said = said(&name, &outcome, outcome.errors())?;
        ensure!(!trace.is_empty(), "strace saw nothing: {}", outcome.errors().trim());
        let deeds = setters::deeds_of_many(&trace);
        said.answer(format!("{name}/writes"), deeds.join("\n"));
        Ok(said)
    }

    fn traced(&self, side: Side, options: &str) -> Result<(Outcome, String)> {
        let arguments: Vec<_> = options.split_whitespace().chain(["--autorespond", "y"]).collect();
        // The trace has a file of its own, since the command has something to say on stderr.
        let trace = tempfile::NamedTempFile::new()?;
        let mut run = self.start(side, &arguments)?;
        let strace = setters::STRACE.into_iter().chain(["-o", TRACE]);
        run.argv = strace.map(str::to_owned).chain(run.argv).collect();
        run.binds.push((trace.path().to_owned(), TRACE.into()));
        let outcome = run.env("PATH", SETTERS_PATH).output(self.lab)?;
        let trace = fs::read_to_string(trace.path())?;
        Ok((outcome, trace))
    }
}

/// The options that show something, in its own words.
fn options(help: &str) -> Result<Vec<String>> {
    let shows = help.split_once("Display Options:").map(|(_, rest)| rest);
    let shows = shows.and_then(|rest| rest.split_once("Set options:"));
    let (shows, _) = shows.context("--help has no chapter about what can be shown")?;
    let option = Regex::new(r"(?m)^  (?:-\w, )?(--\w+)( TYPE)?")?;
    let options: Vec<_> = option
        .captures_iter(shows)
        .map(|found| format!("{}{}", &found[1], if found.get(2).is_some() { " all" } else { "" }))
        .collect();
    ensure!(options.len() >= FEWEST_OPTIONS, "--help tells of {} options only", options.len());
    Ok(options)
}

fn said(name: &str, outcome: &Outcome, stderr: String) -> Result<Said> {
    let mut said = Said::default();
    said.status(name, outcome);
    let output = outcome.text();
    let (searches, output): (Vec<_>, Vec<_>) =
        output.lines().partition(|line| line.starts_with(SEARCHES));
    said.text(&format!("{name}/search"), &searches.join("\n"));
    let output = output.join("\n");
    match serde_json::from_str(output.trim()) {
        Ok(value) => said.json(name, &value),
        Err(_) => lines(&mut said, name, &without_progress(&output)),
    }
    said.stderr(name, &stderr);
    Ok(said)
}

/// A line about a GPU goes by what it is about, and any other by its words, so that one more or less
/// moves no other. Those of a table go by their place.
fn lines(said: &mut Said, name: &str, output: &str) {
    static ABOUT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(GPU\[\d+\](?: XCP\[\d+\])?)\s*:\s*(.*?)\s*:\s(.*)$")
            .expect("a constant pattern")
    });
    let mut others = Vec::new();
    for line in output.lines() {
        match ABOUT.captures(line) {
            Some(about) => {
                said.one_more(format!("{name}/{}: {}", &about[1], &about[2]), &about[3]);
            }
            None => others.push(line),
        }
    }
    if name.ends_with("--csv") {
        return said.text(name, &others.join("\n"));
    }
    for line in others.into_iter().filter(|line| line.contains(|c: char| c.is_alphanumeric())) {
        said.one_more(format!("{name}/line {}", line.trim()), "there");
    }
}

/// Another process of the command's draws a bar, and gets as far as it gets.
fn without_progress(output: &str) -> Cow<'_, str> {
    static BAR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\r?\w+ memory partition: \[[^\]]*\] \d+/\d+ secs remain\r?")
            .expect("a constant pattern")
    });
    BAR.replace_all(output, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_by_what_it_is_about() {
        let mut said = Said::default();
        let output = "= Title =\nGPU[0]\t\t: a: b: 1\nGPU[0]\t\t: a: b: 2\nGPU[1]: ok\n\
                      GPU[1] XCP[2]\t\t: a: 3\n";
        lines(&mut said, "c", output);
        let answers: Vec<_> = said.answers.into_iter().collect();
        let expected = [
            ("c/GPU[0]: a", "b: 1; b: 2"),
            ("c/GPU[1] XCP[2]: a", "3"),
            ("c/line = Title =", "there"),
            ("c/line GPU[1]: ok", "there"),
        ];
        assert_eq!(answers, expected.map(|(name, answer)| (name.to_owned(), answer.to_owned())));
    }

    #[test]
    fn a_bar_is_no_answer() {
        let bar = "Resetting memory partition: [..] 0/13 secs remainGPU[0]\t\t: Not supported";
        assert_eq!(without_progress(bar), "GPU[0]\t\t: Not supported");
    }
}
