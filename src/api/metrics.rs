//! gpu_metrics: many readings taken at once, and the questions that they answer.

use crate::client;
use crate::entry::{Null, finish, get, put, with_gpu};
use crate::gpu::Gpu;
use crate::status::Reply;
use crate::support::Question::Function;
use crate::types::{
    metrics_table_header_t, rsmi_activity_metric_counter_t, rsmi_activity_metric_t,
    rsmi_gpu_metrics_t, rsmi_status_t, rsmi_utilization_counter_t,
};
use rsmi_generations::Generation;
use rsmi_macros::export;

/// Every reading of the device, from the driver's `gpu_metrics`, with all bits set where it has
/// none; which there are depends on the version that common_header says.
///
/// The struct has the size of the client's header: 96 bytes with ROCm 5, 424 with 6.0 to 6.2, 1832
/// with 6.3, 2368 with 6.4, 4544 with 7.0. Versions 1.0 to 1.9, 2.0 to 2.4 and 3.0 are known; of the
/// last six, which are APUs', the members are filled in that rsmi has, power in W.
///
/// Returns RSMI_STATUS_NOT_SUPPORTED where the device has no `gpu_metrics`,
/// RSMI_STATUS_UNEXPECTED_DATA where the table is cut short or of a version that is not known. With
/// a null pointer: RSMI_STATUS_INVALID_ARGS if the device has one, else RSMI_STATUS_NOT_SUPPORTED.
/// cbindgen:postfix=RSMI_COMPAT_CALL(rsmi_dev_gpu_metrics_info_get)
#[export(marked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_gpu_metrics_info_get(
    dv_ind: u32,
    pgpu_metrics: *mut rsmi_gpu_metrics_t,
) -> rsmi_status_t {
    if pgpu_metrics.is_null() {
        let five = client::generation() == Generation::V5;
        let null = if five {
            Null::Invalid
        } else {
            Null::Asks(Function("rsmi_dev_gpu_metrics_info_get"))
        };
        return null.answer(dv_ind);
    }
    let client = client::proven();
    match with_gpu(dv_ind, Gpu::metrics_info) {
        Ok(metrics) => {
            // SAFETY: not null, and then good for the struct of the caller's header.
            unsafe { client.put_metrics(pgpu_metrics, &metrics) };
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Size and version of the device's `gpu_metrics`.
///
/// Returns RSMI_STATUS_NOT_SUPPORTED for a version that `rsmi_dev_gpu_metrics_info_get` does not
/// know.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_header_info_get(
    dv_ind: u32,
    header_value: *mut metrics_table_header_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, header_value, Null::Invalid, Gpu::metrics_header) }
}

/// The number of compute chips (XCD) that run: those of `gpu_metrics` whose clock is told and is
/// not 0. It is 0 where there is no number.
///
/// Returns what `rsmi_dev_gpu_metrics_info_get` does.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_xcd_counter_get(
    dv_ind: u32,
    xcd_counter_value: *mut u16,
) -> rsmi_status_t {
    let count = |gpu: &Gpu| Reply::or_write(gpu.running_xcds(), 0);
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, xcd_counter_value, Null::Invalid, count) }
}

/// Writes the device's `gpu_metrics` to the log, at the level of RSMI_COMPAT_LOG=info.
///
/// Returns RSMI_STATUS_UNEXPECTED_DATA where there is no table that can be read.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_log_get(dv_ind: u32) -> rsmi_status_t {
    finish(with_gpu(dv_ind, Gpu::log_metrics))
}

/// How much parts of the device have done so far, in a unit of the firmware's, and when that was,
/// in ns; from `gpu_metrics`.
///
/// The type of each counter says which it is: RSMI_COARSE_GRAIN_GFX_ACTIVITY or
/// RSMI_COARSE_GRAIN_MEM_ACTIVITY. The first that is neither ends the call with
/// RSMI_STATUS_INVALID_ARGS, the first that the firmware does not report with
/// RSMI_STATUS_NOT_SUPPORTED; those before it are filled in, the time is not.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_utilization_count_get(
    dv_ind: u32,
    utilization_counters: *mut rsmi_utilization_counter_t,
    count: u32,
    timestamp: *mut u64,
) -> rsmi_status_t {
    let null = timestamp.is_null() || utilization_counters.is_null();
    // Clients of ROCm 5 are told first what is wrong with the device.
    if null && client::generation() != Generation::V5 {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let utilization = match with_gpu(dv_ind, Gpu::utilization) {
        Ok(_) if null => return rsmi_status_t::RSMI_STATUS_INVALID_ARGS,
        Ok(utilization) => utilization,
        Err(status) => return status,
    };
    for nth in 0..count as usize {
        // SAFETY: the array is as long as the client says.
        let counter = unsafe { utilization_counters.add(nth) };
        // SAFETY: as above; the client has filled in the type.
        let kind = unsafe { (&raw const (*counter).r#type).read_unaligned() };
        match utilization.counter(kind) {
            // SAFETY: as above; the value is for us to fill in.
            Ok(value) => unsafe { put(&raw mut (*counter).value, value) },
            Err(status) => return status,
        }
    }
    // SAFETY: not null, and then the client's to be written.
    unsafe { put(timestamp, utilization.timestamp) };
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// How busy parts of the device were, in percent, 0xFFFF where the firmware does not report it;
/// from `gpu_metrics`.
///
/// Of the struct only the members are written whose bits `activity_metric_type` has.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_activity_metric_get(
    dv_ind: u32,
    activity_metric_type: rsmi_activity_metric_t,
    activity_metric_counter: *mut rsmi_activity_metric_counter_t,
) -> rsmi_status_t {
    if activity_metric_counter.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let [gfx, umc, mm] = match with_gpu(dv_ind, Gpu::activity) {
        Ok(activity) => activity,
        Err(status) => return status,
    };
    let counter = activity_metric_counter;
    // SAFETY: not null, and then the client's to be written.
    let members = unsafe {
        [
            (
                rsmi_activity_metric_t::RSMI_ACTIVITY_GFX,
                &raw mut (*counter).average_gfx_activity,
                gfx,
            ),
            (
                rsmi_activity_metric_t::RSMI_ACTIVITY_UMC,
                &raw mut (*counter).average_umc_activity,
                umc,
            ),
            (rsmi_activity_metric_t::RSMI_ACTIVITY_MM, &raw mut (*counter).average_mm_activity, mm),
        ]
    };
    for (bit, member, percent) in members {
        if activity_metric_type.0 & bit.0 != 0 {
            // SAFETY: as above.
            unsafe { put(member, percent) };
        }
    }
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// How busy the video engines were, in percent, 0xFFFF where the firmware does not report it; from
/// `gpu_metrics`.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_activity_avg_mm_get(
    dv_ind: u32,
    avg_activity: *mut u16,
) -> rsmi_status_t {
    let read = |gpu: &Gpu| gpu.activity().map(|[_, _, mm]| mm);
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, avg_activity, Null::Invalid, read) }
}
