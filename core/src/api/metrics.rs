//! The metrics table of a device, gpu_metrics.

use crate::ask::ask;
use crate::client;
use crate::entry::{Null, finish, get, with_gpu};
use crate::gpu::Gpu;
use crate::out::member;
use crate::question::{Activity, MetricsHeader, MetricsTable, RunningXcds, UtilizationCount};
use crate::status::Reply;
use crate::support::Question::Function;
use crate::types::{
    metrics_table_header_t, rsmi_activity_metric_counter_t, rsmi_activity_metric_t,
    rsmi_gpu_metrics_t, rsmi_status_t, rsmi_utilization_counter_t,
};
use rsmi_generations::Generation;
use rsmi_macros::export;

/// Reads the metrics table of the device, from sysfs `gpu_metrics`.
///
/// The version of the table decides which values the device reports; `common_header` contains the
/// version. The library knows the versions 1.0 to 1.9, 2.0 to 2.4 and 3.0. The versions 2.x and 3.0
/// are those of APUs; the function writes the members that this struct has, with power in W.
///
/// The struct has the size that the header of the client declares: 96 bytes for ROCm 5, 424 for 6.0
/// to 6.2, 1832 for 6.3, 2368 for 6.4, and 4544 for 7.0.
///
/// @param[out] pgpu_metrics The values. Each bit of a value is 1 if the device does not report it.
/// @retval RSMI_STATUS_INVALID_ARGS `pgpu_metrics` is a null pointer, and the device has the file.
///   Clients built for ROCm 5 get this status for every null pointer.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the file. Clients built for ROCm 5
///   also get this status if the library cannot read the table.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The table is cut short, or the library does not know its
///   version. Clients built for ROCm 6 also get this status if the device does not have the file.
/// cbindgen:postfix=RSMI_COMPAT_CALL(rsmi_dev_gpu_metrics_info_get)
#[export]
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
    match with_gpu(dv_ind, |gpu| ask(gpu, &MetricsTable)) {
        Ok(mut metrics) => {
            client.put_metrics(pgpu_metrics, &mut metrics);
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Reads the size and the version of the metrics table, from sysfs `gpu_metrics`.
///
/// @param[out] header_value The size and the version.
/// @retval RSMI_STATUS_INVALID_ARGS `header_value` is a null pointer.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the file, or
///   rsmi_dev_gpu_metrics_info_get() does not know the version.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_header_info_get(
    dv_ind: u32,
    header_value: *mut metrics_table_header_t,
) -> rsmi_status_t {
    get(dv_ind, header_value, Null::Invalid, |gpu| ask(gpu, &MetricsHeader))
}

/// Counts the XCDs (accelerator complex dies) that run, by their clocks in sysfs `gpu_metrics`.
///
/// An XCD runs if the device reports its clock and the clock is not 0.
///
/// @param[out] xcd_counter_value The number of XCDs. 0 if the function fails.
/// @retval RSMI_STATUS_INVALID_ARGS `xcd_counter_value` is a null pointer.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the file. Clients built for ROCm 5
///   also get this status if the library cannot read the table.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The table is of an APU or cut short, or the library does not
///   know its version. Clients built for ROCm 6 also get this status if the device does not have
///   the file.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_xcd_counter_get(
    dv_ind: u32,
    xcd_counter_value: *mut u16,
) -> rsmi_status_t {
    let count = |gpu: &Gpu| Reply::or_write(ask(gpu, &RunningXcds), 0);
    get(dv_ind, xcd_counter_value, Null::Invalid, count)
}

/// Writes the metrics table of the device to the log, at the level info of RSMI_COMPAT_LOG.
///
/// @retval RSMI_STATUS_UNEXPECTED_DATA The library cannot read a metrics table for the device.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_log_get(dv_ind: u32) -> rsmi_status_t {
    finish(with_gpu(dv_ind, Gpu::log_metrics))
}

/// Reads utilization counters, from sysfs `gpu_metrics`.
///
/// For each element of `utilization_counters` the function reads the member `type` and writes the
/// member `value`. It stops at the first counter that it cannot read: the elements before it are
/// written, and `timestamp` is not.
///
/// @param[in,out] utilization_counters The counters. Set `type` to RSMI_COARSE_GRAIN_GFX_ACTIVITY
///   or RSMI_COARSE_GRAIN_MEM_ACTIVITY. The firmware defines the unit of `value`.
/// @param[in] count How many elements `utilization_counters` has.
/// @param[out] timestamp When the driver read the table, in ns.
/// @retval RSMI_STATUS_INVALID_ARGS A pointer is null, or the type of a counter is an unknown
///   value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The firmware does not report a counter, or the device does not
///   have the file. Clients built for ROCm 5 also get this status if the library cannot read the
///   table.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The table is of an APU or cut short, or the library does not
///   know its version. Clients built for ROCm 6 also get this status if the device does not have
///   the file.
#[export(utilization_counters: count)]
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
    let utilization = match with_gpu(dv_ind, |gpu| ask(gpu, &UtilizationCount)) {
        Ok(_) if null => return rsmi_status_t::RSMI_STATUS_INVALID_ARGS,
        Ok(utilization) => utilization,
        Err(status) => return status,
    };
    for counter in utilization_counters.places() {
        // The client has filled in the type.
        let Some(kind) = member!(counter => r#type).given() else { break };
        match utilization.counter(kind) {
            Ok(value) => member!(counter => value).put(value),
            Err(status) => return status,
        }
    }
    timestamp.put(utilization.timestamp);
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// Reads how busy parts of the device are, from sysfs `gpu_metrics`.
///
/// @param[in] activity_metric_type The parts, as values of rsmi_activity_metric_t joined with |.
/// @param[out] activity_metric_counter Percent, or 0xFFFF if the firmware does not report the
///   value. The function leaves the members of other parts unchanged.
/// @retval RSMI_STATUS_INVALID_ARGS `activity_metric_counter` is a null pointer.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the file. Clients built for ROCm 5
///   also get this status if the library cannot read the table.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The table is of an APU or cut short, or the library does not
///   know its version. Clients built for ROCm 6 also get this status if the device does not have
///   the file.
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
    let [gfx, umc, mm] = match with_gpu(dv_ind, |gpu| ask(gpu, &Activity)) {
        Ok(activity) => activity,
        Err(status) => return status,
    };
    let counter = activity_metric_counter;
    let members = [
        (rsmi_activity_metric_t::RSMI_ACTIVITY_GFX, member!(counter => average_gfx_activity), gfx),
        (rsmi_activity_metric_t::RSMI_ACTIVITY_UMC, member!(counter => average_umc_activity), umc),
        (rsmi_activity_metric_t::RSMI_ACTIVITY_MM, member!(counter => average_mm_activity), mm),
    ];
    for (bit, member, percent) in members {
        if activity_metric_type.0 & bit.0 != 0 {
            member.put(percent);
        }
    }
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// Reads how busy the video engines are, from sysfs `gpu_metrics`.
///
/// @param[out] avg_activity Percent, or 0xFFFF if the firmware does not report the value.
/// @retval RSMI_STATUS_INVALID_ARGS `avg_activity` is a null pointer.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the file. Clients built for ROCm 5
///   also get this status if the library cannot read the table.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The table is of an APU or cut short, or the library does not
///   know its version. Clients built for ROCm 6 also get this status if the device does not have
///   the file.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_activity_avg_mm_get(
    dv_ind: u32,
    avg_activity: *mut u16,
) -> rsmi_status_t {
    let read = |gpu: &Gpu| ask(gpu, &Activity).map(|[_, _, mm]| mm);
    get(dv_ind, avg_activity, Null::Invalid, read)
}
