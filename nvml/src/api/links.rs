//! How GPUs reach each other. XGMI joins AMD's GPUs as NVLink does others: link i of a GPU is that to
//! its i-th peer.

use super::identity::{pci_info, pci_info_v2};
use crate::entry::{Out, begun, get};
use crate::handle::Device;
use crate::house::{self, Gpu};
use crate::status::{Result, Status, read};
use crate::types::{nvmlPciInfo_t, nvmlPciInfo_v2_t};
use rsmi_macros::guard;

/// NVML numbers no more.
const MOST_LINKS: u32 = 18;

fn peer<'s>(gpu: &Gpu<'s>, link: u32) -> Result<Gpu<'s>> {
    if link >= MOST_LINKS {
        return Err(Status::INVALID_ARGUMENT);
    }
    gpu.peers().into_iter().nth(link as usize).ok_or(Status::NOT_SUPPORTED)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetNvLinkState(
    device: Device,
    link: u32,
    is_active: Out<u32>,
) -> Status {
    get(device, is_active, |gpu| peer(&gpu, link).map(|_| 1))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetNvLinkRemotePciInfo(
    device: Device,
    link: u32,
    pci: Out<nvmlPciInfo_v2_t>,
) -> Status {
    get(device, pci, |gpu| pci_info_v2(&peer(&gpu, link)?))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetNvLinkRemotePciInfo_v2(
    device: Device,
    link: u32,
    pci: Out<nvmlPciInfo_t>,
) -> Status {
    get(device, pci, |gpu| pci_info(&peer(&gpu, link)?))
}

/// A GPU.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetNvLinkRemoteDeviceType(
    device: Device,
    link: u32,
    kind: Out<u32>,
) -> Status {
    get(device, kind, |gpu| peer(&gpu, link).map(|_| 0))
}

/// Whether one may read, or write, the other's memory, and whether XGMI joins them.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetP2PStatus(
    device: Device,
    other: Device,
    index: u32,
    status: Out<u32>,
) -> Status {
    /// nvmlGpuP2PStatus_t.
    const OK: u32 = 0;
    const NOT_SUPPORTED: u32 = 5;
    begun(|| {
        let (device, other) = (device.index()?, other.index()?);
        house::with(|machine| {
            let find = |index| machine.gpu(index).map_err(|_| Status::INVALID_ARGUMENT);
            let (gpu, other) = (find(device)?, find(other)?);
            status.given()?;
            let can = match index {
                0 | 1 => read(gpu.reaches(&other))?,
                2 => gpu.is_joined(&other),
                // Atomics, and what is NVIDIA's own.
                3 | 4 => return Err(Status::NOT_SUPPORTED),
                _ => return Err(Status::INVALID_ARGUMENT),
            };
            status.put(if can { OK } else { NOT_SUPPORTED });
            Ok(())
        })
    })
}
