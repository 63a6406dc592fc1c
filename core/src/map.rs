//! Constant tables between rsmi's numbers, the kernel's words and its files.

use crate::types::{
    rsmi_clk_type_t as Clock, rsmi_dev_perf_level_t as Perf, rsmi_event_group_t as Group,
    rsmi_event_type_t as Event, rsmi_fw_block_t as Block, rsmi_gpu_block_t as Ras,
    rsmi_memory_page_status_t as Page, rsmi_memory_type_t as Memory,
    rsmi_power_profile_preset_masks_t as Profile, rsmi_temperature_metric_t as Metric,
    rsmi_temperature_type_t as Temperature, rsmi_voltage_metric_t as Volt,
    rsmi_voltage_type_t as Voltage,
};

/// hwmon's labels of temperatures.
pub(crate) const TEMPERATURE_LABELS: &[(&[u8], Temperature)] = &[
    (b"edge", Temperature::RSMI_TEMP_TYPE_EDGE),
    (b"junction", Temperature::RSMI_TEMP_TYPE_JUNCTION),
    (b"mem", Temperature::RSMI_TEMP_TYPE_MEMORY),
];

/// hwmon's labels of voltages.
pub(crate) const VOLTAGE_LABELS: &[(&[u8], Voltage)] =
    &[(b"vddgfx", Voltage::RSMI_VOLT_TYPE_VDDGFX), (b"vddboard", Voltage::RSMI_VOLT_TYPE_VDDBOARD)];

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

/// The clocks whose range can be set.
pub(crate) const OVERDRIVE_CLOCKS: [Clock; 2] =
    [Clock::RSMI_CLK_TYPE_SYS, Clock::RSMI_CLK_TYPE_MEM];

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
pub(crate) const PCIE_SPEEDS: [u32; 6] = [25, 50, 80, 160, 320, 640];

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

/// The driver's names for the power profiles.
pub(crate) const POWER_PROFILES: &[(&str, Profile)] = &[
    ("BOOTUP_DEFAULT", Profile::RSMI_PWR_PROF_PRST_BOOTUP_DEFAULT),
    ("3D_FULL_SCREEN", Profile::RSMI_PWR_PROF_PRST_3D_FULL_SCR_MASK),
    ("POWER_SAVING", Profile::RSMI_PWR_PROF_PRST_POWER_SAVING_MASK),
    ("VIDEO", Profile::RSMI_PWR_PROF_PRST_VIDEO_MASK),
    ("VR", Profile::RSMI_PWR_PROF_PRST_VR_MASK),
    ("COMPUTE", Profile::RSMI_PWR_PROF_PRST_COMPUTE_MASK),
    ("CUSTOM", Profile::RSMI_PWR_PROF_PRST_CUSTOM_MASK),
];

/// The firmware of each block.
pub(crate) const FIRMWARE_FILES: &[(Block, &str)] = &[
    (Block::RSMI_FW_BLOCK_ASD, "fw_version/asd_fw_version"),
    (Block::RSMI_FW_BLOCK_CE, "fw_version/ce_fw_version"),
    (Block::RSMI_FW_BLOCK_DMCU, "fw_version/dmcu_fw_version"),
    (Block::RSMI_FW_BLOCK_MC, "fw_version/mc_fw_version"),
    (Block::RSMI_FW_BLOCK_ME, "fw_version/me_fw_version"),
    (Block::RSMI_FW_BLOCK_MEC, "fw_version/mec_fw_version"),
    (Block::RSMI_FW_BLOCK_MEC2, "fw_version/mec2_fw_version"),
    (Block::RSMI_FW_BLOCK_MES, "fw_version/mes_fw_version"),
    (Block::RSMI_FW_BLOCK_MES_KIQ, "fw_version/mes_kiq_fw_version"),
    (Block::RSMI_FW_BLOCK_PFP, "fw_version/pfp_fw_version"),
    (Block::RSMI_FW_BLOCK_RLC, "fw_version/rlc_fw_version"),
    (Block::RSMI_FW_BLOCK_RLC_SRLC, "fw_version/rlc_srlc_fw_version"),
    (Block::RSMI_FW_BLOCK_RLC_SRLG, "fw_version/rlc_srlg_fw_version"),
    (Block::RSMI_FW_BLOCK_RLC_SRLS, "fw_version/rlc_srls_fw_version"),
    (Block::RSMI_FW_BLOCK_SDMA, "fw_version/sdma_fw_version"),
    (Block::RSMI_FW_BLOCK_SDMA2, "fw_version/sdma2_fw_version"),
    (Block::RSMI_FW_BLOCK_SMC, "fw_version/smc_fw_version"),
    (Block::RSMI_FW_BLOCK_SOS, "fw_version/sos_fw_version"),
    (Block::RSMI_FW_BLOCK_TA_RAS, "fw_version/ta_ras_fw_version"),
    (Block::RSMI_FW_BLOCK_TA_XGMI, "fw_version/ta_xgmi_fw_version"),
    (Block::RSMI_FW_BLOCK_UVD, "fw_version/uvd_fw_version"),
    (Block::RSMI_FW_BLOCK_VCE, "fw_version/vce_fw_version"),
    (Block::RSMI_FW_BLOCK_VCN, "fw_version/vcn_fw_version"),
];

/// AMD SMI's numbers of the blocks, in amdsmi_fw_info_t. Of MES it has none.
pub(crate) const FIRMWARE_IDS: &[(Block, u32)] = &[
    (Block::RSMI_FW_BLOCK_ASD, 72),
    (Block::RSMI_FW_BLOCK_CE, 2),
    (Block::RSMI_FW_BLOCK_DMCU, 78),
    (Block::RSMI_FW_BLOCK_MC, 36),
    (Block::RSMI_FW_BLOCK_ME, 4),
    (Block::RSMI_FW_BLOCK_MEC, 7),
    (Block::RSMI_FW_BLOCK_MEC2, 8),
    (Block::RSMI_FW_BLOCK_PFP, 3),
    (Block::RSMI_FW_BLOCK_RLC, 9),
    (Block::RSMI_FW_BLOCK_RLC_SRLC, 26),
    (Block::RSMI_FW_BLOCK_RLC_SRLG, 24),
    (Block::RSMI_FW_BLOCK_RLC_SRLS, 25),
    (Block::RSMI_FW_BLOCK_SDMA, 10),
    (Block::RSMI_FW_BLOCK_SDMA2, 11),
    (Block::RSMI_FW_BLOCK_SMC, 77),
    (Block::RSMI_FW_BLOCK_SOS, 30),
    (Block::RSMI_FW_BLOCK_TA_RAS, 73),
    (Block::RSMI_FW_BLOCK_TA_XGMI, 74),
    (Block::RSMI_FW_BLOCK_UVD, 19),
    (Block::RSMI_FW_BLOCK_VCE, 20),
    (Block::RSMI_FW_BLOCK_VCN, 18),
];

/// The blocks whose errors are counted, and the file of each; the second one is that of cards whose
/// errors go through ACA.
pub(crate) const ERROR_FILES: &[(Ras, (&str, &str))] = &[
    (Ras::RSMI_GPU_BLOCK_UMC, ("ras/umc_err_count", "ras/aca_umc")),
    (Ras::RSMI_GPU_BLOCK_SDMA, ("ras/sdma_err_count", "ras/aca_sdma")),
    (Ras::RSMI_GPU_BLOCK_GFX, ("ras/gfx_err_count", "ras/aca_gfx")),
    (Ras::RSMI_GPU_BLOCK_MMHUB, ("ras/mmhub_err_count", "ras/aca_mmhub")),
    (Ras::RSMI_GPU_BLOCK_PCIE_BIF, ("ras/pcie_bif_err_count", "ras/aca_pcie_bif")),
    (Ras::RSMI_GPU_BLOCK_HDP, ("ras/hdp_err_count", "ras/aca_hdp")),
    (Ras::RSMI_GPU_BLOCK_XGMI_WAFL, ("ras/xgmi_wafl_err_count", "ras/aca_xgmi_wafl")),
];

/// What has become of a page, by the driver's letter.
pub(crate) const PAGE_STATES: &[(u8, Page)] = &[
    (b'R', Page::RSMI_MEM_PAGE_STATUS_RESERVED),
    (b'P', Page::RSMI_MEM_PAGE_STATUS_PENDING),
    (b'F', Page::RSMI_MEM_PAGE_STATUS_UNRESERVABLE),
];

/// hwmon's files for each measure of a voltage.
pub(crate) const VOLTAGE_FILES: &[(Volt, &str)] = &[
    (Volt::RSMI_VOLT_CURRENT, "in#_input"),
    (Volt::RSMI_VOLT_MAX, "in#_max"),
    (Volt::RSMI_VOLT_MIN_CRIT, "in#_lcrit"),
    (Volt::RSMI_VOLT_MIN, "in#_min"),
    (Volt::RSMI_VOLT_MAX_CRIT, "in#_crit"),
    (Volt::RSMI_VOLT_AVERAGE, "in#_average"),
    (Volt::RSMI_VOLT_LOWEST, "in#_lowest"),
    (Volt::RSMI_VOLT_HIGHEST, "in#_highest"),
];

/// The driver's words for the partitions that rsmi knows.
pub(crate) const COMPUTE_PARTITIONS: [&[u8]; 5] = [b"SPX", b"DPX", b"TPX", b"QPX", b"CPX"];
pub(crate) const MEMORY_PARTITIONS: [&[u8]; 4] = [b"NPS1", b"NPS2", b"NPS4", b"NPS8"];

/// The perf units that count each group of events; behind it stands the card's number.
pub(crate) const EVENT_UNITS: &[(Group, &str)] =
    &[(Group::RSMI_EVNT_GRP_XGMI, "amdgpu_df_"), (Group::RSMI_EVNT_GRP_XGMI_DATA_OUT, "amdgpu_")];

/// The kernel's names for the events that can be counted.
#[rustfmt::skip]
pub(crate) const EVENTS: &[(Event, (Group, &str))] = &[
    (Event::RSMI_EVNT_XGMI_0_NOP_TX, (Group::RSMI_EVNT_GRP_XGMI, "cake0_pcsout_txmeta")),
    (Event::RSMI_EVNT_XGMI_0_REQUEST_TX, (Group::RSMI_EVNT_GRP_XGMI, "cake0_ftiinstat_reqalloc")),
    (Event::RSMI_EVNT_XGMI_0_RESPONSE_TX, (Group::RSMI_EVNT_GRP_XGMI, "cake0_ftiinstat_rspalloc")),
    (Event::RSMI_EVNT_XGMI_0_BEATS_TX, (Group::RSMI_EVNT_GRP_XGMI, "cake0_pcsout_txdata")),
    (Event::RSMI_EVNT_XGMI_1_NOP_TX, (Group::RSMI_EVNT_GRP_XGMI, "cake1_pcsout_txmeta")),
    (Event::RSMI_EVNT_XGMI_1_REQUEST_TX, (Group::RSMI_EVNT_GRP_XGMI, "cake1_ftiinstat_reqalloc")),
    (Event::RSMI_EVNT_XGMI_1_RESPONSE_TX, (Group::RSMI_EVNT_GRP_XGMI, "cake1_ftiinstat_rspalloc")),
    (Event::RSMI_EVNT_XGMI_1_BEATS_TX, (Group::RSMI_EVNT_GRP_XGMI, "cake1_pcsout_txdata")),
    (Event::RSMI_EVNT_XGMI_DATA_OUT_0, (Group::RSMI_EVNT_GRP_XGMI_DATA_OUT, "xgmi_link0_data_outbound")),
    (Event::RSMI_EVNT_XGMI_DATA_OUT_1, (Group::RSMI_EVNT_GRP_XGMI_DATA_OUT, "xgmi_link1_data_outbound")),
    (Event::RSMI_EVNT_XGMI_DATA_OUT_2, (Group::RSMI_EVNT_GRP_XGMI_DATA_OUT, "xgmi_link2_data_outbound")),
    (Event::RSMI_EVNT_XGMI_DATA_OUT_3, (Group::RSMI_EVNT_GRP_XGMI_DATA_OUT, "xgmi_link3_data_outbound")),
    (Event::RSMI_EVNT_XGMI_DATA_OUT_4, (Group::RSMI_EVNT_GRP_XGMI_DATA_OUT, "xgmi_link4_data_outbound")),
    (Event::RSMI_EVNT_XGMI_DATA_OUT_5, (Group::RSMI_EVNT_GRP_XGMI_DATA_OUT, "xgmi_link5_data_outbound")),
];

/// The value that a table has for a key.
pub(crate) fn find<K: PartialEq, V: Copy>(table: &[(K, V)], key: &K) -> Option<V> {
    table.iter().find(|(listed, _)| listed == key).map(|(_, value)| *value)
}
