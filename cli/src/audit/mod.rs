//! `rsmi-compat audit`: what a program wants of rocm_smi_lib, whether we have it, and how to run it.

mod dwarf;
mod evidence;
mod names;
mod object;
mod report;
mod tree;

use crate::elf::{self, Kind};
use crate::generation::Generation;
use crate::run::locate;
use anyhow::{Result, anyhow, bail};
use clap::Args;
use evidence::Verdict;
use names::Names;
use report::Report;
use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const NOT_ANSWERED: u8 = 1;
const UNREADABLE: u8 = 2;

/// Tell what programs want of rocm_smi_lib, and how to run them
///
/// Reads ELF programs, libraries and Python extensions with the libraries that they need, and
/// scans scripts for names. A name without a slash that is no file here is a program in PATH.
/// Nothing is run or changed.
#[derive(Args)]
#[command(
    after_help = "Exit status: 0 if everything that is wanted is answered, 1 if a function is \
    wanted that this library does not have, 2 if a file cannot be read.\n\n\
    A generation is `exact` where the debug information has the structs that the program was \
    compiled with, `likely` by what it was built beside, a `guess` where several fit, the oldest \
    of them then being taken."
)]
pub struct Audit {
    /// Programs, libraries, Python extensions or scripts; a program in PATH by its name, too
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write an array of one object for each file
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub fn run(&self) -> Result<ExitCode> {
        let mut reports = Vec::new();
        let mut code = 0;
        for file in &self.files {
            match located(file).and_then(|file| examine(&file)) {
                Ok(report) => {
                    if !report.not_answered.is_empty() {
                        code = code.max(NOT_ANSWERED);
                    }
                    if !self.json {
                        report.print();
                    }
                    reports.push(report);
                }
                Err(error) => {
                    crate::complain(&error.context(file.display().to_string()));
                    code = UNREADABLE;
                }
            }
        }
        if self.json {
            crate::print_json(&reports)?;
        }
        Ok(ExitCode::from(code))
    }
}

/// The file itself, or the program in PATH that `run` would run by this name.
fn located(file: &Path) -> Result<PathBuf> {
    if file.as_os_str().as_bytes().contains(&b'/') || file.symlink_metadata().is_ok() {
        return Ok(file.to_owned());
    }
    locate(file.as_os_str())
        .map_err(|_| anyhow!("there is no such file here, and no such program in PATH"))
}

/// The generation that a program's files tell, as `run` needs it.
pub fn generation(files: &[PathBuf]) -> Option<Generation> {
    let evidence = files.iter().filter_map(|file| examine(file).ok());
    Verdict::of(evidence.flat_map(|report| report.generation.evidence).collect()).generation
}

/// The libraries that a library needs.
pub fn needed(path: &Path) -> Result<Vec<String>> {
    let (_, data) = elf::open(path)?;
    object::needed(&elf::parse(&data)?)
}

fn examine(path: &Path) -> Result<Report> {
    let (kind, data) = elf::open(path)?;
    match kind {
        Kind::Elf => tree::examine(path, &data),
        Kind::Script | Kind::Text => text(path),
        Kind::Other if std::fs::metadata(path)?.len() == 0 => bail!("is empty"),
        Kind::Other => bail!("is neither an ELF file nor a text"),
    }
}

/// No text of a program is longer.
const LONGEST_TEXT: u64 = 16 << 20;

/// A script: its words are all that there is.
fn text(path: &Path) -> Result<Report> {
    let mut content = Vec::new();
    std::fs::File::open(path)?.take(LONGEST_TEXT).read_to_end(&mut content)?;
    let mut names = Names::default();
    names.scan(&content);
    let files =
        names.libraries.iter().filter_map(|library| Path::new(library).file_name()?.to_str());
    let telling = files.filter_map(|file| evidence::Evidence::of_needed(path, file));
    // One that tries several names was built with none of them in mind.
    let verdict = match telling.collect::<Vec<_>>() {
        one if one.len() == 1 => Verdict::of(one),
        _ => Verdict::of(Vec::new()),
    };
    let notes = vec!["is a text: its names are all that can be seen of it".to_owned()];
    Ok(Report::new(path, "text", verdict).of_text(names, notes))
}

fn not_answered<'a>(functions: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    functions.into_iter().filter(|name| !names::is_answered(name)).cloned().collect()
}
