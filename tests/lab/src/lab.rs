//! Where the lab keeps its things, and which real libraries it has.

use std::collections::HashMap;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, flock};

use crate::machine::{self, Written};

/// The lab of this workspace: one directory that can be thrown away at any time.
pub struct Lab {
    pub cache: PathBuf,
    pub workspace: PathBuf,
    machines: Mutex<HashMap<String, Arc<Written>>>,
}

/// A real library that the lab knows how to use, by the name of its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    Rsmi,
    AmdSmi,
}

impl Library {
    /// The directory of this library, in the cache and under `/lab`.
    pub const fn name(self) -> &'static str {
        match self {
            Library::Rsmi => "rsmi",
            Library::AmdSmi => "amdsmi",
        }
    }

    /// How the files of this library begin.
    pub fn file(self) -> &'static str {
        match self {
            Library::Rsmi => "librocm_smi64.so",
            Library::AmdSmi => "libamd_smi.so",
        }
    }
}

impl Lab {
    pub fn locate() -> Result<Lab> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let workspace = workspace.canonicalize().context("the source tree has moved: rebuild")?;
        let cache = match env::var_os("RSMI_LAB_CACHE").map(PathBuf::from) {
            Some(path) if !path.is_absolute() => {
                bail!("RSMI_LAB_CACHE={} is not an absolute path", path.display())
            }
            Some(path) => path,
            None => workspace.join("target/lab"),
        };
        fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
        Ok(Lab { cache, workspace, machines: Mutex::default() })
    }

    /// The root in which everything runs, as it was unpacked. Never written to afterwards.
    pub fn root(&self) -> PathBuf {
        self.cache.join("root")
    }

    /// The files of one real library, its headers under `include`.
    pub fn library(&self, library: Library, release: &str) -> PathBuf {
        self.cache.join(library.name()).join(release)
    }

    /// The headers of libdrm, which AMD's own include.
    pub fn drm_headers(&self) -> PathBuf {
        self.cache.join("libdrm")
    }

    /// What is compiled here: `/lab/bin` inside.
    pub fn bin(&self) -> PathBuf {
        self.cache.join("bin")
    }

    /// Our own library, under the names that the linker and the loader want: `/lab/ours` inside.
    pub fn ours(&self) -> PathBuf {
        self.cache.join("ours")
    }

    /// The machine of this name or file, written at its first use.
    pub fn machine(&self, name: &str) -> Result<Arc<Written>> {
        let mut machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(written) = machines.get(name) {
            return Ok(written.clone());
        }
        let written = machine::write(name)?;
        machines.insert(name.to_owned(), written.clone());
        Ok(written)
    }

    /// Waits until no other process fetches or builds here.
    pub fn lock(&self) -> Result<File> {
        let path = self.cache.join("lock");
        let file = File::create(&path)
            .with_context(|| format!("cannot write {}: whose cache is it?", path.display()))?;
        flock(&file, FlockOperation::LockExclusive).context("cannot lock the cache")?;
        Ok(file)
    }
}
