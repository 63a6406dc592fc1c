//! What is asked, what the machine of these tests has there, and what a liar says.

use rsmi_simulator::metrics::decode;
use rsmi_simulator::{Machine, lies};
use rsmi_simulator_releases::{Function, Release};
use std::path::Path;

/// The functions that rsmi is mapped onto.
#[rustfmt::skip]
pub const ALL: &[&str] = &[
    "amdsmi_get_clk_freq",
    "amdsmi_get_energy_count",
    "amdsmi_get_fw_info",
    "amdsmi_get_gpu_activity",
    "amdsmi_get_gpu_asic_info",
    "amdsmi_get_gpu_available_counters",
    "amdsmi_get_gpu_bdf_id",
    "amdsmi_get_gpu_board_info",
    "amdsmi_get_gpu_busy_percent",
    "amdsmi_get_gpu_compute_partition",
    "amdsmi_get_gpu_compute_process_gpus",
    "amdsmi_get_gpu_compute_process_info",
    "amdsmi_get_gpu_compute_process_info_by_pid",
    "amdsmi_get_gpu_ecc_count",
    "amdsmi_get_gpu_ecc_enabled",
    "amdsmi_get_gpu_ecc_status",
    "amdsmi_get_gpu_enumeration_info",
    "amdsmi_get_gpu_event_notification",
    "amdsmi_get_gpu_fan_rpms",
    "amdsmi_get_gpu_fan_speed",
    "amdsmi_get_gpu_fan_speed_max",
    "amdsmi_get_gpu_id",
    "amdsmi_get_gpu_kfd_info",
    "amdsmi_get_gpu_mem_overdrive_level",
    "amdsmi_get_gpu_memory_partition",
    "amdsmi_get_gpu_memory_partition_config",
    "amdsmi_get_gpu_memory_reserved_pages",
    "amdsmi_get_gpu_memory_total",
    "amdsmi_get_gpu_memory_usage",
    "amdsmi_get_gpu_metrics_header_info",
    "amdsmi_get_gpu_metrics_info",
    "amdsmi_get_gpu_od_volt_curve_regions",
    "amdsmi_get_gpu_od_volt_info",
    "amdsmi_get_gpu_overdrive_level",
    "amdsmi_get_gpu_pci_bandwidth",
    "amdsmi_get_gpu_pci_replay_counter",
    "amdsmi_get_gpu_pci_throughput",
    "amdsmi_get_gpu_perf_level",
    "amdsmi_get_gpu_power_profile_presets",
    "amdsmi_get_gpu_revision",
    "amdsmi_get_gpu_subsystem_id",
    "amdsmi_get_gpu_subsystem_name",
    "amdsmi_get_gpu_topo_numa_affinity",
    "amdsmi_get_gpu_vbios_info",
    "amdsmi_get_gpu_vendor_name",
    "amdsmi_get_gpu_volt_metric",
    "amdsmi_get_gpu_vram_vendor",
    "amdsmi_get_gpu_xcd_counter",
    "amdsmi_get_minmax_bandwidth_between_processors",
    "amdsmi_get_power_cap_info",
    "amdsmi_get_power_info",
    "amdsmi_get_processor_handles",
    "amdsmi_get_socket_handles",
    "amdsmi_get_temp_metric",
    "amdsmi_get_utilization_count",
    "amdsmi_get_xgmi_info",
    "amdsmi_gpu_control_counter",
    "amdsmi_gpu_counter_group_supported",
    "amdsmi_gpu_create_counter",
    "amdsmi_gpu_destroy_counter",
    "amdsmi_gpu_read_counter",
    "amdsmi_gpu_xgmi_error_status",
    "amdsmi_init",
    "amdsmi_init_gpu_event_notification",
    "amdsmi_is_P2P_accessible",
    "amdsmi_reset_gpu",
    "amdsmi_reset_gpu_compute_partition",
    "amdsmi_reset_gpu_fan",
    "amdsmi_reset_gpu_memory_partition",
    "amdsmi_reset_gpu_xgmi_error",
    "amdsmi_set_clk_freq",
    "amdsmi_set_gpu_clk_limit",
    "amdsmi_set_gpu_clk_range",
    "amdsmi_set_gpu_compute_partition",
    "amdsmi_set_gpu_event_notification_mask",
    "amdsmi_set_gpu_fan_speed",
    "amdsmi_set_gpu_memory_partition",
    "amdsmi_set_gpu_od_clk_info",
    "amdsmi_set_gpu_od_volt_info",
    "amdsmi_set_gpu_overdrive_level",
    "amdsmi_set_gpu_pci_bandwidth",
    "amdsmi_set_gpu_perf_determinism_mode",
    "amdsmi_set_gpu_perf_level",
    "amdsmi_set_gpu_power_profile",
    "amdsmi_set_power_cap",
    "amdsmi_shut_down",
    "amdsmi_stop_gpu_event_notification",
    "amdsmi_topo_get_link_type",
    "amdsmi_topo_get_link_weight",
    "amdsmi_topo_get_numa_node_number",
];

/// A call as the program takes it, and what of its outputs is looked at: where, the truth and the lie.
pub struct Row {
    pub line: &'static str,
    pub values: &'static [(What, Expected, Expected)],
    /// It leads to a card, or is no value.
    pub stays_true: bool,
}

#[derive(Debug)]
pub enum What {
    /// A number of so many bytes in that output.
    Number(usize, usize),
    /// The same, so many bytes further on.
    At(usize, usize, usize),
    Text(usize),
    /// A member of a struct of the release; not looked at where the release has none.
    Member(usize, &'static str, &'static str),
    /// Nothing but that it succeeds.
    Status,
}

pub enum Expected {
    Number(u64),
    Text(&'static str),
    Enumerator(&'static str, &'static str),
    /// Another in some releases.
    In(fn(&Release) -> Expected),
    Failed(&'static str),
    /// It succeeds, and nobody knows with which number.
    Anything,
    Done,
}

use Expected::{Anything, Done, Enumerator as E, Failed, In, Number as N, Text as T};
use What::{At, Member, Number, Status, Text};

const fn row(line: &'static str, values: &'static [(What, Expected, Expected)]) -> Row {
    Row { line, values, stays_true: false }
}

const fn true_row(line: &'static str, values: &'static [(What, Expected, Expected)]) -> Row {
    Row { line, values, stays_true: true }
}

fn by_line(release: &Release) -> bool {
    !release.at_least("6.2")
}

/// What a liar says of a member of the firmware's table.
fn marked(member: &str) -> Expected {
    let machine = Machine::from_file(Path::new(super::MACHINE)).expect("a good machine");
    let lie = machine.lying().expect("it can be lied about");
    let table = decode(lie.read(&format!("{}/gpu_metrics", super::DEVICE)).expect("it is there"));
    let found = table.expect("a table").into_iter().find(|reading| reading.name == member);
    N(found.expect("a member").values[0].expect("a number"))
}

/// The kind of a link, which changed its type.
fn link(release: &Release, kind: &'static str) -> Expected {
    let function = Function::named("amdsmi_topo_get_link_type").expect("a function");
    let kinds = release.arguments(function).expect("every release has it");
    match (kinds[3].trim_end_matches(" *"), kind) {
        ("amdsmi_io_link_type_t", "XGMI") => E("amdsmi_io_link_type_t", "IOLINK_TYPE_XGMI"),
        ("amdsmi_io_link_type_t", _) => E("amdsmi_io_link_type_t", "IOLINK_TYPE_PCIEXPRESS"),
        (_, "XGMI") => E("amdsmi_link_type_t", "LINK_TYPE_XGMI"),
        _ => E("amdsmi_link_type_t", "LINK_TYPE_PCIE"),
    }
}

/// Older releases leave the end of a file's line where it is.
fn with_end(release: &Release, old: &'static str, new: &'static str) -> Expected {
    T(if release.at_least("6.4.0") { new } else { old })
}

const ASIC: &str = "amdsmi_asic_info_t";
const BOARD: &str = "amdsmi_board_info_t";
const CAP: &str = "amdsmi_power_cap_info_t";
const POWER: &str = "amdsmi_power_info_t";
const METRICS: &str = "amdsmi_gpu_metrics_t";
const ENUMERATION: &str = "amdsmi_enumeration_info_t";
const PROCESS: &str = "amdsmi_process_info_t";
const KFD: &str = "amdsmi_kfd_info_t";
const COUNTED: &str = "amdsmi_counter_value_t";
const EVENT: &str = "amdsmi_evt_notification_data_t";
const RAS: &str = "amdsmi_ras_err_state_t";
const LEVEL: &str = "amdsmi_dev_perf_level_t";
const PROFILE: &str = "amdsmi_power_profile_status_t";
const FIRMWARE: &str = "amdsmi_fw_info_t";

const MHZ: u64 = 1_000_000;
const WATT: u64 = 1_000_000;

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    // What leads to a card.
    true_row("amdsmi_init 2", &[(Status, Done, Done)]),
    true_row("amdsmi_get_socket_handles o0:40000000 o1", &[(Number(0, 4), N(2), N(2))]),
    true_row("amdsmi_get_processor_handles $1 o0:40000000 o1", &[(Number(0, 4), N(1), N(1))]),
    true_row("amdsmi_get_gpu_bdf_id p0 o0", &[(Number(0, 8), N(0x300), N(0x300))]),

    // What a card is.
    row("amdsmi_get_gpu_id p0 o0", &[(Number(0, 2), N(0x74a1), N(0x11e2))]),
    row("amdsmi_get_gpu_revision p0 o0", &[(Number(0, 2), N(0), N(0xe5))]),
    row("amdsmi_get_gpu_subsystem_id p0 o0", &[(Number(0, 2), N(0x74a1), N(0x11e4))]),
    row("amdsmi_get_gpu_subsystem_name p0 o0 64", &[(Text(0), T("0x74a1"), T("0x11e4"))]),
    true_row("amdsmi_get_gpu_subsystem_name p0 o0 4", &[
        (Text(0), Failed("INSUFFICIENT_SIZE"), Failed("INSUFFICIENT_SIZE")),
    ]),
    row("amdsmi_get_gpu_vendor_name p0 o0 64", &[
        (Text(0), T("Advanced Micro Devices, Inc. [AMD/ATI]"), T("0x11e1")),
    ]),
    row("amdsmi_get_gpu_vram_vendor p0 o0 64", &[
        (
            Text(0),
            In(|release| T(if release.at_least("7.0") { "HYNIX" } else { "hynix" })),
            In(|release| T(if release.at_least("7.0") { "MICRON" } else { "micron" })),
        ),
    ]),
    row("amdsmi_get_gpu_asic_info p0 o0", &[
        (Member(0, ASIC, "market_name"), T("AMD Instinct MI300X"), T("LIE marketing")),
        (Member(0, ASIC, "vendor_id"), N(0x1002), N(0x11e1)),
        (Member(0, ASIC, "vendor_name"), T("Advanced Micro Devices, Inc. [AMD/ATI]"), T("0x11e1")),
        (Member(0, ASIC, "subvendor_id"), N(0x1002), N(0x11e3)),
        (Member(0, ASIC, "device_id"), N(0x74a1), N(0x11e2)),
        (Member(0, ASIC, "rev_id"), N(0), N(0xe5)),
        (Member(0, ASIC, "asic_serial"), T("bcca43937e1aaed4"), T("11e1e1e1e1e1e000")),
        (Member(0, ASIC, "oam_id"), N(6), N(111)),
        (Member(0, ASIC, "num_of_compute_units"), N(304), N(111)),
        (Member(0, ASIC, "target_graphics_version"), N(0x942), N(0x997)),
        (Member(0, ASIC, "subsystem_id"), N(0x74a1), N(0x11e4)),
    ]),
    row("amdsmi_get_gpu_board_info p0 o0", &[
        (
            Member(0, BOARD, "model_number"),
            In(|release| with_end(release, "102-G30211-00\n", "102-G30211-00")),
            In(|release| with_end(release, "11e6-LIE\n", "11e6-LIE")),
        ),
        (
            Member(0, BOARD, "product_serial"),
            In(|release| with_end(release, "692251001124\n", "692251001124")),
            In(|release| with_end(release, "LIE-11111-0\n", "LIE-11111-0")),
        ),
        (
            Member(0, BOARD, "product_name"),
            In(|release| with_end(release, "AMD Instinct MI300X OAM\n", "AMD Instinct MI300X OAM")),
            In(|release| with_end(release, "LIE product\n", "LIE product")),
        ),
    ]),
    row("amdsmi_get_gpu_vbios_info p0 o0", &[
        (Member(0, "amdsmi_vbios_info_t", "part_number"), T("113-M3000100-102"), T("113-LIE11111-111")),
        (Member(0, "amdsmi_vbios_info_t", "version"), T("022.040.003.042.000001"), T("LIE 111.111")),
    ]),
    row("amdsmi_get_gpu_enumeration_info p0 o0", &[
        (Member(0, ENUMERATION, "drm_render"), N(128), N(130)),
        (Member(0, ENUMERATION, "drm_card"), N(0), N(2)),
        (Member(0, ENUMERATION, "hsa_id"), N(1), N(2)),
        (Member(0, ENUMERATION, "hip_id"), N(0), N(lies::HIP_ID)),
        (Member(0, ENUMERATION, "hip_uuid"), T("GPU-bcca43937e1aaed4"), T("GPU-11e1e1e1e1e1e000")),
    ]),
    row("amdsmi_get_gpu_kfd_info p0 o0", &[
        (Member(0, KFD, "kfd_id"), N(20000), N(1111)),
        (Member(0, KFD, "node_id"), N(1), N(2)),
        (Member(0, KFD, "current_partition_id"), N(0), N(lies::PARTITION_ID)),
    ]),
    row("amdsmi_get_fw_info p0 o0", &[
        (Member(0, FIRMWARE, "fw_info_list[].fw_version"), N(0), N(0x111e_0002)),
    ]),
    row("amdsmi_get_gpu_xcd_counter p0 o0", &[(Number(0, 2), N(8), N(lies::DIES))]),
    row("amdsmi_get_gpu_compute_partition p0 o0 16", &[(Text(0), T("SPX"), T("QPX"))]),
    row("amdsmi_get_gpu_memory_partition p0 o0 16", &[(Text(0), T("NPS1"), T("NPS8"))]),
    row("amdsmi_get_gpu_memory_partition_config p0 o0", &[
        (Number(0, 4), N(0b0101), N(0b1010)),
        (
            At(0, 4, 4),
            E("amdsmi_memory_partition_type_t", "MEMORY_PARTITION_NPS1"),
            E("amdsmi_memory_partition_type_t", "MEMORY_PARTITION_NPS8"),
        ),
    ]),

    // How busy it is, and what that costs.
    row("amdsmi_get_gpu_busy_percent p0 o0", &[(Number(0, 4), N(97), N(61))]),
    row("amdsmi_get_gpu_activity p0 o0", &[
        (Number(0, 4), N(96), N(61)),
        (At(0, 4, 4), N(40), N(62)),
    ]),
    row("amdsmi_get_utilization_count p0 o0:00000000 1 o1", &[
        (At(0, 8, 8), N(340_282_366), In(|_| marked("gfx_activity_acc"))),
        (Number(1, 8), N(8_123_456_789_012_345), In(|_| marked("system_clock_counter"))),
    ]),
    row("amdsmi_get_utilization_count p0 o0:01000000 1 o1", &[
        (At(0, 8, 8), N(120_987_654), In(|_| marked("mem_activity_acc"))),
    ]),
    row("amdsmi_get_gpu_memory_total p0 0 o0", &[(Number(0, 8), N(206_141_652_992), N(116_500_987_904))]),
    row("amdsmi_get_gpu_memory_usage p0 0 o0", &[(Number(0, 8), N(31_000_000_512), N(11_650_727_936))]),
    row("amdsmi_get_gpu_memory_usage p0 2 o0", &[(Number(0, 8), N(30_408_704), N(2_330_984_448))]),
    row("amdsmi_get_temp_metric p0 1 0 o0", &[(Number(0, 8), N(56), N(102))]),
    row("amdsmi_get_temp_metric p0 2 5 o0", &[(Number(0, 8), N(105), N(133))]),
    row("amdsmi_get_gpu_volt_metric p0 0 0 o0", &[(Number(0, 8), N(893), N(1111))]),
    row("amdsmi_get_gpu_fan_rpms p0 0 o0", &[(Number(0, 8), N(1173), N(1111))]),
    row("amdsmi_get_gpu_fan_speed p0 0 o0", &[(Number(0, 8), N(92), N(111))]),
    row("amdsmi_get_gpu_fan_speed_max p0 0 o0", &[(Number(0, 8), N(255), N(251))]),
    row("amdsmi_get_power_info p0 o0", &[
        (Member(0, POWER, "current_socket_power"), N(430), N(112)),
        (Member(0, POWER, "power_limit"), N(750 * WATT), N(113 * WATT)),
    ]),
    row("amdsmi_get_power_info p1 o0", &[
        (Member(0, POWER, "average_socket_power"), N(112), N(111)),
    ]),
    row("amdsmi_get_power_cap_info p0 0 o0", &[
        (Member(0, CAP, "power_cap"), N(750 * WATT), N(113 * WATT)),
        (Member(0, CAP, "default_power_cap"), N(750 * WATT), N(116 * WATT)),
        (Member(0, CAP, "min_power_cap"), N(0), N(14 * WATT)),
        (Member(0, CAP, "max_power_cap"), N(750 * WATT), N(1115 * WATT)),
    ]),
    row("amdsmi_get_energy_count p0 o0 o1 o2", &[
        (Number(0, 8), N(91_827_364_554), In(|_| marked("energy_accumulator"))),
        (Number(1, 4), N(15.3_f32.to_bits() as u64), N(lies::RESOLUTION.to_bits() as u64)),
        (Number(2, 8), N(8_123_456_789_012_345), In(|_| marked("system_clock_counter"))),
    ]),
    row("amdsmi_get_gpu_metrics_info p0 o0", &[
        (Member(0, METRICS, "temperature_hotspot"), N(56), N(102)),
        (Member(0, METRICS, "current_socket_power"), N(430), N(112)),
        (Member(0, METRICS, "average_umc_activity"), N(40), N(62)),
        (Member(0, METRICS, "energy_accumulator"), N(91_827_364_554), In(|_| marked("energy_accumulator"))),
    ]),
    row("amdsmi_get_gpu_metrics_header_info p0 o0", &[
        (Number(0, 2), N(360), N(288)),
        (At(0, 3, 1), N(5), N(4)),
    ]),

    // Clocks and what can be tuned.
    row("amdsmi_get_clk_freq p0 0 o0", &[
        (At(0, 16, 8), N(500 * MHZ), N(111 * MHZ)),
        (At(0, 24, 8), N(1987 * MHZ), N(1211 * MHZ)),
    ]),
    row("amdsmi_get_clk_freq p0 4 o0", &[(At(0, 16, 8), N(900 * MHZ), N(112 * MHZ))]),
    row("amdsmi_get_gpu_perf_level p0 o0", &[
        (Number(0, 4), E(LEVEL, "DEV_PERF_LEVEL_AUTO"), E(LEVEL, "DEV_PERF_LEVEL_STABLE_PEAK")),
    ]),
    row("amdsmi_get_gpu_overdrive_level p0 o0", &[(Number(0, 4), N(4), N(11))]),
    row("amdsmi_get_gpu_mem_overdrive_level p0 o0", &[(Number(0, 4), N(5), N(12))]),
    row("amdsmi_get_gpu_od_volt_info p0 o0", &[
        (At(0, 0, 8), N(500 * MHZ), N(121 * MHZ)),
        (At(0, 8, 8), N(2100 * MHZ), N(1221 * MHZ)),
        (
            At(0, 24, 8),
            In(|release| N(if by_line(release) { 900 } else { 1300 } * MHZ)),
            In(|release| N(if by_line(release) { 122 } else { 1222 } * MHZ)),
        ),
    ]),
    row("amdsmi_get_gpu_od_volt_curve_regions p0 o0:04000000 o1", &[
        (
            Number(0, 4),
            In(|release| if by_line(release) { N(4) } else { Failed("NOT_SUPPORTED") }),
            N(1),
        ),
    ]),
    row("amdsmi_get_gpu_power_profile_presets p0 0 o0", &[
        (Member(0, PROFILE, "available_profiles"), N(0x48), N(0x1a)),
        (
            Member(0, PROFILE, "current"),
            E("amdsmi_power_profile_preset_masks_t", "PWR_PROF_PRST_COMPUTE_MASK"),
            E("amdsmi_power_profile_preset_masks_t", "PWR_PROF_PRST_VR_MASK"),
        ),
    ]),

    // Links.
    row("amdsmi_get_gpu_pci_bandwidth p0 o0", &[
        (At(0, 16, 8), N(2_500 * MHZ), N(5_000 * MHZ)),
        (At(0, 280, 4), N(1), N(2)),
    ]),
    row("amdsmi_get_gpu_pci_throughput p0 o0 o1 o2", &[
        (Number(0, 8), N(91_827), N(11_112)),
        (Number(1, 8), N(703_214), N(11_113)),
        (Number(2, 8), N(256), N(111)),
    ]),
    // All are moved up where there is no place for the first.
    row("amdsmi_get_gpu_pci_throughput p0 null o1 o2", &[
        (Number(1, 8), N(91_827), N(11_112)),
        (Number(2, 8), N(703_214), N(11_113)),
    ]),
    row("amdsmi_get_gpu_pci_replay_counter p0 o0", &[(Number(0, 8), N(3), N(11111))]),
    row("amdsmi_get_gpu_topo_numa_affinity p0 o0", &[(Number(0, 4), N(0), N(1))]),
    row("amdsmi_topo_get_numa_node_number p0 o0", &[(Number(0, 4), N(0), N(1))]),
    row("amdsmi_topo_get_link_weight p0 p1 o0", &[(Number(0, 8), N(15), N(lies::WEIGHT))]),
    row("amdsmi_topo_get_link_type p0 p1 o0 o1", &[
        (Number(0, 8), N(1), N(lies::HOPS)),
        (Number(1, 4), In(|release| link(release, "XGMI")), In(|release| link(release, "PCIE"))),
    ]),
    row("amdsmi_get_minmax_bandwidth_between_processors p0 p1 o0 o1", &[
        (Number(0, 8), N(64_000), N(1111)),
        (Number(1, 8), N(64_000), N(11_111)),
    ]),
    row("amdsmi_is_P2P_accessible p0 p1 o0", &[(Number(0, 1), N(1), N(lies::P2P_ACCESSIBLE as u64))]),
    row("amdsmi_get_xgmi_info p0 o0", &[
        (
            Member(0, "amdsmi_xgmi_info_t", "xgmi_hive_id"),
            N(0x7f3a_9c5e_21b4_0d68),
            N(0x11e1_e1e1_e1e1_e111),
        ),
    ]),
    row("amdsmi_gpu_xgmi_error_status p0 o0", &[
        (
            Number(0, 4),
            E("amdsmi_xgmi_status_t", "XGMI_STATUS_NO_ERRORS"),
            E("amdsmi_xgmi_status_t", "XGMI_STATUS_ERROR"),
        ),
    ]),
    true_row("amdsmi_reset_gpu_xgmi_error p0", &[(Status, Done, Done)]),

    // Errors.
    row("amdsmi_get_gpu_ecc_count p0 1 o0", &[
        (Number(0, 8), N(12), N(1111)),
        (At(0, 8, 8), N(1), N(2111)),
    ]),
    row("amdsmi_get_gpu_ecc_enabled p0 o0", &[(Number(0, 8), N(0x3b1d), N(0x04e2))]),
    row("amdsmi_get_gpu_ecc_status p0 1 o0", &[
        (Number(0, 4), E(RAS, "RAS_ERR_STATE_ENABLED"), E(RAS, "RAS_ERR_STATE_DISABLED")),
    ]),
    row("amdsmi_get_gpu_memory_reserved_pages p0 o0:08000000 o1", &[
        (Number(0, 4), N(1), N(2)),
        (Number(1, 8), N(0x2a41), N(0x11e7)),
        (At(1, 8, 8), N(0x1000), N(0x3000)),
        (
            At(1, 16, 4),
            E("amdsmi_memory_page_status_t", "MEM_PAGE_STATUS_RESERVED"),
            E("amdsmi_memory_page_status_t", "MEM_PAGE_STATUS_PENDING"),
        ),
    ]),

    // Processes.
    row("amdsmi_get_gpu_compute_process_info o0 o1:08000000", &[
        (Number(1, 4), N(1), N(2)),
        (Number(0, 4), N(4711), N(lies::PID as u64)),
    ]),
    row("amdsmi_get_gpu_compute_process_info_by_pid 4711 o0", &[
        (Member(0, PROCESS, "vram_usage"), N(7_000_000_000), N(1_111_111)),
        (Member(0, PROCESS, "sdma_usage"), N(10), N(11_111)),
        (Member(0, PROCESS, "pasid"), N(32769), N(11111)),
    ]),
    row("amdsmi_get_gpu_compute_process_gpus 4711 o0 o1:08000000", &[(Number(0, 4), N(0), N(1))]),

    // What has state of its own.
    true_row("amdsmi_gpu_counter_group_supported p0 0", &[(Status, Done, Done)]),
    row("amdsmi_get_gpu_available_counters p0 0 o0", &[(Number(0, 4), N(8), N(11))]),
    true_row("amdsmi_gpu_create_counter p0 3 o3", &[(Status, Done, Done)]),
    true_row("amdsmi_gpu_read_counter $3 o0", &[
        (Status, Failed("UNEXPECTED_SIZE"), Failed("UNEXPECTED_SIZE")),
    ]),
    true_row("amdsmi_gpu_control_counter $3 7 p0", &[(Status, Failed("INVAL"), Failed("INVAL"))]),
    true_row("amdsmi_gpu_control_counter $3 0 p0", &[(Status, Done, Done)]),
    row("amdsmi_gpu_read_counter $3 o0", &[
        (Member(0, COUNTED, "value"), Anything, N(lies::COUNTED + 3)),
        (Member(0, COUNTED, "time_enabled"), Anything, N(lies::TIME_ENABLED)),
        (Member(0, COUNTED, "time_running"), Anything, N(lies::TIME_RUNNING)),
    ]),
    true_row("amdsmi_gpu_control_counter $3 1 p0", &[(Status, Done, Done)]),
    true_row("amdsmi_gpu_destroy_counter $3", &[(Status, Done, Done)]),
    true_row("amdsmi_gpu_destroy_counter $3", &[(Status, Failed("INVAL"), Failed("INVAL"))]),
    true_row("amdsmi_set_gpu_event_notification_mask p0 4", &[
        (Status, Failed("NOT_INIT"), Failed("NOT_INIT")),
    ]),
    true_row("amdsmi_init_gpu_event_notification p0", &[(Status, Done, Done)]),
    true_row("amdsmi_set_gpu_event_notification_mask p0 4", &[(Status, Done, Done)]),
    row("amdsmi_get_gpu_event_notification 1 o0:08000000 o1", &[
        (Number(0, 4), Failed("NO_DATA"), N(1)),
        (Member(1, EVENT, "event"), Failed("NO_DATA"), N(3)),
        (Member(1, EVENT, "message"), Failed("NO_DATA"), T(lies::EVENT)),
    ]),
    true_row("amdsmi_stop_gpu_event_notification p0", &[(Status, Done, Done)]),
    true_row("amdsmi_shut_down", &[(Status, Done, Done)]),
];

/// A call that sets something of the first card, and what is written, in its order: `hwmon/` is the
/// directory of its sensors.
pub struct Setter {
    pub line: &'static str,
    pub arguments: fn(&Release) -> String,
    pub writes: &'static [&'static str],
    /// There is no such file in the tree of the machine.
    pub only_a_lie: bool,
}

macro_rules! setter {
    ($line:literal, $($write:literal),*) => {
        Setter {
            line: $line,
            arguments: |_| $line.into(),
            writes: &[$($write),*],
            only_a_lie: false,
        }
    };
}

#[rustfmt::skip]
pub const SETTERS: &[Setter] = &[
    setter!("amdsmi_set_gpu_perf_level p0 7", "power_dpm_force_performance_level < profile_min_sclk"),
    setter!(
        "amdsmi_set_gpu_perf_determinism_mode p0 1500",
        "power_dpm_force_performance_level < perf_determinism",
        "pp_od_clk_voltage < s 1 1500\\n",
        "pp_od_clk_voltage < c"
    ),
    setter!("amdsmi_set_gpu_overdrive_level p0 7", "pp_sclk_od < 7"),
    setter!(
        "amdsmi_set_gpu_power_profile p0 0 8",
        "power_dpm_force_performance_level < manual",
        "pp_power_profile_mode < 1"
    ),
    setter!("amdsmi_set_power_cap p0 0 200000000", "hwmon/power1_cap < 200000000"),
    setter!("amdsmi_set_gpu_fan_speed p0 0 100", "hwmon/pwm1_enable < 1", "hwmon/pwm1 < 100"),
    setter!("amdsmi_reset_gpu_fan p0 0", "hwmon/pwm1_enable < 2"),
    setter!(
        "amdsmi_set_clk_freq p0 4 5",
        "power_dpm_force_performance_level < manual",
        "pp_dpm_mclk < 0 2 "
    ),
    setter!(
        "amdsmi_set_gpu_pci_bandwidth p0 3",
        "power_dpm_force_performance_level < manual",
        "pp_dpm_pcie < 0 1 "
    ),
    setter!(
        "amdsmi_set_gpu_clk_range p0 600 1500 0",
        "power_dpm_force_performance_level < manual",
        "pp_od_clk_voltage < s 0 600\\n",
        "pp_od_clk_voltage < s 1 1500\\n",
        "pp_od_clk_voltage < c"
    ),
    setter!(
        "amdsmi_set_gpu_clk_limit p0 4 0 500",
        "power_dpm_force_performance_level < manual",
        "pp_od_clk_voltage < m 0 500\\n",
        "pp_od_clk_voltage < c"
    ),
    setter!(
        "amdsmi_set_gpu_od_clk_info p0 1 1500 0",
        "power_dpm_force_performance_level < manual",
        "pp_od_clk_voltage < s 1 1500\\n",
        "pp_od_clk_voltage < c"
    ),
    setter!(
        "amdsmi_set_gpu_od_volt_info p0 1 1000 900",
        "power_dpm_force_performance_level < manual",
        "pp_od_clk_voltage < vc 1 1000 900\\n",
        "pp_od_clk_voltage < c"
    ),
    Setter {
        line: "amdsmi_set_gpu_compute_partition",
        arguments: |release| {
            let of = "amdsmi_compute_partition_type_t";
            let dpx = super::enumerator(release, of, "COMPUTE_PARTITION_DPX").expect("a mode");
            format!("amdsmi_set_gpu_compute_partition p0 {dpx}")
        },
        writes: &["current_compute_partition < DPX"],
        only_a_lie: false,
    },
    Setter {
        line: "amdsmi_set_gpu_memory_partition",
        arguments: |release| {
            let of = "amdsmi_memory_partition_type_t";
            let nps4 = super::enumerator(release, of, "MEMORY_PARTITION_NPS4").expect("a mode");
            format!("amdsmi_set_gpu_memory_partition p0 {nps4}")
        },
        writes: &["current_memory_partition < NPS4"],
        only_a_lie: false,
    },
    // It is as it was when it booted.
    setter!("amdsmi_reset_gpu_compute_partition p0",),
    setter!("amdsmi_reset_gpu_memory_partition p0",),
    Setter {
        line: "amdsmi_reset_gpu p0",
        arguments: |_| "amdsmi_reset_gpu p0".into(),
        writes: &[],
        only_a_lie: true,
    },
];

/// Where null is a question of its own, or no place for an answer is nothing wrong; and the status.
#[rustfmt::skip]
pub const OTHERWISE: &[(&str, u32)] = &[
    ("amdsmi_get_gpu_compute_process_info null o0:0100000000000000", 0),
    ("amdsmi_get_gpu_memory_reserved_pages p0 o0:0100000000000000 null", 0),
    ("amdsmi_get_gpu_pci_throughput p0 null o0:0100000000000000 o1:0100000000000000", 0),
    ("amdsmi_get_gpu_pci_throughput p0 o0:0100000000000000 null o1:0100000000000000", 0),
    ("amdsmi_get_gpu_pci_throughput p0 o0:0100000000000000 o1:0100000000000000 null", 0),
    ("amdsmi_get_socket_handles o0:0100000000000000 null", 0),
    // 0 is no socket.
    ("amdsmi_get_processor_handles 0 null o0:0100000000000000", 31),
    ("amdsmi_get_processor_handles 0 o0:0100000000000000 null", 31),
];
