//! The one table: which file goes where in an installation.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::artifacts::Artifacts;
use crate::dropin;
use crate::run;
use crate::workspace::{self, VERSION};

/// What the loader, the linker and the package tools know our library by.
pub const SONAME: &str = "librsmi_compat.so.1";

/// The mode of a shared library. The loader needs no x, but EAR opens only a library that access(2)
/// lets it execute, as those of ROCm's own packages are.
pub const LIBRARY: u32 = 0o755;

/// The rocm_smi_lib whose CMake package we are, as include/rocm_smi/rocm_smi64Config.h says.
const ROCM_SMI: &str = "7.8.0";

/// Directories below the prefix.
#[derive(Clone)]
pub struct Places {
    /// `lib`, or `lib/x86_64-linux-gnu` and the like.
    pub lib: PathBuf,
}

/// One path of the installed tree, below the prefix.
pub struct Entry {
    pub path: PathBuf,
    pub what: What,
}

pub enum What {
    File { source: PathBuf, mode: u32 },
    Link(PathBuf),
}

impl Entry {
    /// Whether only a compiler wants it.
    pub fn is_development(&self) -> bool {
        let directories = ["include", "pkgconfig", "cmake"];
        let within = |name: &&str| self.path.iter().any(|part| part == *name);
        let in_dropin = self.path.parent().is_some_and(|path| path.ends_with("rsmi-compat"));
        directories.iter().any(within) || self.path.ends_with("librsmi_compat.so") && !in_dropin
    }
}

impl Default for Places {
    fn default() -> Self {
        Places { lib: "lib".into() }
    }
}

impl Places {
    /// The whole tree. What has to be made first is made in `scratch`.
    pub fn table(&self, built: &Artifacts, scratch: &Path) -> Result<Vec<Entry>> {
        let mut table = Table { entries: Vec::new() };
        self.library(&mut table, built);
        self.dropin(&mut table, built, scratch)?;
        headers(&mut table)?;
        self.templates(&mut table, scratch)?;
        command(&mut table, &built.command, scratch)?;
        documents(&mut table)?;
        Ok(table.entries)
    }

    fn library(&self, table: &mut Table, built: &Artifacts) {
        let full = format!("librsmi_compat.so.{VERSION}");
        table.library(&built.library, self.lib.join(&full));
        table.link(self.lib.join(SONAME), &full);
        table.link(self.lib.join("librsmi_compat.so"), SONAME);
        let own = self.lib.join("rsmi-compat");
        table.library(&built.audit, own.join("librsmi_compat_audit.so"));
        table.library(&built.simulator, own.join("simulator/libamd_smi.so"));
    }

    fn dropin(&self, table: &mut Table, built: &Artifacts, scratch: &Path) -> Result<()> {
        let directory = self.lib.join("rsmi-compat");
        for major in dropin::MAJORS {
            let name = dropin::soname(major);
            let file = dropin::link(&built.library, &name, Some("$ORIGIN/.."), scratch)?;
            table.library(&file, directory.join(name));
        }
        for (name, target) in dropin::LINKS {
            table.link(directory.join(name), target);
        }
        // A library without symbols cannot be linked against, so -lrocm_smi64 finds the core; and
        // a program that was linked so needs no second directory to be run.
        for name in ["librocm_smi64.so", SONAME] {
            table.link(directory.join(name), Path::new("..").join(SONAME));
        }
        Ok(())
    }

    /// What is generated of the templates in packaging/: it finds the prefix from where it lies.
    fn templates(&self, table: &mut Table, scratch: &Path) -> Result<()> {
        let cmake = self.lib.join("cmake");
        let module = format!("share/modulefiles/rsmi-compat/{VERSION}");
        for (template, path) in [
            ("rsmi_compat.pc", self.lib.join("pkgconfig/rsmi_compat.pc")),
            ("cmake/rsmi_compat-config.cmake", cmake.join("rsmi_compat/rsmi_compat-config.cmake")),
            ("cmake/rocm_smi-config.cmake", cmake.join("rocm_smi/rocm_smi-config.cmake")),
            ("modulefiles/module.lua", format!("{module}.lua").into()),
            ("modulefiles/module.tcl", module.into()),
        ] {
            table.file(&self.fill(template, VERSION, scratch, &path)?, path);
        }
        for (package, version) in [("rsmi_compat", VERSION), ("rocm_smi", ROCM_SMI)] {
            let path = cmake.join(package).join(format!("{package}-config-version.cmake"));
            table.file(&self.fill("cmake/config-version.cmake", version, scratch, &path)?, path);
        }
        Ok(())
    }

    /// Writes what becomes `path` of its template into `scratch`.
    fn fill(&self, name: &str, version: &str, scratch: &Path, path: &Path) -> Result<PathBuf> {
        let template = workspace::root()?.join("packaging").join(format!("{name}.in"));
        let mut text = fs::read_to_string(&template)
            .with_context(|| format!("cannot read {}", template.display()))?;
        let up = |below: usize| vec![".."; self.lib.components().count() + below].join("/");
        for (word, value) in [
            ("@VERSION@", VERSION),
            ("@PACKAGE_VERSION@", version),
            ("@SONAME@", SONAME),
            ("@LIBDIR@", &self.lib.display().to_string()),
            ("@PREFIX_FROM_PKGCONFIG@", &up(1)),
            ("@PREFIX_FROM_CMAKE@", &up(2)),
        ] {
            text = text.replace(word, value);
        }
        let file = scratch.join(path);
        fs::create_dir_all(file.parent().expect("it is below scratch"))?;
        fs::write(&file, text)?;
        Ok(file)
    }
}

/// The command, and what it says itself of its use.
fn command(table: &mut Table, program: &Path, scratch: &Path) -> Result<()> {
    table.program(program, "bin/rsmi-compat");
    let pages = scratch.join("man1");
    fs::create_dir(&pages)?;
    run::run(Command::new(program).arg("man").arg(&pages))?;
    let pages = sorted(&pages)?;
    ensure!(!pages.is_empty(), "{} wrote no manual page", program.display());
    for page in pages {
        let name = page.file_name().expect("it was listed").to_owned();
        table.file(&page, Path::new("share/man/man1").join(name));
    }
    for (shell, path) in [
        ("bash", "share/bash-completion/completions/rsmi-compat"),
        ("zsh", "share/zsh/site-functions/_rsmi-compat"),
        ("fish", "share/fish/vendor_completions.d/rsmi-compat.fish"),
    ] {
        let text = run::output(Command::new(program).args(["completions", shell]))?;
        let file = scratch.join(shell);
        fs::write(&file, text)?;
        table.file(&file, path);
    }
    Ok(())
}

fn documents(table: &mut Table) -> Result<()> {
    let root = workspace::root()?;
    table.file(&root.join("packaging/man/rsmi_compat.7"), "share/man/man7/rsmi_compat.7");
    let place = Path::new("share/doc/rsmi-compat");
    for name in ["CHANGELOG.md", "LICENSE", "MATRIX.md", "MIGRATION.md", "README.md"] {
        table.file(&root.join(name), place.join(name));
    }
    let guides = root.join("docs");
    if guides.is_dir() {
        for guide in sorted(&guides)?.iter().filter(|path| path.is_file()) {
            let name = guide.file_name().expect("it was listed");
            table.file(guide, place.join("docs").join(name));
        }
    }
    Ok(())
}

/// Every header below include/.
fn headers(table: &mut Table) -> Result<()> {
    let include = workspace::root()?.join("include");
    for directory in [include.clone(), include.join("rocm_smi")] {
        let is_header = |path: &PathBuf| path.extension().is_some_and(|it| it == "h");
        for source in sorted(&directory)?.into_iter().filter(is_header) {
            let path = source.strip_prefix(&include).expect("it was found there");
            table.file(&source, Path::new("include").join(path));
        }
    }
    Ok(())
}

/// What is in a directory, in the same order everywhere.
fn sorted(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

struct Table {
    entries: Vec<Entry>,
}

impl Table {
    fn file(&mut self, source: &Path, path: impl Into<PathBuf>) {
        self.add(path, What::File { source: source.to_owned(), mode: 0o644 });
    }

    fn library(&mut self, source: &Path, path: impl Into<PathBuf>) {
        self.add(path, What::File { source: source.to_owned(), mode: LIBRARY });
    }

    fn program(&mut self, source: &Path, path: impl Into<PathBuf>) {
        self.add(path, What::File { source: source.to_owned(), mode: 0o755 });
    }

    fn link(&mut self, path: impl Into<PathBuf>, target: impl Into<PathBuf>) {
        self.add(path, What::Link(target.into()));
    }

    fn add(&mut self, path: impl Into<PathBuf>, what: What) {
        self.entries.push(Entry { path: path.into(), what });
    }
}
