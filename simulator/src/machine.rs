//! A machine that was described: the way in for everybody outside.

use crate::description::Description;
use crate::facts;
use crate::files::Files;
use crate::load::{self, Error};
use crate::tree::{self, Numbering};
use std::fs;
use std::path::{Path, PathBuf};

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
    "mi250x-4",
    "mi210",
    "navi31",
    "navi31-2",
    "apu",
    "mixed",
    "sparse",
    "kfd-unknown",
    "kfd-no-gpu",
    "no-driver",
);

pub(crate) const CHIPS: &[(&str, &str)] =
    built_in!("chips": "mi300x", "mi250x", "mi210", "navi31", "phoenix");

#[derive(Debug)]
pub struct Machine {
    description: Description,
    numbers: Numbering,
    sys: Files,
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
        let text = fs::read_to_string(path)
            .map_err(|source| Error::Read { file: file.clone(), source })?;
        Self::from_text(&file, &text)
    }

    fn from_text(file: &str, text: &str) -> Result<Self, Error> {
        let description = load::load(file, text, CHIPS)?;
        let wrong = |what| Error::Machine { file: file.into(), what };
        let numbers = Numbering::of(&description).map_err(wrong)?;
        let sys = tree::build(&description, &numbers).map_err(wrong)?;
        Ok(Self { description, numbers, sys })
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
        Ok(self.sys.write(dir)?)
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
