//! Compute partitions and memory partitions.

use rsmi_macros::c_enum;

/// Compute partition modes: into how many devices a GPU is divided.
#[c_enum]
#[repr(C)]
pub enum rsmi_compute_partition_type_t {
    /// An unknown mode.
    RSMI_COMPUTE_PARTITION_INVALID = 0,
    /// One device.
    RSMI_COMPUTE_PARTITION_SPX = 1,
    /// Two devices.
    RSMI_COMPUTE_PARTITION_DPX = 2,
    /// Three devices.
    RSMI_COMPUTE_PARTITION_TPX = 3,
    /// Four devices.
    RSMI_COMPUTE_PARTITION_QPX = 4,
    /// One device for each XCC (compute core).
    RSMI_COMPUTE_PARTITION_CPX = 5,
}
/// An older name of rsmi_compute_partition_type_t.
pub type rsmi_compute_partition_type = rsmi_compute_partition_type_t;

/// Memory partition modes: into how many NUMA domains the memory of a GPU is divided.
#[c_enum]
#[repr(C)]
pub enum rsmi_memory_partition_type_t {
    /// An unknown mode.
    RSMI_MEMORY_PARTITION_UNKNOWN = 0,
    /// One domain. The data is spread over all HBM stacks.
    RSMI_MEMORY_PARTITION_NPS1 = 1,
    /// Two domains.
    RSMI_MEMORY_PARTITION_NPS2 = 2,
    /// Four domains.
    RSMI_MEMORY_PARTITION_NPS4 = 3,
    /// Eight domains.
    RSMI_MEMORY_PARTITION_NPS8 = 4,
}
/// An older name of rsmi_memory_partition_type_t.
pub type rsmi_memory_partition_type = rsmi_memory_partition_type_t;
