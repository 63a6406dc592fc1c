//! Power and energy.

use crate::ask::ask;
use crate::client;
use crate::entry::{Null, get, set_on_metal, with_gpu};
use crate::gpu::ENERGY_RESOLUTION;
use crate::question::{
    AveragePower, CurrentSocketPower, Energy, Power, PowerCap, PowerCapDefault, PowerCapRange,
    SetPowerCap, SetPowerProfile,
};
use crate::support::Question::OfSensor;
use crate::types::{RSMI_POWER_TYPE, rsmi_power_profile_preset_masks_t, rsmi_status_t};
use rsmi_generations::Generation;
use rsmi_macros::export;

const NOT_SUPPORTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED;

/// Reads the average power, from hwmon `power*_average`.
///
/// MI300 and later GPUs do not report an average; see rsmi_dev_power_get(). If the environment has
/// RSMI_COMPAT_POWER_FALLBACK=1, the function returns the current socket power of sensor 0 instead.
///
/// @param[in] sensor_ind The number of the sensor, from 0.
/// @param[out] power The power in microwatts.
/// @retval RSMI_STATUS_INVALID_ARGS `power` is a null pointer, and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_power_ave_get(
    dv_ind: u32,
    sensor_ind: u32,
    power: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(OfSensor("rsmi_dev_power_ave_get", sensor_ind.wrapping_add(1)));
    get(dv_ind, power, null, |gpu| match ask(gpu, &AveragePower { sensor: sensor_ind }) {
        Err(NOT_SUPPORTED) => gpu.instead_of_average(sensor_ind).ok_or(NOT_SUPPORTED),
        average => average,
    })
}

/// Reads the current socket power, from hwmon `power1_input` if its label is PPT.
///
/// @param[out] socket_power The power in microwatts.
/// @retval RSMI_STATUS_INVALID_ARGS `socket_power` is a null pointer.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_current_socket_power_get(
    dv_ind: u32,
    socket_power: *mut u64,
) -> rsmi_status_t {
    get(dv_ind, socket_power, Null::Invalid, |gpu| ask(gpu, &CurrentSocketPower))
}

/// Reads the power: the current socket power, or the average power if the device does not report
/// the current one.
///
/// The sources are hwmon `power1_input` with the label PPT, and `power1_average`.
///
/// @param[out] power The power in microwatts. 0 if the device reports neither.
/// @param[out] type RSMI_CURRENT_POWER or RSMI_AVERAGE_POWER. RSMI_INVALID_POWER if the device
///   reports neither.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS A pointer is null.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device reports neither, or no device has this index.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_power_get(
    dv_ind: u32,
    power: *mut u64,
    r#type: *mut RSMI_POWER_TYPE,
) -> rsmi_status_t {
    if power.is_null() || r#type.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let (status, answer) = match with_gpu(dv_ind, |gpu| ask(gpu, &Power)) {
        Ok(answer) => (rsmi_status_t::RSMI_STATUS_SUCCESS, answer),
        Err(status) => {
            let nothing = (0, RSMI_POWER_TYPE::RSMI_INVALID_POWER);
            let busy = status == rsmi_status_t::RSMI_STATUS_BUSY;
            (if busy { status } else { rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED }, nothing)
        }
    };
    power.put(answer.0);
    r#type.put(answer.1);
    status
}

/// Reads the energy counter, from sysfs `gpu_metrics`.
///
/// The energy in microjoules is `power` times `counter_resolution`.
///
/// @param[out] power The number of steps that the counter has counted.
/// @param[out] counter_resolution The size of one step in microjoules, 15.3; or a null pointer.
/// @param[out] timestamp When the driver read the counter, in ns.
/// @retval RSMI_STATUS_INVALID_ARGS `power` or `timestamp` is a null pointer.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the file, or its firmware does not
///   count the energy. Clients built for ROCm 5
///   also get this status if the library cannot read the table.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The table is of an APU or cut short, or the library does not
///   know its version. Clients built for ROCm 6 also get this status if the device does not have
///   the file.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_energy_count_get(
    dv_ind: u32,
    power: *mut u64,
    counter_resolution: *mut f32,
    timestamp: *mut u64,
) -> rsmi_status_t {
    let null = power.is_null() || timestamp.is_null();
    // Clients of ROCm 5 are told first what is wrong with the device.
    if null && client::generation() != Generation::V5 {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    match with_gpu(dv_ind, |gpu| ask(gpu, &Energy)) {
        Ok(_) if null => rsmi_status_t::RSMI_STATUS_INVALID_ARGS,
        Ok((count, time)) => {
            power.put(count);
            timestamp.put(time);
            if !counter_resolution.is_null() {
                counter_resolution.put(ENERGY_RESOLUTION);
            }
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Reads the power cap, from hwmon `power*_cap`.
///
/// @param[in] sensor_ind The number of the sensor, from 0.
/// @param[out] cap The power cap in microwatts.
/// @retval RSMI_STATUS_INVALID_ARGS `cap` is a null pointer. Clients built for a release before
///   ROCm 7 get RSMI_STATUS_NOT_SUPPORTED instead if the device does not report the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_power_cap_get(
    dv_ind: u32,
    sensor_ind: u32,
    cap: *mut u64,
) -> rsmi_status_t {
    let null =
        Null::AskedBeforeSeven(OfSensor("rsmi_dev_power_cap_get", sensor_ind.wrapping_add(1)));
    get(dv_ind, cap, null, |gpu| ask(gpu, &PowerCap { sensor: sensor_ind }))
}

/// Reads the default power cap, from hwmon `power1_cap_default`.
///
/// @param[out] default_cap The power cap in microwatts.
/// @retval RSMI_STATUS_INVALID_ARGS `default_cap` is a null pointer, and the device reports the
///   value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_power_cap_default_get(
    dv_ind: u32,
    default_cap: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(OfSensor("rsmi_dev_power_cap_default_get", 1));
    get(dv_ind, default_cap, null, |gpu| ask(gpu, &PowerCapDefault))
}

/// Reads the highest and the lowest power cap, from hwmon `power*_cap_max` and `power*_cap_min`.
///
/// @param[in] sensor_ind The number of the sensor, from 0.
/// @param[out] max The highest power cap in microwatts. The function also writes it if it then
///   fails to read the lowest one.
/// @param[out] min The lowest power cap in microwatts.
/// @retval RSMI_STATUS_INVALID_ARGS A pointer is null. Clients built for a release before ROCm 7
///   get RSMI_STATUS_NOT_SUPPORTED instead if the device does not report the values.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the values.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_power_cap_range_get(
    dv_ind: u32,
    sensor_ind: u32,
    max: *mut u64,
    min: *mut u64,
) -> rsmi_status_t {
    if max.is_null() || min.is_null() {
        return Null::AskedBeforeSeven(OfSensor(
            "rsmi_dev_power_cap_range_get",
            sensor_ind.wrapping_add(1),
        ))
        .answer(dv_ind);
    }
    let range = with_gpu(dv_ind, |gpu| ask(gpu, &PowerCapRange { sensor: sensor_ind }));
    let (highest, lowest) = match range {
        Ok(range) => range,
        Err(status) => return status,
    };
    max.put(highest);
    match lowest {
        Ok(lowest) => {
            min.put(lowest);
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Sets the power cap, in hwmon `power*_cap`.
///
/// @param[in] sensor_ind The number of the sensor, from 0.
/// @param[in] cap The power cap in microwatts, in the range of rsmi_dev_power_cap_range_get().
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_INVALID_ARGS `cap` is outside the range.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no power cap, or the driver refuses the value.
///   Clients built for ROCm 7 also get this status in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_power_cap_set(
    dv_ind: u32,
    sensor_ind: u32,
    cap: u64,
) -> rsmi_status_t {
    set_on_metal(dv_ind, |gpu| ask(gpu, &SetPowerCap { sensor: sensor_ind, cap }))
}

/// Sets the power profile.
///
/// The function writes to sysfs: first `manual` to `power_dpm_force_performance_level`, then the
/// number of the profile to `pp_power_profile_mode`.
///
/// @param[in] reserved Ignored. Pass 0.
/// @param[in] profile The power profile, one value.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_INPUT_OUT_OF_BOUNDS `profile` is not exactly one bit, or the device does not
///   have the profile.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no power profiles, or the driver refuses the
///   change. Clients built for ROCm 7 also get this status in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_power_profile_set(
    dv_ind: u32,
    reserved: u32,
    profile: rsmi_power_profile_preset_masks_t,
) -> rsmi_status_t {
    let _ = reserved;
    set_on_metal(dv_ind, |gpu| ask(gpu, &SetPowerProfile { profile }))
}
