//! Functions that released headers declared once and the newest does not; programs still look for
//! them.
//!
//! The header has them under `#ifdef RSMI_COMPAT_RETIRED`.
//!
//! Those of gpu_metrics, which ROCm 6.0 to 6.1.1 had, read one member of the device's table, with
//! all bits set where the firmware does not report it. They return RSMI_STATUS_NOT_SUPPORTED where
//! this version of the table has no such member, RSMI_STATUS_UNEXPECTED_DATA where there is no table
//! that can be read.

use crate::entry::{Null, Put, get, get_str, set};
use crate::gpu::Gpu;
use crate::kernel::metrics::Slot;
use crate::types::{
    GPUMetricCurrDClk0_t, GPUMetricCurrGfxClk_t, GPUMetricCurrSocClk_t, GPUMetricCurrVClk0_t,
    GPUMetricJpegActivity_t, GPUMetricTempHbm_t, GPUMetricVcnActivity_t,
    GPUMetricXgmiReadDataAcc_t, GPUMetricXgmiWriteDataAcc_t, rsmi_nps_mode_type_t, rsmi_status_t,
};
use rsmi_macros::export;
use std::ffi::c_char;

/// Reads a member of gpu_metrics by the names that it has had.
///
/// # Safety
/// `out` is null or good for writing a `T`.
unsafe fn metric<T: Slot + Put + Default>(
    dv_ind: u32,
    out: *mut T,
    names: &[&str],
) -> rsmi_status_t {
    // SAFETY: as this function demands.
    unsafe { get(dv_ind, out, Null::Invalid, |gpu| gpu.metric::<T>(names)) }
}

/// How the memory of the card is divided, as `rsmi_dev_memory_partition_get` tells it.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_nps_mode_get(
    dv_ind: u32,
    nps_mode: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { get_str(dv_ind, nps_mode, len as usize, Null::Invalid, Gpu::memory_partition) }
}

/// As `rsmi_dev_memory_partition_set`, whose name this was in ROCm 5.6 and 5.7.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_nps_mode_set(
    dv_ind: u32,
    nps_mode: rsmi_nps_mode_type_t,
) -> rsmi_status_t {
    set(dv_ind, |gpu| gpu.set_memory_partition(nps_mode))
}

/// As `rsmi_dev_memory_partition_reset`, whose name this was in ROCm 5.6 and 5.7.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_nps_mode_reset(dv_ind: u32) -> rsmi_status_t {
    set(dv_ind, Gpu::reset_memory_partition)
}

/// The temperature at the edge of the chip, in degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_edge_get(
    dv_ind: u32,
    edge_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, edge_value, &["temperature_edge"]) }
}

/// The temperature at the chip's hottest spot, in degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_hotspot_get(
    dv_ind: u32,
    hotspot_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, hotspot_value, &["temperature_hotspot"]) }
}

/// The temperature of the memory, in degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_mem_get(
    dv_ind: u32,
    mem_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, mem_value, &["temperature_mem"]) }
}

/// The temperature of the voltage regulator of the graphics core, in degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_vrgfx_get(
    dv_ind: u32,
    vrgfx_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, vrgfx_value, &["temperature_vrgfx"]) }
}

/// The temperature of the voltage regulator of the rest of the chip, in degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_vrsoc_get(
    dv_ind: u32,
    vrsoc_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, vrsoc_value, &["temperature_vrsoc"]) }
}

/// The temperature of the voltage regulator of the memory, in degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_vrmem_get(
    dv_ind: u32,
    vrmem_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, vrmem_value, &["temperature_vrmem"]) }
}

/// The temperature of each memory stack, in degrees Celsius.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_temp_hbm_get(
    dv_ind: u32,
    temp_hbm_value: *mut GPUMetricTempHbm_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, temp_hbm_value, &["temperature_hbm"]) }
}

/// The power now, in W.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_socket_power_get(
    dv_ind: u32,
    socket_power_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, socket_power_value, &["current_socket_power"]) }
}

/// The average power, in W.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_socket_power_get(
    dv_ind: u32,
    socket_power_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, socket_power_value, &["average_socket_power"]) }
}

/// The energy used so far, in steps of 15.259 microjoules.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_energy_acc_get(
    dv_ind: u32,
    energy_acc_value: *mut u64,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, energy_acc_value, &["energy_accumulator"]) }
}

/// How busy the graphics core is, in percent.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_gfx_activity_get(
    dv_ind: u32,
    gfx_activity_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, gfx_activity_value, &["average_gfx_activity"]) }
}

/// How busy the memory controller is, in percent.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_umc_activity_get(
    dv_ind: u32,
    umc_activity_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, umc_activity_value, &["average_umc_activity"]) }
}

/// How busy the video engines are, in percent.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_mm_activity_get(
    dv_ind: u32,
    mm_activity_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, mm_activity_value, &["average_mm_activity"]) }
}

/// How busy each video engine is, in percent.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_vcn_activity_get(
    dv_ind: u32,
    vcn_activity_value: *mut GPUMetricVcnActivity_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, vcn_activity_value, &["vcn_activity", "vcn_busy"]) }
}

/// How busy each JPEG engine is, in percent.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_jpeg_activity_get(
    dv_ind: u32,
    jpeg_activity_value: *mut GPUMetricJpegActivity_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, jpeg_activity_value, &["jpeg_activity", "jpeg_busy"]) }
}

/// The sum of the activity of the graphics core.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_gfx_activity_acc_get(
    dv_ind: u32,
    gfx_activity_acc_value: *mut u32,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, gfx_activity_acc_value, &["gfx_activity_acc"]) }
}

/// The sum of the activity of the memory.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_mem_activity_acc_get(
    dv_ind: u32,
    mem_activity_acc_value: *mut u32,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, mem_activity_acc_value, &["mem_activity_acc"]) }
}

/// The average graphics clock, in MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_gfx_clock_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, clock_frequency_value, &["average_gfxclk_frequency"]) }
}

/// The average clock of the rest of the chip, in MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_soc_clock_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, clock_frequency_value, &["average_socclk_frequency"]) }
}

/// The average memory clock, in MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_uclock_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, clock_frequency_value, &["average_uclk_frequency"]) }
}

/// The average clock of video engine 0, in MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_vclock0_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, clock_frequency_value, &["average_vclk0_frequency"]) }
}

/// The average clock of decoder 0, in MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_dclock0_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, clock_frequency_value, &["average_dclk0_frequency"]) }
}

/// The average clock of video engine 1, in MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_vclock1_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, clock_frequency_value, &["average_vclk1_frequency"]) }
}

/// The average clock of decoder 1, in MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_dclock1_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, clock_frequency_value, &["average_dclk1_frequency"]) }
}

/// The graphics clock of each compute chip now, in MHz; 0 where there is none.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_gfxclk_get(
    dv_ind: u32,
    current_gfxclk_value: *mut GPUMetricCurrGfxClk_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, current_gfxclk_value, &["current_gfxclks", "current_gfxclk"]) }
}

/// The clocks of the rest of the chip now, in MHz; 0 where there is none.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_socclk_get(
    dv_ind: u32,
    current_socclk_value: *mut GPUMetricCurrSocClk_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, current_socclk_value, &["current_socclks", "current_socclk"]) }
}

/// The memory clock now, in MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_uclk_get(
    dv_ind: u32,
    uclk_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, uclk_value, &["current_uclk"]) }
}

/// The clocks of the video engines now, in MHz; 0 where there is none.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_vclk0_get(
    dv_ind: u32,
    current_vclk_value: *mut GPUMetricCurrVClk0_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, current_vclk_value, &["current_vclk0s", "current_vclk0"]) }
}

/// The clocks of the decoders now, in MHz; 0 where there is none.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_dclk0_get(
    dv_ind: u32,
    current_dclk_value: *mut GPUMetricCurrDClk0_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, current_dclk_value, &["current_dclk0s", "current_dclk0"]) }
}

/// The clock of video engine 1 now, in MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_vclk1_get(
    dv_ind: u32,
    current_vclk_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, current_vclk_value, &["current_vclk1"]) }
}

/// The clock of decoder 1 now, in MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_dclk1_get(
    dv_ind: u32,
    current_dclk_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, current_dclk_value, &["current_dclk1"]) }
}

/// Why the clocks are being lowered, in the bits of this ASIC.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_throttle_status_get(
    dv_ind: u32,
    throttle_status_value: *mut u32,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, throttle_status_value, &["throttle_status"]) }
}

/// Why the clocks are being lowered, in bits that are the same for every ASIC.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_indep_throttle_status_get(
    dv_ind: u32,
    throttle_status_value: *mut u64,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, throttle_status_value, &["indep_throttle_status"]) }
}

/// Which graphics clocks are locked, one bit each.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_gfxclk_lock_status_get(
    dv_ind: u32,
    gfxclk_lock_status_value: *mut u32,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, gfxclk_lock_status_value, &["gfxclk_lock_status"]) }
}

/// The fan speed, in revolutions per minute.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_fan_speed_get(
    dv_ind: u32,
    fan_speed_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, fan_speed_value, &["current_fan_speed"]) }
}

/// The number of PCIe lanes.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_link_width_get(
    dv_ind: u32,
    pcie_link_width_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, pcie_link_width_value, &["pcie_link_width"]) }
}

/// The PCIe speed, in 0.1 GT/s.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_link_speed_get(
    dv_ind: u32,
    pcie_link_speed_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, pcie_link_speed_value, &["pcie_link_speed"]) }
}

/// The sum of the PCIe bandwidth used, in GB/s.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_bandwidth_acc_get(
    dv_ind: u32,
    pcie_bandwidth_acc_value: *mut u64,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, pcie_bandwidth_acc_value, &["pcie_bandwidth_acc"]) }
}

/// The PCIe bandwidth used now, in GB/s.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_bandwidth_inst_get(
    dv_ind: u32,
    pcie_bandwidth_inst_value: *mut u64,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, pcie_bandwidth_inst_value, &["pcie_bandwidth_inst"]) }
}

/// How often the PCIe link had to recover.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_l0_recov_count_acc_get(
    dv_ind: u32,
    pcie_count_acc_value: *mut u64,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, pcie_count_acc_value, &["pcie_l0_to_recov_count_acc"]) }
}

/// How often a PCIe packet was sent again.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_replay_count_acc_get(
    dv_ind: u32,
    pcie_count_acc_value: *mut u64,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, pcie_count_acc_value, &["pcie_replay_count_acc"]) }
}

/// How often that counter rolled over.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_replay_rover_count_acc_get(
    dv_ind: u32,
    pcie_count_acc_value: *mut u64,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, pcie_count_acc_value, &["pcie_replay_rover_count_acc"]) }
}

/// The PCIe packets refused by the device.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_nak_sent_count_acc_get(
    dv_ind: u32,
    pcie_nak_sent_count_acc_value: *mut u32,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, pcie_nak_sent_count_acc_value, &["pcie_nak_sent_count_acc"]) }
}

/// The PCIe packets refused by the other side.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_nak_rcvd_count_acc_get(
    dv_ind: u32,
    pcie_nak_rcvd_count_acc_value: *mut u32,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, pcie_nak_rcvd_count_acc_value, &["pcie_nak_rcvd_count_acc"]) }
}

/// The width of the links to other GPUs.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_xgmi_link_width_get(
    dv_ind: u32,
    xgmi_link_width_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, xgmi_link_width_value, &["xgmi_link_width"]) }
}

/// The speed of the links to other GPUs.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_xgmi_link_speed_get(
    dv_ind: u32,
    xgmi_link_speed_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, xgmi_link_speed_value, &["xgmi_link_speed"]) }
}

/// The KB read over each link to another GPU.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_xgmi_read_data_get(
    dv_ind: u32,
    xgmi_read_data_acc_value: *mut GPUMetricXgmiReadDataAcc_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, xgmi_read_data_acc_value, &["xgmi_read_data_acc"]) }
}

/// The KB written over each link to another GPU.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_xgmi_write_data_get(
    dv_ind: u32,
    xgmi_write_data_acc_value: *mut GPUMetricXgmiWriteDataAcc_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, xgmi_write_data_acc_value, &["xgmi_write_data_acc"]) }
}

/// The voltage of the rest of the chip, in mV.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_volt_soc_get(
    dv_ind: u32,
    voltage_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, voltage_value, &["voltage_soc"]) }
}

/// The voltage of the graphics core, in mV.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_volt_gfx_get(
    dv_ind: u32,
    voltage_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, voltage_value, &["voltage_gfx"]) }
}

/// The voltage of the memory, in mV.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_volt_mem_get(
    dv_ind: u32,
    voltage_value: *mut u16,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, voltage_value, &["voltage_mem"]) }
}

/// When the driver read the table, in ns.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_system_clock_counter_get(
    dv_ind: u32,
    system_clock_counter_value: *mut u64,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, system_clock_counter_value, &["system_clock_counter"]) }
}

/// When the firmware took the readings, in ns.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_firmware_timestamp_get(
    dv_ind: u32,
    firmware_timestamp_value: *mut u64,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { metric(dv_ind, firmware_timestamp_value, &["firmware_timestamp"]) }
}
