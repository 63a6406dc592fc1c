//! What is said of the machine's programs, in RSMI_COMPAT_ABI and /etc/rsmi-compat.conf, and what of
//! it the library cannot use.

use crate::generation;
use rsmi_generations::conf::{self, Conf};
use serde::Serialize;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The file, read as the library reads it.
#[derive(Serialize)]
pub struct Settings {
    pub file: PathBuf,
    /// `abi`, a person's word for every program.
    pub abi: Option<String>,
    /// `abi-of-usr`, a package's for the distribution's programs.
    pub abi_of_usr: Option<String>,
    /// Lines that are none, by number; or why nothing is read.
    pub wrong: Vec<String>,
    /// What is wrong with the variable.
    pub variable: Option<String>,
}

impl Settings {
    pub fn look() -> Self {
        Self::read(Path::new(conf::PATH), std::env::var_os("RSMI_COMPAT_ABI").as_deref())
    }

    fn read(file: &Path, variable: Option<&OsStr>) -> Self {
        let (conf, wrong) = Conf::read(file);
        let named = |wrong: String| format!("{}{wrong}", file.display());
        Self {
            file: file.to_owned(),
            abi: conf.abi.map(|open| open.to_string()),
            abi_of_usr: conf.abi_of_usr.map(|open| open.to_string()),
            wrong: wrong.into_iter().map(named).collect(),
            variable: generation::of_variable(variable).err().map(|error| format!("{error:#}")),
        }
    }

    /// Whether a complaint of the library is about what stands here already.
    pub fn know(&self, complaint: &str) -> bool {
        self.wrong.iter().any(|wrong| complaint.ends_with(wrong))
            || self.variable.is_some() && complaint.contains("RSMI_COMPAT_ABI=")
    }

    /// `abi = 5`, as it stands there.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let lines = [("abi", &self.abi), ("abi-of-usr", &self.abi_of_usr)];
        lines.into_iter().filter_map(|(key, value)| Some(format!("{key} = {}", value.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_line_is_named_with_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("conf");
        std::fs::write(&file, b"abi = 6\n\nabi = \xff\nabi-of-usr = six\n").unwrap();
        let found = Settings::read(&file, Some(OsStr::new("six")));
        assert_eq!(found.lines().collect::<Vec<_>>(), ["abi = 6.0,6.2,6.3,6.4"]);
        let starts: Vec<_> = [3, 4].map(|at| format!("{}:{at}: ", file.display())).into();
        assert_eq!(found.wrong.len(), 2);
        for (wrong, start) in found.wrong.iter().zip(&starts) {
            assert!(wrong.starts_with(start), "{wrong}");
            assert!(found.know(&format!("warn: {wrong}")), "{wrong}");
        }
        assert!(found.variable.as_ref().unwrap().contains("RSMI_COMPAT_ABI=six: it is 5, 6"));
        assert!(found.know("warn: RSMI_COMPAT_ABI=six is ignored") && !found.know("warn: other"));
    }

    #[test]
    fn what_is_no_file_is_said_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let found = Settings::read(&pipe, None);
        assert_eq!(found.wrong, [format!("{}: it is no regular file", pipe.display())]);
        let none = Settings::read(&directory.path().join("missing"), Some(OsStr::new("6")));
        assert_eq!((none.wrong.len(), none.variable, none.abi), (0, None, None));
    }
}
