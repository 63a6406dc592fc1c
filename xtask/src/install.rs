//! `cargo xtask install` and `uninstall`: the table below DESTDIR/PREFIX, and a manifest of it.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail, ensure};
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};

use crate::loader::Loader;
use crate::manifest::Manifest;
use xtask::artifacts::{Artifacts, Build};
use xtask::elf;
use xtask::layout::{Places, SONAME};
use xtask::place;
use xtask::run;

#[derive(Args)]
pub struct Install {
    #[command(flatten)]
    to: To,
    /// The directory of libraries, below the prefix
    #[arg(long, value_name = "DIR", default_value = "lib", value_parser = below)]
    libdir: PathBuf,
    /// Install the debug information too, where gdb looks for it
    #[arg(long)]
    debug: bool,
    /// Install what the last `cargo xtask stage --release` built: for root, who may have no cargo
    #[arg(long)]
    no_build: bool,
}

#[derive(Args)]
pub struct Uninstall {
    #[command(flatten)]
    to: To,
}

#[derive(Args)]
struct To {
    /// Where it is used
    #[arg(long, value_name = "DIR", default_value = "/usr/local")]
    prefix: PathBuf,
    /// Put it below this directory instead, for whoever makes a package; an empty one is none, as
    /// a Makefile's variable is that nobody set
    #[arg(long, value_name = "DIR", value_parser = maybe_empty())]
    destdir: Option<PathBuf>,
}

fn below(text: &str) -> Result<PathBuf, String> {
    let path = Path::new(text);
    let plain = |part| matches!(part, Component::Normal(_));
    if text.is_empty() || !path.components().all(plain) {
        return Err("it is a path below the prefix, such as lib64".into());
    }
    Ok(path.components().collect())
}

/// The parser of paths would refuse an empty one.
fn maybe_empty() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

impl To {
    /// Whether it is for a package, whose scripts have ldconfig run.
    fn is_for_a_package(&self) -> bool {
        self.destdir.as_ref().is_some_and(|path| !path.as_os_str().is_empty())
    }

    /// Has the installed command remove what `rsmi-compat link` put where programs look for ROCm's
    /// library, if it leads into this installation.
    fn unlink(&self, root: &Path, drop_in: &Path) -> Result<()> {
        let system = match &self.destdir {
            Some(destdir) if self.is_for_a_package() => std::path::absolute(destdir)?,
            _ => PathBuf::from("/"),
        };
        let linked = fs::read_dir(system.join("opt/rocm/lib")).into_iter().flatten();
        let targets = linked.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        let inside = |path: &Path| system.join(path.strip_prefix("/").unwrap_or(path));
        let ours = drop_in.canonicalize().ok();
        let leads_here = |path: PathBuf| {
            let directory = inside(&path).parent().and_then(|it| it.canonicalize().ok());
            directory.is_some() && directory == ours
        };
        if targets.into_iter().any(leads_here) {
            let mut command = Command::new(root.join("bin/rsmi-compat"));
            run::output(command.args(["unlink", "--root"]).arg(&system))?;
        }
        Ok(())
    }

    /// The directory that takes the place of the prefix.
    fn root(&self) -> Result<PathBuf> {
        let prefix = self.prefix.display();
        ensure!(self.prefix.is_absolute(), "--prefix {prefix}: it is an absolute path");
        let Some(destdir) = self.destdir.as_ref().filter(|path| !path.as_os_str().is_empty())
        else {
            return Ok(self.prefix.clone());
        };
        let below = self.prefix.strip_prefix("/").expect("it is absolute");
        Ok(std::path::absolute(destdir)?.join(below))
    }
}

impl Install {
    pub fn run(&self) -> Result<()> {
        let root = self.to.root()?;
        let built = if self.no_build { Artifacts::kept()? } else { Build::Release.run()? };
        let scratch = tempfile::tempdir()?;
        let places = Places::below(&self.to.prefix, self.libdir.clone());
        let mut table = places.table(&built, scratch.path())?;
        place::check(&table)?;
        let debug = self.debug.then_some(self.libdir.as_path());
        elf::strip_all(&mut table, debug, scratch.path())?;

        let manifest = Manifest::of(&table, &root);
        // What an earlier installation alone had goes when the new one is there.
        let earlier = Manifest::read(&root)?.unwrap_or_default();
        manifest.with_directories_of(&earlier).write(&root)?;
        for entry in &table {
            place::entry(entry, &root)?;
        }
        earlier.without(&manifest).remove(&root)?;
        println!("{}: {} files and links", root.display(), table.len());
        if !self.to.is_for_a_package() {
            println!("{}", Loader::of(root.join(&self.libdir)).installed());
        }
        Ok(())
    }
}

impl Uninstall {
    pub fn run(&self) -> Result<()> {
        let root = self.to.root()?;
        let Some(manifest) = Manifest::read(&root)? else {
            bail!(
                "{} is missing: rsmi-compat was not installed here by `make install`",
                Manifest::path(&root).display()
            );
        };
        let lib = manifest.directory_of(SONAME).filter(|_| !self.to.is_for_a_package());
        let loader = lib.map(|lib| Loader::of(root.join(lib)));
        if let Some(lib) = manifest.directory_of(SONAME) {
            self.to.unlink(&root, &root.join(lib).join("rsmi-compat"))?;
        }
        manifest.remove(&root)?;
        place::remove(&Manifest::path(&root))?;
        manifest.remove_directories(&root);
        println!("{}: {} files and links removed", root.display(), manifest.files.len());
        if let Some(said) = loader.and_then(|loader| loader.removed()) {
            println!("{said}");
        }
        Ok(())
    }
}
