//! Power, its cap and its profiles, and energy.
//!
//! AMD SMI has power in whole watts, out of gpu_metrics; hwmon has the microwatts of rocm_smi.h.

use super::agreement::Factor;
use super::{Agreement, Between, First, Question, Why, equal, setter};
use crate::amdsmi::abi::{power_cap_info, power_info, power_profile_status};
use crate::amdsmi::{self, Written};
use crate::gpu::Gpu;
use crate::layout::Member;
use crate::log;
use crate::status::Result;
use crate::told::Told;
use crate::types::{
    RSMI_POWER_TYPE, rsmi_power_profile_preset_masks_t, rsmi_power_profile_status_t,
};

/// µW in a watt.
const WATT: u64 = Factor::WATT.unit();

/// µW in a kilowatt.
const KILOWATT: u64 = 1000 * WATT;

/// What 6.1.2 writes into 32 bits where gpu_metrics has all ones in 16.
const NOT_AVAILABLE: u64 = u16::MAX as u64;

/// µW
fn watts(written: &Written, member: &'static Member<amdsmi::Release>) -> Option<u64> {
    let watts = written.told(member, 0).filter(|watts| *watts != NOT_AVAILABLE)?;
    Some(Factor::WATT.of(watts))
}

const SAME_WATT: Agreement<u64> =
    Agreement::new("less than a watt apart", |amdsmi, kernel| amdsmi.abs_diff(*kernel) < WATT);

fn is_between(amdsmi: &u64, before: &u64, after: &u64) -> bool {
    (before.min(after) / WATT..=before.max(after) / WATT).contains(&(amdsmi / WATT))
}

/// The average power of a sensor, in µW.
#[derive(Debug)]
pub(crate) struct AveragePower {
    pub(crate) sensor: u32,
}

impl Question<'_> for AveragePower {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::Polled);

    // The call also reads the cap, and has the cap's status.
    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        if self.sensor != 0 {
            return only_the_first_sensor();
        }
        at.ask_anyway(
            |s| s.amdsmi_get_power_info,
            |handle, room| (handle, room.record(0)),
            |written| watts(written, &power_info::average_socket_power),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        at.average_power(self.sensor).into()
    }

    const AGREE: Agreement<u64> = SAME_WATT;
    const BETWEEN: Option<Between<u64>> = Some(is_between);
}

fn only_the_first_sensor<T>() -> Told<T> {
    log::reason(|| "AMD SMI knows only the first sensor".into());
    Told::Unknown
}

/// The current power, in µW.
#[derive(Debug)]
pub(crate) struct CurrentSocketPower;

impl Question<'_> for CurrentSocketPower {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        at.ask_anyway(
            |s| s.amdsmi_get_power_info,
            |handle, room| (handle, room.record(0)),
            |written| watts(written, &power_info::current_socket_power),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        at.current_socket_power().into()
    }

    const AGREE: Agreement<u64> = SAME_WATT;
    const BETWEEN: Option<Between<u64>> = Some(is_between);
}

/// The current power in µW, or the average where there is none, and which of the two it is.
#[derive(Debug)]
pub(crate) struct Power;

impl Question<'_> for Power {
    type Value = (u64, RSMI_POWER_TYPE);
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        at.ask_anyway(
            |s| s.amdsmi_get_power_info,
            |handle, room| (handle, room.record(0)),
            |written| {
                let current = watts(written, &power_info::current_socket_power);
                let average = || watts(written, &power_info::average_socket_power);
                current
                    .map(|power| (power, RSMI_POWER_TYPE::RSMI_CURRENT_POWER))
                    .or_else(|| average().map(|power| (power, RSMI_POWER_TYPE::RSMI_AVERAGE_POWER)))
            },
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        at.power().into()
    }

    // The sources know of different ones: gpu_metrics 1.3 has no current power.
    const AGREE: Agreement<Self::Value> = Agreement::new(
        "less than a watt apart, where both are the current power or both the average",
        |amdsmi, kernel| amdsmi.1 != kernel.1 || SAME_WATT.holds(&amdsmi.0, &kernel.0),
    );
    const BETWEEN: Option<Between<Self::Value>> =
        Some(|amdsmi, before, after| is_between(&amdsmi.0, &before.0, &after.0));
}

/// The energy accumulator and its time in ns.
#[derive(Debug)]
pub(crate) struct Energy;

impl Question<'_> for Energy {
    type Value = (u64, u64);
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        at.ask(
            |s| s.amdsmi_get_energy_count,
            |handle, room| (handle, room.number(0), room.number(16), room.number(8)),
            |written| Some((written.number(0)?, written.number(8)?)),
        )
        .filter(|(count, _)| ![u64::MAX, u32::MAX.into()].contains(count))
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        at.energy().into()
    }

    equal!();

    // AMD SMI keeps gpu_metrics for up to 100 ms: it may be behind, never ahead.
    const BETWEEN: Option<Between<Self::Value>> = Some(|amdsmi, before, after| {
        amdsmi.0 <= after.0 && amdsmi.1 <= after.1 && before.0 <= after.0
    });
}

fn cap_info(
    at: &amdsmi::Device,
    sensor: u32,
    member: &'static Member<amdsmi::Release>,
) -> Told<u64> {
    if sensor != 0 {
        return only_the_first_sensor();
    }
    // It reports success and 0 where it could not read a file.
    at.ask(
        |s| s.amdsmi_get_power_cap_info,
        |handle, room| (handle, sensor, room.record(0)),
        |written| written.told(member, 0).filter(|cap| *cap != 0),
    )
}

/// The cap, in µW.
#[derive(Debug)]
pub(crate) struct PowerCap {
    pub(crate) sensor: u32,
}

impl Question<'_> for PowerCap {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        cap_info(at, self.sensor, &power_cap_info::power_cap)
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        at.power_cap(self.sensor).into()
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        let cap = at.power_cap(self.sensor).ok()?;
        (cap >= KILOWATT).then(|| "6.1.2 loses the last digit of a cap of ten digits".into())
    }

    equal!();
}

/// The cap that the board came with, in µW.
#[derive(Debug)]
pub(crate) struct PowerCapDefault;

impl Question<'_> for PowerCapDefault {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        cap_info(at, 0, &power_cap_info::default_power_cap)
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        at.power_cap_default().into()
    }

    equal!();
}

/// The highest cap, and the lowest, which may be unknown; in µW.
#[derive(Debug)]
pub(crate) struct PowerCapRange {
    pub(crate) sensor: u32,
}

impl Question<'_> for PowerCapRange {
    type Value = (u64, Result<u64>);
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        if self.sensor != 0 {
            return only_the_first_sensor();
        }
        at.ask(
            |s| s.amdsmi_get_power_cap_info,
            |handle, room| (handle, self.sensor, room.record(0)),
            |written| {
                let max =
                    written.told(&power_cap_info::max_power_cap, 0).filter(|max| *max != 0)?;
                Some((max, Ok(written.told(&power_cap_info::min_power_cap, 0)?)))
            },
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        let (max, min) = at.power_cap_range(self.sensor);
        max.map(|max| (max, min)).into()
    }

    equal!();
}

/// Sets the cap, in µW.
#[derive(Debug)]
pub(crate) struct SetPowerCap {
    pub(crate) sensor: u32,
    pub(crate) cap: u64,
}

impl Question<'_> for SetPowerCap {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        if self.sensor != 0 {
            return only_the_first_sensor();
        }
        at.set(|s| s.amdsmi_set_power_cap, |handle| (handle, self.sensor, self.cap))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_power_cap(self.sensor, self.cap).into()
    }

    setter!();
}

/// It ends the process over tables of other forms than the oldest.
fn profiles_hazard(at: &Gpu) -> Option<String> {
    (!at.has_plain_profiles()).then(|| "the table of profiles is not as it expects it".into())
}

/// The profiles that can be chosen, and the one in use.
#[derive(Debug)]
pub(crate) struct PowerProfiles;

impl Question<'_> for PowerProfiles {
    type Value = rsmi_power_profile_status_t;
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        at.ask(
            |s| s.amdsmi_get_gpu_power_profile_presets,
            |handle, room| (handle, 0, room.record(0)),
            |written| {
                Some(rsmi_power_profile_status_t {
                    available_profiles: written
                        .raw(&power_profile_status::available_profiles, 0)?,
                    current: rsmi_power_profile_preset_masks_t(
                        written.raw(&power_profile_status::current, 0)?,
                    ),
                    num_profiles: written.raw(&power_profile_status::num_profiles, 0)? as u32,
                })
            },
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        at.power_profiles().into()
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        profiles_hazard(at)
    }

    equal!();
}

/// Chooses a profile.
#[derive(Debug)]
pub(crate) struct SetPowerProfile {
    pub(crate) profile: rsmi_power_profile_preset_masks_t,
}

impl Question<'_> for SetPowerProfile {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        if !self.profile.0.is_power_of_two() {
            return Told::Unknown;
        }
        at.set(|s| s.amdsmi_set_gpu_power_profile, |handle| (handle, 0, self.profile.0))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_power_profile(self.profile).into()
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        profiles_hazard(at)
    }

    setter!();
}
