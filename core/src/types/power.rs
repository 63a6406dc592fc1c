//! Kinds of power values, and power profiles.

use super::rsmi_bit_field_t;
use rsmi_macros::c_enum;

/// Kinds of power values.
#[c_enum]
#[repr(C)]
pub enum RSMI_POWER_TYPE {
    /// The average power.
    RSMI_AVERAGE_POWER = 0,
    /// The current power.
    RSMI_CURRENT_POWER = 1,
    /// The device reports no power.
    RSMI_INVALID_POWER = 0xFFFF_FFFF,
}

/// Power profiles, one bit each.
#[c_enum(u64)]
#[repr(C)]
pub enum rsmi_power_profile_preset_masks_t {
    /// The profile that the user has defined.
    RSMI_PWR_PROF_PRST_CUSTOM_MASK = 0x1,
    /// For video playback and recording.
    RSMI_PWR_PROF_PRST_VIDEO_MASK = 0x2,
    /// For saving power.
    RSMI_PWR_PROF_PRST_POWER_SAVING_MASK = 0x4,
    /// For compute.
    RSMI_PWR_PROF_PRST_COMPUTE_MASK = 0x8,
    /// For virtual reality.
    RSMI_PWR_PROF_PRST_VR_MASK = 0x10,
    /// For full screen games.
    RSMI_PWR_PROF_PRST_3D_FULL_SCR_MASK = 0x20,
    /// The profile after boot.
    RSMI_PWR_PROF_PRST_BOOTUP_DEFAULT = 0x40,
    /// The highest value of this enum.
    RSMI_PWR_PROF_PRST_LAST = RSMI_PWR_PROF_PRST_BOOTUP_DEFAULT,
    /// Not a profile.
    RSMI_PWR_PROF_PRST_INVALID = 0xFFFF_FFFF_FFFF_FFFF,
}
/// An older name of rsmi_power_profile_preset_masks_t.
pub type rsmi_power_profile_preset_masks = rsmi_power_profile_preset_masks_t;

/// The number of power profiles that a rsmi_bit_field_t can hold.
///
/// cbindgen:ignore
pub const RSMI_MAX_NUM_POWER_PROFILES: usize = rsmi_bit_field_t::BITS as usize;

/// The power profiles of a device.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_power_profile_status_t {
    /// The profiles that can be chosen, as values of rsmi_power_profile_preset_masks_t joined with
    /// |.
    pub available_profiles: rsmi_bit_field_t,
    /// The current profile.
    pub current: rsmi_power_profile_preset_masks_t,
    /// The number of profiles that can be chosen.
    pub num_profiles: u32,
}
/// An older name of rsmi_power_profile_status_t.
pub type rsmi_power_profile_status = rsmi_power_profile_status_t;

assert_layout!(rsmi_power_profile_status_t: 24 { available_profiles: 0, current: 8, num_profiles: 16 });
