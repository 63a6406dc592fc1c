//! Which generations of rocm_smi.h declare a function.

/// The generation with which functions came; all others were there in 5. What came in 6.1 is of
/// 6.0's generation.
const CAME: [(&str, &[&str]); 4] = [
    (
        "6.0",
        &[
            "rsmi_dev_activity_avg_mm_get",
            "rsmi_dev_activity_metric_get",
            "rsmi_dev_clk_extremum_set",
            "rsmi_dev_current_socket_power_get",
            "rsmi_dev_guid_get",
            "rsmi_dev_memory_partition_get",
            "rsmi_dev_memory_partition_reset",
            "rsmi_dev_memory_partition_set",
            "rsmi_dev_metrics_header_info_get",
            "rsmi_dev_metrics_log_get",
            "rsmi_dev_metrics_xcd_counter_get",
            "rsmi_dev_node_id_get",
            "rsmi_dev_power_get",
            "rsmi_dev_revision_get",
            "rsmi_dev_target_graphics_version_get",
            "rsmi_dev_xgmi_physical_id_get",
        ],
    ),
    ("6.2", &["rsmi_dev_partition_id_get"]),
    ("6.3", &["rsmi_dev_memory_partition_capabilities_get"]),
    ("6.4", &["rsmi_dev_device_identifiers_get", "rsmi_dev_market_name_get"]),
];
const FIRST: &str = "5";
const LAST: &str = "7.0";

/// Functions whose names begin so are gone, but for those that stayed; and the releases that
/// had them.
const WENT: [(&str, &str); 2] =
    [("rsmi_dev_nps_mode_", "5.6 to 5.7"), ("rsmi_dev_metrics_", "6.0 to 6.1")];

/// The cell of a function.
pub fn cell(function: &str) -> String {
    let came = CAME.iter().find(|(_, functions)| functions.contains(&function));
    match WENT.iter().find(|(beginning, _)| function.starts_with(beginning)) {
        Some((_, releases)) if came.is_none() => format!("retired: {releases}"),
        _ => format!("{}..{LAST}", came.map_or(FIRST, |(generation, _)| generation)),
    }
}

/// Whether no other client asks the function: gone, and it only reads.
pub fn asked_by_retired(function: &str) -> bool {
    cell(function).starts_with("retired") && function.ends_with("_get")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_came_stayed_or_went() {
        assert_eq!(cell("rsmi_init"), "5..7.0");
        assert_eq!(cell("rsmi_dev_metrics_log_get"), "6.0..7.0");
        assert_eq!(cell("rsmi_dev_metrics_temp_edge_get"), "retired: 6.0 to 6.1");
        assert!(asked_by_retired("rsmi_dev_nps_mode_get"));
        assert!(!asked_by_retired("rsmi_dev_nps_mode_set"));
    }
}
