//! What the log of RSMI_COMPAT_LOG=debug tells: which function was called, and what answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::mapping::{Question, Questions};
use super::sources::Source;

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
        for line in log.lines() {
            questions.add(line);
            if let Some(first) = first(line) {
                firsts.insert(first.to_owned());
            } else if let Some((function, sources)) = call(line) {
                let sources = sources.iter().map(|source| Source::read(source));
                self.calls.entry(function.to_owned()).or_default().extend(sources);
                questions.end(self.questions.entry(function.to_owned()).or_default());
                let firsts = std::mem::take(&mut firsts);
                self.firsts.entry(function.to_owned()).or_default().extend(firsts);
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

/// A line about a question of the call under way: who is asked first, and why.
fn first(line: &str) -> Option<&str> {
    let (_, first) = line.strip_prefix("rsmi-compat: trace: asks ")?.rsplit_once("; first ")?;
    Some(first)
}

/// A line about a call: the function and its sources.
fn call(line: &str) -> Option<(&str, Vec<&str>)> {
    static CALL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^rsmi-compat: debug: (rsmi_\w+)\(.*?\) = -?\d+ \w+, [\d.]+ us(?:, from (.*?))?(?:, because .*)?$")
            .expect("a constant pattern")
    });
    let found = CALL.captures(line)?;
    let function = found.get(1)?.as_str();
    let sources = found.get(2).map_or("", |sources| sources.as_str());
    Some((function, sources.split(", ").filter(|source| !source.is_empty()).collect()))
}

/// Of a client's lines of `STEP: ANSWER` with the log between them: each step, and the functions
/// that were called for it.
pub fn steps(text: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut steps = Vec::new();
    let mut called = BTreeSet::new();
    let mut told = false;
    for line in text.lines() {
        if let Some((function, _)) = call(line) {
            // An answer may take several lines, which all belong to the calls before the first.
            if std::mem::take(&mut told) {
                called.clear();
            }
            called.insert(function.to_owned());
        } else if let Some((step, _)) =
            line.split_once(": ").filter(|(step, _)| *step != "rsmi-compat")
        {
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

    const LOG: &str = "\
rsmi-compat: info: 2 devices
init: 0, 2 devices
rsmi-compat: debug: rsmi_dev_id_get(dv_ind=0, id=0x7ffe) = 0 RSMI_STATUS_SUCCESS, 1.5 us, from device/device (kept)
rsmi-compat: debug: rsmi_version_get(version=0x1) = 0 RSMI_STATUS_SUCCESS, 0.2 us
a/first: 0
a/second: 1
rsmi-compat: debug: rsmi_dev_busy_percent_get(dv_ind=0, busy_percent=0x1) = 2 RSMI_STATUS_NOT_SUPPORTED, 9.0 us, from amdsmi_x, /sys/y, because /sys/y: No such file, or directory
";

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
            "rsmi-compat: trace: asks Brand; first the kernel: kept\n\
             rsmi-compat: trace: asks Name { x: 1 }; first AMD SMI\n\
             rsmi-compat: debug: rsmi_a(x=0) = 0 OK, 1.0 us\n\
             rsmi-compat: debug: rsmi_b(x=0) = 0 OK, 1.0 us\n",
        );
        let firsts = |function| observed.firsts(function).collect::<Vec<_>>();
        assert_eq!(firsts("rsmi_a"), ["AMD SMI", "the kernel: kept"]);
        assert_eq!(firsts("rsmi_b"), [""; 0]);
    }

    #[test]
    fn a_question_belongs_to_the_call_that_ends_next() {
        let mut observed = Observed::default();
        observed.add(
            "rsmi-compat: trace: asks Brand; first the kernel: kept\n\
             rsmi-compat: trace: calls amdsmi_get_gpu_vbios_info\n\
             rsmi-compat: debug: rsmi_a(x=0) = 0 OK, 1.0 us\n\
             rsmi-compat: trace: calls amdsmi_gpu_read_counter\n\
             rsmi-compat: debug: rsmi_b(x=0) = 0 OK, 1.0 us\n",
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
