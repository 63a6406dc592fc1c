/* Every function of rocm_smi.h: how to call it, what to ask it with, and what it writes. */
#ifndef SWEEP_FUNCTIONS_H
#define SWEEP_FUNCTIONS_H

#include "arguments.h"
#include "structs.h"

enum {
    OUTPUTS = 3, /* most outputs of one function */
    AXES = 2,    /* most arguments besides the device */
};

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
IN_PRAGMA(weak rsmi_dev_supported_func_iterator_close)

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
    {QUESTION(rsmi_dev_pci_throughput_get), {0},
     {{"sent", &U64, ONE}, {"received", &U64, ONE}, {"max_packet", &U64, ONE}}},
    {QUESTION(rsmi_dev_pci_replay_counter_get), {0}, {{"counter", &U64, ONE}}},
    {QUESTION(rsmi_topo_numa_affinity_get), {0}, {{"node", &I32, ONE}}},
    {QUESTION(rsmi_dev_power_ave_get), {&sensors}, {{"power", &U64, ONE}}},
    {QUESTION(rsmi_dev_energy_count_get), {0},
     {{"counter", &U64, ONE}, {"resolution", &FLOAT, ONE}, {"timestamp", &U64, ONE}}},
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
    {QUESTION(rsmi_utilization_count_get), {&counters},
     {{"counters", &UTILIZATION, COUNTERS}, {"timestamp", &U64, ONE}}},
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

#endif
