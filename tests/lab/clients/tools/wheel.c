/* As a library of a Python wheel, which is linked: peers, the link to the host, and gpu_metrics. */
#define CALL(f) f
#include "tool.h"

int ask(void)
{
    uint32_t device, other, devices;

    NEED(rsmi_init, 0);
    devices = DEVICES;
    for (device = 0; device < devices; device++) {
        BANDWIDTH(device);
        METRICS(device);
        for (other = 0; other < devices; other++) {
            char name[64];
            bool *accessible = ROOM(bool);

            snprintf(name, sizeof name, "peer %u", other);
            say(device, name, rsmi_is_P2P_accessible(device, other, accessible), "%d", *accessible);
        }
    }
    NEED(rsmi_shut_down);
    return 0;
}
