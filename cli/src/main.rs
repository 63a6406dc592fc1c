//! The command rsmi-compat: legacy tools on AMD SMI, and what is wrong where they fail.

// Only `out` prints.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod audit;
mod completions;
mod doctor;
mod elf;
mod generation;
mod installation;
mod link;
mod manual;
mod nvml;
mod out;
mod run;
mod search;
mod simulate;
mod source;
mod style;
mod tree;

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand};
use serde::Serialize;
use std::io::Write;
use std::process::ExitCode;

/// Run tools that use rocm_smi_lib (librocm_smi64) on AMD SMI
///
/// Programs that were built for librocm_smi64, which ROCm no longer has, run unchanged on
/// librsmi_compat, which asks AMD SMI (libamd_smi) and the kernel.
#[derive(Parser)]
#[command(name = "rsmi-compat", version, max_term_width = 100)]
#[command(after_help = "Exit status: 0 done, 1 something is wrong (see each command's own help), \
    2 wrong usage or own failure. `run` and `simulate` exit as the program does.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Run),
    Audit(audit::Audit),
    Doctor(doctor::Doctor),
    #[command(hide = true)]
    DoctorAsk(doctor::Ask),
    Simulate(simulate::Simulate),
    Link(link::Link),
    Unlink(link::Unlink),
    Tree(tree::Tree),
    Completions(completions::Completions),
    /// Write the manual pages into a directory
    #[command(hide = true)]
    Man(manual::Man),
}

/// What a wrong call of the command itself exits with.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let printed = error.print();
            if !error.use_stderr() {
                out::or_end(printed.and_then(|()| std::io::stdout().flush()));
            }
            // What runs a program must not be mistaken for it.
            let word = std::env::args_os().nth(1);
            let run = word.is_some_and(|word| word == "run" || word == "simulate");
            let failed = if run { run::FAILED } else { USAGE };
            return ExitCode::from(if error.use_stderr() { failed } else { 0 });
        }
    };
    if !matches!(cli.command, Command::Run(_) | Command::Simulate(_)) {
        out::heed_the_pipe();
    }
    let (done, failed) = match cli.command {
        Command::Run(run) => (run.run(), run::FAILED),
        Command::Simulate(simulate) => (simulate.run(), run::FAILED),
        Command::Audit(audit) => (audit.run(), USAGE),
        Command::Doctor(doctor) => (doctor.run(), USAGE),
        Command::DoctorAsk(ask) => (ask.run(), USAGE),
        Command::Link(link) => (link.run(), USAGE),
        Command::Unlink(unlink) => (unlink.run(), USAGE),
        Command::Tree(tree) => (tree.run(), USAGE),
        Command::Completions(completions) => (completions.run(Cli::command()), USAGE),
        Command::Man(man) => (man.run(Cli::command()), USAGE),
    };
    done.unwrap_or_else(|error| {
        complain(&error);
        ExitCode::from(failed)
    })
}

/// One line on stderr.
fn complain(error: &anyhow::Error) {
    out::eprintln!("{BAD}rsmi-compat:{BAD:#} {error:#}", BAD = style::BAD);
}

/// For programs, on stdout.
fn print_json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).context("this cannot be told in JSON")?;
    out::print(&(text + "\n"));
    Ok(())
}
