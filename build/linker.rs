//! Which linker links our libraries: their symbols have a version each, which takes LLD.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

/// What is said after the library's name.
pub const MISSING: &str = "is linked by LLD, which is not here: install it (Debian: apt-get install \
                           lld), or use Rust 1.90 or later, which brings it";

pub enum Linker {
    /// The C compiler knows it.
    Lld,
    /// Somebody has chosen one, or rustc brings LLD and uses it.
    Chosen,
    Missing,
}

pub fn linker() -> Linker {
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    if env::var_os("RUSTC_LINKER").is_some() {
        return Linker::Chosen;
    }
    let mut cc = Command::new("cc");
    cc.args(["-fuse-ld=lld", "-Wl,--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if cc.status().is_ok_and(|status| status.success()) {
        return Linker::Lld;
    }
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = Command::new(&rustc).args(["--print", "sysroot"]).output().ok();
    let sysroot = sysroot.and_then(|said| String::from_utf8(said.stdout).ok()).unwrap_or_default();
    let host = env::var("HOST").unwrap_or_default();
    let own = format!("lib/rustlib/{host}/bin/gcc-ld/ld.lld");
    let minor = Command::new(rustc).arg("--version").output().ok().and_then(|said| {
        let text = String::from_utf8(said.stdout).ok()?;
        text.split('.').nth(1)?.parse::<u32>().ok()
    });
    // From 1.90 on rustc uses the one that it brings.
    if Path::new(sysroot.trim()).join(own).exists() && minor >= Some(90) {
        Linker::Chosen
    } else {
        Linker::Missing
    }
}
