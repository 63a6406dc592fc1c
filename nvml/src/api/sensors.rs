//! Temperatures and fans.

use crate::entry::{Out, get, versioned, with_gpu};
use crate::handle::Device;
use crate::house::{Gpu, rsmi};
use crate::status::{Result, Status, read};
use crate::types::{nvmlFanSpeedInfo_v1_t, nvmlTemperature_v1_t};
use rsmi::rsmi_temperature_metric_t as Metric;
use rsmi::rsmi_temperature_type_t as Place;
use rsmi_macros::guard;

/// The only sensor that NVML knows.
const OF_GPU: u32 = 0;

fn degrees(gpu: &Gpu<'_>, place: Place, metric: Metric) -> Result<i64> {
    Ok(read(gpu.temperature(place, metric))? / 1000)
}

/// Of the chip's edge; where nobody measures there, of its hottest place.
fn of_chip(gpu: &Gpu<'_>, metric: Metric) -> Result<i64> {
    degrees(gpu, Place::RSMI_TEMP_TYPE_EDGE, metric)
        .or_else(|_| degrees(gpu, Place::RSMI_TEMP_TYPE_JUNCTION, metric))
}

pub(crate) fn of_memory(gpu: &Gpu<'_>) -> Result<i64> {
    degrees(gpu, Place::RSMI_TEMP_TYPE_MEMORY, Metric::RSMI_TEMP_CURRENT)
}

fn unsigned(degrees: i64) -> Result<u32> {
    u32::try_from(degrees).map_err(|_| Status::NOT_SUPPORTED)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetTemperature(
    device: Device,
    sensor: u32,
    temperature: Out<u32>,
) -> Status {
    get(device, temperature, |gpu| match sensor {
        OF_GPU => of_chip(&gpu, Metric::RSMI_TEMP_CURRENT).and_then(unsigned),
        _ => Err(Status::INVALID_ARGUMENT),
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetTemperatureV(
    device: Device,
    temperature: Out<nvmlTemperature_v1_t>,
) -> Status {
    with_gpu(device, |gpu| {
        versioned(temperature, 1)?;
        let asked = temperature.read()?;
        if asked.sensor_type != OF_GPU {
            return Err(Status::INVALID_ARGUMENT);
        }
        let degrees = of_chip(&gpu, Metric::RSMI_TEMP_CURRENT)? as i32;
        temperature.put(nvmlTemperature_v1_t { temperature: degrees, ..asked });
        Ok(())
    })
}

/// Where the chip switches itself off and where it slows down, and where its memory does.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetTemperatureThreshold(
    device: Device,
    threshold: u32,
    temperature: Out<u32>,
) -> Status {
    get(device, temperature, |gpu| {
        let degrees = match threshold {
            0 => of_chip(&gpu, Metric::RSMI_TEMP_EMERGENCY),
            1 => of_chip(&gpu, Metric::RSMI_TEMP_CRITICAL),
            2 => degrees(&gpu, Place::RSMI_TEMP_TYPE_MEMORY, Metric::RSMI_TEMP_CRITICAL),
            3..=7 => Err(Status::NOT_SUPPORTED),
            _ => Err(Status::INVALID_ARGUMENT),
        };
        degrees.and_then(unsigned)
    })
}

/// Of the highest speed, in percent.
fn fan_speed(gpu: &Gpu<'_>, fan: u32) -> Result<u32> {
    let (speed, highest) = read(gpu.fan(fan))?;
    let percent = speed.saturating_mul(100).checked_div(highest).ok_or(Status::NOT_SUPPORTED)?;
    Ok(percent.min(100) as u32)
}

/// amdgpu tells of one fan, or of none.
fn fan_exists(fan: u32) -> Result {
    if fan == 0 { Ok(()) } else { Err(Status::INVALID_ARGUMENT) }
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetFanSpeed(device: Device, speed: Out<u32>) -> Status {
    get(device, speed, |gpu| fan_speed(&gpu, 0))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetFanSpeed_v2(
    device: Device,
    fan: u32,
    speed: Out<u32>,
) -> Status {
    get(device, speed, |gpu| {
        fan_exists(fan)?;
        fan_speed(&gpu, fan)
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetFanSpeedRPM(
    device: Device,
    fan_speed: Out<nvmlFanSpeedInfo_v1_t>,
) -> Status {
    with_gpu(device, |gpu| {
        versioned(fan_speed, 1)?;
        let asked = fan_speed.read()?;
        fan_exists(asked.fan)?;
        let speed = u32::try_from(read(gpu.fan_rpms(0))?).map_err(|_| Status::NOT_SUPPORTED)?;
        fan_speed.put(nvmlFanSpeedInfo_v1_t { speed, ..asked });
        Ok(())
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetNumFans(device: Device, count: Out<u32>) -> Status {
    get(device, count, |gpu| Ok(u32::from(gpu.fan(0).is_ok())))
}
