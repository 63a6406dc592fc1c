/* Asks every function of rocm_smi.h in every odd way, one line an answer (see probe.h), for comparing two libraries.
 *
 * It leaves out each pointer, passes buffers and arrays that are too short, devices and enum values that do not exist, and
 * calls before rsmi_init and after rsmi_shut_down. An output that was left alone reads "untouched", and one that was
 * written past its end, as the header that this was compiled with has it, reads "OVERRUN".
 *
 * Ids depend only on the machine: PLACE/FUNCTION[/ARGUMENT...][/null:OUTPUT | /len:LENGTH | /room:ELEMENTS], where PLACE is
 * before, init, sys, dev0, dev1, ..., dev-n (one beyond the last), dev-max (0xFFFFFFFF) or after.
 *
 * Functions that set something are asked only where they cannot: without a device, and as an ordinary user.
 *
 * RSMI_GENERATION says which header this is compiled with: 50 for ROCm 5, 60 for 6.0 to 6.3, 64 and 70 for what follows.
 * A function that the header has and the library has not is "not exported".
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rocm_smi/rocm_smi.h"

#include "probe.h"
#include "shape.h"

#ifndef RSMI_GENERATION
#define RSMI_GENERATION 70
#endif

enum {
    OUTPUTS = 3,        /* most outputs of one function */
    AXES = 2,           /* most arguments besides the device */
    ROOM = 16384,       /* of each output; what the function may not touch is checked */
    PLAIN_LENGTH = 256, /* of a text buffer, where the length is not the question */
    PLAIN_ELEMENTS = 64, /* of an array, likewise */
    MOST_DEVICES = 256,
    MOST_PROCESSES = 64,
    LONGEST_ID = 200,
};

static void print_status(rsmi_status_t status)
{
    static const char *const names[] = {
        "SUCCESS",          "INVALID_ARGS",     "NOT_SUPPORTED",   "FILE_ERROR",          "PERMISSION",
        "OUT_OF_RESOURCES", "INTERNAL_EXCEPTION", "INPUT_OUT_OF_BOUNDS", "INIT_ERROR",    "NOT_YET_IMPLEMENTED",
        "NOT_FOUND",        "INSUFFICIENT_SIZE", "INTERRUPT",      "UNEXPECTED_SIZE",     "NO_DATA",
        "UNEXPECTED_DATA",  "BUSY",             "REFCOUNT_OVERFLOW", "SETTING_UNAVAILABLE", "AMDGPU_RESTART_ERR",
        "DRM_ERROR",        "FAIL_LOAD_MODULE", "FAIL_LOAD_SYMBOL",
    };
    uint32_t number = (uint32_t)status;
    const char *name = number < COUNT(names) ? names[number] : number == UINT32_MAX ? "UNKNOWN_ERROR" : "?";
    printf("%s(%d)", name, (int)status);
}

/* ------------------------------------------------------------------ what the functions write */

static const struct shape TEXT_BUFFER = {.kind = TEXT, .size = 1};
static const struct shape CONSTANT = {.kind = TEXT_POINTER, .size = sizeof(char *)};
static const struct shape BOOL = {.kind = DECIMAL, .size = sizeof(bool)};
static const struct shape U16 = {.kind = DECIMAL, .size = 2};
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

/* ------------------------------------------------------------------ what the functions are asked with */

/* The values to try for an argument; the first is asked where a device does not exist. */
struct value {
    const char *name;
    uint64_t number;
};
struct axis {
    const struct value *values;
    size_t count;
};
#define AXIS(name, ...)                                \
    static const struct value name##_values[] = {__VA_ARGS__}; \
    static const struct axis name = {name##_values, COUNT(name##_values)}

AXIS(components, {"driver", 0}, {"1", 1}, {"max", UINT32_MAX});
AXIS(temperature_types, {"edge", 0}, {"junction", 1}, {"memory", 2}, {"hbm_0", 3}, {"hbm_1", 4}, {"hbm_2", 5},
     {"hbm_3", 6}, {"7", 7}, {"8", 8}, {"max", UINT32_MAX});
AXIS(temperature_metrics, {"current", 0}, {"max", 1}, {"min", 2}, {"max_hyst", 3}, {"min_hyst", 4}, {"critical", 5},
     {"critical_hyst", 6}, {"emergency", 7}, {"emergency_hyst", 8}, {"crit_min", 9}, {"crit_min_hyst", 10},
     {"offset", 11}, {"lowest", 12}, {"highest", 13}, {"14", 14});
AXIS(voltage_types, {"vddgfx", 0}, {"vddboard", 1}, {"2", 2}, {"max", UINT32_MAX});
AXIS(voltage_metrics, {"current", 0}, {"max", 1}, {"min_crit", 2}, {"min", 3}, {"max_crit", 4}, {"average", 5},
     {"lowest", 6}, {"highest", 7}, {"8", 8});
AXIS(sensors, {"0", 0}, {"1", 1}, {"2", 2}, {"max", UINT32_MAX});
AXIS(memories, {"vram", 0}, {"visible_vram", 1}, {"gtt", 2}, {"3", 3}, {"max", UINT32_MAX});
AXIS(clocks, {"sys", 0}, {"df", 1}, {"dcef", 2}, {"soc", 3}, {"mem", 4}, {"pcie", 5}, {"6", 6}, {"7", 7}, {"8", 8},
     {"9", 9}, {"10", 10}, {"max", UINT32_MAX});
AXIS(firmware, {"asd", 0}, {"ce", 1}, {"dmcu", 2}, {"mc", 3}, {"me", 4}, {"mec", 5}, {"mec2", 6}, {"mes", 7},
     {"mes_kiq", 8}, {"pfp", 9}, {"rlc", 10}, {"rlc_srlc", 11}, {"rlc_srlg", 12}, {"rlc_srls", 13}, {"sdma", 14},
     {"sdma2", 15}, {"smc", 16}, {"sos", 17}, {"ta_ras", 18}, {"ta_xgmi", 19}, {"uvd", 20}, {"vce", 21}, {"vcn", 22},
     {"23", 23}, {"24", 24}, {"max", UINT32_MAX});
AXIS(blocks, {"umc", 1 << 0}, {"sdma", 1 << 1}, {"gfx", 1 << 2}, {"mmhub", 1 << 3}, {"athub", 1 << 4},
     {"pcie_bif", 1 << 5}, {"hdp", 1 << 6}, {"xgmi_wafl", 1 << 7}, {"df", 1 << 8}, {"smn", 1 << 9}, {"sem", 1 << 10},
     {"mp0", 1 << 11}, {"mp1", 1 << 12}, {"fuse", 1 << 13}, {"0", 0}, {"umc+sdma", 3}, {"14", 1 << 14},
     {"32", UINT64_C(1) << 32}, {"reserved", UINT64_C(1) << 63}, {"max", UINT64_MAX});
AXIS(groups, {"xgmi", 0}, {"xgmi_data_out", 10}, {"1", 1}, {"11", 11}, {"invalid", UINT32_MAX});
AXIS(event_types, {"0", 0}, {"3", 3}, {"4", 4}, {"10", 10}, {"15", 15}, {"16", 16}, {"max", UINT32_MAX});
AXIS(commands, {"start", 0}, {"stop", 1});
AXIS(timeouts, {"0", 0}, {"10", 10});
#if RSMI_GENERATION >= 60
AXIS(activities, {"gfx", 1}, {"umc", 2}, {"mm", 4}, {"gfx+mm", 5}, {"all", 7}, {"0", 0}, {"8", 8}, {"max", UINT32_MAX});
#endif

/* Which counters to ask for in one call; the argument is a line of this. */
enum { MOST_COUNTERS = 3 };
static const struct {
    uint32_t count;
    uint32_t types[MOST_COUNTERS];
} counter_sets[] = {{1, {0}}, {1, {1}}, {2, {0, 1}}, {3, {1, 0, 1}}, {0, {0}}, {2, {0, 2}}, {1, {UINT32_MAX}}};
AXIS(counters, {"gfx", 0}, {"memory", 1}, {"gfx+memory", 2}, {"memory+gfx+memory", 3}, {"none", 4}, {"gfx+2", 5},
     {"max", 6});

/* What the setters are asked to set, where they cannot. */
AXIS(numbers, {"0", 0}, {"1", 1}, {"100", 100}, {"max", UINT32_MAX});
AXIS(levels, {"0", 0}, {"1", 1}, {"2", 2});

/* These are filled in at run time. */
static struct value status_code_values[42];
static struct axis status_codes = {status_code_values, COUNT(status_code_values)};
static struct value destination_values[MOST_DEVICES + 2]; /* the devices at the other end of a link */
static struct axis destinations = {destination_values, 0};
static struct value process_values[MOST_PROCESSES + 3];
static struct axis processes = {process_values, 0};

/* ------------------------------------------------------------------ the functions */

struct call {
    uint32_t device;
    uint64_t argument[AXES];
    size_t length; /* of the text or array */
    void *out[OUTPUTS];
};

/* One function in a shape that the table can hold. A weak reference, so that a library may lack it. */
#define IN_PRAGMA(text) _Pragma(#text)
#define ASK(function, ...)                                    \
    IN_PRAGMA(weak function)                                  \
    static rsmi_status_t ask_##function(const struct call *c) \
    {                                                         \
        (void)c;                                              \
        return function(__VA_ARGS__);                         \
    }

#define DEVICE c->device
#define ARG(n) c->argument[n]
#define ARG32(n) (uint32_t)c->argument[n]
#define OUT(n) c->out[n]
#define LENGTH c->length
#define LENGTH32 (uint32_t)c->length

ASK(rsmi_num_monitor_devices, OUT(0))
ASK(rsmi_version_get, OUT(0))
ASK(rsmi_version_str_get, (rsmi_sw_component_t)ARG(0), OUT(0), LENGTH32)
ASK(rsmi_status_string, (rsmi_status_t)ARG(0), OUT(0))
ASK(rsmi_compute_process_info_get, OUT(1), OUT(0))
ASK(rsmi_compute_process_info_by_pid_get, ARG32(0), OUT(0))
ASK(rsmi_compute_process_gpus_get, ARG32(0), OUT(1), OUT(0))
ASK(rsmi_event_notification_get, (int)ARG(0), OUT(0), OUT(1))
ASK(rsmi_dev_counter_destroy, 0)
ASK(rsmi_counter_control, 0, (rsmi_counter_command_t)ARG(0), NULL)
ASK(rsmi_counter_read, 0, OUT(0))
ASK(rsmi_dev_supported_variant_iterator_open, NULL, OUT(0))
ASK(rsmi_func_iter_next, NULL)
ASK(rsmi_func_iter_value_get, NULL, OUT(0))
ASK(rsmi_dev_supported_func_iterator_close, OUT(0))

ASK(rsmi_dev_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_vendor_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_name_get, DEVICE, OUT(0), LENGTH)
ASK(rsmi_dev_brand_get, DEVICE, OUT(0), LENGTH32)
ASK(rsmi_dev_vendor_name_get, DEVICE, OUT(0), LENGTH)
ASK(rsmi_dev_vram_vendor_get, DEVICE, OUT(0), LENGTH32)
ASK(rsmi_dev_serial_number_get, DEVICE, OUT(0), LENGTH32)
ASK(rsmi_dev_subsystem_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_subsystem_name_get, DEVICE, OUT(0), LENGTH)
ASK(rsmi_dev_drm_render_minor_get, DEVICE, OUT(0))
ASK(rsmi_dev_subsystem_vendor_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_unique_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_pci_bandwidth_get, DEVICE, OUT(0))
ASK(rsmi_dev_pci_id_get, DEVICE, OUT(0))
ASK(rsmi_topo_numa_affinity_get, DEVICE, OUT(0))
ASK(rsmi_dev_pci_throughput_get, DEVICE, OUT(0), OUT(1), OUT(2))
ASK(rsmi_dev_pci_replay_counter_get, DEVICE, OUT(0))
ASK(rsmi_dev_power_ave_get, DEVICE, ARG32(0), OUT(0))
ASK(rsmi_dev_energy_count_get, DEVICE, OUT(0), OUT(1), OUT(2))
ASK(rsmi_dev_power_cap_get, DEVICE, ARG32(0), OUT(0))
ASK(rsmi_dev_power_cap_default_get, DEVICE, OUT(0))
ASK(rsmi_dev_power_cap_range_get, DEVICE, ARG32(0), OUT(0), OUT(1))
ASK(rsmi_dev_memory_total_get, DEVICE, (rsmi_memory_type_t)ARG(0), OUT(0))
ASK(rsmi_dev_memory_usage_get, DEVICE, (rsmi_memory_type_t)ARG(0), OUT(0))
ASK(rsmi_dev_memory_busy_percent_get, DEVICE, OUT(0))
ASK(rsmi_dev_memory_reserved_pages_get, DEVICE, OUT(0), OUT(1))
ASK(rsmi_dev_fan_rpms_get, DEVICE, ARG32(0), OUT(0))
ASK(rsmi_dev_fan_speed_get, DEVICE, ARG32(0), OUT(0))
ASK(rsmi_dev_fan_speed_max_get, DEVICE, ARG32(0), OUT(0))
ASK(rsmi_dev_temp_metric_get, DEVICE, ARG32(0), (rsmi_temperature_metric_t)ARG(1), OUT(0))
ASK(rsmi_dev_volt_metric_get, DEVICE, (rsmi_voltage_type_t)ARG(0), (rsmi_voltage_metric_t)ARG(1), OUT(0))
ASK(rsmi_dev_busy_percent_get, DEVICE, OUT(0))
ASK(rsmi_utilization_count_get, DEVICE, OUT(0), counter_sets[ARG(0)].count, OUT(1))
ASK(rsmi_dev_perf_level_get, DEVICE, OUT(0))
ASK(rsmi_dev_overdrive_level_get, DEVICE, OUT(0))
ASK(rsmi_dev_gpu_clk_freq_get, DEVICE, (rsmi_clk_type_t)ARG(0), OUT(0))
ASK(rsmi_dev_od_volt_info_get, DEVICE, OUT(0))
ASK(rsmi_dev_gpu_metrics_info_get, DEVICE, OUT(0))
ASK(rsmi_dev_od_volt_curve_regions_get, DEVICE, OUT(0), OUT(1))
ASK(rsmi_dev_power_profile_presets_get, DEVICE, ARG32(0), OUT(0))
ASK(rsmi_dev_vbios_version_get, DEVICE, OUT(0), LENGTH32)
ASK(rsmi_dev_firmware_version_get, DEVICE, (rsmi_fw_block_t)ARG(0), OUT(0))
ASK(rsmi_dev_ecc_count_get, DEVICE, (rsmi_gpu_block_t)ARG(0), OUT(0))
ASK(rsmi_dev_ecc_enabled_get, DEVICE, OUT(0))
ASK(rsmi_dev_ecc_status_get, DEVICE, (rsmi_gpu_block_t)ARG(0), OUT(0))
ASK(rsmi_dev_counter_group_supported, DEVICE, (rsmi_event_group_t)ARG(0))
ASK(rsmi_dev_counter_create, DEVICE, (rsmi_event_type_t)ARG(0), OUT(0))
ASK(rsmi_counter_available_counters_get, DEVICE, (rsmi_event_group_t)ARG(0), OUT(0))
ASK(rsmi_dev_xgmi_error_status, DEVICE, OUT(0))
ASK(rsmi_dev_xgmi_hive_id_get, DEVICE, OUT(0))
ASK(rsmi_topo_get_numa_node_number, DEVICE, OUT(0))
ASK(rsmi_topo_get_link_weight, DEVICE, ARG32(0), OUT(0))
ASK(rsmi_minmax_bandwidth_get, DEVICE, ARG32(0), OUT(0), OUT(1))
ASK(rsmi_topo_get_link_type, DEVICE, ARG32(0), OUT(0), OUT(1))
ASK(rsmi_is_P2P_accessible, DEVICE, ARG32(0), OUT(0))
ASK(rsmi_dev_supported_func_iterator_open, DEVICE, OUT(0))
ASK(rsmi_event_notification_mask_set, DEVICE, ARG(0))
ASK(rsmi_event_notification_stop, DEVICE)
#if RSMI_GENERATION >= 60
ASK(rsmi_dev_sku_get, DEVICE, OUT(0))
ASK(rsmi_dev_revision_get, DEVICE, OUT(0))
ASK(rsmi_dev_xgmi_physical_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_guid_get, DEVICE, OUT(0))
ASK(rsmi_dev_node_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_current_socket_power_get, DEVICE, OUT(0))
ASK(rsmi_dev_power_get, DEVICE, OUT(0), OUT(1))
ASK(rsmi_dev_activity_metric_get, DEVICE, (rsmi_activity_metric_t)ARG(0), OUT(0))
ASK(rsmi_dev_activity_avg_mm_get, DEVICE, OUT(0))
ASK(rsmi_dev_mem_overdrive_level_get, DEVICE, OUT(0))
ASK(rsmi_dev_target_graphics_version_get, DEVICE, OUT(0))
ASK(rsmi_compute_process_info_by_device_get, ARG32(0), DEVICE, OUT(0))
ASK(rsmi_dev_compute_partition_get, DEVICE, OUT(0), LENGTH32)
ASK(rsmi_dev_memory_partition_get, DEVICE, OUT(0), LENGTH32)
ASK(rsmi_dev_metrics_header_info_get, DEVICE, OUT(0))
ASK(rsmi_dev_metrics_xcd_counter_get, DEVICE, OUT(0))
ASK(rsmi_dev_metrics_log_get, DEVICE)
#endif
#if RSMI_GENERATION >= 64
ASK(rsmi_dev_market_name_get, DEVICE, OUT(0), LENGTH32)
ASK(rsmi_dev_device_identifiers_get, DEVICE, OUT(0))
ASK(rsmi_dev_partition_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_memory_partition_capabilities_get, DEVICE, OUT(0), LENGTH32)
#endif

ASK(rsmi_dev_pci_bandwidth_set, DEVICE, ARG(0))
ASK(rsmi_dev_power_cap_set, DEVICE, ARG32(0), ARG(1))
ASK(rsmi_dev_power_profile_set, DEVICE, 0, (rsmi_power_profile_preset_masks_t)ARG(0))
ASK(rsmi_dev_fan_reset, DEVICE, ARG32(0))
ASK(rsmi_dev_fan_speed_set, DEVICE, ARG32(0), ARG(1))
ASK(rsmi_perf_determinism_mode_set, DEVICE, ARG(0))
ASK(rsmi_dev_gpu_reset, DEVICE)
ASK(rsmi_dev_clk_range_set, DEVICE, ARG(1), ARG(1) + 1, (rsmi_clk_type_t)ARG(0))
ASK(rsmi_dev_od_clk_info_set, DEVICE, (rsmi_freq_ind_t)ARG(1), 1000, (rsmi_clk_type_t)ARG(0))
ASK(rsmi_dev_od_volt_info_set, DEVICE, ARG32(0), 1000, 1000)
ASK(rsmi_dev_perf_level_set, DEVICE, (rsmi_dev_perf_level_t)ARG(0))
ASK(rsmi_dev_perf_level_set_v1, DEVICE, (rsmi_dev_perf_level_t)ARG(0))
ASK(rsmi_dev_overdrive_level_set, DEVICE, ARG32(0))
ASK(rsmi_dev_overdrive_level_set_v1, DEVICE, ARG32(0))
ASK(rsmi_dev_gpu_clk_freq_set, DEVICE, (rsmi_clk_type_t)ARG(0), ARG(1))
ASK(rsmi_dev_xgmi_error_reset, DEVICE)
ASK(rsmi_event_notification_init, DEVICE)
#if RSMI_GENERATION >= 60
ASK(rsmi_dev_clk_extremum_set, DEVICE, (rsmi_freq_ind_t)ARG(1), 1000, (rsmi_clk_type_t)ARG(0))
ASK(rsmi_dev_compute_partition_set, DEVICE, (rsmi_compute_partition_type_t)ARG(0))
ASK(rsmi_dev_compute_partition_reset, DEVICE)
ASK(rsmi_dev_memory_partition_set, DEVICE, (rsmi_memory_partition_type_t)ARG(0))
ASK(rsmi_dev_memory_partition_reset, DEVICE)
#endif

/* What an output is besides a place for one value. */
enum role {
    ONE,
    ROOM_IN,  /* holds, before the call, how many elements there is room for in the next output */
    MANY,     /* so many elements */
    COUNTERS, /* as many as the set of counters says, with their types in place */
};

struct output {
    const char *name;
    const struct shape *shape;
    enum role role;
};

struct question {
    const char *name;
    rsmi_status_t (*function)(const struct call *);
    void (*symbol)(void); /* NULL if the library lacks it */
    const struct axis *axes[AXES];
    struct output outputs[OUTPUTS];
};

#define QUESTION(function) #function, ask_##function, (void (*)(void))function
#define TEXT_ANSWER {{"text", &TEXT_BUFFER, ONE}}

static const struct question system_questions[] = {
    {QUESTION(rsmi_version_get), {0}, {{"version", &VERSION, ONE}}},
    {QUESTION(rsmi_version_str_get), {&components}, TEXT_ANSWER},
    {QUESTION(rsmi_status_string), {&status_codes}, {{"text", &CONSTANT, ONE}}},
    {QUESTION(rsmi_num_monitor_devices), {0}, {{"count", &U32, ONE}}},
    {QUESTION(rsmi_compute_process_info_get), {0}, {{"count", &U32, ROOM_IN}, {"processes", &PROCESS, MANY}}},
    {QUESTION(rsmi_compute_process_info_by_pid_get), {&processes}, {{"process", &PROCESS, ONE}}},
    {QUESTION(rsmi_compute_process_gpus_get), {&processes}, {{"count", &U32, ROOM_IN}, {"devices", &U32, MANY}}},
    {QUESTION(rsmi_event_notification_get), {&timeouts}, {{"count", &U32, ROOM_IN}, {"events", &EVENT, MANY}}},
    {QUESTION(rsmi_dev_counter_destroy), {0}, {{0}}},
    {QUESTION(rsmi_counter_control), {&commands}, {{0}}},
    {QUESTION(rsmi_counter_read), {0}, {{"value", &COUNTER_VALUE, ONE}}},
    {QUESTION(rsmi_dev_supported_variant_iterator_open), {0}, {{"handle", &OPAQUE, ONE}}},
    {QUESTION(rsmi_func_iter_next), {0}, {{0}}},
    {QUESTION(rsmi_func_iter_value_get), {0}, {{"value", &X64, ONE}}},
};

static const struct question device_questions[] = {
    {QUESTION(rsmi_dev_name_get), {0}, TEXT_ANSWER},
    {QUESTION(rsmi_dev_brand_get), {0}, TEXT_ANSWER},
    {QUESTION(rsmi_dev_vendor_name_get), {0}, TEXT_ANSWER},
    {QUESTION(rsmi_dev_vram_vendor_get), {0}, TEXT_ANSWER},
    {QUESTION(rsmi_dev_serial_number_get), {0}, TEXT_ANSWER},
    {QUESTION(rsmi_dev_subsystem_name_get), {0}, TEXT_ANSWER},
    {QUESTION(rsmi_dev_vbios_version_get), {0}, TEXT_ANSWER},
    {QUESTION(rsmi_dev_id_get), {0}, {{"id", &X16, ONE}}},
    {QUESTION(rsmi_dev_vendor_id_get), {0}, {{"id", &X16, ONE}}},
    {QUESTION(rsmi_dev_subsystem_id_get), {0}, {{"id", &X16, ONE}}},
    {QUESTION(rsmi_dev_subsystem_vendor_id_get), {0}, {{"id", &X16, ONE}}},
    {QUESTION(rsmi_dev_unique_id_get), {0}, {{"id", &X64, ONE}}},
    {QUESTION(rsmi_dev_pci_id_get), {0}, {{"bdfid", &X64, ONE}}},
    {QUESTION(rsmi_dev_drm_render_minor_get), {0}, {{"minor", &U32, ONE}}},
    {QUESTION(rsmi_dev_pci_bandwidth_get), {0}, {{"bandwidth", &BANDWIDTH, ONE}}},
    {QUESTION(rsmi_dev_pci_throughput_get), {0}, {{"sent", &U64, ONE}, {"received", &U64, ONE}, {"max_packet", &U64, ONE}}},
    {QUESTION(rsmi_dev_pci_replay_counter_get), {0}, {{"counter", &U64, ONE}}},
    {QUESTION(rsmi_topo_numa_affinity_get), {0}, {{"node", &I32, ONE}}},
    {QUESTION(rsmi_dev_power_ave_get), {&sensors}, {{"power", &U64, ONE}}},
    {QUESTION(rsmi_dev_energy_count_get), {0}, {{"counter", &U64, ONE}, {"resolution", &FLOAT, ONE}, {"timestamp", &U64, ONE}}},
    {QUESTION(rsmi_dev_power_cap_get), {&sensors}, {{"cap", &U64, ONE}}},
    {QUESTION(rsmi_dev_power_cap_default_get), {0}, {{"cap", &U64, ONE}}},
    {QUESTION(rsmi_dev_power_cap_range_get), {&sensors}, {{"max", &U64, ONE}, {"min", &U64, ONE}}},
    {QUESTION(rsmi_dev_memory_total_get), {&memories}, {{"total", &U64, ONE}}},
    {QUESTION(rsmi_dev_memory_usage_get), {&memories}, {{"used", &U64, ONE}}},
    {QUESTION(rsmi_dev_memory_busy_percent_get), {0}, {{"busy", &U32, ONE}}},
    {QUESTION(rsmi_dev_memory_reserved_pages_get), {0}, {{"count", &U32, ROOM_IN}, {"pages", &PAGE, MANY}}},
    {QUESTION(rsmi_dev_fan_rpms_get), {&sensors}, {{"speed", &I64, ONE}}},
    {QUESTION(rsmi_dev_fan_speed_get), {&sensors}, {{"speed", &I64, ONE}}},
    {QUESTION(rsmi_dev_fan_speed_max_get), {&sensors}, {{"max", &U64, ONE}}},
    {QUESTION(rsmi_dev_temp_metric_get), {&temperature_types, &temperature_metrics}, {{"temperature", &I64, ONE}}},
    {QUESTION(rsmi_dev_volt_metric_get), {&voltage_types, &voltage_metrics}, {{"voltage", &I64, ONE}}},
    {QUESTION(rsmi_dev_busy_percent_get), {0}, {{"busy", &U32, ONE}}},
    {QUESTION(rsmi_utilization_count_get), {&counters}, {{"counters", &UTILIZATION, COUNTERS}, {"timestamp", &U64, ONE}}},
    {QUESTION(rsmi_dev_perf_level_get), {0}, {{"level", &U32, ONE}}},
    {QUESTION(rsmi_dev_overdrive_level_get), {0}, {{"level", &U32, ONE}}},
    {QUESTION(rsmi_dev_gpu_clk_freq_get), {&clocks}, {{"frequencies", &FREQUENCIES, ONE}}},
    {QUESTION(rsmi_dev_od_volt_info_get), {0}, {{"data", &VOLT_FREQ, ONE}}},
    {QUESTION(rsmi_dev_od_volt_curve_regions_get), {0}, {{"count", &U32, ROOM_IN}, {"regions", &REGION, MANY}}},
    {QUESTION(rsmi_dev_gpu_metrics_info_get), {0}, {{"metrics", &GPU_METRICS, ONE}}},
    {QUESTION(rsmi_dev_power_profile_presets_get), {&sensors}, {{"profiles", &PROFILES, ONE}}},
    {QUESTION(rsmi_dev_firmware_version_get), {&firmware}, {{"version", &U64, ONE}}},
    {QUESTION(rsmi_dev_ecc_count_get), {&blocks}, {{"errors", &ERROR_COUNT, ONE}}},
    {QUESTION(rsmi_dev_ecc_enabled_get), {0}, {{"blocks", &X64, ONE}}},
    {QUESTION(rsmi_dev_ecc_status_get), {&blocks}, {{"state", &U32, ONE}}},
    {QUESTION(rsmi_dev_counter_group_supported), {&groups}, {{0}}},
    {QUESTION(rsmi_counter_available_counters_get), {&groups}, {{"available", &U32, ONE}}},
    {QUESTION(rsmi_dev_counter_create), {&event_types}, {{"handle", &OPAQUE, ONE}}},
    {QUESTION(rsmi_dev_xgmi_error_status), {0}, {{"status", &U32, ONE}}},
    {QUESTION(rsmi_dev_xgmi_hive_id_get), {0}, {{"id", &X64, ONE}}},
    {QUESTION(rsmi_topo_get_numa_node_number), {0}, {{"node", &U32, ONE}}},
    {QUESTION(rsmi_topo_get_link_weight), {&destinations}, {{"weight", &U64, ONE}}},
    {QUESTION(rsmi_topo_get_link_type), {&destinations}, {{"hops", &U64, ONE}, {"type", &U32, ONE}}},
    {QUESTION(rsmi_minmax_bandwidth_get), {&destinations}, {{"min", &U64, ONE}, {"max", &U64, ONE}}},
    {QUESTION(rsmi_is_P2P_accessible), {&destinations}, {{"accessible", &BOOL, ONE}}},
    {QUESTION(rsmi_dev_supported_func_iterator_open), {0}, {{"handle", &OPAQUE, ONE}}},
    {QUESTION(rsmi_event_notification_mask_set), {&numbers}, {{0}}},
    {QUESTION(rsmi_event_notification_stop), {0}, {{0}}},
#if RSMI_GENERATION >= 60
    {QUESTION(rsmi_dev_sku_get), {0}, {{"sku", &X16, ONE}}},
    {QUESTION(rsmi_dev_revision_get), {0}, {{"revision", &X16, ONE}}},
    {QUESTION(rsmi_dev_xgmi_physical_id_get), {0}, {{"id", &U16, ONE}}},
    {QUESTION(rsmi_dev_guid_get), {0}, {{"guid", &U64, ONE}}},
    {QUESTION(rsmi_dev_node_id_get), {0}, {{"node", &U32, ONE}}},
    {QUESTION(rsmi_dev_current_socket_power_get), {0}, {{"power", &U64, ONE}}},
    {QUESTION(rsmi_dev_power_get), {0}, {{"power", &U64, ONE}, {"type", &U32, ONE}}},
    {QUESTION(rsmi_dev_activity_metric_get), {&activities}, {{"activity", &ACTIVITY, ONE}}},
    {QUESTION(rsmi_dev_activity_avg_mm_get), {0}, {{"activity", &U16, ONE}}},
    {QUESTION(rsmi_dev_mem_overdrive_level_get), {0}, {{"level", &U32, ONE}}},
    {QUESTION(rsmi_dev_target_graphics_version_get), {0}, {{"version", &U64, ONE}}},
    {QUESTION(rsmi_compute_process_info_by_device_get), {&processes}, {{"process", &PROCESS, ONE}}},
    {QUESTION(rsmi_dev_compute_partition_get), {0}, TEXT_ANSWER},
    {QUESTION(rsmi_dev_memory_partition_get), {0}, TEXT_ANSWER},
    {QUESTION(rsmi_dev_metrics_header_info_get), {0}, {{"header", &METRICS_HEADER, ONE}}},
    {QUESTION(rsmi_dev_metrics_xcd_counter_get), {0}, {{"counter", &U16, ONE}}},
    {QUESTION(rsmi_dev_metrics_log_get), {0}, {{0}}},
#endif
#if RSMI_GENERATION >= 64
    {QUESTION(rsmi_dev_market_name_get), {0}, TEXT_ANSWER},
    {QUESTION(rsmi_dev_device_identifiers_get), {0}, {{"identifiers", &IDENTIFIERS, ONE}}},
    {QUESTION(rsmi_dev_partition_id_get), {0}, {{"id", &U32, ONE}}},
    {QUESTION(rsmi_dev_memory_partition_capabilities_get), {0}, TEXT_ANSWER},
#endif
};

static const struct question setters[] = {
    {QUESTION(rsmi_dev_pci_bandwidth_set), {&numbers}, {{0}}},
    {QUESTION(rsmi_dev_power_cap_set), {&sensors, &numbers}, {{0}}},
    {QUESTION(rsmi_dev_power_profile_set), {&numbers}, {{0}}},
    {QUESTION(rsmi_dev_fan_reset), {&sensors}, {{0}}},
    {QUESTION(rsmi_dev_fan_speed_set), {&sensors, &numbers}, {{0}}},
    {QUESTION(rsmi_perf_determinism_mode_set), {&numbers}, {{0}}},
    {QUESTION(rsmi_dev_gpu_reset), {0}, {{0}}},
    {QUESTION(rsmi_dev_clk_range_set), {&clocks, &numbers}, {{0}}},
    {QUESTION(rsmi_dev_od_clk_info_set), {&clocks, &levels}, {{0}}},
    {QUESTION(rsmi_dev_od_volt_info_set), {&numbers}, {{0}}},
    {QUESTION(rsmi_dev_perf_level_set), {&numbers}, {{0}}},
    {QUESTION(rsmi_dev_perf_level_set_v1), {&numbers}, {{0}}},
    {QUESTION(rsmi_dev_overdrive_level_set), {&numbers}, {{0}}},
    {QUESTION(rsmi_dev_overdrive_level_set_v1), {&numbers}, {{0}}},
    {QUESTION(rsmi_dev_gpu_clk_freq_set), {&clocks, &numbers}, {{0}}},
    {QUESTION(rsmi_dev_xgmi_error_reset), {0}, {{0}}},
    {QUESTION(rsmi_event_notification_init), {0}, {{0}}},
#if RSMI_GENERATION >= 60
    {QUESTION(rsmi_dev_clk_extremum_set), {&clocks, &levels}, {{0}}},
    {QUESTION(rsmi_dev_compute_partition_set), {&numbers}, {{0}}},
    {QUESTION(rsmi_dev_compute_partition_reset), {0}, {{0}}},
    {QUESTION(rsmi_dev_memory_partition_set), {&numbers}, {{0}}},
    {QUESTION(rsmi_dev_memory_partition_reset), {0}, {{0}}},
#endif
};

/* ------------------------------------------------------------------ asking one */

/* An output lives at the start of its own room, whose remainder is the guard. The union aligns it for every type. */
union room {
    unsigned char bytes[ROOM];
    uint64_t number;
    void *pointer;
};

struct answer {
    rsmi_status_t status;
    union room rooms[OUTPUTS];
};

enum { NONE_LEFT_OUT = 0, ALL_LEFT_OUT = -1 };

static int output_count(const struct question *question)
{
    int count = 0;
    while (count < OUTPUTS && question->outputs[count].shape)
        count++;
    return count;
}

/* The outputs whose bits are set in `left_out` are NULL. */
static void ask(const struct question *question, uint32_t device, const size_t pick[AXES], size_t length, int left_out,
                struct answer *answer)
{
    struct call call = {.device = device, .length = length};
    for (int i = 0; i < AXES; i++)
        if (question->axes[i])
            call.argument[i] = question->axes[i]->values[pick[i]].number;
    for (int i = 0; i < output_count(question); i++) {
        union room *room = &answer->rooms[i];
        memset(room, UNTOUCHED, sizeof *room);
        if (question->outputs[i].role == ROOM_IN) {
            memcpy(room, &(uint32_t){(uint32_t)length}, sizeof(uint32_t));
        } else if (question->outputs[i].role == COUNTERS) {
            for (uint32_t j = 0; j < counter_sets[call.argument[0]].count; j++)
                memcpy(room->bytes + j * sizeof(rsmi_utilization_counter_t), &counter_sets[call.argument[0]].types[j],
                       sizeof(uint32_t));
        }
        if (!(left_out & 1 << i))
            call.out[i] = room;
    }
    answer->status = question->function(&call);
}

static void print_answer(const struct question *question, const size_t pick[AXES], size_t length,
                         const struct answer *answer)
{
    print_status(answer->status);
    for (int i = 0; i < output_count(question); i++) {
        const struct output *output = &question->outputs[i];
        const unsigned char *bytes = answer->rooms[i].bytes;
        size_t elements = output->role == MANY       ? length
                          : output->role == COUNTERS ? counter_sets[pick[0]].count
                          : output->shape->kind == TEXT ? length
                                                        : 1;
        size_t size = elements * output->shape->size;
        printf(" %s=", output->name);
        if (output->role == MANY || output->role == COUNTERS)
            print_array(output->shape, bytes, elements);
        else
            print_value(output->shape, bytes, elements);
        if (!untouched(bytes + size, ROOM - size))
            fputs(" OVERRUN", stdout);
    }
}

/* ------------------------------------------------------------------ every way to ask */

/* Where a question is asked. Where there is no device, one value of each argument is enough. */
struct place {
    const char *name;
    uint32_t device;
    bool exists;
};

struct way {
    size_t pick[AXES];
    size_t length;
    bool from_exact; /* the length is more or less than what the whole answer needs */
    int left_out;
};

/* The length that the whole answer needs; where there is none, any that is not tried otherwise will do. */
static size_t exact_length(const struct place *place, const struct question *question, const size_t pick[AXES])
{
    static struct answer whole;
    if (question->outputs[0].role == ROOM_IN) {
        ask(question, place->device, pick, 0, 1 << 1, &whole);
        uint64_t count = number_at(whole.rooms[0].bytes, sizeof(uint32_t));
        return whole.status == RSMI_STATUS_SUCCESS && count > 0 && count < PLAIN_ELEMENTS ? count : 8;
    }
    ask(question, place->device, pick, PLAIN_LENGTH, NONE_LEFT_OUT, &whole);
    return whole.status == RSMI_STATUS_SUCCESS ? strlen((const char *)whole.rooms[0].bytes) + 1 : 8;
}

static void probe(const struct place *place, const struct question *question, const struct way *way, const char *how)
{
    static struct answer answer;
    char id[LONGEST_ID];
    int used = snprintf(id, sizeof id, "%s/%s", place->name, question->name);
    for (int i = 0; i < AXES; i++)
        if (question->axes[i])
            used += snprintf(id + used, sizeof id - (size_t)used, "/%s", question->axes[i]->values[way->pick[i]].name);
    snprintf(id + used, sizeof id - (size_t)used, "%s", how);

    if (!begin_probe(id))
        return;
    if (question->symbol) {
        size_t length = way->length;
        if (way->from_exact)
            length += exact_length(place, question, way->pick);
        ask(question, place->device, way->pick, length, way->left_out, &answer);
        print_answer(question, way->pick, length, &answer);
    } else {
        fputs("not exported", stdout);
    }
    end_probe();
}

static void probe_lengths(const struct place *place, const struct question *question, const char *word)
{
    static const struct {
        const char *name;
        bool from_exact;
        int length;
    } lengths[] = {
        {"0", false, 0},       {"1", false, 1},     {"2", false, 2},       {"4", false, 4},
        {"exact-1", true, -1}, {"exact", true, 0},  {"exact+1", true, 1},
    };
    for (size_t i = 0; i < COUNT(lengths); i++) {
        char how[LONGEST_ID];
        struct way way = {.length = (size_t)lengths[i].length, .from_exact = lengths[i].from_exact};
        snprintf(how, sizeof how, "/%s:%s", word, lengths[i].name);
        probe(place, question, &way, how);
    }
}

static size_t axis_size(const struct question *question, int axis, bool once)
{
    return question->axes[axis] && !once ? question->axes[axis]->count : 1;
}

static void probe_question(const struct place *place, const struct question *question)
{
    bool text = question->outputs[0].shape == &TEXT_BUFFER;
    bool array = question->outputs[0].role == ROOM_IN;
    int outputs = output_count(question);
    struct way way = {.length = array ? PLAIN_ELEMENTS : PLAIN_LENGTH};

    for (way.pick[0] = 0; way.pick[0] < axis_size(question, 0, !place->exists); way.pick[0]++) {
        for (way.pick[1] = 0; way.pick[1] < axis_size(question, 1, !place->exists); way.pick[1]++) {
            way.left_out = NONE_LEFT_OUT;
            probe(place, question, &way, "");
            for (int i = 0; i < outputs; i++) {
                char how[LONGEST_ID];
                way.left_out = 1 << i;
                snprintf(how, sizeof how, "/null:%s", question->outputs[i].name);
                probe(place, question, &way, how);
            }
            way.left_out = ALL_LEFT_OUT;
            if (outputs > 1)
                probe(place, question, &way, "/null:all");
        }
    }
    if (place->exists && text)
        probe_lengths(place, question, "len");
    if (place->exists && array)
        probe_lengths(place, question, "room");
}
