//! The generations of rocm_smi.h, sets of them, and what shows which ones a program may be of.
//!
//! The library and the command both ask this. A *generation* is a range of ROCm releases whose
//! rocm_smi.h has the same structs and numbers. No call says which one its caller was compiled
//! with, so a caller has a set of generations that are still *open*. *Proof* closes generations. A
//! *hint* closes none: it only says which of the open ones is likely.

pub mod conf;
mod installed;
mod known;
mod policy;

pub use installed::{
    LIBAMD_SMI, OURS, is_the_distributions, libraries_below, libraries_of, release_file,
    release_of_rocm, releases,
};
pub use known::{
    LANES_IN_ALL, LEVELS_IN_ALL, MARKED, NOTE_NAME, NOTE_OF_HEADER, NOTE_OF_LINKING, Number,
    PARTITIONS_AT, Size, hint_of_hip, is_telling_enumerator, is_telling_struct, marked_name,
    of_enumerator, of_function, of_linked_library, of_struct_size, size_of,
};

pub use policy::{POLICIES, Policy};

use std::fmt;

/// Named after the ROCm release in which it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generation {
    V5,
    V6_0,
    V6_2,
    V6_3,
    V6_4,
    V7_0,
}

use Generation::{V5, V6_0, V6_2, V6_3, V6_4, V7_0};

impl Generation {
    pub const NEWEST: Self = V7_0;

    /// Oldest first.
    pub const ALL: [Self; 6] = [V5, V6_0, V6_2, V6_3, V6_4, V7_0];

    /// As RSMI_COMPAT_ABI has it.
    pub fn name(self) -> &'static str {
        match self {
            V5 => "5",
            V6_0 => "6.0",
            V6_2 => "6.2",
            V6_3 => "6.3",
            V6_4 => "6.4",
            V7_0 => "7.0",
        }
    }

    /// What `rsmi_version_get` returns; clients choose struct layouts by it.
    pub fn version(self) -> (u32, u32, u32) {
        match self {
            V5 => (5, 0, 0),
            V6_0 => (7, 2, 0),
            V6_2 => (7, 3, 0),
            V6_3 => (7, 5, 0),
            V6_4 => (7, 6, 0),
            V7_0 => (7, 8, 0),
        }
    }

    /// Whether the client was built for ROCm 7 or later, whose getters test pointers first.
    pub fn is_seven(self) -> bool {
        self >= V7_0
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of generations: those that a caller may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open(u8);

impl Open {
    pub const ALL: Self = Self((1 << Generation::ALL.len()) - 1);

    pub const fn only(generation: Generation) -> Self {
        Self(1 << generation as u8)
    }

    /// From one to another, both of them too.
    pub const fn range(first: Generation, last: Generation) -> Self {
        let past_last = (1 << (last as u8 + 1)) - 1;
        let before_first = (1 << first as u8) - 1;
        Self(past_last & !before_first)
    }

    /// From one on.
    pub const fn since(first: Generation) -> Self {
        Self::range(first, Generation::NEWEST)
    }

    /// The set of these bits, bit n for the n-th generation; others count for nothing.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    pub const fn bits(self) -> u8 {
        self.0
    }

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What stays open when `proof` is added. Proof that fits nothing that is open is left out.
    pub const fn narrowed(self, proof: Self) -> Self {
        let both = self.and(proof);
        if both.is_empty() { self } else { both }
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub const fn has(self, generation: Generation) -> bool {
        self.0 & Self::only(generation).0 != 0
    }

    /// Whether both sides of a change are open: some generation before `since`, and some from it on.
    pub const fn straddles(self, since: Generation) -> bool {
        !self.and(Self::since(since)).is_empty() && self.0 & ((1 << since as u8) - 1) != 0
    }

    /// Oldest first.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Generation> {
        Generation::ALL.into_iter().filter(move |generation| self.has(*generation))
    }

    pub fn oldest(self) -> Option<Generation> {
        self.iter().next()
    }

    pub fn newest(self) -> Option<Generation> {
        self.iter().next_back()
    }

    /// The only one.
    pub fn one(self) -> Option<Generation> {
        self.oldest().filter(|oldest| self == Self::only(*oldest))
    }

    /// A ROCm release: "5", "5.7.1", "6.4"; "6" is any of 6.0 to 6.4. Releases after 7 read as 7.0.
    /// Several, with commas, are any of them.
    pub fn parse(text: &str) -> Option<Self> {
        text.split(',').try_fold(Self(0), |set, one| Some(set.or(Self::of_release(one.trim())?)))
    }

    /// As `parse`, of one release.
    pub fn of_release(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| {
            let plain = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| part.parse::<u32>().ok()).flatten()
        });
        let major = parts.next()??;
        let minor = parts.next();
        if minor == Some(None) || parts.any(|part| part.is_none()) {
            return None;
        }
        Some(match (major, minor.flatten()) {
            (5, _) => Self::only(V5),
            (6, None) => Self::range(V6_0, V6_4),
            (6, Some(0 | 1)) => Self::only(V6_0),
            (6, Some(2)) => Self::only(V6_2),
            (6, Some(3)) => Self::only(V6_3),
            (6, Some(4)) => Self::only(V6_4),
            (7.., _) => Self::only(V7_0),
            _ => return None,
        })
    }
}

/// What `Open::parse` takes, for messages.
pub const RELEASES: &str = "5, 6, 6.0, 6.2, 6.3, 6.4 or 7.0";

/// As `Open::parse` takes it: "6.3,6.4,7.0".
impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, generation) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{generation}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_of_the_generation_that_had_begun() {
        for (text, generation) in
            [("5", V5), ("5.7.1", V5), ("6.1", V6_0), ("6.4.3", V6_4), ("7", V7_0), ("7.2", V7_0)]
        {
            assert_eq!(Open::parse(text), Some(Open::only(generation)), "{text}");
        }
        for later in ["8", "10", "10.1", "27.2"] {
            assert_eq!(Open::parse(later), Some(Open::only(V7_0)), "{later}");
        }
        for nonsense in ["", "6.5", "4", "six", "6.4x", "-5", "+5", "5.", ".5", "6.", "6..4", "5,"]
        {
            assert_eq!(Open::parse(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_set_is_written_as_it_is_read() {
        let six = Open::range(V6_0, V6_4);
        assert_eq!(Open::parse("6"), Some(six));
        assert_eq!(six.to_string(), "6.0,6.2,6.3,6.4");
        assert_eq!(Open::parse("6.3, 7"), Some(Open::only(V6_3).or(Open::only(V7_0))));
        for bits in 1..=Open::ALL.bits() {
            let set = Open::from_bits(bits);
            assert_eq!(Open::parse(&set.to_string()), Some(set));
        }
    }

    #[test]
    fn what_fits_two_things_fits_both() {
        let six = Open::range(V6_0, V6_4);
        assert_eq!(six.iter().collect::<Vec<_>>(), [V6_0, V6_2, V6_3, V6_4]);
        assert_eq!(six.and(Open::only(V6_3)).one(), Some(V6_3));
        assert!(six.and(Open::only(V5)).is_empty());
        assert_eq!(six.narrowed(Open::only(V5)), six);
        assert_eq!(six.narrowed(Open::since(V6_3)), Open::range(V6_3, V6_4));
        assert_eq!((six.one(), six.oldest(), six.newest()), (None, Some(V6_0), Some(V6_4)));
        assert_eq!(Open::ALL.iter().count(), 6);
    }

    #[test]
    fn a_change_lies_between_two_that_are_open() {
        assert!(Open::ALL.straddles(V6_2) && Open::range(V6_0, V6_2).straddles(V6_2));
        assert!(!Open::range(V5, V6_0).straddles(V6_2));
        assert!(!Open::since(V6_2).straddles(V6_2));
        assert!(!Open::ALL.straddles(V5));
    }
}
