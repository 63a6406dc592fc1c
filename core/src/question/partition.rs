//! How a card is divided into devices, and its memory into domains.

use super::agreement::converted;
use super::{First, Question, Why, equal, setter};
use crate::amdsmi::abi::{kfd_info, memory_partition_config};
use crate::amdsmi::{self, Handle, Release, Room};
use crate::gpu::Gpu;
use crate::log;
use crate::map;
use crate::status::Result;
use crate::told::Told;
use crate::types::{rsmi_compute_partition_type_t, rsmi_memory_partition_type_t};
use std::ffi::c_char;

/// More than the longest of their names, "NPS8".
const NAME: u32 = 64;

/// It ends a name that fills the length one byte behind.
fn name(handle: Handle, room: &Room) -> (Handle, *mut c_char, u32) {
    (handle, room.text(NAME as usize), NAME - 1)
}

#[derive(Debug)]
pub(crate) struct ComputePartition;

impl Question<'_> for ComputePartition {
    type Value = Vec<u8>;
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Vec<u8>> {
        at.ask(
            |s| s.amdsmi_get_gpu_compute_partition,
            name,
            |written| written.text(0, NAME as usize).map(<[u8]>::to_vec),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Vec<u8>> {
        at.compute_partition().into()
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        let mode = at.device().word("current_compute_partition").ok()?;
        let known = map::COMPUTE_PARTITIONS.contains(&&*mode);
        (!known).then(|| format!("it would print over the mode {}", log::quoted(&mode)))
    }

    equal!();
}

#[derive(Debug)]
pub(crate) struct MemoryPartition;

impl Question<'_> for MemoryPartition {
    type Value = Vec<u8>;
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Vec<u8>> {
        at.ask(
            |s| s.amdsmi_get_gpu_memory_partition,
            name,
            |written| written.text(0, NAME as usize).map(<[u8]>::to_vec),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Vec<u8>> {
        at.memory_partition().into()
    }

    equal!();
}

/// The modes that the memory can be in, "NPS1, NPS4".
#[derive(Debug)]
pub(crate) struct MemoryPartitionCapabilities;

impl Question<'_> for MemoryPartitionCapabilities {
    type Value = Vec<u8>;
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Vec<u8>> {
        at.ask(
            |s| s.amdsmi_get_gpu_memory_partition_config,
            |handle, room| (handle, room.record(0)),
            |written| {
                let bits = written.raw(&memory_partition_config::partition_caps, 0)?;
                let modes: Vec<&[u8]> = converted("its bits to the names of modes", || {
                    let all = map::MEMORY_PARTITIONS.iter().enumerate();
                    let set = all.filter(|(nth, _)| bits >> nth & 1 == 1);
                    set.map(|(_, mode)| *mode).collect()
                });
                (!modes.is_empty()).then(|| modes.join(&b", "[..]))
            },
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Vec<u8>> {
        at.memory_partition_capabilities().into()
    }

    equal!();
}

/// The number of this partition within the card.
#[derive(Debug)]
pub(crate) struct PartitionId;

impl Question<'_> for PartitionId {
    type Value = u32;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u32> {
        at.member(|s| s.amdsmi_get_gpu_kfd_info, &kfd_info::current_partition_id)
            .map(|id| id as u32)
    }

    fn kernel(&self, at: &Gpu) -> Told<u32> {
        Told::Value(at.partition_id())
    }

    equal!();
}

/// Divides a card into devices. The word is the driver's: the number that stands for it has changed in
/// rocm_smi.h and in AMD SMI.
#[derive(Debug)]
pub(crate) struct SetComputePartition {
    pub(crate) mode: &'static [u8],
}

impl SetComputePartition {
    /// By the number of the client's header.
    pub(crate) fn by_number(number: rsmi_compute_partition_type_t) -> Result<Self> {
        Ok(Self { mode: crate::client::proven().compute_partition(number)? })
    }

    /// AMD SMI's number.
    fn number(&self, release: Option<Release>) -> Option<u32> {
        let nth = map::COMPUTE_PARTITIONS.iter().position(|mode| *mode == self.mode)? as u32;
        let last = map::COMPUTE_PARTITIONS.len() as u32 - 1;
        if release? < Release::V6_3_0 {
            // CPX, the last, was the first.
            return Some(if nth == last { 1 } else { nth + 2 });
        }
        Some(nth + 1)
    }
}

impl Question<'_> for SetComputePartition {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        let number = || self.number(at.release());
        let Some(number) = converted("the mode to the release's number", number) else {
            log::reason(|| "this AMD SMI may have another number for the mode".into());
            return Told::Unknown;
        };
        at.set(|s| s.amdsmi_set_gpu_compute_partition, |handle| (handle, number))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_compute_partition(self.mode).into()
    }

    setter!();
}

/// Divides a card's memory into domains.
#[derive(Debug)]
pub(crate) struct SetMemoryPartition {
    pub(crate) mode: rsmi_memory_partition_type_t,
}

impl Question<'_> for SetMemoryPartition {
    type Value = ();
    const FIRST: First = First::Kernel(Why::Differs(
        "6.1.2 stops the display manager and loads the driver again, under everybody who uses a card",
    ));

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        let number = self.mode.0;
        let Some(release) = at.release().filter(|_| (1..=4).contains(&number)) else {
            return Told::Unknown;
        };
        let number = converted("since 6.4.0 the mode's number to its bit", || {
            if release < Release::V6_4_0 { number } else { 1 << (number - 1) }
        });
        at.set(|s| s.amdsmi_set_gpu_memory_partition, |handle| (handle, number))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_memory_partition(self.mode).into()
    }

    setter!();
}
