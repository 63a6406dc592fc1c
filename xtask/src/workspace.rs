//! Where this workspace is, and where cargo puts what it makes.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The version of the packages, and of all that says one, but for the library's file, whose name has
/// that of the ABI.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The directory of the workspace's Cargo.toml.
pub fn root() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().context("the source tree has moved: run `cargo xtask` in it again")
}

/// `target`, or where CARGO_TARGET_DIR says.
pub fn target() -> Result<PathBuf> {
    let root = root()?;
    Ok(env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir)))
}
