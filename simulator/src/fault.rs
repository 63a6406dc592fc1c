//! What libamd_smi does wrong: the `[[fault]]` tables of a description, or a file of nothing else.

use crate::load::{self, Error};
use rsmi_simulator_releases::FUNCTIONS;
use serde::{Deserialize, Deserializer, de};
use std::fs;
use std::path::Path;

/// Something that goes wrong in calls of libamd_smi; what is left out is as it should be.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// In which functions: a name, or one with an asterisk for any part of it.
    #[serde(default = "all", deserialize_with = "function")]
    pub function: String,

    /// From this call of such a function on, the first being 1.
    #[serde(default = "one", deserialize_with = "at_least_one")]
    pub from_call: u64,
    /// Of the calls from there on, only each so-manieth.
    #[serde(default = "one", deserialize_with = "at_least_one")]
    pub every: u64,
    /// No more often than this.
    pub times: Option<u64>,
    /// From this moment on, in milliseconds since the process loaded the library.
    #[serde(default)]
    pub from_ms: u64,
    /// Until that moment.
    pub until_ms: Option<u64>,

    /// The status that is returned, one of AMD SMI's or any other.
    #[serde(default, deserialize_with = "status")]
    pub status: Option<u32>,
    /// The answer is written although the status is another.
    #[serde(default)]
    pub answered: bool,
    /// How long the call takes.
    #[serde(default)]
    pub takes_ms: u64,
    /// So many bytes are written behind each value.
    #[serde(default, deserialize_with = "overrun")]
    pub overrun: usize,
    /// Texts fill their room, without a NUL.
    #[serde(default)]
    pub unterminated: bool,
    /// Every number is the one that means "not available": all bits set.
    #[serde(default)]
    pub sentinels: bool,
    /// So many items more than there is room for are written, and counted.
    #[serde(default, deserialize_with = "more")]
    pub more: u32,
    /// The card with this index in the description is away.
    pub gone: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    fault: Vec<Fault>,
}

impl Fault {
    /// The faults of a file that describes nothing else.
    ///
    /// # Errors
    /// The file cannot be read, or is wrong: the error names the line, the key and what is allowed.
    pub fn from_file(path: &Path) -> Result<Vec<Self>, Error> {
        let file = path.display().to_string();
        let text = fs::read_to_string(path)
            .map_err(|source| Error::Read { file: file.clone(), source })?;
        let faults = load::parse::<File>(&file, &text)?.fault;
        check(&faults).map_err(|what| Error::Machine { file, what })?;
        Ok(faults)
    }

    /// Whether it concerns a function.
    #[must_use]
    pub fn concerns(&self, function: &str) -> bool {
        matches(&self.function, function)
    }
}

/// What no single key can be blamed for.
pub(crate) fn check(faults: &[Fault]) -> Result<(), String> {
    let harmless = |fault: &&Fault| {
        let Fault { status, takes_ms, overrun, more, gone, .. } = fault;
        status.is_none()
            && gone.is_none()
            && (*takes_ms, *overrun, *more) == (0, 0, 0)
            && !fault.unterminated
            && !fault.sentinels
    };
    match faults.iter().position(|fault| harmless(&fault)) {
        Some(index) => Err(format!(
            "fault {index}: nothing goes wrong; give it one of `status`, `takes_ms`, `overrun`, \
             `unterminated`, `sentinels`, `more`, `gone`"
        )),
        None => Ok(()),
    }
}

fn matches(pattern: &str, function: &str) -> bool {
    match pattern.split_once('*') {
        Some((beginning, end)) => {
            function.strip_prefix(beginning).is_some_and(|rest| rest.ends_with(end))
        }
        None => function == pattern,
    }
}

fn all() -> String {
    "*".into()
}

fn one() -> u64 {
    1
}

fn function<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    if FUNCTIONS.iter().any(|function| matches(&name, function.name)) {
        return Ok(name);
    }
    Err(de::Error::custom(format!(
        "no release of libamd_smi has a function `{name}`, allowed is one like \
         \"amdsmi_get_gpu_memory_usage\", or several like \"amdsmi_get_*_info\""
    )))
}

fn bounded<'de, D: Deserializer<'de>>(
    from: D,
    least: i64,
    most: i64,
    unit: &str,
) -> Result<i64, D::Error> {
    let value = i64::deserialize(from)?;
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    let text = format!("{value} is out of range, allowed is {least} to {most} {unit}");
    Err(de::Error::custom(text))
}

fn at_least_one<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    bounded(from, 1, i64::MAX, "(a number of calls)").map(i64::unsigned_abs)
}

/// Statuses are unsigned to AMD SMI; -1 is how people write the last of them.
fn status<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    bounded(from, -2, u32::MAX.into(), "(a status)").map(|status| Some(status as u32))
}

fn overrun<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    bounded(from, 0, 32 << 10, "bytes").map(|bytes| bytes as usize)
}

fn more<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    bounded(from, 0, 4096, "items").map(|items| items as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("faults.toml");
        fs::write(&path, text).expect("written");
        let error = Fault::from_file(&path).expect_err("it is wrong").to_string();
        error.rsplit_once('/').map_or(error.clone(), |(_, text)| text.to_owned())
    }

    #[test]
    fn a_bad_fault_is_told_with_file_line_key_and_what_is_allowed() {
        let text = error("[[fault]]\nfunction = 'amdsmi_get_gpu_smell'\nstatus = 1\n");
        let expected = "faults.toml:2: function: no release of libamd_smi has a function `amdsmi_get_gpu_smell`";
        assert!(text.starts_with(expected), "{text}");
        let text = error("[[fault]]\nstatsu = 1\n");
        assert!(
            text.starts_with("faults.toml:2: statsu: unknown field `statsu`, expected"),
            "{text}"
        );
        let text = error("[[fault]]\nstatus = 1\nevery = 0\n");
        assert!(
            text.starts_with("faults.toml:3: every: 0 is out of range, allowed is 1 to"),
            "{text}"
        );
        let text = error("[[fault]]\nfunction = 'amdsmi_init'\n");
        assert!(text.starts_with("faults.toml: fault 0: nothing goes wrong; give it"), "{text}");
    }

    #[test]
    fn a_fault_concerns_the_functions_that_it_names() {
        let fault = |function: &str| Fault { function: function.into(), ..Fault::default() };
        assert!(fault("*").concerns("amdsmi_init"));
        assert!(fault("amdsmi_get_*").concerns("amdsmi_get_fw_info"));
        assert!(fault("amdsmi_*_info").concerns("amdsmi_get_fw_info"));
        assert!(!fault("amdsmi_*_info").concerns("amdsmi_init"));
        assert!(!fault("amdsmi_get_*").concerns("amdsmi_init"));
        assert!(!fault("amdsmi_init").concerns("amdsmi_init_gpu_event_notification"));
    }
}
