//! The pp_power_profile_mode table.
//!
//! Most cards write a heading, then a profile a line, ` 1 3D_FULL_SCREEN*:`; some APUs leave the
//! heading out. From RDNA3 on the first line has all profiles side by side, `0 BOOTUP_DEFAULT* 1
//! 3D_FULL_SCREEN  2 …`, and the lines below it what each of them sets.

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

/// What a table tells.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) profiles: Vec<Profile>,
    /// How many profiles there are: as the original counts them, the lines below the heading; where
    /// there is no heading, those that are told.
    pub(crate) count: u32,
}

/// Lines of profiles that rsmi does not know are passed over, as are those that only tell a
/// profile's settings.
pub(crate) fn read(lines: &[String]) -> Table {
    let first = lines.first().map_or("", String::as_str);
    if !first.trim_start().starts_with(|c: char| c.is_ascii_digit()) {
        let profiles = lines.iter().skip(1).filter_map(|line| profile(line)).collect();
        return Table { profiles, count: lines.len().saturating_sub(1) as u32 };
    }
    let abreast = side_by_side(first);
    if abreast.len() > 1 {
        let count = abreast.iter().flatten().count() as u32;
        return Table { profiles: abreast.into_iter().flatten().collect(), count };
    }
    let profiles = lines.iter().filter_map(|line| profile(line)).collect();
    Table { profiles, count: lines.len() as u32 }
}

/// Whether the table is of the form that the oldest readers know: a heading, and below it a profile a
/// line, of which one is in use that has a name in rsmi.
pub(crate) fn is_plain(lines: &[String]) -> bool {
    let Some((heading, lines)) = lines.split_first() else { return false };
    let current = lines.iter().filter_map(|line| profile(line)).filter(|profile| profile.current);
    profile(heading).is_none() && side_by_side(heading).is_empty() && current.count() == 1
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

/// The pairs of a number and a name; None for a name that rsmi does not know. A star belongs to the
/// name before it, also where blanks are between them.
fn side_by_side(line: &str) -> Vec<Option<Profile>> {
    let mut words = line.split_ascii_whitespace().peekable();
    let mut pairs = Vec::new();
    while let Some(index) = words.next() {
        let named = |word: &&str| word.contains(|c: char| c.is_ascii_alphabetic());
        let (Ok(index), Some(word)) = (index.parse(), words.next().filter(named)) else { break };
        let name = word.trim_end_matches(['*', ':']);
        let mut current = word.contains('*');
        while let Some(mark) = words.next_if(|word| ["*", ":", "*:"].contains(word)) {
            current |= mark.contains('*');
        }
        let mask = map::find(map::POWER_PROFILES, &name);
        pairs.push(mask.map(|mask| Profile { mask, index, current }));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Table {
        super::read(&text.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    fn table(text: &str) -> Vec<Profile> {
        read(text).profiles
    }

    #[test]
    fn a_row_of_profiles_is_told_from_a_line_of_one() {
        let row =
            read("   0 BOOTUP_DEFAULT  1 SOMETHING_NEW * 4 VR            *  6 CUSTOM\nX  1  2");
        let index = |profile: &Profile| (profile.index, profile.current);
        assert_eq!(
            row.profiles.iter().map(index).collect::<Vec<_>>(),
            [(0, false), (4, true), (6, false)]
        );
        assert_eq!(row.count, 3);
        let one = read(" 4             VR*\n 5        COMPUTE \n");
        assert_eq!(one.profiles.iter().map(index).collect::<Vec<_>>(), [(4, true), (5, false)]);
        assert_eq!(one.count, 2);
        let with_settings = read(" 0 BOOTUP_DEFAULT*: 70 60 0 0\n 1 VIDEO : 70 60 1 3");
        assert_eq!(with_settings.profiles.len(), 2);
        assert_eq!((read("").count, read("NAMES").count), (0, 0));
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
    fn what_the_oldest_readers_know_is_plain() {
        let is_plain =
            |text: &str| super::is_plain(&text.lines().map(str::to_owned).collect::<Vec<_>>());
        assert!(is_plain("NUM        MODE_NAME\n  0   BOOTUP_DEFAULT :\n  1 3D_FULL_SCREEN*:\n"));
        for other in [
            "",
            "NUM        MODE_NAME",
            "NUM        MODE_NAME\n  0   BOOTUP_DEFAULT :",
            "NUM        MODE_NAME\n  0   BOOTUP_DEFAULT :\n  1 CAPPED*:",
            "NUM        MODE_NAME\n  0   BOOTUP_DEFAULT*:\n  1 VIDEO*:",
            "  0   BOOTUP_DEFAULT*:\n  1 VIDEO :",
            "  0   BOOTUP_DEFAULT*  1 VIDEO\n  0 VIDEO*",
        ] {
            assert!(!is_plain(other), "{other:?}");
        }
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
