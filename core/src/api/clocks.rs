//! Clocks, activity and the performance level.

use crate::ask::ask;
use crate::client;
use crate::entry::{Null, finish, get, on_bare_metal, percentage, set, valid, with_gpu};
use crate::out::member;
use crate::question::{
    BusyPercent, Clock, PerfLevel, PowerProfiles, Reset, SetClock, SetDeterminism, SetPerfLevel,
};
use crate::status::Reply;
use crate::support::Question::{Function, Variant};
use crate::types::{
    rsmi_clk_type_t, rsmi_dev_perf_level_t, rsmi_frequencies_t, rsmi_power_profile_status_t,
    rsmi_status_t,
};
use rsmi_macros::export;

/// Reads how busy the GPU is, from sysfs `gpu_busy_percent`.
///
/// @param[out] busy_percent Percent, 0 to 100.
/// @retval RSMI_STATUS_INVALID_ARGS `busy_percent` is a null pointer, and the device reports the
///   value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The file holds more than 100. The function writes that
///   number to `busy_percent` too.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_busy_percent_get(
    dv_ind: u32,
    busy_percent: *mut u32,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_busy_percent_get"));
    get(dv_ind, busy_percent, null, |gpu| match ask(gpu, &BusyPercent) {
        Ok(percent) => Reply { status: percentage(percent.into()), value: Some(percent) },
        failed => failed.into(),
    })
}

/// Reads the performance level, from sysfs `power_dpm_force_performance_level`.
///
/// @param[out] perf The performance level. RSMI_DEV_PERF_LEVEL_UNKNOWN if this header has no name
///   for the level.
/// @retval RSMI_STATUS_INVALID_ARGS `perf` is a null pointer. Clients built for a release before
///   ROCm 7 get RSMI_STATUS_NOT_SUPPORTED instead if the device does not report the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_perf_level_get(
    dv_ind: u32,
    perf: *mut rsmi_dev_perf_level_t,
) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_dev_perf_level_get"));
    get(dv_ind, perf, null, |gpu| ask(gpu, &PerfLevel))
}

/// Reads the levels of a clock and the current level, from sysfs `pp_dpm_*`.
///
/// If the device has more levels than the struct can hold, the function leaves the rest out. For
/// clients built for ROCm 5, the function leaves the members unchanged for which there is no level.
///
/// If the file marks no level as current, because the clock is between two levels, the current level
/// is the nearest one to the clock in sysfs `gpu_metrics`.
///
/// @param[in] clk_type The clock, RSMI_CLK_TYPE_SYS to RSMI_CLK_TYPE_MEM.
/// @param[out] f The frequencies in Hz, in the order of the file, lowest first. `current` is
///   0xFFFFFFFF if neither the file nor `gpu_metrics` reports it.
/// @retval RSMI_STATUS_INVALID_ARGS `clk_type` is RSMI_CLK_TYPE_PCIE or an unknown value; or `f` is
///   a null pointer, and the device has the clock.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the clock.
/// @retval RSMI_STATUS_UNEXPECTED_DATA Nothing reports the current level, or the text of the file is
///   not a table of levels. Clients built for ROCm 5 get RSMI_STATUS_SUCCESS in the first case.
/// @retval RSMI_STATUS_NOT_YET_IMPLEMENTED The file is empty. Only clients built for ROCm 5 get
///   this status.
/// cbindgen:postfix=RSMI_COMPAT_CALL(rsmi_dev_gpu_clk_freq_get)
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_gpu_clk_freq_get(
    dv_ind: u32,
    clk_type: rsmi_clk_type_t,
    f: *mut rsmi_frequencies_t,
) -> rsmi_status_t {
    if f.is_null() {
        return Null::Asks(Variant("rsmi_dev_gpu_clk_freq_get", clk_type.0.into())).answer(dv_ind);
    }
    let client = client::proven();
    match with_gpu(dv_ind, |gpu| ask(gpu, &Clock { kind: clk_type })) {
        Ok(table) => {
            client.put_frequencies(f, &table);
            finish(table.outcome)
        }
        Err(status) => status,
    }
}

/// Sets the performance level to determinism, with an upper limit of the graphics clock.
///
/// Below this limit, run times are repeatable. RSMI_DEV_PERF_LEVEL_AUTO ends the mode. The function
/// writes to sysfs: first the level to `power_dpm_force_performance_level`, then the limit and a
/// commit to `pp_od_clk_voltage`. It stops at the first write that fails.
///
/// @param[in] clkvalue The upper limit of the graphics clock in MHz.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no such mode, or the driver refuses the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_perf_determinism_mode_set(
    dv_ind: u32,
    clkvalue: u64,
) -> rsmi_status_t {
    set(dv_ind, |gpu| ask(gpu, &SetDeterminism { highest: clkvalue }))
}

/// Sets the performance level, in sysfs `power_dpm_force_performance_level`.
///
/// @param[in] perf_lvl The performance level.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_INVALID_ARGS `perf_lvl` is not a level that can be set.
/// @retval RSMI_STATUS_INTERNAL_EXCEPTION `perf_lvl` is negative as a signed number.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no performance levels, or the driver refuses
///   the level.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_perf_level_set(
    dv_ind: u32,
    perf_lvl: rsmi_dev_perf_level_t,
) -> rsmi_status_t {
    set(dv_ind, |gpu| ask(gpu, &SetPerfLevel { level: perf_lvl }))
}

/// Sets the performance level. It does the same as rsmi_dev_perf_level_set().
///
/// @param[in] perf_lvl The performance level.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_INVALID_ARGS `perf_lvl` is not a level that can be set.
/// @retval RSMI_STATUS_INTERNAL_EXCEPTION `perf_lvl` is negative as a signed number.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no performance levels, or the driver refuses
///   the level.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_perf_level_set_v1(
    dv_ind: u32,
    perf_lvl: rsmi_dev_perf_level_t,
) -> rsmi_status_t {
    set(dv_ind, |gpu| ask(gpu, &SetPerfLevel { level: perf_lvl }))
}

/// Chooses the levels of a clock that the driver may use.
///
/// The function writes to sysfs: first `manual` to `power_dpm_force_performance_level`, then the
/// numbers of the levels to `pp_dpm_*`.
///
/// @param[in] clk_type The clock, RSMI_CLK_TYPE_SYS to RSMI_CLK_TYPE_MEM.
/// @param[in] freq_bitmask Bit n stands for the level that the file numbers n. The level of deep
///   sleep, `S`, has no number. The function ignores bits of levels that do not exist.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library,
///   or the driver does not allow a change of this clock.
/// @retval RSMI_STATUS_INVALID_ARGS `clk_type` is an unknown value, or no level of `freq_bitmask`
///   exists.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the clock. Clients built for ROCm 7
///   also get this status in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_gpu_clk_freq_set(
    dv_ind: u32,
    clk_type: rsmi_clk_type_t,
    freq_bitmask: u64,
) -> rsmi_status_t {
    set(dv_ind, |gpu| {
        valid(clk_type.0 <= rsmi_clk_type_t::RSMI_CLK_TYPE_LAST.0)?;
        on_bare_metal()?;
        ask(gpu, &SetClock { kind: clk_type, mask: freq_bitmask })
    })
}

/// Reads the power profiles that can be chosen and the current profile, from sysfs
/// `pp_power_profile_mode`.
///
/// @param[in] sensor_ind Ignored.
/// @param[out] status The profiles. `num_profiles` also counts the profiles for which this header
///   has no name. If such a profile is the current one, `current` is RSMI_PWR_PROF_PRST_INVALID.
/// @retval RSMI_STATUS_INVALID_ARGS `status` is a null pointer, and the device has power profiles.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no power profiles.
/// @retval RSMI_STATUS_UNEXPECTED_SIZE The file has more than 65 lines. Clients built for ROCm 7
///   get RSMI_STATUS_NOT_SUPPORTED for it in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_power_profile_presets_get(
    dv_ind: u32,
    sensor_ind: u32,
    status: *mut rsmi_power_profile_status_t,
) -> rsmi_status_t {
    let _ = sensor_ind;
    if status.is_null() {
        return Null::Asks(Function("rsmi_dev_power_profile_presets_get")).answer(dv_ind);
    }
    match with_gpu(dv_ind, |gpu| ask(gpu, &PowerProfiles)) {
        Ok(profiles) => {
            // Member by member, as the original, so that what lies behind stays as it was.
            member!(status => available_profiles).put(profiles.available_profiles);
            member!(status => current).put(profiles.current);
            member!(status => num_profiles).put(profiles.num_profiles);
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Resets the GPU. All programs on this GPU lose their work.
///
/// The function reads debugfs `amdgpu_gpu_recover`, which makes the driver reset the GPU.
///
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_NOT_SUPPORTED debugfs is not mounted, or the driver does not have this file.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_gpu_reset(dv_ind: u32) -> rsmi_status_t {
    set(dv_ind, |gpu| ask(gpu, &Reset))
}
