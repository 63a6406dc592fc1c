//! Power and energy.

use crate::entry::{Out, get, get_both, with_gpu};
use crate::handle::Device;
use crate::house::Gpu;
use crate::status::{Result, Status, changed, read};
use rsmi_macros::guard;

/// µW, or µJ, in thousands. A number that no GPU has is none.
pub(crate) fn milli(micro: u64) -> Result<u32> {
    u32::try_from(micro / 1000).map_err(|_| Status::NOT_SUPPORTED)
}

pub(crate) fn limit(gpu: &Gpu<'_>) -> Result<u32> {
    read(gpu.power_cap()).and_then(milli)
}

pub(crate) fn default_limit(gpu: &Gpu<'_>) -> Result<u32> {
    read(gpu.default_power_cap()).and_then(milli)
}

/// The lowest limit and the highest.
pub(crate) fn limits(gpu: &Gpu<'_>) -> Result<(u32, u32)> {
    let (min, max) = read(gpu.power_cap_range())?;
    Ok((milli(min)?, milli(max)?))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPowerUsage(device: Device, power: Out<u32>) -> Status {
    get(device, power, |gpu| read(gpu.power()).and_then(milli))
}

/// Since the GPU got power, in mJ.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetTotalEnergyConsumption(
    device: Device,
    energy: Out<u64>,
) -> Status {
    get(device, energy, |gpu| Ok(read(gpu.energy())? / 1000))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPowerManagementLimit(
    device: Device,
    milliwatts: Out<u32>,
) -> Status {
    get(device, milliwatts, |gpu| limit(&gpu))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetEnforcedPowerLimit(
    device: Device,
    milliwatts: Out<u32>,
) -> Status {
    get(device, milliwatts, |gpu| limit(&gpu))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPowerManagementDefaultLimit(
    device: Device,
    milliwatts: Out<u32>,
) -> Status {
    get(device, milliwatts, |gpu| default_limit(&gpu))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPowerManagementLimitConstraints(
    device: Device,
    lowest: Out<u32>,
    highest: Out<u32>,
) -> Status {
    get_both(device, (lowest, highest), |gpu| limits(&gpu))
}

/// On where there is a limit.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPowerManagementMode(
    device: Device,
    mode: Out<u32>,
) -> Status {
    get(device, mode, |gpu| limit(&gpu).map(|_| 1))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceSetPowerManagementLimit(
    device: Device,
    milliwatts: u32,
) -> Status {
    with_gpu(device, |gpu| changed(gpu.set_power_cap(u64::from(milliwatts) * 1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_that_no_gpu_draws_is_none() {
        assert_eq!((milli(141_500_999), milli(0)), (Ok(141_500), Ok(0)));
        assert_eq!(milli(u64::MAX), Err(Status::NOT_SUPPORTED));
    }
}
