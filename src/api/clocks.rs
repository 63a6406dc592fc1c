//! Clocks, load and performance level.

use crate::entry::{Null, finish, get, with_gpu};
use crate::gpu::Gpu;
use crate::runtime;
use crate::support::Question::{Clock, Files};
use crate::types::{rsmi_clk_type_t, rsmi_dev_perf_level_t, rsmi_frequencies_t, rsmi_status_t};
use rsmi_macros::export;

/// How busy the GPU is, 0 to 100 percent, from `gpu_busy_percent`.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device tells it, else
/// RSMI_STATUS_NOT_SUPPORTED. More than 100 is written all the same, and
/// RSMI_STATUS_UNEXPECTED_DATA returned.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_busy_percent_get(
    dv_ind: u32,
    busy_percent: *mut u32,
) -> rsmi_status_t {
    let null = Null::Asks(Files(&["gpu_busy_percent"]));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, busy_percent, null, Gpu::busy_percent) }
}

/// The performance level, as AMD SMI tells it; RSMI_DEV_PERF_LEVEL_UNKNOWN for one that rsmi has
/// no name for.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_perf_level_get(
    dv_ind: u32,
    perf: *mut rsmi_dev_perf_level_t,
) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Files(&["power_dpm_force_performance_level"]));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, perf, null, Gpu::perf_level) }
}

/// The levels of a clock in Hz, lowest first, and which of them is current; from sysfs `pp_dpm_*`.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device has that clock, else
/// RSMI_STATUS_NOT_SUPPORTED. Returns RSMI_STATUS_INVALID_ARGS for RSMI_CLK_TYPE_PCIE and for
/// what is not listed; RSMI_STATUS_UNEXPECTED_DATA, and all ones as the current level, where none
/// is marked. More levels than the struct holds are left out.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_gpu_clk_freq_get(
    dv_ind: u32,
    clk_type: rsmi_clk_type_t,
    f: *mut rsmi_frequencies_t,
) -> rsmi_status_t {
    if f.is_null() {
        return Null::Asks(Clock(clk_type)).answer(dv_ind);
    }
    match with_gpu(dv_ind, |gpu| Ok(gpu.clock(clk_type))) {
        Ok(Some(table)) => {
            // SAFETY: not null, and then good for the struct of the client's generation.
            unsafe { runtime::generation().put_frequencies(f, &table.levels.transfer_rate) };
            finish(table.outcome)
        }
        Ok(None) => rsmi_status_t::RSMI_STATUS_INVALID_ARGS,
        Err(status) => status,
    }
}
