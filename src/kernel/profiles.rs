//! The pp_power_profile_mode table: a heading, then a profile a line, ` 1 3D_FULL_SCREEN*:`.

use crate::map;
use crate::types::rsmi_power_profile_preset_masks_t as Mask;

/// A profile that rsmi has a name for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) mask: Mask,
    /// The driver's number of it, which is what it takes to choose it.
    pub(crate) index: u32,
    pub(crate) current: bool,
}

/// The profiles of a table. Lines of profiles that rsmi does not know are passed over, as are those
/// that only tell a profile's settings.
pub(crate) fn read(lines: &[String]) -> Vec<Profile> {
    lines.iter().skip(1).filter_map(|line| profile(line)).collect()
}

fn profile(line: &str) -> Option<Profile> {
    let rest = line.trim_start();
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let index = rest[..digits].parse().ok()?;
    let word = rest[digits..].split_ascii_whitespace().next()?;
    let name = word.split(['*', ':']).next()?;
    let mask = map::find(map::POWER_PROFILES, &name)?;
    Some(Profile { mask, index, current: line.contains('*') })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Vec<Profile> {
        read(&text.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn profiles_are_read_by_their_names() {
        let profiles =
            table("NUM        MODE_NAME\n  0   BOOTUP_DEFAULT :\n  1 3D_FULL_SCREEN*:\n");
        let boot = Mask::RSMI_PWR_PROF_PRST_BOOTUP_DEFAULT;
        let full = Mask::RSMI_PWR_PROF_PRST_3D_FULL_SCR_MASK;
        assert_eq!(profiles[0], Profile { mask: boot, index: 0, current: false });
        assert_eq!(profiles[1], Profile { mask: full, index: 1, current: true });
        assert_eq!(profiles.len(), 2);
    }

    #[test]
    fn what_is_not_known_is_passed_over() {
        let profiles = table(
            "PROFILE_INDEX(NAME)\n 0 CAPPED*:\n   0(  GFXCLK)  0 1 2\n x COMPUTE:\n 5 COMPUTE :\n 6",
        );
        let compute = Mask::RSMI_PWR_PROF_PRST_COMPUTE_MASK;
        assert_eq!(profiles, [Profile { mask: compute, index: 5, current: false }]);
    }
}
