//! Versions: of the library, of software, of firmware.

use core::ffi::c_char;
use rsmi_macros::c_enum;

/// Software whose version can be asked for.
#[c_enum]
#[repr(C)]
pub enum rsmi_sw_component_t {
    /// The lowest of them.
    RSMI_SW_COMP_FIRST = 0,
    /// The driver amdgpu.
    RSMI_SW_COMP_DRIVER = RSMI_SW_COMP_FIRST,
    /// The highest of them.
    RSMI_SW_COMP_LAST = RSMI_SW_COMP_DRIVER,
}

/// A version of the library.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_version_t {
    /// Grows when programs have to be changed.
    pub major: u32,
    /// Grows when something is added.
    pub minor: u32,
    /// Grows when something is repaired.
    pub patch: u32,
    /// Which build it is; the string belongs to the library.
    pub build: *const c_char,
}
/// Older spelling of rsmi_version_t.
pub type rsmi_version = rsmi_version_t;

/// Parts of a device that run firmware.
#[c_enum]
#[repr(C)]
pub enum rsmi_fw_block_t {
    /// The lowest of them.
    RSMI_FW_BLOCK_FIRST = 0,
    /// Driver inside the security processor.
    RSMI_FW_BLOCK_ASD = RSMI_FW_BLOCK_FIRST,
    /// Constant engine.
    RSMI_FW_BLOCK_CE = 1,
    /// Display microcontroller.
    RSMI_FW_BLOCK_DMCU = 2,
    /// Memory controller.
    RSMI_FW_BLOCK_MC = 3,
    /// Micro engine of the command processor.
    RSMI_FW_BLOCK_ME = 4,
    /// First compute micro engine.
    RSMI_FW_BLOCK_MEC = 5,
    /// Second compute micro engine.
    RSMI_FW_BLOCK_MEC2 = 6,
    /// Micro engine scheduler.
    RSMI_FW_BLOCK_MES = 7,
    /// Its queue for the kernel.
    RSMI_FW_BLOCK_MES_KIQ = 8,
    /// Prefetch parser.
    RSMI_FW_BLOCK_PFP = 9,
    /// Run list controller.
    RSMI_FW_BLOCK_RLC = 10,
    /// Its save and restore list, control part.
    RSMI_FW_BLOCK_RLC_SRLC = 11,
    /// Its save and restore list, general purpose memory.
    RSMI_FW_BLOCK_RLC_SRLG = 12,
    /// Its save and restore list, save memory.
    RSMI_FW_BLOCK_RLC_SRLS = 13,
    /// First copy engine.
    RSMI_FW_BLOCK_SDMA = 14,
    /// Second copy engine.
    RSMI_FW_BLOCK_SDMA2 = 15,
    /// Power management controller.
    RSMI_FW_BLOCK_SMC = 16,
    /// Operating system of the security processor.
    RSMI_FW_BLOCK_SOS = 17,
    /// Trusted application for error handling.
    RSMI_FW_BLOCK_TA_RAS = 18,
    /// Trusted application for XGMI.
    RSMI_FW_BLOCK_TA_XGMI = 19,
    /// Video decoder of older devices.
    RSMI_FW_BLOCK_UVD = 20,
    /// Video encoder of older devices.
    RSMI_FW_BLOCK_VCE = 21,
    /// Video decoder and encoder.
    RSMI_FW_BLOCK_VCN = 22,
    /// The highest of them.
    RSMI_FW_BLOCK_LAST = RSMI_FW_BLOCK_VCN,
}

assert_layout!(rsmi_version_t: 24 { major: 0, minor: 4, patch: 8, build: 16 });
