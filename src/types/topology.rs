//! How devices are linked to each other.

use rsmi_macros::c_enum;

/// Kinds of link between two devices.
#[c_enum]
#[repr(C)]
pub enum RSMI_IO_LINK_TYPE {
    /// Unknown.
    RSMI_IOLINK_TYPE_UNDEFINED = 0,
    /// PCI Express.
    RSMI_IOLINK_TYPE_PCIEXPRESS = 1,
    /// XGMI, the link from GPU to GPU.
    RSMI_IOLINK_TYPE_XGMI = 2,
    /// How many kinds there are.
    RSMI_IOLINK_TYPE_NUMIOLINKTYPES = 3,
    /// Makes the type 32 bits wide.
    RSMI_IOLINK_TYPE_SIZE = 0xFFFF_FFFF,
}

/// The index that stands for the CPU, as a destination of rsmi_topo_get_link_type().
///
/// cbindgen:ignore
pub const CPU_NODE_INDEX: u32 = 0xFFFF_FFFF;
