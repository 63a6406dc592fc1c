//! How far a card can be tuned: the overdrive table and the power profiles.

use super::Question;
use super::clocks::CLOCKS;
use super::files::{Files, leading};
use super::processors::number;
use crate::call::{self, Answer, Call};

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_get_gpu_od_volt_info", info),
    ("amdsmi_get_gpu_od_volt_curve_regions", regions),
    ("amdsmi_get_gpu_power_profile_presets", presets),
];

pub const TABLE: &str = "pp_od_clk_voltage";
pub const PROFILES: &str = "pp_power_profile_mode";

const MHZ: u64 = 1_000_000;

/// The driver's table of a clock that can be set.
pub fn levels_of(call: &Call, clock: u64) -> Answer<&'static str> {
    const SET: [&str; 5] = ["GFX", "DF", "DCEF", "SOC", "MEM"];
    let is_it = |(name, ..): &&(&str, &str, &str)| {
        let of = number(call, "amdsmi_clk_type_t", &format!("CLK_TYPE_{name}"));
        SET.contains(name) && of == clock
    };
    CLOCKS.iter().find(is_it).map(|(_, table, _)| *table).ok_or(call.failed("INVAL"))
}

/// Two clocks in Hz.
type Range = [u64; 2];

/// The lines below a heading.
fn below<'a>(text: &'a str, heading: &str) -> impl Iterator<Item = &'a str> {
    let lines = text.lines().skip_while(move |line| line.trim_end() != heading).skip(1);
    lines.take_while(|line| !line.trim_end().ends_with(':'))
}

/// The levels below a heading.
fn levels(text: &str, heading: &str) -> Vec<u64> {
    let level = |line: &str| Some(leading(line.split_once(':')?.1) * MHZ);
    below(text, heading).filter_map(level).collect()
}

/// The first and the last of them; there is none where the first is not told.
fn range(text: &str, heading: &str) -> Option<Range> {
    let told = below(text, heading).any(|line| line.starts_with("0:"));
    let all = levels(text, heading);
    told.then(|| [all[0], all[all.len() - 1]])
}

/// What the table says how far a clock can go.
fn limits(text: &str, clock: &str) -> Option<Range> {
    let line = below(text, "OD_RANGE:").find_map(|line| line.trim_start().strip_prefix(clock))?;
    let mut words = line.split_whitespace().map(|word| leading(word) * MHZ);
    Some([words.next()?, words.next()?])
}

/// A table of the driver's, which is no table where it is empty or cannot be read.
fn table<'a>(files: &'a Files, name: &str) -> Answer<&'a str> {
    let call = files.call;
    match files.text(name) {
        Ok("") => Err(call.failed("UNEXPECTED_DATA")),
        Err(failed) if failed == call.failed("UNEXPECTED_SIZE") => {
            Err(call.failed("UNEXPECTED_DATA"))
        }
        text => text,
    }
}

/// AMD's library takes the caller's struct for the one of rocm_smi_lib that it has inside: that is how
/// it is filled, whatever the header says. What the table does not say is left alone.
fn info(call: &Call) -> Answer {
    const RANGE: usize = 16;
    const CURVE: usize = 48;
    let files = Files::of(call)?;
    let told = table(&files, TABLE);
    let unsupported = call.failed("NOT_SUPPORTED");
    let address = match call.pointer(1) {
        Err(_) if told == Err(unsupported) => return Err(unsupported),
        address => address?,
    };
    let layout = call.release().layout("amdsmi_od_volt_freq_data_t");
    let fclk = layout
        .is_some_and(|layout| layout.fields.iter().any(|field| field.name == "curr_fclk_range"));
    let clocks = if fclk { 3 } else { 2 };
    let store = |nth: usize, range: Range| {
        let bytes: Vec<u8> = range.iter().flat_map(|number| number.to_le_bytes()).collect();
        call::store(address + nth * RANGE, &bytes);
    };
    let text = told.unwrap_or_default();
    let sclk = range(text, "GFXCLK:").or(range(text, "OD_SCLK:"));
    let mclk = range(text, "MCLK:").or(range(text, "OD_MCLK:"));
    let mut regions = 0_u32;
    if by_line(call) {
        told?;
        store(0, sclk.unwrap_or_default());
        if text.starts_with("GFXCLK:") {
            store(1, mclk.unwrap_or_default());
            return Ok(());
        }
        let first = levels(text, "OD_MCLK:").first().copied();
        store(1, [0, first.ok_or(call.failed("UNEXPECTED_SIZE"))?]);
        regions = lines(text);
    } else {
        let unknown = if call.release().at_least("7.0") { u64::MAX } else { 0 };
        let current = [sclk, mclk, range(text, "OD_FCLK:")];
        for (nth, range) in current.into_iter().take(clocks).enumerate() {
            store(nth, range.unwrap_or([unknown; 2]));
        }
        told?;
        if sclk.is_none() {
            return Err(call.failed("UNEXPECTED_DATA"));
        }
        for (nth, clock) in ["SCLK:", "MCLK:", "FCLK:"].into_iter().take(clocks).enumerate() {
            if let Some(limits) = limits(text, clock) {
                store(clocks + nth, limits);
            }
        }
    }
    call::store(address + 2 * clocks * RANGE + CURVE, &regions.to_le_bytes());
    Ok(())
}

/// Once everything was in its line of the table, and what came after it two lines a region.
fn by_line(call: &Call) -> bool {
    !call.release().at_least("6.2")
}

fn lines(text: &str) -> u32 {
    (text.lines().count() / 2) as u32
}

/// No card has regions any more, but the limits of both clocks are written into the first. A liar
/// says that they are one.
fn regions(call: &Call) -> Answer {
    let address = call.pointer(2)?;
    let room = call.get(1)?;
    if room == 0 {
        return Err(call.failed("INVAL"));
    }
    let files = Files::of(call)?;
    let text = table(&files, TABLE)?;
    let lies = call.world.lies();
    if by_line(call) && !lies {
        return call.put(1, room.min(lines(text)).into());
    }
    if let Some(ends) = limits(text, "SCLK:").zip(limits(text, "MCLK:")) {
        let numbers = [ends.0, ends.1];
        let bytes: Vec<u8> =
            numbers.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
        call::store(address, &bytes);
    }
    call.put(1, lies.into())?;
    if lies { Ok(()) } else { Err(call.failed("NOT_SUPPORTED")) }
}

pub struct Profile {
    pub index: u64,
    /// None where AMD SMI has no name for it.
    pub mask: Option<u64>,
    current: bool,
}

/// The driver's names, and AMD SMI's.
const NAMES: [(&str, &str); 7] = [
    ("BOOTUP_DEFAULT", "BOOTUP_DEFAULT"),
    ("3D_FULL_SCREEN", "3D_FULL_SCR_MASK"),
    ("POWER_SAVING", "POWER_SAVING_MASK"),
    ("VIDEO", "VIDEO_MASK"),
    ("VR", "VR_MASK"),
    ("COMPUTE", "COMPUTE_MASK"),
    ("CUSTOM", "CUSTOM_MASK"),
];

/// A line each, below a heading, or all of them in the first line; and how many AMD's library counts.
pub fn profiles(files: &Files) -> Answer<(Vec<Profile>, usize)> {
    let text = table(files, PROFILES)?;
    let profile = |index: &str, word: &str| {
        let name = word.trim_end_matches([':', '*']);
        let known = NAMES.iter().find(|(driver, _)| *driver == name);
        let mask = known.map(|(_, name)| {
            let of = "amdsmi_power_profile_preset_masks_t";
            number(files.call, of, &format!("PWR_PROF_PRST_{name}"))
        });
        Some(Profile { index: index.parse().ok()?, mask, current: word.contains('*') })
    };
    // A star may stand apart from its name.
    let mut abreast: Vec<String> = Vec::new();
    for word in text.lines().next().unwrap_or_default().split_whitespace() {
        match abreast.last_mut().filter(|_| word == "*") {
            Some(name) => name.push('*'),
            None => abreast.push(word.to_owned()),
        }
    }
    let pairs = abreast.chunks_exact(2).map_while(|pair| profile(&pair[0], &pair[1]));
    let pairs: Vec<_> = pairs.collect();
    if pairs.len() > 1 {
        let count = pairs.len();
        return Ok((pairs, count));
    }
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        profile(words.next()?, words.next()?)
    };
    let all = text.lines().filter(|line| !line.contains('(')).filter_map(line).collect();
    Ok((all, text.lines().count().saturating_sub(1)))
}

fn presets(call: &Call) -> Answer {
    call.pointer(2)?;
    let files = Files::of(call)?;
    let (all, count) = profiles(&files)?;
    if all.is_empty() {
        return Err(call.failed("UNEXPECTED_SIZE"));
    }
    let invalid = number(call, "amdsmi_power_profile_preset_masks_t", "PWR_PROF_PRST_INVALID");
    let current = all.iter().find(|profile| profile.current).and_then(|profile| profile.mask);
    let available = all.iter().filter_map(|profile| profile.mask).fold(0, |all, mask| all | mask);
    let mut record = call.record("amdsmi_power_profile_status_t")?;
    record.number("available_profiles", available);
    record.number("current", current.unwrap_or(invalid));
    record.number("num_profiles", count as u64);
    call.put_record(2, 0, &record)
}
