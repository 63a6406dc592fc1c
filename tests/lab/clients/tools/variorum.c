/* As variorum: begins and ends around every sample, and gives up at once. */
#define CALL(f) f
#include "tool.h"

int main(void)
{
    uint32_t device, devices, sample;

    for (sample = 0; sample < 50; sample++) {
        NEED(rsmi_init, 0);
        devices = DEVICES;
        for (device = 0; device < devices; device++) {
            uint64_t *power = ROOM(uint64_t);
            RSMI_POWER_TYPE *type = ROOM(RSMI_POWER_TYPE);
            rsmi_status_t status = rsmi_dev_power_get(device, power, type);

            if (sample > 0)
                continue;
            say(device, "rsmi_dev_power_get", status, "%" PRIu64 " %d", *power, *type);
            GET(uint64_t, PRIu64, rsmi_dev_power_cap_get, device, 0);
            GET(int64_t, PRId64, rsmi_dev_temp_metric_get, device, 0, RSMI_TEMP_CURRENT);
            GET(uint32_t, PRIu32, rsmi_dev_busy_percent_get, device);
            FREQUENCIES(device, RSMI_CLK_TYPE_SYS);
            FREQUENCIES(device, RSMI_CLK_TYPE_MEM);
        }
        NEED(rsmi_shut_down);
    }
    printf("samples: %u\n", sample);
    return 0;
}
