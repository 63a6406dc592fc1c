//! Memory errors that the hardware found, block by block.

use rsmi_macros::c_enum;

/// Blocks of a GPU that count errors, one bit each.
#[c_enum(u64)]
#[repr(C)]
pub enum rsmi_gpu_block_t {
    /// No block.
    RSMI_GPU_BLOCK_INVALID = 0,
    /// The lowest of them.
    RSMI_GPU_BLOCK_FIRST = 0x1,
    /// Memory controller.
    RSMI_GPU_BLOCK_UMC = RSMI_GPU_BLOCK_FIRST,
    /// Copy engines.
    RSMI_GPU_BLOCK_SDMA = 0x2,
    /// Graphics core.
    RSMI_GPU_BLOCK_GFX = 0x4,
    /// Memory hub for the engines other than graphics.
    RSMI_GPU_BLOCK_MMHUB = 0x8,
    /// Address translation hub.
    RSMI_GPU_BLOCK_ATHUB = 0x10,
    /// PCIe bus interface.
    RSMI_GPU_BLOCK_PCIE_BIF = 0x20,
    /// Host data path.
    RSMI_GPU_BLOCK_HDP = 0x40,
    /// Links to other GPUs.
    RSMI_GPU_BLOCK_XGMI_WAFL = 0x80,
    /// Data fabric.
    RSMI_GPU_BLOCK_DF = 0x100,
    /// System management network.
    RSMI_GPU_BLOCK_SMN = 0x200,
    /// SEM block.
    RSMI_GPU_BLOCK_SEM = 0x400,
    /// Security processor.
    RSMI_GPU_BLOCK_MP0 = 0x800,
    /// Power management controller.
    RSMI_GPU_BLOCK_MP1 = 0x1000,
    /// Fuses.
    RSMI_GPU_BLOCK_FUSE = 0x2000,
    /// The highest of them.
    RSMI_GPU_BLOCK_LAST = RSMI_GPU_BLOCK_FUSE,
    /// Kept free.
    RSMI_GPU_BLOCK_RESERVED = 0x8000_0000_0000_0000,
}
/// Older spelling of rsmi_gpu_block_t.
pub type rsmi_gpu_block = rsmi_gpu_block_t;

/// What error handling does in a block.
#[c_enum]
#[repr(C)]
pub enum rsmi_ras_err_state_t {
    /// No error at the moment.
    RSMI_RAS_ERR_STATE_NONE = 0,
    /// It is switched off.
    RSMI_RAS_ERR_STATE_DISABLED = 1,
    /// There are errors of an unknown kind.
    RSMI_RAS_ERR_STATE_PARITY = 2,
    /// A single bit was wrong and has been corrected.
    RSMI_RAS_ERR_STATE_SING_C = 3,
    /// Several bits are wrong and cannot be corrected.
    RSMI_RAS_ERR_STATE_MULT_UC = 4,
    /// The firmware took the page away; treat it as an error that cannot be corrected.
    RSMI_RAS_ERR_STATE_POISON = 5,
    /// It is switched on.
    RSMI_RAS_ERR_STATE_ENABLED = 6,
    /// The highest of them.
    RSMI_RAS_ERR_STATE_LAST = RSMI_RAS_ERR_STATE_ENABLED,
    /// No state.
    RSMI_RAS_ERR_STATE_INVALID = 0xFFFF_FFFF,
}

/// Errors of a block since the driver was loaded.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_error_count_t {
    /// Those that were corrected.
    pub correctable_err: u64,
    /// Those that were not.
    pub uncorrectable_err: u64,
}

assert_layout!(rsmi_error_count_t: 16 { correctable_err: 0, uncorrectable_err: 8 });
