//! gpu_metrics: what is not reported, and what APUs tell in units of their own.

use super::{Laid, NOT_SUPPORTED, SUCCESS, ask, zeroed};
use rsmi_compat::types::{rsmi_gpu_metrics_t, rsmi_status_t};

unsafe extern "C" {
    fn rsmi_dev_gpu_metrics_info_get(gpu: u32, out: *mut rsmi_gpu_metrics_t) -> rsmi_status_t;
    fn rsmi_dev_energy_count_get(
        gpu: u32,
        power: *mut u64,
        resolution: *mut f32,
        timestamp: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_unique_id_get(gpu: u32, id: *mut u64) -> rsmi_status_t;
}

fn metrics() -> rsmi_gpu_metrics_t {
    // SAFETY: the pointer is to such a struct.
    let (status, told) = ask(zeroed(), |out| unsafe { rsmi_dev_gpu_metrics_info_get(0, out) });
    assert_eq!(status, SUCCESS);
    told
}

fn energy() -> rsmi_status_t {
    let (mut energy, mut step, mut time) = (0, 0.0, 0);
    // SAFETY: the pointers are to such values.
    unsafe { rsmi_dev_energy_count_get(0, &raw mut energy, &raw mut step, &raw mut time) }
}

const FILE: &str = "gpu_metrics";

#[test]
fn energy_that_is_not_reported_is_none_in_each_width() {
    let laid = Laid::out("navi31", "").init();
    for (chip, version) in [
        ("mi210", "1.0"),
        ("mi210", "1.1"),
        ("navi31", "1.3"),
        ("mi300x", "1.4"),
        ("mi300x", "1.5"),
        ("mi300x", "1.6"),
        ("mi300x", "1.7"),
        ("mi300x", "1.8"),
    ] {
        let put = |told: &str| {
            let more =
                format!("[gpu.metrics]\nversion = \"{version}\"\nenergy_accumulator = {told}");
            laid.put_as(FILE, chip, &more);
        };
        for told in ["4294967295", "-1"] {
            put(told);
            assert_eq!(metrics().energy_accumulator, u64::MAX, "{version} {told}");
            assert_eq!(energy(), NOT_SUPPORTED, "{version} {told}");
        }
        put("4294967");
        assert_eq!((metrics().energy_accumulator, energy()), (4_294_967, SUCCESS), "{version}");
    }
}

#[test]
fn what_is_not_reported_is_all_ones_in_the_width_of_the_client() {
    let laid = Laid::out("navi31", "[gpu.metrics]\nfirmware_timestamp = -1").init();
    assert_eq!(metrics().firmware_timestamp, u64::MAX);
    laid.put_as(FILE, "mi210", "[gpu.metrics]\nversion = \"1.0\"");
    let told = metrics();
    assert_eq!((told.gfx_activity_acc, told.temperature_vrgfx), (u32::MAX, u16::MAX));
    let more = "[gpu.metrics]\nversion = \"1.6\"\npcie_bandwidth_acc = 4294967295";
    laid.put_as(FILE, "mi300x", more);
    let told = metrics();
    assert_eq!((told.ppt_residency_acc, told.pcie_bandwidth_acc), (u64::MAX, u64::MAX));
}

/// The newest cards have two values where others have one, and counters of 64 bits.
#[test]
fn two_values_are_summed_where_they_count_and_the_first_is_taken_of_clocks() {
    let laid = Laid::out("navi31", "").init();
    let more = "[gpu.metrics]\nversion = \"1.9\"\npcie_bandwidth_acc = [5000000000, 7]\n\
                pcie_bandwidth_inst = [3, 4]\ncurrent_uclk = [1900, 1850]\n\
                ppt_residency_acc = 8589934599\nxgmi_read_data_acc = 11";
    laid.put_as(FILE, "mi400", more);
    let told = metrics();
    assert_eq!((told.pcie_bandwidth_acc, told.pcie_bandwidth_inst), (5_000_000_007, 7));
    assert_eq!((told.current_uclk, told.ppt_residency_acc), (1900, 8_589_934_599));
    assert_eq!(told.xgmi_read_data_acc[..2], [11, u64::MAX]);
}

#[test]
fn an_apus_numbers_are_in_the_clients_units() {
    let laid = Laid::out("phoenix", "").init();
    let told = |version: &str, more: &str| {
        let more = format!("[gpu.metrics]\nversion = \"{version}\"\n{more}");
        laid.put_as(FILE, "phoenix", &more);
        let told = metrics();
        (told.average_socket_power, told.average_gfx_activity, told.temperature_edge)
    };
    let hot = "temperature_gfx = 6340";
    let watts = format!("average_socket_power = 17\naverage_gfx_activity = 8460\n{hot}");
    assert_eq!(told("2.2", &watts), (17, 85, 63));
    let milliwatts = format!("average_socket_power = 17400\naverage_gfx_activity = 60\n{hot}");
    assert_eq!(told("2.1", &milliwatts), (17, 1, 63));
    // Only Van Gogh has these two; its newer firmware counts in percent.
    assert_eq!(told("2.3", &milliwatts), (17, 60, 63));
    assert_eq!(told("2.4", &watts), (17, 85, 63));
    let large = format!("average_socket_power = 117400\naverage_gfx_activity = 300\n{hot}");
    assert_eq!(told("3.0", &large), (117, 3, 63));
    let none = "average_socket_power = -1\naverage_gfx_activity = -1\ntemperature_gfx = -1";
    for version in ["2.0", "2.1", "2.2", "2.3", "2.4", "3.0"] {
        assert_eq!(told(version, none), (u16::MAX, u16::MAX, u16::MAX), "{version}");
    }
}

#[test]
fn version_1_9_has_as_many_partitions_as_the_card_is_divided_into() {
    let more = "[gpu.metrics]\nversion = \"1.9\"\ncurrent_gfxclk = [1, 2, 3, 4, 5, 6]";
    let laid = Laid::out("mi300x", more).init();
    let none = u16::MAX;
    for (mode, count) in
        [("SPX", 1), ("DPX", 2), ("TPX", 3), ("QPX", 4), ("CPX", 6), ("XPX", none), ("", none)]
    {
        laid.put("current_compute_partition", format!("{mode}\n").as_bytes());
        assert_eq!(metrics().num_partition, count, "{mode}");
    }
}

#[test]
fn a_unique_id_of_zero_is_none() {
    let laid = Laid::out("phoenix", "");
    laid.put("unique_id", b"0\n");
    let laid = laid.init();
    // SAFETY: the pointer is to such a value.
    let id = || ask(0, |out| unsafe { rsmi_dev_unique_id_get(0, out) }).0;
    assert_eq!(id(), NOT_SUPPORTED);
    drop(laid);
    let _laid = Laid::out("phoenix", "").init();
    assert_eq!(id(), NOT_SUPPORTED, "nor is KFD's");
}
