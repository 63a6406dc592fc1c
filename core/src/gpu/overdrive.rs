//! Overdrive and power profiles: what of a card can be tuned, and how far.

use super::{Gpu, NOT_SUPPORTED};
use crate::client;
use crate::kernel::overdrive::{self, Sections};
use crate::kernel::{kfd, number, profiles};
use crate::log;
use crate::status::Result;
use crate::types::{
    RSMI_MAX_NUM_POWER_PROFILES, RSMI_NUM_VOLTAGE_CURVE_POINTS, rsmi_od_vddc_point_t,
    rsmi_od_volt_curve_t, rsmi_od_volt_freq_data_t, rsmi_power_profile_preset_masks_t,
    rsmi_power_profile_status_t, rsmi_range_t, rsmi_status_t,
};
use rsmi_generations::Generation;

const TABLE: &str = "pp_od_clk_voltage";
const UNEXPECTED_DATA: rsmi_status_t = rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;
const NOT_THERE: rsmi_status_t = rsmi_status_t::RSMI_STATUS_NOT_YET_IMPLEMENTED;

const OFFSET: &str = "OD_SCLK_OFFSET:";

const EMPTY: rsmi_range_t = rsmi_range_t { lower_bound: 0, upper_bound: 0 };
const UNKNOWN: rsmi_range_t = rsmi_range_t { lower_bound: u64::MAX, upper_bound: u64::MAX };
const NO_CURVE: rsmi_od_volt_curve_t = rsmi_od_volt_curve_t {
    vc_points: [rsmi_od_vddc_point_t { frequency: 0, voltage: 0 }; RSMI_NUM_VOLTAGE_CURVE_POINTS],
};

/// The regions of the voltage curve: how many there are, and what is written into the
/// client's, from the first.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Regions {
    pub(crate) count: u32,
    pub(crate) told: Vec<Region>,
}

/// What the table tells of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) frequency: Option<rsmi_range_t>,
    pub(crate) voltage: Option<rsmi_range_t>,
}

impl Gpu {
    /// Percent.
    pub(crate) fn overdrive_level(&self) -> Result<u32> {
        self.level_in("pp_sclk_od")
    }

    /// Percent.
    pub(crate) fn memory_overdrive_level(&self) -> Result<u32> {
        self.level_in("pp_mclk_od")
    }

    fn level_in(&self, file: &str) -> Result<u32> {
        let percent = number::lenient(&self.device.word(file)?, 10);
        u32::try_from(percent).map_err(|_| {
            log::reason(|| format!("{file} holds no level"));
            rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE
        })
    }

    /// Hz and mV. What the card does not tell is 0 or, of the ranges in use and for a client of
    /// ROCm 7, all ones, which that client also gets where there is no answer.
    pub(crate) fn overdrive(&self) -> Result<rsmi_od_volt_freq_data_t> {
        let lines = self.overdrive_lines()?;
        match client::generation() {
            Generation::V5 => by_line(&lines),
            generation if generation.is_seven() => by_any_heading(&Sections::read(&lines)),
            _ => by_heading(&Sections::read(&lines)),
        }
    }

    fn overdrive_lines(&self) -> Result<Vec<String>> {
        match self.device.lines(TABLE) {
            Ok(lines) if lines.len() < 2 => {
                log::reason(|| format!("{TABLE} is of one line"));
                Err(NOT_THERE)
            }
            // Then an empty table was as one of a single line.
            Err(UNEXPECTED_DATA) if client::generation() == Generation::V5 => Err(NOT_THERE),
            lines => lines,
        }
    }

    /// Whether the table has a curve of voltages, as those of older cards.
    pub(crate) fn has_voltage_curve(&self) -> bool {
        self.overdrive_lines().is_ok_and(|lines| Sections::read(&lines).has("OD_VDDC_CURVE:"))
    }

    /// At most so many regions. Since ROCm 6 there are none, but the limits of both clocks are
    /// written into the first.
    pub(crate) fn overdrive_regions(&self, most: u32) -> Result<Regions> {
        let lines = self.overdrive_lines()?;
        if client::generation() == Generation::V5 {
            return regions(&lines, most);
        }
        let sections = Sections::read(&lines);
        let limits = |key| sections.limits(key).unwrap_or_default();
        let first = Region { frequency: limits("SCLK:"), voltage: limits("MCLK:") };
        Ok(Regions { count: 0, told: vec![first] })
    }

    /// Whether the table of profiles is as the oldest readers know it.
    pub(crate) fn has_plain_profiles(&self) -> bool {
        self.device.lines("pp_power_profile_mode").is_ok_and(|lines| profiles::is_plain(&lines))
    }

    /// The profiles that can be chosen. The one in use is RSMI_PWR_PROF_PRST_INVALID where rsmi has
    /// no name for it.
    pub(crate) fn power_profiles(&self) -> Result<rsmi_power_profile_status_t> {
        let lines = match self.device.lines("pp_power_profile_mode") {
            // An empty table was one of a strange size then.
            Err(UNEXPECTED_DATA) if client::generation() == Generation::V5 => Vec::new(),
            lines => lines?,
        };
        if lines.is_empty() || lines.len() > RSMI_MAX_NUM_POWER_PROFILES + 1 {
            log::reason(|| format!("a table of {} lines", lines.len()));
            if client::generation().is_seven() && kfd::is_vm_guest() {
                return Err(NOT_SUPPORTED);
            }
            return Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE);
        }
        let table = profiles::read(&lines);
        let mut status = rsmi_power_profile_status_t {
            available_profiles: 0,
            current: rsmi_power_profile_preset_masks_t::RSMI_PWR_PROF_PRST_INVALID,
            num_profiles: table.count,
        };
        for profile in table.profiles {
            status.available_profiles |= profile.mask.0;
            if profile.current {
                status.current = profile.mask;
            }
        }
        Ok(status)
    }
}

fn need_a_heading(sections: &Sections) -> Result {
    // RDNA4 tells by how much the clock may be moved in place of the clock.
    if ["GFXCLK:", "OD_SCLK:", OFFSET].iter().any(|heading| sections.has(heading)) {
        return Ok(());
    }
    log::reason(|| format!("{TABLE} tells of no graphics clock"));
    Err(UNEXPECTED_DATA)
}

/// The points of the voltage curve, of which the cards that have one have three.
fn curve(sections: &Sections) -> Result<rsmi_od_volt_curve_t> {
    let mut curve = NO_CURVE;
    for (at, point) in curve.vc_points.iter_mut().enumerate() {
        if let Some(told) = sections.point("OD_VDDC_CURVE:", at)? {
            *point = told;
        }
    }
    Ok(curve)
}

/// ROCm 7: whatever the table has.
fn by_any_heading(sections: &Sections) -> Result<rsmi_od_volt_freq_data_t> {
    need_a_heading(sections)?;
    let (od_sclk, od_mclk) = (sections.levels("OD_SCLK:")?, sections.levels("OD_MCLK:")?);
    let (sclk_limits, mclk_limits) = (sections.limits("SCLK:")?, sections.limits("MCLK:")?);
    let (gfxclk, mclk) = (sections.levels("GFXCLK:")?, sections.levels("MCLK:")?);
    let all = [od_sclk, od_mclk, sclk_limits, mclk_limits, gfxclk, mclk];
    if all.iter().all(Option::is_none) {
        log::reason(|| format!("{TABLE} has nothing below its headings"));
        return Err(NOT_THERE);
    }
    Ok(rsmi_od_volt_freq_data_t {
        curr_sclk_range: gfxclk.or(od_sclk).unwrap_or(UNKNOWN),
        curr_mclk_range: mclk.or(od_mclk).unwrap_or(UNKNOWN),
        sclk_freq_limits: sclk_limits.unwrap_or(EMPTY),
        mclk_freq_limits: mclk_limits.unwrap_or(EMPTY),
        curve: curve(sections)?,
        num_regions: 0,
    })
}

/// ROCm 6: two headings at least, and a table of one kind or the other.
fn by_heading(sections: &Sections) -> Result<rsmi_od_volt_freq_data_t> {
    if sections.count() < 2 {
        log::reason(|| format!("{TABLE} has but one heading"));
        return Err(rsmi_status_t::RSMI_STATUS_NO_DATA);
    }
    need_a_heading(sections)?;
    let mut data = NOTHING;
    data.curve = curve(sections)?;
    let od_sclk = sections.levels("OD_SCLK:")?;
    if od_sclk.is_some() || sections.has(OFFSET) {
        data.curr_sclk_range = od_sclk.unwrap_or(EMPTY);
        data.curr_mclk_range = sections.levels("OD_MCLK:")?.unwrap_or(EMPTY);
        data.sclk_freq_limits = sections.limits("SCLK:")?.unwrap_or(EMPTY);
        data.mclk_freq_limits = sections.limits("MCLK:")?.unwrap_or(EMPTY);
    } else if let Some(sclk) = sections.levels("GFXCLK:")? {
        data.curr_sclk_range = sclk;
        data.curr_mclk_range = sections.levels("MCLK:")?.unwrap_or(EMPTY);
    } else {
        log::reason(|| format!("{TABLE} has no level of the graphics clock"));
        return Err(NOT_THERE);
    }
    Ok(data)
}

const NOTHING: rsmi_od_volt_freq_data_t = rsmi_od_volt_freq_data_t {
    curr_sclk_range: EMPTY,
    curr_mclk_range: EMPTY,
    sclk_freq_limits: EMPTY,
    mclk_freq_limits: EMPTY,
    curve: NO_CURVE,
    num_regions: 0,
};

/// ROCm 5: everything in its line, three points of the voltage curve among them.
fn by_line(lines: &[String]) -> Result<rsmi_od_volt_freq_data_t> {
    let heading = |at: usize| lines.get(at).map_or("", String::as_str);
    let line = |at: usize| {
        lines.get(at).ok_or_else(|| {
            log::reason(|| format!("{TABLE} ends early"));
            UNEXPECTED_DATA
        })
    };
    let level = |at| overdrive::level(line(at)?);
    let range = |low: u64, high: u64| rsmi_range_t { lower_bound: low, upper_bound: high };
    let expect = |at, name: &str| {
        if heading(at) == name {
            return Ok(());
        }
        log::reason(|| format!("line {} of {TABLE} is not {name:?}", at + 1));
        Err(UNEXPECTED_DATA)
    };
    if !matches!(heading(0), "OD_SCLK:" | "GFXCLK:") {
        return expect(0, "OD_SCLK:").map(|()| NOTHING);
    }
    let mut data = NOTHING;
    if heading(1).starts_with('S') {
        // A clock in deep sleep has a line more, and none of the places is as it was.
        let sections = Sections::read(lines);
        data.curr_sclk_range = sections.levels("GFXCLK:")?.unwrap_or(EMPTY);
        data.curr_mclk_range = sections.levels("MCLK:")?.unwrap_or(EMPTY);
        return Ok(data);
    }
    data.curr_sclk_range = range(level(1)?, level(2)?);
    match (heading(3), heading(4)) {
        ("OD_MCLK:", _) => data.curr_mclk_range = range(0, level(4)?),
        ("MCLK:", _) => {
            data.curr_mclk_range = range(level(4)?, level(7)?);
            return Ok(data);
        }
        (_, "MCLK:") => {
            data.curr_sclk_range.upper_bound = level(3)?;
            data.curr_mclk_range = range(level(5)?, level(8)?);
            return Ok(data);
        }
        _ => {
            log::reason(|| format!("{TABLE} has no memory clock where it should be"));
            return Err(NOT_THERE);
        }
    }
    expect(5, "OD_VDDC_CURVE:")?;
    for (at, point) in data.curve.vc_points.iter_mut().enumerate() {
        *point = overdrive::point(line(6 + at)?)?;
    }
    expect(9, "OD_RANGE:")?;
    data.sclk_freq_limits = overdrive::limits(line(10)?)?;
    data.mclk_freq_limits = overdrive::limits(line(11)?)?;
    data.num_regions = region_count(lines)?;
    Ok(data)
}

/// Behind the limits there are two lines a region.
const REGIONS_START: usize = 12;

fn region_count(lines: &[String]) -> Result<u32> {
    match lines.len().checked_sub(REGIONS_START) {
        Some(rest) if rest % 2 == 0 => Ok((rest / 2) as u32),
        _ => {
            log::reason(|| format!("{TABLE} is of {} lines", lines.len()));
            Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE)
        }
    }
}

fn regions(lines: &[String], most: u32) -> Result<Regions> {
    let count = region_count(lines)?.min(most);
    if count == 0 {
        log::reason(|| format!("{TABLE} tells of no region"));
        return Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE);
    }
    let pairs = lines[REGIONS_START..].chunks_exact(2).take(count as usize);
    let told = pairs.map(|pair| {
        Ok(Region {
            frequency: Some(overdrive::limits(&pair[0])?),
            voltage: Some(overdrive::limits(&pair[1])?),
        })
    });
    Ok(Regions { count, told: told.collect::<Result<_>>()? })
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
    fn the_level_of_deep_sleep_is_no_bound() {
        let text = "GFXCLK:\nS: 133Mhz *\n0: 500Mhz\n1: 2100Mhz\nMCLK:\n0: 900Mhz *\n1: 1300Mhz";
        let all = [
            by_line(&lines(text)),
            by_heading(&Sections::read(&lines(text))),
            by_any_heading(&Sections::read(&lines(text))),
        ];
        for data in all {
            let data = data.unwrap();
            assert_eq!(data.curr_sclk_range, mhz(500, 2100));
            assert_eq!(data.curr_mclk_range, mhz(900, 1300));
        }
    }

    #[test]
    fn six_gets_what_a_table_of_offsets_tells() {
        let table = Sections::read(&lines(
            "OD_SCLK_OFFSET:\n0: -500Mhz\nOD_MCLK:\n0: 97Mhz\n1: 1259MHz\nOD_RANGE:\n\
             MCLK:      97Mhz       1500Mhz",
        ));
        let data = by_heading(&table).unwrap();
        assert_eq!((data.curr_sclk_range, data.curr_mclk_range), (EMPTY, mhz(97, 1259)));
        assert_eq!(data.mclk_freq_limits, mhz(97, 1500));
        let vega = by_heading(&Sections::read(&lines(VEGA))).unwrap();
        assert_eq!(vega.curr_mclk_range, mhz(0, 1000));
        assert_eq!(vega.curve.vc_points[2].voltage, 1124);
    }

    const VEGA: &str = "OD_SCLK:\n0: 808Mhz\n1: 1801Mhz\nOD_MCLK:\n1: 1000Mhz\nOD_VDDC_CURVE:\n\
        0: 808Mhz 724mV\n1: 1304Mhz 806mV\n2: 1801Mhz 1124mV\nOD_RANGE:\n\
        SCLK:     808Mhz       2200Mhz\nMCLK:     801Mhz       1200Mhz\n\
        VDDC_CURVE_SCLK[0]:     808Mhz       2200Mhz\nVDDC_CURVE_VOLT[0]:     738mV        1218mV";

    #[test]
    fn five_has_a_curve_and_its_regions() {
        let data = by_line(&lines(VEGA)).unwrap();
        assert_eq!(data.curr_sclk_range, mhz(808, 1801));
        assert_eq!(data.curr_mclk_range, mhz(0, 1000));
        assert_eq!(data.mclk_freq_limits, mhz(801, 1200));
        let point = rsmi_od_vddc_point_t { frequency: 1_304_000_000, voltage: 806 };
        assert_eq!((data.curve.vc_points[1], data.num_regions), (point, 1));
        let told = regions(&lines(VEGA), 9).unwrap();
        assert_eq!((told.count, told.told[0].frequency), (1, Some(mhz(808, 2200))));
        let volts = rsmi_range_t { lower_bound: 738, upper_bound: 1218 };
        assert_eq!(told.told[0].voltage, Some(volts));
    }

    #[test]
    fn five_does_not_read_past_the_end() {
        let all = lines(VEGA);
        for end in 0..all.len() {
            assert!(by_line(&all[..end]).is_err() || end == 12, "{end} lines");
            assert!(regions(&all[..end], 1).is_err(), "{end} lines");
        }
    }

    #[test]
    fn six_needs_two_headings_and_seven_takes_what_there_is() {
        let one = Sections::read(&lines("OD_SCLK:\n0: 500Mhz"));
        assert_eq!(by_heading(&one), Err(rsmi_status_t::RSMI_STATUS_NO_DATA));
        let data = by_any_heading(&one).unwrap();
        assert_eq!((data.curr_sclk_range, data.curr_mclk_range), (mhz(500, 500), UNKNOWN));
        let both = Sections::read(&lines("GFXCLK:\n0: 500Mhz\n1: 700Mhz\nMCLK:\n0: 97Mhz"));
        assert_eq!(by_heading(&both).unwrap().curr_mclk_range, mhz(97, 97));
        let other = Sections::read(&lines("VDDGFX_OFFSET:\n0mV\nSOMETHING:\n0: 1Mhz"));
        assert_eq!(by_any_heading(&other), Err(UNEXPECTED_DATA));
    }
}
