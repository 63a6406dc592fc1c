//! `lab header`: our rocm_smi.h is AMD's API, as the compiler and abidiff see it.
//!
//! What we take libamd_smi to be is compared with its headers likewise.
//!
//! The files of tests/abi, which our header must satisfy in `cargo test`, must hold of AMD's own
//! too, or they prove nothing. tests/abi/constants.txt has every macro and enumerator of every
//! release's header, and the numbers that changed. And a library of empty functions that was compiled with AMD's header
//! must be the same to abidiff as one that was compiled with ours.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use regex::Regex;

use crate::compile::Compile;
use crate::fetch;
use crate::lab::{Lab, Library};
use crate::tool;

/// The release whose header ours is compared with.
const RELEASE: &str = "7.2.4";

pub fn run(lab: &Lab) -> Result<()> {
    let abi = lab.workspace.join("tests/abi");
    let original = lab.library(Library::Rsmi, RELEASE).join("include");
    if !original.is_dir() {
        bail!("librocm_smi64 {RELEASE} has left the archive, and its header with it");
    }
    let made = lab.cache.join("header");
    for file in ["layout.c", "prototypes.c"] {
        Compile::new(lab)
            .include(&original)
            .include(lab.drm_headers())
            .args(["-c", "-fPIC"])
            .arg(abi.join(file))
            .to(&made.join(file).with_extension("o"))
            .with_context(|| format!("{file} is not true of AMD's own header"))?;
    }
    println!("layout.c and prototypes.c hold of AMD's header of {RELEASE}");

    for release in fetch::releases(lab, Library::AmdSmi) {
        Compile::new(lab)
            .include(lab.library(Library::AmdSmi, release).join("include"))
            .include(lab.drm_headers())
            // The newer ones use what the C standard alone does not have.
            .args(["-std=gnu11", "-c", "-fPIC"])
            .arg(abi.join("amdsmi.c"))
            .to(&made.join(format!("amdsmi-{release}.o")))
            .with_context(|| format!("amdsmi.c is not true of the header of {release}"))?;
        println!("amdsmi.c holds of AMD SMI's header of {release}");
    }

    constants(lab, &abi, &made)?;

    let prototypes = abi.join("prototypes.c");
    let text = std::fs::read_to_string(&prototypes)
        .with_context(|| format!("cannot read {}", prototypes.display()))?;
    let (source, functions) = stubs(&text)?;
    let stub = made.join("stubs.c");
    tool::replace_file(&stub, source)?;
    let library = |name: &str, headers: &[PathBuf]| -> Result<PathBuf> {
        let path = made.join(name);
        let compile = headers.iter().fold(Compile::new(lab), Compile::include);
        compile
            // Optimised, the functions lose the parameters that abidiff is to compare.
            .args(["-O0", "-shared", "-fPIC", "-Wno-unused-parameter", "-Wl,-soname,stubs.so"])
            // The names of marked calls are ours alone.
            .arg("-DRSMI_COMPAT_UNMARKED")
            .arg(&stub)
            .to(&path)?;
        Ok(path)
    };
    let theirs = library("theirs.so", &[original, lab.drm_headers()])?;
    let ours = library("ours.so", &[lab.workspace.join("include")])?;
    let allowed = abi.join("header.suppressions");
    let report = abidiff(&["--suppressions".as_ref(), allowed.as_ref()], &theirs, &ours)?;
    ensure!(report.is_none(), "AMD's header and ours differ:\n{}", report.unwrap_or_default());
    // What is allowed is there, or abidiff sees nothing at all.
    let report = abidiff(&[], &theirs, &ours)?;
    let there = report.is_some_and(|report| report.contains("'union id'"));
    ensure!(there, "the difference that is allowed has vanished");
    println!("abidiff sees no difference in {functions} functions and their types");
    Ok(())
}

/// What no program means by a macro.
const GUARDS: [&str; 2] = ["INCLUDE_ROCM_SMI_ROCM_SMI_H_", "ROCM_SMI_ROCM_SMI_H_"];

/// tests/abi/constants.txt has what the headers of all releases have, with their numbers.
fn constants(lab: &Lab, abi: &Path, made: &Path) -> Result<()> {
    let listed = std::fs::read_to_string(abi.join("constants.txt"))?;
    let listed = Constant::listed(&listed)?;
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut used = BTreeSet::new();
    let releases = fetch::releases(lab, Library::Rsmi);
    for release in &releases {
        let include = lab.library(Library::Rsmi, release).join("include");
        let text = std::fs::read_to_string(include.join("rocm_smi/rocm_smi.h"))?;
        let names = names(&text)?;
        ensure!(names.len() > 190, "only {} constants were found in {release}", names.len());
        for (name, number) in numbers(lab, &include, &names, &made.join("constants"))? {
            let (name, constant) = listed
                .get_key_value(&name)
                .with_context(|| format!("constants.txt has no {name}, which {release} has"))?;
            seen.insert(name);
            match constant.older.get(*release) {
                Some(older) => {
                    ensure!(*older == number, "{name} is {number} in {release}, not {older}");
                    used.insert((name, *release));
                }
                None => ensure!(
                    constant.number == number,
                    "{name} is {number} in {release}, which constants.txt does not list"
                ),
            }
        }
    }
    for (name, constant) in &listed {
        ensure!(seen.contains(name.as_str()), "no header has {name}, which constants.txt lists");
        for release in constant.older.keys() {
            let is_one = used.contains(&(name, release.as_str()));
            ensure!(is_one, "{name} is listed for {release}, which does not have it");
        }
    }
    println!("constants.txt has the {} of the headers of {}", listed.len(), releases.join(", "));
    Ok(())
}

/// A line of constants.txt: our number, and others by the release that had them.
struct Constant {
    number: u64,
    older: BTreeMap<String, u64>,
}

impl Constant {
    fn listed(text: &str) -> Result<BTreeMap<String, Constant>> {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let one = |line: &str| -> Result<(String, Constant)> {
            let mut words = line.split(' ');
            let name = words.next().context("a line has a name")?;
            let number = words.next().context("a name has a number")?.parse()?;
            let older = words.map(|word| -> Result<(String, u64)> {
                let (release, number) = word.split_once('=').context("RELEASE=NUMBER")?;
                Ok((release.to_owned(), number.parse()?))
            });
            let older = older.collect::<Result<_>>()?;
            Ok((name.to_owned(), Constant { number, older }))
        };
        lines.map(|line| one(line).with_context(|| line.to_owned())).collect()
    }
}

/// The macros without arguments and the enumerators of a header.
fn names(text: &str) -> Result<BTreeSet<String>> {
    let code = Regex::new(r"(?s)/\*.*?\*/|//[^\n]*")?.replace_all(text, "");
    let macros = Regex::new(r"(?m)^#define (\w+)(?:[ \t]|$)")?;
    let bodies = Regex::new(r"\benum\b[^{;]*\{([^}]*)\}")?;
    let word = Regex::new(r"^\s*(\w+)")?;
    let mut names: BTreeSet<String> =
        macros.captures_iter(&code).map(|found| found[1].to_owned()).collect();
    for body in bodies.captures_iter(&code) {
        let first = body[1].split(',').filter_map(|part| word.captures(part));
        names.extend(first.map(|found| found[1].to_owned()));
    }
    names.retain(|name| !GUARDS.contains(&name.as_str()));
    Ok(names)
}

/// Their numbers, from a program that is compiled with the header.
fn numbers(
    lab: &Lab,
    include: &Path,
    names: &BTreeSet<String>,
    made: &Path,
) -> Result<Vec<(String, u64)>> {
    let print = |name: &String| format!("    printf(\"{name} %llu\\n\", (NUMBER){name});\n");
    let lines: String = names.iter().map(print).collect();
    let source = made.with_extension("c");
    let text = format!(
        "#include <stdio.h>\n#include \"rocm_smi/rocm_smi.h\"\n#define NUMBER unsigned long long\n\
         int main(void) {{\n{lines}    return 0;\n}}\n"
    );
    tool::replace_file(&source, text)?;
    Compile::new(lab).include(include).include(lab.drm_headers()).arg(&source).to(made)?;
    let printed = tool::output(&mut Command::new(made))?;
    let one = |line: &str| -> Result<(String, u64)> {
        let (name, number) = line.split_once(' ').context("it printed a name and a number")?;
        Ok((name.to_owned(), number.parse()?))
    };
    printed.lines().map(one).collect()
}

/// Every declared function with an empty body, and how many there are.
fn stubs(prototypes: &str) -> Result<(String, usize)> {
    let declaration = Regex::new(r"(?s)(rsmi_status_t rsmi_\w+\([^;{]*\));")?;
    let count = declaration.find_iter(prototypes).count();
    let bodies = declaration.replace_all(prototypes, "$1 { return RSMI_STATUS_SUCCESS; }");
    Ok((bodies.into_owned(), count))
}

/// What abidiff reports, if it sees a difference.
fn abidiff(options: &[&OsStr], theirs: &Path, ours: &Path) -> Result<Option<String>> {
    let output = Command::new("abidiff").args(options).arg(theirs).arg(ours).output();
    let output = output.context("abidiff is missing: install abigail-tools")?;
    // Its exit status is a set of bits: an error, a wrong call, a difference, an incompatible one.
    let bits = output.status.code().unwrap_or(1);
    ensure!(bits & 3 == 0, "abidiff failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok((bits != 0).then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_of_a_header_are_found() {
        let text = "#define A 1\n// #define NOT 2\n#define F(x) (x)\n\
                    typedef enum { B = 0, //!< b, with a comma\n  C, /* D, */ E = A } t;\n";
        let found: Vec<_> = names(text).unwrap().into_iter().collect();
        assert_eq!(found, ["A", "B", "C", "E"]);
        let listed = Constant::listed("# x\nA 5 6.1.2=1 5.2.3=2\n").unwrap();
        assert_eq!((listed["A"].number, listed["A"].older["6.1.2"]), (5, 1));
        assert!(Constant::listed("A\n").is_err() && Constant::listed("A 5 6\n").is_err());
    }

    #[test]
    fn a_declaration_gets_a_body() {
        let text = "rsmi_status_t rsmi_a(void);\nrsmi_status_t rsmi_b(int x,\n    int y);\n";
        let (stubs, count) = stubs(text).unwrap();
        assert_eq!(count, 2);
        assert!(stubs.contains("rsmi_b(int x,\n    int y) { return RSMI_STATUS_SUCCESS; }"));
    }
}
