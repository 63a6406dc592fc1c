//! The clocks of the metrics table.

use super::metric;
use crate::types::{
    GPUMetricCurrDClk0_t, GPUMetricCurrGfxClk_t, GPUMetricCurrSocClk_t, GPUMetricCurrVClk0_t,
    rsmi_status_t,
};
use rsmi_macros::export;

/// Reads the average graphics clock.
///
/// @param[out] clock_frequency_value In MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_gfx_clock_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, clock_frequency_value, &["average_gfxclk_frequency"])
}

/// Reads the average SoC clock.
///
/// @param[out] clock_frequency_value In MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_soc_clock_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, clock_frequency_value, &["average_socclk_frequency"])
}

/// Reads the average memory clock.
///
/// @param[out] clock_frequency_value In MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_uclock_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, clock_frequency_value, &["average_uclk_frequency"])
}

/// Reads the average video clock (VCLK) of engine 0.
///
/// @param[out] clock_frequency_value In MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_vclock0_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, clock_frequency_value, &["average_vclk0_frequency"])
}

/// Reads the average decoder clock (DCLK) of engine 0.
///
/// @param[out] clock_frequency_value In MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_dclock0_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, clock_frequency_value, &["average_dclk0_frequency"])
}

/// Reads the average video clock (VCLK) of engine 1.
///
/// @param[out] clock_frequency_value In MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_vclock1_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, clock_frequency_value, &["average_vclk1_frequency"])
}

/// Reads the average decoder clock (DCLK) of engine 1.
///
/// @param[out] clock_frequency_value In MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_avg_dclock1_frequency_get(
    dv_ind: u32,
    clock_frequency_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, clock_frequency_value, &["average_dclk1_frequency"])
}

/// Reads the current graphics clock of each XCC.
///
/// @param[out] current_gfxclk_value In MHz; 0 for an XCC that does not exist.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_gfxclk_get(
    dv_ind: u32,
    current_gfxclk_value: *mut GPUMetricCurrGfxClk_t,
) -> rsmi_status_t {
    metric(dv_ind, current_gfxclk_value, &["current_gfxclks", "current_gfxclk"])
}

/// Reads the current SoC clocks.
///
/// @param[out] current_socclk_value In MHz; 0 for a clock that does not exist.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_socclk_get(
    dv_ind: u32,
    current_socclk_value: *mut GPUMetricCurrSocClk_t,
) -> rsmi_status_t {
    metric(dv_ind, current_socclk_value, &["current_socclks", "current_socclk"])
}

/// Reads the current memory clock.
///
/// @param[out] uclk_value In MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_uclk_get(
    dv_ind: u32,
    uclk_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, uclk_value, &["current_uclk"])
}

/// Reads the current video clocks (VCLK).
///
/// @param[out] current_vclk_value In MHz; 0 for a clock that does not exist.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_vclk0_get(
    dv_ind: u32,
    current_vclk_value: *mut GPUMetricCurrVClk0_t,
) -> rsmi_status_t {
    metric(dv_ind, current_vclk_value, &["current_vclk0s", "current_vclk0"])
}

/// Reads the current decoder clocks (DCLK).
///
/// @param[out] current_dclk_value In MHz; 0 for a clock that does not exist.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_dclk0_get(
    dv_ind: u32,
    current_dclk_value: *mut GPUMetricCurrDClk0_t,
) -> rsmi_status_t {
    metric(dv_ind, current_dclk_value, &["current_dclk0s", "current_dclk0"])
}

/// Reads the current video clock (VCLK) of engine 1.
///
/// @param[out] current_vclk_value In MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_vclk1_get(
    dv_ind: u32,
    current_vclk_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, current_vclk_value, &["current_vclk1"])
}

/// Reads the current decoder clock (DCLK) of engine 1.
///
/// @param[out] current_dclk_value In MHz.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_curr_dclk1_get(
    dv_ind: u32,
    current_dclk_value: *mut u16,
) -> rsmi_status_t {
    metric(dv_ind, current_dclk_value, &["current_dclk1"])
}

/// Reads the lock status of the graphics clocks.
///
/// @param[out] gfxclk_lock_status_value One bit for each clock.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_metrics_gfxclk_lock_status_get(
    dv_ind: u32,
    gfxclk_lock_status_value: *mut u32,
) -> rsmi_status_t {
    metric(dv_ind, gfxclk_lock_status_value, &["gfxclk_lock_status"])
}
