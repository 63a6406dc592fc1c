//! Memory.

use crate::entry::{Out, get, versioned, with_gpu, word};
use crate::handle::Device;
use crate::house::{Gpu, rsmi::rsmi_memory_type_t as Kind};
use crate::status::{Result, Status, read};
use crate::types::{nvmlBAR1Memory_t, nvmlMemory_t, nvmlMemory_v2_t};
use rsmi_macros::guard;

/// All of it, and what is used: never more than there is.
fn memory(gpu: &Gpu<'_>, kind: Kind) -> Result<(u64, u64)> {
    let total = read(gpu.memory_total(kind))?;
    Ok((total, read(gpu.memory_usage(kind))?.min(total)))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMemoryInfo(
    device: Device,
    memory: Out<nvmlMemory_t>,
) -> Status {
    get(device, memory, |gpu| {
        let (total, used) = self::memory(&gpu, Kind::RSMI_MEM_TYPE_VRAM)?;
        Ok(nvmlMemory_t { total, free: total - used, used })
    })
}

/// The driver tells of no memory that it keeps for itself.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMemoryInfo_v2(
    device: Device,
    memory: Out<nvmlMemory_v2_t>,
) -> Status {
    with_gpu(device, |gpu| {
        versioned(memory, 2)?;
        let (total, used) = self::memory(&gpu, Kind::RSMI_MEM_TYPE_VRAM)?;
        let version = word::<nvmlMemory_v2_t>(2);
        memory.put(nvmlMemory_v2_t { version, total, reserved: 0, free: total - used, used });
        Ok(())
    })
}

/// The memory that the CPU reaches through the PCI window.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetBAR1MemoryInfo(
    device: Device,
    memory: Out<nvmlBAR1Memory_t>,
) -> Status {
    get(device, memory, |gpu| {
        let (total, used) = self::memory(&gpu, Kind::RSMI_MEM_TYPE_VIS_VRAM)?;
        Ok(nvmlBAR1Memory_t { total, free: total - used, used })
    })
}
