//! What the library exports: every function of `rsmi_core::api`, by chapter. `marked` are those
//! whose calls our header marks.

use rsmi_core::types::*;
use std::ffi::{c_char, c_int, c_void};

rsmi_macros::exports! {
    clocks {
        fn rsmi_dev_busy_percent_get(u32, *mut u32);
        fn rsmi_dev_perf_level_get(u32, *mut rsmi_dev_perf_level_t);
        marked fn rsmi_dev_gpu_clk_freq_get(u32, rsmi_clk_type_t, *mut rsmi_frequencies_t);
        fn rsmi_perf_determinism_mode_set(u32, u64);
        fn rsmi_dev_perf_level_set(u32, rsmi_dev_perf_level_t);
        fn rsmi_dev_perf_level_set_v1(u32, rsmi_dev_perf_level_t);
        fn rsmi_dev_gpu_clk_freq_set(u32, rsmi_clk_type_t, u64);
        fn rsmi_dev_power_profile_presets_get(u32, u32, *mut rsmi_power_profile_status_t);
        fn rsmi_dev_gpu_reset(u32);
    }
    compat {
        fn rsmi_compat_version_get(*mut rsmi_version_t);
        fn rsmi_compat_amdsmi_path_get(*mut c_char, usize);
        fn rsmi_compat_amdsmi_release_get(*mut c_char, usize);
        fn rsmi_compat_generation_get(*mut c_char, usize);
        fn rsmi_compat_generation_evidence_get(*mut c_char, usize);
        fn rsmi_compat_bindings_generation_set(*const c_char);
        fn rsmi_compat_source_set(*const c_char);
        fn rsmi_compat_source_get(*mut c_char, usize);
        fn rsmi_compat_index_from_pci_bus_id(*const c_char, *mut u32);
        fn rsmi_compat_index_from_hip_device(u32, *mut u32);
        fn rsmi_compat_index_from_unique_id(u64, *mut u32);
        fn rsmi_compat_dev_pci_bus_id_get(u32, *mut c_char, usize);
        fn rsmi_compat_dev_hip_device_get(u32, *mut u32);
        fn rsmi_compat_dev_unique_id_get(u32, *mut u64);
    }
    counters {
        fn rsmi_dev_counter_group_supported(u32, rsmi_event_group_t);
        fn rsmi_dev_counter_create(u32, rsmi_event_type_t, *mut rsmi_event_handle_t);
        fn rsmi_dev_counter_destroy(rsmi_event_handle_t);
        fn rsmi_counter_control(rsmi_event_handle_t, rsmi_counter_command_t, *mut c_void);
        fn rsmi_counter_read(rsmi_event_handle_t, *mut rsmi_counter_value_t);
        fn rsmi_counter_available_counters_get(u32, rsmi_event_group_t, *mut u32);
    }
    errors {
        fn rsmi_dev_ecc_count_get(u32, rsmi_gpu_block_t, *mut rsmi_error_count_t);
        fn rsmi_dev_ecc_enabled_get(u32, *mut u64);
        fn rsmi_dev_ecc_status_get(u32, rsmi_gpu_block_t, *mut rsmi_ras_err_state_t);
    }
    events {
        fn rsmi_event_notification_init(u32);
        fn rsmi_event_notification_mask_set(u32, u64);
        marked fn rsmi_event_notification_get(c_int, *mut u32, *mut rsmi_evt_notification_data_t);
        fn rsmi_event_notification_stop(u32);
    }
    identity {
        fn rsmi_num_monitor_devices(*mut u32);
        fn rsmi_dev_id_get(u32, *mut u16);
        fn rsmi_dev_sku_get(u32, *mut u16);
        fn rsmi_dev_vendor_id_get(u32, *mut u16);
        fn rsmi_dev_revision_get(u32, *mut u16);
        fn rsmi_dev_name_get(u32, *mut c_char, usize);
        fn rsmi_dev_brand_get(u32, *mut c_char, u32);
        fn rsmi_dev_vendor_name_get(u32, *mut c_char, usize);
        fn rsmi_dev_market_name_get(u32, *mut c_char, u32);
        fn rsmi_dev_vram_vendor_get(u32, *mut c_char, u32);
        fn rsmi_dev_serial_number_get(u32, *mut c_char, u32);
        fn rsmi_dev_subsystem_id_get(u32, *mut u16);
        fn rsmi_dev_subsystem_name_get(u32, *mut c_char, usize);
        fn rsmi_dev_drm_render_minor_get(u32, *mut u32);
        fn rsmi_dev_subsystem_vendor_id_get(u32, *mut u16);
        fn rsmi_dev_unique_id_get(u32, *mut u64);
        fn rsmi_dev_xgmi_physical_id_get(u32, *mut u16);
        fn rsmi_dev_guid_get(u32, *mut u64);
        fn rsmi_dev_node_id_get(u32, *mut u32);
        fn rsmi_dev_device_identifiers_get(u32, *mut rsmi_device_identifiers_t);
    }
    init {
        fn rsmi_init(u64);
        fn rsmi_shut_down();
    }
    memory {
        fn rsmi_dev_memory_total_get(u32, rsmi_memory_type_t, *mut u64);
        fn rsmi_dev_memory_usage_get(u32, rsmi_memory_type_t, *mut u64);
        fn rsmi_dev_memory_busy_percent_get(u32, *mut u32);
        fn rsmi_dev_memory_reserved_pages_get(u32, *mut u32, *mut rsmi_retired_page_record_t);
    }
    metrics {
        marked fn rsmi_dev_gpu_metrics_info_get(u32, *mut rsmi_gpu_metrics_t);
        fn rsmi_dev_metrics_header_info_get(u32, *mut metrics_table_header_t);
        fn rsmi_dev_metrics_xcd_counter_get(u32, *mut u16);
        fn rsmi_dev_metrics_log_get(u32);
        fn rsmi_utilization_count_get(u32, *mut rsmi_utilization_counter_t, u32, *mut u64);
        fn rsmi_dev_activity_metric_get(
            u32,
            rsmi_activity_metric_t,
            *mut rsmi_activity_metric_counter_t,
        );
        fn rsmi_dev_activity_avg_mm_get(u32, *mut u16);
    }
    overdrive {
        fn rsmi_dev_overdrive_level_get(u32, *mut u32);
        fn rsmi_dev_mem_overdrive_level_get(u32, *mut u32);
        fn rsmi_dev_od_volt_info_get(u32, *mut rsmi_od_volt_freq_data_t);
        fn rsmi_dev_overdrive_level_set(u32, u32);
        fn rsmi_dev_overdrive_level_set_v1(u32, u32);
        fn rsmi_dev_clk_range_set(u32, u64, u64, rsmi_clk_type_t);
        fn rsmi_dev_clk_extremum_set(u32, rsmi_freq_ind_t, u64, rsmi_clk_type_t);
        fn rsmi_dev_od_clk_info_set(u32, rsmi_freq_ind_t, u64, rsmi_clk_type_t);
        fn rsmi_dev_od_volt_info_set(u32, u32, u64, u64);
        fn rsmi_dev_od_volt_curve_regions_get(u32, *mut u32, *mut rsmi_freq_volt_region_t);
    }
    partition {
        fn rsmi_dev_compute_partition_get(u32, *mut c_char, u32);
        fn rsmi_dev_partition_id_get(u32, *mut u32);
        fn rsmi_dev_memory_partition_get(u32, *mut c_char, u32);
        fn rsmi_dev_memory_partition_capabilities_get(u32, *mut c_char, u32);
        marked fn rsmi_dev_compute_partition_set(u32, rsmi_compute_partition_type_t);
        fn rsmi_dev_compute_partition_reset(u32);
        fn rsmi_dev_memory_partition_set(u32, rsmi_memory_partition_type_t);
        fn rsmi_dev_memory_partition_reset(u32);
    }
    pcie {
        marked fn rsmi_dev_pci_bandwidth_get(u32, *mut rsmi_pcie_bandwidth_t);
        fn rsmi_dev_pci_id_get(u32, *mut u64);
        fn rsmi_topo_numa_affinity_get(u32, *mut i32);
        fn rsmi_dev_pci_throughput_get(u32, *mut u64, *mut u64, *mut u64);
        fn rsmi_dev_pci_replay_counter_get(u32, *mut u64);
        fn rsmi_dev_pci_bandwidth_set(u32, u64);
    }
    physical {
        fn rsmi_dev_fan_rpms_get(u32, u32, *mut i64);
        fn rsmi_dev_fan_speed_get(u32, u32, *mut i64);
        fn rsmi_dev_fan_speed_max_get(u32, u32, *mut u64);
        fn rsmi_dev_temp_metric_get(u32, u32, rsmi_temperature_metric_t, *mut i64);
        fn rsmi_dev_volt_metric_get(u32, rsmi_voltage_type_t, rsmi_voltage_metric_t, *mut i64);
        fn rsmi_dev_fan_reset(u32, u32);
        fn rsmi_dev_fan_speed_set(u32, u32, u64);
    }
    power {
        fn rsmi_dev_power_ave_get(u32, u32, *mut u64);
        fn rsmi_dev_current_socket_power_get(u32, *mut u64);
        fn rsmi_dev_power_get(u32, *mut u64, *mut RSMI_POWER_TYPE);
        fn rsmi_dev_energy_count_get(u32, *mut u64, *mut f32, *mut u64);
        fn rsmi_dev_power_cap_get(u32, u32, *mut u64);
        fn rsmi_dev_power_cap_default_get(u32, *mut u64);
        fn rsmi_dev_power_cap_range_get(u32, u32, *mut u64, *mut u64);
        fn rsmi_dev_power_cap_set(u32, u32, u64);
        fn rsmi_dev_power_profile_set(u32, u32, rsmi_power_profile_preset_masks_t);
    }
    retired {
        fn rsmi_dev_nps_mode_get(u32, *mut c_char, u32);
        fn rsmi_dev_nps_mode_set(u32, rsmi_nps_mode_type_t);
        fn rsmi_dev_nps_mode_reset(u32);
        fn rsmi_dev_metrics_temp_edge_get(u32, *mut u16);
        fn rsmi_dev_metrics_temp_hotspot_get(u32, *mut u16);
        fn rsmi_dev_metrics_temp_mem_get(u32, *mut u16);
        fn rsmi_dev_metrics_temp_vrgfx_get(u32, *mut u16);
        fn rsmi_dev_metrics_temp_vrsoc_get(u32, *mut u16);
        fn rsmi_dev_metrics_temp_vrmem_get(u32, *mut u16);
        fn rsmi_dev_metrics_temp_hbm_get(u32, *mut GPUMetricTempHbm_t);
        fn rsmi_dev_metrics_curr_socket_power_get(u32, *mut u16);
        fn rsmi_dev_metrics_avg_socket_power_get(u32, *mut u16);
        fn rsmi_dev_metrics_energy_acc_get(u32, *mut u64);
        fn rsmi_dev_metrics_avg_gfx_activity_get(u32, *mut u16);
        fn rsmi_dev_metrics_avg_umc_activity_get(u32, *mut u16);
        fn rsmi_dev_metrics_avg_mm_activity_get(u32, *mut u16);
        fn rsmi_dev_metrics_vcn_activity_get(u32, *mut GPUMetricVcnActivity_t);
        fn rsmi_dev_metrics_jpeg_activity_get(u32, *mut GPUMetricJpegActivity_t);
        fn rsmi_dev_metrics_gfx_activity_acc_get(u32, *mut u32);
        fn rsmi_dev_metrics_mem_activity_acc_get(u32, *mut u32);
        fn rsmi_dev_metrics_throttle_status_get(u32, *mut u32);
        fn rsmi_dev_metrics_indep_throttle_status_get(u32, *mut u64);
        fn rsmi_dev_metrics_curr_fan_speed_get(u32, *mut u16);
        fn rsmi_dev_metrics_volt_soc_get(u32, *mut u16);
        fn rsmi_dev_metrics_volt_gfx_get(u32, *mut u16);
        fn rsmi_dev_metrics_volt_mem_get(u32, *mut u16);
        fn rsmi_dev_metrics_system_clock_counter_get(u32, *mut u64);
        fn rsmi_dev_metrics_firmware_timestamp_get(u32, *mut u64);
    }
    retired::clocks {
        fn rsmi_dev_metrics_avg_gfx_clock_frequency_get(u32, *mut u16);
        fn rsmi_dev_metrics_avg_soc_clock_frequency_get(u32, *mut u16);
        fn rsmi_dev_metrics_avg_uclock_frequency_get(u32, *mut u16);
        fn rsmi_dev_metrics_avg_vclock0_frequency_get(u32, *mut u16);
        fn rsmi_dev_metrics_avg_dclock0_frequency_get(u32, *mut u16);
        fn rsmi_dev_metrics_avg_vclock1_frequency_get(u32, *mut u16);
        fn rsmi_dev_metrics_avg_dclock1_frequency_get(u32, *mut u16);
        fn rsmi_dev_metrics_curr_gfxclk_get(u32, *mut GPUMetricCurrGfxClk_t);
        fn rsmi_dev_metrics_curr_socclk_get(u32, *mut GPUMetricCurrSocClk_t);
        fn rsmi_dev_metrics_curr_uclk_get(u32, *mut u16);
        fn rsmi_dev_metrics_curr_vclk0_get(u32, *mut GPUMetricCurrVClk0_t);
        fn rsmi_dev_metrics_curr_dclk0_get(u32, *mut GPUMetricCurrDClk0_t);
        fn rsmi_dev_metrics_curr_vclk1_get(u32, *mut u16);
        fn rsmi_dev_metrics_curr_dclk1_get(u32, *mut u16);
        fn rsmi_dev_metrics_gfxclk_lock_status_get(u32, *mut u32);
    }
    retired::links {
        fn rsmi_dev_metrics_pcie_link_width_get(u32, *mut u16);
        fn rsmi_dev_metrics_pcie_link_speed_get(u32, *mut u16);
        fn rsmi_dev_metrics_pcie_bandwidth_acc_get(u32, *mut u64);
        fn rsmi_dev_metrics_pcie_bandwidth_inst_get(u32, *mut u64);
        fn rsmi_dev_metrics_pcie_l0_recov_count_acc_get(u32, *mut u64);
        fn rsmi_dev_metrics_pcie_replay_count_acc_get(u32, *mut u64);
        fn rsmi_dev_metrics_pcie_replay_rover_count_acc_get(u32, *mut u64);
        fn rsmi_dev_metrics_pcie_nak_sent_count_acc_get(u32, *mut u32);
        fn rsmi_dev_metrics_pcie_nak_rcvd_count_acc_get(u32, *mut u32);
        fn rsmi_dev_metrics_xgmi_link_width_get(u32, *mut u16);
        fn rsmi_dev_metrics_xgmi_link_speed_get(u32, *mut u16);
        fn rsmi_dev_metrics_xgmi_read_data_get(u32, *mut GPUMetricXgmiReadDataAcc_t);
        fn rsmi_dev_metrics_xgmi_write_data_get(u32, *mut GPUMetricXgmiWriteDataAcc_t);
    }
    support {
        fn rsmi_dev_supported_func_iterator_open(u32, *mut rsmi_func_id_iter_handle_t);
        fn rsmi_dev_supported_variant_iterator_open(
            rsmi_func_id_iter_handle_t,
            *mut rsmi_func_id_iter_handle_t,
        );
        fn rsmi_func_iter_next(rsmi_func_id_iter_handle_t);
        fn rsmi_dev_supported_func_iterator_close(*mut rsmi_func_id_iter_handle_t);
        fn rsmi_func_iter_value_get(rsmi_func_id_iter_handle_t, *mut rsmi_func_id_value_t);
    }
    system {
        fn rsmi_compute_process_info_get(*mut rsmi_process_info_t, *mut u32);
        fn rsmi_compute_process_info_by_pid_get(u32, *mut rsmi_process_info_t);
        fn rsmi_compute_process_info_by_device_get(u32, u32, *mut rsmi_process_info_t);
        fn rsmi_compute_process_gpus_get(u32, *mut u32, *mut u32);
    }
    topology {
        fn rsmi_topo_get_numa_node_number(u32, *mut u32);
        fn rsmi_topo_get_link_weight(u32, u32, *mut u64);
        fn rsmi_minmax_bandwidth_get(u32, u32, *mut u64, *mut u64);
        fn rsmi_topo_get_link_type(u32, u32, *mut u64, *mut RSMI_IO_LINK_TYPE);
        fn rsmi_is_P2P_accessible(u32, u32, *mut bool);
    }
    versions {
        marked fn rsmi_version_get(*mut rsmi_version_t);
        fn rsmi_version_str_get(rsmi_sw_component_t, *mut c_char, u32);
        fn rsmi_dev_vbios_version_get(u32, *mut c_char, u32);
        marked fn rsmi_dev_firmware_version_get(u32, rsmi_fw_block_t, *mut u64);
        fn rsmi_dev_target_graphics_version_get(u32, *mut u64);
        fn rsmi_status_string(rsmi_status_t, *mut *const c_char);
    }
    xgmi {
        fn rsmi_dev_xgmi_error_status(u32, *mut rsmi_xgmi_status_t);
        fn rsmi_dev_xgmi_error_reset(u32);
        fn rsmi_dev_xgmi_hive_id_get(u32, *mut u64);
    }
}
