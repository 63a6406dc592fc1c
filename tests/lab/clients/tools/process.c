/* A program that looks rsmi_* up in the process, and opens nothing. */
#define CALL FOUND
#include "tool.h"

int main(void)
{
    uint32_t device, devices;

    library_ = dlopen(NULL, RTLD_NOW);
    NEED(rsmi_init, 0);
    devices = DEVICES;
    for (device = 0; device < devices; device++) {
        TEXT(rsmi_dev_name_get, device, 96);
        GET(uint64_t, PRIx64, rsmi_dev_pci_id_get, device);
        GET(uint32_t, PRIu32, rsmi_dev_busy_percent_get, device);
    }
    NEED(rsmi_shut_down);
    return 0;
}
