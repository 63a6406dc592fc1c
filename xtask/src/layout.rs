//! The one table: which file goes where in an installation.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::artifacts::Artifacts;
use crate::dropin;
use crate::workspace::{self, VERSION};

/// What the loader, the linker and the package tools know our library by.
pub const SONAME: &str = "librsmi_compat.so.1";

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

impl Default for Places {
    fn default() -> Self {
        Places { lib: "lib".into() }
    }
}

impl Places {
    /// The whole tree. What has to be made first is made in `scratch`.
    pub fn table(&self, built: &Artifacts, scratch: &Path) -> Result<Vec<Entry>> {
        let mut table = Table { entries: Vec::new() };
        table.program(&built.command, "bin/rsmi-compat");
        self.library(&mut table, built);
        self.dropin(&mut table, built, scratch)?;
        headers(&mut table)?;
        Ok(table.entries)
    }

    fn library(&self, table: &mut Table, built: &Artifacts) {
        let full = format!("librsmi_compat.so.{VERSION}");
        table.file(&built.library, self.lib.join(&full));
        table.link(self.lib.join(SONAME), &full);
        table.link(self.lib.join("librsmi_compat.so"), SONAME);
        let own = self.lib.join("rsmi-compat");
        table.file(&built.audit, own.join("librsmi_compat_audit.so"));
        // A stand-in for one release alone would be a line here: libamd_smi-<release>.so.
        table.file(&built.simulator, own.join("simulator/libamd_smi.so"));
    }

    fn dropin(&self, table: &mut Table, built: &Artifacts, scratch: &Path) -> Result<()> {
        let directory = self.lib.join("rsmi-compat");
        for major in dropin::MAJORS {
            let name = dropin::soname(major);
            let file = dropin::link(&built.library, &name, Some("$ORIGIN/.."), scratch)?;
            table.file(&file, directory.join(name));
        }
        for (name, target) in dropin::LINKS {
            table.link(directory.join(name), target);
        }
        // A library without symbols cannot be linked against, so -lrocm_smi64 finds the core.
        table.link(directory.join("librocm_smi64.so"), Path::new("..").join(SONAME));
        Ok(())
    }
}

/// Every header below include/.
fn headers(table: &mut Table) -> Result<()> {
    let include = workspace::root()?.join("include");
    for directory in [include.clone(), include.join("rocm_smi")] {
        let files = fs::read_dir(&directory)
            .with_context(|| format!("cannot read {}", directory.display()))?;
        for file in files {
            let source = file?.path();
            if source.extension().is_some_and(|extension| extension == "h") {
                let path = source.strip_prefix(&include).expect("it was found there");
                table.file(&source, Path::new("include").join(path));
            }
        }
    }
    Ok(())
}

struct Table {
    entries: Vec<Entry>,
}

impl Table {
    fn file(&mut self, source: &Path, path: impl Into<PathBuf>) {
        self.add(path, What::File { source: source.to_owned(), mode: 0o644 });
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
