//! A machine that was described: the way in for everybody outside.

use crate::description::Description;
use crate::facts;
use crate::fault::Fault;
use crate::files::Files;
use crate::lies;
use crate::live::{Live, LoadKind};
use crate::load::{self, Error};
use crate::tree::{self, Numbering};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The name of a built-in machine, or the path of a description.
pub const MACHINE: &str = "RSMI_SIM_MACHINE";
/// The load, in place of the description's.
pub const LOAD: &str = "RSMI_SIM_LOAD";
/// The seed, in place of the description's.
pub const SEED: &str = "RSMI_SIM_SEED";
/// The machine, when nobody asks for another.
pub const DEFAULT_MACHINE: &str = "mi300x-8";

fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

macro_rules! built_in {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../", $folder, "/", $name, ".toml")))),*]
    };
}

pub(crate) const MACHINES: &[(&str, &str)] = built_in!("machines":
    "mi300x-2",
    "mi300x-8",
    "mi300x-ordered",
    "mi300x-dpx",
    "mi300x-cpx-nps4",
    "mi325x-8",
    "mi300a-4",
    "mi308x-8",
    "mi350x-8",
    "mi355x-8-dpx",
    "mi355x-2-cpx",
    "mi400-2",
    "mi300x-16-cpx",
    "mi250x-4",
    "mi210",
    "navi31",
    "navi31-2",
    "navi48",
    "navi33",
    "navi21",
    "mi50-2",
    "apu",
    "renoir",
    "raven",
    "strix-halo",
    "igpu-dgpu",
    "mixed",
    "sparse",
    "kfd-unknown",
    "kfd-no-gpu",
    "no-driver",
);

pub(crate) const CHIPS: &[(&str, &str)] = built_in!("chips":
    "mi300x",
    "mi325x",
    "mi300a",
    "mi308x",
    "mi400",
    "mi350x",
    "mi355x",
    "mi250x",
    "mi210",
    "vega20",
    "navi21",
    "navi31",
    "navi33",
    "navi48",
    "phoenix",
    "raven",
    "renoir",
    "strix-halo",
);

#[derive(Clone, Debug)]
pub struct Machine {
    description: Description,
    numbers: Arc<Numbering>,
    live: Option<Arc<Live>>,
    /// What /sys is there, when somebody asks.
    sys: OnceLock<Arc<Files>>,
}

/// A graphics card or an accelerator partition, as a pair of nodes in /dev/dri.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    /// N of `/dev/dri/cardN`.
    pub card: u32,
    /// N of `/dev/dri/renderDN`; a card of another maker may have none.
    pub render: Option<u32>,
}

impl Machine {
    /// One of the built-in machines, see [`Machine::names`].
    ///
    /// # Errors
    /// There is no such machine.
    pub fn named(name: &str) -> Result<Self, Error> {
        let Some((name, text)) = MACHINES.iter().find(|(known, _)| *known == name) else {
            let known: Vec<_> = Self::names().collect();
            return Err(Error::Unknown { name: name.into(), known: known.join(", ") });
        };
        Self::from_text(&format!("machines/{name}.toml"), text)
    }

    /// A machine that somebody described in a file of their own.
    ///
    /// # Errors
    /// The file cannot be read, or is wrong: the error names the line, the key and what is allowed.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let file = path.display().to_string();
        let text = load::text(path).map_err(|source| Error::Read { file: file.clone(), source })?;
        Self::from_text(&file, &text)
    }

    pub(crate) fn from_text(file: &str, text: &str) -> Result<Self, Error> {
        Self::from_description(file, load::load(file, text, CHIPS)?)
    }

    fn from_description(file: &str, description: Description) -> Result<Self, Error> {
        let wrong = |what| Error::Machine { file: file.into(), what };
        let numbers = Arc::new(Numbering::of(&description).map_err(wrong)?);
        let sys = tree::build(&description, &numbers).map_err(wrong)?;
        let live = Live::of(&description).map(Arc::new);
        Ok(Self { description, numbers, live, sys: OnceLock::from(Arc::new(sys)) })
    }

    /// A built-in machine by its name, or one that a file describes by its path:
    /// what has a `/` in it or ends in `.toml`.
    ///
    /// # Errors
    /// As of [`Machine::named`] and [`Machine::from_file`].
    pub fn find(name: &str) -> Result<Self, Error> {
        if name.contains('/') || name.ends_with(".toml") {
            Self::from_file(Path::new(name))
        } else {
            Self::named(name)
        }
    }

    /// The machine that the environment asks for, under the load that it asks for.
    ///
    /// # Errors
    /// As of [`Machine::find`], or a variable has a value that it cannot have.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_env_or(DEFAULT_MACHINE)
    }

    /// Likewise, but another machine if the environment asks for none.
    ///
    /// # Errors
    /// As of [`Machine::from_env`].
    pub fn from_env_or(default: &str) -> Result<Self, Error> {
        let name = variable(MACHINE).unwrap_or_else(|| default.into());
        let kind = variable(LOAD).map(|value| {
            let allowed = || LoadKind::ALL.map(LoadKind::name).join(", ");
            let wrong = |value| Error::Environment { name: LOAD, value, allowed: allowed() };
            LoadKind::named(&value).ok_or_else(|| wrong(value))
        });
        let seed = variable(SEED).map(|value| {
            let allowed = || "a whole number, 0 or more".into();
            let wrong = |value| Error::Environment { name: SEED, value, allowed: allowed() };
            value.parse().map_err(|_| wrong(value))
        });
        Ok(Self::find(&name)?.under(kind.transpose()?, seed.transpose()?))
    }

    /// The machine with another load or another seed than it is described with.
    #[must_use]
    pub fn under(mut self, kind: Option<LoadKind>, seed: Option<u64>) -> Self {
        if let Some(kind) = kind {
            self.description.load.get_or_insert_default().kind = kind;
            for gpu in &mut self.description.gpu {
                gpu.load = None;
            }
        }
        if let Some(seed) = seed {
            self.description.load.get_or_insert_default().seed = seed;
        }
        self.live = Live::of(&self.description).map(Arc::new);
        self
    }

    /// The description says what its cards have to do.
    #[must_use]
    pub fn has_load(&self) -> bool {
        let Description { load, gpu, .. } = &self.description;
        load.is_some() || gpu.iter().any(|gpu| gpu.load.is_some())
    }

    /// The machine is described with a load, or was put under one: [`Machine::at`] differs from
    /// time to time.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.live.is_some()
    }

    /// The machine as it is after that time: a snapshot, in which nothing moves any more.
    ///
    /// The same for any two times within one [`TICK`](crate::TICK), counted from 0.
    #[must_use]
    pub fn at(&self, elapsed: Duration) -> Self {
        let description = match &self.live {
            Some(live) => live.at(&self.description, elapsed),
            None => self.description.clone(),
        };
        let sys = if self.moves() { OnceLock::new() } else { self.sys.clone() };
        Self { description, numbers: Arc::clone(&self.numbers), live: None, sys }
    }

    /// The same machine as a liar describes it: every value is a marked one, which is not the
    /// machine's, and nothing moves. Cards, partitions and addresses are the same. See
    /// [`crate::lies`].
    ///
    /// # Errors
    /// The machine has more than can be lied about.
    pub fn lying(&self) -> Result<Self, Error> {
        Self::from_description("lies.toml", lies::of(&self.description, &self.numbers)?)
    }

    pub(crate) fn tree(&self) -> &Files {
        // It was built once to see that it can be, and time changes no names.
        let build = || tree::build(&self.description, &self.numbers).unwrap_or_default();
        self.sys.get_or_init(|| Arc::new(build()))
    }

    /// The part of the tree that time changes.
    pub(crate) fn moving(&self) -> Files {
        tree::build_moving(&self.description, &self.numbers)
    }

    /// The built-in machines.
    pub fn names() -> impl Iterator<Item = &'static str> {
        MACHINES.iter().map(|(name, _)| *name)
    }

    /// What the machine is, in a line.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.description.about
    }

    /// Every pair of nodes that /dev/dri has, those of other makers' cards included.
    #[must_use]
    pub fn cards(&self) -> Vec<Card> {
        self.numbers.cards()
    }

    /// The machine has /dev/kfd.
    #[must_use]
    pub fn has_kfd(&self) -> bool {
        self.description.kfd
    }

    /// The amdgpu module is loaded.
    #[must_use]
    pub fn has_driver(&self) -> bool {
        self.description.driver.is_some()
    }

    /// Writes what /sys is on that machine; `dir` is to become /sys.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write_tree(&self, dir: &Path) -> Result<(), Error> {
        Ok(self.tree().write(dir)?)
    }

    /// What libamd_smi does wrong on this machine.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.description.fault
    }

    /// The release of libamd_smi that the description asks for.
    #[must_use]
    pub fn release(&self) -> Option<&str> {
        self.description.release.as_deref()
    }

    /// The PCI addresses of the GPUs, in the order of the description.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.description.gpu.iter().map(|gpu| gpu.pci().to_string()).collect()
    }

    /// What somebody would read in a file of /sys, named without a leading slash; links are
    /// followed.
    ///
    /// # Errors
    /// The kernel's errno.
    pub fn read(&self, path: &str) -> Result<&[u8], i32> {
        self.tree().read(path)
    }

    /// The names in a directory of /sys.
    #[must_use]
    pub fn list(&self, path: &str) -> Vec<String> {
        self.tree().list(path)
    }

    /// What the driver answers through libdrm: see [`Machine::drm_facts`].
    #[must_use]
    pub fn drm_text(&self) -> String {
        facts::text(&self.description, &self.numbers)
    }

    /// Writes what the driver answers through libdrm, for a stand-in: one file
    /// in `dir`, whose path is returned. Each line is a render minor, a key, and
    /// the value to the end of the line.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn drm_facts(&self, dir: &Path) -> Result<PathBuf, Error> {
        let path = dir.join("drm-facts");
        fs::create_dir_all(dir)?;
        fs::write(&path, facts::text(&self.description, &self.numbers))?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// In memory if possible: ten thousand small files are slow on a disk.
    fn quick_directory() -> TempDir {
        tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .expect("a temporary directory")
    }

    #[test]
    fn every_built_in_machine_is_written_and_tells_its_nodes() {
        for name in Machine::names() {
            let machine = Machine::named(name).unwrap_or_else(|error| panic!("{error}"));
            assert!(!machine.about().is_empty(), "{name}");
            let dir = quick_directory();
            machine.write_tree(dir.path()).unwrap_or_else(|error| panic!("{name}: {error}"));
            let module = dir.path().join("module/amdgpu/initstate");
            assert_eq!(module.exists(), machine.has_driver(), "{name}");
            let kfd = dir.path().join("class/kfd/kfd/topology/nodes/0/properties");
            assert_eq!(kfd.exists(), machine.has_kfd(), "{name}");
            for card in machine.cards() {
                let link = dir.path().join(format!("class/drm/card{}", card.card));
                assert!(link.join("dev").exists(), "{name}: {}", link.display());
            }
        }
    }

    #[test]
    fn an_unknown_machine_is_told_which_there_are() {
        let error = Machine::named("mi300").expect_err("there is none").to_string();
        assert!(error.starts_with("no machine is called `mi300`; there are mi300x-2, "), "{error}");
        let error = Machine::from_file(Path::new("/nonexistent/m.toml")).expect_err("no such file");
        assert!(error.to_string().starts_with("/nonexistent/m.toml: "), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_cannot_be_taken_away() {
        let text = "about = 'x'\n[cpu]\nnodes = 1\ncores = 8\nmemory = 1\n[driver]\n\
                    [[gpu]]\nchip = 'mi210'\npci = '0000:c1:00.0'\nabsent = ['pp_dpm_sklc']\n";
        let error = Machine::from_text("m.toml", text).expect_err("no such file").to_string();
        assert!(
            error.starts_with("m.toml: gpu 0: there is no file `pp_dpm_sklc` below "),
            "{error}"
        );
    }
}
