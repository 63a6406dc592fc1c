//! `lab wheels`: what we take libamd_smi to be, beside AMD's own Python bindings of it.
//!
//! The bindings were generated from each release's header, and are to be had for releases whose
//! library and headers no archive carries. They are read as text; nothing of them runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use regex::Regex;

use crate::lab::Lab;
use crate::tool;

/// The newest of each ABI that the wheels cover; the one of 6.3.3 is a copy of an older one.
const RELEASES: [&str; 6] = ["6.1.2", "6.2.4", "6.3.1", "6.4.0", "6.4.4", "7.0.2"];

/// What had another number in some release, which core/src/status.rs knows too.
const DRIFTED: [(&str, u64); 1] = [("AMDSMI_STATUS_MORE_DATA", 57)];

pub fn run(lab: &Lab) -> Result<()> {
    let read = |path: &str| {
        fs::read_to_string(lab.workspace.join(path)).with_context(|| format!("cannot read {path}"))
    };
    let numbers = numbers(&read("tests/abi/amdsmi.c")?)?;
    let functions = functions(&read("core/src/amdsmi/symbols.rs")?)?;
    for release in RELEASES {
        let bindings = bindings(lab, release)?;
        check(&bindings, &numbers, &functions)
            .with_context(|| format!("the Python bindings of {release} say otherwise"))?;
    }
    let (numbers, functions) = (numbers.len(), functions.len());
    println!(
        "{numbers} numbers, {functions} functions and the version's layout hold of the Python \
         bindings of {}",
        RELEASES.join(", ")
    );
    Ok(())
}

/// The constants that tests/abi/amdsmi.c claims.
fn numbers(text: &str) -> Result<Vec<(String, u64)>> {
    let claim = Regex::new(r"IS\((AMD\w+), (\d+)\);")?;
    let found = claim.captures_iter(text).map(|found| (found[1].to_owned(), found[2].parse()));
    found.map(|(name, number)| Ok((name, number?))).collect()
}

/// The width of each argument of each function: "p" for a pointer, else its bits.
fn functions(text: &str) -> Result<Vec<(String, Vec<&'static str>)>> {
    let declaration = Regex::new(r"(?m)^    (amdsmi_\w+)\(([^)]*)\);")?;
    let width = |argument: &str| match argument {
        "u64" | "i64" | "usize" => Ok("64"),
        "u32" | "i32" => Ok("32"),
        "Handle" => Ok("p"),
        pointer if pointer.starts_with("*mut ") => Ok("p"),
        other => anyhow::bail!("symbols.rs has an argument that is not known here: {other}"),
    };
    let found = declaration.captures_iter(text).map(|found| {
        let arguments = found[2].split(", ").filter(|argument| !argument.is_empty());
        Ok((found[1].to_owned(), arguments.map(width).collect::<Result<_>>()?))
    });
    let found: Vec<_> = found.collect::<Result<_>>()?;
    ensure!(!found.is_empty(), "symbols.rs declares nothing that is understood here");
    Ok(found)
}

/// The bindings of a release.
fn bindings(lab: &Lab, release: &str) -> Result<String> {
    let place = fetch(lab, "amdsmi", release)?;
    let file = place.join("amdsmi/amdsmi_wrapper.py");
    fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
}

/// The directory that has a package out of the wheel of that name, fetched once.
pub fn fetch(lab: &Lab, name: &str, release: &str) -> Result<PathBuf> {
    fetch_package(lab, name, name, release)
}

/// Likewise, where the package is elsewhere in the wheel.
pub fn fetch_package(lab: &Lab, name: &str, path: &str, release: &str) -> Result<PathBuf> {
    let package = Path::new(path).file_name().context("a package has a name")?;
    let place = lab.cache.join("wheels").join(name).join(release);
    let _lock = lab.lock()?;
    if place.join(package).is_dir() {
        return Ok(place);
    }
    fs::create_dir_all(&place)?;
    let made = tempfile::Builder::new().prefix(".making-").tempdir_in(&place)?;
    let python = || Command::new("python3");
    tool::output(
        python()
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"])
            .args(["--disable-pip-version-check", "--dest"])
            .arg(made.path())
            .arg(format!("{name}=={release}")),
    )
    .context("it comes with pip: install python3 and python3-pip")?;
    let wheel = only_file(made.path())?;
    let unpacked = made.path().join("unpacked");
    tool::output(python().args(["-m", "zipfile", "-e"]).arg(wheel).arg(&unpacked))?;
    fs::rename(unpacked.join(path), place.join(package))?;
    Ok(place)
}

fn only_file(directory: &Path) -> Result<PathBuf> {
    let entry = fs::read_dir(directory)?.next().context("pip brought nothing")?;
    Ok(entry?.path())
}

fn check(
    bindings: &str,
    numbers: &[(String, u64)],
    functions: &[(String, Vec<&'static str>)],
) -> Result<()> {
    let mut known = 0;
    for (name, number) in numbers {
        let line = Regex::new(&format!(r"(?m)^{name} = (\d+)"))?;
        let Some(found) = line.captures(bindings) else { continue };
        let told: u64 = found[1].parse()?;
        let fits = told == *number || DRIFTED.contains(&(name.as_str(), told));
        ensure!(fits, "{name} is {told}, not {number}");
        known += 1;
    }
    ensure!(known > 20, "they know only {known} of the numbers");
    let mut declared = 0;
    for (name, widths) in functions {
        let line = Regex::new(&format!(r"(?m)^{name}\.argtypes = \[(.*)\]$"))?;
        // The bindings leave some of the library's functions out, each release others.
        let Some(found) = line.captures(bindings) else { continue };
        declared += 1;
        let told: Vec<&str> = found[1]
            .split(", ")
            .filter(|kind| !kind.is_empty())
            .map(|kind| width(bindings, kind))
            .collect();
        ensure!(told == *widths, "{name} takes {told:?}, not {widths:?}");
    }
    ensure!(declared > 60, "they declare only {declared} of the functions");
    let version = Regex::new(r"(?s)struct_amdsmi_version_t\._fields_ = \[(.*?)\n\]")?;
    let fields = version.captures(bindings).context("they have no amdsmi_version_t")?;
    let names: Vec<&str> = Regex::new(r"\('(\w+)',")?
        .captures_iter(&fields[1])
        .map(|name| name.extract::<1>().1[0])
        .collect();
    let with_year = ["year", "major", "minor", "release", "build"];
    let without = ["major", "minor", "release", "PADDING_0", "build"];
    ensure!(names == with_year || names == without, "amdsmi_version_t is {names:?}");
    ensure!(!fields[1].contains("uint64"), "amdsmi_version_t has wider numbers");
    Ok(())
}

/// The width of a type of the bindings; an enum is whatever they say it is.
fn width(bindings: &str, kind: &str) -> &'static str {
    match kind {
        "uint64_t" | "int64_t" | "size_t" | "ctypes.c_uint64" | "ctypes.c_int64" => "64",
        "uint32_t" | "int32_t" | "ctypes.c_uint32" | "ctypes.c_int32" => "32",
        // C passes an array as a pointer.
        _ if kind.starts_with("ctypes.POINTER(") || kind.contains(" * ") => "p",
        _ if kind.ends_with("_handle") => "p",
        _ => {
            let alias = |of: &&&str| bindings.contains(&format!("\n{kind} = {of}"));
            let kinds = ["ctypes.c_uint32", "ctypes.c_uint64", "ctypes.c_int32", "uint64_t"];
            kinds.iter().find(alias).map_or("unknown", |of| width(bindings, of))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDINGS: &str = "\nkind = ctypes.c_uint32 # enum\n\
        amdsmi_ask.argtypes = [some_handle, kind, ctypes.POINTER(ctypes.c_uint64)]\n";

    #[test]
    fn claims_and_declarations_are_read() {
        let claims = numbers("IS(AMDSMI_A, 3);\nIS(sizeof(x), 4);\nIS(AMD_GPU, 1);\n").unwrap();
        assert_eq!(claims, [("AMDSMI_A".to_owned(), 3), ("AMD_GPU".to_owned(), 1)]);
        let declared = functions("    amdsmi_ask(Handle, u32, *mut u64);\n    amdsmi_end();\n");
        let declared = declared.unwrap();
        assert_eq!(declared[0], ("amdsmi_ask".to_owned(), vec!["p", "32", "p"]));
        assert_eq!(declared[1].1, Vec::<&str>::new());
    }

    #[test]
    fn types_have_the_width_that_the_bindings_give_them() {
        let told = |kind| width(BINDINGS, kind);
        assert_eq!((told("kind"), told("some_handle"), told("other")), ("32", "p", "unknown"));
    }
}
