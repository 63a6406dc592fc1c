//! Clocks, the frequencies they can have, and the voltage that goes with a frequency.

use rsmi_macros::c_enum;

/// How many frequencies a clock can have at most: 32, and one for deep sleep.
pub const RSMI_MAX_NUM_FREQUENCIES: usize = 33;

/// How many points a voltage curve has.
pub const RSMI_NUM_VOLTAGE_CURVE_POINTS: usize = 3;

/// The clocks of a device.
#[c_enum]
#[repr(C)]
pub enum rsmi_clk_type_t {
    /// The graphics core.
    RSMI_CLK_TYPE_SYS = 0,
    /// The lowest of them.
    RSMI_CLK_TYPE_FIRST = RSMI_CLK_TYPE_SYS,
    /// The data fabric, where it has a clock of its own.
    RSMI_CLK_TYPE_DF = 1,
    /// The display engine.
    RSMI_CLK_TYPE_DCEF = 2,
    /// The rest of the chip.
    RSMI_CLK_TYPE_SOC = 3,
    /// The memory.
    RSMI_CLK_TYPE_MEM = 4,
    /// The PCIe link.
    RSMI_CLK_TYPE_PCIE = 5,
    /// The highest of those that have a frequency table.
    RSMI_CLK_TYPE_LAST = RSMI_CLK_TYPE_MEM,
    /// No clock.
    RSMI_CLK_INVALID = 0xFFFF_FFFF,
}
/// Older spelling of rsmi_clk_type_t.
pub type rsmi_clk_type = rsmi_clk_type_t;

/// Which end of a frequency range is meant.
#[c_enum]
#[repr(C)]
pub enum rsmi_freq_ind_t {
    /// The lower end.
    RSMI_FREQ_IND_MIN = 0,
    /// The upper end.
    RSMI_FREQ_IND_MAX = 1,
    /// Neither.
    RSMI_FREQ_IND_INVALID = 0xFFFF_FFFF,
}
/// Older spelling of rsmi_freq_ind_t.
pub type rsmi_freq_ind = rsmi_freq_ind_t;

/// The frequencies that a clock can have.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_frequencies_t {
    /// Whether frequency 0 is that of deep sleep.
    pub has_deep_sleep: bool,
    /// How many frequencies there are.
    pub num_supported: u32,
    /// Index of the frequency in use.
    pub current: u32,
    /// The frequencies in Hz, in the order of the kernel; the first num_supported are valid.
    pub frequency: [u64; RSMI_MAX_NUM_FREQUENCIES],
}
/// Older spelling of rsmi_frequencies_t.
pub type rsmi_frequencies = rsmi_frequencies_t;

/// A range, both ends included.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_range_t {
    /// Lower end.
    pub lower_bound: u64,
    /// Upper end.
    pub upper_bound: u64,
}
/// Older spelling of rsmi_range_t.
pub type rsmi_range = rsmi_range_t;

/// A point of a voltage curve.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_od_vddc_point_t {
    /// Hz.
    pub frequency: u64,
    /// mV.
    pub voltage: u64,
}
/// Older spelling of rsmi_od_vddc_point_t.
pub type rsmi_od_vddc_point = rsmi_od_vddc_point_t;

/// Within which limits a point of the voltage curve can be moved.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_freq_volt_region_t {
    /// Limits of the frequency in Hz.
    pub freq_range: rsmi_range_t,
    /// Limits of the voltage in mV.
    pub volt_range: rsmi_range_t,
}
/// Older spelling of rsmi_freq_volt_region_t.
pub type rsmi_freq_volt_region = rsmi_freq_volt_region_t;

/// The voltage curve of the graphics core.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_od_volt_curve_t {
    /// Its points.
    pub vc_points: [rsmi_od_vddc_point_t; RSMI_NUM_VOLTAGE_CURVE_POINTS],
}
/// Older spelling of rsmi_od_volt_curve_t.
pub type rsmi_od_volt_curve = rsmi_od_volt_curve_t;

/// The clock ranges of a device and its voltage curve.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_od_volt_freq_data_t {
    /// The range in use of the graphics clock, in Hz.
    pub curr_sclk_range: rsmi_range_t,
    /// The range in use of the memory clock, in Hz; only the upper end is valid.
    pub curr_mclk_range: rsmi_range_t,
    /// Limits of the range of the graphics clock, in Hz.
    pub sclk_freq_limits: rsmi_range_t,
    /// Limits of the range of the memory clock, in Hz.
    pub mclk_freq_limits: rsmi_range_t,
    /// The voltage curve in use.
    pub curve: rsmi_od_volt_curve_t,
    /// How many regions rsmi_dev_od_volt_curve_regions_get() can return.
    pub num_regions: u32,
}
/// Older spelling of rsmi_od_volt_freq_data_t.
pub type rsmi_od_volt_freq_data = rsmi_od_volt_freq_data_t;

assert_layout!(rsmi_frequencies_t: 280 {
    has_deep_sleep: 0,
    num_supported: 4,
    current: 8,
    frequency: 16,
});
assert_layout!(rsmi_range_t: 16 { lower_bound: 0, upper_bound: 8 });
assert_layout!(rsmi_od_vddc_point_t: 16 { frequency: 0, voltage: 8 });
assert_layout!(rsmi_freq_volt_region_t: 32 { freq_range: 0, volt_range: 16 });
assert_layout!(rsmi_od_volt_curve_t: 48 { vc_points: 0 });
assert_layout!(rsmi_od_volt_freq_data_t: 120 {
    curr_sclk_range: 0,
    curr_mclk_range: 16,
    sclk_freq_limits: 32,
    mclk_freq_limits: 48,
    curve: 64,
    num_regions: 112,
});
