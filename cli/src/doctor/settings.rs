//! What is said of the machine's programs, in RSMI_COMPAT_ABI and RSMI_COMPAT_SOURCE, in
//! /etc/rsmi-compat.conf and the files beside it, and what of it the library cannot use.

use crate::{generation, source};
use rsmi_generations::Policy;
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
    /// What is wrong with the variables.
    pub variables: Vec<String>,
    /// Which source is asked.
    #[serde(serialize_with = "source::name")]
    pub source: Policy,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub file: PathBuf,
    /// `abi = 6.0`
    pub line: String,
}

impl Settings {
    pub fn look() -> Self {
        let [abi, source] = ["RSMI_COMPAT_ABI", "RSMI_COMPAT_SOURCE"].map(std::env::var_os);
        Self::of(Conf::of_machine(), abi.as_deref(), source.as_deref())
    }

    fn of((conf, wrong): (Conf, Vec<String>), abi: Option<&OsStr>, source: Option<&OsStr>) -> Self {
        let lines = conf.lines().into_iter();
        let (abi, source) = (generation::of_variable(abi), source::of_variable(source));
        let variables =
            [abi.err(), source.as_ref().err().map(|error| anyhow::anyhow!("{error:#}"))];
        let in_a_file = conf.source.as_ref().map(|said| said.value);
        Self {
            says: lines.map(|Said { value: line, file }| Line { file, line }).collect(),
            wrong,
            variables: variables.into_iter().flatten().map(|error| format!("{error:#}")).collect(),
            source: source.ok().flatten().or(in_a_file).unwrap_or_default(),
        }
    }

    /// Whether a complaint of the library is about what stands here already.
    pub fn know(&self, complaint: &str) -> bool {
        self.wrong.iter().any(|wrong| complaint.ends_with(wrong))
            || self.variables.iter().any(|wrong| {
                wrong.split_once(": ").is_some_and(|(said, _)| complaint.contains(said))
            })
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
        let found = Settings::of(read, Some(OsStr::new("six")), Some(OsStr::new("drm")));
        let line = Line { file: file.clone(), line: "abi = 6.0,6.2,6.3,6.4".into() };
        assert_eq!(found.says, [line]);
        let starts: Vec<_> = [3, 4].map(|at| format!("{}:{at}: ", file.display())).into();
        assert_eq!(found.wrong.len(), 2);
        for (wrong, start) in found.wrong.iter().zip(&starts) {
            assert!(wrong.starts_with(start), "{wrong}");
            assert!(found.know(&format!("warn: {wrong}")), "{wrong}");
        }
        assert!(found.variables[0].starts_with("RSMI_COMPAT_ABI=six: it is 5, 6"));
        assert_eq!(
            found.variables[1],
            "RSMI_COMPAT_SOURCE=drm: it is auto, amdsmi, kernel or both"
        );
        assert!(found.know("warn: RSMI_COMPAT_ABI=six is ignored") && !found.know("warn: other"));
        assert!(found.know("warn: RSMI_COMPAT_SOURCE=drm is ignored: it is auto"));
    }

    #[test]
    fn a_variable_that_is_right_is_no_fault() {
        let right = [Some(OsStr::new("6")), Some(OsStr::new("kernel"))];
        let none = Settings::of(Default::default(), right[0], right[1]);
        assert_eq!((none.wrong.len(), none.variables.len(), none.says.len()), (0, 0, 0));
        assert_eq!(none.source, Policy::Kernel);
    }

    #[test]
    fn the_variable_comes_before_the_files() {
        let of = |text: &str, variable: &str| {
            let mut conf = Conf::default();
            conf.parse(text.as_bytes(), std::path::Path::new("/etc/x"), true);
            Settings::of((conf, Vec::new()), None, Some(OsStr::new(variable))).source
        };
        assert_eq!(of("", ""), Policy::Auto);
        assert_eq!(of("source = amdsmi", ""), Policy::Amdsmi);
        assert_eq!(of("source = amdsmi", "both"), Policy::Both);
        assert_eq!(of("source = amdsmi", "wrong"), Policy::Amdsmi);
    }
}
