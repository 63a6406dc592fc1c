//! Events of a device.

use core::ffi::c_char;
use rsmi_macros::c_enum;

/// The size of the text of an event in bytes, with its NUL.
pub const MAX_EVENT_NOTIFICATION_MSG_SIZE: usize = 96;

/// Events of a device. The numbers are those of the kernel, KFD_SMI_EVENT_*.
#[c_enum]
#[repr(C)]
pub enum rsmi_evt_notification_type_t {
    /// Not an event.
    RSMI_EVT_NOTIF_NONE = 0,
    /// A page fault occurred in the address space of the GPU.
    RSMI_EVT_NOTIF_VMFAULT = 1,
    /// The lowest value of this enum.
    RSMI_EVT_NOTIF_FIRST = RSMI_EVT_NOTIF_VMFAULT,
    /// The device lowers its clocks because of its temperature.
    RSMI_EVT_NOTIF_THERMAL_THROTTLE = 2,
    /// The driver is about to reset the GPU.
    RSMI_EVT_NOTIF_GPU_PRE_RESET = 3,
    /// The driver has reset the GPU.
    RSMI_EVT_NOTIF_GPU_POST_RESET = 4,
    /// A migration of memory starts.
    RSMI_EVT_NOTIF_EVENT_MIGRATE_START = 5,
    /// A migration of memory has ended.
    RSMI_EVT_NOTIF_EVENT_MIGRATE_END = 6,
    /// The driver starts to handle a page fault that it can recover from.
    RSMI_EVT_NOTIF_EVENT_PAGE_FAULT_START = 7,
    /// The driver has handled a page fault.
    RSMI_EVT_NOTIF_EVENT_PAGE_FAULT_END = 8,
    /// The driver removes the queues of a process from the GPU.
    RSMI_EVT_NOTIF_EVENT_QUEUE_EVICTION = 9,
    /// The driver has restored the queues of a process.
    RSMI_EVT_NOTIF_EVENT_QUEUE_RESTORE = 10,
    /// The driver unmaps memory from the GPU.
    RSMI_EVT_NOTIF_EVENT_UNMAP_FROM_GPU = 11,
    /// In a mask: the events of all processes, not only of this process.
    RSMI_EVT_NOTIF_EVENT_ALL_PROCESS = 64,
    /// The highest value of this enum.
    RSMI_EVT_NOTIF_LAST = RSMI_EVT_NOTIF_EVENT_ALL_PROCESS,
}

/// An event that occurred.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_evt_notification_data_t {
    /// The index of the device.
    pub dv_ind: u32,
    /// The event.
    pub event: rsmi_evt_notification_type_t,
    /// The text of the kernel about the event, ending with NUL.
    pub message: [c_char; MAX_EVENT_NOTIFICATION_MSG_SIZE],
}

assert_layout!(rsmi_evt_notification_data_t: 104 { dv_ind: 0, event: 4, message: 8 });
