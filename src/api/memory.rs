//! Memory: how much there is, how much is used, how busy it is.

use crate::entry::{Null, get};
use crate::gpu::Gpu;
use crate::support::Question::{Files, MemoryTotal, MemoryUsed};
use crate::types::{rsmi_memory_type_t, rsmi_status_t};
use rsmi_macros::export;

/// The size of a kind of memory in bytes, as AMD SMI tells it.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device tells it, else
/// RSMI_STATUS_NOT_SUPPORTED. On failure 0 is written.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_total_get(
    dv_ind: u32,
    mem_type: rsmi_memory_type_t,
    total: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(MemoryTotal(mem_type));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, total, null, |gpu| gpu.memory_total(mem_type)) }
}

/// The use of a kind of memory in bytes, as AMD SMI tells it.
///
/// With a null pointer: as `rsmi_dev_memory_total_get`. On failure 0 is written.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_usage_get(
    dv_ind: u32,
    mem_type: rsmi_memory_type_t,
    used: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(MemoryUsed(mem_type));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, used, null, |gpu| gpu.memory_usage(mem_type)) }
}

/// How busy the memory is, 0 to 100 percent, from sysfs `mem_busy_percent`.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device tells it, else
/// RSMI_STATUS_NOT_SUPPORTED. Returns RSMI_STATUS_UNEXPECTED_DATA for more than 100.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_busy_percent_get(
    dv_ind: u32,
    busy_percent: *mut u32,
) -> rsmi_status_t {
    let null = Null::Asks(Files(&["mem_busy_percent"]));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, busy_percent, null, Gpu::memory_busy_percent) }
}
