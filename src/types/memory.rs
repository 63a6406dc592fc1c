//! Kinds of memory, and memory pages taken out of use.

use rsmi_macros::c_enum;

/// Kinds of memory that a device uses.
#[c_enum]
#[repr(C)]
pub enum rsmi_memory_type_t {
    /// The lowest of them.
    RSMI_MEM_TYPE_FIRST = 0,
    /// The memory on the card.
    RSMI_MEM_TYPE_VRAM = RSMI_MEM_TYPE_FIRST,
    /// The part of it that the CPU can address.
    RSMI_MEM_TYPE_VIS_VRAM = 1,
    /// System memory that is mapped for the GPU.
    RSMI_MEM_TYPE_GTT = 2,
    /// The highest of them.
    RSMI_MEM_TYPE_LAST = RSMI_MEM_TYPE_GTT,
}

/// What has become of a faulty page.
#[c_enum]
#[repr(C)]
pub enum rsmi_memory_page_status_t {
    /// It is out of use.
    RSMI_MEM_PAGE_STATUS_RESERVED = 0,
    /// It is known to be faulty and will be taken out of use at the next chance.
    RSMI_MEM_PAGE_STATUS_PENDING = 1,
    /// It could not be taken out of use.
    RSMI_MEM_PAGE_STATUS_UNRESERVABLE = 2,
}

/// One faulty page.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_retired_page_record_t {
    /// Where it begins.
    pub page_address: u64,
    /// Bytes in it.
    pub page_size: u64,
    /// What has become of it.
    pub status: rsmi_memory_page_status_t,
}

assert_layout!(rsmi_retired_page_record_t: 24 { page_address: 0, page_size: 8, status: 16 });
