//! `rsmi-compat tree`: a directory with all of ROCm, and with librocm_smi64 in it.

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueHint};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::installation::Installation;
use crate::out;

/// In a directory that this made, and nowhere else: whoever replaces it knows that it may.
const STAMP: &str = ".rsmi-compat-tree";

/// What ROCm says of itself counts more than what we say of it.
const ROCMS: &str = ".info/version";

/// Make a directory that has everything of ROCm, and librocm_smi64
///
/// It consists of links: to each file of the ROCm that is installed, and in front of these to this
/// library, its headers, its CMake package and its rsmiBindings.py. It is for programs and builds
/// that are given one directory of ROCm and look there for everything.
///
/// A directory that this command made is replaced, for instance after an update of ROCm. Any other
/// is left as it is.
#[derive(Args)]
#[command(after_help = "Exit status: 0 the directory is there, 2 it is not.")]
pub struct Tree {
    /// The ROCm that is installed; without one the directory has this library alone
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, default_value = "/opt/rocm")]
    rocm: PathBuf,
    /// The directory to make
    #[arg(value_name = "DIR", value_hint = ValueHint::AnyPath)]
    directory: PathBuf,
}

impl Tree {
    pub fn run(&self) -> Result<ExitCode> {
        let shown = self.directory.display();
        let directory = std::path::absolute(&self.directory).with_context(|| shown.to_string())?;
        let rocm = std::path::absolute(&self.rocm)?;
        let ours = Installation::find()?.rocm()?;
        let there = is_there(&directory)?;
        ensure!(
            !rocm.starts_with(&directory) && !directory.starts_with(&rocm),
            "{shown}: it cannot be in the ROCm that it has links to, nor have that in it"
        );
        let parent = directory.parent().context("the root directory is no place for it")?;
        let new = tempfile::Builder::new()
            .prefix(".rsmi-compat-tree-")
            .tempdir_in(parent)
            .with_context(|| format!("cannot write {}", parent.display()))?;
        let made = new.path().join("made");
        let mut links = Links::default();
        links.merge(&ours, rocm.is_dir().then_some(&*rocm), Path::new(""), &made)?;
        fs::write(made.join(STAMP), "")?;
        if there {
            fs::rename(&directory, new.path().join("old"))
                .with_context(|| format!("cannot replace {shown}"))?;
        }
        if let Err(error) = fs::rename(&made, &directory) {
            if there {
                let _ = fs::rename(new.path().join("old"), &directory);
            }
            return Err(error).with_context(|| format!("cannot write {shown}"));
        }
        let Links { ours: own, rocms } = links;
        let of_rocm = match rocms {
            0 => format!("no ROCm in {}", rocm.display()),
            _ => format!("{rocms} to {}", rocm.display()),
        };
        out::print(&format!("{shown}: {own} links to {}, {of_rocm}\n", ours.display()));
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether a directory of ours is there, which may be replaced.
fn is_there(directory: &Path) -> Result<bool> {
    let shown = directory.display();
    let Ok(metadata) = directory.symlink_metadata() else { return Ok(false) };
    if !metadata.is_dir() {
        bail!("{shown} is there, and is no directory: nothing was changed");
    }
    let is_ours = directory.join(STAMP).is_file();
    let is_empty = fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none());
    ensure!(
        is_ours || is_empty,
        "{shown} is there, and was not made by this command: nothing was changed"
    );
    Ok(true)
}

/// How many there are, and where they lead.
#[derive(Default)]
struct Links {
    ours: usize,
    rocms: usize,
}

impl Links {
    /// Makes `made`, which stands for `below` in both.
    fn merge(&mut self, ours: &Path, rocm: Option<&Path>, below: &Path, made: &Path) -> Result<()> {
        fs::create_dir(made)?;
        fs::set_permissions(made, Permissions::from_mode(0o755))?;
        let own = names(ours)?;
        let rocms = rocm.map(names).transpose()?.unwrap_or_default();
        for name in own.union(&rocms) {
            let (own, new) = (ours.join(name), made.join(name));
            let theirs = rocm.map(|rocm| rocm.join(name)).filter(|_| rocms.contains(name));
            let below = below.join(name);
            // Without the package with the headers, links to them lead nowhere.
            let is_own = own.exists() && !(theirs.is_some() && below == Path::new(ROCMS));
            match theirs {
                theirs if is_own && own.is_dir() && !own.is_symlink() => {
                    let theirs = theirs.as_deref().filter(|theirs| theirs.is_dir());
                    self.merge(&own, theirs, &below, &new)?;
                }
                Some(theirs) if !is_own => {
                    symlink(theirs, new)?;
                    self.rocms += 1;
                }
                _ if is_own => {
                    symlink(own, new)?;
                    self.ours += 1;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// What is in a directory.
fn names(directory: &Path) -> Result<BTreeSet<OsString>> {
    let entries = fs::read_dir(directory);
    let entries = entries.with_context(|| format!("cannot read {}", directory.display()))?;
    entries.map(|entry| Ok(entry?.file_name())).collect()
}
