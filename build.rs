//! The cdylib's SONAME, that it stays loaded, and the version of its symbols. Nothing else.

use std::env;
use std::path::Path;

#[path = "build/linker.rs"]
mod linker;
use linker::{Linker, linker};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build/linker.rs");
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
            // Tests and benchmarks too: their executables have the directives in them as well.
            Linker::Lld => println!("cargo::rustc-link-arg=-fuse-ld=lld"),
            Linker::Chosen => {}
            Linker::Missing => println!("cargo::error=rsmi-compat {}", linker::MISSING),
        }
    }
}
