//! Iterators over the functions that a device supports.

use super::{
    rsmi_clk_type_t, rsmi_event_group_t, rsmi_event_type_t, rsmi_fw_block_t, rsmi_gpu_block_t,
    rsmi_memory_type_t, rsmi_temperature_metric_t,
};
use core::ffi::c_char;

/// The variant of a function that has sensors but no variants.
///
/// cbindgen:ignore
pub const RSMI_DEFAULT_VARIANT: u64 = 0xFFFF_FFFF_FFFF_FFFF;

/// An iterator over functions, variants or sensors.
pub struct rsmi_func_id_iter_handle {
    _opaque: [u8; 0],
}
/// A pointer to an iterator.
pub type rsmi_func_id_iter_handle_t = *mut rsmi_func_id_iter_handle;

/// The element at which an iterator stands. Its member depends on the function.
#[repr(C)]
#[derive(Clone, Copy)]
pub union rsmi_func_id_value_t {
    /// The number of a variant or of a sensor.
    pub id: u64,
    /// The name of a function. The text belongs to the library.
    pub name: *const c_char,
    /// The variant of a function that takes a kind of memory.
    pub memory_type: rsmi_memory_type_t,
    /// The variant of a function that takes a value of a temperature sensor.
    pub temp_metric: rsmi_temperature_metric_t,
    /// The variant of a function that takes an event.
    pub evnt_type: rsmi_event_type_t,
    /// The variant of a function that takes a group of events.
    pub evnt_group: rsmi_event_group_t,
    /// The variant of a function that takes a clock.
    pub clk_type: rsmi_clk_type_t,
    /// The variant of a function that takes a firmware block.
    pub fw_block: rsmi_fw_block_t,
    /// The variant of a function that takes a block of the GPU.
    pub gpu_block_type: rsmi_gpu_block_t,
}

assert_layout!(union rsmi_func_id_value_t: 8 {
    id: 0,
    name: 0,
    memory_type: 0,
    temp_metric: 0,
    evnt_type: 0,
    evnt_group: 0,
    clk_type: 0,
    fw_block: 0,
    gpu_block_type: 0,
});
