//! `lab clients`: programs that people run, unmodified, over the original and over ours.
//!
//! A client's answers are what it prints, value by value, and what it writes below /sys.

mod rocm_smi;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Args;
use regex::Regex;

use crate::answers::Answers;
use crate::compare::{Circumstances, Comparison, Place, Selection, Tally};
use crate::lab::Lab;
use crate::namespace::Run;

/// Two accelerators, and a graphics card with fans, power profiles and a voltage curve.
const MACHINES: [&str; 2] = ["mi300x-2", "navi31"];

const LIST: &str = "client-differences.toml";

/// How a client is compared: it asks every side, and tells the ledger.
type Client = fn(&Lab, &Selection, &mut Ledger) -> Result<()>;

const CLIENTS: [(&str, Client); 1] = [("rocm-smi", rocm_smi::run)];

#[derive(Args, Default)]
pub struct Clients {
    #[command(flatten)]
    selection: Selection,
    /// Only these
    #[arg(long, value_name = "NAME")]
    client: Vec<String>,
}

impl Clients {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        let names = CLIENTS.map(|(name, _)| name);
        for name in &self.client {
            let known = names.join(", ");
            ensure!(names.contains(&name.as_str()), "there is no client {name}; there are {known}");
        }
        let mut selection = self.selection.clone();
        let everything = self.client.is_empty() && selection.is_everything();
        if selection.machine.is_empty() {
            selection.machine = MACHINES.map(str::to_owned).to_vec();
        }
        let mut ledger = Ledger::new(lab)?;
        for (name, client) in CLIENTS {
            if self.client.is_empty() || self.client.iter().any(|wanted| wanted == name) {
                let start = Instant::now();
                client(lab, &selection, &mut ledger)?;
                println!("{name}: {:.1} s", start.elapsed().as_secs_f64());
            }
        }
        for (client, row) in &ledger.rows {
            println!("{client}: {row}");
        }
        ledger.comparison.finish(if everything { &self.selection } else { &selection })
    }
}

/// What a client runs on.
#[derive(Clone, Copy)]
pub enum Side<'a> {
    /// The real librocm_smi64 of that release.
    Original(&'a str),
    Ours {
        generation: &'a str,
        amdsmi: &'a str,
    },
}

impl<'a> Side<'a> {
    /// The original first, then ours over each libamd_smi.
    fn all(release: &'a str, generation: &'a str, amdsmi: &[&'a str]) -> Vec<Side<'a>> {
        let ours = amdsmi.iter().map(|amdsmi| Side::Ours { generation, amdsmi });
        [Side::Original(release)].into_iter().chain(ours).collect()
    }

    /// Puts the library where the client opens it.
    fn at(self, lab: &Lab, path: &str, mut run: Run) -> Run {
        let library = match self {
            Side::Original(release) => {
                lab.library(crate::lab::Library::Rsmi, release).join("librocm_smi64.so.1")
            }
            Side::Ours { generation, amdsmi } => {
                run = run.over_ours(generation, amdsmi).env("RSMI_COMPAT_LOG", "debug");
                lab.ours().join("librsmi_compat.so.1")
            }
        };
        run.binds.push((library, path.into()));
        run
    }
}

/// The comparisons of all clients, and the sums of each.
pub struct Ledger {
    comparison: Comparison,
    rows: BTreeMap<String, Row>,
}

#[derive(Default)]
struct Row {
    functions: BTreeSet<String>,
    tally: Tally,
}

impl Ledger {
    fn new(lab: &Lab) -> Result<Ledger> {
        Ok(Ledger { comparison: Comparison::allowing(lab, LIST)?, rows: BTreeMap::new() })
    }

    /// Compares what the client says on one machine over the original with what it says over ours.
    fn add(&mut self, client: &str, machine: &str, side: (&str, &str), real: &Said, ours: &Said) {
        let (release, amdsmi) = side;
        let place = Place { machine, release, amdsmi, circumstances: Circumstances::default() };
        let tally = self.comparison.compare(&place, &real.answers, &ours.answers);
        println!("{client} on {place}: {tally}");
        let row = self.rows.entry(client.to_owned()).or_default();
        row.tally.add(&tally);
        row.functions.extend(ours.functions.iter().cloned());
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} functions called, {}", self.functions.len(), self.tally)
    }
}

/// What a client says, and which functions of ours it called for it.
#[derive(Clone, Default)]
pub struct Said {
    answers: Answers,
    functions: BTreeSet<String>,
}

impl Said {
    fn answer(&mut self, name: String, answer: impl Into<String>) {
        self.answers.insert(name, answer.into());
    }

    /// Takes out of what was said on stderr the lines of our own log; the rest are answers.
    fn stderr(&mut self, name: &str, text: &str) {
        static CALL: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"^rsmi-compat: debug: (rsmi_\w+)\(").expect("a constant pattern")
        });
        let mut number = 0;
        for line in text.lines() {
            if let Some(found) = CALL.captures(line) {
                self.functions.insert(found[1].to_owned());
            } else if !line.starts_with("rsmi-compat: ") {
                self.answer(format!("{name}/stderr {number}"), line);
                number += 1;
            }
        }
    }

    fn extend(&mut self, other: Said) {
        self.answers.extend(other.answers);
        self.functions.extend(other.functions);
    }
}
