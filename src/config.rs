//! What the environment says, read once; a set-uid process has no environment.

use crate::log::{self, Level};
use once_cell::sync::OnceCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The settings that hold for the life of the process.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// `RSMI_COMPAT_AMDSMI`: the libamd_smi to use, an absolute path.
    pub(crate) amdsmi: Option<PathBuf>,
    /// `RSMI_COMPAT_SYSFS`: where `/sys` is, for a simulated machine.
    pub(crate) sysfs: Option<PathBuf>,
    /// `RSMI_COMPAT_ABI`, as it was written.
    pub(crate) abi: Option<OsString>,
    /// `RSMI_COMPAT_POWER_FALLBACK=1`: the current power stands in for an average that a card does
    /// not report.
    pub(crate) power_fallback: bool,
    /// `ROCM_PATH`.
    pub(crate) rocm_path: Option<PathBuf>,
}

impl Config {
    /// The process's settings. The log is up before the first of them is looked at.
    pub(crate) fn get() -> &'static Self {
        static CONFIG: OnceCell<Config> = OnceCell::new();
        CONFIG.get_or_init(|| Self::read(variable))
    }

    fn read(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        if let Some(level) = variable("RSMI_COMPAT_LOG") {
            match Level::parse(&level) {
                Some(level) => log::set_level(level),
                None => {
                    log::set_level(Level::Warn);
                    log::warn(|| {
                        format!(
                            "RSMI_COMPAT_LOG={} is ignored: it is one of error, warn, info, debug, trace",
                            level.display()
                        )
                    });
                }
            }
        }
        let absolute = |name: &str| {
            let path = PathBuf::from(variable(name).filter(|value| !value.is_empty())?);
            if path.is_absolute() {
                return Some(path);
            }
            log::warn(|| {
                format!("{name}={} is refused: it is not an absolute path", path.display())
            });
            None
        };
        let amdsmi = absolute("RSMI_COMPAT_AMDSMI");
        let mut sysfs = absolute("RSMI_COMPAT_SYSFS");
        if sysfs.is_some() && amdsmi.is_none() {
            log::warn(|| {
                "RSMI_COMPAT_SYSFS is refused: it goes together with RSMI_COMPAT_AMDSMI".into()
            });
            sysfs = None;
        }
        let switch = |name: &str| match variable(name) {
            Some(value) if value == "1" => true,
            Some(value) if !value.is_empty() && value != "0" => {
                log::warn(|| format!("{name}={} is ignored: it is 0 or 1", value.display()));
                false
            }
            _ => false,
        };
        Self {
            amdsmi,
            sysfs,
            power_fallback: switch("RSMI_COMPAT_POWER_FALLBACK"),
            abi: variable("RSMI_COMPAT_ABI").filter(|value| !value.is_empty()),
            rocm_path: variable("ROCM_PATH").map(PathBuf::from).filter(|path| path.is_absolute()),
        }
    }

    /// The directory that stands for `/sys`.
    pub(crate) fn sysfs(&self) -> &Path {
        self.sysfs.as_deref().unwrap_or(Path::new("/sys"))
    }
}

/// A variable of the environment as it is now; a set-uid process has none.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    if set_uid() { None } else { std::env::var_os(name) }
}

fn set_uid() -> bool {
    // SAFETY: getauxval only reads the vector that the kernel gave this process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Config {
        Config::read(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn a_relative_path_is_refused() {
        assert_eq!(with(&[("RSMI_COMPAT_AMDSMI", "libamd_smi.so")]).amdsmi, None);
        assert_eq!(
            with(&[("RSMI_COMPAT_AMDSMI", "/x/libamd_smi.so")]).amdsmi.as_deref(),
            Some(Path::new("/x/libamd_smi.so"))
        );
    }

    #[test]
    fn a_simulated_sysfs_needs_a_named_libamd_smi() {
        assert_eq!(with(&[("RSMI_COMPAT_SYSFS", "/m")]).sysfs(), Path::new("/sys"));
        let both = with(&[("RSMI_COMPAT_SYSFS", "/m"), ("RSMI_COMPAT_AMDSMI", "/a")]);
        assert_eq!(both.sysfs(), Path::new("/m"));
    }

    #[test]
    fn a_switch_is_on_only_when_it_says_so() {
        let on = |value| with(&[("RSMI_COMPAT_POWER_FALLBACK", value)]).power_fallback;
        assert!(on("1"));
        for off in ["", "0", "yes", "2"] {
            assert!(!on(off), "{off}");
        }
    }

    #[test]
    fn an_empty_variable_is_an_unset_one() {
        let empty = with(&[("RSMI_COMPAT_ABI", ""), ("RSMI_COMPAT_AMDSMI", "")]);
        assert_eq!((empty.abi, empty.amdsmi), (None, None));
    }
}
