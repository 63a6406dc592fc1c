//! The drop-in names: small libraries without a symbol, which need ours and bear a legacy SONAME.
//!
//! The loader takes two files for two libraries, whatever is in them; so each legacy name is a file
//! of its own, and the one core behind them is loaded once.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::run;

/// The major versions that the original bore: releases before 4, 5, 6.0, from 6.1, and from 7.2 again.
pub const MAJORS: [u32; 5] = [1, 2, 5, 6, 7];

/// Links beside them, for those who ask for a full version.
pub const LINKS: [(&str, &str); 2] = [
    ("librocm_smi64.so.1.0", "librocm_smi64.so.1"),
    ("librocm_smi64.so.7.8", "librocm_smi64.so.7"),
];

pub fn soname(major: u32) -> String {
    format!("librocm_smi64.so.{major}")
}

/// Links the small library of that name; `rpath` leads from its directory to that of the core.
pub fn link(core: &Path, soname: &str, rpath: Option<&str>, directory: &Path) -> Result<PathBuf> {
    let file = directory.join(soname);
    let mut cc = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    cc.args(["-shared", "-nostdlib", "-Wl,--build-id=none", "-Wl,-z,noexecstack"]);
    cc.arg(format!("-Wl,-soname,{soname}"));
    if let Some(rpath) = rpath {
        cc.args(["-Wl,--enable-new-dtags".to_owned(), format!("-Wl,-rpath,{rpath}")]);
    }
    // The linker writes the core's SONAME as DT_NEEDED, though nothing of it is used.
    cc.arg("-Wl,--no-as-needed").arg(core).arg("-o").arg(&file);
    run::run(&mut cc)?;
    Ok(file)
}
