//! `lab memcheck`: no byte that we never wrote goes to a client, and no answer hangs on one.
//!
//! The sweep runs under valgrind, which knows of each byte whether anybody ever gave it a value. The
//! outputs have values before each call; what has none after it came from us, padding included.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::answers;
use crate::compare::in_parallel;
use crate::conform::{self, NEWEST};
use crate::fetch;
use crate::fidelity;
use crate::lab::{Lab, Library};
use crate::namespace::Run;

/// Cards with links, those that are overclocked, and the newest tables, the last of them over the
/// stand-in for libamd_smi too: users of the simulator have valgrind as well.
const ASKED: [Asked; 4] = [
    Asked {
        machine: "mi250x-4",
        release: "5.2.3",
        generation: "5",
        library: Library::AmdSmi.name(),
    },
    Asked {
        machine: "navi31",
        release: NEWEST,
        generation: "7.0",
        library: Library::AmdSmi.name(),
    },
    Asked {
        machine: "mi300x-2",
        release: NEWEST,
        generation: "7.0",
        library: Library::AmdSmi.name(),
    },
    Asked { machine: "mi300x-2", release: NEWEST, generation: "7.0", library: fidelity::PLACE },
];

struct Asked {
    machine: &'static str,
    /// Of the header, and what it is called as a generation.
    release: &'static str,
    generation: &'static str,
    /// Below `/lab`, where the libamd_smi of each release lies.
    library: &'static str,
}

/// What sweep.c writes behind such an output.
const UNDEFINED: &str = "UNDEFINED";

/// Valgrind makes everything some thirty times slower.
const PATIENCE: Duration = Duration::from_secs(600);
const PATIENCE_OF_PROBE: &str = "120";

pub fn run(lab: &Lab) -> Result<()> {
    build(lab)?;
    let amdsmi = fetch::releases(lab, Library::AmdSmi).pop().context("there is no libamd_smi")?;
    let found = in_parallel(&ASKED, |asked| {
        let (answers, wrong) = check(lab, asked, amdsmi)?;
        let Asked { machine, release, library, .. } = asked;
        let over = format!("{machine}, header {release}, {library} {amdsmi}");
        println!("{over}: {answers} answers, {} complaints", wrong.len());
        wrong.iter().for_each(|line| println!("  {line}"));
        Ok(wrong.len())
    })?;
    let count: usize = found.iter().sum();
    ensure!(count == 0, "{count} complaints");
    Ok(())
}

/// How many answers there are, and what is wrong, one line each.
fn check(lab: &Lab, asked: &Asked, amdsmi: &str) -> Result<(usize, Vec<String>)> {
    let Asked { machine, release, generation, library } = asked;
    let program = format!("/lab/bin/{}", program(release));
    let valgrind = ["valgrind", "--quiet", "--error-limit=no", "--", &program];
    let mut run = Run::new(machine, valgrind.into_iter().chain(["--patience", PATIENCE_OF_PROBE]))
        .over_ours(generation, amdsmi)
        .timeout(PATIENCE);
    if *library == fidelity::PLACE {
        run = run
            .env(
                "RSMI_COMPAT_AMDSMI",
                format!("/lab/{library}/{amdsmi}/{}", Library::AmdSmi.file()),
            )
            .env("RSMI_SIM_MACHINE", *machine);
    }
    let outcome = run.output(lab)?;
    let (text, errors) = (outcome.text(), outcome.errors());
    ensure!(outcome.success(), "the sweep on {machine} did not come to its end: {}", errors.trim());
    let answers: Vec<_> = answers::read(&text).into_iter().collect();
    ensure!(answers.len() > 1000, "only {} answers on {machine}", answers.len());
    let undefined = answers.iter().filter(|(_, answer)| answer.contains(UNDEFINED));
    let undefined = undefined.map(|(probe, answer)| format!("{probe}: {answer}"));
    Ok((answers.len(), undefined.chain(complaints(&errors)).collect()))
}

/// What valgrind says beside what the sweep asked it, each on one line.
fn complaints(errors: &str) -> Vec<String> {
    let said = |line| -> Option<&str> { Some(str::strip_prefix(line, "==")?.split_once("==")?.1) };
    let lines: Vec<_> = errors.lines().filter_map(said).map(str::trim).collect();
    let blocks = lines.split(|line| line.is_empty()).filter(|block| !block.is_empty());
    let unasked = blocks.filter(|block| !block[0].contains("found during client check request"));
    unasked.map(|block| block.join("; ")).collect()
}

fn program(release: &str) -> String {
    format!("memcheck-{release}")
}

fn build(lab: &Lab) -> Result<()> {
    let _lock = lab.lock()?;
    fidelity::stand_ins(lab)?;
    for release in BTreeSet::from(ASKED.map(|asked| asked.release)) {
        conform::compile(lab, release)
            .arg("-DMEMCHECK")
            // Not its parent, where the root's C library has its headers.
            .include(lab.root().join("usr/include/valgrind"))
            .ours()
            .to(&lab.bin().join(program(release)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sweep_asked_for_is_no_complaint_of_its_own() {
        let errors = "a client says this\n\
            ==7== Uninitialised byte(s) found during client check request\n\
            ==7==    at 0x1: main (sweep.c:1)\n==7== \n\
            ==7== Conditional jump depends on it\n==7==    at 0x2: ours (entry.rs:1)\n==7== \n";
        let one = "Conditional jump depends on it; at 0x2: ours (entry.rs:1)";
        assert_eq!(complaints(errors), [one]);
    }
}
