//! Performance levels, and how busy a device is.

use rsmi_macros::c_enum;

/// How the driver chooses the clocks of a device.
#[c_enum]
#[repr(C)]
pub enum rsmi_dev_perf_level_t {
    /// By the load.
    RSMI_DEV_PERF_LEVEL_AUTO = 0,
    /// The lowest of them.
    RSMI_DEV_PERF_LEVEL_FIRST = RSMI_DEV_PERF_LEVEL_AUTO,
    /// Always low.
    RSMI_DEV_PERF_LEVEL_LOW = 1,
    /// Always high.
    RSMI_DEV_PERF_LEVEL_HIGH = 2,
    /// Among those that rsmi_dev_gpu_clk_freq_set() allows.
    RSMI_DEV_PERF_LEVEL_MANUAL = 3,
    /// Fixed, for profiling.
    RSMI_DEV_PERF_LEVEL_STABLE_STD = 4,
    /// Fixed at the highest that lasts.
    RSMI_DEV_PERF_LEVEL_STABLE_PEAK = 5,
    /// Fixed, with the memory at its lowest.
    RSMI_DEV_PERF_LEVEL_STABLE_MIN_MCLK = 6,
    /// Fixed, with the graphics core at its lowest.
    RSMI_DEV_PERF_LEVEL_STABLE_MIN_SCLK = 7,
    /// With an upper limit that makes run times repeatable.
    RSMI_DEV_PERF_LEVEL_DETERMINISM = 8,
    /// The highest of them.
    RSMI_DEV_PERF_LEVEL_LAST = RSMI_DEV_PERF_LEVEL_DETERMINISM,
    /// In a way that has no number.
    RSMI_DEV_PERF_LEVEL_UNKNOWN = 0x100,
}
/// Older spelling of rsmi_dev_perf_level_t.
pub type rsmi_dev_perf_level = rsmi_dev_perf_level_t;

/// Parts of a device that can be busy, one bit each.
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

/// How busy each part of a device is, in percent.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_activity_metric_counter_t {
    /// The graphics core.
    pub average_gfx_activity: u16,
    /// The memory controller.
    pub average_umc_activity: u16,
    /// The video engines.
    pub average_mm_activity: u16,
}

/// Counters that add up how busy a part of the device was.
#[c_enum]
#[repr(C)]
pub enum RSMI_UTILIZATION_COUNTER_TYPE {
    /// The lowest of them.
    RSMI_UTILIZATION_COUNTER_FIRST = 0,
    /// The graphics core.
    RSMI_COARSE_GRAIN_GFX_ACTIVITY = RSMI_UTILIZATION_COUNTER_FIRST,
    /// The memory.
    RSMI_COARSE_GRAIN_MEM_ACTIVITY = 1,
    /// The highest of them.
    RSMI_UTILIZATION_COUNTER_LAST = RSMI_COARSE_GRAIN_MEM_ACTIVITY,
}

/// One such counter. The caller fills in the type, the library the value.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_utilization_counter_t {
    /// Which counter.
    pub r#type: RSMI_UTILIZATION_COUNTER_TYPE,
    /// Its value.
    pub value: u64,
}

assert_layout!(rsmi_activity_metric_counter_t: 6 {
    average_gfx_activity: 0,
    average_umc_activity: 2,
    average_mm_activity: 4,
});
assert_layout!(rsmi_utilization_counter_t: 16 { r#type: 0, value: 8 });
