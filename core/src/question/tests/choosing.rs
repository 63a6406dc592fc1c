//! Levels that no file marks or has, resets, and what a HIP program knows a device by.

use super::super::*;
use super::sides::*;
use crate::kernel::metrics::tests::bytes;
use crate::types::*;
use std::path::Path;

const SYS: rsmi_clk_type_t = rsmi_clk_type_t::RSMI_CLK_TYPE_SYS;
const INVALID: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
const UNEXPECTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;
const INTERNAL: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION;

/// The number of the current level, and of all; or why there is none.
fn link(files: Files) -> crate::status::Result<(u32, u32)> {
    let Told::Value(table) = PciBandwidth.kernel(&Machine::new(files).gpu()) else {
        panic!("always a table")
    };
    let rates = table.levels.transfer_rate;
    table.outcome.map(|()| (rates.current, rates.num_supported))
}

#[test]
fn a_link_between_two_levels_is_the_nearest() {
    let table = ("pp_dpm_pcie", &b"0: 2.5GT/s, x1\n1: 8.0GT/s, x8\n2: 16.0GT/s, x16\n"[..]);
    let metrics = bytes((1, 3), &[("pcie_link_speed", &[80]), ("pcie_link_width", &[4])]);
    assert_eq!(link(&[table, ("gpu_metrics", &metrics)]), Ok((1, 3)));
    let bus: Files =
        &[table, ("current_link_speed", b"16.0 GT/s PCIe\n"), ("current_link_width", b"16\n")];
    assert_eq!(link(bus), Ok((2, 3)), "where gpu_metrics has nothing");
    let strange = bytes((1, 3), &[("pcie_link_speed", &[81]), ("pcie_link_width", &[4])]);
    assert_eq!(link(&[bus, &[("gpu_metrics", &strange)]].concat()), Ok((2, 3)), "no speed of PCIe");
    assert_eq!(link(&[table]), Err(UNEXPECTED), "nobody knows it");
}

const BY_PCIE: (&str, &[u8]) =
    ("class/kfd/kfd/topology/nodes/1/io_links/0/properties", b"type 2\nnode_to 0\nweight 20\n");

#[test]
fn levels_of_a_link_are_made_up_of_what_gpu_metrics_has() {
    let with = |speed, width| {
        let metrics =
            bytes((1, 3), &[("pcie_link_speed", &[speed]), ("pcie_link_width", &[width])]);
        link(&[BY_PCIE, ("gpu_metrics", &metrics)])
    };
    // Six widths for each of four speeds; of a later generation the link alone.
    assert_eq!((with(25, 1), with(50, 2), with(160, 16)), (Ok((0, 24)), Ok((7, 24)), Ok((23, 24))));
    assert_eq!((with(320, 16), with(640, 8)), (Ok((0, 1)), Ok((0, 1))));
    assert_eq!((with(160, 3), with(7, 16)), (Err(NONE), Err(NONE)), "no link");
    let metrics = bytes((1, 3), &[("pcie_link_speed", &[160]), ("pcie_link_width", &[16])]);
    assert_eq!(link(&[("gpu_metrics", &metrics)]), Err(NONE), "not on PCIe");
    let there = link(&[BY_PCIE, ("gpu_metrics", &metrics), ("pp_dpm_pcie", b"0: 2.5GT/s, x1 *\n")]);
    assert_eq!(there, Ok((0, 1)), "the driver knows its levels");
}

#[test]
fn a_clock_between_two_levels_is_the_nearest_to_gpu_metrics() {
    let levels = ("pp_dpm_sclk", &b"0: 500Mhz\n1: 900Mhz\n2: 2100Mhz\n"[..]);
    let metrics = bytes((1, 3), &[("current_gfxclk", &[1000])]);
    let current = |files: Files| {
        let told = Clock { kind: SYS }.kernel(&Machine::new(files).gpu());
        told.map(|table| table.outcome.map(|()| table.levels.transfer_rate.current))
    };
    assert_eq!(current(&[levels, ("gpu_metrics", &metrics)]), Told::Value(Ok(1)));
    assert_eq!(current(&[levels]), Told::Value(Err(UNEXPECTED)));
    let strange = Clock { kind: rsmi_clk_type_t(77) }.kernel(&Machine::new(&[levels]).gpu());
    assert!(matches!(strange, Told::Fails(INVALID)));
}

#[test]
fn levels_of_a_link_are_chosen_only_where_the_driver_has_them() {
    let set = |text: &'static [u8], mask| {
        SetPciBandwidth { mask }
            .kernel(&Machine::new(&[("pp_dpm_pcie", text), (LEVEL, b"auto\n")]).gpu())
    };
    let (marked, unmarked) = (&b"0: 2.5GT/s, x1 *\n1: 8.0GT/s, x8\n"[..], &b"0: 2.5GT/s, x1\n"[..]);
    assert_eq!((set(marked, 3), set(unmarked, 1)), (Told::Value(()), Told::Value(())));
    assert_eq!((set(marked, 4), set(b"nonsense\n", 1)), (Told::Fails(INVALID), Told::Fails(NONE)));
}

const LEVEL: &str = "power_dpm_force_performance_level";

#[test]
fn a_level_that_no_header_lists_is_looked_up_or_refused() {
    let set = |level| {
        SetPerfLevel { level: rsmi_dev_perf_level_t(level) }
            .kernel(&Machine::new(&[(LEVEL, b"auto\n")]).gpu())
    };
    assert_eq!((set(77), set(u32::MAX)), (Told::Fails(INVALID), Told::Fails(INTERNAL)));
    assert_eq!(set(0), Told::Value(()));
    let odd = PerfLevel.kernel(&Machine::new(&[(LEVEL, b"strange\n")]).gpu());
    assert_eq!(odd, Told::Value(rsmi_dev_perf_level_t::RSMI_DEV_PERF_LEVEL_UNKNOWN));
}

#[test]
fn a_table_of_more_profiles_than_there_are_bits_is_none() {
    let of = |count: usize| {
        let lines: String = (0..count).map(|nth| format!(" {nth} NAME_{nth} :\n")).collect();
        let text = format!("NUM MODE_NAME\n{lines}");
        PowerProfiles.kernel(&Machine::new(&[("pp_power_profile_mode", text.as_bytes())]).gpu())
    };
    assert!(matches!(of(64), Told::Value(told) if told.num_profiles == 64));
    // A virtual machine is told that there is none.
    assert!(
        matches!(of(65), Told::Fails(REFUSED | NONE))
            && matches!(of(70), Told::Fails(REFUSED | NONE))
    );
}

#[test]
fn a_reset_goes_back_to_how_the_card_was() {
    let files: Files = &[
        ("available_compute_partition", b"SPX, DPX, CPX\n"),
        ("current_compute_partition", b"DPX\n"),
        ("current_memory_partition", b"NPS4\n"),
    ];
    let machine = Machine::new(files);
    let gpu = machine.gpu();
    let mode = rsmi_memory_partition_type_t::RSMI_MEMORY_PARTITION_NPS1;
    assert_eq!(gpu.set_compute_partition(b"CPX"), Ok(()));
    assert_eq!(machine.content("current_compute_partition"), "CPX");
    assert_eq!(gpu.reset_compute_partition(), Ok(()));
    assert_eq!(machine.content("current_compute_partition"), "DPX");
    let restart = Err(rsmi_status_t::RSMI_STATUS_AMDGPU_RESTART_ERR);
    assert_eq!((gpu.set_memory_partition(mode), gpu.reset_memory_partition()), (restart, restart));
    assert_eq!(machine.content("current_memory_partition"), "NPS4");
    let none = Machine::new(&[]);
    let gpu = none.gpu();
    assert_eq!(
        (gpu.reset_compute_partition(), gpu.reset_memory_partition()),
        (Err(NONE), Err(NONE))
    );
    assert_eq!(gpu.set_memory_partition(rsmi_memory_partition_type_t(0)), Err(INVALID));
}

#[test]
fn hip_knows_a_device_by_its_address_and_its_node() {
    let properties = |text: &str| {
        let files = [("class/kfd/kfd/topology/nodes/1/properties", text.as_bytes())];
        Machine::new(&files)
    };
    let machine = properties(
        "domain 1\nlocation_id 50175\ndrm_render_minor 128\nsimd_count 4\nunique_id 9\n",
    );
    let state = machine.state();
    let [_, gpu] = state.gpus() else { panic!("two GPUs") };
    assert_eq!((gpu.pci_bus_id().as_str(), gpu.kfd_unique_id()), ("0001:c3:1f.7", Ok(9)));
    assert_eq!(format!("{gpu:?}"), "0001:c3:1f.7");
    // A container leaves the node out.
    let dri = machine.sysfs().join("dri");
    std::fs::create_dir(dri.path()).expect("a directory");
    assert!(gpu.is_for_hip(None) && !gpu.is_for_hip(Some(dri.path())));
    std::fs::write(dri.path().join("renderD128"), "").expect("a file");
    assert!(gpu.is_for_hip(Some(dri.path())) && !gpu.is_for_hip(Some(Path::new("/nowhere"))));
    let cpu =
        properties("domain 0\nlocation_id 768\ndrm_render_minor 0\nsimd_count 0\nunique_id 0\n");
    let gpu = cpu.gpu();
    assert!(!gpu.is_for_hip(None) && gpu.kfd_unique_id() == Err(NONE));
}

#[test]
fn sensors_that_moved_to_another_directory_are_found_again() {
    let machine = Machine::new(&[("hwmon/fan1_input", b"1300\n")]);
    let gpu = machine.gpu();
    let fan = || FanRpms { sensor: 0 }.kernel(&gpu);
    assert_eq!(fan(), Told::Value(1300));
    let hwmon = machine.sysfs().path().join("class/drm/renderD128/device/hwmon");
    std::fs::rename(hwmon.join("hwmon3"), hwmon.join("hwmon5")).expect("it moves");
    assert_eq!(fan(), Told::Value(1300), "as after a reset of the GPU");
    std::fs::remove_dir_all(hwmon.join("hwmon5")).expect("it goes");
    assert_eq!(fan(), Told::Fails(NONE));
}

#[test]
fn how_busy_a_gpu_is_may_be_refused() {
    let busy = |files| BusyPercent.kernel(&Machine::new(files).gpu());
    assert_eq!(
        busy(&[("gpu_busy_percent", b"nonsense\n")]),
        Told::Value(0),
        "as the original reads it"
    );
    let refusing = Machine::refusing(&[("gpu_busy_percent", b"")]);
    assert_eq!(BusyPercent.kernel(&refusing.gpu()), Told::Fails(NONE));
    let place = Machine::new(&[]).gpu().place();
    assert_eq!((place.gpu_id, place.compute_units), (51140, 40));
}

#[test]
fn a_table_without_the_number_of_partitions_has_it_by_the_mode() {
    // Version 1.9 with one attribute: the clocks of two compute chips.
    let mut table = vec![20, 0, 1, 9, 1, 0, 0, 0];
    table.extend((2_u64 << 20 | 33 << 10 | 2).to_le_bytes());
    table.extend([2100_u16, 2090].map(u16::to_le_bytes).concat());
    let partitions = |mode: &'static [u8]| {
        let files: Files = &[("gpu_metrics", &table), ("current_compute_partition", mode)];
        MetricsTable.kernel(&Machine::new(files).gpu()).map(|told| told.members.num_partition)
    };
    let modes: [&[u8]; 6] = [b"SPX\n", b"DPX\n", b"TPX\n", b"QPX\n", b"CPX\n", b"XPX\n"];
    let told = modes.map(partitions);
    assert_eq!(told, [1, 2, 3, 4, 2, u16::MAX].map(Told::Value));
    let earlier = bytes((1, 5), &[("current_gfxclks", &[2100])]);
    let files: Files = &[("gpu_metrics", &earlier), ("current_compute_partition", b"DPX\n")];
    let told =
        MetricsTable.kernel(&Machine::new(files).gpu()).map(|told| told.members.num_partition);
    assert_eq!(told, Told::Value(u16::MAX), "of an earlier version nobody asks for it");
}
