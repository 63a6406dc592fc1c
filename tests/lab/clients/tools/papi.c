/* As PAPI's component rocm_smi: everything that the iterators name, by variants and sensors. */
#define CALL FOUND
#include "tool.h"

/* All of these must be there, or there is no component. */
static const char *const NEEDED[] = {
    "rsmi_init", "rsmi_shut_down", "rsmi_num_monitor_devices", "rsmi_version_get",
    "rsmi_version_str_get", "rsmi_status_string", "rsmi_dev_supported_func_iterator_open",
    "rsmi_dev_supported_func_iterator_close", "rsmi_dev_supported_variant_iterator_open",
    "rsmi_func_iter_next", "rsmi_func_iter_value_get", "rsmi_dev_pci_id_get", "rsmi_dev_id_get",
    "rsmi_dev_vendor_id_get", "rsmi_dev_subsystem_id_get", "rsmi_dev_subsystem_vendor_id_get",
    "rsmi_dev_unique_id_get", "rsmi_dev_drm_render_minor_get", "rsmi_dev_overdrive_level_get",
    "rsmi_dev_overdrive_level_set", "rsmi_dev_perf_level_get", "rsmi_dev_perf_level_set",
    "rsmi_dev_memory_total_get", "rsmi_dev_memory_usage_get", "rsmi_dev_memory_busy_percent_get",
    "rsmi_dev_busy_percent_get", "rsmi_dev_pci_replay_counter_get", "rsmi_dev_pci_throughput_get",
    "rsmi_dev_power_profile_presets_get", "rsmi_dev_power_profile_set", "rsmi_dev_fan_reset",
    "rsmi_dev_fan_rpms_get", "rsmi_dev_fan_speed_get", "rsmi_dev_fan_speed_max_get",
    "rsmi_dev_fan_speed_set", "rsmi_dev_power_ave_get", "rsmi_dev_power_cap_get",
    "rsmi_dev_power_cap_range_get", "rsmi_dev_power_cap_set", "rsmi_dev_temp_metric_get",
    "rsmi_dev_volt_metric_get", "rsmi_dev_firmware_version_get", "rsmi_dev_ecc_count_get",
    "rsmi_dev_ecc_enabled_get", "rsmi_dev_ecc_status_get", "rsmi_dev_name_get",
    "rsmi_dev_brand_get", "rsmi_dev_sku_get", "rsmi_dev_vendor_name_get",
    "rsmi_dev_subsystem_name_get", "rsmi_dev_vbios_version_get", "rsmi_dev_serial_number_get",
    "rsmi_dev_vram_vendor_get", "rsmi_dev_xgmi_error_status", "rsmi_dev_xgmi_error_reset",
    "rsmi_dev_xgmi_hive_id_get", "rsmi_dev_gpu_clk_freq_get", "rsmi_dev_gpu_clk_freq_set",
    "rsmi_dev_pci_bandwidth_get", "rsmi_dev_pci_bandwidth_set", "rsmi_dev_od_volt_info_get",
    "rsmi_topo_numa_affinity_get", "rsmi_topo_get_numa_node_number", "rsmi_topo_get_link_weight",
    "rsmi_topo_get_link_type", "rsmi_compute_process_info_get", "rsmi_dev_counter_group_supported",
};

static uint64_t value_of(rsmi_func_id_iter_handle_t iterator, int is_name, const char **name)
{
    rsmi_func_id_value_t *value = ROOM(rsmi_func_id_value_t);

    /* The tool asks for ever where this fails. */
    NEED(rsmi_func_iter_value_get, iterator, value);
    if (is_name)
        *name = value->name;
    return value->id;
}

static void sensors(uint32_t device, const char *name, uint64_t variant, rsmi_func_id_iter_handle_t of)
{
    rsmi_func_id_iter_handle_t sensor;

    if (CALL(rsmi_dev_supported_variant_iterator_open)(of, &sensor) != RSMI_STATUS_SUCCESS)
        return;
    do {
        char event[96];
        uint64_t number = value_of(sensor, 0, NULL);

        snprintf(event, sizeof event, "event %s:%" PRIx64 ":%" PRIu64, name, variant, number);
        say(device, event, RSMI_STATUS_SUCCESS, "%s", "");
        if (strcmp(name, "rsmi_dev_temp_metric_get") == 0)
            GET(int64_t, PRId64, rsmi_dev_temp_metric_get, device, (uint32_t)number,
                (rsmi_temperature_metric_t)variant);
    } while (CALL(rsmi_func_iter_next)(sensor) == RSMI_STATUS_SUCCESS);
    NEED(rsmi_dev_supported_func_iterator_close, &sensor);
}

static void events(uint32_t device)
{
    rsmi_func_id_iter_handle_t function, variant;

    NEED(rsmi_dev_supported_func_iterator_open, device, &function);
    for (;;) {
        const char *name = NULL;
        rsmi_status_t next;

        value_of(function, 1, &name);
        say(device, name, RSMI_STATUS_SUCCESS, "is there");
        if (CALL(rsmi_dev_supported_variant_iterator_open)(function, &variant) == RSMI_STATUS_SUCCESS) {
            do {
                char event[96];
                uint64_t number = value_of(variant, 0, NULL);

                snprintf(event, sizeof event, "event %s:%" PRIx64, name, number);
                say(device, event, RSMI_STATUS_SUCCESS, "%s", "");
                sensors(device, name, number, variant);
            } while (CALL(rsmi_func_iter_next)(variant) == RSMI_STATUS_SUCCESS);
            NEED(rsmi_dev_supported_func_iterator_close, &variant);
        }
        next = CALL(rsmi_func_iter_next)(function);
        if (next == RSMI_STATUS_NO_DATA)
            break;
        if (next != RSMI_STATUS_SUCCESS)
            exit(1);
    }
    NEED(rsmi_dev_supported_func_iterator_close, &function);
}

int main(void)
{
    const char *root = getenv("PAPI_ROCMSMI_ROOT");
    char path[256];
    const char *names[] = {path, NULL};
    uint32_t device, devices;
    rsmi_version_t version;
    size_t nth;

    snprintf(path, sizeof path, "%s/lib/librocm_smi64.so", root ? root : "");
    open_one_of(RTLD_NOW | RTLD_GLOBAL, names);
    for (nth = 0; nth < sizeof NEEDED / sizeof NEEDED[0]; nth++)
        found(NEEDED[nth]);
    NEED(rsmi_init, 0);
    VERSION(&version);
    devices = DEVICES;
    printf("devices: %u\n", devices);
    for (device = 0; device < devices && device < 32; device++) {
        uint64_t *sent = ROOM(uint64_t), *received = ROOM(uint64_t), *most = ROOM(uint64_t);

        events(device);
        GET(uint64_t, PRIx64, rsmi_dev_pci_id_get, device);
        GET(uint16_t, PRIu16, rsmi_dev_id_get, device);
        GET(uint64_t, PRIx64, rsmi_dev_unique_id_get, device);
        GET(uint32_t, PRIu32, rsmi_dev_busy_percent_get, device);
        GET(uint64_t, PRIu64, rsmi_dev_memory_total_get, device, RSMI_MEM_TYPE_VRAM);
        GET(uint64_t, PRIu64, rsmi_dev_memory_usage_get, device, RSMI_MEM_TYPE_VRAM);
        GET(uint64_t, PRIu64, rsmi_dev_power_ave_get, device, 0);
        GET(uint64_t, PRIu64, rsmi_dev_power_cap_get, device, 0);
        FREQUENCIES(device, RSMI_CLK_TYPE_SYS);
        FREQUENCIES(device, RSMI_CLK_TYPE_DF);
        FREQUENCIES(device, RSMI_CLK_TYPE_DCEF);
        FREQUENCIES(device, RSMI_CLK_TYPE_SOC);
        FREQUENCIES(device, RSMI_CLK_TYPE_MEM);
        BANDWIDTH(device);
        say(device, "rsmi_dev_pci_throughput_get",
            CALL(rsmi_dev_pci_throughput_get)(device, sent, received, most),
            "%" PRIu64 " %" PRIu64 " %" PRIu64, *sent, *received, *most);
    }
    NEED(rsmi_shut_down);
    return dlclose(library_);
}
