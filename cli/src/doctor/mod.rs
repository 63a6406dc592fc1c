//! `rsmi-compat doctor`: what is there, what answers, and what is wrong.

mod access;
mod ask;
mod ask_inside;
mod calls;
mod libraries;
mod log;
mod note;
mod page;
mod report;
mod settings;
mod sources;

use crate::installation::Installation;
use anyhow::{Result, bail};
use clap::Args;
use report::Report;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

pub use ask_inside::Ask;

const PROBLEMS: u8 = 1;

/// Tell what is there, what answers each function, and what is wrong
///
/// Looks at the driver, at permissions, at the libraries on the way, and calls every function that
/// only reads, for every device, in a process of its own. Compares the answers of AMD SMI with those
/// of the kernel. Changes nothing.
#[derive(Args)]
#[command(
    after_help = "Exit status: 0 if nothing is wrong, 1 if something is (it is printed with \
    what to do), 2 for wrong usage or own failure. Warnings do not count."
)]
pub struct Doctor {
    /// Write one object, with everything, for programs and for bug reports
    #[arg(long)]
    json: bool,
    /// Print every function and every disagreement, not only functions that are not answered
    #[arg(long)]
    all: bool,
    /// How long the library may take for one function of one device; six times that for all
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=3600))]
    patience: u64,
}

impl Doctor {
    pub fn run(&self) -> Result<ExitCode> {
        let report = Report::make(installed()?, Duration::from_secs(self.patience));
        if self.json {
            crate::print_json(&report)?;
        } else {
            report.print(self.all);
        }
        let wrong = report.problems().any(|problem| problem.is_error());
        Ok(ExitCode::from(if wrong { PROBLEMS } else { 0 }))
    }
}

fn installed() -> Result<PathBuf> {
    let library = Installation::find()?.library();
    if !library.is_file() {
        bail!("{} is not there: install rsmi-compat whole", library.display());
    }
    Ok(library)
}
