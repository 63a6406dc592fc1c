//! libamd_smi has `rsmi_*` of its own: cases that show that ours and they leave each other alone.
//!
//! Every case runs one of `clients/` with each real libamd_smi, and must print exactly what is
//! expected: the values that the real librocm_smi64, or libamd_smi alone, gives on the same
//! machine, and nothing on stderr.

mod bench;
mod cases;

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use crate::lab::{Lab, Library};
use bench::{Bench, Real};
use cases::{CASES, Case, Task};

/// Another build of ours, to see the cases fail.
pub const LIBRARY: &str = "RSMI_LAB_LIBRARY";

/// Under `auto`, and where every question that libamd_smi can answer reaches it.
const SOURCES: [&str; 2] = ["auto", "amdsmi"];

/// Runs every case with every real libamd_smi, under each source; true if all passed.
pub fn run(lab: &Lab) -> Result<bool> {
    let ours = ours(lab)?;
    let original = Real::all(lab, Library::Rsmi)?.pop().context("the lab has no librocm_smi64")?;
    let (mut passed, mut failed) = (0, 0);
    for amdsmi in Real::all(lab, Library::AmdSmi)? {
        let release = amdsmi.release;
        let mut bench = Bench::set_up(lab, ours.clone(), original.clone(), amdsmi)?;
        for (source, case) in
            SOURCES.iter().flat_map(|source| CASES.iter().map(move |case| (source, case)))
        {
            bench.source = source;
            match judge(&mut bench, case)? {
                None => {
                    passed += 1;
                    println!("ok      amdsmi {release}, {source}: {}", case.name);
                }
                Some(reason) => {
                    failed += 1;
                    println!("FAILED  amdsmi {release}, {source}: {}: {reason}", case.name);
                }
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}

/// The library under test.
pub fn ours(lab: &Lab) -> Result<PathBuf> {
    let path = match env::var_os(LIBRARY) {
        Some(path) => std::path::absolute(path)?,
        None => lab.ours().join("librsmi_compat.so.1"),
    };
    let shown = path.display();
    ensure!(path.is_file(), "{shown} is missing: run `lab build` first, or set {LIBRARY}");
    Ok(path)
}

/// What a case makes the client do, and what must come of it.
struct Expectation {
    arguments: Vec<String>,
    stdout: String,
    /// What a library that the client uses itself says on stderr, which is not our business.
    tolerated: Vec<String>,
}

/// Why the case failed, if it did.
fn judge(bench: &mut Bench, case: &Case) -> Result<Option<String>> {
    let expected = match case.task {
        Task::Steps(steps) => read_steps(bench, case, steps)?,
        Task::Other { arguments, prints } => Expectation {
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            stdout: prints.to_owned(),
            tolerated: Vec::new(),
        },
    };
    let outcome = bench.run(case.client, case.machine, case.env, &expected.arguments)?;
    let (stdout, stderr) = (outcome.text(), outcome.errors());
    let tolerated = |line: &str| line.is_empty() || expected.tolerated.iter().any(|it| it == line);
    let noise = stderr.lines().find(|line| !tolerated(line));
    let reason = if outcome.timed_out {
        format!("hung after {:?}", last_line(&stdout))
    } else if let Some(signal) = outcome.signal {
        format!("signal {signal} after {:?}", last_line(&stdout))
    } else if stdout != expected.stdout {
        first_difference(&stdout, &expected.stdout)
    } else if !outcome.success() {
        format!("exit status {:?}", outcome.status)
    } else {
        return Ok(noise.map(|line| format!("on stderr: {line}")));
    };
    let noise = noise.map(|line| format!("; on stderr: {line}")).unwrap_or_default();
    Ok(Some(reason + &noise))
}

fn read_steps(bench: &mut Bench, case: &Case, steps: &str) -> Result<Expectation> {
    let (mut arguments, mut stdout, mut tolerated) = (Vec::new(), String::new(), Vec::new());
    for step in steps.split_whitespace() {
        let step = bench.fill_in(step);
        let (action, value) = step.split_once('=').unwrap_or((&step, "0"));
        let result = match action.split_once('.') {
            Some((_, "init" | "shut_down")) => value.to_owned(),
            Some((_, "load" | "unload")) => "done".to_owned(),
            Some((_, "from")) | None => "yes".to_owned(),
            Some(("amdsmi", "values")) => bench.reference(Library::AmdSmi, case.machine)?.values,
            Some((_, "values")) => bench.reference(Library::Rsmi, case.machine)?.values,
            Some(_) => bail!("case {:?}: steps.c has no {step:?}", case.name),
        };
        stdout += &format!("{step}: {result}\n");
        arguments.push(step);
    }
    for (api, library) in [("amdsmi.", Library::AmdSmi), ("other.", Library::Rsmi)] {
        if steps.contains(api) {
            let stderr = bench.reference(library, case.machine)?.stderr;
            tolerated.extend(stderr.lines().map(str::to_owned));
        }
    }
    Ok(Expectation { arguments, stdout, tolerated })
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

fn first_difference(got: &str, expected: &str) -> String {
    let (mut got, mut expected) = (got.lines(), expected.lines());
    loop {
        match (got.next(), expected.next()) {
            (Some(got), Some(expected)) if got == expected => {}
            (Some(got), Some(expected)) => return format!("{got:?}, not {expected:?}"),
            (Some(got), None) => return format!("{got:?}, where nothing was expected"),
            (None, Some(expected)) => return format!("nothing, not {expected:?}"),
            (None, None) => return "another end of line".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), r#""b", not "c""#);
        assert_eq!(first_difference("a\n", "a\nc\n"), r#"nothing, not "c""#);
        assert_eq!(first_difference("a\nb\n", "a\n"), r#""b", where nothing was expected"#);
    }
}
