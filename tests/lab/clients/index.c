/*
 * index: what rsmi_compat.h says on this machine, a fact a line, and a complaint for each answer that is wrong
 * whatever the machine.
 *
 *   device I  ADDRESS  UNIQUE-ID  HIP      each device; a dash for what it does not have
 *   hip N  I                               each device of HIP's
 *   release R, generation G, evidence E    what answers, and as what
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rsmi_compat.h"

static int wrong;

static void check(int holds, const char *what, rsmi_status_t status)
{
    if (!holds) {
        printf("wrong: %s (%d)\n", what, (int)status);
        wrong = 1;
    }
}

#define RETURNS(expected, call)                                                                                        \
    do {                                                                                                               \
        rsmi_status_t returned = (call);                                                                               \
        check(returned == RSMI_STATUS_##expected, #call " is not " #expected, returned);                               \
    } while (0)

typedef rsmi_status_t (*text_function)(char *, size_t);

/* Null, no room, too little room with guard bytes behind it, room to spare. */
static void print_text(const char *name, text_function function)
{
    char whole[4096], cut[8];
    RETURNS(INVALID_ARGS, function(NULL, sizeof whole));
    RETURNS(INVALID_ARGS, function(whole, 0));
    rsmi_status_t status = function(whole, sizeof whole);
    printf("%s %s\n", name, status == RSMI_STATUS_SUCCESS ? whole : "-");
    if (status != RSMI_STATUS_SUCCESS) {
        check(status == RSMI_STATUS_NOT_FOUND, name, status);
        return;
    }
    memset(cut, '#', sizeof cut);
    rsmi_status_t short_status = function(cut, 3);
    rsmi_status_t expected = strlen(whole) < 3 ? RSMI_STATUS_SUCCESS : RSMI_STATUS_INSUFFICIENT_SIZE;
    check(short_status == expected, name, short_status);
    check(strncmp(cut, whole, 2) == 0 && memchr(cut, '\0', 3) && cut[3] == '#', "a cut text", short_status);
}

static void print_library(void)
{
    rsmi_version_t version = {0, 0, 0, NULL};
    RETURNS(INVALID_ARGS, rsmi_compat_version_get(NULL));
    RETURNS(SUCCESS, rsmi_compat_version_get(&version));
    printf("version %" PRIu32 ".%" PRIu32 ".%" PRIu32 " %s\n", version.major, version.minor, version.patch,
           version.build);
    print_text("path", rsmi_compat_amdsmi_path_get);
    print_text("release", rsmi_compat_amdsmi_release_get);
    print_text("generation", rsmi_compat_generation_get);
    print_text("evidence", rsmi_compat_generation_evidence_get);
}

static void print_device(uint32_t device)
{
    char address[RSMI_COMPAT_PCI_BUS_ID_SIZE], other[RSMI_COMPAT_PCI_BUS_ID_SIZE], id[24] = "-", hip[12] = "-";
    uint64_t unique;
    uint32_t number, found;
    RETURNS(SUCCESS, rsmi_compat_dev_pci_bus_id_get(device, address, sizeof address));
    RETURNS(INVALID_ARGS, rsmi_compat_dev_pci_bus_id_get(device, NULL, sizeof address));
    RETURNS(INVALID_ARGS, rsmi_compat_dev_pci_bus_id_get(device, address, 0));
    memset(other, '#', sizeof other);
    RETURNS(INSUFFICIENT_SIZE, rsmi_compat_dev_pci_bus_id_get(device, other, 12));
    check(strncmp(other, address, 11) == 0 && other[11] == '\0' && other[12] == '#', "a cut address", 0);

    /* The first device at the address, which is this one or a partition before it. */
    RETURNS(SUCCESS, rsmi_compat_index_from_pci_bus_id(address, &found));
    RETURNS(SUCCESS, rsmi_compat_dev_pci_bus_id_get(found, other, sizeof other));
    check(found <= device && strcmp(address, other) == 0, "there and back by address", 0);
    if (rsmi_compat_dev_unique_id_get(device, &unique) == RSMI_STATUS_SUCCESS) {
        snprintf(id, sizeof id, "%016" PRIx64, unique);
        RETURNS(SUCCESS, rsmi_compat_index_from_unique_id(unique, &found));
        check(found == device, "there and back by unique id", 0);
    }
    rsmi_status_t status = rsmi_dev_unique_id_get(device, &unique);
    /* Some drivers write 0 where there is no id. */
    if (status == RSMI_STATUS_SUCCESS && unique != 0)
        RETURNS(SUCCESS, rsmi_compat_index_from_unique_id(unique, &found));
    status = rsmi_compat_dev_hip_device_get(device, &number);
    if (status == RSMI_STATUS_SUCCESS) {
        snprintf(hip, sizeof hip, "%" PRIu32, number);
        RETURNS(SUCCESS, rsmi_compat_index_from_hip_device(number, &found));
        check(found == device, "there and back by HIP's number", 0);
    } else {
        check(status == RSMI_STATUS_NOT_FOUND, "no number", status);
    }
    RETURNS(INVALID_ARGS, rsmi_compat_dev_hip_device_get(device, NULL));
    RETURNS(INVALID_ARGS, rsmi_compat_dev_unique_id_get(device, NULL));
    printf("device %" PRIu32 " %s %s %s\n", device, address, id, hip);
}

static void check_strangers(uint32_t count)
{
    char address[RSMI_COMPAT_PCI_BUS_ID_SIZE];
    uint64_t unique;
    uint32_t index = 77;
    RETURNS(INVALID_ARGS, rsmi_compat_dev_pci_bus_id_get(count, address, sizeof address));
    RETURNS(INVALID_ARGS, rsmi_compat_dev_hip_device_get(count, &index));
    RETURNS(INVALID_ARGS, rsmi_compat_dev_unique_id_get(UINT32_MAX, &unique));
    RETURNS(INVALID_ARGS, rsmi_compat_index_from_pci_bus_id(NULL, &index));
    RETURNS(INVALID_ARGS, rsmi_compat_index_from_pci_bus_id("0000:01:00.0", NULL));
    RETURNS(INVALID_ARGS, rsmi_compat_index_from_pci_bus_id("", &index));
    RETURNS(INVALID_ARGS, rsmi_compat_index_from_pci_bus_id("a GPU", &index));
    RETURNS(INVALID_ARGS, rsmi_compat_index_from_hip_device(0, NULL));
    RETURNS(INVALID_ARGS, rsmi_compat_index_from_unique_id(1, NULL));
    RETURNS(NOT_FOUND, rsmi_compat_index_from_pci_bus_id("ffff:ff:1f.7", &index));
    RETURNS(NOT_FOUND, rsmi_compat_index_from_hip_device(count, &index));
    RETURNS(NOT_FOUND, rsmi_compat_index_from_hip_device(UINT32_MAX, &index));
    RETURNS(NOT_FOUND, rsmi_compat_index_from_unique_id(0, &index));
    check(index == 77, "a failure that writes", 0);
}

int main(void)
{
    uint32_t count = 0, index;
    print_text("path", rsmi_compat_amdsmi_path_get);
    check_strangers(0);
    rsmi_status_t status = rsmi_init(0);
    check(status == RSMI_STATUS_SUCCESS, "rsmi_init", status);
    rsmi_num_monitor_devices(&count);
    /* It opens libamd_smi. */
    char mode[32];
    rsmi_dev_compute_partition_get(0, mode, sizeof mode);
    print_library();
    for (uint32_t device = 0; device < count; device++)
        print_device(device);
    for (uint32_t hip = 0; rsmi_compat_index_from_hip_device(hip, &index) == RSMI_STATUS_SUCCESS; hip++)
        printf("hip %" PRIu32 " %" PRIu32 "\n", hip, index);
    check_strangers(count);
    rsmi_shut_down();
    check_strangers(0);
    return wrong;
}
