//! Performance counters of the XGMI links.

use rsmi_macros::c_enum;

/// A counter that rsmi_dev_counter_create() created.
pub type rsmi_event_handle_t = libc::uintptr_t;

/// Groups of events. The number of a group is the number of its first event.
#[c_enum]
#[repr(C)]
pub enum rsmi_event_group_t {
    /// The traffic with the two neighbours of a GPU.
    RSMI_EVNT_GRP_XGMI = 0,
    /// The data sent over each XGMI link.
    RSMI_EVNT_GRP_XGMI_DATA_OUT = 10,
    /// Not a group.
    RSMI_EVNT_GRP_INVALID = 0xFFFF_FFFF,
}

/// Events that a counter can count.
///
/// A beat is 32 bytes. The throughput of a link in bytes per nanosecond is 32 times the number of
/// beats, divided by the member time_running of the counter.
#[c_enum]
#[repr(C)]
pub enum rsmi_event_type_t {
    /// The lowest value of this enum.
    RSMI_EVNT_FIRST = 0,
    /// The first event of the group RSMI_EVNT_GRP_XGMI.
    RSMI_EVNT_XGMI_FIRST = 0,
    /// Empty packets sent to neighbour 0.
    RSMI_EVNT_XGMI_0_NOP_TX = RSMI_EVNT_XGMI_FIRST,
    /// Requests sent to neighbour 0.
    RSMI_EVNT_XGMI_0_REQUEST_TX = 1,
    /// Responses sent to neighbour 0.
    RSMI_EVNT_XGMI_0_RESPONSE_TX = 2,
    /// Beats of data sent to neighbour 0.
    RSMI_EVNT_XGMI_0_BEATS_TX = 3,
    /// Empty packets sent to neighbour 1.
    RSMI_EVNT_XGMI_1_NOP_TX = 4,
    /// Requests sent to neighbour 1.
    RSMI_EVNT_XGMI_1_REQUEST_TX = 5,
    /// Responses sent to neighbour 1.
    RSMI_EVNT_XGMI_1_RESPONSE_TX = 6,
    /// Beats of data sent to neighbour 1.
    RSMI_EVNT_XGMI_1_BEATS_TX = 7,
    /// The last event of the group RSMI_EVNT_GRP_XGMI.
    RSMI_EVNT_XGMI_LAST = RSMI_EVNT_XGMI_1_BEATS_TX,
    /// The first event of the group RSMI_EVNT_GRP_XGMI_DATA_OUT.
    RSMI_EVNT_XGMI_DATA_OUT_FIRST = 10,
    /// Beats of data sent over link 0.
    RSMI_EVNT_XGMI_DATA_OUT_0 = RSMI_EVNT_XGMI_DATA_OUT_FIRST,
    /// Beats of data sent over link 1.
    RSMI_EVNT_XGMI_DATA_OUT_1 = 11,
    /// Beats of data sent over link 2.
    RSMI_EVNT_XGMI_DATA_OUT_2 = 12,
    /// Beats of data sent over link 3.
    RSMI_EVNT_XGMI_DATA_OUT_3 = 13,
    /// Beats of data sent over link 4.
    RSMI_EVNT_XGMI_DATA_OUT_4 = 14,
    /// Beats of data sent over link 5.
    RSMI_EVNT_XGMI_DATA_OUT_5 = 15,
    /// The last event of the group RSMI_EVNT_GRP_XGMI_DATA_OUT.
    RSMI_EVNT_XGMI_DATA_OUT_LAST = RSMI_EVNT_XGMI_DATA_OUT_5,
    /// The highest value of this enum.
    RSMI_EVNT_LAST = RSMI_EVNT_XGMI_DATA_OUT_LAST,
}

/// Commands for a counter.
#[c_enum]
#[repr(C)]
pub enum rsmi_counter_command_t {
    /// Start counting.
    RSMI_CNTR_CMD_START = 0,
    /// Stop counting. Read the counter before you stop it.
    RSMI_CNTR_CMD_STOP = 1,
}

/// The value of a counter.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_counter_value_t {
    /// The number of events.
    pub value: u64,
    /// The time since the counter was started, in ns.
    pub time_enabled: u64,
    /// The time during which the counter counted, in ns.
    pub time_running: u64,
}

assert_layout!(rsmi_counter_value_t: 24 { value: 0, time_enabled: 8, time_running: 16 });
