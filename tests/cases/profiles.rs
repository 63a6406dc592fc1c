//! pp_power_profile_mode in each of its forms.

use super::{Laid, SUCCESS, ask, zeroed};
use rsmi_compat::types::{
    rsmi_power_profile_preset_masks_t as Mask, rsmi_power_profile_status_t, rsmi_status_t,
};

unsafe extern "C" {
    fn rsmi_dev_power_profile_presets_get(
        gpu: u32,
        sensor: u32,
        out: *mut rsmi_power_profile_status_t,
    ) -> rsmi_status_t;
}

/// The profiles of a table, which is in use and how many there are.
fn table(text: &str) -> (u64, Mask, u32) {
    let _laid = Laid::with("navi31", &[("pp_power_profile_mode", text.as_bytes())]);
    // SAFETY: the pointer is to such a struct.
    let (status, told) =
        ask(zeroed(), |out| unsafe { rsmi_dev_power_profile_presets_get(0, 0, out) });
    assert_eq!(status, SUCCESS);
    (told.available_profiles, told.current, told.num_profiles)
}

#[test]
fn profiles_may_stand_side_by_side() {
    let text = "                              0 BOOTUP_DEFAULT* 1 3D_FULL_SCREEN  2 POWER_SAVING    \
                3 VIDEO           4 VR              5 COMPUTE         6 CUSTOM          7 WINDOW_3D       \n\
                Gfx_ActiveHystLimit           0                 0                 1                 0\n\
                Gfx_FPS                       0                 2                 0                 0\n";
    let expected = (0x7f, Mask::RSMI_PWR_PROF_PRST_BOOTUP_DEFAULT, 7);
    assert_eq!(table(text), expected);
}

#[test]
fn a_star_may_stand_apart_from_its_name() {
    let text = "                    0 BOOTUP_DEFAULT  1 3D_FULL_SCREEN  2 POWER_SAVING    3 VIDEO         * \
                4 VR              5 COMPUTE         6 CUSTOM          \nGfx_FPS     0    1    2\n";
    let expected = (0x7f, Mask::RSMI_PWR_PROF_PRST_VIDEO_MASK, 7);
    assert_eq!(table(text), expected);
}

#[test]
fn a_table_without_a_heading_begins_with_a_profile() {
    let text = " 1 3D_FULL_SCREEN*\n 3          VIDEO \n 4             VR \n 5        COMPUTE \n";
    let full = Mask::RSMI_PWR_PROF_PRST_3D_FULL_SCR_MASK;
    let all = full.0
        | Mask::RSMI_PWR_PROF_PRST_VIDEO_MASK.0
        | Mask::RSMI_PWR_PROF_PRST_VR_MASK.0
        | Mask::RSMI_PWR_PROF_PRST_COMPUTE_MASK.0;
    assert_eq!(table(text), (all, full, 4));
}

#[test]
fn tables_with_a_heading_stay_what_they_were() {
    let text = "PROFILE_INDEX(NAME) CLOCK_TYPE(NAME) FPS MinActiveFreqType\n 0 BOOTUP_DEFAULT :\n\
                \x20                   0(       GFXCLK)       0       5\n 1 3D_FULL_SCREEN*:\n\
                \x20                   0(       GFXCLK)       0       5\n";
    let full = Mask::RSMI_PWR_PROF_PRST_3D_FULL_SCR_MASK;
    let both = full.0 | Mask::RSMI_PWR_PROF_PRST_BOOTUP_DEFAULT.0;
    assert_eq!(table(text), (both, full, 4));
}
