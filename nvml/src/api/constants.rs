//! What every AMD GPU answers alike. NOT_SUPPORTED would be as true of most, but clients do without the
//! GPU then.

use super::system::cuda;
use crate::entry::{Out, get, get_both};
use crate::handle::Device;
use crate::status::{Status, read};
use rsmi_macros::guard;

/// Any process may compute on it: the default.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetComputeMode(device: Device, mode: Out<u32>) -> Status {
    get(device, mode, |_| Ok(0))
}

/// NVML's partitions are none of AMD's, which are devices.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMaxMigDeviceCount(device: Device, count: Out<u32>) -> Status {
    get(device, count, |_| Ok(0))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceIsMigDeviceHandle(device: Device, is_one: Out<u32>) -> Status {
    get(device, is_one, |_| Ok(0))
}

/// Unknown: NVML has no name for AMD's.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetBrand(device: Device, brand: Out<u32>) -> Status {
    get(device, brand, |_| Ok(0))
}

/// Unknown, which clients take for a newer one than they know.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetArchitecture(
    device: Device,
    architecture: Out<u32>,
) -> Status {
    get(device, architecture, |_| Ok(u32::MAX))
}

/// amdgpu keeps a GPU ready.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPersistenceMode(device: Device, mode: Out<u32>) -> Status {
    get(device, mode, |_| Ok(1))
}

/// Nobody keeps accounts.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetAccountingMode(device: Device, mode: Out<u32>) -> Status {
    get(device, mode, |_| Ok(0))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMultiGpuBoard(device: Device, is_one: Out<u32>) -> Status {
    get(device, is_one, |_| Ok(0))
}

/// The version of AMD's instruction set, where the user asks for such a thing: clients choose code for
/// NVIDIA's GPUs by it.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetCudaComputeCapability(
    device: Device,
    major: Out<i32>,
    minor: Out<i32>,
) -> Status {
    get_both(device, (major, minor), |gpu| {
        cuda()?;
        Ok(capability(read(gpu.graphics_version())?))
    })
}

/// 9.4 of gfx942, 11.0 of gfx1100: the last digit is the stepping.
fn capability(version: u64) -> (i32, i32) {
    ((version / 100) as i32, (version / 10 % 10) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_is_without_the_stepping() {
        assert_eq!(
            (capability(942), capability(1100), capability(1036)),
            ((9, 4), (11, 0), (10, 3))
        );
    }
}
