//! Where the files that belong to the command are: beside it, wherever that is.

use anyhow::{Context, Result, bail, ensure};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const DROP_IN: &str = "rsmi-compat";
const LIBRARY: &str = "librsmi_compat.so.1";
const AUDIT: &str = "librsmi_compat_audit.so";

/// PREFIX/lib of the installation that this executable is part of.
pub struct Installation {
    lib: PathBuf,
}

impl Installation {
    pub fn find() -> Result<Self> {
        let own = std::env::current_exe().context("cannot tell where this command is")?;
        let directory = own.parent().context("this command is in no directory")?;
        let looked = places(directory);
        let lib = looked.iter().find(|lib| lib.join(LIBRARY).is_file());
        let Some(lib) = lib else {
            let looked: Vec<_> = looked.iter().map(|lib| lib.display().to_string()).collect();
            bail!(
                "{LIBRARY} is not there: looked in {}; install rsmi-compat whole, \
                 or run `cargo xtask stage` in its sources",
                looked.join(", ")
            );
        };
        let lib = lib.canonicalize().with_context(|| lib.display().to_string())?;
        Ok(Self { lib })
    }

    pub fn library(&self) -> PathBuf {
        self.lib.join(LIBRARY)
    }

    /// The directory with librocm_smi64's names, fit to stand in a list of directories.
    pub fn drop_in(&self) -> Result<PathBuf> {
        let directory = self.lib.join(DROP_IN);
        ensure!(
            directory.join("librocm_smi64.so.1").is_file(),
            "{} has no librocm_smi64.so.1: install rsmi-compat whole",
            directory.display()
        );
        let unfit = |byte: &u8| b":;$".contains(byte);
        ensure!(
            !directory.as_os_str().as_bytes().iter().any(unfit),
            "{} cannot be told to the dynamic loader, because of a colon, semicolon or dollar sign \
             in it: install rsmi-compat elsewhere",
            directory.display()
        );
        Ok(directory)
    }

    /// The directory that looks as ROCm's does.
    pub fn rocm(&self) -> Result<PathBuf> {
        let directory = self.drop_in()?.join("rocm");
        let is_whole = directory.join("lib/librocm_smi64.so").is_file();
        ensure!(is_whole, "{} is not there: install rsmi-compat whole", directory.display());
        Ok(directory)
    }

    /// What stands in for NVML's library.
    pub fn nvml(&self) -> Result<PathBuf> {
        let file = self.drop_in()?.join("nvml/libnvidia-ml.so.1");
        ensure!(file.is_file(), "{} is not there: install rsmi-compat whole", file.display());
        Ok(file)
    }

    /// The library that the dynamic loader asks where others are.
    pub fn audit(&self) -> Result<PathBuf> {
        let file = self.drop_in()?.join(AUDIT);
        ensure!(file.is_file(), "{} is not there: install rsmi-compat whole", file.display());
        Ok(file)
    }
}

/// The library directories of the prefix, then what `cargo xtask stage` writes into target/, for
/// a command that was built there and not installed.
fn places(directory: &Path) -> Vec<PathBuf> {
    let mut places = Vec::new();
    if let Some(prefix) = directory.parent() {
        places.extend([prefix.join("lib"), prefix.join("lib").join(multiarch())]);
        places.push(prefix.join("lib64"));
        // target/debug, or target/x86_64-unknown-linux-gnu/debug.
        for target in prefix.ancestors().take(2) {
            places.push(target.join("stage/lib"));
        }
    }
    places
}

/// The name of Debian's directories for libraries of this processor.
pub fn multiarch() -> &'static str {
    if cfg!(target_arch = "aarch64") { "aarch64-linux-gnu" } else { "x86_64-linux-gnu" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_comes_before_the_stage() {
        let places = places(Path::new("/w/target/debug"));
        let at = |path: &str| places.iter().position(|place| place == Path::new(path));
        assert_eq!(at("/w/target/lib"), Some(0));
        assert!(at("/w/target/stage/lib") > at("/w/target/lib64"));
        let cross = super::places(Path::new("/w/target/x86_64-unknown-linux-gnu/debug"));
        assert!(cross.contains(&PathBuf::from("/w/target/stage/lib")));
    }
}
