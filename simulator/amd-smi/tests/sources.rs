//! Which source answers, seen and not declared: over a stand-in that lies, every value tells who said it.
//!
//! The stand-in's values are those of another machine, of which each is another one; the tree has the
//! true ones. Under `amdsmi` each function returns the lie in every release that has its call; under
//! `auto` those do for which AMD SMI is asked first, and no others; under `kernel` none does, and
//! libamd_smi is never opened.

mod common;

use common::{Stage, answers};
use rsmi_simulator::Machine;
use rsmi_simulator_releases::{FUTURE, Function, RELEASES, Release};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(120);

/// What a function asks of AMD SMI.
type Mapped = (&'static str, &'static str);

/// Those that AMD SMI is asked first under `auto`.
const FIRST: &[Mapped] = &[
    ("rsmi_dev_perf_level_get", "amdsmi_get_gpu_perf_level"),
    ("rsmi_dev_overdrive_level_get", "amdsmi_get_gpu_overdrive_level"),
    ("rsmi_dev_mem_overdrive_level_get", "amdsmi_get_gpu_mem_overdrive_level"),
    ("rsmi_dev_power_profile_presets_get", "amdsmi_get_gpu_power_profile_presets"),
    ("rsmi_dev_ecc_count_get", "amdsmi_get_gpu_ecc_count"),
    ("rsmi_dev_ecc_enabled_get", "amdsmi_get_gpu_ecc_enabled"),
    ("rsmi_dev_ecc_status_get", "amdsmi_get_gpu_ecc_status"),
    ("rsmi_dev_memory_reserved_pages_get", "amdsmi_get_gpu_memory_reserved_pages"),
    ("rsmi_dev_firmware_version_get", "amdsmi_get_fw_info"),
    ("rsmi_dev_compute_partition_get", "amdsmi_get_gpu_compute_partition"),
    ("rsmi_dev_memory_partition_get", "amdsmi_get_gpu_memory_partition"),
    ("rsmi_dev_memory_partition_capabilities_get", "amdsmi_get_gpu_memory_partition_config"),
    ("rsmi_dev_xgmi_error_status", "amdsmi_gpu_xgmi_error_status"),
    ("rsmi_minmax_bandwidth_get", "amdsmi_get_minmax_bandwidth_between_processors"),
    ("rsmi_is_P2P_accessible", "amdsmi_is_P2P_accessible"),
    ("rsmi_counter_available_counters_get", "amdsmi_get_gpu_available_counters"),
    ("rsmi_dev_counter_group_supported", "amdsmi_gpu_counter_group_supported"),
];

/// Those that the kernel is asked first.
const LATER: &[Mapped] = &[
    ("rsmi_dev_id_get", "amdsmi_get_gpu_id"),
    ("rsmi_dev_sku_get", "amdsmi_get_gpu_board_info"),
    ("rsmi_dev_vendor_id_get", "amdsmi_get_gpu_asic_info"),
    ("rsmi_dev_revision_get", "amdsmi_get_gpu_revision"),
    ("rsmi_dev_subsystem_id_get", "amdsmi_get_gpu_subsystem_id"),
    ("rsmi_dev_subsystem_vendor_id_get", "amdsmi_get_gpu_asic_info"),
    ("rsmi_dev_xgmi_physical_id_get", "amdsmi_get_gpu_asic_info"),
    ("rsmi_dev_unique_id_get", "amdsmi_get_gpu_enumeration_info"),
    ("rsmi_dev_name_get", "amdsmi_get_gpu_board_info"),
    ("rsmi_dev_brand_get", "amdsmi_get_gpu_vbios_info"),
    ("rsmi_dev_vendor_name_get", "amdsmi_get_gpu_vendor_name"),
    ("rsmi_dev_subsystem_name_get", "amdsmi_get_gpu_subsystem_name"),
    ("rsmi_dev_vram_vendor_get", "amdsmi_get_gpu_vram_vendor"),
    ("rsmi_dev_serial_number_get", "amdsmi_get_gpu_board_info"),
    ("rsmi_dev_vbios_version_get", "amdsmi_get_gpu_vbios_info"),
    ("rsmi_dev_market_name_get", "amdsmi_get_gpu_asic_info"),
    ("rsmi_dev_drm_render_minor_get", "amdsmi_get_gpu_enumeration_info"),
    ("rsmi_dev_guid_get", "amdsmi_get_gpu_kfd_info"),
    ("rsmi_dev_node_id_get", "amdsmi_get_gpu_kfd_info"),
    ("rsmi_dev_partition_id_get", "amdsmi_get_gpu_kfd_info"),
    ("rsmi_dev_target_graphics_version_get", "amdsmi_get_gpu_asic_info"),
    ("rsmi_dev_device_identifiers_get", "amdsmi_get_gpu_kfd_info"),
    ("rsmi_topo_get_numa_node_number", "amdsmi_topo_get_numa_node_number"),
    ("rsmi_topo_numa_affinity_get", "amdsmi_get_gpu_topo_numa_affinity"),
    ("rsmi_topo_get_link_weight", "amdsmi_topo_get_link_weight"),
    ("rsmi_topo_get_link_type", "amdsmi_topo_get_link_type"),
    ("rsmi_dev_xgmi_hive_id_get", "amdsmi_get_xgmi_info"),
    ("rsmi_dev_busy_percent_get", "amdsmi_get_gpu_busy_percent"),
    ("rsmi_utilization_count_get", "amdsmi_get_utilization_count"),
    ("rsmi_dev_activity_metric_get", "amdsmi_get_gpu_metrics_info"),
    ("rsmi_dev_activity_avg_mm_get", "amdsmi_get_gpu_metrics_info"),
    ("rsmi_dev_memory_total_get", "amdsmi_get_gpu_memory_total"),
    ("rsmi_dev_memory_usage_get", "amdsmi_get_gpu_memory_usage"),
    ("rsmi_dev_gpu_clk_freq_get", "amdsmi_get_clk_freq"),
    ("rsmi_dev_pci_bandwidth_get", "amdsmi_get_gpu_pci_bandwidth"),
    ("rsmi_dev_pci_throughput_get", "amdsmi_get_gpu_pci_throughput"),
    ("rsmi_dev_pci_replay_counter_get", "amdsmi_get_gpu_pci_replay_counter"),
    ("rsmi_dev_temp_metric_get", "amdsmi_get_temp_metric"),
    ("rsmi_dev_volt_metric_get", "amdsmi_get_gpu_volt_metric"),
    ("rsmi_dev_fan_rpms_get", "amdsmi_get_gpu_fan_rpms"),
    ("rsmi_dev_fan_speed_get", "amdsmi_get_gpu_fan_speed"),
    ("rsmi_dev_fan_speed_max_get", "amdsmi_get_gpu_fan_speed_max"),
    ("rsmi_dev_power_ave_get", "amdsmi_get_power_info"),
    ("rsmi_dev_current_socket_power_get", "amdsmi_get_power_info"),
    ("rsmi_dev_power_get", "amdsmi_get_power_info"),
    ("rsmi_dev_energy_count_get", "amdsmi_get_energy_count"),
    ("rsmi_dev_power_cap_get", "amdsmi_get_power_cap_info"),
    ("rsmi_dev_power_cap_default_get", "amdsmi_get_power_cap_info"),
    ("rsmi_dev_power_cap_range_get", "amdsmi_get_power_cap_info"),
    ("rsmi_dev_od_volt_info_get", "amdsmi_get_gpu_od_volt_info"),
    ("rsmi_dev_od_volt_curve_regions_get", "amdsmi_get_gpu_od_volt_curve_regions"),
    ("rsmi_dev_gpu_metrics_info_get", "amdsmi_get_gpu_metrics_info"),
    ("rsmi_dev_metrics_header_info_get", "amdsmi_get_gpu_metrics_header_info"),
    ("rsmi_dev_metrics_xcd_counter_get", "amdsmi_get_gpu_xcd_counter"),
    ("rsmi_compute_process_info_get", "amdsmi_get_gpu_compute_process_info"),
];

/// A card of each kind of tables.
const MACHINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sources.toml");

/// Clients of ROCm 7 are not answered about overdrive in a virtual machine, in which this may run.
const GENERATION: &str = "6.4";

/// What the liar says of things that are in no file, or that the kernel's side puts together in
/// another way.
const SAID: &[(&str, &str)] = &[
    ("rsmi_dev_counter_group_supported", "SUCCESS(0)"),
    ("rsmi_dev_device_identifiers_get", "partition_id:1"),
    ("rsmi_dev_gpu_metrics_info_get", "temperature_hotspot:1"),
    ("rsmi_dev_market_name_get", "LIE marketing"),
    ("rsmi_dev_metrics_xcd_counter_get", "counter=11"),
    ("rsmi_dev_partition_id_get", "SUCCESS(0) id=1"),
    ("rsmi_dev_power_get", "SUCCESS(0) power=111000000 type=0"),
    ("rsmi_dev_subsystem_name_get", "0x11e4"),
    ("rsmi_dev_xgmi_physical_id_get", "SUCCESS(0) id=11"),
    ("rsmi_is_P2P_accessible", "SUCCESS(0) accessible=0"),
    ("rsmi_topo_get_link_type", "SUCCESS(0) hops=11 type="),
    ("rsmi_topo_get_link_weight", "SUCCESS(0) weight=1111"),
];

/// Releases whose struct lacks it, though they have the function.
const LACKS: &[(&str, &str)] = &[
    ("rsmi_dev_target_graphics_version_get", "6.1.2"),
    ("rsmi_dev_target_graphics_version_get", "6.2"),
];

/// Of a release that nobody knows no member that has ever moved is read, and no list: its elements may
/// have grown.
const MOVED: &[&str] = &[
    "rsmi_dev_gpu_metrics_info_get",
    "rsmi_dev_name_get",
    "rsmi_dev_serial_number_get",
    "rsmi_dev_sku_get",
    "rsmi_dev_vendor_id_get",
    "rsmi_dev_subsystem_vendor_id_get",
    "rsmi_dev_xgmi_physical_id_get",
    "rsmi_dev_target_graphics_version_get",
    "rsmi_dev_market_name_get",
    "rsmi_utilization_count_get",
    "rsmi_dev_power_ave_get",
    "rsmi_dev_current_socket_power_get",
    "rsmi_dev_power_get",
    "rsmi_dev_brand_get",
    "rsmi_dev_vbios_version_get",
    "rsmi_compute_process_info_get",
    "rsmi_dev_memory_reserved_pages_get",
    "rsmi_dev_firmware_version_get",
];

/// Over a tree and a liar, or an honest stand-in.
fn sweep(
    stage: &Stage,
    program: &Path,
    source: &str,
    release: &str,
    tree: &Path,
    lies: bool,
) -> String {
    let mut command = stage.over(program, release);
    command.env("RSMI_COMPAT_ABI", GENERATION).env("RSMI_COMPAT_SOURCE", source);
    command.env("RSMI_COMPAT_SYSFS", tree).env("RSMI_SIM_LOG", stage.at("log"));
    command.env("RSMI_SIM_MACHINE", MACHINE);
    if lies {
        command.env("RSMI_SIM_LIES", "1");
    }
    let run = common::run(command, PATIENCE);
    assert_eq!(run.success, Some(true), "{source} over {release}: {}", run.stderr);
    run.stdout
}

/// The second partition of a card has no files: what AMD SMI says of it is of the whole card.
const PARTITION: &str = "dev3/";

/// What AMD SMI counts or cuts in another way, so that its lie is not that of the tree; and a process
/// that is not there, of which newer releases say that it has no devices.
const OTHERWISE: &[&str] = &[
    "rsmi_dev_od_volt_info_get",
    "rsmi_dev_od_volt_curve_regions_get",
    "rsmi_compute_process_info_get",
    "rsmi_compute_process_gpus_get",
];

/// What the kernel refuses an ordinary user; the stand-in, which opens no file for it, does not.
const REFUSED: &[&str] = &["rsmi_dev_xgmi_error_reset", "rsmi_event_notification_init"];

fn is_refused(function: &str) -> bool {
    // SAFETY: geteuid reads a number and cannot fail.
    let user = unsafe { libc::geteuid() };
    user != 0 && REFUSED.contains(&function)
}

/// The functions whose answers to some probe are other ones than the truth.
fn marked(found: &BTreeMap<&str, &str>, truth: &BTreeMap<&str, &str>) -> BTreeSet<String> {
    let other = found.iter().filter(|(probe, answer)| truth.get(*probe) != Some(answer));
    let whole = other.filter(|(probe, _)| !probe.starts_with(PARTITION));
    let mut marked: BTreeSet<String> = whole.filter_map(|(probe, _)| function(probe)).collect();
    marked.remove("rsmi_compute_process_gpus_get");
    marked.retain(|function| !is_refused(function));
    marked
}

fn function(probe: &str) -> Option<String> {
    probe.split('/').find(|part| part.starts_with("rsmi_")).map(str::to_owned)
}

fn has(release: &Release, call: &str) -> bool {
    let at = Function::named(call).unwrap_or_else(|| panic!("no release has {call}"));
    release.arguments(at).is_some()
}

#[test]
fn every_value_tells_who_said_it() {
    let stage = Stage::of(Path::new(MACHINE));
    let program = common::sweep(&stage);
    let liar = Machine::from_file(Path::new(MACHINE)).expect("a machine").lying();
    let lies = stage.at("lies");
    liar.expect("it can lie").write_tree(&lies).expect("the tree is written");
    let true_tree = stage.sys();

    let truth = sweep(&stage, &program, "kernel", "10.1", &true_tree, true);
    assert!(!stage.at("log").exists(), "under kernel libamd_smi was opened");
    let truth = answers(&truth);
    let lie = sweep(&stage, &program, "kernel", "10.1", &lies, false);
    let lie = answers(&lie);

    let mut wrong = Vec::new();
    for release in RELEASES {
        for (source, mapped) in [("amdsmi", [FIRST, LATER].concat()), ("auto", FIRST.to_vec())] {
            let found = sweep(&stage, &program, source, release.name, &true_tree, true);
            let found = answers(&found);
            let seen = marked(&found, &truth);
            let moved = |name: &str| release.name == FUTURE && MOVED.contains(&name);
            let has_it = |(name, call): &&Mapped| {
                has(release, call) && !moved(name) && !LACKS.contains(&(name, release.name))
            };
            let expected: BTreeSet<String> =
                mapped.iter().filter(has_it).map(|(name, _)| (*name).to_owned()).collect();
            for name in expected.difference(&seen) {
                wrong.push(format!("{} {source}: {name} is not marked", release.name));
            }
            for name in seen.difference(&expected) {
                wrong.push(format!("{} {source}: {name} is marked", release.name));
            }
            // A value is the truth, or the lie; a failure may have AMD SMI's words.
            let whole = found.iter().filter(|(probe, _)| !probe.starts_with(PARTITION));
            for (probe, answer) in whole.filter(|(_, answer)| answer.starts_with(SUCCESS)) {
                let known = [truth.get(probe), lie.get(probe)].contains(&Some(answer))
                    || function(probe).is_some_and(|name| is_said(&name, answer));
                if !known {
                    let lie = lie.get(probe);
                    let name = release.name;
                    wrong.push(format!("{name} {source}: {probe} is neither true nor the lie: {answer}, lie {lie:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the liar says that, though the kernel's side would say it otherwise.
fn is_said(function: &str, answer: &str) -> bool {
    let said = SAID.iter().any(|(name, said)| *name == function && answer.contains(said));
    said || OTHERWISE.contains(&function) || is_refused(function)
}

const SUCCESS: &str = "SUCCESS(0)";
