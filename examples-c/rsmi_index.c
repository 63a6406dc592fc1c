/*
 * rsmi_index: the rsmi index of a device, from any of the names that programs have for it, and back.
 *
 *   rsmi_index             a table of all devices
 *   rsmi_index NAME...     the index of each of them, one a line
 *
 * NAME is a PCI address (0000:c1:00.0), the number of a HIP device (hip:0), or a unique id (GPU-58f5bedfa5133bd5).
 * Ends with 1 if there is no driver, or no device of one of the names; with 2 if one of them is no name at all.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rsmi_compat.h"

static int complain(const char *what, rsmi_status_t status)
{
    const char *why = NULL;
    rsmi_status_string(status, &why);
    fprintf(stderr, "rsmi_index: %s: %s\n", what, why ? why : "failed");
    return status == RSMI_STATUS_INVALID_ARGS ? 2 : 1;
}

/* A whole number, and nothing behind it. */
static int number(const char *text, int base, uint64_t *value)
{
    char *end = NULL;
    errno = 0;
    *value = strtoull(text, &end, base);
    return errno == 0 && end != text && *end == '\0' && *text != '-' && *text != '+' && *text != ' ';
}

static rsmi_status_t look_up(const char *name, uint32_t *index)
{
    uint64_t value;
    if (strncmp(name, "hip:", 4) == 0) {
        if (!number(name + 4, 10, &value) || value > UINT32_MAX)
            return RSMI_STATUS_INVALID_ARGS;
        return rsmi_compat_index_from_hip_device((uint32_t)value, index);
    }
    if (strncmp(name, "GPU-", 4) == 0)
        return number(name + 4, 16, &value) ? rsmi_compat_index_from_unique_id(value, index) : RSMI_STATUS_INVALID_ARGS;
    return rsmi_compat_index_from_pci_bus_id(name, index);
}

static void print_device(uint32_t index)
{
    char address[RSMI_COMPAT_PCI_BUS_ID_SIZE] = "-", id[24] = "-", hip[12] = "-", name[64] = "-";
    uint64_t unique_id;
    uint32_t hip_device;
    rsmi_compat_dev_pci_bus_id_get(index, address, sizeof address);
    if (rsmi_compat_dev_unique_id_get(index, &unique_id) == RSMI_STATUS_SUCCESS)
        snprintf(id, sizeof id, "GPU-%016" PRIx64, unique_id);
    /* A device that the environment hides from HIP has no number there. */
    if (rsmi_compat_dev_hip_device_get(index, &hip_device) == RSMI_STATUS_SUCCESS)
        snprintf(hip, sizeof hip, "%" PRIu32, hip_device);
    rsmi_dev_name_get(index, name, sizeof name);
    printf("%4" PRIu32 "  %3s  %-12s  %-20s  %s\n", index, hip, address, id, name);
}

static int print_all(void)
{
    uint32_t count = 0;
    rsmi_num_monitor_devices(&count);
    printf("rsmi  hip  %-12s  %-20s  name\n", "address", "unique id");
    for (uint32_t index = 0; index < count; index++)
        print_device(index);
    return 0;
}

int main(int argc, char **argv)
{
    int worst = 0;
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        puts("usage: rsmi_index [PCI-ADDRESS | hip:NUMBER | GPU-UNIQUE-ID]...");
        return 0;
    }
    rsmi_status_t status = rsmi_init(0);
    if (status != RSMI_STATUS_SUCCESS)
        return complain("is the amdgpu driver loaded? rsmi_init", status);
    if (argc == 1)
        worst = print_all();
    for (int i = 1; i < argc; i++) {
        uint32_t index;
        status = look_up(argv[i], &index);
        int result = status == RSMI_STATUS_SUCCESS ? 0 : complain(argv[i], status);
        if (result == 0)
            printf("%" PRIu32 "\n", index);
        worst = result > worst ? result : worst;
    }
    rsmi_shut_down();
    return worst;
}
