//! The cdylib's SONAME, that it stays loaded, and the version of its symbols. Nothing else.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let arg = |text: &str| println!("cargo::rustc-cdylib-link-arg={text}");
    arg("-Wl,-soname,librsmi_compat.so.1");
    // After a dlclose libamd_smi's threads and exit handlers go on, and so must we.
    arg("-Wl,-z,nodelete");
    let x86 = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64");
    if x86 && env::var_os("CARGO_FEATURE_SYMBOL_VERSION").is_some() {
        let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
        let script = Path::new(&out).join("symbol-version.map");
        // The names stand in the .symver directives of the exports: LLD takes them from there only.
        // What else there is rustc's own script hides; a linker that reads but one of the two
        // scripts, as zig does, is told here.
        std::fs::write(&script, "RSMI_COMPAT_1 { local: *; };\n").expect("OUT_DIR is writable");
        arg(&format!("-Wl,--version-script={}", script.display()));
        match linker() {
            Linker::Lld => arg("-fuse-ld=lld"),
            Linker::Chosen => {}
            Linker::Missing => {
                println!(
                    "cargo::error=rsmi-compat is linked by LLD, which is not here: install it \
                     (Debian: apt-get install lld), or use Rust 1.90 or later, which brings it"
                );
            }
        }
    }
}

enum Linker {
    /// The C compiler knows it.
    Lld,
    /// Somebody has chosen one, or rustc brings LLD and uses it.
    Chosen,
    Missing,
}

fn linker() -> Linker {
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
