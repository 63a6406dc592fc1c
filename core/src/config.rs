//! What the environment says, and the machine's files; read once. A set-uid process has no
//! environment.

use crate::environment;
use crate::log::{self, Level};
use once_cell::race::OnceBox;
use rsmi_generations::conf::{Conf, Said};
use rsmi_generations::{Open, POLICIES, Policy, RELEASES};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The settings that hold for the life of the process.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// `RSMI_COMPAT_AMDSMI`, or `amdsmi`: the libamd_smi to use, an absolute path.
    pub(crate) amdsmi: Option<PathBuf>,
    /// `RSMI_COMPAT_SYSFS`: where `/sys` is, for a simulated machine.
    pub(crate) sysfs: Option<PathBuf>,
    /// `RSMI_COMPAT_ABI`: the generations of every caller, and the words for it.
    pub(crate) abi: Option<(Open, String)>,
    /// `RSMI_COMPAT_ABI_OF`: the generations of single files, as `rsmi-compat run` found them out.
    pub(crate) abi_of: Vec<(PathBuf, Open)>,
    /// `RSMI_COMPAT_POWER_FALLBACK=1`, or `power-fallback = 1`: the current power stands in for an
    /// average that a card does not report.
    pub(crate) power_fallback: bool,
    /// `RSMI_COMPAT_NO_WAKE=1`, or `no-wake = 1`: a GPU that the kernel has suspended is not woken.
    pub(crate) no_wake: bool,
    /// Not `RSMI_COMPAT_KEEP_FILES=0`, nor `keep-files = 0`: files that are asked for again and again
    /// stay open.
    pub(crate) keep_files: bool,
    /// `RSMI_COMPAT_SOURCE`, or `source`: who is asked, until `rsmi_compat_source_set` says otherwise.
    pub(crate) source: Policy,
    /// `ROCM_PATH`.
    pub(crate) rocm_path: Option<PathBuf>,
    /// What /etc/rsmi-compat.conf says, where the environment says nothing.
    pub(crate) conf: Conf,
}

impl Config {
    /// The process's settings. The log is up before the first of them is looked at.
    pub(crate) fn get() -> &'static Self {
        static CONFIG: OnceBox<Config> = OnceBox::new();
        CONFIG.get_or_init(|| {
            let (conf, wrong) = Conf::of_machine();
            Box::new(Self::read(variable, conf, &wrong))
        })
    }

    fn read(variable: impl Fn(&str) -> Option<OsString>, conf: Conf, wrong: &[String]) -> Self {
        let level = variable("RSMI_COMPAT_LOG").filter(|value| !value.is_empty());
        match (level, &conf.log) {
            (Some(level), _) => match Level::parse(&level) {
                Some(level) => log::set_level(level),
                None => {
                    log::set_level(Level::Warn);
                    log::warn(|| {
                        format!(
                            "RSMI_COMPAT_LOG={} is ignored: it is one of error, warn, info, debug, trace",
                            level.to_string_lossy()
                        )
                    });
                }
            },
            (None, Some(said)) => {
                Level::parse(OsStr::new(&said.value)).into_iter().for_each(log::set_level);
            }
            (None, None) => {}
        }
        let format = variable("RSMI_COMPAT_LOG_FORMAT").filter(|value| !value.is_empty());
        match format.as_deref().map(|format| (format.to_str(), format)) {
            Some((Some("json"), _)) => log::set_json(true),
            Some((Some("text"), _)) => log::set_json(false),
            Some((_, format)) => log::warn(|| {
                let format = format.to_string_lossy();
                format!("RSMI_COMPAT_LOG_FORMAT={format} is ignored: it is text or json")
            }),
            None => {
                log::set_json(conf.log_format.as_ref().is_some_and(|said| said.value == "json"));
            }
        }
        for line in wrong {
            log::warn(|| line.clone());
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
        let switch = |name: &str| match variable(name) {
            Some(value) if value == "1" => Some(true),
            Some(value) if value == "0" => Some(false),
            Some(value) if !value.is_empty() => {
                log::warn(|| {
                    format!("{name}={} is ignored: it is 0 or 1", value.to_string_lossy())
                });
                None
            }
            _ => None,
        };
        let said = |name: &str, said: &Option<Said<bool>>| {
            switch(name).or_else(|| Some(said.as_ref()?.value))
        };
        let is_on = |name: &str, of_file| said(name, of_file).unwrap_or(false);
        Self {
            amdsmi: absolute("RSMI_COMPAT_AMDSMI")
                .or_else(|| Some(conf.amdsmi.as_ref()?.value.clone())),
            sysfs: absolute("RSMI_COMPAT_SYSFS"),
            power_fallback: is_on("RSMI_COMPAT_POWER_FALLBACK", &conf.power_fallback),
            no_wake: is_on("RSMI_COMPAT_NO_WAKE", &conf.no_wake),
            keep_files: said("RSMI_COMPAT_KEEP_FILES", &conf.keep_files).unwrap_or(true),
            source: variable("RSMI_COMPAT_SOURCE")
                .filter(|value| !value.is_empty())
                .and_then(|value| source(&value))
                .or_else(|| Some(conf.source.as_ref()?.value))
                .unwrap_or_default(),
            abi: variable("RSMI_COMPAT_ABI").filter(|value| !value.is_empty()).and_then(abi),
            abi_of: variable("RSMI_COMPAT_ABI_OF").map(|list| abi_of(&list)).unwrap_or_default(),
            rocm_path: variable("ROCM_PATH").map(PathBuf::from).filter(|path| path.is_absolute()),
            conf,
        }
    }

    /// What is proven of the first of these files that anything is proven of.
    pub(crate) fn proven(&self, files: &[PathBuf]) -> Option<(Open, PathBuf)> {
        files.iter().find_map(|file| {
            let (path, open) = self.abi_of.iter().find(|(path, _)| path == file)?;
            Some((*open, path.clone()))
        })
    }

    /// The directory that stands for `/sys`.
    pub(crate) fn sysfs(&self) -> &Path {
        self.sysfs.as_deref().unwrap_or(Path::new("/sys"))
    }
}

fn source(value: &OsStr) -> Option<Policy> {
    let policy = value.to_str().and_then(Policy::parse);
    if policy.is_none() {
        log::warn(|| {
            format!("RSMI_COMPAT_SOURCE={} is ignored: it is {POLICIES}", value.to_string_lossy())
        });
    }
    policy
}

fn abi(value: OsString) -> Option<(Open, String)> {
    let open = value.to_str().and_then(|text| Open::parse(text.trim()));
    if open.is_none() {
        log::warn(|| {
            format!("RSMI_COMPAT_ABI={} is ignored: it is {RELEASES}", value.to_string_lossy())
        });
    }
    open.map(|open| (open, format!("RSMI_COMPAT_ABI={}", value.to_string_lossy())))
}

/// `6.4=/usr/bin/a:5=/usr/lib/b.so`; an entry that is none is left out.
fn abi_of(list: &OsStr) -> Vec<(PathBuf, Open)> {
    let entry = |entry: &[u8]| {
        let at = entry.iter().position(|byte| *byte == b'=')?;
        let open = Open::parse(std::str::from_utf8(&entry[..at]).ok()?)?;
        Some((PathBuf::from(OsStr::from_bytes(&entry[at + 1..])), open))
    };
    list.as_bytes().split(|byte| *byte == b':').filter_map(entry).collect()
}

/// A variable of the environment as it is now; a set-uid process has none.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    if set_uid() { None } else { environment::variable(name) }
}

fn set_uid() -> bool {
    // SAFETY: getauxval only reads the vector that the kernel gave this process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsmi_generations::Generation;

    fn with(pairs: &[(&str, &str)]) -> Config {
        over(pairs, "")
    }

    /// With a file of root's that says this.
    fn over(pairs: &[(&str, &str)], text: &str) -> Config {
        let mut conf = Conf::default();
        let wrong = conf.parse(text.as_bytes(), Path::new("/etc/x"), true);
        let variable = |name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        Config::read(variable, conf, &wrong)
    }

    #[test]
    fn the_environment_counts_before_the_files() {
        let text = "amdsmi = /of/the/file\npower-fallback = 1";
        let file = over(&[], text);
        assert_eq!((file.amdsmi, file.power_fallback), (Some("/of/the/file".into()), true));
        let pairs = [("RSMI_COMPAT_AMDSMI", "/mine"), ("RSMI_COMPAT_POWER_FALLBACK", "0")];
        let both = over(&pairs, text);
        assert_eq!((both.amdsmi, both.power_fallback), (Some("/mine".into()), false));
        let wrong = [("RSMI_COMPAT_AMDSMI", "mine"), ("RSMI_COMPAT_POWER_FALLBACK", "x")];
        let neither = over(&wrong, text);
        assert_eq!((neither.amdsmi, neither.power_fallback), (Some("/of/the/file".into()), true));
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
    fn a_simulated_sysfs_needs_nothing_else() {
        assert_eq!(with(&[]).sysfs(), Path::new("/sys"));
        assert_eq!(with(&[("RSMI_COMPAT_SYSFS", "m")]).sysfs(), Path::new("/sys"));
        assert_eq!(with(&[("RSMI_COMPAT_SYSFS", "/m")]).sysfs(), Path::new("/m"));
    }

    #[test]
    fn a_switch_is_on_only_when_it_says_so() {
        let on = |value| with(&[("RSMI_COMPAT_POWER_FALLBACK", value)]).power_fallback;
        assert!(on("1") && with(&[("RSMI_COMPAT_NO_WAKE", "1")]).no_wake);
        for off in ["", "0", "yes", "2"] {
            assert!(!on(off), "{off}");
        }
    }

    #[test]
    fn the_source_is_one_of_four() {
        let source = |value, text| over(&[("RSMI_COMPAT_SOURCE", value)], text).source;
        assert_eq!((source("kernel", ""), source("", "")), (Policy::Kernel, Policy::Auto));
        assert_eq!(source("both", "source = kernel"), Policy::Both);
        for none in ["", "sysfs", "Kernel"] {
            assert_eq!(source(none, "source = amdsmi"), Policy::Amdsmi, "{none}");
        }
    }

    #[test]
    fn an_empty_variable_is_an_unset_one() {
        let empty = with(&[("RSMI_COMPAT_ABI", ""), ("RSMI_COMPAT_AMDSMI", "")]);
        assert_eq!((empty.abi, empty.amdsmi), (None, None));
    }

    #[test]
    fn a_release_that_is_none_counts_as_nothing_said() {
        let abi = |value| with(&[("RSMI_COMPAT_ABI", value)]).abi.map(|(open, _)| open);
        assert_eq!(abi("6"), Some(Open::range(Generation::V6_0, Generation::V6_4)));
        assert_eq!(abi(" 10.1 "), Some(Open::only(Generation::V7_0)));
        for nonsense in ["six", "6.5", "4", "7.0x"] {
            assert_eq!(abi(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn single_files_are_told_of_in_a_list() {
        let config = with(&[("RSMI_COMPAT_ABI_OF", "5=/a=b:x:6.4,7.0=/c:9z=/d")]);
        let proven = |file: &str| config.proven(&[file.into()]).map(|(open, _)| open);
        assert_eq!(proven("/a=b"), Some(Open::only(Generation::V5)));
        assert_eq!(proven("/c"), Some(Open::since(Generation::V6_4)));
        assert_eq!((proven("/d"), proven("x"), config.abi_of.len()), (None, None, 2));
    }
}
