//! The developer commands that cargo has no name for.

mod demo;
mod install;
mod loader;
mod manifest;
mod mutants;
mod package;
mod picture;
mod stage;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::main_of;

use crate::demo::Demo;
use crate::install::{Install, Uninstall};
use crate::mutants::Mutants;
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
    #[command(disable_help_flag = true)]
    Package {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Remove what `install` installed below a prefix
    Uninstall(Uninstall),
    /// Show a monitor written in C on our library: on GPUs if there are any, else on simulated ones
    Demo(Demo),
    /// Make docs/rsmi_top.svg anew, of what that monitor prints
    Picture(Picture),
    /// Change one thing in src again and again, and see whether the unit tests notice
    Mutants(Mutants),
}

fn main() -> ExitCode {
    main_of(|| match Cli::parse().command {
        Command::Stage(stage) => stage.run(),
        Command::Install(install) => install.run(),
        Command::Package { arguments } => package::package(&arguments),
        Command::Uninstall(uninstall) => uninstall.run(),
        Command::Demo(demo) => demo.run(),
        Command::Picture(picture) => picture.run(),
        Command::Mutants(mutants) => mutants.run(),
    })
}
