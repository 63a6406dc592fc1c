//! Physical state: fans, temperatures and voltages.

use crate::entry::{Null, get, set, set_on_metal, with_gpu};
use crate::gpu::Gpu;
use crate::support::Question::{OfSensor, VariantOfSensor};
use crate::types::{
    rsmi_status_t, rsmi_temperature_metric_t, rsmi_voltage_metric_t, rsmi_voltage_type_t,
};
use rsmi_macros::export;

/// A fan's speed in revolutions a minute; `sensor_ind` counts from 0.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device has that fan, else
/// RSMI_STATUS_NOT_SUPPORTED, which is also what a fan gives that the firmware does not report.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_fan_rpms_get(
    dv_ind: u32,
    sensor_ind: u32,
    speed: *mut i64,
) -> rsmi_status_t {
    let null = Null::Asks(OfSensor("rsmi_dev_fan_rpms_get", sensor_ind.wrapping_add(1)));
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
    let null = Null::Asks(OfSensor("rsmi_dev_fan_speed_get", sensor_ind.wrapping_add(1)));
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
    let null = Null::Asks(OfSensor("rsmi_dev_fan_speed_max_get", sensor_ind.wrapping_add(1)));
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
    let read = |gpu: &Gpu| gpu.temperature(sensor_type, metric);
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, temperature, Null::Invalid, read) }
}

/// A voltage in millivolts: what `metric` says of the sensor `sensor_type`.
///
/// From hwmon's sensor of that label. With a null pointer:
/// RSMI_STATUS_INVALID_ARGS if the device tells it, else RSMI_STATUS_NOT_SUPPORTED. Returns
/// RSMI_STATUS_NOT_SUPPORTED where the device has no such sensor, RSMI_STATUS_INTERNAL_EXCEPTION
/// for a metric that is not listed, and for clients of ROCm 5 in both cases.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_volt_metric_get(
    dv_ind: u32,
    sensor_type: rsmi_voltage_type_t,
    metric: rsmi_voltage_metric_t,
    voltage: *mut i64,
) -> rsmi_status_t {
    let number = match with_gpu(dv_ind, |gpu| gpu.voltage_sensor(sensor_type)) {
        Ok(number) => number,
        Err(status) => return status,
    };
    let asked = VariantOfSensor("rsmi_dev_volt_metric_get", metric.0.into(), number);
    let read = |gpu: &Gpu| gpu.voltage(number, metric);
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, voltage, Null::Asks(asked), read) }
}

/// Gives a fan back to the driver; `sensor_ind` counts from 0. In hwmon `pwm*_enable`.
///
/// Returns RSMI_STATUS_PERMISSION unless root initialised the library, RSMI_STATUS_NOT_SUPPORTED
/// where there is no such fan.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_fan_reset(dv_ind: u32, sensor_ind: u32) -> rsmi_status_t {
    set(dv_ind, |gpu| gpu.reset_fan(sensor_ind))
}

/// Takes a fan from the driver and sets its speed, from 0 to `rsmi_dev_fan_speed_max_get`;
/// `sensor_ind` counts from 0. In hwmon `pwm*_enable` and `pwm*`.
///
/// Returns RSMI_STATUS_PERMISSION unless root initialised the library;
/// RSMI_STATUS_INPUT_OUT_OF_BOUNDS for a higher speed; RSMI_STATUS_NOT_SUPPORTED where there is no
/// such fan, and to clients of ROCm 7 in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_fan_speed_set(
    dv_ind: u32,
    sensor_ind: u32,
    speed: u64,
) -> rsmi_status_t {
    set_on_metal(dv_ind, |gpu| gpu.set_fan_speed(sensor_ind, speed))
}
