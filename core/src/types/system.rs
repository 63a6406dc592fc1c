//! Processes that use the GPUs.

/// The value of cu_occupancy if the device does not report it.
///
/// cbindgen:ignore
pub const CU_OCCUPANCY_INVALID: u32 = 0xFFFF_FFFF;

/// A process that uses GPUs.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_process_info_t {
    /// The process id.
    pub process_id: u32,
    /// The id of the process's address space on the GPU (PASID).
    pub pasid: u32,
    /// The VRAM that the process uses, in bytes.
    pub vram_usage: u64,
    /// The time that SDMA engines worked for the process, in microseconds.
    pub sdma_usage: u64,
    /// The compute units that the process occupies, in percent, or CU_OCCUPANCY_INVALID.
    pub cu_occupancy: u32,
}

assert_layout!(rsmi_process_info_t: 32 {
    process_id: 0,
    pasid: 4,
    vram_usage: 8,
    sdma_usage: 16,
    cu_occupancy: 24,
});
