//! `cargo xtask package`: a program of its own, in a workspace of its own, for which the compiler may
//! be too old that builds all the rest.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use xtask::artifacts;
use xtask::run;
use xtask::workspace;

pub fn package(arguments: &[OsString]) -> Result<()> {
    let manifest = workspace::root()?.join("xtask/packages/Cargo.toml");
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let here = run::output(rustc.arg("--version"))?;
    ensure_new(here.trim(), &wanted(&manifest)?)?;
    let mut cargo = artifacts::cargo();
    cargo.args(["run", "--locked", "--quiet", "--manifest-path"]).arg(manifest);
    cargo.arg("--target-dir").arg(workspace::target()?.join("packages"));
    run::run(cargo.arg("--").args(arguments))
}

/// The oldest Rust that compiles the program.
fn wanted(manifest: &Path) -> Result<String> {
    let mut cargo = artifacts::cargo();
    cargo.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]).arg(manifest);
    let said: Value = serde_json::from_str(&run::output(&mut cargo)?)?;
    let version = said["packages"][0]["rust_version"].as_str();
    Ok(version.context("xtask/packages/Cargo.toml has no rust-version")?.to_owned())
}

/// `here` is what `rustc --version` says.
fn ensure_new(here: &str, wanted: &str) -> Result<()> {
    let is_new = release(here).zip(release(wanted)).is_some_and(|(here, wanted)| here >= wanted);
    ensure!(
        is_new,
        "`cargo xtask package` needs Rust {wanted} or later, and here is {here}: \
         install a newer one (https://rustup.rs), or use `make install`, which needs none"
    );
    Ok(())
}

/// 1.85 of `rustc 1.85.1 (4eb161250 2025-03-15)`, and of `1.85`.
fn release(text: &str) -> Option<(u32, u32)> {
    let number = text.split(' ').find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let mut parts = number.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_compiler_is_named_with_what_is_needed() {
        let old = ensure_new("rustc 1.85.1 (4eb161250 2025-03-15)", "1.88").unwrap_err();
        let text = old.to_string();
        assert!(text.contains("needs Rust 1.88 or later"), "{text}");
        assert!(text.contains("rustc 1.85.1 ") && !text.contains('\n'), "{text}");
        for new in ["rustc 1.88.0 (x)", "rustc 1.100.0-nightly (x)", "rustc 2.0.0"] {
            assert!(ensure_new(new, "1.88").is_ok(), "{new}");
        }
        assert!(ensure_new("something else", "1.88").is_err());
    }
}
