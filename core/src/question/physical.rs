//! Temperatures, voltages and fans.
//!
//! AMD SMI rounds temperatures down to degrees; hwmon has the millidegrees of rocm_smi.h.

use super::agreement::Factor;
use super::{Agreement, Between, First, Question, Why, equal, setter};
use crate::amdsmi;
use crate::gpu::Gpu;
use crate::map;
use crate::told::Told;
use crate::types::{
    rsmi_temperature_metric_t, rsmi_temperature_type_t, rsmi_voltage_metric_t, rsmi_voltage_type_t,
};

/// m°C in a degree.
const DEGREE: i64 = Factor::DEGREE.unit() as i64;

/// A temperature, in millidegrees Celsius.
#[derive(Debug)]
pub(crate) struct Temperature {
    /// A `rsmi_temperature_type_t`, or what a client took for one.
    pub(crate) place: u32,
    pub(crate) metric: rsmi_temperature_metric_t,
}

impl Question<'_> for Temperature {
    type Value = i64;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<i64> {
        // It knows more places and measures, which rocm_smi.h does not list.
        let place_is_one = self.place <= rsmi_temperature_type_t::RSMI_TEMP_TYPE_LAST.0;
        if !place_is_one || map::find(map::TEMPERATURE_FILES, &self.metric).is_none() {
            return Told::Unknown;
        }
        at.ask(
            |s| s.amdsmi_get_temp_metric,
            |handle, room| (handle, self.place, self.metric.0, room.number(0)),
            |written| written.number(0).map(|degrees| Factor::DEGREE.of_signed(degrees)),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<i64> {
        at.temperature(self.place, self.metric).into()
    }

    const AGREE: Agreement<i64> =
        Agreement::new("equal, the kernel's cut to whole degrees", |amdsmi, kernel| {
            *amdsmi == kernel / DEGREE * DEGREE
        });
    const BETWEEN: Option<Between<i64>> = Some(|amdsmi, before, after| {
        (before.min(after) / DEGREE..=before.max(after) / DEGREE).contains(&(amdsmi / DEGREE))
    });
}

/// A voltage, in mV.
#[derive(Debug)]
pub(crate) struct Voltage {
    pub(crate) kind: rsmi_voltage_type_t,
    pub(crate) metric: rsmi_voltage_metric_t,
}

impl Question<'_> for Voltage {
    type Value = i64;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<i64> {
        let kind_is_one = map::VOLTAGE_LABELS.iter().any(|(_, kind)| *kind == self.kind);
        if !kind_is_one || map::find(map::VOLTAGE_FILES, &self.metric).is_none() {
            return Told::Unknown;
        }
        at.ask(
            |s| s.amdsmi_get_gpu_volt_metric,
            |handle, room| (handle, self.kind.0, self.metric.0, room.number(0)),
            |written| written.number(0),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<i64> {
        at.voltage_sensor(self.kind).and_then(|number| at.voltage(number, self.metric)).into()
    }

    equal!();

    const BETWEEN: Option<Between<i64>> = Some(is_among);
}

fn is_among(amdsmi: &i64, before: &i64, after: &i64) -> bool {
    (before.min(after)..=before.max(after)).contains(&amdsmi)
}

/// The speed of a fan, in rpm.
#[derive(Debug)]
pub(crate) struct FanRpms {
    pub(crate) sensor: u32,
}

impl Question<'_> for FanRpms {
    type Value = i64;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<i64> {
        at.ask(
            |s| s.amdsmi_get_gpu_fan_rpms,
            |handle, room| (handle, self.sensor, room.number(0)),
            |written| written.number(0),
        )
        .filter(|speed| *speed != crate::gpu::UNREPORTED_FAN)
    }

    fn kernel(&self, at: &Gpu) -> Told<i64> {
        at.fan_rpms(self.sensor).into()
    }

    equal!();

    const BETWEEN: Option<Between<i64>> = Some(is_among);
}

/// The speed of a fan, 0 to its maximum.
#[derive(Debug)]
pub(crate) struct FanSpeed {
    pub(crate) sensor: u32,
}

impl Question<'_> for FanSpeed {
    type Value = i64;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<i64> {
        at.ask(
            |s| s.amdsmi_get_gpu_fan_speed,
            |handle, room| (handle, self.sensor, room.number(0)),
            |written| written.number(0),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<i64> {
        at.fan_speed(self.sensor).into()
    }

    equal!();

    const BETWEEN: Option<Between<i64>> = Some(is_among);
}

/// The maximum of a fan's speed.
#[derive(Debug)]
pub(crate) struct FanSpeedMax {
    pub(crate) sensor: u32,
}

impl Question<'_> for FanSpeedMax {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        at.ask(
            |s| s.amdsmi_get_gpu_fan_speed_max,
            |handle, room| (handle, self.sensor, room.number(0)),
            |written| written.number(0),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        at.fan_speed_max(self.sensor).into()
    }

    equal!();
}

/// Drives a fan by hand.
#[derive(Debug)]
pub(crate) struct SetFanSpeed {
    pub(crate) sensor: u32,
    pub(crate) speed: u64,
}

impl Question<'_> for SetFanSpeed {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        at.set(|s| s.amdsmi_set_gpu_fan_speed, |handle| (handle, self.sensor, self.speed))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_fan_speed(self.sensor, self.speed).into()
    }

    setter!();
}

/// Gives a fan back to the driver.
#[derive(Debug)]
pub(crate) struct ResetFan {
    pub(crate) sensor: u32,
}

impl Question<'_> for ResetFan {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        at.set(|s| s.amdsmi_reset_gpu_fan, |handle| (handle, self.sensor))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.reset_fan(self.sensor).into()
    }

    setter!();
}
