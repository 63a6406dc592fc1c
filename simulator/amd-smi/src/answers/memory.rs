//! How much memory there is, and how much is used.

use super::Question;
use super::files::{Files, leading};
use super::processors::number;
use crate::call::{Answer, Call};

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_get_gpu_memory_total", total),
    ("amdsmi_get_gpu_memory_usage", usage),
    ("amdsmi_get_gpu_vram_usage", vram_usage),
];

/// The enumerator, and what the two files are called.
const KINDS: [(&str, &str); 3] =
    [("MEM_TYPE_VRAM", "vram"), ("MEM_TYPE_VIS_VRAM", "vis_vram"), ("MEM_TYPE_GTT", "gtt")];

fn file(call: &Call, of: &str) -> Answer<(bool, String)> {
    let wanted = call.number(1);
    let is_it = |name: &str| number(call, "amdsmi_memory_type_t", name) == wanted;
    let found = KINDS.iter().position(|(name, _)| is_it(name)).ok_or(call.failed("INVAL"))?;
    Ok((found == 0, format!("mem_info_{}_{of}", KINDS[found].1)))
}

fn total(call: &Call) -> Answer {
    let files = Files::of(call)?;
    call.pointer(2)?;
    let (vram, name) = file(call, "total")?;
    files.put_or_zero(files.total(vram, &name))
}

fn usage(call: &Call) -> Answer {
    let files = Files::of(call)?;
    call.pointer(2)?;
    let (vram, name) = file(call, "used")?;
    files.put_or_zero(files.used(vram, &name))
}

/// What is used the driver is asked for itself, and tells of the whole card.
fn vram_usage(call: &Call) -> Answer {
    const MIB: u64 = 1 << 20;
    call.pointer(1)?;
    let files = Files::of(call)?;
    let used = files.drm("vram_used").ok_or(call.failed("DRM_ERROR"));
    let total = match files.total(true, "mem_info_vram_total") {
        Ok(total) => total,
        Err(failed) => return Err(used.err().unwrap_or(failed)),
    };
    let mut record = call.record("amdsmi_vram_usage_t")?;
    record.number("vram_total", total / MIB);
    if let Ok(used) = &used {
        record.number("vram_used", leading(used) / MIB);
    }
    call.put_record(1, 0, &record)?;
    used.map(|_| ())
}

impl Files<'_> {
    /// Newer releases write a 0 beside a failure.
    fn put_or_zero(&self, answer: Answer<u64>) -> Answer {
        if answer.is_ok() || self.call.release().at_least("7.0") {
            self.call.put(2, answer.unwrap_or(0))?;
        }
        answer.map(|_| ())
    }

    /// A partition has no files of its own: only KFD knows its memory.
    pub fn total(&self, vram: bool, name: &str) -> Answer<u64> {
        match self.number(name) {
            Ok(0) | Err(_) if vram => match self.bank()? {
                0 => self.number(name),
                bytes => Ok(bytes),
            },
            read => read,
        }
    }

    fn used(&self, vram: bool, name: &str) -> Answer<u64> {
        match self.number(name) {
            Ok(0) | Err(_) if vram => match self.number("mem_info_vram_total") {
                Ok(1..) => Ok(0),
                _ => self.used_by_processes(),
            },
            read => read,
        }
    }

    /// The size of the node's memory.
    fn bank(&self) -> Answer<u64> {
        let banks = format!("class/kfd/kfd/topology/nodes/{}/mem_banks", self.processor.node);
        let mut sum = 0;
        for bank in self.list(&banks) {
            let text = self.anywhere(&format!("{banks}/{bank}/properties"))?;
            let sizes = text.lines().filter_map(|line| line.strip_prefix("size_in_bytes "));
            sum += sizes.map(leading).sum::<u64>();
        }
        Ok(sum)
    }

    /// The kernel is asked what is left of the memory; that is what no process has.
    fn used_by_processes(&self) -> Answer<u64> {
        if self.bank()? == 0 {
            return Err(self.call.failed("NOT_SUPPORTED"));
        }
        let all = "class/kfd/kfd/proc";
        let mut sum = 0;
        for process in self.list(all) {
            let file = format!("{all}/{process}/vram_{}", self.processor.gpu_id);
            sum += self.anywhere(&file).map(leading).unwrap_or(0);
        }
        Ok(sum)
    }
}
