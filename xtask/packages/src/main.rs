//! `cargo xtask package`: what is built for other machines.

mod deb;
mod floor;
mod rpm;
mod symbols;
mod tar;

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use tempfile::TempDir;

use xtask::artifacts::Build;
use xtask::layout::{Entry, Places, ZSH_OF_DEBIAN};
use xtask::{elf, main_of, place, run, workspace, zig};

pub const SUMMARY: &str = "C API of rocm_smi_lib, answered by AMD SMI";

/// What cargo builds of it with lines for a debugger: the library, the command, NVML and the stand-in. That
/// of `run` has none.
const BUILT: usize = 4;

/// The packaging's own version, behind the project's.
const REVISION: &str = "1";

const DESCRIPTION: &str = "Programs that use librocm_smi64, which ROCm no longer has, run on AMD \
    SMI instead: librsmi_compat.so.1 exports every rsmi_* function of ROCm 5 to 7.";

/// Pack what was built with --release, for other machines
#[derive(Parser)]
#[command(bin_name = "cargo xtask package")]
struct Package {
    kind: Kind,
    /// Where the packages go
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Kind {
    /// For Debian and Ubuntu, for glibc 2.28 and later
    Deb,
    /// For Red Hat and SUSE, for glibc 2.28 and later
    Rpm,
    /// To unpack anywhere, for glibc 2.28 and later
    Tar,
    /// Each of them
    All,
}

fn main() -> ExitCode {
    main_of(|| Package::parse().run())
}

impl Package {
    fn run(&self) -> Result<()> {
        let output = match &self.output {
            Some(output) => std::path::absolute(output)?,
            None => workspace::target()?.join("package"),
        };
        fs::create_dir_all(&output).with_context(|| format!("cannot make {}", output.display()))?;
        let wanted = |kind| self.kind == kind || self.kind == Kind::All;
        let mut made = Vec::new();
        if wanted(Kind::Deb) {
            let triplet = format!("lib/{}-linux-gnu", env::consts::ARCH);
            let places = Places { lib: triplet.into(), zsh: ZSH_OF_DEBIAN };
            made.extend(deb::make(&Tree::build(places)?, &output)?);
        }
        if wanted(Kind::Rpm) {
            made.extend(rpm::make(&Tree::build(in_lib("lib64"))?, &output)?);
        }
        if wanted(Kind::Tar) {
            made.extend(tar::make(&Tree::build(in_lib("lib"))?, &output)?);
        }
        for package in made {
            let kib = fs::metadata(&package)?.len().div_ceil(1024);
            println!("{}: {kib} KiB", package.display());
        }
        Ok(())
    }
}

fn in_lib(lib: &str) -> Places {
    Places { lib: lib.into(), ..Places::default() }
}

/// The installed tree, laid out to be packed.
struct Tree {
    place: TempDir,
    entries: Vec<Entry>,
    lib: PathBuf,
}

impl Tree {
    fn build(places: Places) -> Result<Tree> {
        let built = Build::ForOldGlibc.run()?;
        let (place, scratch) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let mut entries = places.table(&built, scratch.path())?;
        place::check(&entries)?;
        // Where debuggers look, whatever the directory of libraries is.
        elf::strip_all(&mut entries, Some(Path::new("lib")), scratch.path())?;
        let apart = entries.iter().filter(|entry| entry.is_debug_link()).count();
        ensure!(apart == BUILT, "{apart} files have debug information, and not {BUILT}");
        for entry in &entries {
            place::entry(entry, place.path())?;
        }
        let tree = Tree { place, entries, lib: places.lib };
        floor::check(tree.root(), zig::GLIBC)?;
        Ok(tree)
    }

    fn root(&self) -> &Path {
        self.place.path()
    }
}

/// The plain files below a directory.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        let entries = fs::read_dir(&directory)
            .with_context(|| format!("cannot read {}", directory.display()))?;
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                directories.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The time that packages bear, so that the same sources give the same package: that of
/// SOURCE_DATE_EPOCH, or of the last commit.
fn date() -> Result<u32> {
    if let Ok(text) = env::var("SOURCE_DATE_EPOCH") {
        return text.parse().context("SOURCE_DATE_EPOCH is a number of seconds");
    }
    let mut git = Command::new("git");
    git.current_dir(workspace::root()?).args(["log", "-1", "--format=%ct"]);
    let text = run::output(&mut git)
        .context("set SOURCE_DATE_EPOCH where the sources are no git repository")?;
    text.trim().parse().context("git gave no time")
}

/// The address of the project's pages, where whoever packs has some.
fn homepage() -> Option<String> {
    env::var("RSMI_COMPAT_HOMEPAGE").ok().filter(|address| !address.is_empty())
}

/// Gives a complete file its name, readable for all.
fn publish(file: tempfile::NamedTempFile, path: &Path) -> Result<()> {
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644))?;
    file.persist(path)?;
    Ok(())
}
