//! What is set: written to the files of the driver, in the tree of this machine, one after the other.
//!
//! A liar writes nothing: the log has what would have been written.

use super::Question;
use super::files::{Files, leading};
use super::overdrive::{self, profiles};
use super::processors::number;
use super::readings::levels;
use crate::call::{Answer, Call};
use crate::log;
use std::fs;

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_get_gpu_perf_level", perf_level),
    ("amdsmi_set_gpu_perf_level", set_perf_level),
    ("amdsmi_set_gpu_perf_determinism_mode", set_determinism),
    ("amdsmi_set_gpu_overdrive_level", set_overdrive_level),
    ("amdsmi_set_gpu_power_profile", set_power_profile),
    ("amdsmi_set_power_cap", set_power_cap),
    ("amdsmi_set_gpu_fan_speed", set_fan),
    ("amdsmi_reset_gpu_fan", reset_fan),
    ("amdsmi_set_clk_freq", set_clock),
    ("amdsmi_set_gpu_pci_bandwidth", set_pci_bandwidth),
    ("amdsmi_set_gpu_clk_range", set_clock_range),
    ("amdsmi_set_gpu_clk_limit", set_clock_limit),
    ("amdsmi_set_gpu_od_clk_info", set_overdrive_clock),
    ("amdsmi_set_gpu_od_volt_info", set_voltage_point),
    ("amdsmi_reset_gpu", reset),
];

const PERF_LEVEL: &str = "power_dpm_force_performance_level";

/// The enumerator, and the driver's word for it.
const LEVELS: [(&str, &str); 9] = [
    ("AUTO", "auto"),
    ("LOW", "low"),
    ("HIGH", "high"),
    ("MANUAL", "manual"),
    ("STABLE_STD", "profile_standard"),
    ("STABLE_PEAK", "profile_peak"),
    ("STABLE_MIN_MCLK", "profile_min_mclk"),
    ("STABLE_MIN_SCLK", "profile_min_sclk"),
    ("DETERMINISM", "perf_determinism"),
];

fn level(call: &Call, name: &str) -> u64 {
    number(call, "amdsmi_dev_perf_level_t", &format!("DEV_PERF_LEVEL_{name}"))
}

fn perf_level(call: &Call) -> Answer {
    let files = Files::of(call)?;
    call.pointer(1)?;
    let word = files.set_to(PERF_LEVEL)?;
    let name =
        LEVELS.iter().find(|(_, known)| *known == word.trim()).map_or("UNKNOWN", |row| row.0);
    call.put(1, level(call, name))
}

fn set_perf_level(call: &Call) -> Answer {
    let files = Files::of(call)?;
    let wanted = call.number(1);
    let word = LEVELS.iter().find(|(name, _)| level(call, name) == wanted);
    let (_, word) = word.ok_or(call.failed("INVAL"))?;
    files.write(PERF_LEVEL, word)
}

/// MHz, the highest at which run times still repeat.
fn set_determinism(call: &Call) -> Answer {
    let files = Files::of(call)?;
    files.write(PERF_LEVEL, "perf_determinism")?;
    files.edit_overdrive(&[edit("s", HIGH, call.number(1))])
}

/// Percent.
fn set_overdrive_level(call: &Call) -> Answer {
    const MOST: u64 = 20;
    let files = Files::of(call)?;
    if call.number(1) > MOST {
        return Err(call.failed("INVAL"));
    }
    files.write("pp_sclk_od", &call.number(1).to_string())
}

fn set_power_profile(call: &Call) -> Answer {
    let files = Files::of(call)?;
    let beyond = call.failed("INPUT_OUT_OF_BOUNDS");
    if !call.number(2).is_power_of_two() {
        return Err(beyond);
    }
    let (table, _) = profiles(&files)?;
    let found = table.iter().find(|profile| profile.mask == Some(call.number(2)));
    let index = found.ok_or(beyond)?.index;
    files.be_manual()?;
    files.write(overdrive::PROFILES, &index.to_string())
}

/// Microwatts.
fn set_power_cap(call: &Call) -> Answer {
    let files = Files::of(call)?;
    let sensor = call.number(1) + 1;
    let end = |name: &str| files.sensor(&format!("power{sensor}_cap_{name}"));
    let range = end("min")?..=end("max")?;
    if !i64::try_from(call.number(2)).is_ok_and(|cap| range.contains(&cap)) {
        return Err(call.failed("INVAL"));
    }
    files.write_sensor(&format!("power{sensor}_cap"), call.number(2))
}

/// What `pwm1_enable` calls the ways in which a fan is driven.
const MANUAL: u64 = 1;
const AUTOMATIC: u64 = 2;

fn set_fan(call: &Call) -> Answer {
    let files = Files::of(call)?;
    let fan = format!("pwm{}", call.number(1) + 1);
    let most = files.sensor(&format!("{fan}_max"))?;
    if call.number(2) > most.unsigned_abs() {
        return Err(call.failed("INPUT_OUT_OF_BOUNDS"));
    }
    files.write_sensor(&format!("{fan}_enable"), MANUAL)?;
    files.write_sensor(&fan, call.number(2))
}

/// Hands the fan back to the firmware.
fn reset_fan(call: &Call) -> Answer {
    let files = Files::of(call)?;
    files.write_sensor(&format!("pwm{}_enable", call.number(1) + 1), AUTOMATIC)
}

fn set_clock(call: &Call) -> Answer {
    let files = Files::of(call)?;
    files.choose_levels(overdrive::levels_of(call, call.number(1))?, call.number(2))
}

fn set_pci_bandwidth(call: &Call) -> Answer {
    let files = Files::of(call)?;
    files.choose_levels("pp_dpm_pcie", call.number(1))
}

/// The ends of a range, as the driver numbers them.
const LOW: u64 = 0;
const HIGH: u64 = 1;

/// MHz.
fn set_clock_range(call: &Call) -> Answer {
    let files = Files::of(call)?;
    let (low, high) = (call.number(1), call.number(2));
    if low >= high {
        return Err(call.failed("INVAL"));
    }
    let letter = letter(call, 3).ok_or(call.failed("NOT_SUPPORTED"))?;
    files.be_manual()?;
    files.edit_overdrive(&[edit(letter, LOW, low), edit(letter, HIGH, high)])
}

fn set_clock_limit(call: &Call) -> Answer {
    set_end(call, 1, 2, 3)
}

fn set_overdrive_clock(call: &Call) -> Answer {
    set_end(call, 3, 1, 2)
}

/// One end of a range; where its arguments are differs.
fn set_end(call: &Call, clock: usize, end: usize, value: usize) -> Answer {
    let files = Files::of(call)?;
    let invalid = call.failed("INVAL");
    let letter = letter(call, clock).ok_or(invalid)?;
    let end = Some(call.number(end)).filter(|end| [LOW, HIGH].contains(end)).ok_or(invalid)?;
    files.be_manual()?;
    files.edit_overdrive(&[edit(letter, end, call.number(value))])
}

/// MHz and mV of a point of the voltage curve.
fn set_voltage_point(call: &Call) -> Answer {
    let files = Files::of(call)?;
    let (point, clock, voltage) = (call.number(1), call.number(2), call.number(3));
    files.be_manual()?;
    files.edit_overdrive(&[format!("vc {point} {clock} {voltage}\n")])
}

/// Reading the driver's file is what resets the card.
fn reset(call: &Call) -> Answer {
    let files = Files::of(call)?;
    if call.world.lies() {
        return Ok(());
    }
    let card = files.card().ok_or(call.failed("NOT_SUPPORTED"))?;
    let path = format!("kernel/debug/dri/{card}/amdgpu_gpu_recover");
    let read = fs::read(call.world.settable(&path));
    read.map(drop).map_err(|error| files.errno(error.raw_os_error().unwrap_or(0)))
}

/// The letter by which the overdrive table knows a clock.
fn letter(call: &Call, at: usize) -> Option<&'static str> {
    let is_it = |name: &str| {
        number(call, "amdsmi_clk_type_t", &format!("CLK_TYPE_{name}")) == call.number(at)
    };
    [("GFX", "s"), ("MEM", "m")].into_iter().find(|(name, _)| is_it(name)).map(|row| row.1)
}

fn edit(letter: &str, end: u64, value: u64) -> String {
    format!("{letter} {end} {value}\n")
}

impl Files<'_> {
    /// What a file holds that programs set: what was set stands in the tree; what was not, in the
    /// description.
    pub fn set_to(&self, name: &str) -> Answer<String> {
        let described = match self.text(name) {
            Err(failed) if failed == self.call.failed("NOT_SUPPORTED") => return Err(failed),
            word => word.unwrap_or_default().to_owned(),
        };
        if self.call.world.lies() {
            return Ok(described);
        }
        let tree = self.call.world.settable(&format!("{}/{name}", self.processor.device));
        Ok(fs::read_to_string(tree).map_or(described, |text| text.trim_end().to_owned()))
    }

    /// Other clocks are only changed at this level.
    fn be_manual(&self) -> Answer {
        self.write(PERF_LEVEL, "manual")
    }

    fn edit_overdrive(&self, edits: &[String]) -> Answer {
        const COMMIT: &str = "c";
        let edits = edits.iter().map(String::as_str);
        edits.chain([COMMIT]).try_for_each(|edit| self.write(overdrive::TABLE, edit))
    }

    /// The levels whose bits are set, as the driver reads them.
    fn choose_levels(&self, file: &str, mask: u64) -> Answer {
        let count = levels(self, file)?.last + 1;
        let chosen = (0..count.min(64)).filter(|level| mask >> level & 1 == 1);
        let chosen: String = chosen.map(|level| format!("{level} ")).collect();
        if chosen.is_empty() {
            return Err(self.call.failed("INVAL"));
        }
        self.be_manual()?;
        self.write(file, &chosen)
    }

    fn write_sensor(&self, name: &str, value: u64) -> Answer {
        let directory = self.hwmon().ok_or(self.call.failed("NOT_SUPPORTED"))?;
        self.write(&format!("{directory}/{name}"), &value.to_string())
    }

    pub fn write(&self, name: &str, word: &str) -> Answer {
        if self.call.world.lies() {
            log::line(|| format!("{}/{name} < {word:?}", self.processor.address));
            return Ok(());
        }
        let path = self.call.world.settable(&format!("{}/{name}", self.processor.device));
        let written = fs::OpenOptions::new().write(true).open(path).and_then(|mut file| {
            // One write, as the driver must see it; what was longer before does not stay behind it.
            std::io::Write::write_all(&mut file, word.as_bytes())?;
            if file.metadata()?.len() > word.len() as u64 {
                file.set_len(word.len() as u64)
            } else {
                Ok(())
            }
        });
        written.map_err(|error| self.errno(error.raw_os_error().unwrap_or(0)))
    }

    /// N of cardN.
    pub fn card(&self) -> Option<u64> {
        let names = self.list(&format!("{}/drm", self.processor.device));
        names.iter().find_map(|name| Some(leading(name.strip_prefix("card")?)))
    }
}
