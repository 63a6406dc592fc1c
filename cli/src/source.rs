//! Which source the library asks, as the command line, the environment and JSON have it.

use anyhow::{Context, Result};
use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use rsmi_generations::{POLICIES, Policy};
use serde::Serializer;
use std::ffi::OsStr;

fn parse(value: &OsStr) -> Result<Policy, String> {
    value.to_str().and_then(Policy::parse).ok_or_else(|| format!("it is {POLICIES}"))
}

/// What `--source` takes. A wrong value is refused in a line.
#[derive(Clone)]
pub struct Sources;

impl TypedValueParser for Sources {
    type Value = Policy;

    fn parse_ref(
        &self,
        _: &clap::Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Policy, clap::Error> {
        parse(value).map_err(|why| {
            let text = format!("--source {}: {why}\n", value.to_string_lossy());
            clap::Error::raw(ErrorKind::ValueValidation, text)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Policy::ALL.into_iter().map(|policy| PossibleValue::new(policy.name()))))
    }
}

/// What RSMI_COMPAT_SOURCE says, as the library reads it; empty it says nothing.
pub fn of_variable(value: Option<&OsStr>) -> Result<Option<Policy>> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    let named = || format!("RSMI_COMPAT_SOURCE={}", value.to_string_lossy());
    parse(value).map(Some).map_err(anyhow::Error::msg).with_context(named)
}

/// For JSON.
pub fn name<S: Serializer>(policy: &Policy, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(policy.name())
}
