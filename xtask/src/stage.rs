//! `cargo xtask stage`: the installed tree below target/, for tests and for trying things out.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;

use xtask::artifacts::Build;
use xtask::layout::{Entry, Places};
use xtask::place;
use xtask::workspace;

#[derive(Args)]
pub struct Stage {
    /// Build as packages do
    #[arg(long)]
    release: bool,
    /// Where to lay it out; what was staged there before is replaced
    #[arg(long, value_name = "DIR")]
    prefix_dir: Option<PathBuf>,
}

/// In a staged directory, and nowhere else: whoever replaces it knows that it may.
const STAMP: &str = ".rsmi-compat-stage";

impl Stage {
    pub fn run(&self) -> Result<()> {
        let place = match &self.prefix_dir {
            Some(place) => std::path::absolute(place)?,
            None => workspace::target()?.join("stage"),
        };
        let built = if self.release { Build::Release } else { Build::Debug }.run()?;
        let scratch = tempfile::tempdir()?;
        let table = Places::default().table(&built, scratch.path())?;
        lay_out(&table, &place)?;
        println!("{}: {} files and links", place.display(), table.len());
        Ok(())
    }
}

/// Writes the table beside `place` and gives it that name when it is complete.
pub fn lay_out(table: &[Entry], place: &Path) -> Result<()> {
    ensure_ours(place)?;
    let parent = place.parent().context("the file system's root is no place to stage in")?;
    place::check(table)?;
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    let new = tempfile::Builder::new().prefix(".stage").tempdir_in(parent)?;
    for entry in table {
        place::entry(entry, new.path())?;
    }
    fs::write(new.path().join(STAMP), "")?;
    // A temporary directory is its owner's alone.
    fs::set_permissions(new.path(), Permissions::from_mode(0o755))?;
    if place.exists() {
        fs::remove_dir_all(place)?;
    }
    fs::rename(new.keep(), place).with_context(|| format!("cannot write {}", place.display()))
}

/// A directory of somebody else's is not replaced.
fn ensure_ours(place: &Path) -> Result<()> {
    let occupied = place.exists() && !place.join(STAMP).exists();
    ensure!(!occupied, "{} is there and was not staged: name another", place.display());
    Ok(())
}
