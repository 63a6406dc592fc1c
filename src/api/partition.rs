//! How a card is divided into devices, and its memory into domains.

use crate::entry::{Null, get_fact, get_str, set, set_if};
use crate::facts::Fact;
use crate::gpu::Gpu;
use crate::status::Result;
use crate::types::{rsmi_compute_partition_type_t, rsmi_memory_partition_type_t, rsmi_status_t};
use rsmi_macros::export;
use std::ffi::c_char;

/// How the card is divided into devices, "SPX" to "CPX", as AMD SMI tells it.
///
/// A name longer than `len - 1` bytes is cut, and RSMI_STATUS_INSUFFICIENT_SIZE returned. Returns
/// RSMI_STATUS_INTERNAL_EXCEPTION for a way of dividing it that rsmi has no name for.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_compute_partition_get(
    dv_ind: u32,
    compute_partition: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    let read = Gpu::compute_partition;
    // SAFETY: the C contract of this module.
    unsafe { get_str(dv_ind, compute_partition, len as usize, Null::Invalid, read) }
}

/// Which partition of its card the device is; 0 where it is all of it.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_partition_id_get(
    dv_ind: u32,
    partition_id: *mut u32,
) -> rsmi_status_t {
    let read = |gpu: &Gpu| Ok(gpu.partition_id());
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, partition_id, Null::Invalid, Fact::PartitionId, read) }
}

/// How the card's memory is divided into domains, "NPS1" to "NPS8", as AMD SMI tells it.
///
/// A name longer than `len - 1` bytes is cut, and RSMI_STATUS_INSUFFICIENT_SIZE returned. Returns
/// RSMI_STATUS_INTERNAL_EXCEPTION for a way of dividing it that rsmi has no name for.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_partition_get(
    dv_ind: u32,
    memory_partition: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { get_str(dv_ind, memory_partition, len as usize, Null::Invalid, Gpu::memory_partition) }
}

/// The ways in which the card's memory can be divided, "NPS1, NPS4"; from sysfs
/// `available_memory_partition`.
///
/// A text longer than `len - 1` bytes is cut, and RSMI_STATUS_INSUFFICIENT_SIZE returned.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_partition_capabilities_get(
    dv_ind: u32,
    memory_partition_caps: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    let read = Gpu::memory_partition_capabilities;
    // SAFETY: the C contract of this module.
    unsafe { get_str(dv_ind, memory_partition_caps, len as usize, Null::Invalid, read) }
}

/// Divides the card into devices another way. The devices of this process are then no longer those
/// of the card: initialise anew.
///
/// The number means what the client's release of ROCm meant by it; 6.2 shuffled them. Returns
/// RSMI_STATUS_PERMISSION unless root initialised the library and calls; RSMI_STATUS_INVALID_ARGS
/// for what is no way of dividing it (RSMI_STATUS_INTERNAL_EXCEPTION to clients older than ROCm
/// 6.2); RSMI_STATUS_SETTING_UNAVAILABLE for one that sysfs `available_compute_partition` does not
/// list; RSMI_STATUS_BUSY while the card is in use; RSMI_STATUS_SUCCESS where it is so already.
/// cbindgen:postfix=RSMI_COMPAT_CALL(rsmi_dev_compute_partition_set)
#[export(marked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_compute_partition_set(
    dv_ind: u32,
    compute_partition: rsmi_compute_partition_type_t,
) -> rsmi_status_t {
    set_if(dv_ind, still_root, |gpu| gpu.set_compute_partition(compute_partition))
}

/// Divides the card into devices as it was when the library was initialised.
///
/// Returns what `rsmi_dev_compute_partition_set` does, RSMI_STATUS_NOT_SUPPORTED for a card that is
/// not divided.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_compute_partition_reset(dv_ind: u32) -> rsmi_status_t {
    set(dv_ind, |gpu| still_root().and_then(|()| gpu.reset_compute_partition()))
}

/// Has the card's memory divided another way when the driver is loaded the next time.
///
/// Nothing happens until then: have everybody leave the card, then `modprobe -r amdgpu` and
/// `modprobe amdgpu`. The legacy library did so itself, under all programs that were using a GPU,
/// and stopped the display manager for it; this one never does, and RSMI_STATUS_AMDGPU_RESTART_ERR
/// says that the mode was taken and the driver is still the old one.
///
/// Returns RSMI_STATUS_PERMISSION unless root initialised the library; RSMI_STATUS_INVALID_ARGS for
/// what is no way of dividing it, and where the driver refuses it; RSMI_STATUS_NOT_SUPPORTED where
/// the card's memory cannot be divided; RSMI_STATUS_SUCCESS where it is so already.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_partition_set(
    dv_ind: u32,
    memory_partition: rsmi_memory_partition_type_t,
) -> rsmi_status_t {
    set(dv_ind, |gpu| gpu.set_memory_partition(memory_partition))
}

/// Has the card's memory divided as it was when the library was initialised; see
/// `rsmi_dev_memory_partition_set` for when, and for what it returns.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_partition_reset(dv_ind: u32) -> rsmi_status_t {
    set(dv_ind, Gpu::reset_memory_partition)
}

/// The driver asks no questions of a set-uid program; the legacy library did.
fn still_root() -> Result {
    // SAFETY: getuid reads a number and cannot fail.
    let user = unsafe { libc::getuid() };
    // SAFETY: as above.
    let effective = unsafe { libc::geteuid() };
    if (user, effective) == (0, 0) { Ok(()) } else { Err(rsmi_status_t::RSMI_STATUS_PERMISSION) }
}
