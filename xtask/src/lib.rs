//! What the developer's commands share: how parts are built, and which file goes where.

pub mod artifacts;
mod documents;
pub mod dropin;
pub mod elf;
pub mod layout;
pub mod man3;
pub mod place;
pub mod run;
pub mod workspace;
pub mod zig;

use std::process::ExitCode;

use anyhow::Result;
use rustix::fs::Mode;
use rustix::process::umask;

/// The main function of such a command.
pub fn main_of(command: impl FnOnce() -> Result<()>) -> ExitCode {
    // What root installs, everybody shall be able to read.
    umask(Mode::from_raw_mode(0o022));
    match command() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
