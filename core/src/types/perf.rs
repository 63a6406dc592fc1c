//! Performance levels and activity.

use rsmi_macros::c_enum;

/// Performance levels: how the driver chooses the clocks of a device.
#[c_enum]
#[repr(C)]
pub enum rsmi_dev_perf_level_t {
    /// By the load.
    RSMI_DEV_PERF_LEVEL_AUTO = 0,
    /// The lowest value of this enum.
    RSMI_DEV_PERF_LEVEL_FIRST = RSMI_DEV_PERF_LEVEL_AUTO,
    /// Always the lowest clocks.
    RSMI_DEV_PERF_LEVEL_LOW = 1,
    /// Always the highest clocks.
    RSMI_DEV_PERF_LEVEL_HIGH = 2,
    /// Among the levels that rsmi_dev_gpu_clk_freq_set() allows.
    RSMI_DEV_PERF_LEVEL_MANUAL = 3,
    /// Fixed clocks, for profiling.
    RSMI_DEV_PERF_LEVEL_STABLE_STD = 4,
    /// Fixed at the highest clocks that the device can sustain.
    RSMI_DEV_PERF_LEVEL_STABLE_PEAK = 5,
    /// Fixed clocks, the memory clock at its lowest.
    RSMI_DEV_PERF_LEVEL_STABLE_MIN_MCLK = 6,
    /// Fixed clocks, the graphics clock at its lowest.
    RSMI_DEV_PERF_LEVEL_STABLE_MIN_SCLK = 7,
    /// With an upper limit that makes run times repeatable.
    RSMI_DEV_PERF_LEVEL_DETERMINISM = 8,
    /// The highest value of this enum.
    RSMI_DEV_PERF_LEVEL_LAST = RSMI_DEV_PERF_LEVEL_DETERMINISM,
    /// An unknown level.
    RSMI_DEV_PERF_LEVEL_UNKNOWN = 0x100,
}
/// An older name of rsmi_dev_perf_level_t.
pub type rsmi_dev_perf_level = rsmi_dev_perf_level_t;

/// Parts of a device whose activity is measured, one bit each.
#[c_enum]
#[repr(C)]
pub enum rsmi_activity_metric_t {
    /// The graphics core.
    RSMI_ACTIVITY_GFX = 1,
    /// The memory controller.
    RSMI_ACTIVITY_UMC = 2,
    /// The video engines.
    RSMI_ACTIVITY_MM = 4,
}

/// The activity of the parts of a device, in percent.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_activity_metric_counter_t {
    /// The activity of the graphics core.
    pub average_gfx_activity: u16,
    /// The activity of the memory controller.
    pub average_umc_activity: u16,
    /// The activity of the video engines.
    pub average_mm_activity: u16,
}

/// Utilization counters. A counter adds up the activity of a part of the device.
#[c_enum]
#[repr(C)]
pub enum RSMI_UTILIZATION_COUNTER_TYPE {
    /// The lowest value of this enum.
    RSMI_UTILIZATION_COUNTER_FIRST = 0,
    /// The activity of the graphics core.
    RSMI_COARSE_GRAIN_GFX_ACTIVITY = RSMI_UTILIZATION_COUNTER_FIRST,
    /// The activity of the memory.
    RSMI_COARSE_GRAIN_MEM_ACTIVITY = 1,
    /// The highest value of this enum.
    RSMI_UTILIZATION_COUNTER_LAST = RSMI_COARSE_GRAIN_MEM_ACTIVITY,
}

/// A utilization counter. The client writes the type, the library writes the value.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_utilization_counter_t {
    /// Which counter.
    pub r#type: RSMI_UTILIZATION_COUNTER_TYPE,
    /// The value of the counter.
    pub value: u64,
}

assert_layout!(rsmi_activity_metric_counter_t: 6 {
    average_gfx_activity: 0,
    average_umc_activity: 2,
    average_mm_activity: 4,
});
assert_layout!(rsmi_utilization_counter_t: 16 { r#type: 0, value: 8 });
