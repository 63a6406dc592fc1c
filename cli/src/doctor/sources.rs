//! What AMD SMI answers beside what the kernel answers, and whether they agree.
//!
//! The library is asked three times: as `kernel`, as `amdsmi` and as `both`. The values are those of
//! the first two; whether they agree is what the library says of itself under `both`, since it reads
//! again what moves, and knows how exact each source is.

use super::ask::{Asking, Failure, Heard};
use super::ask_inside::VALUES;
use super::log::{Call, Line, Says};
use rsmi_generations::Policy;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

#[derive(Default, Serialize)]
pub struct Sources {
    /// The libamd_smi that was asked, and its ROCm release.
    pub libamd_smi: Option<PathBuf>,
    pub release: Option<String>,
    /// Answers of which there is at least one.
    pub answers: usize,
    pub agree: usize,
    pub disagree: usize,
    pub only_kernel: usize,
    pub only_amdsmi: usize,
    /// Why they were not compared.
    pub not_compared: Option<String>,
    pub disagreements: Vec<Disagreement>,
    pub calls: Vec<Compared>,
    /// Functions that were left out: AMD SMI does not come back from them.
    pub did_not_return: Vec<Failure>,
    /// The functions that ask AMD SMI first under `auto`, and all that ask it under `amdsmi`.
    #[serde(skip)]
    pub first_amdsmi: BTreeSet<String>,
    #[serde(skip)]
    pub any_amdsmi: BTreeSet<String>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key {
    pub function: String,
    pub device: Option<u32>,
    /// `sensor_type=1, metric=0`
    pub arguments: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    #[serde(flatten)]
    pub key: Key,
    /// As the library names it.
    pub question: String,
    pub amdsmi: String,
    pub kernel: String,
}

#[derive(Serialize)]
pub struct Compared {
    #[serde(flatten)]
    pub key: Key,
    pub verdict: Verdict,
    /// Who is asked first under `auto`, as the library says it.
    pub first: BTreeSet<String>,
    /// What answers under `auto`.
    pub from: Vec<String>,
    /// What each source writes; a struct in hexadecimal digits, without the zeros at its end.
    pub kernel: Option<Vec<String>>,
    pub amdsmi: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Agree,
    Disagree,
    OnlyKernel,
    OnlyAmdsmi,
}

/// One call under one policy.
#[derive(Debug, Default)]
struct Said {
    first: BTreeSet<String>,
    from: Vec<String>,
    /// None where it fails.
    values: Option<Vec<String>>,
    /// The question, AMD SMI's value and the kernel's.
    disagreements: Vec<[String; 3]>,
}

impl Said {
    /// Whether AMD SMI is among those that answer.
    fn is_of_amdsmi(&self) -> bool {
        self.values.is_some() && self.from.iter().any(|from| from.starts_with("amdsmi_"))
    }
}

type Sweep = BTreeMap<Key, Said>;

impl Sources {
    /// The kernel alone, which is asked too where no libamd_smi is to be asked.
    pub fn of_kernel(asking: &Asking<'_>) -> (Self, Option<Heard>) {
        let mut sources = Self::default();
        let mut failures = Vec::new();
        let heard = asking.of(Policy::Kernel, &mut BTreeSet::new(), &mut failures);
        match (heard, failures.first()) {
            (Ok(heard), None) => {
                sources.fill(read(&heard.log), None);
                return (sources, Some(heard));
            }
            // What does not come back from the kernel's files is no fault of libamd_smi.
            (Ok(_), Some(Failure { function, how, .. })) => {
                sources.not_compared = Some(format!("the library {how} at {function}"));
            }
            (Err(why), _) => sources.not_compared = Some(why),
        }
        (sources, None)
    }

    /// With what AMD SMI says; `failures` are known not to come back.
    pub fn compare(&mut self, asking: &Asking<'_>, kernel: &Heard, failures: &[Failure]) {
        let mut skip = failures.iter().map(|failure| failure.function.clone()).collect();
        let mut failures = Vec::new();
        let mut of = |source| asking.of(source, &mut skip, &mut failures);
        let mut heard = || {
            let amdsmi = of(Policy::Amdsmi)?;
            let mut both = read(&of(Policy::Both)?.log);
            if both.values().any(|said| !said.disagreements.is_empty()) {
                confirm(&mut both, &read(&of(Policy::Both)?.log));
            }
            Ok((both, amdsmi))
        };
        let heard = heard();
        self.did_not_return = failures;
        let (both, amdsmi) = match heard {
            Ok(heard) => heard,
            Err(why) => {
                self.not_compared = Some(why);
                return;
            }
        };
        let about = amdsmi.about.unwrap_or_default();
        (self.libamd_smi, self.release) = (about.amdsmi, about.amdsmi_release);
        if self.libamd_smi.is_some() {
            let mut truth = read(&kernel.log);
            truth.retain(|key, _| !skip.contains(&key.function));
            self.fill(truth, Some((read(&amdsmi.log), both)));
        }
    }

    fn fill(&mut self, kernel: Sweep, others: Option<(Sweep, Sweep)>) {
        let compared = others.is_some();
        let (mut amdsmi, mut both) = others.unwrap_or_default();
        let (mut calls, mut disagreements) = (Vec::new(), Vec::new());
        for (key, by_kernel) in kernel {
            if by_kernel.first.iter().any(|first| first == "AMD SMI") {
                self.first_amdsmi.insert(key.function.clone());
            }
            if !by_kernel.first.is_empty() {
                self.any_amdsmi.insert(key.function.clone());
            }
            let by_amdsmi = amdsmi.remove(&key).filter(Said::is_of_amdsmi);
            let auto = both.remove(&key).unwrap_or_default();
            let disagree = !auto.disagreements.is_empty();
            let verdict = match (by_kernel.values.is_some(), by_amdsmi.is_some()) {
                // What the library itself knows comes from neither.
                (true, false) if by_kernel.from.is_empty() => continue,
                (false, false) => continue,
                _ if disagree => Verdict::Disagree,
                (true, true) => Verdict::Agree,
                (true, false) => Verdict::OnlyKernel,
                (false, true) => Verdict::OnlyAmdsmi,
            };
            let answers = if compared { &auto } else { &by_kernel };
            let from = answers.values.as_ref().map(|_| answers.from.clone()).unwrap_or_default();
            for [question, amdsmi, kernel] in auto.disagreements {
                disagreements.push(Disagreement { key: key.clone(), question, amdsmi, kernel });
            }
            calls.push(Compared {
                key,
                verdict,
                first: by_kernel.first,
                from,
                kernel: by_kernel.values,
                amdsmi: by_amdsmi.and_then(|said| said.values),
            });
        }
        let count =
            |verdict| calls.iter().filter(|call: &&Compared| call.verdict == verdict).count();
        self.answers = calls.len();
        self.agree = count(Verdict::Agree);
        self.disagree = count(Verdict::Disagree);
        self.only_kernel = count(Verdict::OnlyKernel);
        self.only_amdsmi = count(Verdict::OnlyAmdsmi);
        self.calls = calls;
        self.disagreements = disagreements;
    }
}

/// Two readings of what moves may be of two moments: a disagreement counts if it is there again.
fn confirm(both: &mut Sweep, again: &Sweep) {
    for (key, said) in both {
        let again = again.get(key).map(|said| said.disagreements.as_slice()).unwrap_or_default();
        said.disagreements.retain(|[question, ..]| again.iter().any(|[too, ..]| too == question));
    }
}

/// The log of a process that wrote its values too. What is said before a call's line is of that call.
fn read(log: &str) -> Sweep {
    let mut sweep = Sweep::new();
    let mut said = Said::default();
    let mut call: Option<(Call, Said)> = None;
    for line in log.lines() {
        if let Some(values) = line.strip_prefix(VALUES) {
            let Some((found, mut said)) = call.take() else { continue };
            if found.succeeds() {
                said.values = serde_json::from_str(values).ok();
            }
            sweep.insert(found.key(), said);
            continue;
        }
        match Line::read(line).map(|line| line.says) {
            Some(Says::Asks { first, .. }) => said.first.extend([first]),
            Some(Says::Disagree { question, amdsmi, kernel }) => {
                said.disagreements.push([question, legible(&amdsmi), legible(&kernel)]);
            }
            Some(Says::Call(found)) => {
                said.from.clone_from(&found.from);
                call = Some((found, std::mem::take(&mut said)));
            }
            Some(Says::Text { .. }) | None => {}
        }
    }
    sweep
}

/// A text, which the library logs byte by byte, as a text.
fn legible(value: &str) -> String {
    let bytes = value.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
    let bytes: Option<Vec<u8>> =
        bytes.and_then(|list| list.split(", ").map(|byte| byte.parse().ok()).collect());
    match bytes.as_deref().map(std::str::from_utf8) {
        Some(Ok(text)) if text.len() > 1 && text.chars().all(|sign| !sign.is_control()) => {
            format!("{text:?}")
        }
        _ => value.to_owned(),
    }
}

impl Call {
    fn key(&self) -> Key {
        let of_value = |(name, value): &&(String, String)| {
            !["dv_ind", "dv_ind_src", "len", "pid"].contains(&name.as_str())
                && !value.starts_with("0x")
        };
        let shown = |(name, value): &(String, String)| format!("{name}={value}");
        let arguments: Vec<_> = self.arguments.iter().filter(of_value).map(shown).collect();
        let (function, device) = (self.function.clone(), self.device());
        Key { function, device, arguments: arguments.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: &str = r#"{"level":"trace","asks":"DeviceName","first":"the kernel, kept"}
{"level":"warn","disagree":"DeviceName","amdsmi":"[76, 73, 69]","kernel":"[65, 77]"}
{"level":"debug","call":"rsmi_dev_name_get","arguments":{"dv_ind":"0","name":"0x1","len":"256"},"status":0,"name":"RSMI_STATUS_SUCCESS","us":1.0,"from":["device/product_name (kept)"]}
{"level":"trace","asks":"Temperature { place: 1 }","first":"the kernel, polled"}
noise without an end
{"level":"warn","disagree":"Temperature { place: 1 }","amdsmi":"9","kernel":"5"}
{"level":"debug","call":"rsmi_dev_temp_metric_get","arguments":{"dv_ind":"1","sensor_type":"1","metric":"0","temperature":"0x7f"},"status":0,"name":"RSMI_STATUS_SUCCESS","us":3.0,"from":["/sys/a"]}

rsmi-compat doctor: ["5"]
{"level":"debug","call":"rsmi_dev_id_get","arguments":{"dv_ind":"1","id":"0x7f"},"status":2,"name":"RSMI_STATUS_NOT_SUPPORTED","us":3.0,"from":[]}
rsmi-compat doctor: []
"#;

    #[test]
    fn each_call_has_what_is_said_before_its_line() {
        let sweep = read(BOTH);
        let said: Vec<_> = sweep.iter().collect();
        let [(id, failed), (key, temperature)] = said.as_slice() else { panic!("{said:?}") };
        assert_eq!((id.function.as_str(), &failed.values), ("rsmi_dev_id_get", &None));
        assert!(failed.disagreements.is_empty() && failed.first.is_empty());
        assert_eq!((key.device, key.arguments.as_str()), (Some(1), "sensor_type=1, metric=0"));
        assert!(temperature.first.iter().eq(["the kernel, polled"]));
        assert_eq!(temperature.values, Some(vec!["5".to_owned()]));
        // That of the call before, which has no values, is not its own.
        assert_eq!(temperature.disagreements, [["Temperature { place: 1 }", "9", "5"]]);
    }

    #[test]
    fn a_disagreement_counts_if_it_is_there_again() {
        let (mut both, mut again) = (read(BOTH), read(BOTH));
        confirm(&mut both, &again);
        assert_eq!(both.values().map(|said| said.disagreements.len()).sum::<usize>(), 1);
        for said in again.values_mut() {
            said.disagreements.iter_mut().for_each(|[question, ..]| question.push('2'));
        }
        confirm(&mut both, &again);
        assert!(both.values().all(|said| said.disagreements.is_empty()));
    }

    #[test]
    fn texts_are_shown_as_texts() {
        assert_eq!(legible("[76, 73, 69]"), "\"LIE\"");
        for other in ["[1, 2]", "[76, 73000]", "5", "[]", "Some([76, 73])"] {
            assert_eq!(legible(other), other);
        }
    }

    fn said(from: &str, value: &str) -> Said {
        let values = Some(vec![value.to_owned()]);
        Said { from: vec![from.to_owned()], values, ..Said::default() }
    }

    #[test]
    fn the_librarys_verdict_counts() {
        let key = |function: &str| Key {
            function: function.to_owned(),
            device: Some(0),
            arguments: String::new(),
        };
        let sweep = |entries: Vec<(&str, Said)>| -> Sweep {
            entries.into_iter().map(|(function, said)| (key(function), said)).collect()
        };
        let first = |first: &str, said: Said| Said { first: [first.to_owned()].into(), ..said };
        let kernel = sweep(vec![
            ("moves", first("AMD SMI", said("/sys/a", "1"))),
            ("lies", first("the kernel, kept", said("/sys/b", "1"))),
            ("kernel", said("/sys/c", "1")),
            ("amdsmi", Said::default()),
            ("own", Said { values: Some(Vec::new()), ..Said::default() }),
            ("nobody", Said::default()),
        ]);
        let amdsmi = sweep(vec![
            ("moves", said("amdsmi_a", "2")),
            ("lies", said("amdsmi_b", "2")),
            ("kernel", said("/sys/c", "1")),
            ("amdsmi", said("amdsmi_d", "2")),
        ]);
        let disagreements = vec![["Lies", "2", "1"].map(str::to_owned)];
        let both = sweep(vec![
            ("moves", said("amdsmi_a", "2")),
            ("lies", Said { disagreements, ..said("/sys/b", "1") }),
        ]);
        let mut sources = Sources::default();
        sources.fill(kernel, Some((amdsmi, both)));
        let Sources { answers, agree, disagree, only_kernel, only_amdsmi, .. } = sources;
        assert_eq!((answers, agree, disagree, only_kernel, only_amdsmi), (4, 1, 1, 1, 1));
        let [one] = sources.disagreements.as_slice() else { panic!() };
        assert_eq!((one.question.as_str(), one.amdsmi.as_str()), ("Lies", "2"));
        assert!(sources.first_amdsmi.iter().eq(["moves"]));
        assert!(sources.any_amdsmi.iter().eq(["lies", "moves"]));
    }
}
