/* As ZLUDA, which is linked: the few numbers for which NVML's callers ask. */
#define CALL(f) f
#include "tool.h"

int main(void)
{
    uint32_t device, devices;

    NEED(rsmi_init, 0);
    devices = DEVICES;
    for (device = 0; device < devices; device++) {
        GET(uint64_t, PRIx64, rsmi_dev_pci_id_get, device);
        TEXT(rsmi_dev_name_get, device, 96);
        GET(uint64_t, PRIu64, rsmi_dev_memory_total_get, device, RSMI_MEM_TYPE_VRAM);
        GET(uint64_t, PRIu64, rsmi_dev_memory_usage_get, device, RSMI_MEM_TYPE_VRAM);
        GET(uint32_t, PRIu32, rsmi_dev_busy_percent_get, device);
        GET(int64_t, PRId64, rsmi_dev_temp_metric_get, device, RSMI_TEMP_TYPE_EDGE, RSMI_TEMP_CURRENT);
    }
    NEED(rsmi_shut_down);
    return 0;
}
