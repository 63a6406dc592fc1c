//! libamd_smi is opened when a question needs it, and not before.

mod common;

use rsmi_compat::types::{
    rsmi_clk_type_t, rsmi_memory_type_t, rsmi_status_t, rsmi_temperature_metric_t,
};
use std::ffi::c_char;

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_shut_down() -> rsmi_status_t;
    fn rsmi_num_monitor_devices(count: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_name_get(gpu: u32, name: *mut c_char, len: usize) -> rsmi_status_t;
    fn rsmi_dev_power_cap_get(gpu: u32, sensor: u32, cap: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_power_ave_get(gpu: u32, sensor: u32, power: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_temp_metric_get(
        gpu: u32,
        sensor: u32,
        metric: rsmi_temperature_metric_t,
        temperature: *mut i64,
    ) -> rsmi_status_t;
    fn rsmi_dev_busy_percent_get(gpu: u32, percent: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_memory_busy_percent_get(gpu: u32, percent: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_gpu_clk_freq_get(
        gpu: u32,
        clock: rsmi_clk_type_t,
        frequencies: *mut [u64; 64],
    ) -> rsmi_status_t;
    fn rsmi_dev_memory_total_get(
        gpu: u32,
        kind: rsmi_memory_type_t,
        total: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_memory_usage_get(
        gpu: u32,
        kind: rsmi_memory_type_t,
        used: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_pci_throughput_get(
        gpu: u32,
        sent: *mut u64,
        received: *mut u64,
        max_packet: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_compute_partition_get(gpu: u32, mode: *mut c_char, len: u32) -> rsmi_status_t;
}

const MACHINE: &str = r#"
about = "One Navi 31"
[driver]
[cpu]
nodes = 1
cores = 8
memory = 67000000000
[[gpu]]
chip = "navi31"
pci = "0000:05:00.0"
gpu_busy_percent = 42
memory = { vram_used = 2684354560, vis_vram_used = 2684354560, gtt_used = 188743680 }
temperature = { edge.input = 51.0, junction.input = 64.0, mem.input = 68.0 }
power.average = 112.0
pcie = { received = 1, sent = 1, max_packet = 512 }
"#;

const SUCCESS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_SUCCESS;

#[test]
fn what_btop_asks_does_not_open_libamd_smi() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    unsafe { common::set_up(place.path(), MACHINE) };
    let mut text: [c_char; 256] = [0; 256];
    let (mut number, mut other, mut third) = (0, 0, 0);
    let (mut count, mut percent, mut temperature) = (0, 0, 0);
    let mut frequencies = [0; 64];
    let memory_clock = rsmi_clk_type_t::RSMI_CLK_TYPE_MEM;
    let vram = rsmi_memory_type_t::RSMI_MEM_TYPE_VRAM;
    let current = rsmi_temperature_metric_t::RSMI_TEMP_CURRENT;
    // SAFETY: the functions get pointers to such values, or larger ones, and the text's length.
    unsafe {
        assert_eq!(rsmi_init(0), SUCCESS);
        let asked = [
            rsmi_num_monitor_devices(&raw mut count),
            rsmi_dev_name_get(0, text.as_mut_ptr(), text.len()),
            rsmi_dev_power_ave_get(0, 0, &raw mut number),
            rsmi_dev_power_cap_get(0, 0, &raw mut number),
            rsmi_dev_temp_metric_get(0, 1, current, &raw mut temperature),
            rsmi_dev_busy_percent_get(0, &raw mut percent),
            rsmi_dev_memory_total_get(0, vram, &raw mut number),
            rsmi_dev_memory_usage_get(0, vram, &raw mut number),
            rsmi_dev_pci_throughput_get(0, &raw mut number, &raw mut other, &raw mut third),
        ];
        assert_eq!(asked, [SUCCESS; 9]);
        rsmi_dev_gpu_clk_freq_get(0, memory_clock, &raw mut frequencies);
        rsmi_dev_memory_busy_percent_get(0, &raw mut percent);
        assert_eq!(common::loaded("libamd_smi"), None);
        // For this it is asked first; the card has no partitions.
        rsmi_dev_compute_partition_get(0, text.as_mut_ptr(), text.len() as u32);
        assert!(common::loaded("libamd_smi").is_some());
        assert_eq!(rsmi_shut_down(), SUCCESS);
    }
}
