//! From the firmware's units into rsmi's. Each function takes a number in 64 bits, all ones where it
//! is not reported, and what stands for that in the width of the table.

/// What is not reported stays so in a wider member.
pub(super) fn widened(number: u64, none: u64) -> u64 {
    if number == none { u64::MAX } else { number }
}

/// The firmware's clock ticks every 10 ns.
pub(super) fn nanoseconds(ticks: u64, _none: u64) -> u64 {
    if ticks == u64::MAX { ticks } else { ticks.wrapping_mul(10) }
}

/// Firmware that does not count fills 32 bits of the 64.
pub(super) fn counted(number: u64, _none: u64) -> u64 {
    if number == u64::from(u32::MAX) { u64::MAX } else { number }
}

/// An APU reports milliwatts.
pub(super) fn watts(milliwatts: u64, _none: u64) -> u64 {
    if milliwatts == u64::MAX {
        return milliwatts;
    }
    let watts = (milliwatts + 500) / 1000;
    if watts > u16::MAX.into() { u64::MAX } else { watts }
}

/// Some firmware reports watts instead: none of these APUs takes less than one, or a thousand.
pub(super) fn likely_watts(power: u64, none: u64) -> u64 {
    if power < 1000 { power } else { watts(power, none) }
}

/// An APU reports hundredths.
pub(super) fn hundredths(number: u64, _none: u64) -> u64 {
    if number == u64::MAX { number } else { (number + 50) / 100 }
}

/// Newer firmware of the APUs with these tables reports percent.
pub(super) fn likely_percent(activity: u64, none: u64) -> u64 {
    if activity <= 100 { activity } else { hundredths(activity, none) }
}

/// What would be a degree or two is degrees.
pub(super) fn degrees(temperature: u64, none: u64) -> u64 {
    if temperature <= 150 { temperature } else { hundredths(temperature, none) }
}
