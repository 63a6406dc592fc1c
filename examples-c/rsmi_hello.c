/* rsmi_hello: the name and the temperature of each GPU. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rocm_smi/rocm_smi.h"

int main(int argc, char **argv)
{
    if (argc > 1) {
        puts("usage: rsmi_hello");
        return strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    rsmi_status_t status = rsmi_init(0);
    if (status != RSMI_STATUS_SUCCESS) {
        fprintf(stderr, "rsmi_hello: rsmi_init returns %d: is the amdgpu driver loaded?\n", (int)status);
        return 1;
    }
    uint32_t count = 0;
    rsmi_num_monitor_devices(&count);
    for (uint32_t device = 0; device < count; device++) {
        char name[64] = "no name";
        int64_t millidegrees;
        rsmi_dev_name_get(device, name, sizeof name);
        printf("%" PRIu32 ": %s", device, name);
        status = rsmi_dev_temp_metric_get(device, RSMI_TEMP_TYPE_JUNCTION, RSMI_TEMP_CURRENT, &millidegrees);
        if (status == RSMI_STATUS_SUCCESS)
            printf(", %.1f degrees Celsius", (double)millidegrees / 1000);
        putchar('\n');
    }
    rsmi_shut_down();
    return 0;
}
