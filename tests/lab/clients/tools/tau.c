/* As TAU's and ZeroSum's libraries: loaded in front of a program, linked, and asked as it begins. */
#define CALL(f) f
#include "tool.h"

__attribute__((constructor)) static void begin(void)
{
    uint32_t device, devices;

    /* The launcher is a program too, and asks nothing. */
    if (getenv("PROFILED") == NULL)
        return;
    NEED(rsmi_init, 0);
    devices = DEVICES;
    for (device = 0; device < devices; device++) {
        GET(uint64_t, PRIx64, rsmi_dev_pci_id_get, device);
        TEXT(rsmi_dev_name_get, device, 96);
        GET(uint32_t, PRIu32, rsmi_dev_busy_percent_get, device);
        GET(uint32_t, PRIu32, rsmi_dev_memory_busy_percent_get, device);
        GET(uint64_t, PRIu64, rsmi_dev_memory_usage_get, device, RSMI_MEM_TYPE_VRAM);
        GET(uint64_t, PRIu64, rsmi_dev_memory_total_get, device, RSMI_MEM_TYPE_VRAM);
        GET(uint64_t, PRIu64, rsmi_dev_power_ave_get, device, 0);
        GET(int64_t, PRId64, rsmi_dev_temp_metric_get, device, RSMI_TEMP_TYPE_EDGE, RSMI_TEMP_CURRENT);
        GET(int64_t, PRId64, rsmi_dev_volt_metric_get, device, RSMI_VOLT_TYPE_VDDGFX, RSMI_VOLT_CURRENT);
        FREQUENCIES(device, RSMI_CLK_TYPE_SYS);
        FREQUENCIES(device, RSMI_CLK_TYPE_MEM);
        METRICS(device);
    }
    NEED(rsmi_shut_down);
}
