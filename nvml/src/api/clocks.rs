//! Clocks, the PCIe link, and why a clock is lower than it might be.

use crate::entry::{Out, get, put_list, with_gpu};
use crate::handle::Device;
use crate::house::{Gpu, Levels, rsmi};
use crate::status::{Result, Status, changed, read};
use rsmi::rsmi_clk_type_t as Kind;
use rsmi_macros::guard;

const MEGA: u64 = 1_000_000;

/// nvmlClockType_t. The clock of the shaders is that of the graphics core.
const MEMORY: u32 = 2;
const VIDEO: u32 = 3;

fn levels(gpu: &Gpu<'_>, clock: u32) -> Result<Levels> {
    match clock {
        0 | 1 => read(gpu.clock(Kind::RSMI_CLK_TYPE_SYS)),
        MEMORY => read(gpu.clock(Kind::RSMI_CLK_TYPE_MEM)),
        VIDEO => Err(Status::NOT_SUPPORTED),
        _ => Err(Status::INVALID_ARGUMENT),
    }
}

fn megahertz(hertz: u64) -> Result<u32> {
    u32::try_from(hertz / MEGA).map_err(|_| Status::NOT_SUPPORTED)
}

pub(crate) fn current(gpu: &Gpu<'_>, clock: u32) -> Result<u32> {
    if clock == VIDEO {
        return video(gpu);
    }
    megahertz(levels(gpu, clock)?.current.ok_or(Status::NOT_SUPPORTED)?)
}

/// Of the first engine.
fn video(gpu: &Gpu<'_>) -> Result<u32> {
    let told = read(gpu.metric(|metrics| [metrics.current_vclk0s[0], metrics.current_vclk0]))?;
    let told = told.into_iter().find(|clock| *clock != u16::MAX);
    told.map(u32::from).ok_or(Status::NOT_SUPPORTED)
}

fn highest(gpu: &Gpu<'_>, clock: u32) -> Result<u32> {
    let levels = levels(gpu, clock)?;
    let highest = levels.frequencies.iter().max();
    megahertz(*highest.ok_or(Status::NOT_SUPPORTED)?)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetClockInfo(
    device: Device,
    clock: u32,
    megahertz: Out<u32>,
) -> Status {
    get(device, megahertz, |gpu| current(&gpu, clock))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMaxClockInfo(
    device: Device,
    clock: u32,
    megahertz: Out<u32>,
) -> Status {
    get(device, megahertz, |gpu| highest(&gpu, clock))
}

/// The current clock, or the highest; nobody sets clocks for applications.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetClock(
    device: Device,
    clock: u32,
    id: u32,
    megahertz: Out<u32>,
) -> Status {
    get(device, megahertz, |gpu| match id {
        0 => current(&gpu, clock),
        3 => highest(&gpu, clock),
        1 | 2 => Err(Status::NOT_SUPPORTED),
        _ => Err(Status::INVALID_ARGUMENT),
    })
}

/// The levels in MHz, from the highest to the lowest, each once.
fn supported(gpu: &Gpu<'_>, clock: u32) -> Result<Vec<u32>> {
    let levels = levels(gpu, clock)?.frequencies;
    let mut levels = levels.into_iter().map(megahertz).collect::<Result<Vec<_>>>()?;
    levels.sort_unstable_by(|one, other| other.cmp(one));
    levels.dedup();
    Ok(levels)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetSupportedMemoryClocks(
    device: Device,
    count: Out<u32>,
    megahertz: Out<u32>,
) -> Status {
    with_gpu(device, |gpu| {
        count.given()?;
        put_list(count, megahertz, supported(&gpu, MEMORY)?)
    })
}

/// The same for every clock of the memory.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetSupportedGraphicsClocks(
    device: Device,
    memory_megahertz: u32,
    count: Out<u32>,
    megahertz: Out<u32>,
) -> Status {
    with_gpu(device, |gpu| {
        count.given()?;
        if !supported(&gpu, MEMORY)?.contains(&memory_megahertz) {
            return Err(Status::NOT_FOUND);
        }
        put_list(count, megahertz, supported(&gpu, 0)?)
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceSetGpuLockedClocks(
    device: Device,
    lowest: u32,
    highest: u32,
) -> Status {
    with_gpu(device, |gpu| {
        // Numbers of a few digits name limits of NVIDIA's.
        if lowest > highest || lowest == 0 {
            return Err(Status::INVALID_ARGUMENT);
        }
        changed(gpu.set_graphics_clocks(lowest.into(), highest.into()))
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceResetGpuLockedClocks(device: Device) -> Status {
    with_gpu(device, |gpu| changed(gpu.reset_clocks()))
}

/// The generation of PCIe that has this speed, in 0.1 GT/s.
fn generation(speed: u64) -> Result<u32> {
    const SPEEDS: [u64; 6] = [25, 50, 80, 160, 320, 640];
    let at = SPEEDS.iter().position(|known| *known == speed);
    at.map(|at| at as u32 + 1).ok_or(Status::NOT_SUPPORTED)
}

/// Speed in 0.1 GT/s and lanes, as they are; where the driver marks no level, what its table says.
fn link(gpu: &Gpu<'_>) -> Result<(u64, u32)> {
    let marked = read(gpu.pcie_link())
        .ok()
        .and_then(|levels| Some((levels.current? * 10 / 1_000_000_000, levels.current_lanes?)));
    if let Some(link) = marked {
        return Ok(link);
    }
    let told = read(gpu.metric(|metrics| (metrics.pcie_link_speed, metrics.pcie_link_width)))?;
    match told {
        (0 | u16::MAX, _) | (_, u16::MAX) => Err(Status::NOT_SUPPORTED),
        (speed, width) => Ok((speed.into(), width.into())),
    }
}

/// The best that the GPU can do.
fn best_link(gpu: &Gpu<'_>) -> Result<(u64, u32)> {
    let levels = read(gpu.pcie_link())?;
    let speed = levels.frequencies.iter().max().ok_or(Status::NOT_SUPPORTED)?;
    let lanes = levels.lanes.iter().max().ok_or(Status::NOT_SUPPORTED)?;
    Ok((speed * 10 / 1_000_000_000, *lanes))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetCurrPcieLinkGeneration(
    device: Device,
    generation: Out<u32>,
) -> Status {
    get(device, generation, |gpu| self::generation(link(&gpu)?.0))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetCurrPcieLinkWidth(device: Device, width: Out<u32>) -> Status {
    get(device, width, |gpu| Ok(link(&gpu)?.1))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMaxPcieLinkGeneration(
    device: Device,
    generation: Out<u32>,
) -> Status {
    get(device, generation, |gpu| self::generation(best_link(&gpu)?.0))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetGpuMaxPcieLinkGeneration(
    device: Device,
    generation: Out<u32>,
) -> Status {
    get(device, generation, |gpu| self::generation(best_link(&gpu)?.0))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMaxPcieLinkWidth(device: Device, width: Out<u32>) -> Status {
    get(device, width, |gpu| Ok(best_link(&gpu)?.1))
}

/// In Mbit/s a lane, as nvml.h has it.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPcieSpeed(device: Device, speed: Out<u32>) -> Status {
    get(device, speed, |gpu| u32::try_from(link(&gpu)?.0 * 100).map_err(|_| Status::NOT_SUPPORTED))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPcieReplayCounter(device: Device, count: Out<u32>) -> Status {
    get(device, count, |gpu| replays(&gpu))
}

pub(crate) fn replays(gpu: &Gpu<'_>) -> Result<u32> {
    u32::try_from(read(gpu.pcie_replays())?).map_err(|_| Status::NOT_SUPPORTED)
}

/// The bits of nvmlClocksEventReasons that amdgpu's reasons come to.
mod reason {
    pub(super) const POWER_CAP: u64 = 0x4;
    pub(super) const THERMAL: u64 = 0x20;
    /// What the board's regulators allow.
    pub(super) const POWER_BRAKE: u64 = 0x80;
    pub(super) const ALL: u64 = POWER_CAP | THERMAL | POWER_BRAKE;
}

/// amdgpu's own bits, which are the same on every GPU: power, current, temperature.
fn reasons(throttle: u64) -> u64 {
    [
        (0xFFFF, reason::POWER_CAP),
        (0xFFFF << 16, reason::POWER_BRAKE),
        (0xFFFF << 32, reason::THERMAL),
    ]
    .into_iter()
    .filter(|(bits, _)| throttle & bits != 0)
    .fold(0, |all, (_, reason)| all | reason)
}

fn event_reasons(device: Device, out: Out<u64>) -> Status {
    get(device, out, |gpu| match read(gpu.metric(|metrics| metrics.indep_throttle_status))? {
        u64::MAX => Err(Status::NOT_SUPPORTED),
        throttle => Ok(reasons(throttle)),
    })
}

fn supported_reasons(device: Device, out: Out<u64>) -> Status {
    get(device, out, |gpu| match read(gpu.metric(|metrics| metrics.indep_throttle_status))? {
        u64::MAX => Err(Status::NOT_SUPPORTED),
        _ => Ok(reason::ALL),
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetCurrentClocksThrottleReasons(
    device: Device,
    reasons: Out<u64>,
) -> Status {
    event_reasons(device, reasons)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetCurrentClocksEventReasons(
    device: Device,
    reasons: Out<u64>,
) -> Status {
    event_reasons(device, reasons)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetSupportedClocksThrottleReasons(
    device: Device,
    reasons: Out<u64>,
) -> Status {
    supported_reasons(device, reasons)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetSupportedClocksEventReasons(
    device: Device,
    reasons: Out<u64>,
) -> Status {
    supported_reasons(device, reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_that_no_pcie_has_is_none() {
        assert_eq!((generation(25), generation(160), generation(640)), (Ok(1), Ok(4), Ok(6)));
        assert_eq!(generation(100), Err(Status::NOT_SUPPORTED));
    }

    #[test]
    fn amdgpus_reasons_come_to_nvmls() {
        assert_eq!((reasons(0), reasons(1), reasons(1 << 17)), (0, 0x4, 0x80));
        assert_eq!((reasons(1 << 36), reasons(1 << 32 | 1)), (0x20, 0x24));
        assert_eq!(reasons(1 << 56), 0, "what has no name in NVML is none");
    }
}
