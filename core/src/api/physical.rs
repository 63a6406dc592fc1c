//! Physical state: fans, temperatures and voltages.

use crate::ask::ask;
use crate::entry::{Null, get, set, set_on_metal, with_gpu};
use crate::gpu::Gpu;
use crate::question::{
    FanRpms, FanSpeed, FanSpeedMax, ResetFan, SetFanSpeed, Temperature, Voltage,
};
use crate::support::Question::{OfSensor, VariantOfSensor};
use crate::types::{
    rsmi_status_t, rsmi_temperature_metric_t, rsmi_voltage_metric_t, rsmi_voltage_type_t,
};
use rsmi_macros::export;

/// Reads the speed of a fan in revolutions per minute, from hwmon `fan*_input`.
///
/// @param[in] sensor_ind The number of the fan, from 0.
/// @param[out] speed The speed in revolutions per minute.
/// @retval RSMI_STATUS_INVALID_ARGS `speed` is a null pointer, and the device has the fan.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the fan, or the firmware does not
///   report its speed.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_fan_rpms_get(
    dv_ind: u32,
    sensor_ind: u32,
    speed: *mut i64,
) -> rsmi_status_t {
    let null = Null::Asks(OfSensor("rsmi_dev_fan_rpms_get", sensor_ind.wrapping_add(1)));
    get(dv_ind, speed, null, |gpu| ask(gpu, &FanRpms { sensor: sensor_ind }))
}

/// Reads the speed of a fan relative to its maximum, from hwmon `pwm*`.
///
/// @param[in] sensor_ind The number of the fan, from 0.
/// @param[out] speed The speed, 0 to the value of rsmi_dev_fan_speed_max_get().
/// @retval RSMI_STATUS_INVALID_ARGS `speed` is a null pointer, and the device has the fan.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the fan.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_fan_speed_get(
    dv_ind: u32,
    sensor_ind: u32,
    speed: *mut i64,
) -> rsmi_status_t {
    let null = Null::Asks(OfSensor("rsmi_dev_fan_speed_get", sensor_ind.wrapping_add(1)));
    get(dv_ind, speed, null, |gpu| ask(gpu, &FanSpeed { sensor: sensor_ind }))
}

/// Reads the value that stands for the full speed of a fan, from hwmon `pwm*_max`.
///
/// @param[in] sensor_ind The number of the fan, from 0.
/// @param[out] max_speed The value: 255.
/// @retval RSMI_STATUS_INVALID_ARGS `max_speed` is a null pointer, and the device has the fan.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the fan.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_fan_speed_max_get(
    dv_ind: u32,
    sensor_ind: u32,
    max_speed: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(OfSensor("rsmi_dev_fan_speed_max_get", sensor_ind.wrapping_add(1)));
    get(dv_ind, max_speed, null, |gpu| ask(gpu, &FanSpeedMax { sensor: sensor_ind }))
}

/// Reads a temperature.
///
/// The source is the hwmon sensor whose label names the place. For an HBM stack it is sysfs
/// `gpu_metrics`, which has only the current temperature.
///
/// @param[in] sensor_type The place, a value of rsmi_temperature_type_t.
/// @param[in] metric Which value of the sensor to read.
/// @param[out] temperature The temperature in millidegrees Celsius.
/// @retval RSMI_STATUS_INVALID_ARGS `temperature` is a null pointer.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the sensor, or the sensor does not
///   report the value.
/// @retval RSMI_STATUS_INTERNAL_EXCEPTION `sensor_type` or `metric` is an unknown value.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The library cannot read the metrics table. Only HBM stacks
///   have this status. Clients built for ROCm 5 get RSMI_STATUS_NOT_SUPPORTED instead.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_temp_metric_get(
    dv_ind: u32,
    sensor_type: u32,
    metric: rsmi_temperature_metric_t,
    temperature: *mut i64,
) -> rsmi_status_t {
    let read = |gpu: &Gpu| ask(gpu, &Temperature { place: sensor_type, metric });
    get(dv_ind, temperature, Null::Invalid, read)
}

/// Reads a voltage, from the hwmon sensor whose label names the supply.
///
/// @param[in] sensor_type The supply.
/// @param[in] metric Which value of the sensor to read.
/// @param[out] voltage The voltage in millivolts.
/// @retval RSMI_STATUS_INVALID_ARGS `voltage` is a null pointer, and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the sensor, or the sensor does not
///   report the value. If it does not have the sensor, clients built for ROCm 5 get
///   RSMI_STATUS_INTERNAL_EXCEPTION instead.
/// @retval RSMI_STATUS_INTERNAL_EXCEPTION `metric` is an unknown value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_volt_metric_get(
    dv_ind: u32,
    sensor_type: rsmi_voltage_type_t,
    metric: rsmi_voltage_metric_t,
    voltage: *mut i64,
) -> rsmi_status_t {
    if voltage.is_null() {
        return match with_gpu(dv_ind, |gpu| gpu.voltage_sensor(sensor_type)) {
            Ok(number) => {
                let asked = VariantOfSensor("rsmi_dev_volt_metric_get", metric.0.into(), number);
                Null::Asks(asked).answer(dv_ind)
            }
            Err(status) => status,
        };
    }
    let read = |gpu: &Gpu| ask(gpu, &Voltage { kind: sensor_type, metric });
    get(dv_ind, voltage, Null::Invalid, read)
}

/// Returns the control of a fan to the driver, in hwmon `pwm*_enable`.
///
/// @param[in] sensor_ind The number of the fan, from 0.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the fan, or the driver refuses the
///   change.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_fan_reset(dv_ind: u32, sensor_ind: u32) -> rsmi_status_t {
    set(dv_ind, |gpu| ask(gpu, &ResetFan { sensor: sensor_ind }))
}

/// Takes the control of a fan from the driver and sets the speed of the fan.
///
/// The function writes to hwmon: first to `pwm*_enable`, then the speed to `pwm*`.
///
/// @param[in] sensor_ind The number of the fan, from 0.
/// @param[in] speed The speed, 0 to the value of rsmi_dev_fan_speed_max_get().
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_INPUT_OUT_OF_BOUNDS `speed` is higher than the maximum.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the fan, or the driver refuses the
///   change. Clients built for ROCm 7 also get this status in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_fan_speed_set(
    dv_ind: u32,
    sensor_ind: u32,
    speed: u64,
) -> rsmi_status_t {
    set_on_metal(dv_ind, |gpu| ask(gpu, &SetFanSpeed { sensor: sensor_ind, speed }))
}
