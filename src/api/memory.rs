//! Memory: how much there is, how much is used, how busy it is, what is broken.

use crate::entry::{Null, finish, get, put, with_gpu};
use crate::gpu::Gpu;
use crate::support::Question::{Function, Variant};
use crate::types::{rsmi_memory_type_t, rsmi_retired_page_record_t, rsmi_status_t};
use rsmi_macros::export;

/// The size of a kind of memory in bytes, from sysfs `mem_info_*_total`; of VRAM else from KFD.
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
    let null = Null::Asks(Variant("rsmi_dev_memory_total_get", mem_type.0.into()));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, total, null, |gpu| gpu.memory_total(mem_type)) }
}

/// The use of a kind of memory in bytes, from sysfs `mem_info_*_used`; of VRAM else from AMD SMI.
///
/// With a null pointer: as `rsmi_dev_memory_total_get`. On failure 0 is written.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_usage_get(
    dv_ind: u32,
    mem_type: rsmi_memory_type_t,
    used: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(Variant("rsmi_dev_memory_usage_get", mem_type.0.into()));
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
    let null = Null::Asks(Function("rsmi_dev_memory_busy_percent_get"));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, busy_percent, null, Gpu::memory_busy_percent) }
}

/// The memory pages that are or will be out of use, from sysfs `ras/gpu_vram_bad_pages`.
///
/// `*num_pages` is how many records there is room for, and becomes how many were written; where
/// `records` is null, how many there are. Returns RSMI_STATUS_INSUFFICIENT_SIZE when there are more.
///
/// With a null pointer for `num_pages`: RSMI_STATUS_INVALID_ARGS if the device tells it, else
/// RSMI_STATUS_NOT_SUPPORTED.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_reserved_pages_get(
    dv_ind: u32,
    num_pages: *mut u32,
    records: *mut rsmi_retired_page_record_t,
) -> rsmi_status_t {
    if num_pages.is_null() {
        return Null::Asks(Function("rsmi_dev_memory_reserved_pages_get")).answer(dv_ind);
    }
    if records.is_null() {
        // SAFETY: not null, and then the client's to be written.
        return unsafe { get(dv_ind, num_pages, Null::Invalid, Gpu::bad_pages) };
    }
    // SAFETY: not null, and then the client's.
    let room = unsafe { num_pages.read_unaligned() };
    match with_gpu(dv_ind, |gpu| gpu.bad_pages_up_to(room)) {
        Ok(pages) => {
            // SAFETY: as above.
            unsafe { put(num_pages, pages.records.len() as u32) };
            for (at, record) in pages.records.iter().enumerate() {
                // SAFETY: there are at most as many records as the client has room for.
                let out = unsafe { records.add(at) };
                // Member by member, as the original, so that what lies between stays as it was.
                // SAFETY: as above; the members lie in the struct.
                unsafe { put(&raw mut (*out).page_address, record.page_address) };
                // SAFETY: as above.
                unsafe { put(&raw mut (*out).page_size, record.page_size) };
                // SAFETY: as above.
                unsafe { put(&raw mut (*out).status, record.status) };
            }
            finish(pages.outcome)
        }
        Err(status) => status,
    }
}
