//! Memory and load.

use super::{Gpu, INVALID_ARGS, NOT_SUPPORTED};
use crate::kernel::number;
use crate::log;
use crate::map;
use crate::status::Reply;
use crate::types::{rsmi_memory_type_t, rsmi_status_t};

impl Gpu {
    /// Percent. A number above 100 is delivered, and called unexpected.
    pub(crate) fn busy_percent(&self) -> Reply<u32> {
        let name = "amdsmi_get_gpu_busy_percent";
        let asked = self.ask(
            name,
            |s| s.amdsmi_get_gpu_busy_percent,
            |f, handle, out| {
                // SAFETY: the handle is libamd_smi's, `out` our buffer.
                unsafe { f(handle, out) }
            },
        );
        asked.unwrap_or_else(|| match self.device.word("gpu_busy_percent") {
            Ok(text) => {
                let percent = number::lenient(&text, 10) as u32;
                Reply { status: check_percent(percent.into()), value: Some(percent) }
            }
            Err(status) => Err(status).into(),
        })
    }

    /// Percent, of the memory controller's time. No function of libamd_smi reads this file.
    pub(crate) fn memory_busy_percent(&self) -> Reply<u32> {
        match self.number("mem_busy_percent", 10) {
            Ok(percent) if percent > 100 => Err(check_percent(percent)).into(),
            percent => Reply::or_write(percent.map(|percent| percent as u32), 0),
        }
    }

    /// Bytes.
    pub(crate) fn memory_total(&self, kind: rsmi_memory_type_t) -> Reply<u64> {
        let Some((_, total, _)) = map::MEMORY_FILES.iter().find(|row| row.0 == kind) else {
            return Err(INVALID_ARGS).into();
        };
        let name = "amdsmi_get_gpu_memory_total";
        let asked = self.ask(
            name,
            |s| s.amdsmi_get_gpu_memory_total,
            |f, handle, out| {
                // SAFETY: the handle is libamd_smi's, `out` our buffer; the kind is one it lists.
                unsafe { f(handle, kind.0, out) }
            },
        );
        // Where libamd_smi fails it does not tell why; the file does.
        let answer = asked.map_or(Err(NOT_SUPPORTED), Reply::result).or_else(|_| {
            match self.number(total, 10) {
                // A partition's memory, and what an APU takes of the system's, only KFD tells.
                Ok(0) | Err(_) if kind == Self::VRAM && self.node.memory() > 0 => {
                    Ok(self.node.memory())
                }
                read => read,
            }
        });
        self.or_write(answer, 0)
    }

    /// Bytes.
    pub(crate) fn memory_usage(&self, kind: rsmi_memory_type_t) -> Reply<u64> {
        let Some((_, total, used)) = map::MEMORY_FILES.iter().find(|row| row.0 == kind) else {
            return Err(INVALID_ARGS).into();
        };
        let name = "amdsmi_get_gpu_memory_usage";
        let asked = self.ask(
            name,
            |s| s.amdsmi_get_gpu_memory_usage,
            |f, handle, out| {
                // SAFETY: the handle is libamd_smi's, `out` our buffer; the kind is one it lists.
                unsafe { f(handle, kind.0, out) }
            },
        );
        let answer = asked.map_or(Err(NOT_SUPPORTED), Reply::result).or_else(|_| {
            match self.number(used, 10) {
                // Where no VRAM is used, what counts is whether there is any.
                Ok(0) | Err(_) if kind == Self::VRAM => self.number(total, 10).map(|_| 0),
                read => read,
            }
        });
        self.or_write(answer, 0)
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
