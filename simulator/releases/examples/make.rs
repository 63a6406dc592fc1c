//! Makes the stand-in into the file of every release, or of those that are named.

use clap::Parser;
use rsmi_simulator_releases::{Error, RELEASES, Release, write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Write DIRECTORY/libamd_smi-RELEASE.so for each release of libamd_smi
#[derive(Parser)]
struct Arguments {
    /// The stand-in as it was linked, like target/debug/libamd_smi.so
    stand_in: PathBuf,
    directory: PathBuf,
    /// These alone, like 6.1.2 and 28.0
    releases: Vec<String>,
}

fn main() -> ExitCode {
    match make(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("make: {error}");
            ExitCode::FAILURE
        }
    }
}

fn make(arguments: &Arguments) -> Result<(), Error> {
    let names = &arguments.releases;
    let named: Result<Vec<_>, _> = names.iter().map(|name| Release::named(name)).collect();
    let releases = if names.is_empty() { RELEASES.iter().collect() } else { named? };
    for release in releases {
        write(&arguments.stand_in, release, &arguments.directory.join(release.file_name()))?;
    }
    Ok(())
}
