//! Writes the /sys of a machine into a directory, to look at or to run a program over.

use clap::Parser;
use rsmi_simulator::Machine;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
struct Arguments {
    /// A built-in machine, or the path of a description
    #[arg(long)]
    machine: String,
    /// What the stand-in for libamd_smi says of it when it lies
    #[arg(long)]
    lies: bool,
    /// Where to write; it must not have a `sys` yet
    directory: PathBuf,
}

fn main() -> ExitCode {
    match write(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tree: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(arguments: &Arguments) -> Result<(), rsmi_simulator::Error> {
    let mut machine = Machine::find(&arguments.machine)?;
    if arguments.lies {
        machine = machine.lying()?;
    }
    machine.write_tree(&arguments.directory.join("sys"))?;
    machine.drm_facts(&arguments.directory)?;
    Ok(())
}
