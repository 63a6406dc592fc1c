//! `make install` and `make uninstall` as the guides print them: with a prefix, and no DESTDIR.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A directory that xtask takes for cargo's, with a debug build as what was built for release.
fn built(place: &Path) -> PathBuf {
    let stage = place.join("stage");
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = xtask.args(["stage", "--prefix-dir"]).arg(&stage).output();
    let output = output.expect("xtask can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let target = place.join("target");
    fs::create_dir(&target).expect("it is new");
    let kept = serde_json::json!({
        "library": stage.join("lib/librsmi_compat.so.1"),
        "audit": stage.join("lib/rsmi-compat/librsmi_compat_audit.so"),
        "command": stage.join("bin/rsmi-compat"),
        "simulator": stage.join("lib/rsmi-compat/simulator/libamd_smi.so"),
    });
    fs::write(target.join("xtask-release.json"), kept.to_string()).expect("it can be written");
    target
}

fn make(target: &Path, arguments: &[&str]) -> Output {
    let mut make = Command::new("make");
    make.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).arg("--silent");
    make.env("CARGO_TARGET_DIR", target).env_remove("DESTDIR").env_remove("PREFIX");
    make.arg(concat!("XTASK=", env!("CARGO_BIN_EXE_xtask"))).arg("BUILT=--no-build");
    make.args(arguments).output().expect("make can be run")
}

#[track_caller]
fn makes(target: &Path, arguments: &[&str]) {
    let output = make(target, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_prefix_is_all_that_it_takes() {
    let place = TempDir::new().expect("a scratch directory");
    let target = built(place.path());
    let prefix = place.path().join("home/rsmi-compat");
    let argument = format!("PREFIX={}", prefix.display());
    makes(&target, &["install", &argument]);
    let version = Command::new(prefix.join("bin/rsmi-compat")).arg("--version").output();
    assert!(version.expect("the command is there").status.success());
    makes(&target, &["uninstall", &argument]);
    assert!(!place.path().join("home").exists(), "something is left");
    let again = make(&target, &["uninstall", &argument]);
    let errors = String::from_utf8_lossy(&again.stderr);
    assert!(!again.status.success() && errors.contains("was not installed here"), "{errors}");
}
