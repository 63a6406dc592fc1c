//! `lab clients`: programs that people run, unmodified, over the original and over ours.
//!
//! A client's answers are what it prints, value by value, and what it writes below /sys.

mod btop;
mod pyrsmi;
mod rocm_smi;
mod rust_crate;

use std::collections::BTreeSet;
use std::fs;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::Value;

use crate::answers::Answers;
use crate::compare::{Circumstances, Comparison, Place, Selection};
use crate::kit;
use crate::lab::{Lab, Library};
use crate::namespace::Run;
use crate::report::{self, Row};

/// Two accelerators, and a graphics card with fans, power profiles and a voltage curve.
const MACHINES: [&str; 2] = ["mi300x-2", "navi31"];

/// What Python made of its own library once need not be made again; the root is never written.
const BYTECODE: &str = "/lab/bytecode";

const LIST: &str = "client-differences.toml";

/// How a client is compared: it asks every side, and tells the ledger.
type Client = fn(&Lab, &Selection, &mut Ledger) -> Result<()>;

const CLIENTS: [(&str, Client); 4] = [
    ("rocm-smi", rocm_smi::run),
    ("btop", btop::run),
    ("pyrsmi", pyrsmi::run),
    ("rust", rust_crate::run),
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
    /// Write the table into README.md instead of comparing with it
    #[arg(long)]
    bless: bool,
}

impl Clients {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        let names = CLIENTS.map(|(name, _)| name);
        for name in &self.client {
            let known = names.join(", ");
            ensure!(names.contains(&name.as_str()), "there is no client {name}; there are {known}");
        }
        let mut selection = self.selection.clone();
        let everything = self.client.is_empty() && selection.is_everything() && !self.deb;
        if selection.machine.is_empty() {
            selection.machine = MACHINES.map(str::to_owned).to_vec();
        }
        kit::stage(lab)?;
        if self.deb {
            kit::pack(lab)?;
            selection.only_newest_amdsmi(lab);
        }
        let mut ledger = Ledger::new(lab)?;
        for (name, client) in CLIENTS {
            if self.client.is_empty() || self.client.iter().any(|wanted| wanted == name) {
                let start = Instant::now();
                client(lab, &selection, &mut ledger)?;
                println!("{name}: {:.1} s", start.elapsed().as_secs_f64());
            }
        }
        let table = report::table("client", &ledger.rows);
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

    /// The original where the client opens it; ours by `rsmi-compat run`.
    fn under(self, lab: &Lab, path: &str, mut run: Run) -> Result<Run> {
        run = run.env("PYTHONPYCACHEPREFIX", BYTECODE);
        let bytecode = lab.cache.join("bytecode");
        fs::create_dir_all(&bytecode)?;
        run.binds.push((bytecode, BYTECODE.into()));
        match self {
            Side::Original(release) => {
                let library = lab.library(Library::Rsmi, release).join("librocm_smi64.so.1");
                run.binds.push((library, path.into()));
                Ok(run)
            }
            Side::Ours { generation, amdsmi } => {
                kit::wrap(lab, generation, amdsmi, run.env("RSMI_COMPAT_LOG", "debug"))
            }
        }
    }
}

/// One client on one machine.
#[derive(Clone, Copy)]
pub struct Of<'a> {
    pub client: &'a str,
    /// How it is run on ours, as README.md shows it.
    pub line: &'a str,
    /// The real librocm_smi64 that it is compared over.
    pub release: &'a str,
    pub machine: &'a str,
}

/// The comparisons of all clients, and the sums of each.
pub struct Ledger {
    comparison: Comparison,
    rows: Vec<Row>,
}

impl Ledger {
    fn new(lab: &Lab) -> Result<Ledger> {
        Ok(Ledger { comparison: Comparison::allowing(lab, LIST)?, rows: Vec::new() })
    }

    /// Compares what the client says on one machine over the original with what it says over ours.
    fn add(&mut self, of: Of, amdsmi: &str, real: &Said, ours: &Said) {
        let Of { client, line, release, machine } = of;
        let place = Place { machine, release, amdsmi, circumstances: Circumstances::default() };
        let tally = self.comparison.compare(&place, &real.answers, &ours.answers);
        println!("{client} on {place}: {tally}");
        report::add(&mut self.rows, client, line, &ours.functions, &tally);
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

    /// Takes out of what was said on stderr the lines of our own log; the rest are answers.
    fn stderr(&mut self, name: &str, text: &str) {
        let mut number = 0;
        for line in text.lines() {
            if let Some(function) = report::called(line) {
                self.functions.insert(function.to_owned());
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

#[cfg(test)]
mod tests {
    use super::*;

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
