/* As hwloc's rsmi component: what lstopo shows of each GPU, and the speeds of its links. */
#define CALL(f) f
#include "tool.h"

int main(void)
{
    rsmi_version_t version;
    uint32_t device, other, devices;

    NEED(rsmi_init, 0);
    VERSION(&version);
    devices = DEVICES;
    for (device = 0; device < devices; device++) {
        rsmi_pcie_bandwidth_t *link = ROOM(rsmi_pcie_bandwidth_t);
        rsmi_status_t status;

        GET(uint64_t, PRIx64, rsmi_dev_pci_id_get, device);
        GET(uint32_t, PRIu32, rsmi_dev_partition_id_get, device);
        TEXT(rsmi_dev_name_get, device, 64);
        TEXT(rsmi_dev_serial_number_get, device, 64);
        GET(uint64_t, PRIx64, rsmi_dev_unique_id_get, device);
        GET(uint64_t, PRIx64, rsmi_dev_xgmi_hive_id_get, device);
        GET(uint64_t, PRIu64, rsmi_dev_memory_total_get, device, RSMI_MEM_TYPE_VRAM);
        GET(uint64_t, PRIu64, rsmi_dev_memory_total_get, device, RSMI_MEM_TYPE_VIS_VRAM);
        GET(uint64_t, PRIu64, rsmi_dev_memory_total_get, device, RSMI_MEM_TYPE_GTT);
        status = rsmi_dev_pci_bandwidth_get(device, link);
        say(device, "linkspeed", status, "%" PRIu64 " * %u",
            link->transfer_rate.frequency[link->transfer_rate.current],
            link->lanes[link->transfer_rate.current]);
        for (other = 0; other < devices; other++) {
            uint64_t *hops = ROOM(uint64_t), *least = ROOM(uint64_t), *most = ROOM(uint64_t);
            RSMI_IO_LINK_TYPE *type = ROOM(RSMI_IO_LINK_TYPE);
            char name[64];

            if (other == device)
                continue;
            snprintf(name, sizeof name, "link to %u", other);
            status = rsmi_topo_get_link_type(device, other, hops, type);
            say(device, name, status, "%" PRIu64 " %d", *hops, *type);
            snprintf(name, sizeof name, "bandwidth to %u", other);
            status = rsmi_minmax_bandwidth_get(device, other, least, most);
            say(device, name, status, "%" PRIu64 " %" PRIu64, *least, *most);
        }
    }
    if (version.major > 3 || (version.major == 3 && version.minor > 3))
        NEED(rsmi_shut_down);
    return 0;
}
