//! `rsmi-compat link` and `unlink`: librocm_smi64 where programs look for it by an absolute path.

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueHint};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::installation::Installation;
use crate::out;

/// Where ROCm's own package puts the library, below the root directory.
const PLACE: [&str; 3] = ["opt", "rocm", "lib"];
const LEGACY: &str = "librocm_smi64.so";
/// What the small libraries with the legacy names need, and look for beside themselves.
const CORE: &str = "librsmi_compat.so.1";

/// Put links to this library into /opt/rocm/lib
///
/// They are for programs that open /opt/rocm/lib/librocm_smi64.so by this path and are not started by
/// `rsmi-compat run`, such as services. Each name in the drop-in directory gets a link.
///
/// Nothing that is there is overwritten: where a librocm_smi64 of ROCm's own is installed, nothing is
/// linked.
#[derive(Args)]
#[command(after_help = "Exit status: 0 the links are there, 2 they are not.")]
pub struct Link {
    #[command(flatten)]
    at: At,
}

/// Remove the links that `link` put into /opt/rocm/lib
///
/// Nothing else is removed, but for directories that are empty then.
#[derive(Args)]
#[command(after_help = "Exit status: 0 no such link is there now, 2 one is.")]
pub struct Unlink {
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
struct At {
    /// The root directory of another system, such as an image's
    #[arg(long, value_name = "DIR", value_hint = ValueHint::AnyPath, default_value = "/")]
    root: PathBuf,
}

impl Link {
    pub fn run(&self) -> Result<ExitCode> {
        let root = self.at.open()?;
        let drop_in = root.inside(&Installation::find()?.drop_in()?)?;
        let names = names(&drop_in.outside)?;
        if let Some(there) = root.directory(PLACE.len())? {
            for name in &names {
                let taken = occupant(&there, name)? == Occupant::Another;
                ensure!(
                    !taken,
                    "{} is there, and is no link of ours: nothing was linked",
                    root.shown().join(name).display()
                );
            }
        }
        let mut done = Done { root: &root, made: Vec::new(), put: Vec::new(), kept: false };
        let place = done.directory()?;
        for name in &names {
            done.put(&place, name, &drop_in.inside.join(name))?;
        }
        done.kept = true;
        let (shown, target) = (root.shown(), drop_in.inside.display());
        out::print(&format!("{}: {} links to {target}\n", shown.display(), names.len()));
        Ok(ExitCode::SUCCESS)
    }
}

impl Unlink {
    pub fn run(&self) -> Result<ExitCode> {
        let root = self.at.open()?;
        let mut removed = 0;
        if let Some(place) = root.directory(PLACE.len())? {
            let shown = root.shown();
            let entries = std::fs::read_dir(format!("/proc/self/fd/{}", fd(&place)))
                .with_context(|| format!("cannot read {}", shown.display()))?;
            for name in entries.filter_map(Result::ok).map(|entry| entry.file_name()) {
                if occupant(&place, &name)? == Occupant::Ours {
                    rustix::fs::unlinkat(&place, &*name, AtFlags::empty())
                        .with_context(|| cannot("remove", &shown.join(&name)))?;
                    removed += 1;
                }
            }
            if removed > 0 {
                root.remove_empty(1);
            }
        }
        out::print(&format!("{}: {removed} links removed\n", root.shown().display()));
        Ok(ExitCode::SUCCESS)
    }
}

fn fd(directory: &OwnedFd) -> i32 {
    std::os::fd::AsRawFd::as_raw_fd(directory)
}

fn cannot(what: &str, path: &Path) -> String {
    format!("cannot {what} {} (is this user root?)", path.display())
}

impl At {
    fn open(&self) -> Result<Root> {
        let path = self.root.canonicalize().with_context(|| self.root.display().to_string())?;
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(&path, flags, Mode::empty())
            .with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Root { path, directory })
    }
}

/// The root directory of a system, this one's or another's, whose links lead nowhere outside.
struct Root {
    path: PathBuf,
    directory: OwnedFd,
}

/// A path as that system sees it, and as this one does.
struct Both {
    inside: PathBuf,
    outside: PathBuf,
}

impl Root {
    fn is_ours(&self) -> bool {
        self.path == Path::new("/")
    }

    fn shown(&self) -> PathBuf {
        self.path.join(PLACE.join("/"))
    }

    fn at(&self, path: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let flags = flags | OFlags::CLOEXEC;
        if self.is_ours() {
            return rustix::fs::openat(&self.directory, path, flags, Mode::empty());
        }
        rustix::fs::openat2(&self.directory, path, flags, Mode::empty(), ResolveFlags::IN_ROOT)
    }

    /// The first parts of `PLACE`, if they are there.
    fn directory(&self, parts: usize) -> Result<Option<OwnedFd>> {
        let path = if parts == 0 { ".".to_owned() } else { PLACE[..parts].join("/") };
        match self.at(Path::new(&path), OFlags::DIRECTORY) {
            Ok(directory) => Ok(Some(directory)),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::NOSYS) => bail!("--root takes Linux 5.6 or later: run this in that system"),
            Err(error) => Err(error).with_context(|| self.path.join(path).display().to_string()),
        }
    }

    /// Where our drop-in directory is for that system.
    fn inside(&self, drop_in: &Path) -> Result<Both> {
        if let Ok(rest) = drop_in.strip_prefix(&self.path) {
            return Ok(Both { inside: Path::new("/").join(rest), outside: drop_in.to_owned() });
        }
        let same = drop_in.strip_prefix("/").expect("it is absolute").join(LEGACY);
        ensure!(
            self.at(&same, OFlags::PATH).is_ok(),
            "{} has no {}: install rsmi-compat in it, and use the command that is there",
            self.path.display(),
            drop_in.display()
        );
        Ok(Both { inside: drop_in.to_owned(), outside: drop_in.to_owned() })
    }

    /// Removes what is empty of `PLACE`, but for its first parts.
    fn remove_empty(&self, keep: usize) {
        for parts in (keep + 1..=PLACE.len()).rev() {
            let Ok(Some(parent)) = self.directory(parts - 1) else { return };
            let removed = rustix::fs::unlinkat(&parent, PLACE[parts - 1], AtFlags::REMOVEDIR);
            if removed.is_err() {
                return;
            }
        }
    }
}

/// The names that a program may ask for, and what the libraries of these names need.
fn names(drop_in: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(drop_in);
    let entries = entries.with_context(|| format!("cannot read {}", drop_in.display()))?;
    let names = entries.filter_map(Result::ok).map(|entry| PathBuf::from(entry.file_name()));
    let mut names: Vec<_> = names.filter(|name| is_name(name.as_os_str())).collect();
    names.sort();
    Ok(names)
}

fn is_name(name: &OsStr) -> bool {
    name == CORE || name.as_bytes().starts_with(LEGACY.as_bytes())
}

#[derive(PartialEq)]
enum Occupant {
    Nobody,
    Ours,
    Another,
}

/// Who has this name: ours is a link to the same name in a drop-in directory, there or gone.
fn occupant(place: &OwnedFd, name: impl AsRef<OsStr>) -> Result<Occupant> {
    let name = name.as_ref();
    match rustix::fs::readlinkat(place, name, Vec::new()) {
        Ok(target) => {
            let target = Path::new(OsStr::from_bytes(target.as_bytes()));
            let directory = target.parent().and_then(Path::file_name);
            let ours = is_name(name)
                && target.is_absolute()
                && target.file_name() == Some(name)
                && directory == Some(OsStr::new("rsmi-compat"));
            Ok(if ours { Occupant::Ours } else { Occupant::Another })
        }
        Err(Errno::NOENT) => Ok(Occupant::Nobody),
        // It is no link.
        Err(Errno::INVAL) => Ok(Occupant::Another),
        Err(error) => Err(error).with_context(|| Path::new(name).display().to_string()),
    }
}

/// What was done so far, and is undone unless all of it was.
struct Done<'a> {
    root: &'a Root,
    made: Vec<usize>,
    put: Vec<(OwnedFd, PathBuf)>,
    kept: bool,
}

impl Done<'_> {
    /// Makes what is not there of `PLACE`, for everybody to read.
    fn directory(&mut self) -> Result<OwnedFd> {
        for parts in 1..=PLACE.len() {
            if self.root.directory(parts)?.is_some() {
                continue;
            }
            let shown = self.root.path.join(PLACE[..parts].join("/"));
            let parent = self.root.directory(parts - 1)?.context("it was there before")?;
            let mode = Mode::from_raw_mode(0o755);
            rustix::fs::mkdirat(&parent, PLACE[parts - 1], mode)
                .with_context(|| cannot("make", &shown))?;
            self.made.push(parts);
            let new = self.root.directory(parts)?.context("it was made")?;
            rustix::fs::fchmod(&new, mode).with_context(|| cannot("change", &shown))?;
        }
        self.root.directory(PLACE.len())?.context("it was made")
    }

    /// Makes the link, or leads one of ours to where the library is now.
    fn put(&mut self, place: &OwnedFd, name: &Path, target: &Path) -> Result<()> {
        let shown = || cannot("write", &self.root.shown().join(name));
        if occupant(place, name)? == Occupant::Ours {
            let new = format!(".{}.new", name.display());
            let made = rustix::fs::symlinkat(target, place, &new)
                .and_then(|()| rustix::fs::renameat(place, &new, place, name));
            return made.with_context(shown);
        }
        // Fails if somebody has put something there meanwhile.
        rustix::fs::symlinkat(target, place, name).with_context(shown)?;
        self.put.push((place.try_clone()?, name.to_owned()));
        Ok(())
    }
}

impl Drop for Done<'_> {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        for (place, name) in &self.put {
            let _ = rustix::fs::unlinkat(place, name, AtFlags::empty());
        }
        if let Some(first) = self.made.first() {
            self.root.remove_empty(first - 1);
        }
    }
}
