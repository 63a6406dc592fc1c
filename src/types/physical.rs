//! What the sensors of a card measure: temperatures, voltages, fans.

use rsmi_macros::c_enum;

/// The fan speed that means full speed.
pub const RSMI_MAX_FAN_SPEED: u32 = 255;

/// Millidegrees in a degree Celsius.
pub const CENTRIGRADE_TO_MILLI_CENTIGRADE: u32 = 1000;

/// What is asked of a temperature sensor. Every answer is in millidegrees Celsius.
#[c_enum]
#[repr(C)]
pub enum rsmi_temperature_metric_t {
    /// The temperature now.
    RSMI_TEMP_CURRENT = 0,
    /// The lowest of them.
    RSMI_TEMP_FIRST = RSMI_TEMP_CURRENT,
    /// The upper limit.
    RSMI_TEMP_MAX = 1,
    /// The lower limit.
    RSMI_TEMP_MIN = 2,
    /// The temperature at which an alarm of the upper limit ends.
    RSMI_TEMP_MAX_HYST = 3,
    /// The temperature at which an alarm of the lower limit ends.
    RSMI_TEMP_MIN_HYST = 4,
    /// The critical limit, mostly above the upper limit.
    RSMI_TEMP_CRITICAL = 5,
    /// The temperature at which an alarm of the critical limit ends.
    RSMI_TEMP_CRITICAL_HYST = 6,
    /// The emergency limit, not below the critical limit.
    RSMI_TEMP_EMERGENCY = 7,
    /// The temperature at which an alarm of the emergency limit ends.
    RSMI_TEMP_EMERGENCY_HYST = 8,
    /// The lower critical limit, mostly below the lower limit.
    RSMI_TEMP_CRIT_MIN = 9,
    /// The temperature at which an alarm of the lower critical limit ends.
    RSMI_TEMP_CRIT_MIN_HYST = 10,
    /// What the chip adds to its reading.
    RSMI_TEMP_OFFSET = 11,
    /// The lowest temperature so far.
    RSMI_TEMP_LOWEST = 12,
    /// The highest temperature so far.
    RSMI_TEMP_HIGHEST = 13,
    /// The highest of them.
    RSMI_TEMP_LAST = RSMI_TEMP_HIGHEST,
}
/// Older spelling of rsmi_temperature_metric_t.
pub type rsmi_temperature_metric = rsmi_temperature_metric_t;

/// Where a temperature is measured.
#[c_enum]
#[repr(C)]
pub enum rsmi_temperature_type_t {
    /// The lowest of them.
    RSMI_TEMP_TYPE_FIRST = 0,
    /// At the edge of the chip.
    RSMI_TEMP_TYPE_EDGE = RSMI_TEMP_TYPE_FIRST,
    /// At its hottest spot.
    RSMI_TEMP_TYPE_JUNCTION = 1,
    /// In the memory.
    RSMI_TEMP_TYPE_MEMORY = 2,
    /// In the memory stack 0.
    RSMI_TEMP_TYPE_HBM_0 = 3,
    /// In the memory stack 1.
    RSMI_TEMP_TYPE_HBM_1 = 4,
    /// In the memory stack 2.
    RSMI_TEMP_TYPE_HBM_2 = 5,
    /// In the memory stack 3.
    RSMI_TEMP_TYPE_HBM_3 = 6,
    /// The highest of them.
    RSMI_TEMP_TYPE_LAST = RSMI_TEMP_TYPE_HBM_3,
    /// No sensor.
    RSMI_TEMP_TYPE_INVALID = 0xFFFF_FFFF,
}

/// What is asked of a voltage sensor. Every answer is in millivolts.
#[c_enum]
#[repr(C)]
pub enum rsmi_voltage_metric_t {
    /// The voltage now.
    RSMI_VOLT_CURRENT = 0,
    /// The lowest of them.
    RSMI_VOLT_FIRST = RSMI_VOLT_CURRENT,
    /// The upper limit.
    RSMI_VOLT_MAX = 1,
    /// The lower critical limit.
    RSMI_VOLT_MIN_CRIT = 2,
    /// The lower limit.
    RSMI_VOLT_MIN = 3,
    /// The upper critical limit.
    RSMI_VOLT_MAX_CRIT = 4,
    /// The average.
    RSMI_VOLT_AVERAGE = 5,
    /// The lowest voltage so far.
    RSMI_VOLT_LOWEST = 6,
    /// The highest voltage so far.
    RSMI_VOLT_HIGHEST = 7,
    /// The highest of them.
    RSMI_VOLT_LAST = RSMI_VOLT_HIGHEST,
}

/// Which voltage is measured.
#[c_enum]
#[repr(C)]
pub enum rsmi_voltage_type_t {
    /// The lowest of them.
    RSMI_VOLT_TYPE_FIRST = 0,
    /// The supply of the graphics core.
    RSMI_VOLT_TYPE_VDDGFX = RSMI_VOLT_TYPE_FIRST,
    /// The supply of the board.
    RSMI_VOLT_TYPE_VDDBOARD = 1,
    /// The highest of them.
    RSMI_VOLT_TYPE_LAST = RSMI_VOLT_TYPE_VDDBOARD,
    /// No sensor.
    RSMI_VOLT_TYPE_INVALID = 0xFFFF_FFFF,
}
