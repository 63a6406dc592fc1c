//! Memory and load.
//!
//! Of a partition's memory only KFD tells.

use super::{BUSY, Gpu, INVALID_ARGS, NOT_SUPPORTED};
use crate::kernel::{memory, number};
use crate::map;
use crate::status::Result;
use crate::told::Told;
use crate::types::{rsmi_memory_type_t, rsmi_status_t};

impl Gpu {
    /// Percent, or what the driver takes for that.
    pub(crate) fn busy_percent(&self) -> Result<u32> {
        let percent = |word: &[u8]| Ok(number::lenient(word, 10) as u32);
        match self.device.look_at_word("gpu_busy_percent", percent) {
            Ok(percent) => Ok(percent),
            Err(status @ (BUSY | rsmi_status_t::RSMI_STATUS_PERMISSION)) => Err(status),
            // A card may have the file although it cannot tell: the driver refuses each read.
            Err(_) => Err(NOT_SUPPORTED),
        }
    }

    /// Percent, of the memory controller's time.
    pub(crate) fn memory_busy_percent(&self) -> Result<u64> {
        self.device.number("mem_busy_percent", 10)
    }

    /// Bytes.
    pub(crate) fn memory_total(&self, kind: rsmi_memory_type_t) -> Result<u64> {
        let Some((_, total, _)) = map::MEMORY_FILES.iter().find(|row| row.0 == kind) else {
            return Err(INVALID_ARGS);
        };
        match self.device.number(total, 10) {
            // A partition's memory, and what an APU takes of the system's, only KFD tells.
            read @ (Ok(0) | Err(_)) if kind == Self::VRAM => match self.node.memory() {
                0 => read,
                bytes => Ok(bytes),
            },
            read => read,
        }
    }

    /// Bytes. Where KFD cannot be asked about a partition, somebody else may know.
    pub(crate) fn memory_usage(&self, kind: rsmi_memory_type_t) -> Told<u64> {
        let Some((_, total, used)) = map::MEMORY_FILES.iter().find(|row| row.0 == kind) else {
            return Told::Fails(INVALID_ARGS);
        };
        let mut is_read = false;
        let number = self.device.number_if(used, 10, || is_read = true);
        match number {
            Err(status) if !is_read && self.device.has(used) => Told::Fails(status),
            Ok(0) | Err(_) if kind == Self::VRAM => match self.device.number(total, 10) {
                Ok(1..) => Told::Value(0),
                status => match (self.usage_by_kfd(), status) {
                    (Ok(used), _) => Told::Value(used),
                    (Err(_), Ok(total)) => Told::Value(total),
                    (Err(_), Err(NOT_SUPPORTED)) => Told::Unknown,
                    (Err(_), Err(status)) => Told::Fails(status),
                },
            },
            read => read.into(),
        }
    }

    /// What KFD does not have left to give.
    fn usage_by_kfd(&self) -> Result<u64> {
        let available = memory::available(self.node.gpu_id as u32)?;
        let used = self.node.memory().checked_sub(available).filter(|used| *used > 0);
        used.ok_or(NOT_SUPPORTED)
    }

    const VRAM: rsmi_memory_type_t = rsmi_memory_type_t::RSMI_MEM_TYPE_VRAM;
}
