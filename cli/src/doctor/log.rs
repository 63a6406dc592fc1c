//! What the library's own log says of each call: what it answered, from where, or why not.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

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
const OF_DOCTOR_ITSELF: &str = "nothing says which rocm_smi.h the caller was compiled with";

const SUCCESS: &str = "RSMI_STATUS_SUCCESS";

impl Log {
    pub fn read(&mut self, text: &str) {
        for line in text.lines().filter_map(Line::read) {
            match line.says {
                Says::Call(call) => self.add(call),
                Says::Text { message }
                    if ["warn", "error"].contains(&line.level.as_str())
                        && !message.starts_with(OF_DOCTOR_ITSELF) =>
                {
                    self.complaints.insert(format!("{}: {message}", line.level));
                }
                // Of the sources, doctor has its own part.
                _ => {}
            }
        }
    }

    fn add(&mut self, call: Call) {
        let answer = self.answers.entry((call.device(), call.function.clone())).or_default();
        answer.asked += 1;
        if call.succeeds() {
            answer.answered = true;
            answer.succeeded += 1;
            answer.from.extend(call.from);
        } else {
            answer.statuses.insert(call.status);
            answer.because.extend(call.because);
        }
    }
}

/// One line of the log; others stand between them.
#[derive(Deserialize)]
pub struct Line {
    level: String,
    #[serde(flatten)]
    pub says: Says,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Says {
    Call(Call),
    /// Who is asked first, and why.
    Asks {
        #[serde(rename = "asks")]
        _question: String,
        first: String,
    },
    Disagree {
        #[serde(rename = "disagree")]
        question: String,
        amdsmi: String,
        kernel: String,
    },
    Text {
        message: String,
    },
}

impl Line {
    pub fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

#[derive(Deserialize)]
pub struct Call {
    #[serde(rename = "call")]
    pub function: String,
    #[serde(deserialize_with = "in_their_order")]
    pub arguments: Vec<(String, String)>,
    #[serde(rename = "name")]
    status: String,
    pub from: Vec<String>,
    because: Option<String>,
}

fn in_their_order<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(String, String)>, D::Error> {
    struct Arguments;
    impl<'de> Visitor<'de> for Arguments {
        type Value = Vec<(String, String)>;

        fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
            to.write_str("names with values")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut arguments = Vec::new();
            while let Some(argument) = map.next_entry()? {
                arguments.push(argument);
            }
            Ok(arguments)
        }
    }
    from.deserialize_map(Arguments)
}

impl Call {
    pub fn device(&self) -> Option<u32> {
        let is_device = |name: &str| ["dv_ind", "dv_ind_src"].contains(&name);
        let argument = self.arguments.iter().find(|(name, _)| is_device(name));
        argument.and_then(|(_, value)| value.parse().ok())
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
            r#"{"level":"info","message":"something"}
{"level":"warn","message":"RSMI_COMPAT_ABI=9 is ignored"}
{"level":"warn","message":"nothing says which rocm_smi.h the caller was compiled with"}
{"level":"warn","disagree":"Sku","amdsmi":"1","kernel":"2"}
Exception caught: rsmi_init.
{"level":"debug","call":"rsmi_dev_temp_metric_get","arguments":{"dv_ind":"1","sensor_type":"0"},"status":2,"name":"RSMI_STATUS_NOT_SUPPORTED","us":3.0,"from":[],"because":"there is no sensor"}
{"level":"debug","call":"rsmi_dev_temp_metric_get","arguments":{"dv_ind":"1","sensor_type":"1"},"status":0,"name":"RSMI_STATUS_SUCCESS","us":3.0,"from":["/sys/a","amdsmi_b"]}
{"level":"debug","call":"rsmi_topo_get_link_weight","arguments":{"dv_ind_src":"0","dv_ind_dst":"1"},"status":0,"name":"RSMI_STATUS_SUCCESS","us":0.1,"from":[]}
{"level":"debug","call":"rsmi_version_get","arguments":{"version":"0x1"},"status":0,"name":"RSMI_STATUS_SUCCESS","us":0.1,"from":[]}
{"level":"debug","call":"cut off"#,
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
