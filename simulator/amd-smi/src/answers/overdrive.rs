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

/// The first and the last level below a heading.
fn levels(text: &str, heading: &str) -> Option<Range> {
    let level = |line: &str| Some(leading(line.split_once(':')?.1) * MHZ);
    let mut all = below(text, heading).filter_map(level);
    let first = all.next()?;
    Some([first, all.last().unwrap_or(first)])
}

/// What the table says how far a clock can go.
fn limits(text: &str, clock: &str) -> Option<Range> {
    let line = below(text, "OD_RANGE:").find_map(|line| line.trim_start().strip_prefix(clock))?;
    let mut words = line.split_whitespace().map(|word| leading(word) * MHZ);
    Some([words.next()?, words.next()?])
}

fn table<'a>(files: &'a Files) -> Answer<&'a str> {
    let text = files.text(TABLE)?;
    match text.lines().nth(1) {
        Some(_) => Ok(text),
        None => Err(files.call.failed("NOT_YET_IMPLEMENTED")),
    }
}

/// AMD's library takes the caller's struct for the one of rocm_smi_lib that it has inside: that is how
/// it is filled, whatever the header says.
fn info(call: &Call) -> Answer {
    const POINTS: usize = 3;
    let address = call.pointer(1)?;
    let files = Files::of(call)?;
    let text = table(&files)?;
    let sclk = levels(text, "GFXCLK:").or(levels(text, "OD_SCLK:"));
    let mclk = levels(text, "MCLK:").or(levels(text, "OD_MCLK:"));
    let unknown = if call.release().at_least("7.0") { u64::MAX } else { 0 };
    let told = |range: Option<Range>, otherwise| range.unwrap_or([otherwise; 2]);
    let mut ranges = vec![told(sclk, unknown), told(mclk, unknown)];
    let newer = call
        .release()
        .layout("amdsmi_od_volt_freq_data_t")
        .is_some_and(|layout| layout.fields.iter().any(|field| field.name == "curr_fclk_range"));
    if newer {
        ranges.push(told(levels(text, "OD_FCLK:"), unknown));
    }
    ranges.push(told(limits(text, "SCLK:"), 0));
    ranges.push(told(limits(text, "MCLK:"), 0));
    if newer {
        ranges.push(told(limits(text, "FCLK:"), 0));
    }
    let mut numbers: Vec<u64> = ranges.into_iter().flatten().collect();
    let mut points = below(text, "OD_VDDC_CURVE:").filter_map(|line| {
        let mut words = line.split_once(':')?.1.split_whitespace().filter(|word| *word != "@");
        Some([leading(words.next()?) * MHZ, leading(words.next()?)])
    });
    numbers.extend((0..POINTS).flat_map(|_| points.next().unwrap_or_default()));
    let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let regions = 0_u32;
    bytes.extend(regions.to_le_bytes());
    call::store(address, &bytes);
    Ok(())
}

/// No card has regions any more, but the limits of both clocks are written into the first. A liar
/// says that they are one.
fn regions(call: &Call) -> Answer {
    let address = call.pointer(2)?;
    let room = call.get(1)?;
    let files = Files::of(call)?;
    let text = table(&files)?;
    if room > 0 {
        let ends = ["SCLK:", "MCLK:"].map(|clock| limits(text, clock).unwrap_or_default());
        let bytes: Vec<u8> =
            ends.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
        call::store(address, &bytes);
    }
    let count = if call.world.lies() { room.min(1) } else { 0 };
    call.put(1, count.into())?;
    if count == 0 { Err(call.failed("NOT_SUPPORTED")) } else { Ok(()) }
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

/// A line each, below a heading, or all of them in the first line.
pub fn profiles(files: &Files) -> Answer<Vec<Profile>> {
    let text = files.text(PROFILES)?;
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
        return Ok(pairs);
    }
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        profile(words.next()?, words.next()?)
    };
    Ok(text.lines().filter(|line| !line.contains('(')).filter_map(line).collect())
}

fn presets(call: &Call) -> Answer {
    call.pointer(2)?;
    let files = Files::of(call)?;
    let all = profiles(&files)?;
    if all.is_empty() {
        return Err(call.failed("UNEXPECTED_SIZE"));
    }
    let invalid = number(call, "amdsmi_power_profile_preset_masks_t", "PWR_PROF_PRST_INVALID");
    let current = all.iter().find(|profile| profile.current).and_then(|profile| profile.mask);
    let available = all.iter().filter_map(|profile| profile.mask).fold(0, |all, mask| all | mask);
    let mut record = call.record("amdsmi_power_profile_status_t")?;
    record.number("available_profiles", available);
    record.number("current", current.unwrap_or(invalid));
    record.number("num_profiles", all.len() as u64);
    call.put_record(2, 0, &record)
}
