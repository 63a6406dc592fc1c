//! The pp_od_clk_voltage table: headings that end with a colon, below each a key and a value a line.
//!
//! ```text
//! OD_SCLK:
//! 0: 500Mhz
//! 1: 2526Mhz
//! OD_RANGE:
//! SCLK:     500Mhz       5000Mhz
//! ```

use super::dpm::Level;
use crate::log;
use crate::status::Result;
use crate::types::{rsmi_od_vddc_point_t, rsmi_range_t, rsmi_status_t};
use std::collections::BTreeMap;

const UNEXPECTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;

/// Every heading that has something below it, and what that is, by its key; of one key the first.
pub(crate) struct Sections(BTreeMap<String, BTreeMap<String, String>>);

impl Sections {
    pub(crate) fn read(lines: &[String]) -> Self {
        let mut sections: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let mut heading = None;
        for line in lines.iter().map(|line| line.trim_end()) {
            if line.is_empty() || line.ends_with(':') {
                heading = Some(line);
            } else if let Some(heading) = heading {
                sections.entry(String::from(heading)).or_default().push(line);
            }
        }
        // Lines without a key are numbered through.
        let mut number = 0..;
        let mut keyed = |line: &str| match line.split_once(':') {
            Some((key, value)) => (format!("{}:", key.trim()), value.trim().to_owned()),
            None => (format!("{}:", number.next().unwrap_or(0)), line.trim().to_owned()),
        };
        let mut keys_of = |lines: Vec<&str>| {
            let mut keys = BTreeMap::new();
            for (key, value) in lines.into_iter().map(&mut keyed) {
                keys.entry(key).or_insert(value);
            }
            keys
        };
        Self(sections.into_iter().map(|(heading, lines)| (heading, keys_of(lines))).collect())
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn has(&self, heading: &str) -> bool {
        self.0.contains_key(heading)
    }

    /// From the lowest level to the highest, in Hz; None where there is none. A heading with only a
    /// higher level tells the upper end alone; the level of deep sleep is no end.
    pub(crate) fn levels(&self, heading: &str) -> Result<Option<rsmi_range_t>> {
        let Some(keys) = self.0.get(heading) else { return Ok(None) };
        let number = |key: &str| key.strip_suffix(':')?.parse::<u32>().ok();
        let mut numbers: Vec<_> =
            keys.iter().filter_map(|(key, value)| Some((number(key)?, key, value))).collect();
        numbers.sort_unstable();
        let (Some((first, ..)), Some((_, key, value))) = (numbers.first(), numbers.last()) else {
            return Ok(None);
        };
        let lower_bound = match (first, numbers.first()) {
            (0, Some((_, key, value))) => level(&format!("{key} {value}"))?,
            _ => 0,
        };
        let upper_bound = level(&format!("{key} {value}"))?;
        Ok(Some(rsmi_range_t { lower_bound, upper_bound }))
    }

    /// A point of the voltage curve; None where there is none of that number.
    pub(crate) fn point(&self, heading: &str, at: usize) -> Result<Option<rsmi_od_vddc_point_t>> {
        let key = format!("{at}:");
        let value = self.0.get(heading).and_then(|keys| keys.get(&key));
        value.map(|value| point(&format!("{key} {value}"))).transpose()
    }

    /// The limits that OD_RANGE tells for a key; None where it tells none.
    pub(crate) fn limits(&self, key: &str) -> Result<Option<rsmi_range_t>> {
        let value = self.0.get("OD_RANGE:").and_then(|keys| keys.get(key));
        value.map(|value| limits(&format!("{key} {value}"))).transpose()
    }
}

/// The frequency of a line like `0: 500Mhz`.
pub(crate) fn level(line: &str) -> Result<u64> {
    Level::read(line).map(|level| level.frequency)
}

/// The two ends of a line like `SCLK: 500Mhz 5000Mhz`.
pub(crate) fn limits(line: &str) -> Result<rsmi_range_t> {
    let rest = line.trim_start().split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
    let (lower_bound, rest) = quantity(rest, line)?;
    let (upper_bound, _) = quantity(rest, line)?;
    Ok(rsmi_range_t { lower_bound, upper_bound })
}

/// The point of a line like `0: 700Mhz @ 714mV`: its frequency and its voltage.
pub(crate) fn point(line: &str) -> Result<rsmi_od_vddc_point_t> {
    let rest = line.trim_start().split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
    let (frequency, rest) = quantity(rest, line)?;
    let (voltage, _) = quantity(rest.trim_start().trim_start_matches('@'), line)?;
    Ok(rsmi_od_vddc_point_t { frequency, voltage })
}

/// A number with its unit, in Hz or mV, and what stands behind it.
fn quantity<'line>(text: &'line str, line: &str) -> Result<(u64, &'line str)> {
    let text = text.trim_start();
    let end = text.find(char::is_alphabetic).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let unit = rest.split_whitespace().next().unwrap_or_default();
    let value: Option<f32> = number.trim_end().parse().ok();
    let (Some(value), Some(multiplier)) = (value, super::dpm::multiplier(unit)) else {
        log::reason(|| format!("no number with a unit in {line:?}"));
        return Err(UNEXPECTED);
    };
    Ok(((f64::from(value) * multiplier) as u64, &rest[unit.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    fn mhz(lower: u64, upper: u64) -> rsmi_range_t {
        rsmi_range_t { lower_bound: lower * 1_000_000, upper_bound: upper * 1_000_000 }
    }

    #[test]
    fn levels_and_limits_are_found_below_their_headings() {
        let sections = Sections::read(&lines(
            "OD_SCLK:\n0: 500Mhz\n1: 2526Mhz\nOD_MCLK:\n0: 97Mhz\n1: 1249MHz\nOD_VDDGFX_OFFSET:\n0mV\n\
             OD_RANGE:\nSCLK:     500Mhz       5000Mhz\nVDDGFX_OFFSET:    -450mv          0mv",
        ));
        assert_eq!(sections.count(), 4);
        assert_eq!(sections.levels("OD_SCLK:"), Ok(Some(mhz(500, 2526))));
        assert_eq!(sections.levels("OD_MCLK:"), Ok(Some(mhz(97, 1249))));
        assert_eq!(sections.levels("GFXCLK:"), Ok(None));
        assert_eq!(sections.limits("SCLK:"), Ok(Some(mhz(500, 5000))));
        assert_eq!(sections.limits("MCLK:"), Ok(None));
    }

    #[test]
    fn keys_are_in_the_order_of_their_numbers_and_the_first_of_two_counts() {
        let sections = Sections::read(&lines(
            "0: 1Mhz\nGFXCLK:\nS: 130Mhz *\n0: 500Mhz\n2: 700Mhz\n10: 900Mhz\n2: 800Mhz\nMCLK:\nOD_SCLK:\n\
             1: 5Mhz\nOD_MCLK:\nS: 7Mhz",
        ));
        assert_eq!(sections.levels("GFXCLK:"), Ok(Some(mhz(500, 900))));
        assert!(!sections.has("MCLK:"), "nothing is below it");
        assert_eq!(sections.levels("OD_SCLK:"), Ok(Some(mhz(0, 5))), "the upper end alone");
        assert_eq!(sections.levels("OD_MCLK:"), Ok(None), "there is no level");
    }

    #[test]
    fn points_are_read_and_nonsense_is_not() {
        let expected = rsmi_od_vddc_point_t { frequency: 700_000_000, voltage: 714 };
        assert_eq!(point("0: 700Mhz 714mV"), Ok(expected));
        assert_eq!(point("0: 700Mhz @ 714mV"), Ok(expected));
        assert_eq!(limits("SCLK: 500Foo 600Mhz"), Err(UNEXPECTED));
        assert_eq!(limits("SCLK: 500Mhz"), Err(UNEXPECTED));
    }
}
