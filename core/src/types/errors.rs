//! Errors of the hardware blocks (RAS).

use rsmi_macros::c_enum;

/// Blocks of a GPU that count errors, one bit each.
#[c_enum(u64)]
#[repr(C)]
pub enum rsmi_gpu_block_t {
    /// Not a block.
    RSMI_GPU_BLOCK_INVALID = 0,
    /// The lowest value of this enum.
    RSMI_GPU_BLOCK_FIRST = 0x1,
    /// The memory controller (UMC).
    RSMI_GPU_BLOCK_UMC = RSMI_GPU_BLOCK_FIRST,
    /// The SDMA engines.
    RSMI_GPU_BLOCK_SDMA = 0x2,
    /// The graphics core.
    RSMI_GPU_BLOCK_GFX = 0x4,
    /// The memory hub of the engines other than graphics (MMHUB).
    RSMI_GPU_BLOCK_MMHUB = 0x8,
    /// The address translation hub (ATHUB).
    RSMI_GPU_BLOCK_ATHUB = 0x10,
    /// The PCIe bus interface (BIF).
    RSMI_GPU_BLOCK_PCIE_BIF = 0x20,
    /// The host data path (HDP).
    RSMI_GPU_BLOCK_HDP = 0x40,
    /// The XGMI links.
    RSMI_GPU_BLOCK_XGMI_WAFL = 0x80,
    /// The data fabric (DF).
    RSMI_GPU_BLOCK_DF = 0x100,
    /// The system management network (SMN).
    RSMI_GPU_BLOCK_SMN = 0x200,
    /// The SEM block.
    RSMI_GPU_BLOCK_SEM = 0x400,
    /// The security processor (MP0).
    RSMI_GPU_BLOCK_MP0 = 0x800,
    /// The power management controller (MP1).
    RSMI_GPU_BLOCK_MP1 = 0x1000,
    /// The fuses.
    RSMI_GPU_BLOCK_FUSE = 0x2000,
    /// The highest value of this enum.
    RSMI_GPU_BLOCK_LAST = RSMI_GPU_BLOCK_FUSE,
    /// Reserved.
    RSMI_GPU_BLOCK_RESERVED = 0x8000_0000_0000_0000,
}
/// An older name of rsmi_gpu_block_t.
pub type rsmi_gpu_block = rsmi_gpu_block_t;

/// The state of RAS (error detection and correction) in a block.
#[c_enum]
#[repr(C)]
pub enum rsmi_ras_err_state_t {
    /// There is no error.
    RSMI_RAS_ERR_STATE_NONE = 0,
    /// RAS is disabled.
    RSMI_RAS_ERR_STATE_DISABLED = 1,
    /// There are errors of an unknown kind.
    RSMI_RAS_ERR_STATE_PARITY = 2,
    /// A single bit was wrong. The hardware has corrected it.
    RSMI_RAS_ERR_STATE_SING_C = 3,
    /// Several bits are wrong. The hardware cannot correct this error.
    RSMI_RAS_ERR_STATE_MULT_UC = 4,
    /// The firmware has retired the page. Treat this as an error that cannot be corrected.
    RSMI_RAS_ERR_STATE_POISON = 5,
    /// RAS is enabled.
    RSMI_RAS_ERR_STATE_ENABLED = 6,
    /// The highest value of this enum.
    RSMI_RAS_ERR_STATE_LAST = RSMI_RAS_ERR_STATE_ENABLED,
    /// Not a state.
    RSMI_RAS_ERR_STATE_INVALID = 0xFFFF_FFFF,
}

/// The number of errors of a block since the driver was loaded.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_error_count_t {
    /// The number of corrected errors.
    pub correctable_err: u64,
    /// The number of errors that could not be corrected.
    pub uncorrectable_err: u64,
}

assert_layout!(rsmi_error_count_t: 16 { correctable_err: 0, uncorrectable_err: 8 });
