//! The kernel's files as real cards write them: odd tables, reads that fail, what is not reported.
//!
//! Each test lays files over a machine of the simulator, and asks the library as a client of ROCm 7
//! does.

mod clocks;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/laid.rs"]
mod laid;
mod metrics;
mod odd_files;
mod overdrive;
mod processes;
mod profiles;
mod refused;
mod sensors;

pub use laid::*;

/// What the environment says to the library.
pub const ENVIRONMENT: &[(&str, &str)] = &[("RSMI_COMPAT_ABI", "7.0")];
