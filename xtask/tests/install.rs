//! `make install` and `make uninstall` as the guides print them: with a prefix, and no DESTDIR. What
//! is installed is stripped, and whoever has no cargo installs what somebody else built.

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
        "nvml": stage.join("lib/rsmi-compat/nvml/libnvidia-ml.so.1"),
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

/// What it prints.
#[track_caller]
fn makes(target: &Path, arguments: &[&str]) -> String {
    let output = make(target, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

fn sections(file: &Path) -> String {
    let output = Command::new("readelf").arg("-SW").arg(file).output().expect("readelf can be run");
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

/// Those with debug information of their own below a directory.
fn with_debug_information(place: &Path) -> Vec<PathBuf> {
    let found = Command::new("find").arg(place).args(["-type", "f"]).output().expect("find runs");
    let found = String::from_utf8(found.stdout).expect("it is UTF-8");
    found.lines().map(PathBuf::from).filter(|it| sections(it).contains(".debug_line")).collect()
}

#[test]
fn a_prefix_is_all_that_it_takes() {
    if !needs::program("make") {
        return;
    }
    let place = TempDir::new().expect("a scratch directory");
    let target = built(place.path());
    let prefix = place.path().join("home/rsmi-compat");
    let argument = format!("PREFIX={}", prefix.display());
    let said = makes(&target, &["install", &argument]);
    let lib = prefix.join("lib");
    let hint = format!("the dynamic loader does not search {}", lib.display());
    assert!(said.contains(&hint), "{said}");
    assert_eq!(with_debug_information(&prefix), [] as [PathBuf; 0], "they are not stripped");
    makes(&target, &["install", &argument, "DEBUG=1"]);
    let apart = with_debug_information(&prefix);
    assert!(apart.len() >= 3, "{apart:?}");
    assert!(apart.iter().all(|file| file.starts_with(lib.join("debug/.build-id"))), "{apart:?}");
    makes(&target, &["install", &argument]);
    assert!(!lib.join("debug").exists(), "the debug information of the one before is left");
    let version = Command::new(prefix.join("bin/rsmi-compat")).arg("--version").output();
    assert!(version.expect("the command is there").status.success());
    makes(&target, &["uninstall", &argument]);
    assert!(!place.path().join("home").exists(), "something is left");
    let again = make(&target, &["uninstall", &argument]);
    let errors = String::from_utf8_lossy(&again.stderr);
    assert!(!again.status.success() && errors.contains("was not installed here"), "{errors}");
}

/// Links of `rsmi-compat link` would lead nowhere; those that lead elsewhere are others'.
#[test]
fn links_into_an_installation_go_with_it() {
    if !needs::program("make") {
        return;
    }
    let place = TempDir::new().expect("a scratch directory");
    let target = built(place.path());
    let system = place.path().join("system");
    let lib = system.join("opt/rocm/lib");
    let destdir = format!("DESTDIR={}", system.display());
    for prefix in ["PREFIX=/usr/local", "PREFIX=/srv/other"] {
        makes(&target, &["install", &destdir, prefix]);
    }
    let command = system.join("usr/local/bin/rsmi-compat");
    let linked = Command::new(command).arg("link").arg("--root").arg(&system).output();
    assert!(linked.expect("it runs").status.success());
    makes(&target, &["uninstall", &destdir, "PREFIX=/srv/other"]);
    // They lead into that system, not into this one.
    let is_there = |name| lib.join(name).symlink_metadata().is_ok();
    assert!(is_there("librocm_smi64.so"), "they were another installation's");
    makes(&target, &["uninstall", &destdir, "PREFIX=/usr/local"]);
    assert!(!lib.exists(), "something is left in /opt/rocm/lib");
}

/// Runs make with this as its cargo.
fn make_with(cargo: &str, target: &Path, arguments: &[&str]) -> Output {
    let mut make = Command::new("make");
    make.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).arg("--silent");
    make.env("CARGO_TARGET_DIR", target).env_remove("DESTDIR").env_remove("PREFIX");
    make.arg(format!("CARGO={cargo}")).args(arguments).output().expect("make can be run")
}

/// As root's may be: absent, or too old to read these sources.
#[test]
fn no_cargo_is_needed_for_what_is_built() {
    if !needs::program("make") {
        return;
    }
    let place = TempDir::new().expect("a scratch directory");
    let target = built(place.path());
    let prefix = place.path().join("home");
    let argument = format!("PREFIX={}", prefix.display());
    for cargo in ["/nowhere/cargo", "false"] {
        let nothing = make_with(cargo, &target, &["install", &argument]);
        let errors = String::from_utf8_lossy(&nothing.stderr);
        assert!(!nothing.status.success(), "{cargo}");
        assert!(errors.contains("run 'make' first, as a user who has cargo"), "{errors}");
        assert!(!prefix.exists(), "{cargo}: something was installed");
    }
    fs::create_dir(target.join("debug")).expect("it is new");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_xtask"), target.join("debug/xtask"))
        .expect("it is new");
    for cargo in ["/nowhere/cargo", "false"] {
        for word in ["install", "uninstall"] {
            let output = make_with(cargo, &target, &[word, &argument]);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{cargo}: {word}: {errors}");
            assert_eq!(prefix.join("bin/rsmi-compat").exists(), word == "install", "{cargo}");
        }
    }
}
