//! Runs a target over changed seeds, on any Rust: `cargo run --release -- tree --seconds 60`.

use clap::Parser;
use rsmi_fuzz::{TARGETS, Target, find, fuzz};
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Parser)]
struct Arguments {
    /// A target, or `all`
    target: String,
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The same seed makes the same inputs
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run this input alone
    #[arg(long)]
    input: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let targets: Vec<&Target> = match find(&arguments.target) {
        Some(target) => vec![target],
        None if arguments.target == "all" => TARGETS.iter().collect(),
        None => {
            let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            eprintln!("rsmi-fuzz: there is no target {}: {}", arguments.target, names.join(", "));
            return ExitCode::from(2);
        }
    };
    if let Some(file) = &arguments.input {
        match fs::read(file) {
            Ok(bytes) => targets.iter().for_each(|target| target.run(&bytes)),
            Err(error) => {
                eprintln!("rsmi-fuzz: {}: {error}", file.display());
                return ExitCode::from(2);
            }
        }
        return ExitCode::SUCCESS;
    }
    for target in targets {
        let length = Duration::from_secs(arguments.seconds);
        let last = PathBuf::from(format!("last-{}", target.name));
        let count = fuzz(target, length, arguments.seed, &last);
        println!("{}: {count} inputs", target.name);
    }
    ExitCode::SUCCESS
}
