//! Power, in microwatts, and energy.

use crate::client;
use crate::entry::{Null, get, put, set_on_metal, with_gpu};
use crate::gpu::{ENERGY_RESOLUTION, Gpu};
use crate::support::Question::OfSensor;
use crate::types::{RSMI_POWER_TYPE, rsmi_power_profile_preset_masks_t, rsmi_status_t};
use rsmi_generations::Generation;
use rsmi_macros::export;

/// The average power in µW, from hwmon `power*_average`; `sensor_ind` counts from 0.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device has that sensor, else
/// RSMI_STATUS_NOT_SUPPORTED. MI300 and later report no average; see `rsmi_dev_power_get`. With
/// RSMI_COMPAT_POWER_FALLBACK=1 in the environment their current socket power stands in for it.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_power_ave_get(
    dv_ind: u32,
    sensor_ind: u32,
    power: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(OfSensor("rsmi_dev_power_ave_get", sensor_ind.wrapping_add(1)));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, power, null, |gpu| gpu.average_power(sensor_ind)) }
}

/// The current socket power in µW, from hwmon `power1_input` where its label is PPT.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_current_socket_power_get(
    dv_ind: u32,
    socket_power: *mut u64,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, socket_power, Null::Invalid, Gpu::current_socket_power) }
}

/// The power in µW and what it is: the current socket power, else the average.
///
/// Returns RSMI_STATUS_NOT_SUPPORTED, 0 and RSMI_INVALID_POWER where there is neither, or no such
/// device.
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
    let (status, answer) = match with_gpu(dv_ind, Gpu::power) {
        Ok(answer) => (rsmi_status_t::RSMI_STATUS_SUCCESS, answer),
        Err(status) => {
            let nothing = (0, RSMI_POWER_TYPE::RSMI_INVALID_POWER);
            let busy = status == rsmi_status_t::RSMI_STATUS_BUSY;
            (if busy { status } else { rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED }, nothing)
        }
    };
    // SAFETY: not null, and then the client's to be written.
    unsafe { put(power, answer.0) };
    // SAFETY: as above.
    unsafe { put(r#type, answer.1) };
    status
}

/// The energy counter, its step in µJ (15.3), and its time in ns; from `gpu_metrics`.
///
/// The step may be a null pointer. Returns RSMI_STATUS_NOT_SUPPORTED where the device has no
/// `gpu_metrics`, or its firmware does not count, RSMI_STATUS_UNEXPECTED_DATA where the table is of a version that is not known.
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
    match with_gpu(dv_ind, Gpu::energy) {
        Ok(_) if null => rsmi_status_t::RSMI_STATUS_INVALID_ARGS,
        Ok((count, time)) => {
            // SAFETY: not null, and then the client's to be written.
            unsafe { put(power, count) };
            // SAFETY: as above.
            unsafe { put(timestamp, time) };
            if !counter_resolution.is_null() {
                // SAFETY: as above.
                unsafe { put(counter_resolution, ENERGY_RESOLUTION) };
            }
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// The power cap in µW, from hwmon `power*_cap`; `sensor_ind` counts from 0.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_power_cap_get(
    dv_ind: u32,
    sensor_ind: u32,
    cap: *mut u64,
) -> rsmi_status_t {
    let null =
        Null::AskedBeforeSeven(OfSensor("rsmi_dev_power_cap_get", sensor_ind.wrapping_add(1)));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, cap, null, |gpu| gpu.power_cap(sensor_ind)) }
}

/// The power cap in µW that the card comes with, from hwmon `power1_cap_default`.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device tells it, else
/// RSMI_STATUS_NOT_SUPPORTED.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_power_cap_default_get(
    dv_ind: u32,
    default_cap: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(OfSensor("rsmi_dev_power_cap_default_get", 1));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, default_cap, null, Gpu::power_cap_default) }
}

/// The highest and the lowest power cap in µW, from hwmon `power*_cap_max` and `power*_cap_min`.
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
    let (highest, lowest) = match with_gpu(dv_ind, |gpu| Ok(gpu.power_cap_range(sensor_ind))) {
        Ok(range) => range,
        Err(status) => return status,
    };
    if let Ok(highest) = highest {
        // SAFETY: not null, and then the client's to be written.
        unsafe { put(max, highest) };
    }
    match lowest {
        Ok(lowest) => {
            // SAFETY: as above.
            unsafe { put(min, lowest) };
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Sets the power cap in µW, in hwmon `power*_cap`; `sensor_ind` counts from 0.
///
/// Returns RSMI_STATUS_PERMISSION unless root initialised the library; RSMI_STATUS_INVALID_ARGS for
/// a cap out of `rsmi_dev_power_cap_range_get`'s range; RSMI_STATUS_NOT_SUPPORTED where the device
/// has none or refuses it, and to clients of ROCm 7 in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_power_cap_set(
    dv_ind: u32,
    sensor_ind: u32,
    cap: u64,
) -> rsmi_status_t {
    set_on_metal(dv_ind, |gpu| gpu.set_power_cap(sensor_ind, cap))
}

/// Chooses the power profile. The second argument means nothing.
///
/// Writes to sysfs: the performance level manual, then the profile's number to
/// `pp_power_profile_mode`. Returns RSMI_STATUS_PERMISSION unless root initialised the library;
/// RSMI_STATUS_INPUT_OUT_OF_BOUNDS for more than one profile, or one that the device does not have;
/// RSMI_STATUS_NOT_SUPPORTED where it has no profiles, and to clients of ROCm 7 in a virtual
/// machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_power_profile_set(
    dv_ind: u32,
    reserved: u32,
    profile: rsmi_power_profile_preset_masks_t,
) -> rsmi_status_t {
    let _ = reserved;
    set_on_metal(dv_ind, |gpu| gpu.set_power_profile(profile))
}
