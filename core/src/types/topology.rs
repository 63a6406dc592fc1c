//! Connections between devices.

use rsmi_macros::c_enum;

/// Types of the connection between two devices.
#[c_enum]
#[repr(C)]
pub enum RSMI_IO_LINK_TYPE {
    /// An unknown type.
    RSMI_IOLINK_TYPE_UNDEFINED = 0,
    /// PCI Express.
    RSMI_IOLINK_TYPE_PCIEXPRESS = 1,
    /// XGMI, the link between GPUs.
    RSMI_IOLINK_TYPE_XGMI = 2,
    /// The number of types.
    RSMI_IOLINK_TYPE_NUMIOLINKTYPES = 3,
    /// Makes the enum 32 bits wide.
    RSMI_IOLINK_TYPE_SIZE = 0xFFFF_FFFF,
}

/// The index that stands for the CPU, as `dv_ind_dst` of rsmi_topo_get_link_type().
///
/// cbindgen:ignore
pub const CPU_NODE_INDEX: u32 = 0xFFFF_FFFF;
