/* As go-rocm-smi: its references stay open when it is linked, and bind late, to what it opened. */
#define CALL(f) f
#include "tool.h"

static const char *const NAMES[] = {"librocm_smi64.so", NULL};

int main(void)
{
    rsmi_version_t version;
    uint32_t device, devices;

    open_one_of(RTLD_LAZY | RTLD_GLOBAL, NAMES);
    NEED(rsmi_init, 0);
    VERSION(&version);
    devices = DEVICES;
    for (device = 0; device < devices; device++) {
        rsmi_od_volt_freq_data_t *curve = ROOM(rsmi_od_volt_freq_data_t);
        rsmi_power_profile_status_t *profiles = ROOM(rsmi_power_profile_status_t);
        rsmi_retired_page_record_t *pages;
        uint32_t *count = ROOM(uint32_t);
        rsmi_status_t status;

        METRICS(device);
        FREQUENCIES(device, RSMI_CLK_TYPE_SYS);
        FREQUENCIES(device, RSMI_CLK_TYPE_SOC);
        FREQUENCIES(device, RSMI_CLK_TYPE_MEM);
        BANDWIDTH(device);
        status = rsmi_dev_od_volt_info_get(device, curve);
        say(device, "rsmi_dev_od_volt_info_get", status, "%" PRIu64 " %" PRIu64 " %u",
            curve->curr_sclk_range.lower_bound, curve->curr_sclk_range.upper_bound,
            curve->num_regions);
        status = rsmi_dev_power_profile_presets_get(device, 0, profiles);
        say(device, "rsmi_dev_power_profile_presets_get", status, "%" PRIx64 " %" PRIx64 " %u",
            profiles->available_profiles, (uint64_t)profiles->current, profiles->num_profiles);
        status = rsmi_dev_memory_reserved_pages_get(device, count, NULL);
        say(device, "rsmi_dev_memory_reserved_pages_get", status, "%u", *count);
        if (status == RSMI_STATUS_SUCCESS && *count > 0) {
            pages = room(*count * sizeof *pages);
            status = rsmi_dev_memory_reserved_pages_get(device, count, pages);
            say(device, "its first page", status, "%" PRIx64, pages[0].page_address);
        }
        GET(uint64_t, PRIu64, rsmi_dev_guid_get, device);
        GET(uint32_t, PRIu32, rsmi_dev_node_id_get, device);
        GET(uint64_t, PRIu64, rsmi_dev_current_socket_power_get, device);
        TEXT(rsmi_dev_compute_partition_get, device, 32);
        TEXT(rsmi_dev_memory_partition_get, device, 32);
        TEXT(rsmi_dev_name_get, device, 128);
        GET(uint64_t, PRIx64, rsmi_dev_pci_id_get, device);
        GET(uint32_t, PRIu32, rsmi_dev_busy_percent_get, device);
        GET(uint64_t, PRIu64, rsmi_dev_power_ave_get, device, 0);
        GET(uint64_t, PRIu64, rsmi_dev_memory_usage_get, device, RSMI_MEM_TYPE_VRAM);
        GET(int64_t, PRId64, rsmi_dev_temp_metric_get, device, 0, RSMI_TEMP_CURRENT);
    }
    NEED(rsmi_shut_down);
    return 0;
}
