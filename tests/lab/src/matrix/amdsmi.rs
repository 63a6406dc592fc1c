//! Which releases of libamd_smi export the functions that we call.

use std::collections::BTreeSet;
use std::{fmt, fs};

use anyhow::{Context, Result, ensure};

use super::observed::Observed;
use super::sources::Source;
use crate::fetch;
use crate::lab::{Lab, Library};

/// The first and the last release whose libamd_smi the library takes.
const OLDEST: &str = "6.1.2";
const NEWEST: &str = "10.1";

/// What a function is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    /// To start it, to know which release it is, to find the devices, and to stop it.
    Session,
    Answers,
}
use For::{Answers, Session};

/// The first and the last release that exports each function of core/src/amdsmi/symbols.rs.
#[rustfmt::skip]
const FUNCTIONS: [(&str, For, &str, &str); 89] = [
    ("amdsmi_init", Session, "5.5.0", NEWEST),
    ("amdsmi_shut_down", Session, "5.5.0", NEWEST),
    ("amdsmi_get_clk_freq", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_energy_count", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_fw_info", Answers, "5.5.0", NEWEST),
    ("amdsmi_get_gpu_asic_info", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_available_counters", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_bdf_id", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_board_info", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_busy_percent", Answers, "6.4.1", NEWEST),
    ("amdsmi_get_gpu_compute_partition", Answers, "6.0.0", NEWEST),
    ("amdsmi_get_gpu_compute_process_gpus", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_compute_process_info", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_compute_process_info_by_pid", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_ecc_count", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_ecc_enabled", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_ecc_status", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_enumeration_info", Answers, "6.4.0", NEWEST),
    ("amdsmi_get_gpu_event_notification", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_fan_rpms", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_fan_speed", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_fan_speed_max", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_id", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_kfd_info", Answers, "6.3.0", NEWEST),
    ("amdsmi_get_gpu_mem_overdrive_level", Answers, "6.3.0", NEWEST),
    ("amdsmi_get_gpu_memory_partition", Answers, "6.0.0", NEWEST),
    ("amdsmi_get_gpu_memory_partition_config", Answers, "6.4.0", NEWEST),
    ("amdsmi_get_gpu_memory_reserved_pages", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_memory_total", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_memory_usage", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_metrics_header_info", Answers, "6.0.0", NEWEST),
    ("amdsmi_get_gpu_metrics_info", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_od_volt_curve_regions", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_od_volt_info", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_overdrive_level", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_pci_bandwidth", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_pci_replay_counter", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_pci_throughput", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_perf_level", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_power_profile_presets", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_revision", Answers, "6.0.0", NEWEST),
    ("amdsmi_get_gpu_subsystem_id", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_subsystem_name", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_topo_numa_affinity", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_vbios_info", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_vendor_name", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_volt_metric", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_vram_vendor", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_gpu_xcd_counter", Answers, "6.4.0", NEWEST),
    ("amdsmi_get_lib_version", Session, "5.7.0", NEWEST),
    ("amdsmi_get_minmax_bandwidth_between_processors", Answers, "6.0.0", NEWEST),
    ("amdsmi_get_power_cap_info", Answers, "5.5.0", NEWEST),
    ("amdsmi_get_power_info", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_processor_handles", Session, "5.7.0", NEWEST),
    ("amdsmi_get_processor_type", Session, "5.7.0", NEWEST),
    ("amdsmi_get_socket_handles", Session, "5.5.0", NEWEST),
    ("amdsmi_get_temp_metric", Answers, "5.7.0", NEWEST),
    ("amdsmi_get_utilization_count", Answers, "5.5.0", NEWEST),
    ("amdsmi_get_xgmi_info", Answers, "5.5.0", NEWEST),
    ("amdsmi_gpu_control_counter", Answers, "5.7.0", NEWEST),
    ("amdsmi_gpu_counter_group_supported", Answers, "5.7.0", NEWEST),
    ("amdsmi_gpu_create_counter", Answers, "5.7.0", NEWEST),
    ("amdsmi_gpu_destroy_counter", Answers, "5.7.0", NEWEST),
    ("amdsmi_gpu_read_counter", Answers, "5.7.0", NEWEST),
    ("amdsmi_gpu_xgmi_error_status", Answers, "5.7.0", NEWEST),
    ("amdsmi_init_gpu_event_notification", Answers, "5.7.0", NEWEST),
    ("amdsmi_is_P2P_accessible", Answers, "5.5.0", NEWEST),
    ("amdsmi_reset_gpu", Answers, "5.7.0", NEWEST),
    ("amdsmi_reset_gpu_fan", Answers, "5.7.0", NEWEST),
    ("amdsmi_reset_gpu_xgmi_error", Answers, "5.7.0", NEWEST),
    ("amdsmi_set_clk_freq", Answers, "5.7.0", NEWEST),
    ("amdsmi_set_gpu_clk_limit", Answers, "6.3.0", NEWEST),
    ("amdsmi_set_gpu_clk_range", Answers, "5.7.0", "7.14"),
    ("amdsmi_set_gpu_compute_partition", Answers, "6.0.0", NEWEST),
    ("amdsmi_set_gpu_event_notification_mask", Answers, "5.7.0", NEWEST),
    ("amdsmi_set_gpu_fan_speed", Answers, "5.7.0", NEWEST),
    ("amdsmi_set_gpu_memory_partition", Answers, "6.0.0", NEWEST),
    ("amdsmi_set_gpu_od_clk_info", Answers, "5.7.0", NEWEST),
    ("amdsmi_set_gpu_od_volt_info", Answers, "5.7.0", NEWEST),
    ("amdsmi_set_gpu_overdrive_level", Answers, "5.7.0", NEWEST),
    ("amdsmi_set_gpu_pci_bandwidth", Answers, "5.7.0", NEWEST),
    ("amdsmi_set_gpu_perf_determinism_mode", Answers, "5.7.0", NEWEST),
    ("amdsmi_set_gpu_perf_level", Answers, "5.7.0", NEWEST),
    ("amdsmi_set_gpu_power_profile", Answers, "5.7.0", NEWEST),
    ("amdsmi_set_power_cap", Answers, "5.7.0", NEWEST),
    ("amdsmi_stop_gpu_event_notification", Answers, "5.7.0", NEWEST),
    ("amdsmi_topo_get_link_type", Answers, "5.5.0", NEWEST),
    ("amdsmi_topo_get_link_weight", Answers, "5.5.0", NEWEST),
    ("amdsmi_topo_get_numa_node_number", Answers, "5.5.0", NEWEST),
];

/// What no machine here lets the real libraries answer: a voltage curve, and events of a /dev/kfd. The
/// stand-in does, in its own tests.
pub const UNSEEN: [&str; 4] = [
    "amdsmi_get_gpu_event_notification",
    "amdsmi_get_gpu_od_volt_curve_regions",
    "amdsmi_set_gpu_event_notification_mask",
    "amdsmi_stop_gpu_event_notification",
];

/// Those that no answer comes from.
pub fn session() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().filter(|(_, what, ..)| *what == Session).map(|(name, ..)| *name)
}

/// What is no question has no second answer: it goes on with what one source began.
pub const NOT_COMPARED: &str = "not compared: it goes on with what AMD SMI began";

/// The releases of libamd_smi that have something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    first: String,
    last: String,
    /// The first release that has it no longer.
    gone: Option<String>,
}

impl Range {
    pub fn of_call(name: &str) -> Result<Self> {
        let (_, _, first, last) = FUNCTIONS
            .iter()
            .find(|(listed, ..)| *listed == name)
            .with_context(|| format!("{name} is not in the matrix's list of functions"))?;
        Ok(Self { first: later(OLDEST, first).to_owned(), last: (*last).to_owned(), gone: None })
    }

    /// Those of them that have a member too: `6.1.2`, or `6.1.2 until 7.0`.
    pub fn and(&self, versions: &str) -> Self {
        let (since, gone) = match versions.split_once(" until ") {
            Some((since, gone)) => (since, Some(gone.to_owned())),
            None => (versions, None),
        };
        Self { first: later(&self.first, since).to_owned(), last: self.last.clone(), gone }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.gone {
            Some(gone) => write!(f, "{} to before {gone}", self.first),
            None => write!(f, "{} to {}", self.first, self.last),
        }
    }
}

/// The cell of a function with these sources: the releases that have all that it asks.
pub fn cell(sources: &BTreeSet<Source>) -> Result<String> {
    let mut all: Option<Range> = None;
    for source in sources {
        let Source::AmdSmi(name) = source else { continue };
        let one = Range::of_call(name)?;
        let both = match all {
            None => one,
            Some(known) => {
                let last =
                    if later(&known.last, &one.last) == known.last { one.last } else { known.last };
                Range { first: later(&known.first, &one.first).to_owned(), last, gone: None }
            }
        };
        all = Some(both);
    }
    Ok(all.map_or("any".to_owned(), |range| range.to_string()))
}

fn later<'a>(one: &'a str, other: &'a str) -> &'a str {
    let number = |release: &str| -> Vec<u32> {
        release.split('.').map(|part| part.parse().unwrap_or(0)).collect()
    };
    if number(other) > number(one) { other } else { one }
}

/// That this list and the one of the library are the same, that what answers is what was seen to
/// answer, and that the real libraries export it all.
pub fn check(lab: &Lab, observed: &Observed) -> Result<()> {
    let source = lab.workspace.join("core/src/amdsmi/symbols.rs");
    let text = fs::read_to_string(&source).context("core/src/amdsmi/symbols.rs")?;
    let called: BTreeSet<&str> = symbols(&text).collect();
    let listed: BTreeSet<&str> = FUNCTIONS.iter().map(|(name, ..)| *name).collect();
    ensure!(
        called == listed,
        "core/src/amdsmi/symbols.rs and tests/lab/src/matrix/amdsmi.rs disagree on {:?}",
        called.symmetric_difference(&listed).collect::<Vec<_>>()
    );
    let answering: BTreeSet<&str> =
        FUNCTIONS.iter().filter(|(_, what, ..)| *what == Answers).map(|(name, ..)| *name).collect();
    let seen: BTreeSet<&str> = observed
        .all()
        .filter_map(|source| match source {
            Source::AmdSmi(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let unseen: BTreeSet<&str> = answering.difference(&seen).copied().collect();
    ensure!(
        unseen == UNSEEN.into() && seen.is_subset(&answering),
        "listed for answers but not seen to answer: {unseen:?}; seen but not listed: {:?}",
        seen.difference(&answering).collect::<Vec<_>>()
    );
    for release in fetch::releases(lab, Library::AmdSmi) {
        let file = lab.library(Library::AmdSmi, release).join(Library::AmdSmi.file());
        let library = fs::read(&file).with_context(|| file.display().to_string())?;
        for (name, _, first, last) in FUNCTIONS {
            let expected = later(release, first) == release && later(last, release) == last;
            let exported = exports(&library, name);
            ensure!(exported == expected, "the libamd_smi of {release} and the list: {name}");
        }
    }
    Ok(())
}

/// The names in the list of core/src/amdsmi/symbols.rs.
fn symbols(text: &str) -> impl Iterator<Item = &str> {
    let list = text.split_once("\nsymbols! {\n").map_or("", |(_, list)| list);
    let list = list.split_once("\n}").map_or(list, |(list, _)| list);
    list.lines().filter_map(|line| line.trim().split_once('(')).map(|(name, _)| name)
}

/// Whether the name stands in a table of names, as that of the exported symbols is.
fn exports(library: &[u8], name: &str) -> bool {
    let name = [&[0], name.as_bytes(), &[0]].concat();
    library.windows(name.len()).any(|window| window == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_by_their_numbers() {
        assert_eq!(later("6.1.2", "10.1"), "10.1");
        assert_eq!(later("6.1.2", "6.1"), "6.1.2");
    }

    #[test]
    fn a_function_needs_what_all_of_its_sources_need() {
        let one = [Source::AmdSmi("amdsmi_reset_gpu_fan".into()), Source::Reads("x".into())];
        assert_eq!(cell(&one.into()).unwrap(), "6.1.2 to 10.1");
        assert_eq!(cell(&BTreeSet::new()).unwrap(), "any");
        assert!(cell(&[Source::AmdSmi("amdsmi_new".into())].into()).is_err());
    }

    #[test]
    fn the_list_of_the_library_is_read() {
        let text =
            "/// symbols!\nsymbols! {\n    amdsmi_init(u64);\n    amdsmi_x();\n}\nfn y() {}\n";
        assert_eq!(symbols(text).collect::<Vec<_>>(), ["amdsmi_init", "amdsmi_x"]);
        assert!(exports(b"\0amdsmi_init\0", "amdsmi_init"));
        assert!(!exports(b"\0amdsmi_init_all\0", "amdsmi_init"));
    }
}
