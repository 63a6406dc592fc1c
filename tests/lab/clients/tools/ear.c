/* As EAR: opens by path, for itself alone, with structs as they were in ROCm 5. */
#define CALL FOUND
#include "tool.h"

int main(void)
{
    const char *base = getenv("RSMI_BASE");
    char first[256], second[256];
    const char *names[] = {first, second, "/usr/lib/x86_64-linux-gnu/librocm_smi64.so",
                           "/usr/lib/x86_64-linux-gnu/librocm_smi64.so.1", NULL};
    uint32_t device, devices;

    snprintf(first, sizeof first, "%s/lib64/librocm_smi64.so", base ? base : "/opt/rocm");
    snprintf(second, sizeof second, "%s/lib/librocm_smi64.so", base ? base : "/opt/rocm");
    open_one_of(RTLD_NOW | RTLD_LOCAL, names);
    NEED(rsmi_init, 0);
    devices = DEVICES;
    for (device = 0; device < devices; device++) {
        GET(uint64_t, PRIx64, rsmi_dev_pci_id_get, device);
        TEXT(rsmi_dev_serial_number_get, device, 64);
        GET(uint64_t, PRIu64, rsmi_dev_power_ave_get, device, 0);
        GET(uint64_t, PRIu64, rsmi_dev_power_cap_get, device, 0);
        GET(int64_t, PRId64, rsmi_dev_temp_metric_get, device, RSMI_TEMP_TYPE_MEMORY, RSMI_TEMP_CURRENT);
        GET(uint32_t, PRIu32, rsmi_dev_busy_percent_get, device);
        GET(uint32_t, PRIu32, rsmi_dev_memory_busy_percent_get, device);
        FREQUENCIES(device, RSMI_CLK_TYPE_SYS);
        FREQUENCIES(device, RSMI_CLK_TYPE_MEM);
    }
    NEED(rsmi_shut_down);
    return 0;
}
