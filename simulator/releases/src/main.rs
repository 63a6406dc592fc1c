//! Makes the stand-in into the file of every release, or of those that are named.
//!
//! `cargo run -p rsmi-simulator-releases -- target/debug/libamd_smi.so DIRECTORY [RELEASE...]`
//! writes `DIRECTORY/libamd_smi-RELEASE.so`.

use rsmi_simulator_releases::{Error, RELEASES, Release, write};
use std::env;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [stand_in, directory, names @ ..] = &arguments[..] else {
        eprintln!("releases: give it the stand-in, a directory, and maybe releases");
        return ExitCode::FAILURE;
    };
    match make(Path::new(stand_in), Path::new(directory), names) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("releases: {error}");
            ExitCode::FAILURE
        }
    }
}

fn make(stand_in: &Path, directory: &Path, names: &[String]) -> Result<(), Error> {
    let named: Result<Vec<_>, _> = names.iter().map(|name| Release::named(name)).collect();
    let releases = if names.is_empty() { RELEASES.iter().collect() } else { named? };
    for release in releases {
        write(stand_in, release, &directory.join(release.file_name()))?;
    }
    Ok(())
}
