//! What `audit` says about one file, for people and for programs.

use super::evidence::{Sure, Verdict};
use super::names::Names;
use super::not_answered;
use super::object::{Findings, is_rocm_smi};
use crate::generation::Possible;
use crate::out::println;
use crate::style::{BAD, GOOD, HEAD, WEAK};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(Serialize)]
pub struct Report {
    pub file: PathBuf,
    kind: &'static str,
    /// Whether it has anything to do with rocm_smi_lib.
    uses_rocm_smi: bool,
    /// Functions that it is linked to.
    imports: BTreeSet<String>,
    /// Functions whose names are among its constants: to be looked up, or for messages.
    names: BTreeSet<String>,
    /// Functions that it contains itself.
    defines: BTreeSet<String>,
    /// Those of the above wanted from us that we do not have.
    pub not_answered: BTreeSet<String>,
    /// Names of librocm_smi64 that it is linked to.
    needs: BTreeSet<String>,
    /// Names of librocm_smi64 that it may open.
    opens: BTreeSet<String>,
    /// The libraries that it needs, as far as they use rocm_smi_lib.
    libraries: Vec<LibraryReport>,
    /// Other libraries that it needs and that are not found.
    missing: BTreeSet<String>,
    pub generation: Verdict,
    /// What to do.
    run: Option<String>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct LibraryReport {
    name: String,
    path: PathBuf,
    needed_by: PathBuf,
    imports: BTreeSet<String>,
    names: BTreeSet<String>,
    not_answered: BTreeSet<String>,
    needs: BTreeSet<String>,
    opens: BTreeSet<String>,
}

/// A library that uses rocm_smi_lib.
pub struct Library {
    pub name: String,
    pub path: PathBuf,
    pub needed_by: PathBuf,
    pub found: Findings,
}

fn rocm_smi_of(found: &Findings) -> BTreeSet<String> {
    found.needed.iter().filter(|name| is_rocm_smi(name)).cloned().collect()
}

impl Report {
    pub fn new(file: &Path, kind: &'static str, generation: Verdict) -> Self {
        Self {
            file: file.to_owned(),
            kind,
            uses_rocm_smi: false,
            imports: BTreeSet::new(),
            names: BTreeSet::new(),
            defines: BTreeSet::new(),
            not_answered: BTreeSet::new(),
            needs: BTreeSet::new(),
            opens: BTreeSet::new(),
            libraries: Vec::new(),
            missing: BTreeSet::new(),
            generation,
            run: None,
            notes: Vec::new(),
        }
    }

    pub fn of_text(mut self, names: Names, notes: Vec<String>) -> Self {
        self.uses_rocm_smi = !names.functions.is_empty() || !names.libraries.is_empty();
        self.not_answered = not_answered(&names.functions);
        self.names = names.functions;
        self.opens = names.libraries;
        self.notes = notes;
        let script = self.script();
        self.advise(script);
        self
    }

    pub fn of_elf(
        file: &Path,
        found: Findings,
        libraries: Vec<Library>,
        missing: BTreeSet<String>,
    ) -> Self {
        let all = libraries.iter().map(|library| &library.found).chain([&found]);
        let evidence = all.clone().flat_map(|found| found.evidence.clone()).collect();
        let notes = all.flat_map(|found| found.notes.clone()).collect();
        let kind = if found.program { "program" } else { "library" };
        let mut report = Self::new(file, kind, Verdict::of(evidence));
        report.uses_rocm_smi = found.uses() || !libraries.is_empty();
        report.needs = rocm_smi_of(&found);
        report.not_answered = not_answered(found.imports.iter().chain(&found.names.functions));
        report.imports = found.imports;
        report.defines = found.defines;
        report.names = found.names.functions;
        report.opens = found.names.libraries;
        report.missing = missing;
        report.notes = notes;
        for Library { name, path, needed_by, found } in libraries {
            let lacking = not_answered(found.imports.iter().chain(&found.names.functions));
            report.not_answered.extend(lacking.iter().cloned());
            report.libraries.push(LibraryReport {
                needs: rocm_smi_of(&found),
                not_answered: lacking,
                imports: found.imports,
                names: found.names.functions,
                opens: found.names.libraries,
                name,
                path,
                needed_by,
            });
        }
        let program = found.program.then(|| shell_word(&report.file));
        report.advise(program);
        report
    }

    /// How a script is started.
    fn script(&self) -> Option<String> {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(&self.file).ok()?;
        if metadata.permissions().mode() & 0o111 != 0 {
            return Some(shell_word(&self.file));
        }
        let python = self.file.extension().is_some_and(|extension| extension == "py");
        python.then(|| format!("python3 {}", shell_word(&self.file)))
    }

    /// The line to run, and what else there is to know.
    fn advise(&mut self, program: Option<String>) {
        if self.generation.contradictory {
            self.notes.push(
                "has the layouts of several generations: it chooses by rsmi_version_get, or its \
                 parts do not fit each other; give --abi if its values are wrong"
                    .into(),
            );
        }
        if !self.uses_rocm_smi {
            self.notes.push(if self.defines.is_empty() {
                "has nothing to do with rocm_smi_lib".into()
            } else {
                "contains rocm_smi_lib itself: there is nothing to replace".into()
            });
            return;
        }
        let abi = self.generation.generation.map(|abi| format!("--abi {abi} ")).unwrap_or_default();
        let command = program.unwrap_or_else(|| "PROGRAM".into());
        self.run = Some(format!("rsmi-compat run {abi}-- {command}"));
    }

    pub fn print(&self) {
        println!("{HEAD}{}{HEAD:#}: {}", self.file.display(), self.kind);
        let row = |label: &str, text: &str| println!("  {label:<12} {text}");
        let list = |label: &str, set: &BTreeSet<String>| {
            if !set.is_empty() {
                row(label, &joined(set));
            }
        };
        list("needs", &self.needs);
        list("may open", &self.opens);
        self.functions("imports", &self.imports);
        self.functions("names", &self.names.difference(&self.imports).cloned().collect());
        if !self.defines.is_empty() {
            row("contains", &format!("{} functions of rocm_smi_lib itself", self.defines.len()));
        }
        for library in &self.libraries {
            let count = library.imports.union(&library.names).count();
            let by = library.needed_by.display();
            let names = joined(&library.needs.union(&library.opens).cloned().collect());
            row(
                "library",
                &format!("{} ({by} needs it): {count} functions; {names}", library.path.display()),
            );
        }
        list("not found", &self.missing);
        if self.uses_rocm_smi {
            self.print_generation();
        }
        for note in &self.notes {
            row("note", note);
        }
        if let Some(run) = &self.run {
            println!("  {:<12} {HEAD}{run}{HEAD:#}", "run it by");
        }
    }

    fn functions(&self, label: &str, functions: &BTreeSet<String>) {
        if functions.is_empty() {
            return;
        }
        let lacking = not_answered(functions);
        let count = functions.len();
        if lacking.is_empty() {
            println!("  {label:<12} {count} functions, {GOOD}all answered{GOOD:#}");
        } else {
            println!(
                "  {label:<12} {count} functions, {BAD}not answered:{BAD:#} {}",
                joined(&lacking)
            );
        }
        for function in functions {
            println!("  {:<12} {WEAK}{function}{WEAK:#}", "");
        }
    }

    fn print_generation(&self) {
        let Verdict { generation, sure, possible, evidence, .. } = &self.generation;
        let fits: Vec<_> = possible.iter().map(|generation| generation.name()).collect();
        let text = match (generation, sure) {
            (Some(generation), Sure::Exact) => format!("{generation} (exact)"),
            (Some(generation), Sure::Likely) => format!("{generation} (likely)"),
            (Some(generation), _) => format!("{generation} (guess; {} fit)", fits.join(", ")),
            (None, _) if fits.is_empty() => "unknown".to_owned(),
            (None, _) if *possible == Possible::ALL => {
                "unknown, nothing tells; the library decides".to_owned()
            }
            (None, _) => format!("unknown ({} fit); the library decides", fits.join(", ")),
        };
        println!("  {:<12} {text}", "built with");
        // What only repeats what others have shown already is left to --json.
        let mut known = Possible::ALL;
        for seen in evidence {
            let narrower = known.both(seen.fits);
            if narrower == known {
                continue;
            }
            known = narrower;
            let place = if seen.file == self.file {
                String::new()
            } else {
                format!("{}: ", seen.file.display())
            };
            println!("  {:<12} {WEAK}{place}{}{WEAK:#}", "", seen.says);
        }
    }
}

fn joined(set: &BTreeSet<String>) -> String {
    set.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The path as it can be given to a shell anywhere.
fn shell_word(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let text = path.to_string_lossy().into_owned();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%=:,".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
