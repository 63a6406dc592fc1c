//! Versions of the library, of software and of firmware.

use core::ffi::c_char;
use rsmi_macros::c_enum;

/// Software components.
#[c_enum]
#[repr(C)]
pub enum rsmi_sw_component_t {
    /// The lowest value of this enum.
    RSMI_SW_COMP_FIRST = 0,
    /// The amdgpu driver.
    RSMI_SW_COMP_DRIVER = RSMI_SW_COMP_FIRST,
    /// The highest value of this enum.
    RSMI_SW_COMP_LAST = RSMI_SW_COMP_DRIVER,
}

/// A version.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_version_t {
    /// The major version. It grows when programs must be changed.
    pub major: u32,
    /// The minor version. It grows when something is added.
    pub minor: u32,
    /// The patch level. It grows when something is repaired.
    pub patch: u32,
    /// The build. The text belongs to the library.
    pub build: *const c_char,
}
/// An older name of rsmi_version_t.
pub type rsmi_version = rsmi_version_t;

/// Firmware blocks of a device.
#[c_enum]
#[repr(C)]
pub enum rsmi_fw_block_t {
    /// The lowest value of this enum.
    RSMI_FW_BLOCK_FIRST = 0,
    /// The driver inside the security processor (ASD).
    RSMI_FW_BLOCK_ASD = RSMI_FW_BLOCK_FIRST,
    /// The constant engine (CE).
    RSMI_FW_BLOCK_CE = 1,
    /// The display microcontroller (DMCU).
    RSMI_FW_BLOCK_DMCU = 2,
    /// The memory controller (MC).
    RSMI_FW_BLOCK_MC = 3,
    /// The micro engine of the command processor (ME).
    RSMI_FW_BLOCK_ME = 4,
    /// The first compute micro engine (MEC).
    RSMI_FW_BLOCK_MEC = 5,
    /// The second compute micro engine.
    RSMI_FW_BLOCK_MEC2 = 6,
    /// The micro engine scheduler (MES).
    RSMI_FW_BLOCK_MES = 7,
    /// The kernel interface queue (KIQ) of the micro engine scheduler.
    RSMI_FW_BLOCK_MES_KIQ = 8,
    /// The prefetch parser (PFP).
    RSMI_FW_BLOCK_PFP = 9,
    /// The run list controller (RLC).
    RSMI_FW_BLOCK_RLC = 10,
    /// The save and restore list of the RLC, control part.
    RSMI_FW_BLOCK_RLC_SRLC = 11,
    /// The save and restore list of the RLC, general purpose memory.
    RSMI_FW_BLOCK_RLC_SRLG = 12,
    /// The save and restore list of the RLC, save memory.
    RSMI_FW_BLOCK_RLC_SRLS = 13,
    /// The first SDMA engine.
    RSMI_FW_BLOCK_SDMA = 14,
    /// The second SDMA engine.
    RSMI_FW_BLOCK_SDMA2 = 15,
    /// The power management controller (SMC).
    RSMI_FW_BLOCK_SMC = 16,
    /// The operating system of the security processor (SOS).
    RSMI_FW_BLOCK_SOS = 17,
    /// The trusted application for RAS.
    RSMI_FW_BLOCK_TA_RAS = 18,
    /// The trusted application for XGMI.
    RSMI_FW_BLOCK_TA_XGMI = 19,
    /// The video decoder of older devices (UVD).
    RSMI_FW_BLOCK_UVD = 20,
    /// The video encoder of older devices (VCE).
    RSMI_FW_BLOCK_VCE = 21,
    /// The video decoder and encoder (VCN).
    RSMI_FW_BLOCK_VCN = 22,
    /// The highest value of this enum.
    RSMI_FW_BLOCK_LAST = RSMI_FW_BLOCK_VCN,
}

assert_layout!(rsmi_version_t: 24 { major: 0, minor: 4, patch: 8, build: 16 });
