//! What the library's own log says of each call: what it answered, from where, or why not.

use super::sources::DISAGREE;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One function, for one device or for none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Some way of asking it succeeds.
    pub answered: bool,
    /// How often it was asked, and how often it answered: once for each clock, sensor, …
    pub asked: usize,
    pub succeeded: usize,
    /// What the answers come from: functions of libamd_smi, files.
    pub from: BTreeSet<String>,
    /// What it returns otherwise.
    pub statuses: BTreeSet<String>,
    pub because: BTreeSet<String>,
}

#[derive(Debug, Default)]
pub struct Log {
    pub answers: BTreeMap<(Option<u32>, String), Answer>,
    /// Warnings and errors.
    pub complaints: BTreeSet<String>,
}

/// What the library says to callers that nothing is known of, as doctor's own process is.
const OF_DOCTOR_ITSELF: &str = "warn: nothing says which rocm_smi.h the caller was compiled with";

const SUCCESS: &str = "RSMI_STATUS_SUCCESS";

impl Log {
    pub fn read(&mut self, text: &str) {
        for line in text.lines() {
            let Some(line) = line.strip_prefix("rsmi-compat: ") else { continue };
            if let Some(call) = line.strip_prefix("debug: ").and_then(Call::read) {
                self.add(call);
            } else if line.starts_with(OF_DOCTOR_ITSELF) || line.starts_with(DISAGREE) {
                // Of the sources, doctor has its own part.
                continue;
            } else if line.starts_with("warn: ") || line.starts_with("error: ") {
                self.complaints.insert(line.to_owned());
            }
        }
    }

    fn add(&mut self, call: Call<'_>) {
        let answer = self.answers.entry((call.device, call.function.to_owned())).or_default();
        answer.asked += 1;
        if call.succeeds() {
            answer.answered = true;
            answer.succeeded += 1;
            answer.from.extend(call.from.iter().map(|source| (*source).to_owned()));
        } else {
            answer.statuses.insert(call.status.to_owned());
            answer.because.extend(call.because.map(str::to_owned));
        }
    }
}

/// `rsmi_dev_id_get(dv_ind=0, id=0x7f…) = 0 RSMI_STATUS_SUCCESS, 1.2 us, from A, B, because C`
pub struct Call<'a> {
    pub function: &'a str,
    pub arguments: &'a str,
    pub device: Option<u32>,
    status: &'a str,
    pub from: Vec<&'a str>,
    because: Option<&'a str>,
}

impl<'a> Call<'a> {
    pub fn read(line: &'a str) -> Option<Self> {
        let (function, rest) = line.split_once('(')?;
        let (arguments, rest) = rest.split_once(") = ")?;
        let (result, rest) = rest.split_once(" us").unwrap_or((rest, ""));
        let status = result.split([' ', ',']).nth(1)?;
        let device = arguments.split(", ").find_map(|argument| {
            let (name, value) = argument.split_once('=')?;
            ["dv_ind", "dv_ind_src"].contains(&name).then(|| value.parse().ok())?
        });
        let (from, because) = match rest.split_once(", because ") {
            Some((from, because)) => (from, Some(because)),
            None => (rest, None),
        };
        let from = from.strip_prefix(", from ").map(|list| list.split(", ").collect());
        let from = from.unwrap_or_default();
        Some(Self { function, arguments, device, status, from, because })
    }

    pub fn succeeds(&self) -> bool {
        self.status == SUCCESS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_added_up() {
        let mut log = Log::default();
        log.read(
            "rsmi-compat: info: something\n\
             rsmi-compat: warn: RSMI_COMPAT_ABI=9 is ignored\n\
             Exception caught: rsmi_init.\n\
             rsmi-compat: debug: rsmi_dev_temp_metric_get(dv_ind=1, sensor_type=0, metric=0, \
             temperature=0x7f) = 2 RSMI_STATUS_NOT_SUPPORTED, 3.0 us, because there is no sensor\n\
             rsmi-compat: debug: rsmi_dev_temp_metric_get(dv_ind=1, sensor_type=1, metric=0, \
             temperature=0x7f) = 0 RSMI_STATUS_SUCCESS, 3.0 us, from /sys/a, amdsmi_b\n\
             rsmi-compat: debug: rsmi_topo_get_link_weight(dv_ind_src=0, dv_ind_dst=1, weight=0x1) \
             = 0 RSMI_STATUS_SUCCESS, 0.1 us\n\
             rsmi-compat: debug: rsmi_version_get(version=0x1) = 0 RSMI_STATUS_SUCCESS, 0.1 us\n\
             rsmi-compat: debug: cut off",
        );
        let answer = &log.answers[&(Some(1), "rsmi_dev_temp_metric_get".into())];
        assert!(answer.answered);
        assert_eq!((answer.asked, answer.succeeded), (2, 1));
        assert!(answer.from.iter().eq(["/sys/a", "amdsmi_b"]));
        assert!(answer.because.iter().eq(["there is no sensor"]));
        assert!(log.answers[&(Some(0), "rsmi_topo_get_link_weight".into())].answered);
        assert!(log.answers.contains_key(&(None, "rsmi_version_get".into())));
        assert_eq!(log.answers.len(), 3);
        assert!(log.complaints.iter().eq(["warn: RSMI_COMPAT_ABI=9 is ignored"]));
    }
}
