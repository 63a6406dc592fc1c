//! What the log tells of a question to AMD SMI: the calls, the members that were read, how they became
//! rocm_smi.h's values, and how exactly the kernel's answer must be the same.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::amdsmi::{self, Range};
use super::observed::Logged;

/// One question, as it was answered in all runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The calls in their order, and of each the members with the releases that have them.
    calls: Vec<(String, BTreeMap<String, String>)>,
    conversions: BTreeSet<String>,
    agree: String,
}

/// The questions of the call that is under way, by their names; none has a name that is nobody's.
#[derive(Clone, Debug, Default)]
pub struct Questions {
    all: BTreeMap<String, Question>,
    current: String,
}

/// More members than these are counted, not named.
const MOST_NAMED: usize = 6;

impl Questions {
    /// Takes in what the log says of a question.
    pub fn add(&mut self, line: &Logged) {
        if let Logged::Asks { asks, .. } = line {
            let name = asks.split([' ', '(']).next().unwrap_or_default();
            name.clone_into(&mut self.current);
        }
        let question = self.all.entry(self.current.clone()).or_default();
        match line {
            Logged::Agree { agree } => question.agree.clone_from(agree),
            Logged::Converts { converts } => {
                question.conversions.insert(converts.clone());
            }
            Logged::Calls { calls } => {
                question.called(calls);
            }
            Logged::Reads { reads } => question.read(reads),
            Logged::Asks { .. } | Logged::Call { .. } => {}
        }
    }

    /// Those of a call that has ended, to which more of the same function are added.
    pub fn end(&mut self, function: &mut Self) {
        for (name, question) in std::mem::take(&mut self.all) {
            let known = function.all.entry(name).or_default();
            known.conversions.extend(question.conversions);
            if !question.agree.is_empty() {
                known.agree = question.agree;
            }
            for (call, members) in question.calls {
                known.called(&call).extend(members);
            }
        }
        self.current.clear();
    }

    /// Those that reached AMD SMI.
    pub fn asked(&self) -> impl Iterator<Item = &Question> {
        self.all.values().filter(|question| !question.calls.is_empty())
    }
}

impl Question {
    fn called(&mut self, call: &str) -> &mut BTreeMap<String, String> {
        let at = self.calls.iter().position(|(known, _)| known == call).unwrap_or_else(|| {
            self.calls.push((call.to_owned(), BTreeMap::new()));
            self.calls.len() - 1
        });
        &mut self.calls[at].1
    }

    /// `6.1.2: a, b; since 6.3.0 until 7.0: c`, of the last call.
    fn read(&mut self, text: &str) {
        let Some((_, members)) = self.calls.last_mut() else { return };
        for group in text.split("; ") {
            let group = group.strip_prefix("since ").unwrap_or(group);
            let Some((versions, names)) = group.split_once(": ") else { continue };
            members.extend(names.split(", ").map(|name| (name.to_owned(), versions.to_owned())));
        }
    }

    /// The calls, their members, and what becomes of those.
    pub fn answer(&self) -> String {
        let call = |(call, members): &(String, BTreeMap<String, String>)| {
            let names: Vec<_> = members.keys().map(|name| format!("`{name}`")).collect();
            match names.len() {
                0 => format!("`{call}`"),
                1..=MOST_NAMED => format!("`{call}` → {}", names.join(", ")),
                count => format!("`{call}` → {count} members"),
            }
        };
        let mut parts: Vec<String> = self.calls.iter().map(call).collect();
        parts.extend(self.conversions.iter().cloned());
        parts.join("; ")
    }

    /// The releases that have the calls and the members.
    pub fn releases(&self) -> Result<String> {
        let mut parts: Vec<String> = Vec::new();
        for (call, members) in &self.calls {
            let of_call = Range::of_call(call)?;
            let mut groups: BTreeMap<Range, Vec<&str>> = BTreeMap::new();
            for (member, versions) in members {
                groups.entry(of_call.and(versions)).or_default().push(member);
            }
            let named = members.len() <= MOST_NAMED;
            parts.extend(match groups.len() {
                0 => vec![of_call.to_string()],
                1 => groups.keys().map(Range::to_string).collect(),
                _ => groups.iter().map(|(range, names)| of_some(range, names, named)).collect(),
            });
        }
        parts.dedup();
        Ok(parts.join("; "))
    }

    pub fn agree(&self) -> &str {
        if self.agree.is_empty() { amdsmi::NOT_COMPARED } else { &self.agree }
    }
}

fn of_some(range: &Range, members: &[&str], named: bool) -> String {
    if named {
        let names: Vec<_> = members.iter().map(|name| format!("`{name}`")).collect();
        return format!("{} {range}", names.join(", "));
    }
    format!("{} members {range}", members.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `asks NAME; first SOURCE`, `agree if …`, `calls …`, `converts …` or `reads …`
    fn logged(line: &str) -> Logged {
        let (what, text) = line.split_once(' ').unwrap();
        let (text, rest) = text.split_once("; first ").unwrap_or((text, ""));
        let text = text.to_owned();
        match what {
            "asks" => Logged::Asks { asks: text, first: rest.to_owned() },
            "agree" => Logged::Agree { agree: text },
            "calls" => Logged::Calls { calls: text },
            "converts" => Logged::Converts { converts: text },
            "reads" => Logged::Reads { reads: text },
            other => panic!("{other}"),
        }
    }

    fn questions(log: &str) -> Questions {
        let (mut call, mut function) = (Questions::default(), Questions::default());
        for line in log.lines() {
            call.add(&logged(line));
        }
        call.end(&mut function);
        function
    }

    #[test]
    fn a_question_is_told_by_what_was_called_read_and_converted() {
        let power = questions(
            "asks AveragePower { sensor: 0 }; first the kernel, polled\n\
             agree less than a watt apart\n\
             calls amdsmi_get_power_info\n\
             converts × 1000000 (W → µW)\n\
             reads since 6.1.2: average_socket_power\n\
",
        );
        let [power] = power.asked().collect::<Vec<_>>()[..] else { panic!("{power:?}") };
        let call = "`amdsmi_get_power_info` → `average_socket_power`; × 1000000 (W → µW)";
        assert_eq!(power.answer(), call);
        assert_eq!(power.releases().unwrap(), "6.1.2 to 10.1");
        assert_eq!(power.agree(), "less than a watt apart");
    }

    #[test]
    fn releases_are_those_that_have_the_call_and_the_member() {
        let told = questions(
            "asks Both; first AMD SMI\n\
             calls amdsmi_get_gpu_asic_info\n\
             reads since 6.1.2: vendor_id; since 6.3.0: target_graphics_version\n\
             calls amdsmi_get_gpu_kfd_info\n\
             reads since 6.1.2 until 7.0: pasid\n\
             calls amdsmi_get_gpu_id",
        );
        let [both] = told.asked().collect::<Vec<_>>()[..] else { panic!("{told:?}") };
        assert_eq!(
            both.releases().unwrap(),
            "`vendor_id` 6.1.2 to 10.1; `target_graphics_version` 6.3.0 to 10.1; \
             6.3.0 to before 7.0; 6.1.2 to 10.1"
        );
        assert!(questions("calls amdsmi_new").asked().next().unwrap().releases().is_err());
    }

    #[test]
    fn many_members_are_counted_and_what_asked_nothing_is_no_answer() {
        let names: Vec<_> = (0..9).map(|nth| format!("m{nth}")).collect();
        let text = format!(
            "calls amdsmi_get_gpu_id\nreads since 6.1.2: {}; since 7.0: n",
            names.join(", ")
        );
        let many = questions(&text);
        let many = many.asked().next().unwrap();
        assert_eq!(many.answer(), "`amdsmi_get_gpu_id` → 10 members");
        assert_eq!(many.releases().unwrap(), "9 members 6.1.2 to 10.1; 1 members 7.0 to 10.1");
        assert!(questions("asks A; first AMD SMI").asked().next().is_none());
    }
}
