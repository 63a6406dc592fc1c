//! Where ours shall differ from the original, and why that is better for the client.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use regex::Regex;
use serde::Deserialize;

use crate::compare::{Circumstances, Place};

/// The differences that are meant, and which of them were met.
pub struct Differences {
    known: Vec<Known>,
}

struct Known {
    entry: Entry,
    probe: Regex,
    real: Regex,
    ours: Regex,
    met: Cell<usize>,
}

/// One entry of the file; what is left out is any.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    machines: Vec<String>,
    #[serde(default)]
    releases: Vec<String>,
    #[serde(default)]
    amdsmi: Vec<String>,
    /// Any one of them is enough.
    #[serde(default)]
    circumstances: Vec<String>,
    /// A regular expression for the whole name of a probe; the next two are for whole answers.
    probe: String,
    #[serde(default = "anything")]
    real: String,
    #[serde(default = "anything")]
    ours: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    #[serde(default)]
    difference: Vec<Entry>,
}

fn anything() -> String {
    ".*".into()
}

/// The two answers to one probe, and where they were given.
pub struct Difference<'a> {
    pub machine: &'a str,
    pub release: &'a str,
    pub amdsmi: &'a str,
    pub probe: &'a str,
    pub real: &'a str,
    pub ours: &'a str,
}

/// What one entry says of itself.
pub struct Listed<'a>(&'a Known);

impl Listed<'_> {
    pub fn fits(&self, probe: &str) -> bool {
        self.0.probe.is_match(probe)
    }

    pub fn reason(&self) -> &str {
        &self.0.entry.reason
    }

    pub fn scope(&self) -> Scope {
        match self.0.entry.machines.as_slice() {
            _ if self.0.entry.real.contains("dies") => Scope::OriginalDies,
            [] => Scope::Anywhere,
            machines => Scope::On(machines.to_vec()),
        }
    }
}

/// Where one entry lets answers differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Anywhere,
    /// Only where the original gives no answer at all.
    OriginalDies,
    /// Only on machines that were made up to be like this.
    On(Vec<String>),
}

/// All that was asked, and where: what no run could meet has not vanished.
#[derive(Default)]
pub struct Asked {
    machines: BTreeSet<String>,
    releases: BTreeSet<String>,
    amdsmi: BTreeSet<String>,
    circumstances: BTreeSet<String>,
    probes: BTreeSet<String>,
}

impl Differences {
    pub fn read(path: &Path) -> Result<Differences> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Differences::parse(&text).with_context(|| path.display().to_string())
    }

    fn parse(text: &str) -> Result<Differences> {
        let entries: Entries = toml::from_str(text)?;
        let known = entries.difference.into_iter().map(|entry| {
            ensure!(!entry.reason.trim().is_empty(), "{}: the reason is missing", entry.probe);
            let whole = |pattern: &str| {
                Regex::new(&format!("(?s)^(?:{pattern})$"))
                    .with_context(|| format!("{}: the pattern `{pattern}`", entry.probe))
            };
            let (probe, real, ours) =
                (whole(&entry.probe)?, whole(&entry.real)?, whole(&entry.ours)?);
            Ok(Known { entry, probe, real, ours, met: Cell::new(0) })
        });
        Ok(Differences { known: known.collect::<Result<_>>()? })
    }

    /// All entries, in the order of the file.
    pub fn listed(&self) -> impl Iterator<Item = Listed<'_>> {
        self.known.iter().map(Listed)
    }

    /// Whether this difference is meant on a bare machine, by root.
    pub fn allow(&self, difference: &Difference) -> bool {
        self.allow_in(Circumstances::default(), difference)
    }

    /// Whether this difference is meant; every entry that fits has been met.
    pub fn allow_in(&self, circumstances: Circumstances, difference: &Difference) -> bool {
        let mut allowed = false;
        for known in self.known.iter().filter(|known| known.fits(circumstances, difference)) {
            known.met.set(known.met.get() + 1);
            allowed = true;
        }
        allowed
    }

    /// The entries that nothing has fitted: what they allow no longer happens.
    pub fn vanished(&self) -> Vec<String> {
        let unmet = self.known.iter().filter(|known| known.met.get() == 0);
        unmet.map(Known::to_string).collect()
    }

    /// Those of them that something asked might have fitted.
    pub fn vanished_among(&self, asked: &Asked) -> Vec<String> {
        let unmet = self.known.iter().filter(|known| known.met.get() == 0);
        unmet.filter(|known| known.concerns(asked)).map(Known::to_string).collect()
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.entry.probe, self.entry.reason)
    }
}

impl Known {
    fn fits(&self, circumstances: Circumstances, difference: &Difference) -> bool {
        any_of(&self.entry.machines, |known| known == difference.machine)
            && any_of(&self.entry.releases, |known| known == difference.release)
            && any_of(&self.entry.amdsmi, |known| known == difference.amdsmi)
            && any_of(&self.entry.circumstances, |known| circumstances.names().contains(&known))
            && self.probe.is_match(difference.probe)
            && self.real.is_match(difference.real)
            && self.ours.is_match(difference.ours)
    }

    fn concerns(&self, asked: &Asked) -> bool {
        any_of(&self.entry.machines, |known| asked.machines.contains(known))
            && any_of(&self.entry.releases, |known| asked.releases.contains(known))
            && any_of(&self.entry.amdsmi, |known| asked.amdsmi.contains(known))
            && any_of(&self.entry.circumstances, |known| asked.circumstances.contains(known))
            && asked.probes.iter().any(|probe| self.probe.is_match(probe))
    }
}

/// Whether one of the names is it; no names are any.
fn any_of(names: &[String], is_it: impl Fn(&str) -> bool) -> bool {
    names.is_empty() || names.iter().any(|name| is_it(name))
}

impl Asked {
    pub fn add(&mut self, place: &Place, probe: &str) {
        for (set, name) in [
            (&mut self.machines, place.machine),
            (&mut self.releases, place.release),
            (&mut self.amdsmi, place.amdsmi),
            (&mut self.probes, probe),
        ] {
            if !set.contains(name) {
                set.insert(name.to_owned());
            }
        }
        for name in place.circumstances.names() {
            self.circumstances.insert(name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Difference = Difference {
        machine: "mi300x-2",
        release: "6.4.1",
        amdsmi: "10.1",
        probe: "dev0/rsmi_x/null:a",
        real: "dies (abort)",
        ours: "INVALID_ARGS(1) a=untouched",
    };

    fn parse(text: &str) -> Differences {
        Differences::parse(text).expect("a good file")
    }

    #[test]
    fn an_entry_fits_whole_names_and_answers() {
        let entry = |more: &str| {
            parse(&format!("[[difference]]\nprobe = 'dev\\d+/rsmi_x/.*'\nreason = 'r'\n{more}"))
        };
        assert!(entry("").allow(&HERE));
        assert!(entry("real = 'dies .*'\nreleases = ['6.1.2', '6.4.1']").allow(&HERE));
        assert!(!entry("real = 'dies'").allow(&HERE));
        assert!(!entry("ours = 'SUCCESS.*'").allow(&HERE));
        assert!(!entry("machines = ['none']").allow(&HERE));
        assert!(!entry("amdsmi = ['6.1.2']").allow(&HERE));
    }

    #[test]
    fn an_entry_may_hold_in_some_circumstances_only() {
        let entry = |more| {
            parse(&format!("[[difference]]\nprobe = '.*'\nreason = 'r'\ncircumstances = {more}"))
        };
        let guest = Circumstances { guest: true, ..Circumstances::default() };
        assert!(entry("['no-dri', 'guest']").allow_in(guest, &HERE));
        assert!(!entry("['no-dri', 'user']").allow_in(guest, &HERE));
        assert!(!entry("['guest']").allow(&HERE));
    }

    #[test]
    fn an_entry_that_nothing_fitted_has_vanished() {
        let differences = parse(
            "[[difference]]\nprobe = '.*null:a'\nreason = 'one'\n\
             [[difference]]\nprobe = 'other'\nreason = 'two'\n\
             [[difference]]\nprobe = 'never asked'\nreason = 'three'\n\
             [[difference]]\nreleases = ['5.2.3']\nprobe = 'other'\nreason = 'four'\n",
        );
        let mut asked = Asked::default();
        let place = Place {
            machine: HERE.machine,
            release: HERE.release,
            amdsmi: HERE.amdsmi,
            circumstances: Circumstances::default(),
        };
        asked.add(&place, HERE.probe);
        asked.add(&place, "other");
        assert!(differences.allow(&HERE));
        assert_eq!(differences.vanished_among(&asked), ["other (two)"]);
        assert_eq!(differences.vanished().len(), 3);
    }

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        assert!(Differences::parse("[[difference]]\nprobe = 'a'").is_err());
        assert!(Differences::parse("[[difference]]\nprobe = 'a'\nreason = ' '").is_err());
        assert!(Differences::parse("[[difference]]\nprobe = '('\nreason = 'r'").is_err());
    }
}
