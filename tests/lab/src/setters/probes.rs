//! The calls that are compared, as data: each setter with what it should take and what it should not.

/// One call: a function and its arguments, as `setters.c` reads them.
pub struct Probe {
    text: &'static str,
}

/// Calls without rsmi_init before them.
const BARE: &str = "bare ";

impl Probe {
    pub fn name(&self) -> String {
        self.text.replace(' ', "/")
    }

    pub fn bare(&self) -> bool {
        self.text.starts_with(BARE)
    }

    pub fn call(&self) -> impl Iterator<Item = &'static str> {
        self.text.trim_start_matches(BARE).split(' ')
    }
}

macro_rules! probes {
    ($($text:literal,)*) => {
        pub const PROBES: &[Probe] = &[$(Probe { text: $text },)*];
    };
}

probes! {
    "rsmi_dev_pci_bandwidth_set 0 3",
    "rsmi_dev_pci_bandwidth_set 0 0",
    "rsmi_dev_pci_bandwidth_set 0 0xFFFFFFFFFFFFFFFF",
    "rsmi_dev_pci_bandwidth_set 1 1",
    "rsmi_dev_pci_bandwidth_set 99 1",
    "rsmi_dev_power_cap_set 0 0 200000000",
    "rsmi_dev_power_cap_set 0 0 0",
    "rsmi_dev_power_cap_set 0 0 9000000000",
    "rsmi_dev_power_cap_set 0 1 200000000",
    "rsmi_dev_power_cap_set 0 0xFFFFFFFF 200000000",
    "rsmi_dev_power_cap_set 1 0 200000000",
    "rsmi_dev_power_cap_set 99 0 200000000",
    "rsmi_dev_power_profile_set 0 0 0x1",
    "rsmi_dev_power_profile_set 0 0 0x2",
    "rsmi_dev_power_profile_set 0 0 0x4",
    "rsmi_dev_power_profile_set 0 7 0x8",
    "rsmi_dev_power_profile_set 0 0 0x20",
    "rsmi_dev_power_profile_set 0 0 0x40",
    "rsmi_dev_power_profile_set 0 0 0x80",
    "rsmi_dev_power_profile_set 0 0 0",
    "rsmi_dev_power_profile_set 0 0 3",
    "rsmi_dev_power_profile_set 0 0 0xFFFFFFFFFFFFFFFF",
    "rsmi_dev_power_profile_set 99 0 8",
    "rsmi_dev_fan_reset 0 0",
    "rsmi_dev_fan_reset 0 1",
    "rsmi_dev_fan_reset 0 9",
    "rsmi_dev_fan_reset 0 0xFFFFFFFF",
    "rsmi_dev_fan_reset 1 0",
    "rsmi_dev_fan_reset 99 0",
    "rsmi_dev_fan_speed_set 0 0 100",
    "rsmi_dev_fan_speed_set 0 0 0",
    "rsmi_dev_fan_speed_set 0 0 255",
    "rsmi_dev_fan_speed_set 0 0 256",
    "rsmi_dev_fan_speed_set 0 1 100",
    "rsmi_dev_fan_speed_set 99 0 100",
    "rsmi_perf_determinism_mode_set 0 1000",
    "rsmi_perf_determinism_mode_set 0 0",
    "rsmi_perf_determinism_mode_set 1 0xFFFFFFFFFFFFFFFF",
    "rsmi_perf_determinism_mode_set 99 1000",
    "rsmi_dev_overdrive_level_set 0 5",
    "rsmi_dev_overdrive_level_set 0 21",
    "rsmi_dev_overdrive_level_set_v1 0 20",
    "rsmi_dev_overdrive_level_set_v1 0 0xFFFFFFFF",
    "rsmi_dev_overdrive_level_set 99 21",
    "rsmi_dev_overdrive_level_set 99 5",
    "rsmi_dev_perf_level_set 0 0",
    "rsmi_dev_perf_level_set 0 1",
    "rsmi_dev_perf_level_set 0 2",
    "rsmi_dev_perf_level_set 0 3",
    "rsmi_dev_perf_level_set 0 4",
    "rsmi_dev_perf_level_set 0 5",
    "rsmi_dev_perf_level_set 0 6",
    "rsmi_dev_perf_level_set 0 7",
    "rsmi_dev_perf_level_set 0 8",
    "rsmi_dev_perf_level_set 0 9",
    "rsmi_dev_perf_level_set 0 0x100",
    "rsmi_dev_perf_level_set_v1 0 2",
    "rsmi_dev_perf_level_set_v1 1 2",
    "rsmi_dev_perf_level_set_v1 0 0xFFFFFFFF",
    "rsmi_dev_perf_level_set 99 0",
    "rsmi_dev_perf_level_set 99 9",
    "rsmi_dev_gpu_clk_freq_set 0 0 3",
    "rsmi_dev_gpu_clk_freq_set 0 0 0",
    "rsmi_dev_gpu_clk_freq_set 0 1 0xFFFFFFFFFFFFFFFF",
    "rsmi_dev_gpu_clk_freq_set 0 2 1",
    "rsmi_dev_gpu_clk_freq_set 0 3 1",
    "rsmi_dev_gpu_clk_freq_set 0 4 5",
    "rsmi_dev_gpu_clk_freq_set 0 5 1",
    "rsmi_dev_gpu_clk_freq_set 0 0xFFFFFFFF 1",
    "rsmi_dev_gpu_clk_freq_set 1 0 1",
    "rsmi_dev_gpu_clk_freq_set 99 0 1",
    "rsmi_dev_clk_range_set 0 500 900 0",
    "rsmi_dev_clk_range_set 0 0 0xFFFFFFFFFFFFFFFF 4",
    "rsmi_dev_clk_range_set 0 900 900 0",
    "rsmi_dev_clk_range_set 0 901 900 4",
    "rsmi_dev_clk_range_set 0 500 900 1",
    "rsmi_dev_clk_range_set 99 500 900 0",
    "rsmi_dev_clk_extremum_set 0 0 500 0",
    "rsmi_dev_clk_extremum_set 0 1 900 4",
    "rsmi_dev_clk_extremum_set 0 2 900 0",
    "rsmi_dev_clk_extremum_set 0 0xFFFFFFFF 900 0",
    "rsmi_dev_clk_extremum_set 0 1 900 3",
    "rsmi_dev_clk_extremum_set 1 1 900 0",
    "rsmi_dev_clk_extremum_set 99 1 900 0",
    "rsmi_dev_od_clk_info_set 0 0 500 0",
    "rsmi_dev_od_clk_info_set 0 1 900 4",
    "rsmi_dev_od_clk_info_set 0 7 900 0",
    "rsmi_dev_od_clk_info_set 0 0xFFFFFFFF 900 0",
    "rsmi_dev_od_clk_info_set 0 1 900 3",
    "rsmi_dev_od_clk_info_set 99 1 900 0",
    "rsmi_dev_od_volt_info_set 0 1 1000 900",
    "rsmi_dev_od_volt_info_set 0 0xFFFFFFFF 0 0xFFFFFFFFFFFFFFFF",
    "rsmi_dev_od_volt_info_set 99 1 1000 900",
    "rsmi_dev_gpu_reset 0",
    "rsmi_dev_gpu_reset 1",
    "rsmi_dev_gpu_reset 99",
    "rsmi_dev_compute_partition_set 0 0",
    "rsmi_dev_compute_partition_set 0 1",
    "rsmi_dev_compute_partition_set 0 2",
    "rsmi_dev_compute_partition_set 0 3",
    "rsmi_dev_compute_partition_set 0 4",
    "rsmi_dev_compute_partition_set 0 5",
    "rsmi_dev_compute_partition_set 0 6",
    "rsmi_dev_compute_partition_set 0 0xFFFFFFFF",
    "rsmi_dev_compute_partition_set 1 1",
    "rsmi_dev_compute_partition_set 99 1",
    "rsmi_dev_compute_partition_reset 0",
    "rsmi_dev_compute_partition_reset 1",
    "rsmi_dev_compute_partition_reset 99",
    "rsmi_dev_memory_partition_set 0 0",
    "rsmi_dev_memory_partition_set 0 1",
    "rsmi_dev_memory_partition_set 0 2",
    "rsmi_dev_memory_partition_set 0 3",
    "rsmi_dev_memory_partition_set 0 4",
    "rsmi_dev_memory_partition_set 0 5",
    "rsmi_dev_memory_partition_set 1 3",
    "rsmi_dev_memory_partition_set 99 3",
    "rsmi_dev_memory_partition_reset 0",
    "rsmi_dev_memory_partition_reset 1",
    "rsmi_dev_memory_partition_reset 99",
    "bare rsmi_dev_perf_level_set 0 3",
    "bare rsmi_dev_perf_level_set 0 9",
    "bare rsmi_dev_overdrive_level_set 0 5",
    "bare rsmi_dev_clk_range_set 0 900 900 0",
    "bare rsmi_dev_gpu_reset 0",
    "bare rsmi_dev_memory_partition_set 0 1",
}
