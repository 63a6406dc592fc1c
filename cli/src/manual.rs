//! `rsmi-compat man DIR`: the manual pages, for whoever installs the command.

use anyhow::{Context, Result};
use clap::{Args, Command};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub struct Man {
    /// Where the pages go; the directory must exist
    directory: PathBuf,
}

impl Man {
    pub fn run(&self, command: Command) -> Result<ExitCode> {
        clap_mangen::generate_to(command.disable_help_subcommand(true), &self.directory)
            .with_context(|| {
                format!("cannot write manual pages to {}", self.directory.display())
            })?;
        Ok(ExitCode::SUCCESS)
    }
}
