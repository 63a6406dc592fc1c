//! What is told of a question beside its answers: how exactly both must agree, and how AMD SMI's numbers
//! become rocm_smi.h's. The conversions themselves are done here, so what the log says of them is true.

use crate::log;
use std::fmt;

/// When the answers of both sources are the same one.
pub(crate) struct Agreement<V> {
    how: &'static str,
    holds: fn(amdsmi: &V, kernel: &V) -> bool,
}

impl<V> Agreement<V> {
    /// `how` completes "they agree if they are".
    pub(crate) const fn new(how: &'static str, holds: fn(amdsmi: &V, kernel: &V) -> bool) -> Self {
        Self { how, holds }
    }

    pub(crate) const fn equal() -> Self
    where
        V: PartialEq,
    {
        Self::new("equal", |amdsmi, kernel| amdsmi == kernel)
    }

    pub(crate) fn holds(&self, amdsmi: &V, kernel: &V) -> bool {
        (self.holds)(amdsmi, kernel)
    }
}

impl<V> fmt::Display for Agreement<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.how)
    }
}

/// Whether AMD SMI's answer lies between two of the kernel's; of what moves.
pub(crate) type Between<V> = fn(amdsmi: &V, before: &V, after: &V) -> bool;

/// How many of rocm_smi.h's units make one of AMD SMI's.
pub(crate) struct Factor {
    factor: u32,
    from: &'static str,
    to: &'static str,
}

impl Factor {
    pub(crate) const WATT: Self = Self { factor: 1_000_000, from: "W", to: "µW" };
    pub(crate) const DEGREE: Self = Self { factor: 1000, from: "°C", to: "m°C" };

    pub(crate) fn of(&self, number: u64) -> u64 {
        self.log();
        number.wrapping_mul(self.unit())
    }

    pub(crate) fn of_signed(&self, number: i64) -> i64 {
        self.log();
        number.wrapping_mul(self.unit() as i64)
    }

    /// One of AMD SMI's, in those of rocm_smi.h.
    pub(crate) const fn unit(&self) -> u64 {
        self.factor as u64
    }

    fn log(&self) {
        let conversion = || format!("× {} ({} → {})", self.factor, self.from, self.to);
        log::detail("converts", "converts", conversion);
    }
}

/// Converts in another way than by a factor, which these words are about.
pub(crate) fn converted<T>(how: &str, convert: impl FnOnce() -> T) -> T {
    log::detail("converts", "converts", || how.to_owned());
    convert()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_converts_numbers_with_and_without_a_sign() {
        assert_eq!(Factor::WATT.of(430), 430_000_000);
        assert_eq!(Factor::DEGREE.of_signed(-40), -40_000);
        // A number that libamd_smi makes up is no reason to end.
        assert_eq!(Factor::WATT.of(u64::MAX), u64::MAX - 999_999);
    }

    #[test]
    fn an_agreement_is_as_exact_as_its_words() {
        let equal = Agreement::equal();
        assert!(equal.holds(&7, &7) && !equal.holds(&7, &8));
        let order =
            Agreement::new("not below the kernel's", |amdsmi: &u32, kernel| amdsmi >= kernel);
        assert!(order.holds(&8, &7) && !order.holds(&7, &8));
        assert_eq!(order.to_string(), "not below the kernel's");
    }
}
