//! Physical state: fans and temperatures.

use crate::entry::{Null, get};
use crate::support::Question::Sensor;
use crate::types::{rsmi_status_t, rsmi_temperature_metric_t};
use rsmi_macros::export;

/// A fan's speed in revolutions a minute; `sensor_ind` counts from 0.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device has that fan, else
/// RSMI_STATUS_NOT_SUPPORTED.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_fan_rpms_get(
    dv_ind: u32,
    sensor_ind: u32,
    speed: *mut i64,
) -> rsmi_status_t {
    let null = Null::Asks(Sensor(&["fan#_input"], sensor_ind.wrapping_add(1)));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, speed, null, |gpu| gpu.fan_rpms(sensor_ind)) }
}

/// A fan's speed from 0 to `rsmi_dev_fan_speed_max_get`; `sensor_ind` counts from 0.
///
/// With a null pointer: as `rsmi_dev_fan_rpms_get`.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_fan_speed_get(
    dv_ind: u32,
    sensor_ind: u32,
    speed: *mut i64,
) -> rsmi_status_t {
    let null = Null::Asks(Sensor(&["pwm#"], sensor_ind.wrapping_add(1)));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, speed, null, |gpu| gpu.fan_speed(sensor_ind)) }
}

/// The number that stands for a fan's full speed, 255; `sensor_ind` counts from 0.
///
/// With a null pointer: as `rsmi_dev_fan_rpms_get`.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_fan_speed_max_get(
    dv_ind: u32,
    sensor_ind: u32,
    max_speed: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(Sensor(&["pwm#_max"], sensor_ind.wrapping_add(1)));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, max_speed, null, |gpu| gpu.fan_speed_max(sensor_ind)) }
}

/// A temperature in millidegrees Celsius: what `metric` says of the sensor `sensor_type`, an
/// `rsmi_temperature_type_t`.
///
/// From hwmon's sensor of that label; HBM stacks, of which there is only the current temperature,
/// from `gpu_metrics`. Returns RSMI_STATUS_NOT_SUPPORTED where the device has no such sensor,
/// RSMI_STATUS_INTERNAL_EXCEPTION for a type or metric that is not listed.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_temp_metric_get(
    dv_ind: u32,
    sensor_type: u32,
    metric: rsmi_temperature_metric_t,
    temperature: *mut i64,
) -> rsmi_status_t {
    let read = |gpu: &crate::gpu::Gpu| gpu.temperature(sensor_type, metric);
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, temperature, Null::Invalid, read) }
}
