//! How a card is divided into devices, and its memory into domains.

use super::Gpu;
use crate::log;
use crate::map;
use crate::status::Result;
use crate::types::rsmi_status_t;

impl Gpu {
    pub(crate) fn compute_partition(&self) -> Result<Vec<u8>> {
        known(self.device.word("current_compute_partition")?, &map::COMPUTE_PARTITIONS)
    }

    pub(crate) fn memory_partition(&self) -> Result<Vec<u8>> {
        known(self.device.word("current_memory_partition")?, &map::MEMORY_PARTITIONS)
    }

    /// The modes that the memory can be in, "NPS1, NPS4".
    pub(crate) fn memory_partition_capabilities(&self) -> Result<Vec<u8>> {
        self.device.line("available_memory_partition")
    }

    /// The number of this partition within the card, as the address has it.
    pub(crate) fn partition_id(&self) -> u32 {
        let address = self.pci_id();
        match (address >> 28) & 0xF {
            // Older drivers put it where the function's number is.
            0 => (address & 7) as u32,
            id => id as u32,
        }
    }
}

/// What the driver says, if it is a mode that rsmi has a name for.
fn known(mode: Vec<u8>, modes: &[&[u8]]) -> Result<Vec<u8>> {
    if modes.contains(&&*mode) {
        return Ok(mode);
    }
    log::reason(|| format!("{} is no mode that is known", log::quoted(&mode)));
    Err(rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION)
}
