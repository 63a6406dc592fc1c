/* As RCCL, a library that is linked: the links between GPUs, and failure at the first odd status. */
#define CALL(f) f
#include "tool.h"

int ask(void)
{
    rsmi_version_t version;
    uint32_t device, other, devices;

    NEED(rsmi_init, 2 /* no lock between processes */);
    VERSION(&version);
    devices = DEVICES;
    for (device = 0; device < devices; device++) {
        GET(uint64_t, PRIx64, rsmi_dev_pci_id_get, device);
        for (other = 0; other < devices; other++) {
            uint64_t *number = ROOM(uint64_t), *most = ROOM(uint64_t);
            RSMI_IO_LINK_TYPE *type = ROOM(RSMI_IO_LINK_TYPE);

            if (other == device)
                continue;
            NEED(rsmi_topo_get_link_type, device, other, number, type);
            printf("dev%u/to dev%u: %" PRIu64 " hops by %d\n", device, other, *number, *type);
            NEED(rsmi_topo_get_link_weight, device, other, number);
            printf("dev%u/to dev%u, weight: %" PRIu64 "\n", device, other, *number);
            /* Of the links between GPUs it wants the bandwidth, where that is told. */
            if (version.major >= 5 && *type == RSMI_IOLINK_TYPE_XGMI) {
                NEED(rsmi_minmax_bandwidth_get, device, other, number, most);
                printf("dev%u/to dev%u, bandwidth: %" PRIu64 " %" PRIu64 "\n", device, other, *number, *most);
            }
        }
    }
    NEED(rsmi_shut_down);
    return 0;
}
