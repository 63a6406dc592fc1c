//! `rsmi-compat audit`: what a program wants of rocm_smi_lib, whether we have it, and how to run it.

mod ctypes;
mod dwarf;
mod evidence;
mod lost;
mod machine;
mod names;
mod object;
mod python;
mod report;
mod tree;

use crate::elf::{self, Kind};
use crate::run::locate;
use anyhow::{Result, anyhow, bail};
use clap::Args;
use evidence::{Evidence, Verdict};
use names::Names;
use python::Python;
use report::Report;
use rsmi_generations::Open;
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
    `open` are the generations of rocm_smi.h that nothing proves the file not to be compiled \
    with; its structs are filled as far as all of these have them. `likely` are those of them \
    that it was built beside, or that the machine has."
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

/// What is proven of a file, for the library, which cannot see it.
pub struct Proven {
    /// As the library looks for it: behind all links.
    pub file: PathBuf,
    pub open: Open,
    pub because: String,
}

/// Of these files, and of the libraries that they need.
pub fn proven(files: &[PathBuf]) -> Vec<Proven> {
    let mut proven: Vec<Proven> = Vec::new();
    for report in files.iter().filter_map(|file| examine(file).ok()) {
        for (file, verdict) in report.verdicts() {
            let Some((open, because)) = verdict.for_us_alone() else { continue };
            let Ok(file) = file.canonicalize() else { continue };
            if proven.iter().all(|known| known.file != file) {
                proven.push(Proven { file, open, because });
            }
        }
    }
    proven
}

/// The file itself, or the program in PATH that `run` would run by this name.
fn located(file: &Path) -> Result<PathBuf> {
    if file.as_os_str().as_bytes().contains(&b'/') || file.symlink_metadata().is_ok() {
        return Ok(file.to_owned());
    }
    locate(file.as_os_str())
        .map_err(|_| anyhow!("there is no such file here, and no such program in PATH"))
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
    let mut evidence = Vec::new();
    let texts = Python::of(&interpreters(path)).texts(path, &content);
    let structs = structs(texts.loaded, &texts.bindings);
    evidence.extend(of_structs(&structs));
    let files =
        names.libraries.iter().filter_map(|library| Path::new(library).file_name()?.to_str());
    let telling: Vec<_> = files.filter_map(|file| Evidence::of_opened(path, file)).collect();
    // One that tries several names was built with none of them in mind.
    if telling.len() == 1 {
        evidence.extend(telling);
    }
    evidence.extend(machine::evidence(path));
    let mut notes = vec!["is a text: its names are all that can be seen of it".to_owned()];
    if texts.bindings.len() > 1 {
        let which: Vec<_> = texts.bindings.iter().map(|file| file.display().to_string()).collect();
        notes.push(format!("may load any of {}", which.join(", ")));
    }
    let files = structs.into_iter().map(|(file, _)| file).collect();
    Ok(Report::new(path, "text", Verdict::of(evidence)).of_text(names, files, notes))
}

/// The Python files that have structs of rocm_smi.h, and what each of them proves.
fn structs(loaded: Vec<(PathBuf, Vec<u8>)>, bindings: &[PathBuf]) -> Vec<(PathBuf, Vec<Evidence>)> {
    let of = |file: &Path, text: &[u8]| {
        ctypes::layouts(&String::from_utf8_lossy(text)).evidence(file, "it")
    };
    let loaded = loaded.into_iter().map(|(file, text)| (of(&file, &text), file));
    let loaded = loaded.filter(|(evidence, _)| !evidence.is_empty());
    // Of these one is loaded, even if nothing can be read in it.
    let bindings = bindings
        .iter()
        .map(|file| (of(file, &std::fs::read(file).unwrap_or_default()), file.clone()));
    loaded.chain(bindings).map(|(evidence, file)| (file, evidence)).collect()
}

/// Of one file, each of its structs proves something; of several, any may be what is used.
fn of_structs(files: &[(PathBuf, Vec<Evidence>)]) -> Vec<Evidence> {
    if let [(_, evidence)] = files {
        return evidence.clone();
    }
    let all = files.iter().map(|(_, evidence)| Verdict::of(evidence.clone()).open);
    let all = all.reduce(Open::or).filter(|open| *open != Open::ALL);
    let Some((open, (file, _))) = all.zip(files.first()) else { return Vec::new() };
    let names: Vec<_> = files.iter().map(|(file, _)| file.display().to_string()).collect();
    let says = format!("the structs in {} are of {open}", names.join(" and "));
    vec![Evidence { for_us_alone: true, ..Evidence::proof(file, open, says) }]
}

/// What runs a script, or would.
fn interpreters(script: &Path) -> Vec<PathBuf> {
    let named = crate::run::interpreters(script).ok();
    named
        .or_else(|| crate::run::locate("python3".as_ref()).ok().map(|one| vec![one]))
        .unwrap_or_default()
}

fn not_answered<'a>(functions: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    functions.into_iter().filter(|name| !names::is_answered(name)).cloned().collect()
}
