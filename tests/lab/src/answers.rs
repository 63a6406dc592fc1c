//! All that `rsmi_info --probe` gets out of a library, whatever the library does to it.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Result, bail};
use regex::Regex;

use crate::lab::Lab;
use crate::namespace::{Outcome, Run};

/// The answer to each probe, in the words of `rsmi_info`.
pub type Answers = BTreeMap<String, String>;

/// Far more than any machine's probes take, so who is not ready by then never will be.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks a library everything. A probe that ends the program has that for its answer, and
/// the next program goes on behind it.
pub fn ask(lab: &Lab, run: &Run) -> Result<Answers> {
    ask_and_hear(lab, run).map(|(answers, _)| answers)
}

/// Asks a library everything, and keeps what was said on stderr meanwhile.
pub fn ask_and_hear(lab: &Lab, run: &Run) -> Result<(Answers, String)> {
    let mut stderr = String::new();
    let mut answers = Answers::new();
    let mut last: Option<String> = None;
    loop {
        let mut run = run.clone().timeout(PATIENCE);
        run.argv.push("--probe".into());
        if let Some(last) = &last {
            run.argv.extend(["--after".into(), last.clone()]);
        }
        let outcome = run.output(lab)?;
        if outcome.status.is_some_and(|status| status != 0) {
            bail!(
                "{} says {} on {}: {}",
                run.argv.join(" "),
                outcome.status.unwrap_or_default(),
                run.machine,
                outcome.errors().trim()
            );
        }
        stderr += &outcome.errors();
        let died = death(&outcome);
        let mut read = read(&outcome.text());
        let Some(dead) = &died else {
            answers.extend(read);
            return Ok((answers, stderr));
        };
        match read.last_mut() {
            Some((id, answer)) => {
                // Killed behind a line rather than in it, it is the next probe that killed it.
                if answer.is_empty() || !outcome.stdout.ends_with(b"\n") {
                    answer.clone_from(dead);
                }
                last = Some(id.clone());
            }
            // What comes before the first probe is rsmi_init, and it will not go better next time.
            None => {
                answers.insert("the-end".into(), dead.clone());
                return Ok((answers, stderr));
            }
        }
        answers.extend(read);
    }
}

/// How the program was ended, if it did not end by itself.
fn death(outcome: &Outcome) -> Option<String> {
    match outcome.signal {
        Some(libc::SIGSEGV | libc::SIGBUS) => Some("dies (memory fault)".into()),
        Some(libc::SIGABRT) => Some("dies (abort)".into()),
        Some(signal) => Some(format!("dies (signal {signal})")),
        None if outcome.timed_out => Some("hangs".into()),
        None => None,
    }
}

/// Lines of `ID: ANSWER`; what a library itself prints in between belongs to the answer.
pub fn read(text: &str) -> Vec<(String, String)> {
    static START: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^((?:before|init|sys|dev[^/ ]+|after)/[^ ]+|the-end): ?(.*)$")
            .expect("a constant pattern")
    });
    let mut answers: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if let Some(found) = START.captures(line) {
            answers.push((found[1].to_owned(), found[2].to_owned()));
        } else if let Some((_, answer)) = answers.last_mut() {
            answer.push('\n');
            answer.push_str(line);
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_goes_on_until_the_next_probe() {
        let text = "dev0/rsmi_dev_name_get: noise\nSUCCESS(0) text=\"a: b\"\ndev-n/rsmi_x: ";
        let expected =
            [("dev0/rsmi_dev_name_get", "noise\nSUCCESS(0) text=\"a: b\""), ("dev-n/rsmi_x", "")];
        let expected = expected.map(|(id, answer)| (id.to_owned(), answer.to_owned()));
        assert_eq!(read(text), expected);
    }
}
