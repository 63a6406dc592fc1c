//! Which release a libamd_smi is: by the names it exports, then by what it says of itself.
//!
//! The SONAME tells little: one number covers up to nine ABI states, and Debian's .so.0 two. The
//! exported names tell almost all, without a call. `amdsmi_get_lib_version` confirms it.

use std::fmt;

/// The ABI states that can be told apart, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Release {
    V6_1_2,
    V6_2,
    V6_3_0,
    V6_3_3,
    V6_4_0,
    V6_4_1,
    V6_4_2,
    V7_0,
    V7_1_0,
    V7_1_1,
    V7_2,
    V7_12,
    V7_13,
    V7_14,
    V10_0,
    V10_1,
}

#[cfg(test)]
impl Release {
    pub(crate) const ALL: [Self; 16] = [
        Self::V6_1_2,
        Self::V6_2,
        Self::V6_3_0,
        Self::V6_3_3,
        Self::V6_4_0,
        Self::V6_4_1,
        Self::V6_4_2,
        Self::V7_0,
        Self::V7_1_0,
        Self::V7_1_1,
        Self::V7_2,
        Self::V7_12,
        Self::V7_13,
        Self::V7_14,
        Self::V10_0,
        Self::V10_1,
    ];
}

impl fmt::Display for Release {
    /// As AMD writes it: 6.1.2, 7.14.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").trim_start_matches('V').replace('_', "."))
    }
}

/// A libamd_smi, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    Known(Release),
    /// Newer than this source, or contradicting itself: only integers and structs that never
    /// changed are asked of it.
    Unknown,
}

impl Identity {
    /// Whether the library is surely of this release or a later one.
    pub(crate) fn at_least(self, release: Release) -> bool {
        // An unknown library is newer than the oldest, which is all that is known of it.
        matches!(self, Self::Known(known) if known >= release)
    }
}

/// What the exported names say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByName {
    /// The states that export just these names.
    One(Release),
    /// 7.0 and 7.1.0, which only the version tells apart.
    SevenZeroOrOne,
    /// 10.1 or newer.
    Newest,
    /// A release before 6.1.2.
    TooOld,
    NotAmdSmi,
}

impl fmt::Display for ByName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(release) => write!(f, "{release}"),
            Self::SevenZeroOrOne => f.write_str("7.0 or 7.1"),
            Self::Newest => f.write_str("10.1 or newer"),
            Self::TooOld => f.write_str("older than 6.1.2"),
            Self::NotAmdSmi => f.write_str("none"),
        }
    }
}

impl ByName {
    /// Whether the names are those of this release or a later one. A library that nobody knows
    /// still does what the release did in which its newest known name came.
    pub(crate) fn at_least(self, release: Release) -> bool {
        match self {
            Self::One(state) => state >= release,
            Self::SevenZeroOrOne => Release::V7_0 >= release,
            Self::Newest => true,
            Self::TooOld | Self::NotAmdSmi => false,
        }
    }
}

/// Looks at marker names, newest release first; the first rule that holds decides.
pub(crate) fn by_name(has: impl Fn(&str) -> bool) -> ByName {
    use ByName::One;
    let by_pid = has("amdsmi_get_gpu_process_list_by_pid");
    let reload = has("amdsmi_gpu_driver_reload");
    let nic = has("amdsmi_get_nic_asic_info");
    let power_v2 = has("amdsmi_get_power_info_v2");
    let kfd = has("amdsmi_get_gpu_kfd_info");
    let rules = [
        (has("amdsmi_get_gpu_device_cuid") || has("amdsmi_get_tray_info"), ByName::Newest),
        (by_pid && !reload, One(Release::V10_0)),
        (by_pid, One(Release::V7_14)),
        (nic && has("amdsmi_get_ttm_info"), One(Release::V7_13)),
        (nic, One(Release::V7_12)),
        (has("amdsmi_get_npm_info"), One(Release::V7_2)),
        (reload && has("amdsmi_get_gpu_partition_metrics_info"), One(Release::V7_1_1)),
        (reload, ByName::SevenZeroOrOne),
        (power_v2 && has("amdsmi_get_afids_from_cper"), One(Release::V6_4_2)),
        (power_v2 && has("amdsmi_get_gpu_cper_entries"), One(Release::V6_4_1)),
        (power_v2, One(Release::V6_4_0)),
        (kfd && has("amdsmi_gpu_validate_ras_eeprom"), One(Release::V6_3_3)),
        (kfd, One(Release::V6_3_0)),
        (has("amdsmi_get_soc_pstate"), One(Release::V6_2)),
        (has("amdsmi_set_gpu_clear_sram_data"), One(Release::V6_1_2)),
        (has("amdsmi_init"), ByName::TooOld),
    ];
    rules.iter().find(|(holds, _)| *holds).map_or(ByName::NotAmdSmi, |(_, state)| *state)
}

/// The first three numbers of the version that a library tells: major, minor, release; up to 6.4
/// year, major, minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) [u32; 3]);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third] = self.0;
        write!(f, "{first}.{second}.{third}")
    }
}

impl Version {
    /// Reads the four numbers that `amdsmi_get_lib_version` wrote over a pattern, and its text.
    ///
    /// Up to 6.4 they are year, major, minor, release; since 7.0 the year is gone, the others have
    /// moved up, and the fourth is not written. The text must agree, or nobody knows.
    pub(crate) fn read(words: [u32; 4], text: Option<&str>) -> Option<Self> {
        const PATTERN: u32 = 0xA5A5_A5A5;
        let text: Vec<u32> =
            text?.split('.').map(str::parse).collect::<std::result::Result<_, _>>().ok()?;
        let [first, second, third, fourth] = words;
        // 6.3 and older write all four into the text, 6.4 leaves the year out of it.
        let agrees = if first >= 26 {
            fourth == PATTERN && text == [first, second, third]
        } else {
            text == words || text == [second, third, fourth]
        };
        agrees.then_some(Self([first, second, third]))
    }
}

/// The releases by the numbers that their versions begin with.
#[rustfmt::skip]
const BY_VERSION: &[(&[u32], Release)] = &[
    (&[24, 5, 2], Release::V6_1_2),
    (&[24, 6], Release::V6_2),
    (&[24, 7], Release::V6_3_0),
    (&[25, 1], Release::V6_3_3),
    (&[25, 25, 3], Release::V6_4_0),
    (&[25, 25, 4], Release::V6_4_1),
    (&[25, 25, 5], Release::V6_4_2),
    (&[26, 0], Release::V7_0),
    (&[26, 1], Release::V7_1_0),
    (&[26, 2, 0], Release::V7_1_1),
    (&[26, 2, 1], Release::V7_2),
    (&[26, 2, 2], Release::V7_2),
    (&[26, 3], Release::V7_12),
    (&[26, 4], Release::V7_13),
    (&[26, 5], Release::V7_14),
    (&[27, 0], Release::V10_0),
    (&[27, 1], Release::V10_1),
];

/// What names and version say together. Where they contradict each other, or the version is none
/// that was ever released, the library is a development snapshot or a future release.
pub(crate) fn identity(names: ByName, version: Option<Version>) -> Identity {
    let by_version = version.and_then(|version| {
        BY_VERSION.iter().find(|(prefix, _)| version.0.starts_with(prefix)).map(|(_, state)| *state)
    });
    match (names, by_version) {
        (ByName::One(state), Some(told)) if state == told => Identity::Known(state),
        (ByName::SevenZeroOrOne, Some(told @ (Release::V7_0 | Release::V7_1_0))) => {
            Identity::Known(told)
        }
        (ByName::One(Release::V7_1_1), Some(Release::V7_1_0)) => Identity::Known(Release::V7_1_0),
        (ByName::Newest, Some(Release::V10_1)) => Identity::Known(Release::V10_1),
        _ => Identity::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &'static [&'static str]) -> ByName {
        by_name(|name| name == "amdsmi_init" || list.contains(&name))
    }

    #[test]
    fn newer_names_win_over_older_ones() {
        let all_of_10 = names(&[
            "amdsmi_get_gpu_process_list_by_pid",
            "amdsmi_get_nic_asic_info",
            "amdsmi_get_ttm_info",
            "amdsmi_get_npm_info",
            "amdsmi_get_gpu_kfd_info",
        ]);
        assert_eq!(all_of_10, ByName::One(Release::V10_0));
        assert_eq!(names(&["amdsmi_get_tray_info"]), ByName::Newest);
        assert_eq!(names(&["amdsmi_gpu_driver_reload"]), ByName::SevenZeroOrOne);
        let soc = names(&["amdsmi_get_soc_pstate", "amdsmi_get_gpu_kfd_info"]);
        assert_eq!(soc, ByName::One(Release::V6_3_0));
        assert_eq!(names(&["amdsmi_get_dpm_policy"]), ByName::TooOld);
        assert_eq!(by_name(|_| false), ByName::NotAmdSmi);
    }

    #[test]
    fn names_tell_what_is_there_at_least() {
        assert!(ByName::Newest.at_least(Release::V10_1));
        assert!(ByName::SevenZeroOrOne.at_least(Release::V7_0));
        assert!(!ByName::SevenZeroOrOne.at_least(Release::V7_1_0));
        assert!(ByName::One(Release::V6_4_0).at_least(Release::V6_4_0));
        assert!(!ByName::One(Release::V6_3_3).at_least(Release::V6_4_0));
        assert!(!ByName::TooOld.at_least(Release::V6_1_2));
    }

    #[test]
    fn versions_are_read_in_both_layouts() {
        const NONE: u32 = 0xA5A5_A5A5;
        let read = |words, text| Version::read(words, Some(text)).map(|version| version.0);
        assert_eq!(read([27, 1, 0, NONE], "27.1.0"), Some([27, 1, 0]));
        assert_eq!(read([26, 2, 1, NONE], "26.2.1"), Some([26, 2, 1]));
        assert_eq!(read([25, 25, 5, 1], "25.5.1"), Some([25, 25, 5]));
        assert_eq!(read([24, 5, 2, 0], "24.5.2.0"), Some([24, 5, 2]));
        assert_eq!(read([27, 1, 0, NONE], "27.2.0"), None);
        assert_eq!(read([25, 1, 0, NONE], "25.1.0"), None);
        assert_eq!(read([NONE; 4], "27.1.0"), None);
        assert_eq!(Version::read([27, 1, 0, NONE], None), None);
    }

    #[test]
    fn a_release_is_known_by_the_newest_of_its_names() {
        let one = ByName::One;
        let of = |names: &[&str]| by_name(|name| names.contains(&name));
        let (reload, by_pid) = ("amdsmi_gpu_driver_reload", "amdsmi_get_gpu_process_list_by_pid");
        let (nic, power) = ("amdsmi_get_nic_asic_info", "amdsmi_get_power_info_v2");
        let kfd = "amdsmi_get_gpu_kfd_info";
        let known: [(&[&str], ByName); 20] = [
            (&["amdsmi_get_tray_info"], ByName::Newest),
            (&["amdsmi_get_gpu_device_cuid", by_pid], ByName::Newest),
            (&[by_pid, nic], one(Release::V10_0)),
            (&[by_pid, reload, nic], one(Release::V7_14)),
            (&[nic, "amdsmi_get_ttm_info", reload], one(Release::V7_13)),
            (&[nic, reload], one(Release::V7_12)),
            (&["amdsmi_get_npm_info", reload], one(Release::V7_2)),
            (&[reload, "amdsmi_get_gpu_partition_metrics_info"], one(Release::V7_1_1)),
            (&[reload, power], ByName::SevenZeroOrOne),
            (&[power, "amdsmi_get_afids_from_cper", kfd], one(Release::V6_4_2)),
            (&[power, "amdsmi_get_gpu_cper_entries", kfd], one(Release::V6_4_1)),
            (&[power, kfd], one(Release::V6_4_0)),
            (&[kfd, "amdsmi_gpu_validate_ras_eeprom"], one(Release::V6_3_3)),
            (&[kfd, "amdsmi_get_soc_pstate"], one(Release::V6_3_0)),
            (&["amdsmi_get_soc_pstate", "amdsmi_set_gpu_clear_sram_data"], one(Release::V6_2)),
            (&["amdsmi_set_gpu_clear_sram_data", "amdsmi_init"], one(Release::V6_1_2)),
            (&["amdsmi_init"], ByName::TooOld),
            (&[], ByName::NotAmdSmi),
            // A name that means something only beside another.
            (&["amdsmi_get_ttm_info", "amdsmi_init"], ByName::TooOld),
            (
                &["amdsmi_gpu_validate_ras_eeprom", "amdsmi_get_gpu_partition_metrics_info"],
                ByName::NotAmdSmi,
            ),
        ];
        for (names, release) in known {
            assert_eq!(of(names), release, "{names:?}");
        }
    }

    #[test]
    fn a_release_has_what_came_before_it() {
        let at_least = |names: ByName| {
            [Release::V6_1_2, Release::V7_0, Release::V10_1].map(|it| names.at_least(it))
        };
        assert_eq!(at_least(ByName::One(Release::V6_4_0)), [true, false, false]);
        assert_eq!(at_least(ByName::SevenZeroOrOne), [true, true, false]);
        assert_eq!((at_least(ByName::Newest), at_least(ByName::TooOld)), ([true; 3], [false; 3]));
        assert_eq!(Version([27, 1, 0]).to_string(), "27.1.0");
        assert_eq!(
            (Release::V7_14.to_string(), Release::V6_1_2.to_string()),
            ("7.14".into(), "6.1.2".into())
        );
    }

    #[test]
    fn names_and_version_must_agree() {
        let version = |a, b, c| Some(Version([a, b, c]));
        let known = |state| Identity::Known(state);
        assert_eq!(identity(ByName::Newest, version(27, 1, 0)), known(Release::V10_1));
        assert_eq!(identity(ByName::Newest, version(28, 0, 0)), Identity::Unknown);
        assert_eq!(identity(ByName::Newest, version(27, 2, 0)), Identity::Unknown);
        assert_eq!(identity(ByName::SevenZeroOrOne, version(26, 1, 0)), known(Release::V7_1_0));
        let six = ByName::One(Release::V6_1_2);
        assert_eq!(identity(six, version(24, 5, 2)), known(Release::V6_1_2));
        assert_eq!(identity(six, version(24, 5, 3)), Identity::Unknown);
        assert_eq!(identity(six, None), Identity::Unknown);
    }

    #[test]
    fn an_unknown_library_is_not_at_least_anything() {
        assert!(!Identity::Unknown.at_least(Release::V6_1_2));
        assert!(Identity::Known(Release::V7_0).at_least(Release::V6_4_2));
        assert!(!Identity::Known(Release::V6_2).at_least(Release::V7_0));
    }
}
