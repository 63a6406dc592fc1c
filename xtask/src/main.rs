//! The developer commands that cargo has no name for.

mod artifacts;
mod demo;
mod documents;
mod dropin;
mod install;
mod layout;
mod manifest;
mod package;
mod picture;
mod place;
mod run;
mod stage;
mod workspace;
mod zig;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use rustix::fs::Mode;
use rustix::process::umask;

use crate::demo::Demo;
use crate::install::{Install, Uninstall};
use crate::package::Package;
use crate::picture::Picture;
use crate::stage::Stage;

/// The developer commands that cargo has no name for.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lay out in target/stage what an installation consists of
    Stage(Stage),
    /// Install what was built with --release below a prefix
    Install(Install),
    /// Pack what was built with --release, for other machines
    Package(Package),
    /// Remove what `install` installed below a prefix
    Uninstall(Uninstall),
    /// Show a monitor written in C on our library: on GPUs if there are any, else on simulated ones
    Demo(Demo),
    /// Make docs/rsmi_top.svg anew, of what that monitor prints
    Picture(Picture),
}

fn main() -> ExitCode {
    // What root installs, everybody shall be able to read.
    umask(Mode::from_raw_mode(0o022));
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Stage(stage) => stage.run(),
        Command::Install(install) => install.run(),
        Command::Package(package) => package.run(),
        Command::Uninstall(uninstall) => uninstall.run(),
        Command::Demo(demo) => demo.run(),
        Command::Picture(picture) => picture.run(),
    }
}
