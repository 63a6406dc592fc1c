/* What the functions of rocm_smi.h write, as the header that this is compiled with has it. */
#ifndef SWEEP_STRUCTS_H
#define SWEEP_STRUCTS_H

#include <stdbool.h>

#include "../shape.h"
#include "rocm_smi.h"

static const struct shape TEXT_BUFFER = {.kind = TEXT, .size = 1};
static const struct shape CONSTANT = {.kind = TEXT_POINTER, .size = sizeof(char *)};
static const struct shape BOOL = {.kind = DECIMAL, .size = sizeof(bool)};
static const struct shape U32 = {.kind = DECIMAL, .size = 4};
static const struct shape U64 = {.kind = DECIMAL, .size = 8};
static const struct shape I32 = {.kind = SIGNED, .size = 4};
static const struct shape I64 = {.kind = SIGNED, .size = 8};
static const struct shape X16 = {.kind = HEX, .size = 2};
static const struct shape X64 = {.kind = HEX, .size = 8};
static const struct shape FLOAT = {.kind = REAL, .size = sizeof(float)};
static const struct shape OPAQUE = {.kind = HANDLE, .size = sizeof(void *)};

static const struct member version_members[] = {
    MEMBER(rsmi_version_t, major),
    MEMBER(rsmi_version_t, minor),
    MEMBER(rsmi_version_t, patch),
    MEMBER_AS(rsmi_version_t, build, TEXT_POINTER),
};
static const struct shape VERSION = STRUCT_OF(rsmi_version_t, version_members);

static const struct member frequencies_members[] = {
#if RSMI_GENERATION >= 60
    MEMBER(rsmi_frequencies_t, has_deep_sleep),
#endif
    MEMBER(rsmi_frequencies_t, num_supported),
    MEMBER(rsmi_frequencies_t, current),
    ARRAY(rsmi_frequencies_t, frequency),
};
static const struct shape FREQUENCIES = STRUCT_OF(rsmi_frequencies_t, frequencies_members);

static const struct member bandwidth_members[] = {
#if RSMI_GENERATION >= 60
    MEMBER(rsmi_pcie_bandwidth_t, transfer_rate.has_deep_sleep),
#endif
    MEMBER(rsmi_pcie_bandwidth_t, transfer_rate.num_supported),
    MEMBER(rsmi_pcie_bandwidth_t, transfer_rate.current),
    ARRAY(rsmi_pcie_bandwidth_t, transfer_rate.frequency),
    ARRAY(rsmi_pcie_bandwidth_t, lanes),
};
static const struct shape BANDWIDTH = STRUCT_OF(rsmi_pcie_bandwidth_t, bandwidth_members);

static const struct member page_members[] = {
    MEMBER(rsmi_retired_page_record_t, page_address),
    MEMBER(rsmi_retired_page_record_t, page_size),
    MEMBER(rsmi_retired_page_record_t, status),
};
static const struct shape PAGE = STRUCT_OF(rsmi_retired_page_record_t, page_members);

static const struct member utilization_members[] = {
    MEMBER(rsmi_utilization_counter_t, type),
    MEMBER(rsmi_utilization_counter_t, value),
};
static const struct shape UTILIZATION = STRUCT_OF(rsmi_utilization_counter_t, utilization_members);

static const struct member volt_freq_members[] = {
    MEMBER(rsmi_od_volt_freq_data_t, curr_sclk_range.lower_bound),
    MEMBER(rsmi_od_volt_freq_data_t, curr_sclk_range.upper_bound),
    MEMBER(rsmi_od_volt_freq_data_t, curr_mclk_range.lower_bound),
    MEMBER(rsmi_od_volt_freq_data_t, curr_mclk_range.upper_bound),
    MEMBER(rsmi_od_volt_freq_data_t, sclk_freq_limits.lower_bound),
    MEMBER(rsmi_od_volt_freq_data_t, sclk_freq_limits.upper_bound),
    MEMBER(rsmi_od_volt_freq_data_t, mclk_freq_limits.lower_bound),
    MEMBER(rsmi_od_volt_freq_data_t, mclk_freq_limits.upper_bound),
    MEMBER(rsmi_od_volt_freq_data_t, curve.vc_points[0].frequency),
    MEMBER(rsmi_od_volt_freq_data_t, curve.vc_points[0].voltage),
    MEMBER(rsmi_od_volt_freq_data_t, curve.vc_points[1].frequency),
    MEMBER(rsmi_od_volt_freq_data_t, curve.vc_points[1].voltage),
    MEMBER(rsmi_od_volt_freq_data_t, curve.vc_points[2].frequency),
    MEMBER(rsmi_od_volt_freq_data_t, curve.vc_points[2].voltage),
    MEMBER(rsmi_od_volt_freq_data_t, num_regions),
};
static const struct shape VOLT_FREQ = STRUCT_OF(rsmi_od_volt_freq_data_t, volt_freq_members);

static const struct member region_members[] = {
    MEMBER(rsmi_freq_volt_region_t, freq_range.lower_bound),
    MEMBER(rsmi_freq_volt_region_t, freq_range.upper_bound),
    MEMBER(rsmi_freq_volt_region_t, volt_range.lower_bound),
    MEMBER(rsmi_freq_volt_region_t, volt_range.upper_bound),
};
static const struct shape REGION = STRUCT_OF(rsmi_freq_volt_region_t, region_members);

static const struct member profiles_members[] = {
    MEMBER(rsmi_power_profile_status_t, available_profiles),
    MEMBER(rsmi_power_profile_status_t, current),
    MEMBER(rsmi_power_profile_status_t, num_profiles),
};
static const struct shape PROFILES = STRUCT_OF(rsmi_power_profile_status_t, profiles_members);

static const struct member error_count_members[] = {
    MEMBER(rsmi_error_count_t, correctable_err),
    MEMBER(rsmi_error_count_t, uncorrectable_err),
};
static const struct shape ERROR_COUNT = STRUCT_OF(rsmi_error_count_t, error_count_members);

static const struct member counter_value_members[] = {
    MEMBER(rsmi_counter_value_t, value),
    MEMBER(rsmi_counter_value_t, time_enabled),
    MEMBER(rsmi_counter_value_t, time_running),
};
static const struct shape COUNTER_VALUE = STRUCT_OF(rsmi_counter_value_t, counter_value_members);

static const struct member process_members[] = {
    MEMBER(rsmi_process_info_t, process_id), MEMBER(rsmi_process_info_t, pasid),
    MEMBER(rsmi_process_info_t, vram_usage), MEMBER(rsmi_process_info_t, sdma_usage),
    MEMBER(rsmi_process_info_t, cu_occupancy),
};
static const struct shape PROCESS = STRUCT_OF(rsmi_process_info_t, process_members);

static const struct member event_members[] = {
    MEMBER(rsmi_evt_notification_data_t, dv_ind),
    MEMBER(rsmi_evt_notification_data_t, event),
    {"message", {TEXT, 1, NULL, 0}, offsetof(rsmi_evt_notification_data_t, message),
     SIZE_OF(rsmi_evt_notification_data_t, message)},
};
static const struct shape EVENT = STRUCT_OF(rsmi_evt_notification_data_t, event_members);

#define METRIC(name) MEMBER(rsmi_gpu_metrics_t, name)
#define METRICS(name) ARRAY(rsmi_gpu_metrics_t, name)

#if RSMI_GENERATION >= 64
typedef struct amdgpu_xcp_metrics_t xcp_metrics;
static const struct member xcp_members[] = {
    ARRAY(xcp_metrics, gfx_busy_inst),
    ARRAY(xcp_metrics, jpeg_busy),
    ARRAY(xcp_metrics, vcn_busy),
    ARRAY(xcp_metrics, gfx_busy_acc),
#if RSMI_GENERATION >= 70
    ARRAY(xcp_metrics, gfx_below_host_limit_acc),
    ARRAY(xcp_metrics, gfx_below_host_limit_ppt_acc),
    ARRAY(xcp_metrics, gfx_below_host_limit_thm_acc),
    ARRAY(xcp_metrics, gfx_low_utilization_acc),
    ARRAY(xcp_metrics, gfx_below_host_limit_total_acc),
#endif
};
#endif

static const struct member metrics_members[] = {
    METRIC(common_header.structure_size),
    METRIC(common_header.format_revision),
    METRIC(common_header.content_revision),
    METRIC(temperature_edge),
    METRIC(temperature_hotspot),
    METRIC(temperature_mem),
    METRIC(temperature_vrgfx),
    METRIC(temperature_vrsoc),
    METRIC(temperature_vrmem),
    METRIC(average_gfx_activity),
    METRIC(average_umc_activity),
    METRIC(average_mm_activity),
    METRIC(average_socket_power),
    METRIC(energy_accumulator),
    METRIC(system_clock_counter),
    METRIC(average_gfxclk_frequency),
    METRIC(average_socclk_frequency),
    METRIC(average_uclk_frequency),
    METRIC(average_vclk0_frequency),
    METRIC(average_dclk0_frequency),
    METRIC(average_vclk1_frequency),
    METRIC(average_dclk1_frequency),
    METRIC(current_gfxclk),
    METRIC(current_socclk),
    METRIC(current_uclk),
    METRIC(current_vclk0),
    METRIC(current_dclk0),
    METRIC(current_vclk1),
    METRIC(current_dclk1),
    METRIC(throttle_status),
    METRIC(current_fan_speed),
    METRIC(pcie_link_width),
    METRIC(pcie_link_speed),
    METRIC(gfx_activity_acc),
#if RSMI_GENERATION < 60
    METRIC(padding),
    METRIC(mem_actvity_acc),
#else
    METRIC(mem_activity_acc),
#endif
    METRICS(temperature_hbm),
#if RSMI_GENERATION >= 60
    METRIC(firmware_timestamp),
    METRIC(voltage_soc),
    METRIC(voltage_gfx),
    METRIC(voltage_mem),
    METRIC(indep_throttle_status),
    METRIC(current_socket_power),
    METRICS(vcn_activity),
    METRIC(gfxclk_lock_status),
    METRIC(xgmi_link_width),
    METRIC(xgmi_link_speed),
    METRIC(pcie_bandwidth_acc),
    METRIC(pcie_bandwidth_inst),
    METRIC(pcie_l0_to_recov_count_acc),
    METRIC(pcie_replay_count_acc),
    METRIC(pcie_replay_rover_count_acc),
    METRICS(xgmi_read_data_acc),
    METRICS(xgmi_write_data_acc),
    METRICS(current_gfxclks),
    METRICS(current_socclks),
    METRICS(current_vclk0s),
    METRICS(current_dclk0s),
    METRICS(jpeg_activity),
    METRIC(pcie_nak_sent_count_acc),
    METRIC(pcie_nak_rcvd_count_acc),
#endif
#if RSMI_GENERATION >= 64
    METRIC(accumulation_counter),
    METRIC(prochot_residency_acc),
    METRIC(ppt_residency_acc),
    METRIC(socket_thm_residency_acc),
    METRIC(vr_thm_residency_acc),
    METRIC(hbm_thm_residency_acc),
    METRIC(num_partition),
    NESTED(rsmi_gpu_metrics_t, xcp_stats, xcp_members),
    METRIC(pcie_lc_perf_other_end_recovery),
    METRIC(vram_max_bandwidth),
    METRICS(xgmi_link_status),
#endif
};
static const struct shape GPU_METRICS = STRUCT_OF(rsmi_gpu_metrics_t, metrics_members);

#if RSMI_GENERATION >= 60
static const struct shape U16 = {.kind = DECIMAL, .size = 2};

static const struct member activity_members[] = {
    MEMBER(rsmi_activity_metric_counter_t, average_gfx_activity),
    MEMBER(rsmi_activity_metric_counter_t, average_umc_activity),
    MEMBER(rsmi_activity_metric_counter_t, average_mm_activity),
};
static const struct shape ACTIVITY = STRUCT_OF(rsmi_activity_metric_counter_t, activity_members);

static const struct member header_members[] = {
    MEMBER(metrics_table_header_t, structure_size),
    MEMBER(metrics_table_header_t, format_revision),
    MEMBER(metrics_table_header_t, content_revision),
};
static const struct shape METRICS_HEADER = STRUCT_OF(metrics_table_header_t, header_members);
#endif

#if RSMI_GENERATION >= 64
static const struct member identifiers_members[] = {
    MEMBER(rsmi_device_identifiers_t, card_index),   MEMBER(rsmi_device_identifiers_t, drm_render_minor),
    MEMBER(rsmi_device_identifiers_t, bdfid),        MEMBER(rsmi_device_identifiers_t, kfd_gpu_id),
    MEMBER(rsmi_device_identifiers_t, partition_id), MEMBER(rsmi_device_identifiers_t, smi_device_id),
    ARRAY(rsmi_device_identifiers_t, reserved),
};
static const struct shape IDENTIFIERS = STRUCT_OF(rsmi_device_identifiers_t, identifiers_members);
#endif

#endif
