//! An export for every function of every release; the SONAME, and the version of the symbols.

use rsmi_simulator_releases::{FUNCTIONS, NEWEST, Release};
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[path = "../../build/linker.rs"]
mod linker;
use linker::{Linker, linker};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../build/linker.rs");
    let place = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let mut exports = String::new();
    for (index, function) in FUNCTIONS.iter().enumerate() {
        let _ = write!(exports, "export!({index}, {}", function.name);
        for argument in 0..function.arguments {
            let _ = write!(exports, ", a{argument}");
        }
        exports.push_str(");\n");
    }
    fs::write(Path::new(&place).join("exports.rs"), exports).expect("OUT_DIR is writable");

    let arg = |text: &str| println!("cargo::rustc-cdylib-link-arg={text}");
    let newest = Release::named(NEWEST).expect("it is in the table");
    arg(&format!("-Wl,-soname,{}", newest.soname));
    // There is a copy for each release; what is inside matters to nobody's debugger.
    arg("-Wl,--strip-debug");
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64") {
        let script = Path::new(&place).join("symbol-version.map");
        // The names stand in the .symver directives of the exports: LLD takes them from there. What
        // else there is rustc's own script hides, for a linker that reads both.
        fs::write(&script, "AMDSMI_1 { local: *; };\n").expect("OUT_DIR is writable");
        arg(&format!("-Wl,--version-script={}", script.display()));
        match linker() {
            // The tests too: the directives are in their executables as well.
            Linker::Lld => println!("cargo::rustc-link-arg=-fuse-ld=lld"),
            Linker::Chosen => {}
            Linker::Missing => {
                println!("cargo::error=the stand-in for libamd_smi {}", linker::MISSING);
            }
        }
    }
}
