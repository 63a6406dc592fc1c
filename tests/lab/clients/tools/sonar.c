/* As sonar: one path only, and every function or none. */
#define CALL FOUND
#include "tool.h"

static const char *const NAMES[] = {"/opt/rocm/lib/librocm_smi64.so.7", NULL};

int main(void)
{
    uint32_t *count = ROOM(uint32_t);
    rsmi_version_t version;
    uint32_t device, devices;

    open_one_of(RTLD_NOW, NAMES);
    NEED(rsmi_init, 0);
    VERSION(&version);
    devices = DEVICES;
    for (device = 0; device < devices; device++) {
        rsmi_dev_perf_level_t *level = ROOM(rsmi_dev_perf_level_t);
        RSMI_POWER_TYPE *type = ROOM(RSMI_POWER_TYPE);
        uint64_t *power = ROOM(uint64_t), *least = ROOM(uint64_t), *most = ROOM(uint64_t);

        GET(uint64_t, PRIx64, rsmi_dev_pci_id_get, device);
        GET(uint64_t, PRIx64, rsmi_dev_unique_id_get, device);
        GET(uint64_t, PRIu64, rsmi_dev_guid_get, device);
        GET(uint32_t, PRIu32, rsmi_dev_node_id_get, device);
        TEXT(rsmi_dev_name_get, device, 128);
        TEXT(rsmi_dev_vbios_version_get, device, 128);
        GET(uint64_t, PRIu64, rsmi_dev_target_graphics_version_get, device);
        say(device, "rsmi_dev_power_get", CALL(rsmi_dev_power_get)(device, power, type),
            "%" PRIu64 " %d", *power, *type);
        GET(uint64_t, PRIu64, rsmi_dev_power_cap_get, device, 0);
        say(device, "rsmi_dev_power_cap_range_get",
            CALL(rsmi_dev_power_cap_range_get)(device, 0, most, least), "%" PRIu64 " %" PRIu64,
            *least, *most);
        say(device, "rsmi_dev_perf_level_get", CALL(rsmi_dev_perf_level_get)(device, level), "%d",
            *level);
        GET(int64_t, PRId64, rsmi_dev_temp_metric_get, device, RSMI_TEMP_TYPE_JUNCTION, RSMI_TEMP_CURRENT);
        GET(uint32_t, PRIu32, rsmi_dev_busy_percent_get, device);
        GET(uint64_t, PRIu64, rsmi_dev_memory_total_get, device, RSMI_MEM_TYPE_VRAM);
        GET(uint64_t, PRIu64, rsmi_dev_memory_usage_get, device, RSMI_MEM_TYPE_VRAM);
        FREQUENCIES(device, RSMI_CLK_TYPE_SYS);
    }
    say(0, "processes", CALL(rsmi_compute_process_info_get)(NULL, count), "%u", *count);
    NEED(rsmi_shut_down);
    return 0;
}
