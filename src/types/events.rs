//! Things that happen to a device and are reported when they do.

use core::ffi::c_char;
use rsmi_macros::c_enum;

/// Room for the text of a notification, its NUL included.
pub const MAX_EVENT_NOTIFICATION_MSG_SIZE: usize = 96;

/// What can happen to a device. The numbers are those of the kernel, KFD_SMI_EVENT_*.
#[c_enum]
#[repr(C)]
pub enum rsmi_evt_notification_type_t {
    /// Nothing.
    RSMI_EVT_NOTIF_NONE = 0,
    /// A page fault in the address space of the GPU.
    RSMI_EVT_NOTIF_VMFAULT = 1,
    /// The lowest of them.
    RSMI_EVT_NOTIF_FIRST = RSMI_EVT_NOTIF_VMFAULT,
    /// The clocks are lowered because of heat.
    RSMI_EVT_NOTIF_THERMAL_THROTTLE = 2,
    /// The GPU is about to be reset.
    RSMI_EVT_NOTIF_GPU_PRE_RESET = 3,
    /// The GPU has been reset.
    RSMI_EVT_NOTIF_GPU_POST_RESET = 4,
    /// Memory begins to move.
    RSMI_EVT_NOTIF_EVENT_MIGRATE_START = 5,
    /// Memory has moved.
    RSMI_EVT_NOTIF_EVENT_MIGRATE_END = 6,
    /// A page fault that can be repaired begins.
    RSMI_EVT_NOTIF_EVENT_PAGE_FAULT_START = 7,
    /// It has been repaired.
    RSMI_EVT_NOTIF_EVENT_PAGE_FAULT_END = 8,
    /// The queues of a process are taken off the GPU.
    RSMI_EVT_NOTIF_EVENT_QUEUE_EVICTION = 9,
    /// They are back.
    RSMI_EVT_NOTIF_EVENT_QUEUE_RESTORE = 10,
    /// Memory is unmapped from the GPU.
    RSMI_EVT_NOTIF_EVENT_UNMAP_FROM_GPU = 11,
    /// The same of every process, not only of this one.
    RSMI_EVT_NOTIF_EVENT_ALL_PROCESS = 64,
    /// The highest of them.
    RSMI_EVT_NOTIF_LAST = RSMI_EVT_NOTIF_EVENT_ALL_PROCESS,
}

/// Something that happened.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_evt_notification_data_t {
    /// To which device.
    pub dv_ind: u32,
    /// What.
    pub event: rsmi_evt_notification_type_t,
    /// What the kernel says about it.
    pub message: [c_char; MAX_EVENT_NOTIFICATION_MSG_SIZE],
}

assert_layout!(rsmi_evt_notification_data_t: 104 { dv_ind: 0, event: 4, message: 8 });
