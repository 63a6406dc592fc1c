//! Clocks, load and performance level.

use crate::client;
use crate::entry::{Null, finish, get, on_bare_metal, put, set, set_if, valid, with_gpu};
use crate::gpu::Gpu;
use crate::support::Question::{Function, Variant};
use crate::types::{
    rsmi_clk_type_t, rsmi_dev_perf_level_t, rsmi_freq_ind_t, rsmi_freq_volt_region_t,
    rsmi_frequencies_t, rsmi_od_volt_freq_data_t, rsmi_power_profile_status_t, rsmi_range_t,
    rsmi_status_t,
};
use rsmi_generations::Generation;
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
    let null = Null::Asks(Function("rsmi_dev_busy_percent_get"));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, busy_percent, null, Gpu::busy_percent) }
}

/// The performance level, from sysfs `power_dpm_force_performance_level`; RSMI_DEV_PERF_LEVEL_UNKNOWN for one that rsmi has
/// no name for.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_perf_level_get(
    dv_ind: u32,
    perf: *mut rsmi_dev_perf_level_t,
) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_dev_perf_level_get"));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, perf, null, Gpu::perf_level) }
}

/// The overdrive level: by how many percent the system clock may be higher than it comes; from
/// sysfs `pp_sclk_od`.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device tells it, else
/// RSMI_STATUS_NOT_SUPPORTED; that is also what clients of ROCm 7 get in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_overdrive_level_get(dv_ind: u32, od: *mut u32) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe {
        get(dv_ind, od, Null::Asks(Function("rsmi_dev_overdrive_level_get")), Gpu::overdrive_level)
    }
}

/// As `rsmi_dev_overdrive_level_get`, for the memory clock, in a virtual machine too; from sysfs
/// `pp_mclk_od`.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_mem_overdrive_level_get(
    dv_ind: u32,
    od: *mut u32,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_mem_overdrive_level_get"));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, od, null, Gpu::memory_overdrive_level) }
}

/// The levels of a clock in Hz, lowest first, and which of them is current; from sysfs `pp_dpm_*`.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device has that clock, else
/// RSMI_STATUS_NOT_SUPPORTED. Returns RSMI_STATUS_INVALID_ARGS for RSMI_CLK_TYPE_PCIE and for
/// what is not listed. Between two levels the driver marks none: then the current one is the nearest
/// to the clock in `gpu_metrics`; where that does not tell it, all ones with
/// RSMI_STATUS_UNEXPECTED_DATA. More levels than the struct holds are
/// left out; for a client of ROCm 5 what there is no level for stays as it was.
/// cbindgen:postfix=RSMI_COMPAT_CALL(rsmi_dev_gpu_clk_freq_get)
#[export(marked)]
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
    match with_gpu(dv_ind, |gpu| Ok(gpu.clock(clk_type))) {
        Ok(Some(table)) => {
            // SAFETY: not null, and then good for the struct of the caller's header.
            unsafe { client.put_frequencies(f, &table) };
            finish(table.outcome)
        }
        Ok(None) => rsmi_status_t::RSMI_STATUS_INVALID_ARGS,
        Err(status) => status,
    }
}

/// The clocks' ranges in Hz and the points of the voltage curve; from
/// sysfs `pp_od_clk_voltage`.
///
/// What the device does not tell is 0, or all ones in the ranges in use for a client of ROCm 7. With
/// a null pointer: RSMI_STATUS_INVALID_ARGS if the device tells anything, else
/// RSMI_STATUS_NOT_SUPPORTED. Returns RSMI_STATUS_NOT_YET_IMPLEMENTED for a table without levels,
/// RSMI_STATUS_UNEXPECTED_DATA for one that is not understood, RSMI_STATUS_NO_DATA for one of a
/// single heading where the client is of ROCm 6.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_od_volt_info_get(
    dv_ind: u32,
    odv: *mut rsmi_od_volt_freq_data_t,
) -> rsmi_status_t {
    if odv.is_null() {
        return Null::Asks(Function("rsmi_dev_od_volt_info_get")).answer(dv_ind);
    }
    match with_gpu(dv_ind, |gpu| Ok(gpu.overdrive())) {
        Ok(Ok(data)) => {
            // SAFETY: not null, and then the client's to be written.
            unsafe { put(odv, data) };
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Ok(Err(status)) => {
            if client::generation().is_seven() {
                let unknown = rsmi_range_t { lower_bound: u64::MAX, upper_bound: u64::MAX };
                // SAFETY: as above; both ranges lie in the struct.
                unsafe { put(&raw mut (*odv).curr_sclk_range, unknown) };
                // SAFETY: as above.
                unsafe { put(&raw mut (*odv).curr_mclk_range, unknown) };
            }
            status
        }
        Err(status) => status,
    }
}

/// Sets the performance level to determinism and the highest system clock in MHz, at which run
/// times still repeat. RSMI_DEV_PERF_LEVEL_AUTO undoes it.
///
/// Writes to sysfs: `power_dpm_force_performance_level`, then the limit and a commit to
/// `pp_od_clk_voltage`; what fails stops it. Returns RSMI_STATUS_PERMISSION unless root initialised
/// the library, RSMI_STATUS_NOT_SUPPORTED where the device cannot or the driver refuses.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_perf_determinism_mode_set(
    dv_ind: u32,
    clkvalue: u64,
) -> rsmi_status_t {
    set(dv_ind, |gpu| gpu.set_determinism(clkvalue))
}

/// Sets the overdrive level: by how many percent the clock may be higher than it comes.
///
/// In sysfs `pp_sclk_od`. Returns RSMI_STATUS_PERMISSION unless root initialised the library;
/// RSMI_STATUS_INVALID_ARGS above 20; RSMI_STATUS_NOT_SUPPORTED where the device cannot, and to
/// clients of ROCm 7 in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_overdrive_level_set(dv_ind: u32, od: u32) -> rsmi_status_t {
    // The index had a sign in ROCm 5's header, and was looked at first.
    if client::generation() == Generation::V5 && (dv_ind as i32) < 0 {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    set_overdrive(dv_ind, od)
}

/// As `rsmi_dev_overdrive_level_set`.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_overdrive_level_set_v1(dv_ind: u32, od: u32) -> rsmi_status_t {
    set_overdrive(dv_ind, od)
}

fn set_overdrive(dv_ind: u32, percent: u32) -> rsmi_status_t {
    const MOST: u32 = 20;
    let check = || valid(percent <= MOST).and_then(|()| on_bare_metal());
    set_if(dv_ind, check, |gpu| gpu.set_overdrive_level(percent))
}

/// Sets the performance level, in sysfs `power_dpm_force_performance_level`.
///
/// Returns RSMI_STATUS_PERMISSION unless root initialised the library; RSMI_STATUS_INVALID_ARGS
/// for what is no level; RSMI_STATUS_NOT_SUPPORTED where the device has none or the driver refuses.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_perf_level_set(
    dv_ind: u32,
    perf_lvl: rsmi_dev_perf_level_t,
) -> rsmi_status_t {
    set(dv_ind, |gpu| gpu.set_perf_level(perf_lvl))
}

/// As `rsmi_dev_perf_level_set`.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_perf_level_set_v1(
    dv_ind: u32,
    perf_lvl: rsmi_dev_perf_level_t,
) -> rsmi_status_t {
    set(dv_ind, |gpu| gpu.set_perf_level(perf_lvl))
}

/// Chooses the levels of a clock that the driver may use: bit n of `freq_bitmask` is the level with
/// the number n in `pp_dpm_*`; that of deep sleep, `S`, has none. Bits of levels that are not there
/// are ignored; RSMI_STATUS_INVALID_ARGS where that is all of them.
///
/// Writes to sysfs: the performance level manual, then the numbers to `pp_dpm_*`. Returns
/// RSMI_STATUS_PERMISSION unless root initialised the library, and where the driver does not let
/// that clock be set; RSMI_STATUS_INVALID_ARGS for what is no such clock; RSMI_STATUS_NOT_SUPPORTED
/// where the device has none, and to clients of ROCm 7 in a virtual machine.
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
        gpu.set_clock(clk_type, freq_bitmask)
    })
}

/// Sets the lowest and the highest value in MHz of the system clock or the memory's.
///
/// Writes to sysfs: the performance level manual, then both ends and a commit to
/// `pp_od_clk_voltage`; what fails stops it. Returns RSMI_STATUS_INVALID_ARGS unless the lowest is
/// below the highest; RSMI_STATUS_PERMISSION unless root initialised the library;
/// RSMI_STATUS_NOT_SUPPORTED for another clock, where the device cannot or the driver refuses, and
/// to clients of ROCm 7 in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_clk_range_set(
    dv_ind: u32,
    minclkvalue: u64,
    maxclkvalue: u64,
    clkType: rsmi_clk_type_t,
) -> rsmi_status_t {
    let checked = valid(minclkvalue < maxclkvalue).and_then(|()| on_bare_metal());
    if let Err(status) = checked {
        return status;
    }
    if !has_limits(clkType) {
        return rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED;
    }
    set(dv_ind, |gpu| gpu.set_clock_range(clkType, minclkvalue, maxclkvalue))
}

/// Sets the lowest or the highest value in MHz of the system clock or the memory's.
///
/// Writes to sysfs: the performance level manual, then that end and a commit to
/// `pp_od_clk_voltage`; what fails stops it. Returns RSMI_STATUS_INVALID_ARGS for another clock or
/// end; RSMI_STATUS_PERMISSION unless root initialised the library; RSMI_STATUS_NOT_SUPPORTED where
/// the device cannot or the driver refuses.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_clk_extremum_set(
    dv_ind: u32,
    level: rsmi_freq_ind_t,
    clkvalue: u64,
    clkType: rsmi_clk_type_t,
) -> rsmi_status_t {
    let ends = [rsmi_freq_ind_t::RSMI_FREQ_IND_MIN, rsmi_freq_ind_t::RSMI_FREQ_IND_MAX];
    if !has_limits(clkType) || !ends.contains(&level) {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    set(dv_ind, |gpu| gpu.set_clock_limit(clkType, level, clkvalue))
}

/// Sets a point of the overdrive table in MHz; as `rsmi_dev_clk_extremum_set`, but `level` is
/// passed on to the driver whatever it is, and another clock is found out after the performance
/// level was set.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_od_clk_info_set(
    dv_ind: u32,
    level: rsmi_freq_ind_t,
    clkvalue: u64,
    clkType: rsmi_clk_type_t,
) -> rsmi_status_t {
    set(dv_ind, |gpu| gpu.set_clock_limit(clkType, level, clkvalue))
}

/// Whether the overdrive table has the clock.
fn has_limits(clock: rsmi_clk_type_t) -> bool {
    [rsmi_clk_type_t::RSMI_CLK_TYPE_SYS, rsmi_clk_type_t::RSMI_CLK_TYPE_MEM].contains(&clock)
}

/// Sets a point of the voltage curve: a clock in MHz and its voltage in mV.
///
/// Writes to sysfs: the performance level manual, then the point and a commit to
/// `pp_od_clk_voltage`; what fails stops it. Returns RSMI_STATUS_PERMISSION unless root initialised
/// the library, RSMI_STATUS_NOT_SUPPORTED where the device cannot or the driver refuses.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_od_volt_info_set(
    dv_ind: u32,
    vpoint: u32,
    clkvalue: u64,
    voltvalue: u64,
) -> rsmi_status_t {
    set(dv_ind, |gpu| gpu.set_voltage_point(vpoint, clkvalue, voltvalue))
}

/// The regions in which the points of the voltage curve can be moved, from sysfs
/// `pp_od_clk_voltage`: `*num_regions` is how many there is room for in `buffer`, and becomes how
/// many were written.
///
/// Only for a client of ROCm 5. For later ones there are none, the limits of the two clocks are
/// written into the first, and RSMI_STATUS_NOT_SUPPORTED is returned. With a null pointer:
/// RSMI_STATUS_INVALID_ARGS if the device has the table, else RSMI_STATUS_NOT_SUPPORTED.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_od_volt_curve_regions_get(
    dv_ind: u32,
    num_regions: *mut u32,
    buffer: *mut rsmi_freq_volt_region_t,
) -> rsmi_status_t {
    if num_regions.is_null() || buffer.is_null() {
        return Null::Asks(Function("rsmi_dev_od_volt_curve_regions_get")).answer(dv_ind);
    }
    // SAFETY: not null, and then the client's.
    let room = unsafe { num_regions.read_unaligned() };
    if room == 0 {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let regions = match with_gpu(dv_ind, |gpu| gpu.overdrive_regions(room)) {
        Ok(regions) => regions,
        Err(status) => return status,
    };
    // SAFETY: as above.
    unsafe { put(num_regions, regions.count) };
    for (at, region) in regions.told.iter().enumerate() {
        // SAFETY: no more regions are told of than the client has room for.
        let out = unsafe { buffer.add(at) };
        if let Some(range) = region.frequency {
            // SAFETY: as above; the range lies in the struct.
            unsafe { put(&raw mut (*out).freq_range, range) };
        }
        if let Some(range) = region.voltage {
            // SAFETY: as above.
            unsafe { put(&raw mut (*out).volt_range, range) };
        }
    }
    if regions.count > 0 {
        return rsmi_status_t::RSMI_STATUS_SUCCESS;
    }
    rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED
}

/// The power profiles that can be chosen, and the one in use; from sysfs `pp_power_profile_mode`.
/// The second argument means nothing.
///
/// `num_profiles` counts also those that rsmi has no name for; where one of them is in use,
/// `current` is RSMI_PWR_PROF_PRST_INVALID. With a null pointer: RSMI_STATUS_INVALID_ARGS if the
/// device has profiles, else RSMI_STATUS_NOT_SUPPORTED.
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
    match with_gpu(dv_ind, Gpu::power_profiles) {
        Ok(profiles) => {
            // Member by member, as the original, so that what lies behind stays as it was.
            // SAFETY: not null, and then the client's; the members lie in the struct.
            unsafe { put(&raw mut (*status).available_profiles, profiles.available_profiles) };
            // SAFETY: as above.
            unsafe { put(&raw mut (*status).current, profiles.current) };
            // SAFETY: as above.
            unsafe { put(&raw mut (*status).num_profiles, profiles.num_profiles) };
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Resets the GPU, by reading debugfs `amdgpu_gpu_recover`. Whatever runs on it is lost.
///
/// Returns RSMI_STATUS_PERMISSION unless root initialised the library, RSMI_STATUS_NOT_SUPPORTED
/// where debugfs is not mounted or the driver has no such file.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_gpu_reset(dv_ind: u32) -> rsmi_status_t {
    set(dv_ind, Gpu::reset)
}
