//! Names in a program's constants: functions that it may look up, libraries that it may open.

use memchr::memmem::Finder;
use std::collections::BTreeSet;

/// Every function that the library answers.
pub fn answered() -> impl Iterator<Item = &'static str> {
    include_str!("../../../tests/abi/symbols.txt").lines()
}

pub fn is_answered(function: &str) -> bool {
    let function = rsmi_generations::marked_name(function).unwrap_or(function);
    answered().any(|known| known == function)
}

/// What was found in text or constants.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// `rsmi_*`, as far as they are functions.
    pub functions: BTreeSet<String>,
    /// librocm_smi64.so, with its path and number if they stand there.
    pub libraries: BTreeSet<String>,
    /// NVML's library, or its Python module.
    pub nvml: bool,
}

impl Names {
    pub fn scan(&mut self, bytes: &[u8]) {
        for at in Finder::new("rsmi_").find_iter(bytes) {
            self.function_at(bytes, at);
        }
        for at in Finder::new("librocm_smi64.so").find_iter(bytes) {
            self.library_at(bytes, at);
        }
        let nvml = ["libnvidia-ml.so", "pynvml"];
        self.nvml |= nvml.iter().any(|name| Finder::new(name).find(bytes).is_some());
    }

    fn function_at(&mut self, bytes: &[u8], at: usize) {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let rest = bytes.get(at..).unwrap_or_default();
        let word = rest.iter().position(|byte| !is_word(byte)).map_or(rest, |end| &rest[..end]);
        // Some languages put constants one behind the other, without an end between them.
        let next = Finder::new("rsmi_").find(word.get(1..).unwrap_or_default());
        let word = next.and_then(|next| word.get(..next + 1)).unwrap_or(word);
        let Ok(word) = std::str::from_utf8(word) else { return };
        if let Some(known) = longest_known(word) {
            self.functions.insert(known.to_owned());
            return;
        }
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let ends = rest.get(word.len()).is_none_or(|byte| *byte == 0);
        let starts = before.is_none_or(|byte| *byte == 0);
        let function = ["_get", "_set", "_reset"].iter().any(|ending| word.ends_with(ending));
        if starts && ends && function {
            self.functions.insert(word.to_owned());
        }
    }

    fn library_at(&mut self, bytes: &[u8], at: usize) {
        let is_path = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+~$@{}".contains(byte);
        let start = bytes.get(..at).and_then(|head| head.iter().rposition(|byte| !is_path(byte)));
        let start = start.map_or(0, |before| before + 1);
        let rest = bytes.get(at..).unwrap_or_default();
        let suffix = "librocm_smi64.so".len();
        let tail = rest.get(suffix..).unwrap_or_default();
        let digits = tail.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        let mut name = bytes.get(start..at + suffix + digits).unwrap_or_default();
        while let Some(shorter) = name.strip_suffix(b".") {
            name = shorter;
        }
        self.libraries.insert(String::from_utf8_lossy(name).into_owned());
    }
}

/// The longest function that a word begins with, if nothing but other words can follow.
fn longest_known(word: &str) -> Option<&'static str> {
    answered()
        .filter(|known| word.strip_prefix(known).is_some_and(|rest| !rest.starts_with('_')))
        .filter(|known| {
            // rsmi_dev_name_getter is none of ours; rsmi_initUnable is two constants.
            let next = word.as_bytes().get(known.len());
            next.is_none_or(|byte| !byte.is_ascii_lowercase() && !byte.is_ascii_digit())
        })
        .max_by_key(|known| known.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
        let mut names = Names::default();
        names.scan(bytes);
        (names.functions.into_iter().collect(), names.libraries.into_iter().collect())
    }

    #[test]
    fn functions_are_found_in_c_and_in_run_together_constants() {
        assert_eq!(scan(b"\0rsmi_init\0rsmi_dev_name_get\0").0, ["rsmi_dev_name_get", "rsmi_init"]);
        assert_eq!(scan(b"rsmi_initrsmi_shut_downUnable").0, ["rsmi_init", "rsmi_shut_down"]);
        assert_eq!(scan(b"rsmi_init failed, rsmi_status_t rsmi_dev_name").0, ["rsmi_init"]);
        assert_eq!(scan(b"\0rsmi_dev_of_tomorrow_get\0").0, ["rsmi_dev_of_tomorrow_get"]);
        assert!(scan(b"my rsmi_dev_of_tomorrow_get is").0.is_empty());
        assert!(scan(b"rsmi_").0.is_empty());
        assert!(scan(b"rsmi_\xff\xfe").0.is_empty());
    }

    #[test]
    fn nvml_is_found_by_its_library_and_its_module() {
        for (text, is_there) in [
            (&b"\0libnvidia-ml.so.1\0"[..], true),
            (b"import pynvml", true),
            (b"import nvtx; libcuda.so.1", false),
        ] {
            let mut names = Names::default();
            names.scan(text);
            assert_eq!(names.nvml, is_there, "{text:?}");
        }
    }

    #[test]
    fn libraries_are_found_with_path_and_number() {
        let found = scan(b"\0/opt/rocm/lib/librocm_smi64.so\0librocm_smi64.so.1.0\0");
        assert_eq!(found.1, ["/opt/rocm/lib/librocm_smi64.so", "librocm_smi64.so.1.0"]);
        assert_eq!(scan(b"no librocm_smi64.so.6.").1, ["librocm_smi64.so.6"]);
        assert_eq!(scan(b"librocm_smi64.so").1, ["librocm_smi64.so"]);
    }
}
