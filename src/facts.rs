//! Numbers that stay what they are while the library is initialised, told again without its lock.
//!
//! Whoever asks first asks the device, under the shared lock, and leaves the answer here; the next
//! finds it with two loads. Only initialising and shutting down, which have the lock alone, forget.
//! A call that meets those tells the number of the time before or of the time after, as if it had
//! come just then. Failures are not kept: a number never stands beside another time's status.

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

/// The devices behind these are asked each time.
const DEVICES: usize = 64;

pub(crate) static KNOWN: Facts = Facts::new();

pub(crate) struct Facts([Device; DEVICES]);

struct Device {
    /// A bit for each fact, by the generation of the client that was told it: where two are told a
    /// number it is the same one, but one may be told that there is none.
    known: [AtomicU64; Generation::ALL.len()],
    values: [AtomicU64; COUNT],
}

impl Facts {
    const fn new() -> Self {
        Self(
            [const {
                Device {
                    known: [const { AtomicU64::new(0) }; Generation::ALL.len()],
                    values: [const { AtomicU64::new(0) }; COUNT],
                }
            }; DEVICES],
        )
    }

    /// What a client of this generation was told.
    pub(crate) fn get<T: TryFrom<u64>>(
        &self,
        dv_ind: u32,
        fact: Fact,
        to: Generation,
    ) -> Option<T> {
        let device = self.0.get(dv_ind as usize)?;
        let known = device.known[to as usize].load(Ordering::Acquire) & (1 << fact as u64) != 0;
        let value = device.values[fact as usize].load(Ordering::Relaxed);
        if known { T::try_from(value).ok() } else { None }
    }

    /// For who has a share of the runtime's lock.
    pub(crate) fn keep(&self, dv_ind: u32, fact: Fact, to: Generation, value: u64) {
        if let Some(device) = self.0.get(dv_ind as usize) {
            device.values[fact as usize].store(value, Ordering::Relaxed);
            device.known[to as usize].fetch_or(1 << fact as u64, Ordering::Release);
        }
    }

    /// For who has the runtime's lock alone.
    pub(crate) fn forget(&self) {
        for known in self.0.iter().flat_map(|device| &device.known) {
            known.store(0, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Generation::{V6_4, V7_0};

    #[test]
    fn a_fact_is_known_from_when_it_is_kept_until_it_is_forgotten() {
        let facts = Facts::new();
        assert_eq!(facts.get::<u64>(1, Fact::PciId, V7_0), None);
        facts.keep(1, Fact::PciId, V7_0, u64::MAX);
        assert_eq!(facts.get(1, Fact::PciId, V7_0), Some(u64::MAX));
        assert_eq!(facts.get::<u64>(1, Fact::HiveId, V7_0), None);
        assert_eq!(facts.get::<u64>(0, Fact::PciId, V7_0), None);
        assert_eq!(facts.get::<u64>(1, Fact::PciId, V6_4), None, "it may be told otherwise");
        facts.forget();
        assert_eq!(facts.get::<u64>(1, Fact::PciId, V7_0), None);
        facts.keep(1, Fact::PciId, V7_0, 7);
        assert_eq!(facts.get(1, Fact::PciId, V7_0), Some(7_u64));
    }

    #[test]
    fn every_fact_of_every_device_has_its_own_place() {
        let facts = Facts::new();
        facts.keep(0, Fact::NumaNode, V7_0, 1);
        facts.keep(DEVICES as u32 - 1, Fact::Id, V7_0, 2);
        facts.keep(DEVICES as u32, Fact::Id, V7_0, 3);
        assert_eq!(facts.get(0, Fact::NumaNode, V7_0), Some(1_u32));
        assert_eq!(facts.get(DEVICES as u32 - 1, Fact::Id, V7_0), Some(2_u16));
        assert_eq!(facts.get::<u16>(DEVICES as u32, Fact::Id, V7_0), None);
        assert_eq!(facts.get::<u16>(u32::MAX, Fact::Id, V7_0), None);
    }
}
