//! Memory and load.
//!
//! The kernel's files say the same as libamd_smi, which takes as long over them as the original did.
//! Of a partition's memory only KFD tells.

use super::{BUSY, Gpu, INVALID_ARGS, NOT_SUPPORTED};
use crate::kernel::{memory, number};
use crate::log;
use crate::map;
use crate::status::{Reply, Result};
use crate::types::{rsmi_memory_type_t, rsmi_status_t};

impl Gpu {
    /// Percent. A number above 100 is delivered, and called unexpected.
    pub(crate) fn busy_percent(&self) -> Reply<u32> {
        match self.device.word("gpu_busy_percent") {
            Ok(text) => {
                let percent = number::lenient(&text, 10) as u32;
                Reply { status: check_percent(percent.into()), value: Some(percent) }
            }
            Err(status @ (BUSY | rsmi_status_t::RSMI_STATUS_PERMISSION)) => Err(status).into(),
            // A card may have the file although it cannot tell: the driver refuses each read.
            Err(_) => Err(NOT_SUPPORTED).into(),
        }
    }

    /// Percent, of the memory controller's time. No function of libamd_smi reads this file.
    pub(crate) fn memory_busy_percent(&self) -> Reply<u32> {
        match self.device.number("mem_busy_percent", 10) {
            Ok(percent) if percent > 100 => Err(check_percent(percent)).into(),
            percent => Reply::or_write(percent.map(|percent| percent as u32), 0),
        }
    }

    /// Bytes.
    pub(crate) fn memory_total(&self, kind: rsmi_memory_type_t) -> Reply<u64> {
        let Some((_, total, _)) = map::MEMORY_FILES.iter().find(|row| row.0 == kind) else {
            return Err(INVALID_ARGS).into();
        };
        let answer = match self.device.number(total, 10) {
            // A partition's memory, and what an APU takes of the system's, only KFD tells.
            read @ (Ok(0) | Err(_)) if kind == Self::VRAM => match self.node.memory() {
                0 => read,
                bytes => Ok(bytes),
            },
            read => read,
        };
        self.or_write(answer, 0)
    }

    /// Bytes.
    pub(crate) fn memory_usage(&self, kind: rsmi_memory_type_t) -> Reply<u64> {
        let Some((_, total, used)) = map::MEMORY_FILES.iter().find(|row| row.0 == kind) else {
            return Err(INVALID_ARGS).into();
        };
        let answer = match self.device.number(used, 10) {
            Err(status) if self.device.refuses(used) => Err(status),
            Ok(0) | Err(_) if kind == Self::VRAM => match self.device.number(total, 10) {
                Ok(1..) => Ok(0),
                status => self.usage_by_kfd().or(status),
            },
            read => read,
        };
        self.or_write(answer, 0)
    }

    /// What KFD does not have left to give, or libamd_smi where KFD cannot be asked.
    fn usage_by_kfd(&self) -> Result<u64> {
        let used = memory::available(self.node.gpu_id as u32).and_then(|available| {
            let used = self.node.memory().checked_sub(available).filter(|used| *used > 0);
            used.ok_or(NOT_SUPPORTED)
        });
        if used.is_ok() {
            return used;
        }
        let name = "amdsmi_get_gpu_memory_usage";
        let asked = self.ask(
            name,
            |s| s.amdsmi_get_gpu_memory_usage,
            |f, handle, out| {
                // SAFETY: the handle is libamd_smi's, `out` our buffer; the kind is one it lists.
                unsafe { f(handle, Self::VRAM.0, out) }
            },
        );
        asked.map_or(used, Reply::result)
    }

    const VRAM: rsmi_memory_type_t = rsmi_memory_type_t::RSMI_MEM_TYPE_VRAM;
}

fn check_percent(percent: u64) -> rsmi_status_t {
    if percent > 100 {
        log::reason(|| format!("{percent} is no percentage"));
        return rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;
    }
    rsmi_status_t::RSMI_STATUS_SUCCESS
}
