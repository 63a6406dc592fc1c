//! What is said of the machine's programs, in RSMI_COMPAT_ABI, /etc/rsmi-compat.conf and the files
//! beside it, and what of it the library cannot use.

use crate::generation;
use rsmi_generations::conf::{Conf, Said};
use serde::Serialize;
use std::ffi::OsStr;
use std::path::PathBuf;

/// The files, read as the library reads them.
#[derive(Serialize)]
pub struct Settings {
    /// Each line that counts.
    pub says: Vec<Line>,
    /// Lines that are none, by file and number; or why a file is not read.
    pub wrong: Vec<String>,
    /// What is wrong with the variable.
    pub variable: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub file: PathBuf,
    /// `abi = 6.0`
    pub line: String,
}

impl Settings {
    pub fn look() -> Self {
        Self::of(Conf::of_machine(), std::env::var_os("RSMI_COMPAT_ABI").as_deref())
    }

    fn of((conf, wrong): (Conf, Vec<String>), variable: Option<&OsStr>) -> Self {
        let lines = conf.lines().into_iter();
        Self {
            says: lines.map(|Said { value: line, file }| Line { file, line }).collect(),
            wrong,
            variable: generation::of_variable(variable).err().map(|error| format!("{error:#}")),
        }
    }

    /// Whether a complaint of the library is about what stands here already.
    pub fn know(&self, complaint: &str) -> bool {
        self.wrong.iter().any(|wrong| complaint.ends_with(wrong))
            || self.variable.is_some() && complaint.contains("RSMI_COMPAT_ABI=")
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
        let read = Conf::read(&file, &directory.path().join("missing"));
        let found = Settings::of(read, Some(OsStr::new("six")));
        let line = Line { file: file.clone(), line: "abi = 6.0,6.2,6.3,6.4".into() };
        assert_eq!(found.says, [line]);
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
    fn a_variable_that_is_right_is_no_fault() {
        let none = Settings::of(Default::default(), Some(OsStr::new("6")));
        assert_eq!((none.wrong.len(), none.variable, none.says.len()), (0, None, 0));
    }
}
