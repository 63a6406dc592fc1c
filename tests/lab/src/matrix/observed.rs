//! What the log tells, as JSON: which function was called, and what answered.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::mapping::{Question, Questions};
use super::sources::Source;
use crate::report;

/// All that answered each function that was called.
#[derive(Default)]
pub struct Observed {
    calls: BTreeMap<String, BTreeSet<Source>>,
    /// Who is asked first, and why.
    firsts: BTreeMap<String, BTreeSet<String>>,
    /// What each function asked of AMD SMI.
    questions: BTreeMap<String, Questions>,
}

impl Observed {
    /// Takes in a log; other lines may stand between its own.
    pub fn add(&mut self, log: &str) {
        let mut firsts = BTreeSet::new();
        let mut questions = Questions::default();
        for line in log.lines().filter_map(Logged::read) {
            match line {
                Logged::Call { call, from } => {
                    let sources = from.iter().map(|source| Source::read(source));
                    self.calls.entry(call.clone()).or_default().extend(sources);
                    questions.end(self.questions.entry(call.clone()).or_default());
                    let firsts = std::mem::take(&mut firsts);
                    self.firsts.entry(call).or_default().extend(firsts);
                }
                Logged::Asks { ref first, .. } => {
                    firsts.insert(first.clone());
                    questions.add(&line);
                }
                detail => questions.add(&detail),
            }
        }
    }

    /// Who is asked first of each thing that a function asks; nothing where there is no choice.
    pub fn firsts(&self, function: &str) -> impl Iterator<Item = &str> {
        self.firsts.get(function).into_iter().flatten().map(String::as_str)
    }

    /// None for a function that was never called; nothing for one that had its answer in itself.
    pub fn of(&self, function: &str) -> Option<&BTreeSet<Source>> {
        self.calls.get(function)
    }

    /// What a function asks of AMD SMI.
    pub fn questions(&self, function: &str) -> impl Iterator<Item = &Question> {
        self.questions.get(function).into_iter().flat_map(Questions::asked)
    }

    pub fn all(&self) -> impl Iterator<Item = &Source> {
        self.calls.values().flatten()
    }
}

/// A line that is about a call, or about a question of the call under way.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Logged {
    /// A function, and what answered it.
    Call {
        call: String,
        from: Vec<String>,
    },
    /// Who is asked first, and why.
    Asks {
        asks: String,
        first: String,
    },
    /// When both sources agree.
    Agree {
        agree: String,
    },
    Calls {
        calls: String,
    },
    Reads {
        reads: String,
    },
    Converts {
        converts: String,
    },
}

impl Logged {
    fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

/// Of a client's lines of `STEP: ANSWER` with the log between them: each step, and the functions
/// that were called for it.
pub fn steps(text: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut steps = Vec::new();
    let mut called = BTreeSet::new();
    let mut told = false;
    for line in text.lines() {
        if let Some(Logged::Call { call, .. }) = Logged::read(line) {
            // An answer may take several lines, which all belong to the calls before the first.
            if std::mem::take(&mut told) {
                called.clear();
            }
            called.insert(call);
        } else if report::is_of_the_log(line) {
            continue;
        } else if let Some((step, _)) = line.split_once(": ") {
            steps.push((step.to_owned(), called.clone()));
            told = true;
        }
    }
    steps.push(("the end".to_owned(), called));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = r#"{"level":"info","message":"2 devices"}
init: 0, 2 devices
{"level":"debug","call":"rsmi_dev_id_get","arguments":{"dv_ind":"0"},"status":0,"from":["device/device (kept)"]}
{"level":"debug","call":"rsmi_version_get","arguments":{},"status":0,"from":[]}
a/first: 0
a/second: 1
{"level":"debug","call":"rsmi_dev_busy_percent_get","arguments":{"dv_ind":"0"},"status":2,"from":["amdsmi_x","/sys/y"],"because":"/sys/y: No such file, or directory"}
"#;

    #[test]
    fn a_log_tells_what_answered() {
        let mut observed = Observed::default();
        observed.add(LOG);
        let count = |function| observed.of(function).map(BTreeSet::len);
        assert_eq!(count("rsmi_dev_id_get"), Some(1));
        assert_eq!(count("rsmi_version_get"), Some(0));
        assert_eq!(count("rsmi_dev_busy_percent_get"), Some(2));
        assert_eq!(count("rsmi_init"), None);
    }

    #[test]
    fn a_log_tells_who_is_asked_first() {
        let mut observed = Observed::default();
        observed.add(
            r#"{"level":"trace","asks":"Brand","first":"the kernel: kept"}
{"level":"trace","asks":"Name { x: 1 }","first":"AMD SMI"}
{"level":"debug","call":"rsmi_a","from":[]}
{"level":"debug","call":"rsmi_b","from":[]}"#,
        );
        let firsts = |function| observed.firsts(function).collect::<Vec<_>>();
        assert_eq!(firsts("rsmi_a"), ["AMD SMI", "the kernel: kept"]);
        assert_eq!(firsts("rsmi_b"), [""; 0]);
    }

    #[test]
    fn a_question_belongs_to_the_call_that_ends_next() {
        let mut observed = Observed::default();
        observed.add(
            r#"{"level":"trace","asks":"Brand","first":"the kernel: kept"}
{"level":"trace","calls":"amdsmi_get_gpu_vbios_info"}
{"level":"debug","call":"rsmi_a","from":[]}
{"level":"trace","calls":"amdsmi_gpu_read_counter"}
{"level":"debug","call":"rsmi_b","from":[]}"#,
        );
        let asked =
            |function| observed.questions(function).map(Question::answer).collect::<Vec<_>>();
        assert_eq!(asked("rsmi_a"), ["`amdsmi_get_gpu_vbios_info`"]);
        assert_eq!(asked("rsmi_b"), ["`amdsmi_gpu_read_counter`"]);
        assert_eq!(asked("rsmi_c"), [""; 0]);
    }

    #[test]
    fn a_step_is_what_was_called_before_it() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let both: BTreeSet<String> = set(&["rsmi_dev_id_get", "rsmi_version_get"]);
        let expected = [
            ("init".to_owned(), BTreeSet::new()),
            ("a/first".to_owned(), both.clone()),
            ("a/second".to_owned(), both),
            ("the end".to_owned(), set(&["rsmi_dev_busy_percent_get"])),
        ];
        assert_eq!(steps(LOG), expected);
    }
}
