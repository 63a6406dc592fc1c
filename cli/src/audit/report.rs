//! What `audit` says about one file, for people and for programs.

use super::evidence::{Evidence, Kind, Verdict};
use super::lost::lost;
use super::names::Names;
use super::object::{Findings, is_rocm_smi};
use super::{machine, not_answered};
use crate::nvml;
use crate::out::println;
use crate::style::{BAD, GOOD, HEAD, WEAK};
use rsmi_generations::Open;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(Serialize)]
pub struct Report {
    pub file: PathBuf,
    kind: &'static str,
    /// Whether it has anything to do with rocm_smi_lib.
    uses_rocm_smi: bool,
    /// Whether it opens NVML's library, by which other programs know NVIDIA's GPUs.
    wants_nvml: bool,
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
    /// The Python files in which a script has the structs of rocm_smi.h.
    structs: Vec<PathBuf>,
    /// Which rocm_smi.h it was compiled with; its libraries have verdicts of their own.
    pub generation: Verdict,
    /// What it goes without while several generations are open.
    lost: Vec<String>,
    /// What to do.
    run: Option<String>,
    /// How to say which generation it is, where more than one is open.
    say: Vec<String>,
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
    generation: Verdict,
    lost: Vec<String>,
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
            wants_nvml: false,
            imports: BTreeSet::new(),
            names: BTreeSet::new(),
            defines: BTreeSet::new(),
            not_answered: BTreeSet::new(),
            needs: BTreeSet::new(),
            opens: BTreeSet::new(),
            libraries: Vec::new(),
            missing: BTreeSet::new(),
            structs: Vec::new(),
            generation,
            lost: Vec::new(),
            run: None,
            say: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub fn of_text(mut self, names: Names, structs: Vec<PathBuf>, notes: Vec<String>) -> Self {
        self.uses_rocm_smi =
            !names.functions.is_empty() || !names.libraries.is_empty() || !structs.is_empty();
        // A command that only calls its package says no more than its name.
        let file = self.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.wants_nvml = names.nvml || nvml::SERVED.contains(&file.as_str());
        self.structs = structs;
        self.not_answered = not_answered(&names.functions);
        self.lost = lost(self.generation.open, &names.functions);
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
        hip: &[Evidence],
    ) -> Self {
        let verdict = |file: &Path, found: &Findings| {
            let own = found.evidence.iter().chain(hip).cloned();
            Verdict::of(own.chain(machine::evidence(file)).collect())
        };
        let all = libraries.iter().map(|library| &library.found).chain([&found]);
        let notes = all.flat_map(|found| found.notes.clone()).collect();
        let kind = if found.program { "program" } else { "library" };
        let mut report = Self::new(file, kind, verdict(file, &found));
        report.uses_rocm_smi = found.uses() || !libraries.is_empty();
        report.wants_nvml =
            found.names.nvml || found.needed.iter().any(|name| name.starts_with("libnvidia-ml.so"));
        report.needs = rocm_smi_of(&found);
        report.not_answered = not_answered(found.imports.iter().chain(&found.names.functions));
        report.lost = lost(report.generation.open, &found.functions());
        report.imports = found.imports;
        report.defines = found.defines;
        report.names = found.names.functions;
        report.opens = found.names.libraries;
        report.missing = missing;
        report.notes = notes;
        for Library { name, path, needed_by, found } in libraries {
            let lacking = not_answered(found.imports.iter().chain(&found.names.functions));
            report.not_answered.extend(lacking.iter().cloned());
            let generation = verdict(&path, &found);
            report.libraries.push(LibraryReport {
                needs: rocm_smi_of(&found),
                not_answered: lacking,
                lost: lost(generation.open, &found.functions()),
                generation,
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

    /// The file and its libraries, each with what is known of its generation.
    pub fn verdicts(&self) -> impl Iterator<Item = (&Path, &Verdict)> {
        let own = self.uses_itself().then_some((&*self.file, &self.generation));
        own.into_iter().chain(self.libraries.iter().map(|it| (&*it.path, &it.generation)))
    }

    /// Whether the file itself uses rocm_smi_lib, and not only its libraries.
    fn uses_itself(&self) -> bool {
        self.uses_rocm_smi
            && !(self.imports.is_empty()
                && self.names.is_empty()
                && self.needs.is_empty()
                && self.opens.is_empty()
                && self.structs.is_empty())
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
        let contradictory = self.verdicts().filter(|(_, verdict)| verdict.contradictory);
        let contradictory: Vec<_> =
            contradictory.map(|(file, _)| file.display().to_string()).collect();
        self.notes.extend(contradictory.into_iter().map(|file| {
            format!(
                "{file} has the layouts of several generations: it chooses at run time by \
                 rsmi_version_get, or its parts do not fit each other"
            )
        }));
        let command = program.unwrap_or_else(|| "PROGRAM".into());
        if !self.uses_rocm_smi && self.wants_nvml {
            self.notes.push("knows GPUs by NVML, and not by rocm_smi_lib".into());
            self.run = Some(format!("rsmi-compat run --nvml -- {command}"));
            return;
        }
        if self.wants_nvml {
            self.notes.push("knows GPUs by NVML too: with --nvml it may count each twice".into());
        }
        if !self.uses_rocm_smi {
            self.notes.push(if self.defines.is_empty() {
                "has nothing to do with rocm_smi_lib".into()
            } else {
                "contains rocm_smi_lib itself: there is nothing to replace".into()
            });
            return;
        }
        self.run = Some(format!("rsmi-compat run -- {command}"));
        // The newest is what such a client is taken for.
        let open = self.verdicts().find(|(_, verdict)| verdict.open.one().is_none());
        if let Some(newest) = open.and_then(|(_, verdict)| verdict.likely.newest()) {
            self.say = vec![
                format!("rsmi-compat run --abi RELEASE -- {command}"),
                format!("-L…/rsmi-compat/abi-{newest} -lrocm_smi64"),
            ];
        }
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
            library.generation.print(&library.path, &library.lost);
        }
        list("not found", &self.missing);
        for file in &self.structs {
            row("structs in", &file.display().to_string());
        }
        if self.uses_itself() {
            self.generation.print(&self.file, &self.lost);
        }
        for note in &self.notes {
            row("note", note);
        }
        if let Some(run) = &self.run {
            println!("  {:<12} {HEAD}{run}{HEAD:#}", "run it by");
        }
        if let [run, link] = self.say.as_slice() {
            row("better", &format!("{run}, if you know the ROCm release of its rocm_smi.h;"));
            row("", &format!("a program of your own: link it by {link}, with that release"));
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
}

impl Verdict {
    fn print(&self, file: &Path, lost: &[String]) {
        let label = if self.open.one().is_some() { "built with" } else { "open" };
        let nothing = || self.because.iter().all(|seen| seen.kind == Kind::Hint);
        let why = if nothing() { ": nothing proves which" } else { "" };
        println!("  {label:<12} {}{why}", spaced(self.open));
        self.print_evidence(file, Kind::Proof, Open::ALL);
        if self.likely != self.open {
            println!("  {:<12} {}", "likely", spaced(self.likely));
            self.print_evidence(file, Kind::Hint, self.open);
        }
        for (at, lost) in lost.iter().enumerate() {
            println!("  {:<12} {lost}", if at == 0 { "till then" } else { "" });
        }
    }

    /// What only repeats what others have shown already is left to --json.
    fn print_evidence(&self, file: &Path, kind: Kind, mut known: Open) {
        for seen in self.because.iter().filter(|seen| seen.kind == kind) {
            let narrower = known.narrowed(seen.fits);
            if narrower == known && !seen.several {
                continue;
            }
            known = narrower;
            let place = if seen.file == file {
                String::new()
            } else {
                format!("{}: ", seen.file.display())
            };
            println!("  {:<12} {WEAK}{place}{}{WEAK:#}", "", seen.says);
        }
    }
}

fn spaced(open: Open) -> String {
    open.to_string().replace(',', ", ")
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
