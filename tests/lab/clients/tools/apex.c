/* As APEX: the table of all metrics and the counters of utilisation, of every device. */
#define CALL(f) f
#include "tool.h"

int main(void)
{
    uint32_t device, devices;

    NEED(rsmi_init, 0);
    devices = DEVICES;
    for (device = 0; device < devices; device++) {
        rsmi_utilization_counter_t *counters = room(2 * sizeof *counters);
        uint64_t *time = ROOM(uint64_t), *read = ROOM(uint64_t), *sent = ROOM(uint64_t);
        uint64_t *size = ROOM(uint64_t);
        rsmi_status_t status;

        METRICS(device);
        counters[0].type = RSMI_COARSE_GRAIN_GFX_ACTIVITY;
        counters[1].type = RSMI_COARSE_GRAIN_MEM_ACTIVITY;
        status = rsmi_utilization_count_get(device, counters, 2, time);
        say(device, "rsmi_utilization_count_get", status, "%" PRIu64 " %" PRIu64,
            (uint64_t)counters[0].value, (uint64_t)counters[1].value);
        status = rsmi_dev_pci_throughput_get(device, sent, read, size);
        say(device, "rsmi_dev_pci_throughput_get", status, "%" PRIu64 " %" PRIu64, *sent, *read);
        TEXT(rsmi_dev_name_get, device, 128);
        GET(uint64_t, PRIx64, rsmi_dev_pci_id_get, device);
        GET(uint32_t, PRIu32, rsmi_dev_busy_percent_get, device);
        GET(uint32_t, PRIu32, rsmi_dev_memory_busy_percent_get, device);
        GET(int64_t, PRId64, rsmi_dev_fan_rpms_get, device, 0);
        GET(uint64_t, PRIu64, rsmi_dev_power_ave_get, device, 0);
        GET(uint64_t, PRIu64, rsmi_dev_memory_total_get, device, RSMI_MEM_TYPE_VRAM);
        GET(uint64_t, PRIu64, rsmi_dev_memory_usage_get, device, RSMI_MEM_TYPE_VRAM);
        GET(int64_t, PRId64, rsmi_dev_temp_metric_get, device, 0, RSMI_TEMP_CURRENT);
        GET(int64_t, PRId64, rsmi_dev_volt_metric_get, device, RSMI_VOLT_TYPE_VDDGFX, RSMI_VOLT_CURRENT);
        FREQUENCIES(device, RSMI_CLK_TYPE_SYS);
        FREQUENCIES(device, RSMI_CLK_TYPE_MEM);
    }
    NEED(rsmi_shut_down);
    return 0;
}
