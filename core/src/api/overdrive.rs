//! Overdrive: levels, limits of clocks and the voltage curve.

use crate::ask::ask;
use crate::client;
use crate::entry::{Null, get, on_bare_metal, set, set_if, valid, with_gpu};
use crate::map;
use crate::out::member;
use crate::question::{
    MemoryOverdriveLevel, Overdrive, OverdriveLevel, OverdriveRegions, SetClockLimit,
    SetClockRange, SetOverdriveClock, SetOverdriveLevel, SetVoltagePoint,
};
use crate::support::Question::Function;
use crate::types::{
    rsmi_clk_type_t, rsmi_freq_ind_t, rsmi_freq_volt_region_t, rsmi_od_volt_freq_data_t,
    rsmi_range_t, rsmi_status_t,
};
use rsmi_generations::Generation;
use rsmi_macros::export;

/// Reads the overdrive level of the graphics clock, from sysfs `pp_sclk_od`.
///
/// @param[out] od By how many percent the clock may exceed its default.
/// @retval RSMI_STATUS_INVALID_ARGS `od` is a null pointer, and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value. Clients built for ROCm 7
///   also get this status in a virtual machine.
/// @retval RSMI_STATUS_UNEXPECTED_SIZE The number in the file needs more than 32 bits.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_overdrive_level_get(dv_ind: u32, od: *mut u32) -> rsmi_status_t {
    get(dv_ind, od, Null::Asks(Function("rsmi_dev_overdrive_level_get")), |gpu| {
        on_bare_metal()?;
        ask(gpu, &OverdriveLevel)
    })
}

/// Reads the overdrive level of the memory clock, from sysfs `pp_mclk_od`.
///
/// @param[out] od By how many percent the clock may exceed its default.
/// @retval RSMI_STATUS_INVALID_ARGS `od` is a null pointer, and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_UNEXPECTED_SIZE The number in the file needs more than 32 bits.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_mem_overdrive_level_get(
    dv_ind: u32,
    od: *mut u32,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_mem_overdrive_level_get"));
    get(dv_ind, od, null, |gpu| ask(gpu, &MemoryOverdriveLevel))
}

/// Reads the ranges of the graphics clock and of the memory clock, from sysfs `pp_od_clk_voltage`.
///
/// Clients built for ROCm 5 also get the points of the voltage curve.
///
/// @param[out] odv Frequencies in Hz and voltages in mV. A value that the device does not report is
///   0. For clients built for ROCm 7, the bounds of a current range are UINT64_MAX instead.
/// @retval RSMI_STATUS_INVALID_ARGS `odv` is a null pointer, and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_NOT_YET_IMPLEMENTED The file has only one line. Clients built for ROCm 5
///   also get this status if the file is empty.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The library does not know the format of the file.
/// @retval RSMI_STATUS_NO_DATA The file has only a heading. Only clients built for ROCm 6 get this
///   status.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_od_volt_info_get(
    dv_ind: u32,
    odv: *mut rsmi_od_volt_freq_data_t,
) -> rsmi_status_t {
    if odv.is_null() {
        return Null::Asks(Function("rsmi_dev_od_volt_info_get")).answer(dv_ind);
    }
    match with_gpu(dv_ind, |gpu| Ok(ask(gpu, &Overdrive))) {
        Ok(Ok(data)) => {
            odv.put(data);
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Ok(Err(status)) => {
            if client::generation().is_seven() {
                let unknown = rsmi_range_t { lower_bound: u64::MAX, upper_bound: u64::MAX };
                member!(odv => curr_sclk_range).put(unknown);
                member!(odv => curr_mclk_range).put(unknown);
            }
            status
        }
        Err(status) => status,
    }
}

/// Sets the overdrive level of the graphics clock, in sysfs `pp_sclk_od`.
///
/// @param[in] od By how many percent the clock may exceed its default, 0 to 20.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_INVALID_ARGS `od` is more than 20.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no overdrive level, or the driver refuses the
///   value. Clients built for ROCm 7 also get this status in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_overdrive_level_set(dv_ind: u32, od: u32) -> rsmi_status_t {
    // The index had a sign in ROCm 5's header, and was looked at first.
    if client::generation() == Generation::V5 && (dv_ind as i32) < 0 {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    set_overdrive(dv_ind, od)
}

/// Sets the overdrive level of the graphics clock. It does the same as
/// rsmi_dev_overdrive_level_set().
///
/// @param[in] od By how many percent the clock may exceed its default, 0 to 20.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_INVALID_ARGS `od` is more than 20.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no overdrive level, or the driver refuses the
///   value. Clients built for ROCm 7 also get this status in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_overdrive_level_set_v1(dv_ind: u32, od: u32) -> rsmi_status_t {
    set_overdrive(dv_ind, od)
}

fn set_overdrive(dv_ind: u32, percent: u32) -> rsmi_status_t {
    const MOST: u32 = 20;
    let check = || valid(percent <= MOST).and_then(|()| on_bare_metal());
    set_if(dv_ind, check, |gpu| ask(gpu, &SetOverdriveLevel { percent }))
}

/// Sets both limits of the graphics clock or of the memory clock.
///
/// The function writes to sysfs: first `manual` to `power_dpm_force_performance_level`, then both
/// limits and a commit to `pp_od_clk_voltage`. It stops at the first write that fails.
///
/// @param[in] minclkvalue The lower limit in MHz.
/// @param[in] maxclkvalue The upper limit in MHz. It must be higher than `minclkvalue`.
/// @param[in] clkType RSMI_CLK_TYPE_SYS or RSMI_CLK_TYPE_MEM.
/// @retval RSMI_STATUS_INVALID_ARGS `minclkvalue` is not lower than `maxclkvalue`.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_NOT_SUPPORTED `clkType` is another clock, the device has no such limits, or
///   the driver refuses the limits. Clients built for ROCm 7 also get this status in a virtual
///   machine.
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
    let range = SetClockRange { kind: clkType, min: minclkvalue, max: maxclkvalue };
    set(dv_ind, |gpu| ask(gpu, &range))
}

/// Sets one limit of the graphics clock or of the memory clock.
///
/// The function writes to sysfs: first `manual` to `power_dpm_force_performance_level`, then the
/// limit and a commit to `pp_od_clk_voltage`. It stops at the first write that fails.
///
/// @param[in] level RSMI_FREQ_IND_MIN for the lower limit, RSMI_FREQ_IND_MAX for the upper limit.
/// @param[in] clkvalue The limit in MHz.
/// @param[in] clkType RSMI_CLK_TYPE_SYS or RSMI_CLK_TYPE_MEM.
/// @retval RSMI_STATUS_INVALID_ARGS `clkType` is another clock, or `level` is another value.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no such limits, or the driver refuses the
///   limit.
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
    set(dv_ind, |gpu| ask(gpu, &SetClockLimit { kind: clkType, end: level, value: clkvalue }))
}

/// Sets one point of the overdrive table, in sysfs `pp_od_clk_voltage`.
///
/// The function does the same as rsmi_dev_clk_extremum_set(), with two differences: it does not
/// check `level` and passes it to the driver; and it checks `clkType` only after it has set the
/// performance level to manual.
///
/// @param[in] level The number of the point.
/// @param[in] clkvalue The clock in MHz.
/// @param[in] clkType RSMI_CLK_TYPE_SYS or RSMI_CLK_TYPE_MEM.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_INVALID_ARGS `clkType` is another clock.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no overdrive table, or the driver refuses the
///   value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_od_clk_info_set(
    dv_ind: u32,
    level: rsmi_freq_ind_t,
    clkvalue: u64,
    clkType: rsmi_clk_type_t,
) -> rsmi_status_t {
    set(dv_ind, |gpu| ask(gpu, &SetOverdriveClock { kind: clkType, end: level, value: clkvalue }))
}

/// Whether the overdrive table has the clock.
fn has_limits(clock: rsmi_clk_type_t) -> bool {
    map::OVERDRIVE_CLOCKS.contains(&clock)
}

/// Sets one point of the voltage curve.
///
/// The function writes to sysfs: first `manual` to `power_dpm_force_performance_level`, then the
/// point and a commit to `pp_od_clk_voltage`. It stops at the first write that fails.
///
/// @param[in] vpoint The number of the point, from 0.
/// @param[in] clkvalue The clock in MHz.
/// @param[in] voltvalue The voltage in mV.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no voltage curve, or the driver refuses the
///   point.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_od_volt_info_set(
    dv_ind: u32,
    vpoint: u32,
    clkvalue: u64,
    voltvalue: u64,
) -> rsmi_status_t {
    set(dv_ind, |gpu| {
        ask(gpu, &SetVoltagePoint { point: vpoint, clock: clkvalue, voltage: voltvalue })
    })
}

/// Reads the regions in which the points of the voltage curve may lie, from sysfs
/// `pp_od_clk_voltage`.
///
/// Only clients built for ROCm 5 get regions. For other clients the function writes 0 to
/// `num_regions` and the limits of the graphics clock and of the memory clock to the first element
/// of `buffer`, and returns RSMI_STATUS_NOT_SUPPORTED.
///
/// @param[in,out] num_regions In: how many elements `buffer` has. Out: how many the function wrote.
/// @param[out] buffer The regions: frequencies in Hz, voltages in mV.
/// @retval RSMI_STATUS_INVALID_ARGS A pointer is null, and the device has the table; or
///   `*num_regions` is 0.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the table. Clients built for ROCm 6
///   or later also get this status instead of RSMI_STATUS_SUCCESS.
/// @retval RSMI_STATUS_UNEXPECTED_SIZE The table has no regions. Only clients built for ROCm 5 get
///   this status.
/// @retval RSMI_STATUS_NOT_YET_IMPLEMENTED The file has only one line.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The library does not know the format of the file.
#[export(buffer: num_regions)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_od_volt_curve_regions_get(
    dv_ind: u32,
    num_regions: *mut u32,
    buffer: *mut rsmi_freq_volt_region_t,
) -> rsmi_status_t {
    if num_regions.is_null() || buffer.is_null() {
        return Null::Asks(Function("rsmi_dev_od_volt_curve_regions_get")).answer(dv_ind);
    }
    if buffer.room() == 0 {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let regions = match with_gpu(dv_ind, |gpu| ask(gpu, &OverdriveRegions { most: buffer.room() }))
    {
        Ok(regions) => regions,
        Err(status) => return status,
    };
    num_regions.put(regions.count);
    for (region, out) in regions.told.iter().zip(buffer.places()) {
        if let Some(range) = region.frequency {
            member!(out => freq_range).put(range);
        }
        if let Some(range) = region.voltage {
            member!(out => volt_range).put(range);
        }
    }
    if regions.count > 0 {
        return rsmi_status_t::RSMI_STATUS_SUCCESS;
    }
    rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED
}
