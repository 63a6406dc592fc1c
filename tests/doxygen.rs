//! Doxygen finds the documentation of every function in the headers, and nothing that is missing.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Runs Doxygen with Doxyfile and these settings; None where it is not installed.
fn doxygen(settings: &str) -> Option<String> {
    // First: without any settings doxygen would write into the source tree.
    let file = fs::read_to_string(Path::new(ROOT).join("Doxyfile")).expect("it is text");
    let mut command = Command::new("doxygen");
    command.arg("-").current_dir(ROOT).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().ok()?;
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(format!("{file}\n{settings}\n").as_bytes()).expect("doxygen reads");
    drop(stdin);
    let output = child.wait_with_output().expect("doxygen ends");
    let warnings = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{warnings}");
    Some(warnings)
}

/// Says why a test is skipped, which CI does not accept.
fn skip(why: &str) {
    eprintln!("SKIPPED: {why}");
    assert!(env::var_os("RSMI_TEST_ALL").is_none(), "RSMI_TEST_ALL is set, and {why}");
}

#[test]
fn every_function_is_documented() {
    let directory = tempfile::tempdir().expect("there is room");
    let tags = directory.path().join("tags.xml");
    let settings = format!(
        "OUTPUT_DIRECTORY = {}\nGENERATE_TAGFILE = {}",
        directory.path().display(),
        tags.display()
    );
    let Some(warnings) = doxygen(&settings) else {
        return skip("doxygen is not installed");
    };
    assert!(warnings.is_empty(), "{warnings}");
    let tags = fs::read_to_string(tags).expect("doxygen wrote it");
    // What has no documentation is not in the file.
    for names in [include_str!("abi/symbols.txt"), include_str!("abi/compat-symbols.txt")] {
        assert!(names.lines().count() > 8, "only {} functions are listed", names.lines().count());
        for name in names.lines() {
            assert!(tags.contains(&format!("<name>{name}</name>")), "{name} is not documented");
        }
    }
}

/// That a missing parameter is seen, or the other test would show nothing.
#[test]
fn what_is_missing_is_seen() {
    let directory = tempfile::tempdir().expect("there is room");
    let header = "/** @file */\n/// Adds.\n/// @param[in] a A number.\n/// @return The sum.\n\
                  int add(int a, int b);\nint undocumented(void);\n";
    fs::write(directory.path().join("some.h"), header).expect("there is room");
    let settings = format!("INPUT = {0}\nOUTPUT_DIRECTORY = {0}", directory.path().display());
    let Some(warnings) = doxygen(&settings) else {
        return skip("doxygen is not installed");
    };
    assert!(warnings.contains("undocumented"), "{warnings}");
    assert!(warnings.contains("parameter 'b'"), "{warnings}");
}
