//! Functions of older headers that rocm_smi 7.8 does not declare.
//!
//! To use these functions, define RSMI_COMPAT_RETIRED before you include this header.
//!
//! The functions rsmi_dev_metrics_*_get() were in ROCm 6.0 to 6.1.1. Each function reads one value of
//! the metrics table, from sysfs `gpu_metrics`. All bits of the value are 1 if the firmware does not
//! report it. These functions return RSMI_STATUS_SUCCESS, a common status, or:
//!
//! - RSMI_STATUS_INVALID_ARGS: the pointer is null.
//! - RSMI_STATUS_NOT_SUPPORTED: this version of the table does not have the value.
//! - RSMI_STATUS_UNEXPECTED_DATA: the library cannot read the table.

pub mod clocks;
pub mod links;

use crate::ask::ask;
use crate::entry::{Null, get, get_str, set};
use crate::gpu::Gpu;
use crate::kernel::metrics::Slot;
use crate::out::Out;
use crate::put::Put;
use crate::question::{MemoryPartition, SetMemoryPartition};
use crate::types::{
    GPUMetricJpegActivity_t, GPUMetricTempHbm_t, GPUMetricVcnActivity_t, rsmi_nps_mode_type_t,
    rsmi_status_t,
};
use rsmi_macros::export;
use std::ffi::c_char;

/// Reads a member of gpu_metrics by the names that it has had.
fn metric<T: Slot + Put + Default>(dv_ind: u32, out: Out<T>, names: &[&str]) -> rsmi_status_t {
    get(dv_ind, out, Null::Invalid, |gpu| gpu.metric::<T>(names))
}

/// Reads the memory partition mode of the GPU. It does the same as rsmi_dev_memory_partition_get().
///
/// @param[out] nps_mode The mode, "NPS1" to "NPS8", ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @return A status of rsmi_dev_memory_partition_get().
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_nps_mode_get(
    dv_ind: u32,
    nps_mode: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    get_str(dv_ind, nps_mode, Null::Invalid, |gpu| ask(gpu, &MemoryPartition).into())
}

/// The name of rsmi_dev_memory_partition_set() in ROCm 5.6 and 5.7. It does the same.
///
/// @param[in] nps_mode The mode.
/// @return A status of rsmi_dev_memory_partition_set().
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_nps_mode_set(
    dv_ind: u32,
    nps_mode: rsmi_nps_mode_type_t,
) -> rsmi_status_t {
    set(dv_ind, |gpu| ask(gpu, &SetMemoryPartition { mode: nps_mode }))
}

/// The name of rsmi_dev_memory_partition_reset() in ROCm 5.6 and 5.7. It does the same.
///
/// @return A status of rsmi_dev_memory_partition_reset().
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_nps_mode_reset(dv_ind: u32) -> rsmi_status_t {
    set(dv_ind, Gpu::reset_memory_partition)
}

/// Reads the edge temperature.
///
/// @param[out] edge_value In degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_edge_get(
    dv_ind: u32,
    edge_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, edge_value, &["temperature_edge"])
}

/// Reads the hotspot temperature.
///
/// @param[out] hotspot_value In degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_hotspot_get(
    dv_ind: u32,
    hotspot_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, hotspot_value, &["temperature_hotspot"])
}

/// Reads the temperature of the memory.
///
/// @param[out] mem_value In degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_mem_get(
    dv_ind: u32,
    mem_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, mem_value, &["temperature_mem"])
}

/// Reads the temperature of the voltage regulator of the graphics core.
///
/// @param[out] vrgfx_value In degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_vrgfx_get(
    dv_ind: u32,
    vrgfx_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, vrgfx_value, &["temperature_vrgfx"])
}

/// Reads the temperature of the voltage regulator of the SoC.
///
/// @param[out] vrsoc_value In degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_vrsoc_get(
    dv_ind: u32,
    vrsoc_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, vrsoc_value, &["temperature_vrsoc"])
}

/// Reads the temperature of the voltage regulator of the memory.
///
/// @param[out] vrmem_value In degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_vrmem_get(
    dv_ind: u32,
    vrmem_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, vrmem_value, &["temperature_vrmem"])
}

/// Reads the temperature of each HBM stack.
///
/// @param[out] temp_hbm_value In degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_hbm_get(
    dv_ind: u32,
    temp_hbm_value: *mut GPUMetricTempHbm_t,
) -> rsmi_status_t {
    metric(dv_ind, temp_hbm_value, &["temperature_hbm"])
}

/// Reads the current socket power.
///
/// @param[out] socket_power_value In W.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_socket_power_get(
    dv_ind: u32,
    socket_power_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, socket_power_value, &["current_socket_power"])
}

/// Reads the average socket power.
///
/// @param[out] socket_power_value In W.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_socket_power_get(
    dv_ind: u32,
    socket_power_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, socket_power_value, &["average_socket_power"])
}

/// Reads the energy accumulator.
///
/// @param[out] energy_acc_value In steps of 15.259 microjoules.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_energy_acc_get(
    dv_ind: u32,
    energy_acc_value: *mut u64,
) -> rsmi_status_t {
    metric(dv_ind, energy_acc_value, &["energy_accumulator"])
}

/// Reads the activity of the graphics core.
///
/// @param[out] gfx_activity_value In percent.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_gfx_activity_get(
    dv_ind: u32,
    gfx_activity_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, gfx_activity_value, &["average_gfx_activity"])
}

/// Reads the activity of the memory controller.
///
/// @param[out] umc_activity_value In percent.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_umc_activity_get(
    dv_ind: u32,
    umc_activity_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, umc_activity_value, &["average_umc_activity"])
}

/// Reads the activity of the video engines.
///
/// @param[out] mm_activity_value In percent.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_mm_activity_get(
    dv_ind: u32,
    mm_activity_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, mm_activity_value, &["average_mm_activity"])
}

/// Reads the activity of each video engine.
///
/// @param[out] vcn_activity_value In percent.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_vcn_activity_get(
    dv_ind: u32,
    vcn_activity_value: *mut GPUMetricVcnActivity_t,
) -> rsmi_status_t {
    metric(dv_ind, vcn_activity_value, &["vcn_activity", "vcn_busy"])
}

/// Reads the activity of each JPEG engine.
///
/// @param[out] jpeg_activity_value In percent.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_jpeg_activity_get(
    dv_ind: u32,
    jpeg_activity_value: *mut GPUMetricJpegActivity_t,
) -> rsmi_status_t {
    metric(dv_ind, jpeg_activity_value, &["jpeg_activity", "jpeg_busy"])
}

/// Reads the accumulated activity of the graphics core.
///
/// @param[out] gfx_activity_acc_value In a unit that the firmware defines.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_gfx_activity_acc_get(
    dv_ind: u32,
    gfx_activity_acc_value: *mut u32,
) -> rsmi_status_t {
    metric(dv_ind, gfx_activity_acc_value, &["gfx_activity_acc"])
}

/// Reads the accumulated activity of the memory.
///
/// @param[out] mem_activity_acc_value In a unit that the firmware defines.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_mem_activity_acc_get(
    dv_ind: u32,
    mem_activity_acc_value: *mut u32,
) -> rsmi_status_t {
    metric(dv_ind, mem_activity_acc_value, &["mem_activity_acc"])
}

/// Reads the throttle status.
///
/// @param[out] throttle_status_value Bits that differ between ASICs.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_throttle_status_get(
    dv_ind: u32,
    throttle_status_value: *mut u32,
) -> rsmi_status_t {
    metric(dv_ind, throttle_status_value, &["throttle_status"])
}

/// Reads the throttle status.
///
/// @param[out] throttle_status_value Bits that are the same for all ASICs.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_indep_throttle_status_get(
    dv_ind: u32,
    throttle_status_value: *mut u64,
) -> rsmi_status_t {
    metric(dv_ind, throttle_status_value, &["indep_throttle_status"])
}

/// Reads the fan speed.
///
/// @param[out] fan_speed_value In revolutions per minute.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_fan_speed_get(
    dv_ind: u32,
    fan_speed_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, fan_speed_value, &["current_fan_speed"])
}

/// Reads the voltage of the SoC.
///
/// @param[out] voltage_value In mV.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_volt_soc_get(
    dv_ind: u32,
    voltage_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, voltage_value, &["voltage_soc"])
}

/// Reads the voltage of the graphics core.
///
/// @param[out] voltage_value In mV.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_volt_gfx_get(
    dv_ind: u32,
    voltage_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, voltage_value, &["voltage_gfx"])
}

/// Reads the voltage of the memory.
///
/// @param[out] voltage_value In mV.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_volt_mem_get(
    dv_ind: u32,
    voltage_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, voltage_value, &["voltage_mem"])
}

/// Reads the time at which the driver read the table.
///
/// @param[out] system_clock_counter_value In ns.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_system_clock_counter_get(
    dv_ind: u32,
    system_clock_counter_value: *mut u64,
) -> rsmi_status_t {
    metric(dv_ind, system_clock_counter_value, &["system_clock_counter"])
}

/// Reads the time at which the firmware took the values.
///
/// @param[out] firmware_timestamp_value In ns.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_firmware_timestamp_get(
    dv_ind: u32,
    firmware_timestamp_value: *mut u64,
) -> rsmi_status_t {
    metric(dv_ind, firmware_timestamp_value, &["firmware_timestamp"])
}
