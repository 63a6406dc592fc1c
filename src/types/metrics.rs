//! gpu_metrics: many readings taken at once, as the firmware of the device reports them.

/// Memory stacks with a temperature sensor.
pub const RSMI_NUM_HBM_INSTANCES: usize = 4;
/// Video engines.
pub const RSMI_MAX_NUM_VCNS: usize = 4;
/// JPEG engines of a device.
pub const RSMI_MAX_NUM_JPEG_ENGS: usize = 32;
/// JPEG engines of a partition.
pub const RSMI_MAX_NUM_JPEG_ENG_V1: usize = 40;
/// Clocks of one kind other than graphics.
pub const RSMI_MAX_NUM_CLKS: usize = 4;
/// Links to other GPUs.
pub const RSMI_MAX_NUM_XGMI_LINKS: usize = 8;
/// Graphics clocks.
pub const RSMI_MAX_NUM_GFX_CLKS: usize = 8;
/// Compute chips (XCC) of a partition.
pub const RSMI_MAX_NUM_XCC: usize = 8;
/// Partitions (XCP) of a card.
pub const RSMI_MAX_NUM_XCP: usize = 8;

/// Size and version of the table that the kernel gave.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct metrics_table_header_t {
    /// Bytes in it.
    pub structure_size: u16,
    /// Its version before the point.
    pub format_revision: u8,
    /// Its version after the point.
    pub content_revision: u8,
}

/// What is counted in each partition of a card, from version 1.6 of the kernel's table on.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct amdgpu_xcp_metrics_t {
    /// How busy each compute chip is now, in percent.
    pub gfx_busy_inst: [u32; RSMI_MAX_NUM_XCC],
    /// How busy each JPEG engine is, in percent.
    pub jpeg_busy: [u16; RSMI_MAX_NUM_JPEG_ENG_V1],
    /// How busy each video engine is, in percent.
    pub vcn_busy: [u16; RSMI_MAX_NUM_VCNS],
    /// Sum of the activity of each compute chip.
    pub gfx_busy_acc: [u64; RSMI_MAX_NUM_XCC],
    /// From version 1.7: how long each compute chip ran below the clock that the host set.
    pub gfx_below_host_limit_acc: [u64; RSMI_MAX_NUM_XCC],
    /// From version 1.8: the same because of the power limit.
    pub gfx_below_host_limit_ppt_acc: [u64; RSMI_MAX_NUM_XCC],
    /// The same because of heat.
    pub gfx_below_host_limit_thm_acc: [u64; RSMI_MAX_NUM_XCC],
    /// How long each compute chip had little to do.
    pub gfx_low_utilization_acc: [u64; RSMI_MAX_NUM_XCC],
    /// How long each compute chip ran below that clock for whatever reason.
    pub gfx_below_host_limit_total_acc: [u64; RSMI_MAX_NUM_XCC],
}

/// Every reading of a device.
///
/// Which of them are filled in depends on the version of the kernel's table, in common_header.
/// A reading that the device does not give has all bits set.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_gpu_metrics_t {
    /// Size and version of the kernel's table.
    pub common_header: metrics_table_header_t,
    /// Temperature at the edge of the chip, in degrees Celsius, as all here.
    pub temperature_edge: u16,
    /// Temperature at its hottest spot.
    pub temperature_hotspot: u16,
    /// Temperature of the memory.
    pub temperature_mem: u16,
    /// Temperature of the voltage regulator of the graphics core.
    pub temperature_vrgfx: u16,
    /// Temperature of the voltage regulator of the rest of the chip.
    pub temperature_vrsoc: u16,
    /// Temperature of the voltage regulator of the memory.
    pub temperature_vrmem: u16,
    /// How busy the graphics core is, in percent.
    pub average_gfx_activity: u16,
    /// How busy the memory controller is, in percent.
    pub average_umc_activity: u16,
    /// How busy the video engines are, in percent.
    pub average_mm_activity: u16,
    /// Average power, in W.
    pub average_socket_power: u16,
    /// Energy used so far, in steps of 15.259 microjoules.
    pub energy_accumulator: u64,
    /// When the driver read this, in ns.
    pub system_clock_counter: u64,
    /// Average graphics clock, in MHz, as all clocks here.
    pub average_gfxclk_frequency: u16,
    /// Average clock of the rest of the chip.
    pub average_socclk_frequency: u16,
    /// Average memory clock.
    pub average_uclk_frequency: u16,
    /// Average clock of video engine 0.
    pub average_vclk0_frequency: u16,
    /// Average clock of decoder 0.
    pub average_dclk0_frequency: u16,
    /// Average clock of video engine 1.
    pub average_vclk1_frequency: u16,
    /// Average clock of decoder 1.
    pub average_dclk1_frequency: u16,
    /// Graphics clock now. From version 1.4 on see current_gfxclks.
    pub current_gfxclk: u16,
    /// Clock of the rest of the chip now. From version 1.4 on see current_socclks.
    pub current_socclk: u16,
    /// Memory clock now.
    pub current_uclk: u16,
    /// Clock of video engine 0 now. From version 1.4 on see current_vclk0s.
    pub current_vclk0: u16,
    /// Clock of decoder 0 now. From version 1.4 on see current_dclk0s.
    pub current_dclk0: u16,
    /// Clock of video engine 1 now.
    pub current_vclk1: u16,
    /// Clock of decoder 1 now.
    pub current_dclk1: u16,
    /// Why the clocks are being lowered, in the bits of this ASIC.
    pub throttle_status: u32,
    /// Fan speed, in revolutions per minute.
    pub current_fan_speed: u16,
    /// Number of PCIe lanes.
    pub pcie_link_width: u16,
    /// PCIe speed, in 0.1 GT/s.
    pub pcie_link_speed: u16,
    /// From version 1.1: sum of the activity of the graphics core.
    pub gfx_activity_acc: u32,
    /// Sum of the activity of the memory.
    pub mem_activity_acc: u32,
    /// Temperature of each memory stack.
    pub temperature_hbm: [u16; RSMI_NUM_HBM_INSTANCES],
    /// From version 1.2: when the firmware measured this, in steps of 10 ns.
    pub firmware_timestamp: u64,
    /// From version 1.3: voltage of the rest of the chip, in mV.
    pub voltage_soc: u16,
    /// Voltage of the graphics core, in mV.
    pub voltage_gfx: u16,
    /// Voltage of the memory, in mV.
    pub voltage_mem: u16,
    /// Why the clocks are being lowered, in bits that are the same for every ASIC.
    pub indep_throttle_status: u64,
    /// From version 1.4: power now, in W.
    pub current_socket_power: u16,
    /// How busy each video engine is, in percent.
    pub vcn_activity: [u16; RSMI_MAX_NUM_VCNS],
    /// Which graphics clocks are locked, one bit each.
    pub gfxclk_lock_status: u32,
    /// Width of the links to other GPUs.
    pub xgmi_link_width: u16,
    /// Speed of the links to other GPUs.
    pub xgmi_link_speed: u16,
    /// Sum of the PCIe bandwidth used, in GB/s.
    pub pcie_bandwidth_acc: u64,
    /// PCIe bandwidth used now, in GB/s.
    pub pcie_bandwidth_inst: u64,
    /// How often the PCIe link had to recover.
    pub pcie_l0_to_recov_count_acc: u64,
    /// How often a PCIe packet was sent again.
    pub pcie_replay_count_acc: u64,
    /// How often that counter rolled over.
    pub pcie_replay_rover_count_acc: u64,
    /// KB read over each link to another GPU.
    pub xgmi_read_data_acc: [u64; RSMI_MAX_NUM_XGMI_LINKS],
    /// KB written over each link to another GPU.
    pub xgmi_write_data_acc: [u64; RSMI_MAX_NUM_XGMI_LINKS],
    /// Graphics clock of each compute chip now.
    pub current_gfxclks: [u16; RSMI_MAX_NUM_GFX_CLKS],
    /// Clocks of the rest of the chip now.
    pub current_socclks: [u16; RSMI_MAX_NUM_CLKS],
    /// Clocks of the video engines now.
    pub current_vclk0s: [u16; RSMI_MAX_NUM_CLKS],
    /// Clocks of the decoders now.
    pub current_dclk0s: [u16; RSMI_MAX_NUM_CLKS],
    /// From version 1.5: how busy each JPEG engine is, in percent.
    pub jpeg_activity: [u16; RSMI_MAX_NUM_JPEG_ENGS],
    /// PCIe packets refused by the device.
    pub pcie_nak_sent_count_acc: u32,
    /// PCIe packets refused by the other side.
    pub pcie_nak_rcvd_count_acc: u32,
    /// From version 1.6: how often the counters below were updated. A residency that grows by a
    /// while this grows by b means that the limit held for a * 100 / b percent of the time.
    pub accumulation_counter: u64,
    /// Residency of the limit set by the processor's hot signal.
    pub prochot_residency_acc: u64,
    /// Residency of the power limit.
    pub ppt_residency_acc: u64,
    /// Residency of the temperature limit of the package.
    pub socket_thm_residency_acc: u64,
    /// Residency of the temperature limit of the voltage regulators.
    pub vr_thm_residency_acc: u64,
    /// Residency of the temperature limit of the memory stacks.
    pub hbm_thm_residency_acc: u64,
    /// How many partitions there are.
    pub num_partition: u16,
    /// The counters of each partition.
    pub xcp_stats: [amdgpu_xcp_metrics_t; RSMI_MAX_NUM_XCP],
    /// How often the other side of the PCIe link had to recover.
    pub pcie_lc_perf_other_end_recovery: u32,
    /// From version 1.7: highest bandwidth of the memory.
    pub vram_max_bandwidth: u64,
    /// Which links to other GPUs are up.
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
