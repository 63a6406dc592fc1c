//! How a card is divided into devices, and its memory into domains.

use rsmi_macros::c_enum;

/// Into how many devices the compute units of a card are divided.
#[c_enum]
#[repr(C)]
pub enum rsmi_compute_partition_type_t {
    /// Unknown.
    RSMI_COMPUTE_PARTITION_INVALID = 0,
    /// One.
    RSMI_COMPUTE_PARTITION_SPX = 1,
    /// Two.
    RSMI_COMPUTE_PARTITION_DPX = 2,
    /// Three.
    RSMI_COMPUTE_PARTITION_TPX = 3,
    /// Four.
    RSMI_COMPUTE_PARTITION_QPX = 4,
    /// As many as there are compute chips.
    RSMI_COMPUTE_PARTITION_CPX = 5,
}
/// Older spelling of rsmi_compute_partition_type_t.
pub type rsmi_compute_partition_type = rsmi_compute_partition_type_t;

/// Into how many domains the memory of a card is divided.
#[c_enum]
#[repr(C)]
pub enum rsmi_memory_partition_type_t {
    /// Unknown.
    RSMI_MEMORY_PARTITION_UNKNOWN = 0,
    /// One: data is spread over all memory stacks.
    RSMI_MEMORY_PARTITION_NPS1 = 1,
    /// Two.
    RSMI_MEMORY_PARTITION_NPS2 = 2,
    /// Four.
    RSMI_MEMORY_PARTITION_NPS4 = 3,
    /// Eight.
    RSMI_MEMORY_PARTITION_NPS8 = 4,
}
/// Older spelling of rsmi_memory_partition_type_t.
pub type rsmi_memory_partition_type = rsmi_memory_partition_type_t;
