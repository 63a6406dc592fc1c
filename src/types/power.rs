//! Kinds of power reading, and the power profiles.

use super::rsmi_bit_field_t;
use rsmi_macros::c_enum;

/// What kind of number a power reading is.
#[c_enum]
#[repr(C)]
pub enum RSMI_POWER_TYPE {
    /// An average over some time.
    RSMI_AVERAGE_POWER = 0,
    /// The power at this moment.
    RSMI_CURRENT_POWER = 1,
    /// There is no reading.
    RSMI_INVALID_POWER = 0xFFFF_FFFF,
}

/// The power profiles that a device may come with, one bit each.
#[c_enum(u64)]
#[repr(C)]
pub enum rsmi_power_profile_preset_masks_t {
    /// Set by the user.
    RSMI_PWR_PROF_PRST_CUSTOM_MASK = 0x1,
    /// For playing and recording video.
    RSMI_PWR_PROF_PRST_VIDEO_MASK = 0x2,
    /// For saving power.
    RSMI_PWR_PROF_PRST_POWER_SAVING_MASK = 0x4,
    /// For computing.
    RSMI_PWR_PROF_PRST_COMPUTE_MASK = 0x8,
    /// For virtual reality.
    RSMI_PWR_PROF_PRST_VR_MASK = 0x10,
    /// For games that fill the screen.
    RSMI_PWR_PROF_PRST_3D_FULL_SCR_MASK = 0x20,
    /// The one in use after boot.
    RSMI_PWR_PROF_PRST_BOOTUP_DEFAULT = 0x40,
    /// The highest of them.
    RSMI_PWR_PROF_PRST_LAST = RSMI_PWR_PROF_PRST_BOOTUP_DEFAULT,
    /// No profile.
    RSMI_PWR_PROF_PRST_INVALID = 0xFFFF_FFFF_FFFF_FFFF,
}
/// Older spelling of rsmi_power_profile_preset_masks_t.
pub type rsmi_power_profile_preset_masks = rsmi_power_profile_preset_masks_t;

/// How many power profiles fit in a rsmi_bit_field_t.
///
/// cbindgen:ignore
pub const RSMI_MAX_NUM_POWER_PROFILES: usize = rsmi_bit_field_t::BITS as usize;

/// The power profiles of a device.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_power_profile_status_t {
    /// The profiles that can be chosen, as rsmi_power_profile_preset_masks_t joined with |.
    pub available_profiles: rsmi_bit_field_t,
    /// The profile in use.
    pub current: rsmi_power_profile_preset_masks_t,
    /// How many can be chosen.
    pub num_profiles: u32,
}
/// Older spelling of rsmi_power_profile_status_t.
pub type rsmi_power_profile_status = rsmi_power_profile_status_t;

assert_layout!(rsmi_power_profile_status_t: 24 { available_profiles: 0, current: 8, num_profiles: 16 });
