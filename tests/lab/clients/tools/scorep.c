/* As Score-P's plug-in: probes for power and energy, then reads what was there. */
#define CALL(f) f
#include "tool.h"

int main(void)
{
    uint32_t device, devices;

    NEED(rsmi_init, 0);
    devices = DEVICES;
    for (device = 0; device < devices; device++) {
        uint64_t *counter = ROOM(uint64_t), *time = ROOM(uint64_t);
        float *resolution = ROOM(float);

        GET(uint64_t, PRIu64, rsmi_dev_current_socket_power_get, device);
        GET(uint64_t, PRIu64, rsmi_dev_power_ave_get, device, 0);
        say(device, "energy", rsmi_dev_energy_count_get(device, counter, resolution, time), "%.3f",
            (double)*counter * (double)*resolution);
        GET(int64_t, PRId64, rsmi_dev_temp_metric_get, device, 0, RSMI_TEMP_CURRENT);
        GET(int64_t, PRId64, rsmi_dev_temp_metric_get, device, 1, RSMI_TEMP_CURRENT);
        GET(uint32_t, PRIu32, rsmi_dev_busy_percent_get, device);
        GET(uint64_t, PRIu64, rsmi_dev_memory_usage_get, device, RSMI_MEM_TYPE_VRAM);
    }
    NEED(rsmi_shut_down);
    return 0;
}
