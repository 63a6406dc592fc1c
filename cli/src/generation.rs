//! The generations of rocm_smi.h, and which of them something fits.

use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

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

impl Generation {
    /// Oldest first.
    pub const ALL: [Self; 6] =
        [Self::V5, Self::V6_0, Self::V6_2, Self::V6_3, Self::V6_4, Self::V7_0];

    /// As RSMI_COMPAT_ABI has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::V5 => "5",
            Self::V6_0 => "6.0",
            Self::V6_2 => "6.2",
            Self::V6_3 => "6.3",
            Self::V6_4 => "6.4",
            Self::V7_0 => "7.0",
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Generation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl FromStr for Generation {
    type Err = String;

    /// A release's name: any 5.x is 5, 6.1 is 6.0, any 7.x is 7.0.
    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some([5, ..]) => Ok(Self::V5),
            Some([6, 0 | 1, ..]) => Ok(Self::V6_0),
            Some([6, 2, ..]) => Ok(Self::V6_2),
            Some([6, 3, ..]) => Ok(Self::V6_3),
            Some([6, 4, ..]) => Ok(Self::V6_4),
            Some([7, ..]) => Ok(Self::V7_0),
            _ => Err(format!("it is one of {}", Self::ALL.map(Self::name).join(", "))),
        }
    }
}

/// Some of the generations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Possible(u8);

impl Possible {
    pub const ALL: Self = Self((1 << Generation::ALL.len()) - 1);

    pub fn only(generation: Generation) -> Self {
        Self(1 << generation as u8)
    }

    /// From one to another, both of them too.
    pub fn range(first: Generation, last: Generation) -> Self {
        Generation::ALL
            .into_iter()
            .filter(|generation| (first..=last).contains(generation))
            .fold(Self(0), |set, generation| Self(set.0 | Self::only(generation).0))
    }

    pub fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Generation> {
        Generation::ALL
            .into_iter()
            .filter(move |generation| self.0 & Self::only(*generation).0 != 0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The only one.
    pub fn one(self) -> Option<Generation> {
        self.oldest().filter(|oldest| self == Self::only(*oldest))
    }

    pub fn oldest(self) -> Option<Generation> {
        self.iter().next()
    }
}

impl Serialize for Possible {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Generation::*;

    #[test]
    fn releases_are_of_the_generation_that_had_begun() {
        for (text, generation) in
            [("5", V5), ("5.7.1", V5), ("6.1", V6_0), ("6.4.3", V6_4), ("7", V7_0), ("7.2", V7_0)]
        {
            assert_eq!(text.parse(), Ok(generation), "{text}");
        }
        for nonsense in ["", "6", "6.5", "8.0", "4", "six", "6.4x", " 6.4", "-5"] {
            assert!(nonsense.parse::<Generation>().is_err(), "{nonsense}");
        }
    }

    #[test]
    fn what_fits_two_things_fits_both() {
        let six = Possible::range(V6_0, V6_4);
        assert_eq!(six.iter().collect::<Vec<_>>(), [V6_0, V6_2, V6_3, V6_4]);
        assert_eq!(six.both(Possible::only(V6_3)).one(), Some(V6_3));
        assert!(six.both(Possible::only(V5)).is_empty());
        assert_eq!((six.one(), six.oldest()), (None, Some(V6_0)));
        assert_eq!(Possible::ALL.iter().count(), 6);
    }
}
