//! Clocks and power profiles: the tables that the driver prints for people, and programs parse.

use super::line;
use crate::description::{Clock, Gpu, Overdrive, OverdriveStyle, Pcie, PowerProfile};
use crate::files::Files;
use std::fmt::Write;
use std::path::Path;

pub(super) fn write(files: &mut Files, dir: &Path, gpu: &Gpu) {
    for (name, clock) in gpu.clocks() {
        files.writable(dir.join(format!("pp_dpm_{name}")), clock.table());
    }
    if let Some(table) = gpu.pcie.as_ref().and_then(pcie_table) {
        files.writable(dir.join("pp_dpm_pcie"), table);
    }
    if let Some(overdrive) = &gpu.overdrive {
        files.writable(dir.join("pp_od_clk_voltage"), overdrive_table(overdrive, gpu));
        for (name, percent) in
            [("pp_sclk_od", overdrive.sclk_percent), ("pp_mclk_od", overdrive.mclk_percent)]
        {
            if let Some(percent) = percent {
                files.writable(dir.join(name), line(percent));
            }
        }
    }
    if let Some(profile) = &gpu.power_profile {
        files.writable(dir.join("pp_power_profile_mode"), profile_table(profile));
    }
}

impl Clock {
    /// The rows; the one in use is starred.
    fn table(&self) -> String {
        let mut rows: Vec<(u32, bool)> = self.levels.iter().map(|level| (*level, false)).collect();
        let mut text = String::new();
        let mark = |now: bool| if now { "*" } else { "" };
        match self.current {
            None => {}
            Some(now) if self.sleeps_below.is_some_and(|threshold| now < threshold) => {
                text = format!("S: {now}Mhz *\n");
            }
            Some(now) if self.fine_grained && !self.levels.contains(&now) => {
                let at = self.levels.iter().filter(|level| **level < now).count();
                rows.insert(at, (now, true));
            }
            Some(now) => {
                let nearest = rows.iter_mut().min_by_key(|(level, _)| level.abs_diff(now));
                if let Some(row) = nearest {
                    row.1 = true;
                }
            }
        }
        // A driver that adds a row leaves no blank behind the others.
        let added = !text.is_empty() || rows.len() > self.levels.len();
        for (index, (level, now)) in rows.iter().enumerate() {
            let gap = if added && !now { "" } else { " " };
            let _ = writeln!(text, "{index}: {level}Mhz{gap}{}", mark(*now));
        }
        text
    }
}

fn pcie_table(pcie: &Pcie) -> Option<String> {
    let mut text = String::new();
    for (index, level) in pcie.levels.as_ref()?.iter().enumerate() {
        let mark = if pcie.level == Some(index) { "*" } else { "" };
        let _ = writeln!(
            text,
            "{index}: {:.1}GT/s, x{} {}Mhz {mark}",
            level.speed, level.width, level.clock
        );
    }
    Some(text)
}

fn overdrive_table(overdrive: &Overdrive, gpu: &Gpu) -> String {
    let mut text = String::new();
    let clocks = gpu.clock.as_ref();
    match overdrive.style {
        OverdriveStyle::Od => {
            for (name, ends) in [("SCLK", overdrive.sclk), ("MCLK", overdrive.mclk)] {
                if let Some([low, high]) = ends {
                    let _ = write!(text, "OD_{name}:\n0: {low}Mhz\n1: {high}Mhz\n");
                }
            }
        }
        OverdriveStyle::Gfxclk => {
            let sclk = clocks.and_then(|clocks| clocks.sclk.as_ref());
            let mclk = clocks.and_then(|clocks| clocks.mclk.as_ref());
            for (name, clock) in [("GFXCLK", sclk), ("MCLK", mclk)] {
                if let Some(clock) = clock {
                    let _ = write!(text, "{name}:\n{}", clock.table());
                }
            }
        }
    }
    if let Some(offset) = overdrive.voltage_offset {
        let _ = write!(text, "OD_VDDGFX_OFFSET:\n{offset}mV\n");
    }
    let limits = [("SCLK", overdrive.sclk_limits), ("MCLK", overdrive.mclk_limits)];
    if limits.iter().any(|(_, limits)| limits.is_some()) {
        text.push_str("OD_RANGE:\n");
    }
    for (name, limits) in limits {
        if let Some([low, high]) = limits {
            let _ = writeln!(text, "{name}: {low:7}Mhz {high:10}Mhz");
        }
    }
    if let Some([low, high]) = overdrive.voltage_offset_limits {
        let _ = writeln!(text, "VDDGFX_OFFSET: {low:7}mv {high:10}mv");
    }
    text
}

/// A heading, then for each profile its name and how two clocks behave in it.
fn profile_table(profile: &PowerProfile) -> String {
    let mut text = String::from(
        "PROFILE_INDEX(NAME) CLOCK_TYPE(NAME) FPS MinActiveFreqType MinActiveFreq BoosterFreqType BoosterFreq PD_Data_limit_c PD_Data_error_coeff PD_Data_error_rate_coeff\n",
    );
    for (index, name) in profile.modes.iter().enumerate() {
        let mark = if profile.current.as_ref() == Some(name) { "*" } else { " " };
        let _ = writeln!(text, "{index:2} {name:>14}{mark}:");
        for (clock, name) in ["GFXCLK", "FCLK"].iter().enumerate() {
            let _ = writeln!(
                text,
                "{:>19} {clock}({name:>13}) {:7} {:7} {:7} {:7} {:7} {:7} {:7} {:7}",
                " ", 0, 5, 1, 0, 4, 800, 4587520, -65536
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(levels: &[u32], current: Option<u32>) -> Clock {
        Clock { levels: levels.into(), current, fine_grained: false, sleeps_below: None }
    }

    #[test]
    fn the_nearest_level_is_starred_and_the_others_end_in_a_blank() {
        let table = clock(&[900, 1300], Some(1200)).table();
        assert_eq!(table, "0: 900Mhz \n1: 1300Mhz *\n");
        assert_eq!(clock(&[900], None).table(), "0: 900Mhz \n");
    }

    #[test]
    fn a_fine_grained_clock_shows_itself_between_its_ends() {
        let fine = Clock { fine_grained: true, ..clock(&[500, 2100], Some(1830)) };
        assert_eq!(fine.table(), "0: 500Mhz\n1: 1830Mhz *\n2: 2100Mhz\n");
        let at_the_end = Clock { current: Some(2100), ..fine };
        assert_eq!(at_the_end.table(), "0: 500Mhz \n1: 2100Mhz *\n");
    }

    #[test]
    fn a_sleeping_clock_has_a_level_of_its_own() {
        let asleep = Clock { sleeps_below: Some(140), ..clock(&[500, 2100], Some(132)) };
        assert_eq!(asleep.table(), "S: 132Mhz *\n0: 500Mhz\n1: 2100Mhz\n");
    }
}
