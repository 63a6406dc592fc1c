//! What is set: written to the file of the driver, in the tree of this machine.

use super::Question;
use super::files::Files;
use super::processors::number;
use crate::call::{Answer, Call};
use std::fs;

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_get_gpu_perf_level", perf_level),
    ("amdsmi_set_gpu_perf_level", set_perf_level),
    ("amdsmi_reset_gpu_fan", reset_fan),
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
    // What was set stands in the tree; what was not, in the description.
    let described = match files.text(PERF_LEVEL) {
        Err(failed) if failed == call.failed("NOT_SUPPORTED") => return Err(failed),
        word => word.unwrap_or_default().to_owned(),
    };
    let tree = call.world.settable(&format!("{}/{PERF_LEVEL}", files.processor.device));
    let word = fs::read_to_string(tree).unwrap_or(described);
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

/// Hands the fan back to the firmware.
fn reset_fan(call: &Call) -> Answer {
    const AUTOMATIC: &str = "2";
    let files = Files::of(call)?;
    let hwmon = format!("{}/hwmon", files.processor.device);
    let directory = files.list(&hwmon).into_iter().next().ok_or(call.failed("NOT_SUPPORTED"))?;
    let fan = call.number(1) + 1;
    files.write(&format!("hwmon/{directory}/pwm{fan}_enable"), AUTOMATIC)
}

impl Files<'_> {
    fn write(&self, name: &str, word: &str) -> Answer {
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
}
