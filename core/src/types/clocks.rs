//! Clocks, their frequencies, and the voltages of the frequencies.

use rsmi_macros::c_enum;

/// The largest number of frequencies of a clock: 32, and one for deep sleep.
pub const RSMI_MAX_NUM_FREQUENCIES: usize = 33;

/// The number of points of a voltage curve.
pub const RSMI_NUM_VOLTAGE_CURVE_POINTS: usize = 3;

/// Clocks of a device.
#[c_enum]
#[repr(C)]
pub enum rsmi_clk_type_t {
    /// The graphics clock.
    RSMI_CLK_TYPE_SYS = 0,
    /// The lowest value of this enum.
    RSMI_CLK_TYPE_FIRST = RSMI_CLK_TYPE_SYS,
    /// The clock of the data fabric, if it has its own clock.
    RSMI_CLK_TYPE_DF = 1,
    /// The clock of the display controller.
    RSMI_CLK_TYPE_DCEF = 2,
    /// The SoC clock.
    RSMI_CLK_TYPE_SOC = 3,
    /// The memory clock.
    RSMI_CLK_TYPE_MEM = 4,
    /// The clock of the PCIe link.
    RSMI_CLK_TYPE_PCIE = 5,
    /// The highest value of this enum that has a table of frequencies.
    RSMI_CLK_TYPE_LAST = RSMI_CLK_TYPE_MEM,
    /// Not a clock.
    RSMI_CLK_INVALID = 0xFFFF_FFFF,
}
/// An older name of rsmi_clk_type_t.
pub type rsmi_clk_type = rsmi_clk_type_t;

/// Which limit of a frequency range.
#[c_enum]
#[repr(C)]
pub enum rsmi_freq_ind_t {
    /// The lower limit.
    RSMI_FREQ_IND_MIN = 0,
    /// The upper limit.
    RSMI_FREQ_IND_MAX = 1,
    /// Not a limit.
    RSMI_FREQ_IND_INVALID = 0xFFFF_FFFF,
}
/// An older name of rsmi_freq_ind_t.
pub type rsmi_freq_ind = rsmi_freq_ind_t;

/// The frequencies of a clock.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_frequencies_t {
    /// Whether frequency 0 is the one of deep sleep.
    pub has_deep_sleep: bool,
    /// The number of frequencies.
    pub num_supported: u32,
    /// The index of the current frequency.
    pub current: u32,
    /// The frequencies in Hz, in the order of the kernel. The first num_supported elements are
    /// valid.
    pub frequency: [u64; RSMI_MAX_NUM_FREQUENCIES],
}
/// An older name of rsmi_frequencies_t.
pub type rsmi_frequencies = rsmi_frequencies_t;

/// A range. Both bounds belong to it.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_range_t {
    /// The lower bound.
    pub lower_bound: u64,
    /// The upper bound.
    pub upper_bound: u64,
}
/// An older name of rsmi_range_t.
pub type rsmi_range = rsmi_range_t;

/// A point of a voltage curve.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_od_vddc_point_t {
    /// The frequency in Hz.
    pub frequency: u64,
    /// The voltage in mV.
    pub voltage: u64,
}
/// An older name of rsmi_od_vddc_point_t.
pub type rsmi_od_vddc_point = rsmi_od_vddc_point_t;

/// The limits for a point of a voltage curve.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_freq_volt_region_t {
    /// The limits of the frequency in Hz.
    pub freq_range: rsmi_range_t,
    /// The limits of the voltage in mV.
    pub volt_range: rsmi_range_t,
}
/// An older name of rsmi_freq_volt_region_t.
pub type rsmi_freq_volt_region = rsmi_freq_volt_region_t;

/// The voltage curve of the graphics core.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_od_volt_curve_t {
    /// The points of the curve.
    pub vc_points: [rsmi_od_vddc_point_t; RSMI_NUM_VOLTAGE_CURVE_POINTS],
}
/// An older name of rsmi_od_volt_curve_t.
pub type rsmi_od_volt_curve = rsmi_od_volt_curve_t;

/// The clock ranges and the voltage curve of a device.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_od_volt_freq_data_t {
    /// The current range of the graphics clock in Hz.
    pub curr_sclk_range: rsmi_range_t,
    /// The current range of the memory clock in Hz. Only the upper bound is valid.
    pub curr_mclk_range: rsmi_range_t,
    /// The limits of the range of the graphics clock in Hz.
    pub sclk_freq_limits: rsmi_range_t,
    /// The limits of the range of the memory clock in Hz.
    pub mclk_freq_limits: rsmi_range_t,
    /// The current voltage curve.
    pub curve: rsmi_od_volt_curve_t,
    /// The number of regions that rsmi_dev_od_volt_curve_regions_get() can return.
    pub num_regions: u32,
}
/// An older name of rsmi_od_volt_freq_data_t.
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
