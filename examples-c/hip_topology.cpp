/*
 * hip_topology: what HIP computes on, as rsmi sees it: each device's rsmi index, its sensors, and the links between
 * the devices.
 *
 *   hipcc hip_topology.cpp -o hip_topology -lrsmi_compat
 *
 * HIP and rsmi number the same devices in different orders, so the two meet at the PCI address. Where HIP finds no
 * device, one line says so, and the list is that of rsmi, with the numbers that HIP would give. Ends with 1 if rsmi
 * finds no device either.
 */
#include <hip/hip_runtime.h>
#include <rsmi_compat.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

struct Device {
    int hip;  // -1 where HIP does not see it
    uint32_t rsmi;
};

std::string address_of(uint32_t rsmi)
{
    char text[RSMI_COMPAT_PCI_BUS_ID_SIZE] = "";
    rsmi_compat_dev_pci_bus_id_get(rsmi, text, sizeof text);
    return text;
}

// By the PCI address. Partitions of a GPU may share it: then HIP's order tells them apart.
bool find(int hip, uint32_t &rsmi)
{
    char address[RSMI_COMPAT_PCI_BUS_ID_SIZE] = "";
    if (hipDeviceGetPCIBusId(address, sizeof address, hip) != hipSuccess ||
        rsmi_compat_index_from_pci_bus_id(address, &rsmi) != RSMI_STATUS_SUCCESS)
        return false;
    uint32_t by_order;
    if (rsmi_compat_index_from_hip_device(static_cast<uint32_t>(hip), &by_order) == RSMI_STATUS_SUCCESS &&
        address_of(by_order) == address_of(rsmi))
        rsmi = by_order;
    return true;
}

// What HIP sees, in its order.
std::vector<Device> devices_of_hip(int count)
{
    std::vector<Device> devices;
    for (int hip = 0; hip < count; hip++) {
        uint32_t rsmi;
        if (find(hip, rsmi))
            devices.push_back({hip, rsmi});
        else
            std::fprintf(stderr, "hip_topology: rsmi does not have HIP device %d\n", hip);
    }
    return devices;
}

// What rsmi sees, in its order.
std::vector<Device> devices_of_rsmi()
{
    std::vector<Device> devices;
    uint32_t count = 0;
    rsmi_num_monitor_devices(&count);
    for (uint32_t rsmi = 0; rsmi < count; rsmi++) {
        uint32_t hip;
        bool seen = rsmi_compat_dev_hip_device_get(rsmi, &hip) == RSMI_STATUS_SUCCESS;
        devices.push_back({seen ? static_cast<int>(hip) : -1, rsmi});
    }
    return devices;
}

std::string temperature(uint32_t rsmi)
{
    for (uint32_t place : {RSMI_TEMP_TYPE_JUNCTION, RSMI_TEMP_TYPE_EDGE}) {
        int64_t millidegrees;
        if (rsmi_dev_temp_metric_get(rsmi, place, RSMI_TEMP_CURRENT, &millidegrees) == RSMI_STATUS_SUCCESS)
            return std::to_string(millidegrees / 1000) + " C";
    }
    return "-";
}

std::string link(uint32_t from, uint32_t to)
{
    if (from == to)
        return ".";
    uint64_t hops;
    RSMI_IO_LINK_TYPE type;
    if (rsmi_topo_get_link_type(from, to, &hops, &type) != RSMI_STATUS_SUCCESS)
        return "-";
    return (type == RSMI_IOLINK_TYPE_XGMI ? "XGMI/" : "PCIe/") + std::to_string(hops);
}

std::string hip_number(const Device &device)
{
    return device.hip < 0 ? "-" : std::to_string(device.hip);
}

void print(const std::vector<Device> &devices)
{
    std::printf("%4s %5s  %-12s  %-18s %4s %6s  %s\n", "HIP", "rsmi", "address", "unique id", "NUMA", "temp", "name");
    for (const Device &device : devices) {
        char name[64] = "-", id[24] = "-", numa[16] = "-";
        uint64_t unique_id;
        uint32_t node;
        rsmi_dev_name_get(device.rsmi, name, sizeof name);
        if (rsmi_compat_dev_unique_id_get(device.rsmi, &unique_id) == RSMI_STATUS_SUCCESS)
            std::snprintf(id, sizeof id, "0x%016" PRIx64, unique_id);
        if (rsmi_topo_get_numa_node_number(device.rsmi, &node) == RSMI_STATUS_SUCCESS)
            std::snprintf(numa, sizeof numa, "%" PRIu32, node);
        std::printf("%4s %5" PRIu32 "  %-12s  %-18s %4s %6s  %s\n", hip_number(device).c_str(), device.rsmi,
                    address_of(device.rsmi).c_str(), id, numa, temperature(device.rsmi).c_str(), name);
    }
    std::printf("\nlinks, and their hops, by rsmi index\n%5s", "");
    for (const Device &to : devices)
        std::printf(" %7" PRIu32, to.rsmi);
    for (const Device &from : devices) {
        std::printf("\n%5" PRIu32, from.rsmi);
        for (const Device &to : devices)
            std::printf(" %7s", link(from.rsmi, to.rsmi).c_str());
    }
    std::printf("\n");
}

}  // namespace

int main(int argc, char **argv)
{
    if (argc > 1) {
        std::puts("usage: hip_topology");
        return std::string(argv[1]) == "--help" ? 0 : 2;
    }
    rsmi_status_t status = rsmi_init(0);
    if (status != RSMI_STATUS_SUCCESS) {
        const char *why = nullptr;
        rsmi_status_string(status, &why);
        std::fprintf(stderr, "hip_topology: %s. Is the amdgpu driver loaded?\n", why ? why : "rsmi_init failed");
        return 1;
    }
    int count = 0;
    hipError_t error = hipGetDeviceCount(&count);
    bool computes = error == hipSuccess && count > 0;
    std::vector<Device> devices = computes ? devices_of_hip(count) : devices_of_rsmi();
    if (devices.empty()) {
        std::fprintf(stderr, "hip_topology: there is no GPU\n");
    } else {
        if (!computes)
            std::printf("HIP has no device (%s); these are rsmi's, with the numbers that HIP would give:\n",
                        error == hipSuccess ? "none found" : hipGetErrorString(error));
        print(devices);
    }
    rsmi_shut_down();
    return devices.empty() ? 1 : 0;
}
