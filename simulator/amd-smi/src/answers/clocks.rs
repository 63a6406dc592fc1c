//! Clocks: the tables of levels, and what they are now.

use super::Question;
use super::files::Files;
use super::processors::number;
use super::readings::{Levels, levels};
use crate::call::{Answer, Call, Failed};
use rsmi_simulator::metrics::Reading;

pub const QUESTIONS: &[(&str, Question)] =
    &[("amdsmi_get_clk_freq", frequencies), ("amdsmi_get_clock_info", info)];

/// The enumerator, the driver's table, and the firmware's member.
pub const CLOCKS: [(&str, &str, &str); 10] = [
    ("GFX", "pp_dpm_sclk", "current_gfxclk"),
    ("DF", "pp_dpm_fclk", ""),
    ("DCEF", "pp_dpm_dcefclk", ""),
    ("SOC", "pp_dpm_socclk", "current_socclk"),
    ("MEM", "pp_dpm_mclk", "current_uclk"),
    ("PCIE", "pp_dpm_pcie", ""),
    ("VCLK0", "pp_dpm_vclk", "current_vclk0"),
    ("VCLK1", "pp_dpm_vclk1", "current_vclk1"),
    ("DCLK0", "pp_dpm_dclk", "current_dclk0"),
    ("DCLK1", "pp_dpm_dclk1", "current_dclk1"),
];
/// Only the firmware tells these to AMD SMI.
const VIDEO: usize = 6;
const MHZ: u64 = 1_000_000;
const MOST: usize = 33;

fn clock(call: &Call) -> Answer<usize> {
    let is_it = |name: &str| {
        number(call, "amdsmi_clk_type_t", &format!("CLK_TYPE_{name}")) == call.number(1)
    };
    CLOCKS.iter().position(|(name, ..)| is_it(name)).ok_or(call.failed("INVAL"))
}

fn now(readings: &[Reading], member: &str) -> Option<u64> {
    let found = readings.iter().find(|reading| reading.name == member)?;
    found.values.first().copied().flatten()
}

/// The lowest and the highest of a table; what the clock sleeps at is none of it.
fn ends(levels: &Levels) -> Option<(u64, u64)> {
    let awake = &levels.all[usize::from(levels.sleeps)..];
    Some((*awake.iter().min()?, *awake.iter().max()?))
}

fn frequencies(call: &Call) -> Answer {
    call.pointer(2)?;
    let files = Files::of(call)?;
    let clock = clock(call)?;
    let (name, table, member) = CLOCKS[clock];
    if name == "PCIE" {
        return Err(call.failed("INVAL"));
    }
    if clock >= VIDEO {
        return video(&files, table, member);
    }
    let mut record = call.empty("amdsmi_frequencies_t")?;
    let answer: Answer<Levels> = levels(&files, table);
    if let Ok(levels) = &answer {
        record.number("has_deep_sleep", levels.sleeps.into());
        record.number("num_supported", levels.all.len() as u64);
        record.maybe("current", levels.current.map(|at| at as u64));
        for (at, level) in levels.all.iter().take(MOST).enumerate() {
            record.at("frequency", at, level * MHZ);
        }
    }
    let unmarked = answer.as_ref().is_ok_and(|levels| levels.current.is_none());
    if unmarked {
        record = call.empty("amdsmi_frequencies_t")?;
    }
    call.put_record(2, 0, &record)?;
    if unmarked { Err(call.failed("UNEXPECTED_DATA")) } else { answer.map(|_| ()) }
}

/// Two levels, what it is and what it can be, made of the firmware's table.
fn video(files: &Files, table: &str, member: &str) -> Answer {
    let call = files.call;
    let current = now(&files.metrics()?, member);
    let highest = levels(files, table).ok().and_then(|levels| ends(&levels)).map(|ends| ends.1);
    let (Some(current), Some(highest)) = (current, highest) else {
        return Err(call.failed("NOT_SUPPORTED"));
    };
    let mut record = call.record("amdsmi_frequencies_t")?;
    record.number("has_deep_sleep", 0).number("num_supported", 2).number("current", 0);
    record.at("frequency", 0, current * MHZ).at("frequency", 1, highest * MHZ);
    call.put_record(2, 0, &record)
}

fn info(call: &Call) -> Answer {
    call.pointer(2)?;
    let files = Files::of(call)?;
    let clock = clock(call)?;
    let (name, table, member) = CLOCKS[clock];
    let told: &[&str] = if call.release().at_least("6.3.0") {
        &["GFX", "DF", "SOC", "MEM", "VCLK0", "VCLK1", "DCLK0", "DCLK1"]
    } else {
        &["GFX", "MEM", "VCLK0", "VCLK1", "DCLK0", "DCLK1"]
    };
    let readings = files.metrics()?;
    if !told.contains(&name) {
        return Err(call.failed("INVAL"));
    }
    let failed: Failed = call.failed("NOT_SUPPORTED");
    let levels = levels(&files, table).map_err(|_| failed)?;
    let (low, high) = ends(&levels).ok_or(failed)?;
    let current = now(&readings, member);
    let sleep = levels.sleeps.then(|| levels.all[0]);
    let mut record = call.record("amdsmi_clk_info_t")?;
    for name in ["clk", "cur_clk"] {
        record.maybe(name, current);
    }
    record.number("min_clk", low).number("max_clk", high);
    record.maybe("sleep_clk", sleep).maybe("clk_deep_sleep", sleep);
    call.put_record(2, 0, &record)
}
