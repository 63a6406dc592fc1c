//! The SONAME, that the library stays loaded, and an export for each name that no source file answers.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=names.txt");
    println!("cargo::rerun-if-changed=src/api");
    let arg = |text: &str| println!("cargo::rustc-cdylib-link-arg={text}");
    arg("-Wl,-soname,libnvidia-ml.so.1");
    // After a dlclose libamd_smi's threads and exit handlers go on, and so must we.
    arg("-Wl,-z,nodelete");

    let names = fs::read_to_string("names.txt").expect("names.txt is there");
    let answered = answered(Path::new("src/api"));
    let mut text = String::new();
    for name in names.lines().filter(|name| !answered.contains(*name)) {
        writeln!(text, "unanswered!({name});").expect("a String takes all");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("unanswered.rs"), text).expect("OUT_DIR is writable");
}

/// The functions that the files of a directory define. A name that is missing here is exported twice,
/// which the linker refuses; one too many is missing, which a test sees.
fn answered(directory: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(directory).expect("the sources are there").flatten() {
        let text = fs::read_to_string(entry.path()).expect("it is text");
        for after in text.split("extern \"C\" fn nvml").skip(1) {
            let end = after.find('(').expect("a function has parameters");
            found.insert(format!("nvml{}", &after[..end]));
        }
    }
    found
}
