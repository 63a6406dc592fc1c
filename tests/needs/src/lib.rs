//! What a test needs of the machine. Where that is missing the test is skipped, which is said at once
//! and again at the end of `cargo test --workspace`.
//!
//! Each skipped test adds a line to a file in the target directory. All tests of one run are started
//! by one cargo, so the file is named by its process id; xtask's test `what_was_skipped`, which cargo
//! runs last, reads and removes it.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, io};

/// With this variable set, as in CI, a test that would be skipped fails.
pub const ALL: &str = "RSMI_TEST_ALL";

/// Whether the program is in PATH. If not, the test is to return: `if !needs::program("make") { return; }`.
#[must_use]
pub fn program(name: &str) -> bool {
    let found = is_in(&env::var_os("PATH").unwrap_or_default(), name);
    if !found {
        skip(&format!("{name} is not installed"));
    }
    found
}

/// Whether rustc is of 1.`minor` or later.
#[must_use]
pub fn rust(minor: u32) -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output().expect("rustc can be run");
    let said = String::from_utf8_lossy(&said.stdout);
    let found = said.split('.').nth(1).and_then(|it| it.parse::<u32>().ok());
    let enough = found.is_some_and(|found| found >= minor);
    if !enough {
        skip(&format!("Rust 1.{minor} is needed, and here is {}", said.trim()));
    }
    enough
}

/// Whether all of these programs are in PATH.
#[must_use]
pub fn programs(names: &[&str]) -> bool {
    names.iter().all(|name| program(name))
}

fn is_in(path: &std::ffi::OsStr, name: &str) -> bool {
    env::split_paths(path).any(|directory| {
        let file = fs::metadata(directory.join(name));
        file.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    })
}

/// Says why the running test is skipped, or a part of it; the test is to return then, or to go on
/// without that part.
///
/// # Panics
/// Where RSMI_TEST_ALL is set.
pub fn skip(why: &str) {
    assert!(env::var_os(ALL).is_none(), "{ALL} is set, and this test would be skipped: {why}");
    let line = format!("{}: {why}\n", running());
    // Not by eprint, which goes to what the test runner shows of failed tests only.
    let _ = io::stderr().write_all(format!("SKIPPED {line}").as_bytes());
    let file = place().and_then(|place| {
        fs::create_dir_all(&place)?;
        File::options().append(true).create(true).open(place.join(cargo().to_string()))
    });
    // In one write, since tests of one program run at the same time.
    file.and_then(|mut file| file.write_all(line.as_bytes()))
        .unwrap_or_else(|error| panic!("the list of skipped tests cannot be written: {error}"));
}

/// What the tests of this run have said; it is forgotten.
pub fn skipped() -> io::Result<Vec<String>> {
    let place = place()?;
    let file = place.join(cargo().to_string());
    let text = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    fs::remove_file(file)?;
    // What is left of runs that did not come to their end.
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        if !Path::new("/proc").join(entry.file_name()).exists() {
            fs::remove_file(entry.path())?;
        }
    }
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines.dedup();
    Ok(lines)
}

/// The test's program without cargo's hash, and the test.
fn running() -> String {
    let program = env::current_exe().unwrap_or_default();
    let stem = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let program = stem.rsplit_once('-').map_or(stem.as_str(), |(name, _)| name);
    // libtest names the thread of a test after it.
    format!("{program}::{}", std::thread::current().name().unwrap_or("?"))
}

/// Beside the directory of the test's program.
fn place() -> io::Result<PathBuf> {
    let program = env::current_exe()?;
    let profile = program.ancestors().nth(2).ok_or(io::ErrorKind::NotFound)?;
    Ok(profile.join("skipped"))
}

fn cargo() -> u32 {
    std::os::unix::process::parent_id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_a_file_that_can_be_run() {
        let place = env::temp_dir().join(format!("needs-{}", std::process::id()));
        fs::create_dir_all(place.join("directory")).unwrap();
        for (name, mode) in [("text", 0o644), ("program", 0o755)] {
            fs::write(place.join(name), "").unwrap();
            fs::set_permissions(place.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        let path = env::join_paths([Path::new("/no/such/directory"), &place]).unwrap();
        let found: Vec<_> = ["directory", "nothing", "program", "text"]
            .into_iter()
            .filter(|name| is_in(&path, name))
            .collect();
        fs::remove_dir_all(&place).unwrap();
        assert_eq!(found, ["program"]);
    }
}
