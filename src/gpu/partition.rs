//! How a card is divided into devices, and its memory into domains.

use super::Gpu;
use crate::amdsmi::{Handle, Symbols};
use crate::log;
use crate::map;
use crate::status::{Reply, Result};
use crate::types::rsmi_status_t;
use std::ffi::c_char;

/// More than the longest of their names, "NPS8".
type Name = [u8; 64];
type Function = unsafe extern "C" fn(Handle, *mut c_char, u32) -> u32;

impl Gpu {
    pub(crate) fn compute_partition(&self) -> Result<Vec<u8>> {
        let name = "amdsmi_get_gpu_compute_partition";
        let read = || self.device.word("current_compute_partition");
        // Over a mode that it does not know, libamd_smi prints on the host's stderr.
        match log::aside(read) {
            Ok(mode) if !map::COMPUTE_PARTITIONS.contains(&&*mode) => {
                return known(read()?, &map::COMPUTE_PARTITIONS);
            }
            _ => {}
        }
        self.partitioning(name, |s| s.amdsmi_get_gpu_compute_partition)
            .unwrap_or_else(|| known(read()?, &map::COMPUTE_PARTITIONS))
    }

    pub(crate) fn memory_partition(&self) -> Result<Vec<u8>> {
        let name = "amdsmi_get_gpu_memory_partition";
        self.partitioning(name, |s| s.amdsmi_get_gpu_memory_partition).unwrap_or_else(|| {
            let mode = self.device.word("current_memory_partition")?;
            known(mode, &map::MEMORY_PARTITIONS)
        })
    }

    /// The modes that the memory can be in, "NPS1, NPS4". libamd_smi has bits of those it knows.
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

    fn partitioning(
        &self,
        name: &'static str,
        function: impl FnOnce(&Symbols) -> Option<Function>,
    ) -> Option<Result<Vec<u8>>> {
        let asked = self.ask(name, function, |f, handle, out: *mut Name| {
            // SAFETY: the handle is libamd_smi's; `out` our buffer, of which it may use all but
            // the last byte, since it ends a name that fills the length one byte behind.
            unsafe { f(handle, out.cast(), size_of::<Name>() as u32 - 1) }
        });
        asked.map(Reply::result).map(|answer| answer.map(|name| until_nul(&name)))
    }
}

fn until_nul(name: &[u8]) -> Vec<u8> {
    name.iter().copied().take_while(|byte| *byte != 0).collect()
}

/// What the driver says, if it is a mode that rsmi has a name for.
fn known(mode: Vec<u8>, modes: &[&[u8]]) -> Result<Vec<u8>> {
    if modes.contains(&&*mode) {
        return Ok(mode);
    }
    log::reason(|| format!("{} is no mode that is known", log::quoted(&mode)));
    Err(rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION)
}
