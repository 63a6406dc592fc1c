//! `lab clients`: programs that people run, unmodified, over the original and over ours.
//!
//! A client's answers are what it prints, value by value, and what it writes below /sys. Over ours
//! a shell runs the very line that the documents print, on a machine where all is where the guide
//! has it: ours in /usr/local, libamd_smi in /opt/rocm/lib, the made-up tree at /sys. The line is
//! given few things more, none of which reaches what is compared: RSMI_COMPAT_LOG, over the oldest
//! libamd_smi only, since nothing else says which functions were called; PYTHONPYCACHEPREFIX, since
//! a root that is never written keeps no compiled modules, with PYTHONUNBUFFERED, since a program that
//! dies loses what it has not written; and for setters a PATH with stand-ins for what would harm this
//! host.

mod btop;
mod lines;
mod pyrsmi;
mod quiet;
mod rocm_smi;
mod rust_crate;
mod tools;

use std::collections::BTreeSet;
use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::Value;

use lines::Line;

use crate::answers::Answers;
use crate::compare::{Circumstances, Comparison, Place, Selection};
use crate::kit;
use crate::lab::{Lab, Library};
use crate::namespace::{Outcome, Run};
use crate::report::{self, Row};

/// Two accelerators, and a graphics card with fans, power profiles and a voltage curve.
const MACHINES: [&str; 2] = ["mi300x-2", "navi31"];

/// A release of librocm_smi64 that ends the process over the files of newer GPUs, and a machine that
/// it knows.
const OLDEST: &str = "5.2.3";
const MACHINE_OF_ITS_TIME: &str = "mi210";

/// What Python made of its own library once need not be made again; the root is never written.
const BYTECODE: &str = "/lab/bytecode";

const LIST: &str = "client-differences.toml";

/// Where commands are; of ours in /usr/local.
const PATH: &str = "/usr/local/bin:/usr/bin:/usr/sbin";

/// The stand-ins for commands come first where something is set: see `setters`.
const SETTERS_PATH: &str = "/setters/commands:/usr/local/bin:/usr/bin:/usr/sbin";

/// Where somebody is who types a line.
const HOME: &str = "/root";

/// How a client is compared: it asks every side, and tells the ledger.
type Client = fn(&Lab, &Selection, &mut Ledger) -> Result<()>;

/// Each with the tool's name in the guide; the stand-ins have names of their own.
const CLIENTS: [(&str, &str, Client); 6] = [
    ("rocm-smi", "rocm-smi (the command)", rocm_smi::run),
    ("btop", "btop", btop::run),
    ("pyrsmi", "pyrsmi 0.2", pyrsmi::run),
    ("rust", "Rust programs with the crate rocm_smi_lib", rust_crate::run),
    ("tools", "", tools::run),
    ("quiet", "", quiet::run),
];

#[derive(Args, Default)]
pub struct Clients {
    #[command(flatten)]
    selection: Selection,
    /// Only these
    #[arg(long, value_name = "NAME")]
    client: Vec<String>,
    /// On a system with nothing of ours but our Debian package, and with Debian's newest libamd_smi
    #[arg(long, conflicts_with = "bless")]
    deb: bool,
    /// The rocm-smi command on every machine, with -a, --showmetrics and --showclocks
    #[arg(long, conflicts_with = "bless")]
    full: bool,
    /// Write the table into docs/results.md instead of comparing with it
    #[arg(long)]
    bless: bool,
}

impl Clients {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        let names = CLIENTS.map(|(name, ..)| name);
        for name in &self.client {
            let known = names.join(", ");
            ensure!(names.contains(&name.as_str()), "there is no client {name}; there are {known}");
        }
        let mut selection = self.selection.clone();
        let everything =
            self.client.is_empty() && selection.is_everything() && !self.deb && !self.full;
        if selection.machine.is_empty() && !self.full {
            selection.machine = MACHINES.map(str::to_owned).to_vec();
        }
        kit::stage(lab)?;
        if self.deb {
            kit::pack(lab)?;
            selection.only_newest_amdsmi(lab);
        }
        let mut ledger = Ledger::new(lab)?;
        for (name, _, client) in CLIENTS {
            let wanted = self.client.is_empty() || self.client.iter().any(|wanted| wanted == name);
            if wanted && (!self.full || name == "rocm-smi") {
                let start = Instant::now();
                client(lab, &selection, &mut ledger)?;
                println!("{name}: {:.1} s", start.elapsed().as_secs_f64());
            }
        }
        if self.client == ["quiet"] {
            return Ok(());
        }
        let table = report::table_of("client", "as printed", &ledger.rows);
        println!("{table}");
        ledger.comparison.finish(if everything { &self.selection } else { &selection })?;
        if everything {
            report::settle(lab, "clients", &table, self.bless)?;
        }
        Ok(())
    }
}

/// What a client runs on.
#[derive(Clone, Copy, Debug)]
pub enum Side<'a> {
    /// The real librocm_smi64 of that release.
    Original(&'a str),
    Ours {
        amdsmi: &'a str,
        /// Whether our log says what is called.
        log: bool,
    },
}

impl<'a> Side<'a> {
    /// The original first, then ours over each libamd_smi, the first of which hears the log.
    fn all(release: &'a str, amdsmi: &[&'a str]) -> Vec<Side<'a>> {
        let ours = amdsmi.iter().enumerate();
        let ours = ours.map(|(number, amdsmi)| Side::Ours { amdsmi, log: number == 0 });
        [Side::Original(release)].into_iter().chain(ours).collect()
    }
}

/// How a client is started, on whatever side.
struct Start<'a> {
    line: &'a Line,
    /// What somebody types behind the line.
    arguments: Vec<String>,
    /// The links that its package makes: what is in them, and where they are.
    links: &'a [(&'a str, &'a str)],
    /// The paths at which it finds the original.
    opens: &'a [&'a str],
}

impl<'a> Start<'a> {
    fn new(line: &'a Line, opens: &'a [&'a str]) -> Start<'a> {
        Start { line, arguments: Vec::new(), links: &[], opens }
    }

    /// The line as it is printed over ours; over the original without what makes it ours.
    fn on(&self, lab: &Lab, machine: &str, side: Side) -> Result<Run> {
        let mut before: String =
            self.links.iter().map(|(to, at)| format!("ln -s {to} {at}; ")).collect();
        let line = match side {
            Side::Original(_) => self.line.over_the_original(),
            Side::Ours { .. } => self.line.text.clone(),
        };
        // What the guide has for installations, and only a bare name of a library depends on.
        if matches!(side, Side::Ours { .. }) && line.starts_with("LD_PRELOAD=") {
            before += "ldconfig; ";
        }
        // A bash with one command becomes it, and so a signal that ends it is seen.
        let line = format!("{line} \"$@\"");
        let shell = match before.as_str() {
            "" => ["bash", "-c", &line, "bash"].map(str::to_owned).to_vec(),
            _ => {
                let script = before + "exec bash -c \"$0\" bash \"$@\"";
                ["bash", "-c", &script, &line].map(str::to_owned).to_vec()
            }
        };
        let argv = shell.into_iter().chain(self.arguments.iter().cloned());
        let mut run = Run::new(machine, argv).env("PATH", PATH);
        run.cwd = HOME.into();
        let bytecode = lab.cache.join("bytecode");
        fs::create_dir_all(&bytecode)?;
        run.binds.push((bytecode, BYTECODE.into()));
        run = run.env("PYTHONPYCACHEPREFIX", BYTECODE).env("PYTHONUNBUFFERED", "1");
        match side {
            Side::Original(release) => {
                let library = lab.library(Library::Rsmi, release).join(Library::Rsmi.file());
                let opens = self.opens.iter().map(|path| (library.clone(), path.into()));
                run.binds.extend(opens);
                Ok(run)
            }
            Side::Ours { amdsmi, log } => {
                let run = kit::on_a_machine(lab, amdsmi, run)?;
                Ok(if log { run.logging("debug") } else { run })
            }
        }
    }
}

/// One client on one machine.
#[derive(Clone, Copy)]
pub struct Of<'a> {
    pub client: &'a str,
    /// Its name in the table of results.
    pub row: &'a str,
    /// How it is run on ours, as the documents print it.
    pub line: &'a str,
    /// The real librocm_smi64 that it is compared over.
    pub release: &'a str,
    pub machine: &'a str,
}

/// The comparisons of all clients, and the sums of each.
pub struct Ledger {
    comparison: Comparison,
    rows: Vec<Row>,
    lines: Vec<Line>,
}

impl Ledger {
    fn new(lab: &Lab) -> Result<Ledger> {
        let lines = lines::all(&lab.workspace)?;
        check(&lines)?;
        Ok(Ledger { comparison: Comparison::allowing(lab, LIST)?, rows: Vec::new(), lines })
    }

    fn line(&self, tool: &str) -> Result<Line> {
        line_of(&self.lines, tool, 0)
    }

    /// Compares what the client says on one machine over the original with what it says over ours.
    fn add(&mut self, of: Of, amdsmi: &str, real: &Said, ours: &Said) {
        let Of { client, row, line, release, machine } = of;
        let place = Place { machine, release, amdsmi, circumstances: Circumstances::default() };
        let tally = self.comparison.compare(&place, &real.answers, &ours.answers);
        println!("{client} on {place}: {tally}");
        report::add(&mut self.rows, row, &format!("`{line}`"), &ours.functions, &tally);
    }
}

/// The machine on which clients of that release are compared, unless others are asked for.
fn machine_for<'a>(release: &str, machine: &'a str, selection: &Selection) -> &'a str {
    let by_default = selection.machine == MACHINES && machine == MACHINES[0];
    if by_default && release == OLDEST { MACHINE_OF_ITS_TIME } else { machine }
}

/// The line that is printed for that tool, or one of several.
fn line_of(lines: &[Line], tool: &str, number: usize) -> Result<Line> {
    let line = lines.iter().filter(|line| line.tool == tool).nth(number);
    line.cloned().with_context(|| format!("no document prints a line {number} for {tool}"))
}

/// Each tool for which a line is printed has a client here, and each client a line.
fn check(lines: &[Line]) -> Result<()> {
    let printed: BTreeSet<_> = lines.iter().map(|line| line.tool.as_str()).collect();
    let real = CLIENTS.iter().map(|(_, tool, _)| *tool).filter(|tool| !tool.is_empty());
    let had: BTreeSet<_> = real.chain(tools::names()).collect();
    let list = |set: BTreeSet<&str>| set.into_iter().collect::<Vec<_>>().join(", ");
    let (without_client, without_line) = (&printed - &had, &had - &printed);
    ensure!(without_client.is_empty(), "the lab has no client for {}", list(without_client));
    ensure!(without_line.is_empty(), "no document prints a line for {}", list(without_line));
    let all_of = |tool: &str| lines.iter().filter(|line| line.tool == tool).count();
    for tool in printed {
        let (printed, run) = (all_of(tool), tools::lines_of(tool).unwrap_or(1));
        ensure!(printed == run, "{tool}: {printed} lines are printed, and {run} are run");
    }
    Ok(())
}

/// What a client says, and which functions of ours it called for it.
#[derive(Clone, Default)]
pub struct Said {
    answers: Answers,
    functions: BTreeSet<String>,
}

impl Said {
    /// How it ended.
    fn status(&mut self, name: &str, outcome: &Outcome) {
        let status = match (outcome.status, outcome.signal) {
            _ if outcome.timed_out => "hangs".to_owned(),
            (Some(status), _) => status.to_string(),
            (None, signal) => format!("signal {}", signal.unwrap_or_default()),
        };
        self.answer(format!("{name}/status"), status);
    }

    fn answer(&mut self, name: String, answer: impl Into<String>) {
        self.answers.insert(name, answer.into());
    }

    /// Behind what was answered under that name before.
    fn one_more(&mut self, name: String, answer: &str) {
        let answers = self.answers.entry(name).or_default();
        if !answers.is_empty() {
            answers.push_str("; ");
        }
        answers.push_str(answer);
    }

    /// Each line that says something.
    fn text(&mut self, name: &str, output: &str) {
        let lines = output.lines().filter(|line| line.contains(|c: char| c.is_alphanumeric()));
        for (number, line) in lines.enumerate() {
            self.answer(format!("{name}/line {number}"), line);
        }
    }

    /// Each value, by the names that lead to it; a list is one value.
    fn json(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                for (member, value) in members {
                    self.json(&format!("{name}/{member}"), value);
                }
            }
            value => self.answer(name.to_owned(), value.to_string()),
        }
    }

    /// Where the original died, takes out what only ours says after that: there is nothing to compare
    /// it with. That the original died is a difference of its own.
    fn as_far_as(&mut self, real: &Said) {
        for (probe, status) in &real.answers {
            let Some(name) = probe.strip_suffix("/status") else { continue };
            if !status.starts_with("signal ") || self.answers.get(probe) == Some(status) {
                continue;
            }
            let begin = format!("{name}/");
            self.answers.retain(|probe, answer| {
                if !probe.starts_with(&begin) {
                    return true;
                }
                let real = real.answers.get(probe);
                if let Some(real) = real.filter(|real| answer.starts_with(&format!("{real}; "))) {
                    answer.clone_from(real);
                }
                real.is_some()
            });
        }
    }

    /// Takes out of what was said on stderr the lines of our own log. The rest are answers, each by its
    /// words, so that one more or less moves no other.
    fn stderr(&mut self, name: &str, text: &str) {
        for line in text.lines() {
            if let Some(function) = report::called(line) {
                self.functions.insert(function);
            } else if !line.starts_with("rsmi-compat: ") && !report::is_of_the_log(line) {
                self.one_more(format!("{name}/stderr {line}"), "there");
            }
        }
    }

    fn extend(&mut self, other: Said) {
        self.answers.extend(other.answers);
        self.functions.extend(other.functions);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_printed_line_has_a_client() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut lines = lines::all(&workspace).unwrap();
        check(&lines).unwrap();
        let another = Line { tool: "another".into(), ..lines[0].clone() };
        lines.push(another);
        assert!(check(&lines).unwrap_err().to_string().contains("no client for another"));
        lines.pop();
        let tool = lines[0].tool.clone();
        lines.push(lines[0].clone());
        assert!(check(&lines).unwrap_err().to_string().contains("2 lines are printed"));
        lines.retain(|line| line.tool != tool);
        assert!(check(&lines).unwrap_err().to_string().contains(&tool));
    }

    #[test]
    fn what_comes_after_the_originals_death_is_not_compared() {
        let said = |answers: &[(&str, &str)]| {
            let mut said = Said::default();
            answers.iter().for_each(|(name, answer)| said.answer((*name).to_owned(), *answer));
            said
        };
        let real = said(&[("c/a/status", "signal 6"), ("c/a/x", "1; 2"), ("c/b/status", "0")]);
        let mut ours = said(&[
            ("c/a/status", "0"),
            ("c/a/x", "1; 2; 3"),
            ("c/a/y", "4"),
            ("c/b/status", "0"),
            ("c/b/y", "5"),
        ]);
        ours.as_far_as(&real);
        let left = [("c/a/status", "0"), ("c/a/x", "1; 2"), ("c/b/status", "0"), ("c/b/y", "5")];
        assert_eq!(ours.answers, said(&left).answers);

        let mut wrong = said(&[("c/a/status", "0"), ("c/a/x", "1; 3")]);
        wrong.as_far_as(&real);
        assert_eq!(wrong.answers["c/a/x"], "1; 3");
    }

    #[test]
    fn json_is_taken_apart_into_values() {
        let mut said = Said::default();
        let value = serde_json::json!({"card0": {"Temp": "42.0"}, "system": {"Driver": "6"}});
        said.json("c", &value);
        let names: Vec<_> = said.answers.iter().collect();
        assert_eq!(names.len(), 2);
        assert_eq!(said.answers["c/card0/Temp"], "\"42.0\"");
    }
}
