//! Memory: its size, its use, and retired pages.

use crate::ask::ask;
use crate::client;
use crate::entry::{Null, finish, get, percentage, with_gpu};
use crate::map;
use crate::out::member;
use crate::question::{BadPages, MemoryBusy, MemoryTotal, MemoryUsage};
use crate::status::{Reply, Result};
use crate::support::Question::{Function, Variant};
use crate::types::{rsmi_memory_type_t, rsmi_retired_page_record_t, rsmi_status_t};
use rsmi_macros::export;

/// Reads the size of a kind of memory.
///
/// The source is sysfs `mem_info_*_total`. For VRAM it is KFD if that file does not exist or holds
/// 0, as for a partition.
///
/// @param[in] mem_type The kind of memory.
/// @param[out] total The size in bytes. For clients built for ROCm 7, 0 if the function fails.
/// @retval RSMI_STATUS_INVALID_ARGS `mem_type` is an unknown value; or `total` is a null pointer,
///   and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_total_get(
    dv_ind: u32,
    mem_type: rsmi_memory_type_t,
    total: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(Variant("rsmi_dev_memory_total_get", mem_type.0.into()));
    get(dv_ind, total, null, |gpu| or_nothing(mem_type, ask(gpu, &MemoryTotal { kind: mem_type })))
}

/// Reads how much of a kind of memory is in use.
///
/// The source is sysfs `mem_info_*_used`. For VRAM it is AMD SMI if the driver has no such files
/// for the device, as for a partition.
///
/// @param[in] mem_type The kind of memory.
/// @param[out] used The memory in use, in bytes. For clients built for ROCm 7, 0 if the function
///   fails.
/// @retval RSMI_STATUS_INVALID_ARGS `mem_type` is an unknown value; or `used` is a null pointer,
///   and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_usage_get(
    dv_ind: u32,
    mem_type: rsmi_memory_type_t,
    used: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(Variant("rsmi_dev_memory_usage_get", mem_type.0.into()));
    get(dv_ind, used, null, |gpu| or_nothing(mem_type, ask(gpu, &MemoryUsage { kind: mem_type })))
}

/// Reads how busy the memory controller is, from sysfs `mem_busy_percent`.
///
/// @param[out] busy_percent Percent, 0 to 100.
/// @retval RSMI_STATUS_INVALID_ARGS `busy_percent` is a null pointer, and the device reports the
///   value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The file holds more than 100.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_busy_percent_get(
    dv_ind: u32,
    busy_percent: *mut u32,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_memory_busy_percent_get"));
    get(dv_ind, busy_percent, null, |gpu| match ask(gpu, &MemoryBusy) {
        Ok(percent) if percent > 100 => Err(percentage(percent)).into(),
        percent => Reply::or_write(percent.map(|percent| percent as u32), 0),
    })
}

/// Reads the memory pages that the driver has retired or will retire, from sysfs
/// `ras/gpu_vram_bad_pages`.
///
/// @param[in,out] num_pages In: how many elements `records` has. Out: how many the function wrote,
///   or how many pages there are if `records` is a null pointer.
/// @param[out] records The pages, or a null pointer.
/// @retval RSMI_STATUS_INVALID_ARGS `num_pages` is a null pointer, and the device reports the
///   value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE There are more pages than `records` has elements. The
///   function writes the first ones.
/// @retval RSMI_STATUS_UNKNOWN_ERROR A line of the file is not a page. The function writes the
///   pages before this line.
#[export(records: num_pages)]
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
        return get(dv_ind, num_pages, Null::Invalid, |gpu| {
            ask(gpu, &BadPages { most: 0 }).map(|pages| pages.count)
        });
    }
    match with_gpu(dv_ind, |gpu| ask(gpu, &BadPages { most: records.room() })) {
        Ok(pages) => {
            num_pages.put(pages.records.len() as u32);
            for (record, out) in pages.records.iter().zip(records.places()) {
                // Member by member, as the original, so that what lies between stays as it was.
                member!(out => page_address).put(record.page_address);
                member!(out => page_size).put(record.page_size);
                member!(out => status).put(record.status);
            }
            finish(pages.outcome)
        }
        Err(status) => status,
    }
}

/// Where the kind is one, clients of ROCm 7 get a 0 beside a failure.
fn or_nothing(kind: rsmi_memory_type_t, bytes: Result<u64>) -> Reply<u64> {
    let is_one = map::MEMORY_FILES.iter().any(|(listed, ..)| *listed == kind);
    if is_one { client::or_write(bytes, 0) } else { bytes.into() }
}
