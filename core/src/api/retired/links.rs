//! The PCIe and XGMI links of the metrics table.

use super::metric;
use crate::types::{GPUMetricXgmiReadDataAcc_t, GPUMetricXgmiWriteDataAcc_t, rsmi_status_t};
use rsmi_macros::export;

/// Reads the width of the PCIe link.
///
/// @param[out] pcie_link_width_value The number of lanes.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_link_width_get(
    dv_ind: u32,
    pcie_link_width_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, pcie_link_width_value, &["pcie_link_width"])
}

/// Reads the speed of the PCIe link.
///
/// @param[out] pcie_link_speed_value In 0.1 GT/s.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_link_speed_get(
    dv_ind: u32,
    pcie_link_speed_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, pcie_link_speed_value, &["pcie_link_speed"])
}

/// Reads the accumulated PCIe bandwidth.
///
/// @param[out] pcie_bandwidth_acc_value In GB/s.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_bandwidth_acc_get(
    dv_ind: u32,
    pcie_bandwidth_acc_value: *mut u64,
) -> rsmi_status_t {
    metric(dv_ind, pcie_bandwidth_acc_value, &["pcie_bandwidth_acc"])
}

/// Reads the current PCIe bandwidth.
///
/// @param[out] pcie_bandwidth_inst_value In GB/s.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_bandwidth_inst_get(
    dv_ind: u32,
    pcie_bandwidth_inst_value: *mut u64,
) -> rsmi_status_t {
    metric(dv_ind, pcie_bandwidth_inst_value, &["pcie_bandwidth_inst"])
}

/// Reads the number of recoveries of the PCIe link.
///
/// @param[out] pcie_count_acc_value The number.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_l0_recov_count_acc_get(
    dv_ind: u32,
    pcie_count_acc_value: *mut u64,
) -> rsmi_status_t {
    metric(dv_ind, pcie_count_acc_value, &["pcie_l0_to_recov_count_acc"])
}

/// Reads the number of PCIe replays (packets sent again).
///
/// @param[out] pcie_count_acc_value The number.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_replay_count_acc_get(
    dv_ind: u32,
    pcie_count_acc_value: *mut u64,
) -> rsmi_status_t {
    metric(dv_ind, pcie_count_acc_value, &["pcie_replay_count_acc"])
}

/// Reads the number of rollovers of the PCIe replay counter.
///
/// @param[out] pcie_count_acc_value The number.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_replay_rover_count_acc_get(
    dv_ind: u32,
    pcie_count_acc_value: *mut u64,
) -> rsmi_status_t {
    metric(dv_ind, pcie_count_acc_value, &["pcie_replay_rover_count_acc"])
}

/// Reads the number of PCIe NAKs that the device sent.
///
/// @param[out] pcie_nak_sent_count_acc_value The number.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_nak_sent_count_acc_get(
    dv_ind: u32,
    pcie_nak_sent_count_acc_value: *mut u32,
) -> rsmi_status_t {
    metric(dv_ind, pcie_nak_sent_count_acc_value, &["pcie_nak_sent_count_acc"])
}

/// Reads the number of PCIe NAKs that the device received.
///
/// @param[out] pcie_nak_rcvd_count_acc_value The number.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_pcie_nak_rcvd_count_acc_get(
    dv_ind: u32,
    pcie_nak_rcvd_count_acc_value: *mut u32,
) -> rsmi_status_t {
    metric(dv_ind, pcie_nak_rcvd_count_acc_value, &["pcie_nak_rcvd_count_acc"])
}

/// Reads the width of the XGMI links.
///
/// @param[out] xgmi_link_width_value The width of the bus.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_xgmi_link_width_get(
    dv_ind: u32,
    xgmi_link_width_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, xgmi_link_width_value, &["xgmi_link_width"])
}

/// Reads the speed of the XGMI links.
///
/// @param[out] xgmi_link_speed_value In Gbps.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_xgmi_link_speed_get(
    dv_ind: u32,
    xgmi_link_speed_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, xgmi_link_speed_value, &["xgmi_link_speed"])
}

/// Reads the data read over each XGMI link.
///
/// @param[out] xgmi_read_data_acc_value In KB.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_xgmi_read_data_get(
    dv_ind: u32,
    xgmi_read_data_acc_value: *mut GPUMetricXgmiReadDataAcc_t,
) -> rsmi_status_t {
    metric(dv_ind, xgmi_read_data_acc_value, &["xgmi_read_data_acc"])
}

/// Reads the data written over each XGMI link.
///
/// @param[out] xgmi_write_data_acc_value In KB.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_xgmi_write_data_get(
    dv_ind: u32,
    xgmi_write_data_acc_value: *mut GPUMetricXgmiWriteDataAcc_t,
) -> rsmi_status_t {
    metric(dv_ind, xgmi_write_data_acc_value, &["xgmi_write_data_acc"])
}
