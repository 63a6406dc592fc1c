//! Constant tables between rsmi's numbers, the kernel's words and its files.

use crate::types::{
    rsmi_clk_type_t as Clock, rsmi_dev_perf_level_t as Perf, rsmi_memory_type_t as Memory,
    rsmi_temperature_metric_t as Metric, rsmi_temperature_type_t as Temperature,
};

/// hwmon's labels of temperatures.
pub(crate) const TEMPERATURE_LABELS: &[(&[u8], Temperature)] = &[
    (b"edge", Temperature::RSMI_TEMP_TYPE_EDGE),
    (b"junction", Temperature::RSMI_TEMP_TYPE_JUNCTION),
    (b"mem", Temperature::RSMI_TEMP_TYPE_MEMORY),
];

/// hwmon's files for each measure of a temperature.
pub(crate) const TEMPERATURE_FILES: &[(Metric, &str)] = &[
    (Metric::RSMI_TEMP_CURRENT, "temp#_input"),
    (Metric::RSMI_TEMP_MAX, "temp#_max"),
    (Metric::RSMI_TEMP_MIN, "temp#_min"),
    (Metric::RSMI_TEMP_MAX_HYST, "temp#_max_hyst"),
    (Metric::RSMI_TEMP_MIN_HYST, "temp#_min_hyst"),
    (Metric::RSMI_TEMP_CRITICAL, "temp#_crit"),
    (Metric::RSMI_TEMP_CRITICAL_HYST, "temp#_crit_hyst"),
    (Metric::RSMI_TEMP_EMERGENCY, "temp#_emergency"),
    (Metric::RSMI_TEMP_EMERGENCY_HYST, "temp#_emergency_hyst"),
    (Metric::RSMI_TEMP_CRIT_MIN, "temp#_lcrit"),
    (Metric::RSMI_TEMP_CRIT_MIN_HYST, "temp#_lcrit_hyst"),
    (Metric::RSMI_TEMP_OFFSET, "temp#_offset"),
    (Metric::RSMI_TEMP_LOWEST, "temp#_lowest"),
    (Metric::RSMI_TEMP_HIGHEST, "temp#_highest"),
];

/// The clocks' level tables.
pub(crate) const CLOCK_FILES: &[(Clock, &str)] = &[
    (Clock::RSMI_CLK_TYPE_SYS, "pp_dpm_sclk"),
    (Clock::RSMI_CLK_TYPE_DF, "pp_dpm_fclk"),
    (Clock::RSMI_CLK_TYPE_DCEF, "pp_dpm_dcefclk"),
    (Clock::RSMI_CLK_TYPE_SOC, "pp_dpm_socclk"),
    (Clock::RSMI_CLK_TYPE_MEM, "pp_dpm_mclk"),
];

/// The files of each kind of memory: its total, and how much is used.
pub(crate) const MEMORY_FILES: &[(Memory, &str, &str)] = &[
    (Memory::RSMI_MEM_TYPE_VRAM, "mem_info_vram_total", "mem_info_vram_used"),
    (Memory::RSMI_MEM_TYPE_VIS_VRAM, "mem_info_vis_vram_total", "mem_info_vis_vram_used"),
    (Memory::RSMI_MEM_TYPE_GTT, "mem_info_gtt_total", "mem_info_gtt_used"),
];

/// Brands by the six characters after the fourth of a vbios version of sixteen.
pub(crate) const BRANDS: &[(&[u8], &[u8])] = &[
    (b"D05121", b"mi25"),
    (b"D05131", b"mi25"),
    (b"D05133", b"mi25"),
    (b"D05151", b"mi25"),
    (b"D16304", b"mi50"),
    (b"D16302", b"mi60"),
];

/// The PCIe link that a gpu_metrics table tells of: widths in lanes, speeds in 0.1 GT/s.
pub(crate) const PCIE_WIDTHS: [u32; 6] = [1, 2, 4, 8, 12, 16];
pub(crate) const PCIE_SPEEDS: [u32; 4] = [25, 50, 80, 160];

/// The driver's words for the performance levels.
pub(crate) const PERF_LEVELS: &[(&[u8], Perf)] = &[
    (b"auto", Perf::RSMI_DEV_PERF_LEVEL_AUTO),
    (b"low", Perf::RSMI_DEV_PERF_LEVEL_LOW),
    (b"high", Perf::RSMI_DEV_PERF_LEVEL_HIGH),
    (b"manual", Perf::RSMI_DEV_PERF_LEVEL_MANUAL),
    (b"profile_standard", Perf::RSMI_DEV_PERF_LEVEL_STABLE_STD),
    (b"profile_peak", Perf::RSMI_DEV_PERF_LEVEL_STABLE_PEAK),
    (b"profile_min_mclk", Perf::RSMI_DEV_PERF_LEVEL_STABLE_MIN_MCLK),
    (b"profile_min_sclk", Perf::RSMI_DEV_PERF_LEVEL_STABLE_MIN_SCLK),
    (b"perf_determinism", Perf::RSMI_DEV_PERF_LEVEL_DETERMINISM),
];

/// The value that a table has for a key.
pub(crate) fn find<K: PartialEq, V: Copy>(table: &[(K, V)], key: &K) -> Option<V> {
    table.iter().find(|(listed, _)| listed == key).map(|(_, value)| *value)
}
