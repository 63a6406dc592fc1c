//! RSMI_COMPAT_SOURCE: whether AMD SMI or the kernel answers.

use std::fmt;

/// Who is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Policy {
    /// Of each function the source that answers as the original did.
    #[default]
    Auto,
    /// AMD SMI, for everything that it has.
    Amdsmi,
    /// The kernel; libamd_smi is never opened.
    Kernel,
    /// As `Auto`; the other source is asked too, and the log says where they disagree.
    Both,
}

/// What a policy can be, for people.
pub const POLICIES: &str = "auto, amdsmi, kernel or both";

impl Policy {
    pub const ALL: [Self; 4] = [Self::Auto, Self::Amdsmi, Self::Kernel, Self::Both];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Amdsmi => "amdsmi",
            Self::Kernel => "kernel",
            Self::Both => "both",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == text)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_has_its_word() {
        for policy in Policy::ALL {
            assert_eq!(Policy::parse(policy.name()), Some(policy));
            assert!(POLICIES.contains(policy.name()));
        }
        assert_eq!([Policy::parse(""), Policy::parse("AUTO"), Policy::parse("auto ")], [None; 3]);
    }
}
