//! The metrics table of a device, gpu_metrics.

/// The number of HBM stacks with a temperature sensor.
pub const RSMI_NUM_HBM_INSTANCES: usize = 4;
/// The largest number of video engines (VCN).
pub const RSMI_MAX_NUM_VCNS: usize = 4;
/// The largest number of JPEG engines of a device.
pub const RSMI_MAX_NUM_JPEG_ENGS: usize = 32;
/// The largest number of JPEG engines of a partition.
pub const RSMI_MAX_NUM_JPEG_ENG_V1: usize = 40;
/// The largest number of clocks of one kind, other than graphics clocks.
pub const RSMI_MAX_NUM_CLKS: usize = 4;
/// The largest number of XGMI links.
pub const RSMI_MAX_NUM_XGMI_LINKS: usize = 8;
/// The largest number of graphics clocks.
pub const RSMI_MAX_NUM_GFX_CLKS: usize = 8;
/// The largest number of XCCs (compute cores) of a partition.
pub const RSMI_MAX_NUM_XCC: usize = 8;
/// The largest number of partitions (XCP) of a GPU.
pub const RSMI_MAX_NUM_XCP: usize = 8;

/// The size and the version of the metrics table.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct metrics_table_header_t {
    /// The size of the table in bytes.
    pub structure_size: u16,
    /// The version before the point.
    pub format_revision: u8,
    /// The version after the point.
    pub content_revision: u8,
}

/// The metrics of a partition, from version 1.6 of the metrics table on.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct amdgpu_xcp_metrics_t {
    /// The current activity of each XCC, in percent.
    pub gfx_busy_inst: [u32; RSMI_MAX_NUM_XCC],
    /// The activity of each JPEG engine, in percent.
    pub jpeg_busy: [u16; RSMI_MAX_NUM_JPEG_ENG_V1],
    /// The activity of each video engine, in percent.
    pub vcn_busy: [u16; RSMI_MAX_NUM_VCNS],
    /// The accumulated activity of each XCC.
    pub gfx_busy_acc: [u64; RSMI_MAX_NUM_XCC],
    /// From version 1.7: the time that each XCC ran below the limit that the host set.
    pub gfx_below_host_limit_acc: [u64; RSMI_MAX_NUM_XCC],
    /// From version 1.8: the time that each XCC ran below that limit because of the power limit.
    pub gfx_below_host_limit_ppt_acc: [u64; RSMI_MAX_NUM_XCC],
    /// The time that each XCC ran below that limit because of its temperature.
    pub gfx_below_host_limit_thm_acc: [u64; RSMI_MAX_NUM_XCC],
    /// The time that each XCC ran below that limit because it had little work.
    pub gfx_low_utilization_acc: [u64; RSMI_MAX_NUM_XCC],
    /// The time that each XCC ran below that limit for any reason.
    pub gfx_below_host_limit_total_acc: [u64; RSMI_MAX_NUM_XCC],
}

/// The metrics table of a device.
///
/// The version in common_header decides which members the device reports. All bits of a member are
/// 1 if the device does not report it.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_gpu_metrics_t {
    /// The size and the version of the kernel's table.
    pub common_header: metrics_table_header_t,
    /// The edge temperature in degrees Celsius. All temperatures of this struct are in degrees
    /// Celsius.
    pub temperature_edge: u16,
    /// The hotspot temperature.
    pub temperature_hotspot: u16,
    /// The temperature of the memory.
    pub temperature_mem: u16,
    /// The temperature of the voltage regulator of the graphics core.
    pub temperature_vrgfx: u16,
    /// The temperature of the voltage regulator of the SoC.
    pub temperature_vrsoc: u16,
    /// The temperature of the voltage regulator of the memory.
    pub temperature_vrmem: u16,
    /// The activity of the graphics core, in percent.
    pub average_gfx_activity: u16,
    /// The activity of the memory controller, in percent.
    pub average_umc_activity: u16,
    /// The activity of the video engines, in percent.
    pub average_mm_activity: u16,
    /// The average socket power in W.
    pub average_socket_power: u16,
    /// The energy used so far, in steps of 15.259 microjoules.
    pub energy_accumulator: u64,
    /// The time at which the driver read the table, in ns.
    pub system_clock_counter: u64,
    /// The average graphics clock in MHz. All clocks of this struct are in MHz.
    pub average_gfxclk_frequency: u16,
    /// The average SoC clock.
    pub average_socclk_frequency: u16,
    /// The average memory clock.
    pub average_uclk_frequency: u16,
    /// The average video clock (VCLK) of engine 0.
    pub average_vclk0_frequency: u16,
    /// The average decoder clock (DCLK) of engine 0.
    pub average_dclk0_frequency: u16,
    /// The average video clock (VCLK) of engine 1.
    pub average_vclk1_frequency: u16,
    /// The average decoder clock (DCLK) of engine 1.
    pub average_dclk1_frequency: u16,
    /// The current graphics clock. From version 1.4 on, read current_gfxclks instead.
    pub current_gfxclk: u16,
    /// The current SoC clock. From version 1.4 on, read current_socclks instead.
    pub current_socclk: u16,
    /// The current memory clock.
    pub current_uclk: u16,
    /// The current video clock (VCLK) of engine 0. From version 1.4 on, read current_vclk0s
    /// instead.
    pub current_vclk0: u16,
    /// The current decoder clock (DCLK) of engine 0. From version 1.4 on, read current_dclk0s
    /// instead.
    pub current_dclk0: u16,
    /// The current video clock (VCLK) of engine 1.
    pub current_vclk1: u16,
    /// The current decoder clock (DCLK) of engine 1.
    pub current_dclk1: u16,
    /// The reasons for throttling, in bits that differ between ASICs.
    pub throttle_status: u32,
    /// The fan speed in revolutions per minute.
    pub current_fan_speed: u16,
    /// The number of PCIe lanes.
    pub pcie_link_width: u16,
    /// The speed of the PCIe link in 0.1 GT/s.
    pub pcie_link_speed: u16,
    /// From version 1.1: the accumulated activity of the graphics core.
    pub gfx_activity_acc: u32,
    /// From version 1.1: the accumulated activity of the memory.
    pub mem_activity_acc: u32,
    /// The temperature of each HBM stack.
    pub temperature_hbm: [u16; RSMI_NUM_HBM_INSTANCES],
    /// From version 1.2: the time at which the firmware took the values, in steps of 10 ns.
    pub firmware_timestamp: u64,
    /// From version 1.3: the voltage of the SoC in mV.
    pub voltage_soc: u16,
    /// The voltage of the graphics core in mV.
    pub voltage_gfx: u16,
    /// The voltage of the memory in mV.
    pub voltage_mem: u16,
    /// The reasons for throttling, in bits that are the same for all ASICs.
    pub indep_throttle_status: u64,
    /// From version 1.4: the current socket power in W.
    pub current_socket_power: u16,
    /// The activity of each video engine, in percent.
    pub vcn_activity: [u16; RSMI_MAX_NUM_VCNS],
    /// Which graphics clocks are locked, one bit each.
    pub gfxclk_lock_status: u32,
    /// The width of the XGMI links.
    pub xgmi_link_width: u16,
    /// The speed of the XGMI links in Gbps.
    pub xgmi_link_speed: u16,
    /// The accumulated PCIe bandwidth in GB/s.
    pub pcie_bandwidth_acc: u64,
    /// The current PCIe bandwidth in GB/s.
    pub pcie_bandwidth_inst: u64,
    /// The number of recoveries of the PCIe link.
    pub pcie_l0_to_recov_count_acc: u64,
    /// The number of PCIe replays (packets sent again).
    pub pcie_replay_count_acc: u64,
    /// The number of rollovers of the PCIe replay counter.
    pub pcie_replay_rover_count_acc: u64,
    /// The data read over each XGMI link, in KB.
    pub xgmi_read_data_acc: [u64; RSMI_MAX_NUM_XGMI_LINKS],
    /// The data written over each XGMI link, in KB.
    pub xgmi_write_data_acc: [u64; RSMI_MAX_NUM_XGMI_LINKS],
    /// The current graphics clock of each XCC.
    pub current_gfxclks: [u16; RSMI_MAX_NUM_GFX_CLKS],
    /// The current SoC clocks.
    pub current_socclks: [u16; RSMI_MAX_NUM_CLKS],
    /// The current video clocks (VCLK).
    pub current_vclk0s: [u16; RSMI_MAX_NUM_CLKS],
    /// The current decoder clocks (DCLK).
    pub current_dclk0s: [u16; RSMI_MAX_NUM_CLKS],
    /// From version 1.5: the activity of each JPEG engine, in percent.
    pub jpeg_activity: [u16; RSMI_MAX_NUM_JPEG_ENGS],
    /// The number of PCIe NAKs that the device sent.
    pub pcie_nak_sent_count_acc: u32,
    /// The number of PCIe NAKs that the device received.
    pub pcie_nak_rcvd_count_acc: u32,
    /// From version 1.6: the number of updates of the residency counters below. If this counter
    /// grows by b while a residency counter grows by a, the limit applied for a * 100 / b percent
    /// of the time.
    pub accumulation_counter: u64,
    /// The residency of the limit by the PROCHOT signal.
    pub prochot_residency_acc: u64,
    /// The residency of the power limit (PPT).
    pub ppt_residency_acc: u64,
    /// The residency of the temperature limit of the package.
    pub socket_thm_residency_acc: u64,
    /// The residency of the temperature limit of the voltage regulators.
    pub vr_thm_residency_acc: u64,
    /// The residency of the temperature limit of the HBM stacks.
    pub hbm_thm_residency_acc: u64,
    /// The number of partitions.
    pub num_partition: u16,
    /// The metrics of each partition.
    pub xcp_stats: [amdgpu_xcp_metrics_t; RSMI_MAX_NUM_XCP],
    /// The number of recoveries of the PCIe link by the other end.
    pub pcie_lc_perf_other_end_recovery: u32,
    /// From version 1.7: the highest bandwidth of the VRAM.
    pub vram_max_bandwidth: u64,
    /// Which XGMI links are up.
    pub xgmi_link_status: [u16; RSMI_MAX_NUM_XGMI_LINKS],
}

assert_layout!(metrics_table_header_t: 4 {
    structure_size: 0,
    format_revision: 2,
    content_revision: 3,
});
assert_layout!(amdgpu_xcp_metrics_t: 504 {
    gfx_busy_inst: 0,
    jpeg_busy: 32,
    vcn_busy: 112,
    gfx_busy_acc: 120,
    gfx_below_host_limit_acc: 184,
    gfx_below_host_limit_ppt_acc: 248,
    gfx_below_host_limit_thm_acc: 312,
    gfx_low_utilization_acc: 376,
    gfx_below_host_limit_total_acc: 440,
});
assert_layout!(rsmi_gpu_metrics_t: 4544 {
    common_header: 0,
    temperature_edge: 4,
    temperature_hotspot: 6,
    temperature_mem: 8,
    temperature_vrgfx: 10,
    temperature_vrsoc: 12,
    temperature_vrmem: 14,
    average_gfx_activity: 16,
    average_umc_activity: 18,
    average_mm_activity: 20,
    average_socket_power: 22,
    energy_accumulator: 24,
    system_clock_counter: 32,
    average_gfxclk_frequency: 40,
    average_socclk_frequency: 42,
    average_uclk_frequency: 44,
    average_vclk0_frequency: 46,
    average_dclk0_frequency: 48,
    average_vclk1_frequency: 50,
    average_dclk1_frequency: 52,
    current_gfxclk: 54,
    current_socclk: 56,
    current_uclk: 58,
    current_vclk0: 60,
    current_dclk0: 62,
    current_vclk1: 64,
    current_dclk1: 66,
    throttle_status: 68,
    current_fan_speed: 72,
    pcie_link_width: 74,
    pcie_link_speed: 76,
    gfx_activity_acc: 80,
    mem_activity_acc: 84,
    temperature_hbm: 88,
    firmware_timestamp: 96,
    voltage_soc: 104,
    voltage_gfx: 106,
    voltage_mem: 108,
    indep_throttle_status: 112,
    current_socket_power: 120,
    vcn_activity: 122,
    gfxclk_lock_status: 132,
    xgmi_link_width: 136,
    xgmi_link_speed: 138,
    pcie_bandwidth_acc: 144,
    pcie_bandwidth_inst: 152,
    pcie_l0_to_recov_count_acc: 160,
    pcie_replay_count_acc: 168,
    pcie_replay_rover_count_acc: 176,
    xgmi_read_data_acc: 184,
    xgmi_write_data_acc: 248,
    current_gfxclks: 312,
    current_socclks: 328,
    current_vclk0s: 336,
    current_dclk0s: 344,
    jpeg_activity: 352,
    pcie_nak_sent_count_acc: 416,
    pcie_nak_rcvd_count_acc: 420,
    accumulation_counter: 424,
    prochot_residency_acc: 432,
    ppt_residency_acc: 440,
    socket_thm_residency_acc: 448,
    vr_thm_residency_acc: 456,
    hbm_thm_residency_acc: 464,
    num_partition: 472,
    xcp_stats: 480,
    pcie_lc_perf_other_end_recovery: 4512,
    vram_max_bandwidth: 4520,
    xgmi_link_status: 4528,
});
