//! Sets of generations of rocm_smi.h, as the command line, the environment and JSON have them.

use anyhow::{Context, Result};
use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use rsmi_generations::{Generation, Open, RELEASES};
use serde::Serializer;
use std::ffi::OsStr;

/// What a person says: "6.4", "6", "6.3,7.0".
pub fn parse(text: &str) -> Result<Open, String> {
    Open::parse(text.trim())
        .ok_or_else(|| format!("it is {RELEASES}, or several of them with commas"))
}

/// What `--abi` takes. A shell offers the releases one by one; a wrong value is refused in a line.
#[derive(Clone)]
pub struct Releases;

impl TypedValueParser for Releases {
    type Value = Open;

    fn parse_ref(
        &self,
        _: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Open, clap::Error> {
        let open = value.to_str().ok_or_else(|| "it is not UTF-8".to_owned()).and_then(parse);
        open.map_err(|why| {
            let option = argument.and_then(clap::Arg::get_long).unwrap_or_default();
            let text = format!("--{option} {}: {why}\n", value.to_string_lossy());
            clap::Error::raw(ErrorKind::ValueValidation, text)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let six = ["6"].into_iter();
        let names = six.chain(Generation::ALL.map(Generation::name));
        Some(Box::new(names.map(PossibleValue::new)))
    }
}

/// What RSMI_COMPAT_ABI says, as the library reads it; empty it says nothing.
pub fn of_variable(value: Option<&OsStr>) -> Result<Option<Open>> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    let open = value.to_str().ok_or_else(|| "it is not UTF-8".to_owned()).and_then(parse);
    let named = || format!("RSMI_COMPAT_ABI={}", value.to_string_lossy());
    open.map(Some).map_err(anyhow::Error::msg).with_context(named)
}

/// For JSON: a list, oldest first.
pub fn list<S: Serializer>(open: &Open, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(open.iter().map(|generation| generation.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_says_a_set_or_nothing_or_is_wrong() {
        let of = |value: &str| of_variable(Some(OsStr::new(value)));
        assert_eq!(of_variable(None).unwrap(), None);
        assert_eq!(of("").unwrap(), None);
        assert_eq!(of(" 6.3,7 ").unwrap(), Open::parse("6.3,7.0"));
        assert_eq!(of("10").unwrap(), Open::parse("7.0"));
        for wrong in ["six", "6.5", "6,", "4"] {
            let error = format!("{:#}", of(wrong).unwrap_err());
            assert!(error.starts_with(&format!("RSMI_COMPAT_ABI={wrong}: it is 5, 6,")), "{error}");
        }
    }
}
