//! How much of a GPU's memory is left, as KFD answers on /dev/kfd: sysfs has no such file of a partition.

use super::events::{KFD, failed};
use super::file::errno;
use crate::config::Config;
use crate::log;
use crate::status::Result;
use crate::types::rsmi_status_t;
use std::os::fd::AsRawFd;

/// `struct kfd_ioctl_get_available_memory_args`.
#[repr(C)]
#[derive(Default)]
struct AvailableMemory {
    available: u64,
    gpu_id: u32,
    pad: u32,
}

const AVAILABLE_MEMORY: libc::c_ulong = 0xC010_4B23;

/// Bytes.
pub(crate) fn available(gpu_id: u32) -> Result<u64> {
    log::source(|| "KFD's available memory".into());
    if Config::get().sysfs.is_some() {
        log::reason(|| {
            "the KFD of this computer does not know the machine of RSMI_COMPAT_SYSFS".into()
        });
        return Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
    }
    let not_supported = |errno| {
        failed(KFD, errno);
        rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED
    };
    let kfd = super::open(libc::AT_FDCWD, KFD, libc::O_RDWR).map_err(not_supported)?;
    let mut memory = AvailableMemory { gpu_id, ..AvailableMemory::default() };
    // SAFETY: the request reads and writes this struct.
    if unsafe { libc::ioctl(kfd.as_raw_fd(), AVAILABLE_MEMORY, &raw mut memory) } != 0 {
        return Err(not_supported(errno()));
    }
    Ok(memory.available)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_that_of_the_kernel() {
        let size = size_of::<AvailableMemory>() as u64;
        assert_eq!(AVAILABLE_MEMORY, 3 << 30 | size << 16 | u64::from(b'K') << 8 | 0x23);
    }
}
