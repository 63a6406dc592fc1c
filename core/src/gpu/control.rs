//! What is set: one write, or a few in a fixed order, to the driver's files.
//!
//! The order is the legacy library's, and so is where it stops.

use super::{Gpu, INVALID_ARGS, NOT_SUPPORTED};
use crate::client;
use crate::kernel::dpm::Table;
use crate::kernel::{Dir, profiles, sleep};
use crate::log;
use crate::map;
use crate::status::Result;
use crate::types::{
    rsmi_clk_type_t, rsmi_dev_perf_level_t, rsmi_freq_ind_t, rsmi_memory_partition_type_t,
    rsmi_power_profile_preset_masks_t, rsmi_status_t,
};
use rsmi_generations::Generation;

const OUT_OF_BOUNDS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INPUT_OUT_OF_BOUNDS;

const PERF_LEVEL: &str = "power_dpm_force_performance_level";
const OVERDRIVE: &str = "pp_od_clk_voltage";
const COMPUTE_PARTITION: &str = "current_compute_partition";
const MEMORY_PARTITION: &str = "current_memory_partition";

/// What pwm#_enable calls the ways in which a fan is driven.
const FAN_MANUAL: u64 = 1;
const FAN_AUTOMATIC: u64 = 2;

/// What makes the overdrive table's edits take effect.
const COMMIT: &str = "c";

/// How a card was partitioned when the library was initialised, to which a reset goes back.
pub(super) struct Boot {
    compute: Option<&'static [u8]>,
    memory: Option<&'static [u8]>,
}

impl Boot {
    pub(super) fn read(device: &Dir) -> Self {
        let mode = |file, modes: &[&'static [u8]]| {
            let mode = device.word(file).ok()?;
            modes.iter().find(|listed| **listed == mode).copied()
        };
        Self {
            compute: mode(COMPUTE_PARTITION, &map::COMPUTE_PARTITIONS),
            memory: mode(MEMORY_PARTITION, &map::MEMORY_PARTITIONS),
        }
    }
}

impl Gpu {
    pub(crate) fn set_perf_level(&self, level: rsmi_dev_perf_level_t) -> Result {
        let word = map::PERF_LEVELS.iter().find(|(_, listed)| *listed == level);
        let (word, _) = word.ok_or(if (level.0 as i32) < 0 {
            // To the legacy library that is less than the highest level, and it looks it up.
            rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION
        } else {
            INVALID_ARGS
        })?;
        self.device.write(PERF_LEVEL, word)
    }

    /// The other clock setters have no effect, or are refused, at any other level.
    fn be_manual(&self) -> Result {
        self.device.write(PERF_LEVEL, "manual")
    }

    /// Percent above the default clock.
    pub(crate) fn set_overdrive_level(&self, percent: u32) -> Result {
        self.device.write("pp_sclk_od", percent.to_string())
    }

    /// µW, in the range that the card tells.
    pub(crate) fn set_power_cap(&self, sensor: u32, cap: u64) -> Result {
        let (max, min) = self.power_cap_range(sensor);
        let (max, min) = (max?, min?);
        if !(min..=max).contains(&cap) {
            log::reason(|| format!("the cap is {min} to {max}"));
            return Err(INVALID_ARGS);
        }
        self.sensors(|hwmon| hwmon.write("power#_cap", sensor.wrapping_add(1), cap))
    }

    pub(crate) fn set_power_profile(&self, mask: rsmi_power_profile_preset_masks_t) -> Result {
        if !mask.0.is_power_of_two() {
            log::reason(|| "a profile is one bit".into());
            return Err(OUT_OF_BOUNDS);
        }
        const FILE: &str = "pp_power_profile_mode";
        let table = profiles::read(&self.device.lines(FILE)?);
        let profile =
            table.profiles.iter().rev().find(|profile| profile.mask == mask).ok_or_else(|| {
                log::reason(|| "the card has no such profile".into());
                OUT_OF_BOUNDS
            })?;
        self.be_manual()?;
        self.device.write(FILE, profile.index.to_string())
    }

    /// Gives a fan back to the driver.
    pub(crate) fn reset_fan(&self, sensor: u32) -> Result {
        self.drive_fan(sensor, FAN_AUTOMATIC)
    }

    pub(crate) fn set_fan_speed(&self, sensor: u32, speed: u64) -> Result {
        let max = self.fan_speed_max(sensor)?;
        if speed > max {
            log::reason(|| format!("the highest speed is {max}"));
            return Err(OUT_OF_BOUNDS);
        }
        self.drive_fan(sensor, FAN_MANUAL)?;
        let set = self.sensors(|hwmon| hwmon.write("pwm#", sensor.wrapping_add(1), speed));
        if set.is_err() {
            // A fan that nobody drives would stay at the speed that it has, however hot it gets. Why
            // the speed was refused is what the log is to say.
            let _ = log::aside(|| self.drive_fan(sensor, FAN_AUTOMATIC));
        }
        set
    }

    fn drive_fan(&self, sensor: u32, how: u64) -> Result {
        self.sensors(|hwmon| hwmon.write("pwm#_enable", sensor.wrapping_add(1), how))
    }

    /// The levels of a clock that the driver may choose, one bit each.
    pub(crate) fn set_clock(&self, kind: rsmi_clk_type_t, mask: u64) -> Result {
        let file = map::find(map::CLOCK_FILES, &kind).ok_or(INVALID_ARGS)?;
        let table = self.clock(kind)?;
        table.outcome?;
        self.choose_levels(file, &table, mask)
    }

    /// The levels of the PCIe link that the driver may choose, one bit each. Those that were made up
    /// where it has no table are none that it knows.
    pub(crate) fn set_pci_bandwidth(&self, mask: u64) -> Result {
        const FILE: &str = "pp_dpm_pcie";
        let table = self.levels(FILE);
        match table.outcome {
            _ if table.is_whole() => self.choose_levels(FILE, &table, mask),
            Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA) => Err(NOT_SUPPORTED),
            outcome => outcome,
        }
    }

    fn choose_levels(&self, file: &str, table: &Table, mask: u64) -> Result {
        let chosen = table.chosen(mask)?;
        self.be_manual()?;
        self.device.write(file, chosen)
    }

    /// MHz. The highest clock at which run times still repeat.
    pub(crate) fn set_determinism(&self, highest: u64) -> Result {
        self.set_perf_level(rsmi_dev_perf_level_t::RSMI_DEV_PERF_LEVEL_DETERMINISM)?;
        self.edit_overdrive(&[&limit("s", rsmi_freq_ind_t::RSMI_FREQ_IND_MAX, highest)])
    }

    /// MHz, for the system clock and the memory's.
    pub(crate) fn set_clock_range(&self, kind: rsmi_clk_type_t, min: u64, max: u64) -> Result {
        let clock = letter(kind).ok_or(NOT_SUPPORTED)?;
        self.be_manual()?;
        self.edit_overdrive(&[
            &limit(clock, rsmi_freq_ind_t::RSMI_FREQ_IND_MIN, min),
            &limit(clock, rsmi_freq_ind_t::RSMI_FREQ_IND_MAX, max),
        ])
    }

    /// MHz. For another clock than the two there is no limit, which the legacy library found out
    /// only after it had changed the performance level.
    pub(crate) fn set_clock_limit(
        &self,
        kind: rsmi_clk_type_t,
        end: rsmi_freq_ind_t,
        value: u64,
    ) -> Result {
        self.be_manual()?;
        let clock = letter(kind).ok_or(INVALID_ARGS)?;
        self.edit_overdrive(&[&limit(clock, end, value)])
    }

    /// MHz and mV of a point of the voltage curve.
    pub(crate) fn set_voltage_point(&self, point: u32, clock: u64, voltage: u64) -> Result {
        self.be_manual()?;
        self.edit_overdrive(&[&format!("vc {point} {clock} {voltage}\n")])
    }

    fn edit_overdrive(&self, edits: &[&str]) -> Result {
        edits.iter().chain(&[COMMIT]).try_for_each(|edit| self.device.write(OVERDRIVE, edit))
    }

    /// Reading the driver's file is what resets the card.
    pub(crate) fn reset(&self) -> Result {
        let card = self.card().ok_or(NOT_SUPPORTED)?;
        sleep::awake(|| self.device.is_suspended())?;
        let debug = self.sysfs.join(&format!("kernel/debug/dri/{card}"));
        debug.bytes("amdgpu_gpu_recover").map(drop)
    }

    pub(crate) fn reset_compute_partition(&self) -> Result {
        log::kept("device/current_compute_partition");
        self.set_compute_partition(self.boot.compute.ok_or(NOT_SUPPORTED)?)
    }

    /// By the driver's word.
    pub(crate) fn set_compute_partition(&self, mode: &[u8]) -> Result {
        let available = self.device.line("available_compute_partition")?;
        if !contains(&available, mode) {
            log::reason(|| format!("the card cannot be {} now", mode.escape_ascii()));
            return Err(rsmi_status_t::RSMI_STATUS_SETTING_UNAVAILABLE);
        }
        if self.compute_partition()? == mode {
            return Ok(());
        }
        self.device.write_or_why(COMPUTE_PARTITION, mode)
    }

    pub(crate) fn set_memory_partition(&self, mode: rsmi_memory_partition_type_t) -> Result {
        if client::generation() < Generation::V6_3 && !self.has_memory_partitions_by_name() {
            return Err(NOT_SUPPORTED);
        }
        let mode = (mode.0 as usize).checked_sub(1).and_then(|at| map::MEMORY_PARTITIONS.get(at));
        self.divide_memory(mode.ok_or(INVALID_ARGS)?)
    }

    pub(crate) fn reset_memory_partition(&self) -> Result {
        log::kept("device/current_memory_partition");
        let mode = self.boot.memory.ok_or(NOT_SUPPORTED)?;
        if client::generation() < Generation::V6_3 && !self.has_memory_partitions_by_name() {
            return Err(NOT_SUPPORTED);
        }
        self.divide_memory(mode)
    }

    /// Tells the driver; it will divide the memory when it is loaded the next time.
    ///
    /// The legacy library then stopped the display manager and reloaded the driver, under
    /// everybody who was using a card. Ours leaves that to whoever runs the machine, and answers
    /// as the original did where it had not succeeded.
    fn divide_memory(&self, mode: &[u8]) -> Result {
        if self.memory_partition()? == mode {
            return Ok(());
        }
        self.device.write_or_why(MEMORY_PARTITION, mode).map_err(|status| match status {
            // Root that may not write: there is nothing to be written to.
            rsmi_status_t::RSMI_STATUS_PERMISSION => NOT_SUPPORTED,
            status => status,
        })?;
        log::reason(|| "it takes effect when the amdgpu driver is loaded again".into());
        Err(rsmi_status_t::RSMI_STATUS_AMDGPU_RESTART_ERR)
    }

    /// Older clients' library asked the name: MI300X and its like.
    fn has_memory_partitions_by_name(&self) -> bool {
        let name = self.name().unwrap_or_default().to_ascii_lowercase();
        contains(&name, b"mi") && contains(&name, b"00x")
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// The letter by which the overdrive table knows a clock.
fn letter(kind: rsmi_clk_type_t) -> Option<&'static str> {
    match kind {
        rsmi_clk_type_t::RSMI_CLK_TYPE_SYS => Some("s"),
        rsmi_clk_type_t::RSMI_CLK_TYPE_MEM => Some("m"),
        _ => None,
    }
}

/// An edit of the overdrive table: one end of a clock's range.
fn limit(clock: &str, end: rsmi_freq_ind_t, value: u64) -> String {
    format!("{clock} {} {value}\n", end.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_written_as_the_driver_reads_them() {
        let max = rsmi_freq_ind_t::RSMI_FREQ_IND_MAX;
        assert_eq!(limit("s", max, 2100), "s 1 2100\n");
        assert_eq!(letter(rsmi_clk_type_t::RSMI_CLK_TYPE_MEM), Some("m"));
        assert_eq!(letter(rsmi_clk_type_t::RSMI_CLK_TYPE_SOC), None);
    }

    #[test]
    fn a_reset_goes_back_to_a_mode_that_is_known() {
        use crate::kernel::tests::Scratch;
        let files = [("current_compute_partition", &b"DPX\n"[..]), (MEMORY_PARTITION, b"NPS16\n")];
        let scratch = Scratch::new("boot", &files);
        let boot = Boot::read(&scratch.0);
        assert_eq!((boot.compute, boot.memory), (Some(&b"DPX"[..]), None));
    }

    #[test]
    fn a_mode_is_looked_for_in_the_list_of_modes() {
        assert!(contains(b"SPX, DPX", b"DPX") && !contains(b"SPX, DPX", b"CPX"));
        assert!(!contains(b"", b"CPX"));
    }
}
