//! Temperatures, voltages and fans.

use rsmi_macros::c_enum;

/// The value that stands for the full speed of a fan.
pub const RSMI_MAX_FAN_SPEED: u32 = 255;

/// The number of millidegrees in a degree Celsius.
pub const CENTRIGRADE_TO_MILLI_CENTIGRADE: u32 = 1000;

/// Values of a temperature sensor, in millidegrees Celsius.
#[c_enum]
#[repr(C)]
pub enum rsmi_temperature_metric_t {
    /// The current temperature.
    RSMI_TEMP_CURRENT = 0,
    /// The lowest value of this enum.
    RSMI_TEMP_FIRST = RSMI_TEMP_CURRENT,
    /// The upper limit.
    RSMI_TEMP_MAX = 1,
    /// The lower limit.
    RSMI_TEMP_MIN = 2,
    /// The temperature at which an alarm of the upper limit ends.
    RSMI_TEMP_MAX_HYST = 3,
    /// The temperature at which an alarm of the lower limit ends.
    RSMI_TEMP_MIN_HYST = 4,
    /// The critical limit, usually above the upper limit.
    RSMI_TEMP_CRITICAL = 5,
    /// The temperature at which an alarm of the critical limit ends.
    RSMI_TEMP_CRITICAL_HYST = 6,
    /// The emergency limit, not below the critical limit.
    RSMI_TEMP_EMERGENCY = 7,
    /// The temperature at which an alarm of the emergency limit ends.
    RSMI_TEMP_EMERGENCY_HYST = 8,
    /// The lower critical limit, usually below the lower limit.
    RSMI_TEMP_CRIT_MIN = 9,
    /// The temperature at which an alarm of the lower critical limit ends.
    RSMI_TEMP_CRIT_MIN_HYST = 10,
    /// The offset that the chip adds to the temperature.
    RSMI_TEMP_OFFSET = 11,
    /// The lowest temperature so far.
    RSMI_TEMP_LOWEST = 12,
    /// The highest temperature so far.
    RSMI_TEMP_HIGHEST = 13,
    /// The highest value of this enum.
    RSMI_TEMP_LAST = RSMI_TEMP_HIGHEST,
}
/// An older name of rsmi_temperature_metric_t.
pub type rsmi_temperature_metric = rsmi_temperature_metric_t;

/// Places where a temperature is measured.
#[c_enum]
#[repr(C)]
pub enum rsmi_temperature_type_t {
    /// The lowest value of this enum.
    RSMI_TEMP_TYPE_FIRST = 0,
    /// The edge of the chip.
    RSMI_TEMP_TYPE_EDGE = RSMI_TEMP_TYPE_FIRST,
    /// The hotspot (junction) of the chip.
    RSMI_TEMP_TYPE_JUNCTION = 1,
    /// The memory.
    RSMI_TEMP_TYPE_MEMORY = 2,
    /// HBM stack 0.
    RSMI_TEMP_TYPE_HBM_0 = 3,
    /// HBM stack 1.
    RSMI_TEMP_TYPE_HBM_1 = 4,
    /// HBM stack 2.
    RSMI_TEMP_TYPE_HBM_2 = 5,
    /// HBM stack 3.
    RSMI_TEMP_TYPE_HBM_3 = 6,
    /// The highest value of this enum.
    RSMI_TEMP_TYPE_LAST = RSMI_TEMP_TYPE_HBM_3,
    /// Not a place.
    RSMI_TEMP_TYPE_INVALID = 0xFFFF_FFFF,
}

/// Values of a voltage sensor, in millivolts.
#[c_enum]
#[repr(C)]
pub enum rsmi_voltage_metric_t {
    /// The current voltage.
    RSMI_VOLT_CURRENT = 0,
    /// The lowest value of this enum.
    RSMI_VOLT_FIRST = RSMI_VOLT_CURRENT,
    /// The upper limit.
    RSMI_VOLT_MAX = 1,
    /// The lower critical limit.
    RSMI_VOLT_MIN_CRIT = 2,
    /// The lower limit.
    RSMI_VOLT_MIN = 3,
    /// The upper critical limit.
    RSMI_VOLT_MAX_CRIT = 4,
    /// The average voltage.
    RSMI_VOLT_AVERAGE = 5,
    /// The lowest voltage so far.
    RSMI_VOLT_LOWEST = 6,
    /// The highest voltage so far.
    RSMI_VOLT_HIGHEST = 7,
    /// The highest value of this enum.
    RSMI_VOLT_LAST = RSMI_VOLT_HIGHEST,
}

/// Supplies whose voltage is measured.
#[c_enum]
#[repr(C)]
pub enum rsmi_voltage_type_t {
    /// The lowest value of this enum.
    RSMI_VOLT_TYPE_FIRST = 0,
    /// The supply of the graphics core.
    RSMI_VOLT_TYPE_VDDGFX = RSMI_VOLT_TYPE_FIRST,
    /// The supply of the board.
    RSMI_VOLT_TYPE_VDDBOARD = 1,
    /// The highest value of this enum.
    RSMI_VOLT_TYPE_LAST = RSMI_VOLT_TYPE_VDDBOARD,
    /// Not a supply.
    RSMI_VOLT_TYPE_INVALID = 0xFFFF_FFFF,
}
