//! Which rocm_smi.h a program was built with, by what is seen of it.

use crate::generation::Generation::{self, *};
use crate::generation::Possible;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// How sure the answer is, most certain first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sure {
    /// By the layout of the structs that it was compiled with.
    Exact,
    /// By what it was built beside.
    Likely,
    /// The oldest of several that fit: nothing is written past its structs.
    Guess,
    Unknown,
}

/// One thing that was seen, and the generations that it fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    pub says: String,
    pub fits: Possible,
    /// Compiled in; else it is circumstance.
    pub compiled: bool,
    pub file: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub generation: Option<Generation>,
    pub sure: Sure,
    pub possible: Possible,
    /// What was seen does not fit together.
    pub contradictory: bool,
    pub evidence: Vec<Evidence>,
}

impl Verdict {
    /// Compiled layouts first, then circumstances, strongest first, as far as they agree.
    pub fn of(evidence: Vec<Evidence>) -> Self {
        let meet = |from: Possible, compiled: bool| {
            evidence
                .iter()
                .filter(|seen| seen.compiled == compiled)
                .fold(from, |set, seen| set.both(seen.fits))
        };
        let exactly = meet(Possible::ALL, true);
        let verdict =
            |generation, sure, possible, contradictory| (generation, sure, possible, contradictory);
        let (generation, sure, possible, contradictory) = if exactly.is_empty() {
            verdict(None, Sure::Unknown, exactly, true)
        } else if let Some(one) = exactly.one() {
            verdict(Some(one), Sure::Exact, exactly, false)
        } else {
            let (likely, contradictory) = narrowed(exactly, &evidence);
            let seen = likely != Possible::ALL && evidence.iter().any(|seen| tells(seen.fits));
            match likely.one() {
                Some(one) => verdict(Some(one), Sure::Likely, likely, contradictory),
                None if seen => verdict(likely.oldest(), Sure::Guess, likely, contradictory),
                None => verdict(None, Sure::Unknown, likely, contradictory),
            }
        };
        Self { generation, sure, possible, contradictory, evidence }
    }
}

/// A lower bound alone tells too little to set anything by it.
fn tells(fits: Possible) -> bool {
    fits.iter().last() != Some(Generation::V7_0) || fits.one().is_some()
}

/// Circumstances in the order in which they were seen; one that fits nothing any more is left out.
fn narrowed(mut possible: Possible, evidence: &[Evidence]) -> (Possible, bool) {
    let mut contradictory = false;
    for seen in evidence.iter().filter(|seen| !seen.compiled) {
        let both = possible.both(seen.fits);
        if both.is_empty() {
            contradictory = true;
        } else {
            possible = both;
        }
    }
    (possible, contradictory)
}

/// The structs whose size changed: name, size, first and last generation of that size.
const SIZES: [(&str, u64, Generation, Generation); 13] = [
    ("rsmi_gpu_metrics_t", 96, V5, V5),
    ("rsmi_gpu_metrics_t", 424, V6_0, V6_2),
    ("rsmi_gpu_metrics_t", 1832, V6_3, V6_3),
    ("rsmi_gpu_metrics_t", 2368, V6_4, V6_4),
    ("rsmi_gpu_metrics_t", 4544, V7_0, V7_0),
    ("rsmi_frequencies_t", 264, V5, V5),
    ("rsmi_frequencies_t", 280, V6_0, V7_0),
    ("rsmi_pcie_bandwidth_t", 392, V5, V5),
    ("rsmi_pcie_bandwidth_t", 416, V6_0, V7_0),
    ("rsmi_evt_notification_data_t", 72, V5, V6_3),
    ("rsmi_evt_notification_data_t", 104, V6_4, V7_0),
    ("amdgpu_xcp_metrics_t", 232, V6_4, V6_4),
    ("amdgpu_xcp_metrics_t", 504, V7_0, V7_0),
];

/// Enumerators whose number changed.
const NUMBERS: [(&str, u64, Generation, Generation); 9] = [
    ("RSMI_COMPUTE_PARTITION_CPX", 1, V5, V6_0),
    ("RSMI_COMPUTE_PARTITION_CPX", 5, V6_2, V7_0),
    ("RSMI_COMPUTE_PARTITION_SPX", 2, V5, V6_0),
    ("RSMI_COMPUTE_PARTITION_SPX", 1, V6_2, V7_0),
    ("RSMI_FW_BLOCK_PFP", 7, V5, V5),
    ("RSMI_FW_BLOCK_PFP", 9, V6_0, V7_0),
    ("RSMI_EVT_NOTIF_RING_HANG", 5, V6_0, V6_2),
    ("RSMI_EVT_NOTIF_LAST", 5, V6_0, V6_2),
    ("RSMI_EVT_NOTIF_LAST", 64, V6_3, V7_0),
];

/// Functions that came after the first generation, as far as a program may link to them.
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

impl Evidence {
    pub fn compiled(file: &Path, says: String, first: Generation, last: Generation) -> Self {
        Self { says, fits: Possible::range(first, last), compiled: true, file: file.to_owned() }
    }

    pub fn beside(file: &Path, says: String, first: Generation, last: Generation) -> Self {
        Self { compiled: false, ..Self::compiled(file, says, first, last) }
    }

    /// By the size of a struct; None for one that says nothing.
    pub fn of_size(file: &Path, name: &str, size: u64) -> Option<Self> {
        let known = SIZES.iter().find(|(listed, bytes, ..)| *listed == name && *bytes == size);
        let says = format!("{name} has {size} bytes in the debug information");
        known.map(|(.., first, last)| Self::compiled(file, says, *first, *last))
    }

    pub fn of_number(file: &Path, name: &str, number: u64) -> Option<Self> {
        let known = NUMBERS.iter().find(|(listed, value, ..)| *listed == name && *value == number);
        let says = format!("{name} is {number} in the debug information");
        known.map(|(.., first, last)| Self::compiled(file, says, *first, *last))
    }

    /// By a function that it is linked to.
    pub fn of_import(file: &Path, function: &str) -> Option<Self> {
        let says = |when: &str| format!("it imports {function}, which {when}");
        if let Some((_, first)) = CAME.iter().find(|(listed, _)| *listed == function) {
            let says = says(&format!("came with {first}"));
            return Some(Self::compiled(file, says, *first, V7_0));
        }
        let gone = |generation, releases: &str| {
            let says = says(&format!("only {releases} had"));
            Some(Self::compiled(file, says, generation, generation))
        };
        if function.starts_with("rsmi_dev_nps_mode_") {
            return gone(V5, "5.6 and 5.7");
        }
        if function.starts_with("rsmi_dev_metrics_") {
            return gone(V6_0, "6.0 and 6.1");
        }
        None
    }

    /// By a path of ROCm's, such as /opt/rocm-6.2.4/lib.
    pub fn of_path(file: &Path, what: &str, path: &str) -> Option<Self> {
        let release = path.split('/').find_map(|part| part.strip_prefix("rocm-"))?;
        Self::of_release(file, format!("{what} is {path}"), release)
    }

    /// By the release of ROCm's compiler in .comment: "… roc-6.2.4 24355 …".
    pub fn of_compiler(file: &Path, comment: &str) -> Option<Self> {
        let release =
            comment.split([' ', '(', ')', '\0']).find_map(|word| word.strip_prefix("roc-"))?;
        Self::of_release(file, format!("ROCm {release}'s compiler made it"), release)
    }

    fn of_release(file: &Path, says: String, release: &str) -> Option<Self> {
        // Packages append their own number: 6.2.4-120.
        let release = release.split(['-', '_']).next()?;
        let generation = release.parse().ok()?;
        Some(Self::beside(file, says, generation, generation))
    }

    /// By a library that it needs: the HIP runtime's number is ROCm's, librocm_smi64's was for a
    /// while.
    pub fn of_needed(file: &Path, library: &str) -> Option<Self> {
        let numbered = [
            ("libamdhip64.so.5", V5, V5),
            ("libamdhip64.so.6", V6_0, V6_4),
            ("libamdhip64.so.7", V7_0, V7_0),
            ("librocm_smi64.so.2", V5, V5),
            ("librocm_smi64.so.5", V5, V5),
            ("librocm_smi64.so.6", V6_0, V6_0),
            ("librocm_smi64.so.7", V6_0, V7_0),
        ];
        let (_, first, last) = numbered.iter().find(|(name, ..)| *name == library)?;
        Some(Self::beside(file, format!("it needs {library}"), *first, *last))
    }
}

/// Names in debug information that tell something.
pub fn is_telling_struct(name: &str) -> bool {
    SIZES.iter().any(|(listed, ..)| *listed == name)
}

pub fn is_telling_enumerator(name: &str) -> bool {
    NUMBERS.iter().any(|(listed, ..)| *listed == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(evidence: impl IntoIterator<Item = Option<Evidence>>) -> (Option<Generation>, Sure) {
        let verdict = Verdict::of(evidence.into_iter().flatten().collect());
        (verdict.generation, verdict.sure)
    }

    #[test]
    fn sizes_decide_exactly() {
        let f = Path::new("f");
        for (size, generation) in [(96, V5), (1832, V6_3), (2368, V6_4), (4544, V7_0)] {
            let metrics = Evidence::of_size(f, "rsmi_gpu_metrics_t", size);
            let needed = Evidence::of_needed(f, "librocm_smi64.so.6");
            assert_eq!(verdict([metrics, needed]), (Some(generation), Sure::Exact));
        }
        let six = Evidence::of_size(f, "rsmi_gpu_metrics_t", 424);
        let number = Evidence::of_number(f, "RSMI_COMPUTE_PARTITION_SPX", 1);
        assert_eq!(verdict([six.clone(), number]), (Some(V6_2), Sure::Exact));
        assert_eq!(verdict([six.clone()]), (Some(V6_0), Sure::Guess));
        let path = Evidence::of_path(f, "RUNPATH", "/opt/rocm-6.2.4/lib");
        assert_eq!(verdict([six, path]), (Some(V6_2), Sure::Likely));
        assert_eq!(Evidence::of_size(f, "rsmi_gpu_metrics_t", 100), None);
    }

    #[test]
    fn two_layouts_in_one_program_decide_nothing() {
        let sizes =
            [264, 280].map(|size| Evidence::of_size(Path::new("f"), "rsmi_frequencies_t", size));
        let verdict = Verdict::of(sizes.into_iter().flatten().collect());
        assert!(verdict.contradictory);
        assert_eq!((verdict.generation, verdict.sure), (None, Sure::Unknown));
    }

    #[test]
    fn circumstances_are_likely_at_most() {
        let f = Path::new("f");
        let needed = |library| Evidence::of_needed(f, library);
        assert_eq!(verdict([needed("librocm_smi64.so.5")]), (Some(V5), Sure::Likely));
        assert_eq!(verdict([needed("libamdhip64.so.6")]), (Some(V6_0), Sure::Guess));
        assert_eq!(verdict([needed("libamdhip64.so.7")]), (Some(V7_0), Sure::Likely));
        for little in ["librocm_smi64.so.7", "librocm_smi64.so.1", "libc.so.6"] {
            assert_eq!(verdict([needed(little)]), (None, Sure::Unknown), "{little}");
        }
        let import = Evidence::of_import(f, "rsmi_dev_market_name_get");
        assert_eq!(verdict([import.clone()]), (None, Sure::Unknown));
        let both = verdict([import, needed("libamdhip64.so.6")]);
        assert_eq!(both, (Some(V6_4), Sure::Likely));
        let comment = "AMD clang version 18.0.0git (https://x/llvm-project roc-6.3.1 24491 abc)";
        assert_eq!(verdict([Evidence::of_compiler(f, comment)]), (Some(V6_3), Sure::Likely));
        assert_eq!(Evidence::of_compiler(f, "GCC: (Debian 12.2.0) 12.2.0"), None);
        assert_eq!(Evidence::of_path(f, "RUNPATH", "/opt/rocm/lib"), None);
    }

    #[test]
    fn retired_functions_tell_their_release() {
        let import = |function| verdict([Evidence::of_import(Path::new("f"), function)]);
        assert_eq!(import("rsmi_dev_metrics_temp_edge_get"), (Some(V6_0), Sure::Exact));
        assert_eq!(import("rsmi_dev_nps_mode_get"), (Some(V5), Sure::Exact));
        assert_eq!(import("rsmi_dev_metrics_log_get"), (None, Sure::Unknown));
        assert_eq!(import("rsmi_init"), (None, Sure::Unknown));
    }
}
