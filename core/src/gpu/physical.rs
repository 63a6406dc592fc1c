//! Temperatures, voltages and fans.

use super::{Gpu, NOT_SUPPORTED};
use crate::client;
use crate::log;
use crate::map;
use crate::status::Result;
use crate::types::{
    rsmi_status_t, rsmi_temperature_metric_t, rsmi_temperature_type_t, rsmi_voltage_metric_t,
    rsmi_voltage_type_t,
};
use rsmi_generations::Generation;

/// A fan's speed out of 16 bits that the firmware has not filled in.
pub(crate) const UNREPORTED_FAN: i64 = u16::MAX as i64;

impl Gpu {
    /// A temperature in millidegrees Celsius.
    pub(crate) fn temperature(&self, kind: u32, metric: rsmi_temperature_metric_t) -> Result<i64> {
        let kind = rsmi_temperature_type_t(kind);
        let first_stack = rsmi_temperature_type_t::RSMI_TEMP_TYPE_HBM_0.0;
        let last_stack = rsmi_temperature_type_t::RSMI_TEMP_TYPE_HBM_3.0;
        if (first_stack..=last_stack).contains(&kind.0) {
            return self.hbm_temperature((kind.0 - first_stack) as usize, metric);
        }
        // Where there are no sensors at all, that is what a client is told first.
        self.sensors(|hwmon| {
            if kind.0 > last_stack {
                log::reason(|| "there is no such type of temperature".into());
                return Err(rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION);
            }
            let Some(file) = map::find(map::TEMPERATURE_FILES, &metric) else {
                log::reason(|| "there is no such measure of a temperature".into());
                return Err(rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION);
            };
            let sensor = hwmon.temperature_file(kind).ok_or_else(|| {
                log::reason(|| "no temperature of the device has that label".into());
                NOT_SUPPORTED
            })?;
            hwmon.signed(file, sensor)
        })
    }

    fn hbm_temperature(&self, stack: usize, metric: rsmi_temperature_metric_t) -> Result<i64> {
        if metric != rsmi_temperature_metric_t::RSMI_TEMP_CURRENT {
            log::reason(|| "of HBM there is only the current temperature".into());
            return Err(NOT_SUPPORTED);
        }
        match self.card_metrics(|metrics| Ok(metrics.temperature_hbm[stack]))? {
            u16::MAX => {
                log::reason(|| "the firmware does not report it".into());
                Err(NOT_SUPPORTED)
            }
            degrees => Ok(i64::from(degrees) * 1000),
        }
    }

    /// The number in the file names of a voltage.
    pub(crate) fn voltage_sensor(&self, kind: rsmi_voltage_type_t) -> Result<u32> {
        let vddboard = kind == rsmi_voltage_type_t::RSMI_VOLT_TYPE_VDDBOARD;
        let listed = client::generation().is_seven() || !vddboard;
        let found = self.sensors(|hwmon| match hwmon.voltage_file(kind).filter(|_| listed) {
            None if !hwmon.is_there() => Err(NOT_SUPPORTED),
            file => Ok(file),
        })?;
        found.ok_or_else(|| {
            log::reason(|| "no voltage of the device has that label".into());
            if client::generation() == Generation::V5 {
                return rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION;
            }
            NOT_SUPPORTED
        })
    }

    /// mV, of the sensor of that number.
    pub(crate) fn voltage(&self, number: u32, metric: rsmi_voltage_metric_t) -> Result<i64> {
        let Some(file) = map::find(map::VOLTAGE_FILES, &metric) else {
            log::reason(|| "there is no such measure of a voltage".into());
            return Err(rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION);
        };
        self.sensors(|hwmon| hwmon.signed(file, number))
    }

    /// rpm
    pub(crate) fn fan_rpms(&self, sensor: u32) -> Result<i64> {
        match self.fan_file("fan#_input", sensor)? {
            UNREPORTED_FAN => {
                log::reason(|| "the firmware does not report it: all ones".into());
                Err(NOT_SUPPORTED)
            }
            speed => Ok(speed),
        }
    }

    /// 0 to the maximum, which is 255.
    pub(crate) fn fan_speed(&self, sensor: u32) -> Result<i64> {
        self.fan_file("pwm#", sensor)
    }

    pub(crate) fn fan_speed_max(&self, sensor: u32) -> Result<u64> {
        self.fan_file("pwm#_max", sensor).map(|number| number as u64)
    }

    fn fan_file(&self, file: &str, sensor: u32) -> Result<i64> {
        self.sensors(|hwmon| hwmon.signed(file, sensor.wrapping_add(1)))
    }
}
