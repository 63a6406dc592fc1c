//! Numbers of a device that stay what they are while the library is initialised.
//!
//! Whoever asks first leaves the answer here; the next finds it with two loads. Failures are not
//! kept.

use rsmi_generations::Generation;
use std::sync::atomic::{AtomicU64, Ordering};

/// What of a device is kept.
#[derive(Clone, Copy)]
pub(crate) enum Fact {
    Id,
    Sku,
    VendorId,
    Revision,
    SubsystemId,
    SubsystemVendorId,
    UniqueId,
    XgmiPhysicalId,
    RenderMinor,
    Guid,
    NodeId,
    PciId,
    PartitionId,
    HiveId,
    NumaNode,
}

const COUNT: usize = Fact::NumaNode as usize + 1;

/// What of one device is kept.
pub(crate) struct Facts {
    /// A bit for each fact, by the generation of the client that was told it: where two are told a
    /// number it is the same one, but one may be told that there is none.
    known: [AtomicU64; Generation::ALL.len()],
    values: [AtomicU64; COUNT],
}

impl Facts {
    pub(crate) const fn new() -> Self {
        Self {
            known: [const { AtomicU64::new(0) }; Generation::ALL.len()],
            values: [const { AtomicU64::new(0) }; COUNT],
        }
    }

    /// What a client of this generation was told.
    pub(crate) fn get<T: TryFrom<u64>>(&self, fact: Fact, to: Generation) -> Option<T> {
        let known = self.known[to as usize].load(Ordering::Acquire) & (1 << fact as u64) != 0;
        let value = self.values[fact as usize].load(Ordering::Relaxed);
        if known { T::try_from(value).ok() } else { None }
    }

    pub(crate) fn keep(&self, fact: Fact, to: Generation, value: u64) {
        self.values[fact as usize].store(value, Ordering::Relaxed);
        self.known[to as usize].fetch_or(1 << fact as u64, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Generation::{V6_4, V7_0};

    #[test]
    fn a_fact_is_known_from_when_it_is_kept() {
        let facts = Facts::new();
        assert_eq!(facts.get::<u64>(Fact::PciId, V7_0), None);
        facts.keep(Fact::PciId, V7_0, u64::MAX);
        assert_eq!(facts.get(Fact::PciId, V7_0), Some(u64::MAX));
        assert_eq!(facts.get::<u64>(Fact::PciId, V6_4), None, "it may be told otherwise");
        assert_eq!(facts.get::<u16>(Fact::PciId, V7_0), None, "it does not fit");
    }

    #[test]
    fn every_fact_has_its_own_place() {
        let facts = Facts::new();
        facts.keep(Fact::NumaNode, V7_0, 1);
        facts.keep(Fact::Id, V7_0, 2);
        assert_eq!(facts.get(Fact::NumaNode, V7_0), Some(1_u32));
        assert_eq!(facts.get(Fact::Id, V7_0), Some(2_u16));
        assert_eq!(facts.get::<u64>(Fact::HiveId, V7_0), None);
    }
}
