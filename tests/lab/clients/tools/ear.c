/* As EAR: looks for files that it may execute, and opens the first for itself alone, with structs as
   they were in ROCm 5. */
#define CALL FOUND
#include "tool.h"

int main(void)
{
    const char *names[] = {getenv("HACK_RSMI_FILE"), "/opt/rocm/lib64/librocm_smi64.so",
                           "/opt/rocm/lib64/librocm_smi64.so.1", "/opt/rocm/lib/librocm_smi64.so",
                           "/opt/rocm/lib/librocm_smi64.so.1", "/usr/lib64/librocm_smi64.so",
                           "/usr/lib/librocm_smi64.so"};
    const char *there[2] = {NULL, NULL};
    uint32_t device, devices, nth;

    for (nth = 0; nth < sizeof names / sizeof names[0] && there[0] == NULL; nth++)
        if (names[nth] != NULL && access(names[nth], X_OK) == 0)
            there[0] = names[nth];
    open_one_of(RTLD_NOW | RTLD_LOCAL, there);
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
