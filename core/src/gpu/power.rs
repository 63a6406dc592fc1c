//! Power and energy.

use super::{BUSY, Gpu, NOT_SUPPORTED};
use crate::config::Config;
use crate::log;
use crate::status::Result;
use crate::types::RSMI_POWER_TYPE;

/// The energy counter's step in µJ. The hardware's is 15.259; clients get what they always got.
pub(crate) const ENERGY_RESOLUTION: f32 = 15.3;

impl Gpu {
    /// A sensor's file in µW; files count from 1, rsmi from 0.
    fn power_file(&self, file: &str, sensor: u32) -> Result<u64> {
        self.sensors(|hwmon| hwmon.unsigned(file, sensor.wrapping_add(1)))
    }

    /// µW
    pub(crate) fn average_power(&self, sensor: u32) -> Result<u64> {
        self.power_file("power#_average", sensor)
    }

    /// The current power in µW, where it stands in for an average that there is not.
    pub(crate) fn instead_of_average(&self, sensor: u32) -> Option<u64> {
        if sensor != 0 || !Config::get().power_fallback {
            return None;
        }
        log::source(|| "RSMI_COMPAT_POWER_FALLBACK".into());
        self.current_socket_power().ok()
    }

    /// µW
    pub(crate) fn current_socket_power(&self) -> Result<u64> {
        if !self.sensors(|hwmon| hwmon.says("power#_label", 1, b"PPT"))? {
            log::reason(|| "the power sensor's label is not PPT".into());
            return Err(NOT_SUPPORTED);
        }
        self.power_file("power#_input", 0)
    }

    /// The current power where the card has it, else the average.
    pub(crate) fn power(&self) -> Result<(u64, RSMI_POWER_TYPE)> {
        match self.current_socket_power() {
            Ok(power) => return Ok((power, RSMI_POWER_TYPE::RSMI_CURRENT_POWER)),
            Err(BUSY) => return Err(BUSY),
            Err(_) => {}
        }
        match self.power_file("power#_average", 0) {
            Ok(power) => Ok((power, RSMI_POWER_TYPE::RSMI_AVERAGE_POWER)),
            Err(BUSY) => Err(BUSY),
            Err(_) => Err(NOT_SUPPORTED),
        }
    }

    /// µW
    pub(crate) fn power_cap(&self, sensor: u32) -> Result<u64> {
        self.power_file("power#_cap", sensor)
    }

    /// µW
    pub(crate) fn power_cap_default(&self) -> Result<u64> {
        self.power_file("power#_cap_default", 0)
    }

    /// µW: the highest and the lowest cap. The highest stands although the lowest cannot be read.
    pub(crate) fn power_cap_range(&self, sensor: u32) -> (Result<u64>, Result<u64>) {
        let max = self.power_file("power#_cap_max", sensor);
        let min = max.and_then(|_| self.power_file("power#_cap_min", sensor));
        (max, min)
    }

    /// The accumulator, in steps of `ENERGY_RESOLUTION`, and its time in ns.
    pub(crate) fn energy(&self) -> Result<(u64, u64)> {
        self.card_metrics(|metrics| {
            if metrics.energy_accumulator == u64::MAX {
                log::reason(|| "the firmware does not report it".into());
                return Err(NOT_SUPPORTED);
            }
            Ok((metrics.energy_accumulator, metrics.system_clock_counter))
        })
    }
}
