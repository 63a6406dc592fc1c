//! What is known of the generations: their functions, structs, numbers and library names.

use crate::Generation::{self, V5, V6_0, V6_2, V6_3, V6_4, V7_0};
use crate::Open;

/// A struct whose size changed.
pub struct Size {
    pub name: &'static str,
    pub bytes: u64,
    pub fits: Open,
}

/// An enumerator whose number changed.
pub struct Number {
    pub name: &'static str,
    pub number: u64,
    pub fits: Open,
}

const fn size(name: &'static str, bytes: u64, first: Generation, last: Generation) -> Size {
    Size { name, bytes, fits: Open::range(first, last) }
}

const fn number(name: &'static str, number: u64, first: Generation, last: Generation) -> Number {
    Number { name, number, fits: Open::range(first, last) }
}

const SIZES: [Size; 14] = [
    size("rsmi_gpu_metrics_t", 96, V5, V5),
    size("rsmi_gpu_metrics_t", 424, V6_0, V6_2),
    size("rsmi_gpu_metrics_t", 1832, V6_3, V6_3),
    size("rsmi_gpu_metrics_t", 2368, V6_4, V6_4),
    size("rsmi_gpu_metrics_t", 4544, V7_0, V7_0),
    size("rsmi_frequencies_t", 264, V5, V5),
    size("rsmi_frequencies_t", 280, V6_0, V7_0),
    size("rsmi_pcie_bandwidth_t", 392, V5, V5),
    size("rsmi_pcie_bandwidth_t", 416, V6_0, V7_0),
    size("rsmi_evt_notification_data_t", 72, V5, V6_3),
    size("rsmi_evt_notification_data_t", 104, V6_4, V7_0),
    size("amdgpu_xcp_metrics_t", 168, V6_3, V6_3),
    size("amdgpu_xcp_metrics_t", 232, V6_4, V6_4),
    size("amdgpu_xcp_metrics_t", 504, V7_0, V7_0),
];

const NUMBERS: [Number; 9] = [
    number("RSMI_COMPUTE_PARTITION_CPX", 1, V5, V6_0),
    number("RSMI_COMPUTE_PARTITION_CPX", 5, V6_2, V7_0),
    number("RSMI_COMPUTE_PARTITION_SPX", 2, V5, V6_0),
    number("RSMI_COMPUTE_PARTITION_SPX", 1, V6_2, V7_0),
    number("RSMI_FW_BLOCK_PFP", 7, V5, V5),
    number("RSMI_FW_BLOCK_PFP", 9, V6_0, V7_0),
    number("RSMI_EVT_NOTIF_RING_HANG", 5, V6_0, V6_2),
    number("RSMI_EVT_NOTIF_LAST", 5, V6_0, V6_2),
    number("RSMI_EVT_NOTIF_LAST", 64, V6_3, V7_0),
];

/// Functions that came after the first generation.
const CAME: [(&str, Generation); 19] = [
    ("rsmi_dev_activity_avg_mm_get", V6_0),
    ("rsmi_dev_activity_metric_get", V6_0),
    ("rsmi_dev_clk_extremum_set", V6_0),
    ("rsmi_dev_current_socket_power_get", V6_0),
    ("rsmi_dev_guid_get", V6_0),
    ("rsmi_dev_memory_partition_get", V6_0),
    ("rsmi_dev_memory_partition_set", V6_0),
    ("rsmi_dev_metrics_header_info_get", V6_0),
    ("rsmi_dev_metrics_log_get", V6_0),
    ("rsmi_dev_metrics_xcd_counter_get", V6_0),
    ("rsmi_dev_node_id_get", V6_0),
    ("rsmi_dev_power_get", V6_0),
    ("rsmi_dev_revision_get", V6_0),
    ("rsmi_dev_target_graphics_version_get", V6_0),
    ("rsmi_dev_xgmi_physical_id_get", V6_0),
    ("rsmi_dev_partition_id_get", V6_2),
    ("rsmi_dev_memory_partition_capabilities_get", V6_3),
    ("rsmi_dev_device_identifiers_get", V6_4),
    ("rsmi_dev_market_name_get", V6_4),
];

/// The functions whose bytes or numbers differ between generations. Our own header gives each of
/// them a name of its own in the object file, so that the call itself says what it was compiled with.
pub const MARKED: [&str; 7] = [
    "rsmi_dev_compute_partition_set",
    "rsmi_dev_firmware_version_get",
    "rsmi_dev_gpu_clk_freq_get",
    "rsmi_dev_gpu_metrics_info_get",
    "rsmi_dev_pci_bandwidth_get",
    "rsmi_event_notification_get",
    "rsmi_version_get",
];

/// What stands before a function's name in the object file of a program compiled with our header.
const MARK: &str = "rsmi_compat_7_0_";

/// The function behind a marked name.
pub fn marked_name(name: &str) -> Option<&str> {
    name.strip_prefix(MARK).filter(|function| MARKED.contains(function))
}

/// The owner of the ELF notes by which an object says what it was compiled with. What such a note
/// holds is one byte, the bits of an `Open`.
pub const NOTE_NAME: &[u8] = b"rsmi_compat\0";
/// The note that our header puts into each object that includes it.
pub const NOTE_OF_HEADER: u32 = 1;
/// The note that comes with linking by `-L…/abi-6.4 -lrocm_smi64`: what a person says.
pub const NOTE_OF_LINKING: u32 = 2;

/// The generations whose header declares the function; all where that says nothing.
pub const fn of_function(name: &str) -> Open {
    let mut at = 0;
    while at < CAME.len() {
        if equal(CAME[at].0.as_bytes(), name.as_bytes()) {
            return Open::since(CAME[at].1);
        }
        at += 1;
    }
    if begins(name.as_bytes(), b"rsmi_dev_nps_mode_") {
        return Open::only(V5);
    }
    // Those three of them that stayed are in the list above.
    if begins(name.as_bytes(), b"rsmi_dev_metrics_") || begins(name.as_bytes(), MARK.as_bytes()) {
        return if begins(name.as_bytes(), MARK.as_bytes()) {
            Open::only(V7_0)
        } else {
            Open::only(V6_0)
        };
    }
    Open::ALL
}

const fn equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && begins(one, other)
}

const fn begins(text: &[u8], with: &[u8]) -> bool {
    if text.len() < with.len() {
        return false;
    }
    let mut at = 0;
    while at < with.len() {
        if text[at] != with[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// By a library that an object is linked to: librocm_smi64's number was ROCm's for a while. That
/// is proof, since the linker wrote it there. "librocm_smi64.so.1" is no proof: two eras had it.
/// Those of ROCm 3 and 4 do not lead to the library, whose structs are longer.
pub fn of_linked_library(name: &[u8]) -> Option<Open> {
    let number = name.strip_prefix(b"librocm_smi64.so.")?;
    match number.split(|byte| *byte == b'.').next()? {
        b"5" => Some(Open::only(V5)),
        b"6" => Some(Open::only(V6_0)),
        b"7" => Some(Open::since(V6_0)),
        _ => None,
    }
}

/// By the file name of the HIP runtime in the process, whose number is ROCm's.
pub fn hint_of_hip(name: &[u8]) -> Option<Open> {
    let number = name.strip_prefix(b"libamdhip64.so.")?;
    match number.split(|byte| *byte == b'.').next()? {
        b"5" => Some(Open::only(V5)),
        b"6" => Some(Open::range(V6_0, V6_4)),
        b"7" | b"8" | b"9" | b"10" => Some(Open::only(V7_0)),
        _ => None,
    }
}

/// By the size that a struct has in debug information.
pub fn of_struct_size(name: &str, bytes: u64) -> Option<Open> {
    SIZES.iter().find(|size| size.name == name && size.bytes == bytes).map(|size| size.fits)
}

/// How large a struct is with a generation.
pub fn size_of(name: &str, generation: Generation) -> Option<u64> {
    let size = SIZES.iter().find(|size| size.name == name && size.fits.has(generation));
    size.map(|size| size.bytes)
}

/// Where the partitions' structs begin in rsmi_gpu_metrics_t, since there are any: what stands before
/// them has the same place with every generation.
pub const PARTITIONS_AT: u64 = 480;

/// How many levels of a clock, and lanes of a link, lie inside ROCm 5's struct in the layout of those
/// after it.
pub const LEVELS_IN_ALL: usize = 31;
pub const LANES_IN_ALL: usize = 28;

/// By the number that an enumerator has in debug information.
pub fn of_enumerator(name: &str, number: u64) -> Option<Open> {
    NUMBERS.iter().find(|known| known.name == name && known.number == number).map(|n| n.fits)
}

pub fn is_telling_struct(name: &str) -> bool {
    SIZES.iter().any(|size| size.name == name)
}

pub fn is_telling_enumerator(name: &str) -> bool {
    NUMBERS.iter().any(|number| number.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_closes_what_was_before_it() {
        assert_eq!(of_function("rsmi_dev_guid_get"), Open::since(V6_0));
        assert_eq!(of_function("rsmi_dev_market_name_get"), Open::since(V6_4));
        assert_eq!(of_function("rsmi_dev_metrics_temp_edge_get"), Open::only(V6_0));
        assert_eq!(of_function("rsmi_dev_metrics_log_get"), Open::since(V6_0));
        assert_eq!(of_function("rsmi_dev_nps_mode_get"), Open::only(V5));
        assert_eq!(of_function("rsmi_compat_7_0_rsmi_version_get"), Open::only(V7_0));
        for little in ["rsmi_init", "rsmi_dev_guid_getter", "rsmi_dev_guid", ""] {
            assert_eq!(of_function(little), Open::ALL, "{little}");
        }
    }

    #[test]
    fn numbers_of_a_library_name_are_rocms_where_they_ever_were() {
        let linked = |name: &str| of_linked_library(name.as_bytes());
        assert_eq!(linked("librocm_smi64.so.5"), Some(Open::only(V5)));
        assert_eq!(linked("librocm_smi64.so.6"), Some(Open::only(V6_0)));
        assert_eq!(linked("librocm_smi64.so.7"), Some(Open::since(V6_0)));
        for little in
            ["librocm_smi64.so", "librocm_smi64.so.1", "librocm_smi64.so.4", "librocm_smi64.so.50"]
        {
            assert_eq!(linked(little), None, "{little}");
        }
        assert_eq!(hint_of_hip(b"libamdhip64.so.6.1.2"), Some(Open::range(V6_0, V6_4)));
        assert_eq!(hint_of_hip(b"libamdhip64.so"), None);
    }

    #[test]
    fn sizes_and_numbers_are_of_their_generations() {
        assert_eq!(of_struct_size("rsmi_gpu_metrics_t", 424), Some(Open::range(V6_0, V6_2)));
        assert_eq!(of_struct_size("rsmi_gpu_metrics_t", 100), None);
        assert_eq!(size_of("rsmi_gpu_metrics_t", V6_2), Some(424));
        assert_eq!(size_of("amdgpu_xcp_metrics_t", V6_0), None);
        assert_eq!(of_enumerator("RSMI_FW_BLOCK_PFP", 7), Some(Open::only(V5)));
        assert!(is_telling_struct("rsmi_frequencies_t") && !is_telling_struct("rsmi_range_t"));
        assert!(is_telling_enumerator("RSMI_EVT_NOTIF_LAST"));
    }

    #[test]
    fn a_marked_name_is_of_a_function_that_is_marked() {
        assert_eq!(marked_name("rsmi_compat_7_0_rsmi_version_get"), Some("rsmi_version_get"));
        assert_eq!(marked_name("rsmi_compat_7_0_rsmi_init"), None);
        assert_eq!(marked_name("rsmi_compat_version_get"), None);
    }
}
