//! What a client goes without while several generations are open, since it is written no further
//! than the headers of all of them go.

use rsmi_generations::{self as generations, Generation, Open};
use std::collections::BTreeSet;

/// In words, of those functions that the client uses.
pub fn lost(open: Open, functions: &BTreeSet<String>) -> Vec<String> {
    let all = [
        ("rsmi_dev_gpu_metrics_info_get", metrics(open)),
        ("rsmi_dev_gpu_clk_freq_get", levels(open, "levels", generations::LEVELS_IN_ALL)),
        ("rsmi_dev_pci_bandwidth_get", levels(open, "lanes", generations::LANES_IN_ALL)),
        ("rsmi_event_notification_get", notifications(open)),
        ("rsmi_dev_compute_partition_set", partitions(open)),
    ];
    let used = all.into_iter().filter(|(function, _)| functions.contains(*function));
    used.filter_map(|(function, lost)| Some(format!("{function} {}", lost?))).collect()
}

fn metrics(open: Open) -> Option<String> {
    let sizes = || open.iter().filter_map(|of| generations::size_of("rsmi_gpu_metrics_t", of));
    let (least, most) = (sizes().min()?, sizes().max()?);
    let common = least.min(generations::PARTITIONS_AT);
    (least != most).then(|| format!("fills the first {common} bytes of rsmi_gpu_metrics_t alone"))
}

fn levels(open: Open, what: &str, most: usize) -> Option<String> {
    let is_cut = open.straddles(Generation::V6_0);
    is_cut.then(|| format!("gives {most} {what} at most, and wrong ones to a client of ROCm 5"))
}

fn notifications(open: Open) -> Option<String> {
    open.straddles(Generation::V6_4)
        .then(|| "gives one event a call, its text within 64 bytes".to_owned())
}

fn partitions(open: Open) -> Option<String> {
    open.straddles(Generation::V6_2).then(|| "is refused: its numbers changed with 6.2".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Generation::*;

    fn of(open: Open, functions: &[&str]) -> Vec<String> {
        lost(open, &functions.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn as_much_is_lost_as_the_headers_differ() {
        let bytes = |open| {
            let lost = of(open, &["rsmi_dev_gpu_metrics_info_get"]);
            lost.first().map(|text| text.split(' ').nth(4).unwrap().to_owned())
        };
        assert_eq!(bytes(Open::ALL).as_deref(), Some("96"));
        assert_eq!(bytes(Open::since(V6_0)).as_deref(), Some("424"));
        assert_eq!(bytes(Open::since(V6_3)).as_deref(), Some("480"));
        assert_eq!((bytes(Open::range(V6_0, V6_2)), bytes(Open::only(V7_0))), (None, None));
    }

    #[test]
    fn only_what_it_uses_is_lost() {
        let all = generations::MARKED;
        assert_eq!(of(Open::ALL, &all).len(), 5);
        assert_eq!(of(Open::ALL, &["rsmi_init"]), Vec::<String>::new());
        let words = |open: Open, function, word: &str| {
            of(open, &[function]).first().is_some_and(|text| text.contains(word))
        };
        assert!(words(Open::ALL, "rsmi_dev_gpu_clk_freq_get", "31 levels"));
        assert!(words(Open::range(V5, V6_0), "rsmi_dev_pci_bandwidth_get", "28 lanes"));
        assert!(words(Open::range(V6_3, V6_4), "rsmi_event_notification_get", "one event"));
        assert!(words(Open::range(V6_0, V6_2), "rsmi_dev_compute_partition_set", "refused"));
        for generation in Generation::ALL {
            assert_eq!(of(Open::only(generation), &all), Vec::<String>::new());
        }
    }
}
