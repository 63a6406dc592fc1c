//! Counters of the links between GPUs.

use super::{Gpu, INVALID_ARGS, NOT_SUPPORTED};
use crate::amdsmi;
use crate::kernel::perf;
use crate::log;
use crate::map;
use crate::status::Result;
use crate::types::{
    rsmi_counter_command_t, rsmi_counter_value_t, rsmi_event_group_t as Group,
    rsmi_event_type_t as Event,
};

impl Gpu {
    /// The number of the device's card, as in /dev/dri/card1.
    pub(crate) fn card(&self) -> Option<u32> {
        *self.card.get_or_init(|| {
            let names = self.device.join("drm").names().unwrap_or_default();
            Box::new(names.iter().find_map(|name| name.strip_prefix("card")?.parse().ok()))
        })
    }

    /// Whether the kernel has a unit that counts events of this group.
    pub(crate) fn counts(&self, group: Group) -> Result {
        log::source(|| self.sysfs.join("bus/event_source/devices").path().display().to_string());
        let groups = self.counted.get_or_init(|| {
            let there = |group: &Group| self.unit(*group).is_some_and(|unit| unit.path().is_dir());
            Box::new(map::EVENT_UNITS.iter().map(|(group, _)| *group).filter(there).collect())
        });
        if groups.contains(&group) {
            return Ok(());
        }
        log::reason(|| "the kernel has no perf unit for that group".into());
        Err(NOT_SUPPORTED)
    }

    /// A counter of its own for an event; that the kernel has it shows when it is started.
    pub(crate) fn counter(&self, event: Event) -> Result<perf::Counter> {
        let Some((group, name)) = map::find(map::EVENTS, &event) else {
            log::reason(|| "there is no such event".into());
            return Err(INVALID_ARGS);
        };
        let unit = self.unit(group).ok_or_else(|| {
            log::reason(|| "the device has no card".into());
            NOT_SUPPORTED
        })?;
        Ok(perf::Counter::new(unit, name))
    }

    /// How many counters of a group are free.
    pub(crate) fn available_counters(&self, group: Group) -> Result<u32> {
        if map::find(map::EVENT_UNITS, &group).is_none() {
            return Err(INVALID_ARGS);
        }
        let available = self.device.number("df_cntr_avail", 10)?;
        if available == u64::from(u32::MAX) {
            log::reason(|| "the driver says that it does not know".into());
            return Err(NOT_SUPPORTED);
        }
        Ok(available as u32)
    }

    fn unit(&self, group: Group) -> Option<crate::kernel::Dir> {
        let prefix = map::find(map::EVENT_UNITS, &group)?;
        Some(self.sysfs.join(&format!("bus/event_source/devices/{prefix}{}", self.card()?)))
    }
}

/// A counter of one source.
pub(crate) enum Counter {
    Kernel(perf::Counter),
    Amdsmi(amdsmi::Counter),
}

impl std::fmt::Debug for Counter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Kernel(_) => "a counter of the kernel's",
            Self::Amdsmi(_) => "a counter of AMD SMI's",
        })
    }
}

impl Counter {
    pub(crate) fn start(&self) -> Result {
        match self {
            Self::Kernel(counter) => counter.start(),
            Self::Amdsmi(counter) => counter.control(START),
        }
    }

    pub(crate) fn stop(&self) -> Result {
        match self {
            Self::Kernel(counter) => counter.stop(),
            Self::Amdsmi(counter) => counter.control(STOP),
        }
    }

    /// What was counted since the last reading.
    pub(crate) fn read(&self) -> Result<rsmi_counter_value_t> {
        match self {
            Self::Kernel(counter) => counter.read(),
            Self::Amdsmi(counter) => {
                let [value, time_enabled, time_running] = counter.read()?;
                Ok(rsmi_counter_value_t { value, time_enabled, time_running })
            }
        }
    }

    /// Before it goes.
    pub(crate) fn end(&self) -> Result {
        match self {
            Self::Kernel(counter) => counter.stop(),
            Self::Amdsmi(counter) => counter.destroy(),
        }
    }
}

const START: u32 = rsmi_counter_command_t::RSMI_CNTR_CMD_START.0;
const STOP: u32 = rsmi_counter_command_t::RSMI_CNTR_CMD_STOP.0;
