//! The processes that compute on the GPUs.

/// The cu_occupancy of a device that cannot tell it.
///
/// cbindgen:ignore
pub const CU_OCCUPANCY_INVALID: u32 = 0xFFFF_FFFF;

/// A process that computes on GPUs.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_process_info_t {
    /// Process id.
    pub process_id: u32,
    /// Id of its address space on the GPU.
    pub pasid: u32,
    /// Bytes of memory it uses on the card.
    pub vram_usage: u64,
    /// Microseconds during which copy engines worked for it.
    pub sdma_usage: u64,
    /// Percentage of the compute units that it occupies, or CU_OCCUPANCY_INVALID.
    pub cu_occupancy: u32,
}

assert_layout!(rsmi_process_info_t: 32 {
    process_id: 0,
    pasid: 4,
    vram_usage: 8,
    sdma_usage: 16,
    cu_occupancy: 24,
});
