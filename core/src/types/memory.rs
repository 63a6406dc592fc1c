//! Kinds of memory, and retired memory pages.

use rsmi_macros::c_enum;

/// Kinds of memory that a device uses.
#[c_enum]
#[repr(C)]
pub enum rsmi_memory_type_t {
    /// The lowest value of this enum.
    RSMI_MEM_TYPE_FIRST = 0,
    /// The VRAM, the memory of the GPU.
    RSMI_MEM_TYPE_VRAM = RSMI_MEM_TYPE_FIRST,
    /// The part of the VRAM that the CPU can access.
    RSMI_MEM_TYPE_VIS_VRAM = 1,
    /// The system memory that is mapped for the GPU (GTT).
    RSMI_MEM_TYPE_GTT = 2,
    /// The highest value of this enum.
    RSMI_MEM_TYPE_LAST = RSMI_MEM_TYPE_GTT,
}

/// The status of a faulty page.
#[c_enum]
#[repr(C)]
pub enum rsmi_memory_page_status_t {
    /// The driver has retired the page.
    RSMI_MEM_PAGE_STATUS_RESERVED = 0,
    /// The driver will retire the page at the next opportunity.
    RSMI_MEM_PAGE_STATUS_PENDING = 1,
    /// The driver could not retire the page.
    RSMI_MEM_PAGE_STATUS_UNRESERVABLE = 2,
}

/// A faulty page.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_retired_page_record_t {
    /// The address of the page.
    pub page_address: u64,
    /// The size of the page in bytes.
    pub page_size: u64,
    /// The status of the page.
    pub status: rsmi_memory_page_status_t,
}

assert_layout!(rsmi_retired_page_record_t: 24 { page_address: 0, page_size: 8, status: 16 });
