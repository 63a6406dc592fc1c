/*
 * A stand-in for libdrm and libdrm_amdgpu, for a machine whose cards are made up.
 *
 * The nodes in its /dev/dri are plain files that answer no ioctl. This library answers what libamd_smi asks through
 * libdrm, out of a file of facts that the simulator wrote: each line is a render minor, a key, and a value. What has no
 * fact fails as the driver fails it, with EINVAL.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <amdgpu.h>
#include <amdgpu_drm.h>
#include <xf86drm.h>

#ifndef DRM_FACTS
#error "DRM_FACTS is the path of the facts"
#endif

/* ------------------------------------------------------------------ facts */

static char *facts;
static const char *facts_end;

/* Once: a driver answers from memory too, and the caller's own files are easier to see in a trace. */
__attribute__((constructor)) static void read_facts(void)
{
    FILE *file = fopen(DRM_FACTS, "re");
    size_t size = 0;
    if (!file)
        return;
    if (getdelim(&facts, &size, '\0', file) < 0) {
        free(facts);
        facts = NULL;
    }
    fclose(file);
    for (char *c = facts; c && *c; c++)
        if (*c == '\n')
            *c = '\0', facts_end = c + 1;
}

__attribute__((destructor)) static void forget_facts(void)
{
    free(facts);
}

/* The value of a fact, NULL if there is none. */
static const char *fact(unsigned minor, const char *key)
{
    char start[64];
    int length = snprintf(start, sizeof start, "%u %s ", minor, key);
    for (const char *line = facts; line && line < facts_end; line += strlen(line) + 1)
        if (!strncmp(line, start, (size_t)length))
            return line + length;
    return NULL;
}

static int number(unsigned minor, const char *key, uint64_t *value)
{
    const char *text = fact(minor, key);
    if (!text)
        return 0;
    *value = strtoull(text, NULL, 0);
    return 1;
}

/* Cut where the field ends; the field is zero before. */
static void text(unsigned minor, const char *key, void *field, size_t size)
{
    const char *value = fact(minor, key);
    if (value)
        memcpy(field, value, strnlen(value, size - 1));
}

/* The render minor of an open node, 0 if it is none of ours. */
static unsigned minor_of(int fd)
{
    char link[32], path[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = '\0';
    unsigned minor = 0;
    return sscanf(path, "/dev/dri/renderD%u", &minor) == 1 ? minor : 0;
}

/* ------------------------------------------------------------------ what the driver tells of a card */

struct number_field {
    const char *key;
    size_t offset;
    size_t size;
};

#define FIELD(type, name) {#name, offsetof(struct type, name), sizeof((struct type *)0)->name}

static const struct number_field device_fields[] = {
    FIELD(drm_amdgpu_info_device, device_id),
    FIELD(drm_amdgpu_info_device, chip_rev),
    FIELD(drm_amdgpu_info_device, external_rev),
    FIELD(drm_amdgpu_info_device, pci_rev),
    FIELD(drm_amdgpu_info_device, family),
    FIELD(drm_amdgpu_info_device, num_shader_engines),
    FIELD(drm_amdgpu_info_device, num_shader_arrays_per_engine),
    FIELD(drm_amdgpu_info_device, max_engine_clock),
    FIELD(drm_amdgpu_info_device, max_memory_clock),
    FIELD(drm_amdgpu_info_device, cu_active_number),
    FIELD(drm_amdgpu_info_device, vram_type),
    FIELD(drm_amdgpu_info_device, vram_bit_width),
};

static const struct number_field memory_fields[] = {
    FIELD(drm_amdgpu_info_vram_gtt, vram_size),
    FIELD(drm_amdgpu_info_vram_gtt, vram_cpu_accessible_size),
    FIELD(drm_amdgpu_info_vram_gtt, gtt_size),
};

static const struct number_field id_fields[] = {
    FIELD(_drmPciDeviceInfo, vendor_id),
    FIELD(_drmPciDeviceInfo, device_id),
    FIELD(_drmPciDeviceInfo, subvendor_id),
    FIELD(_drmPciDeviceInfo, subdevice_id),
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The driver copies what fits, and leaves alone what it does not know. */
static int give(const struct drm_amdgpu_info *request, const void *answer, size_t size)
{
    size_t fits = request->return_size < size ? request->return_size : size;
    memcpy((void *)(uintptr_t)request->return_pointer, answer, fits);
    return 0;
}

/* Whether there is a fact for any of the fields. */
static int fill(unsigned minor, const struct number_field *fields, size_t count, char *answer)
{
    int known = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t value;
        if (!number(minor, fields[i].key, &value))
            continue;
        memcpy(answer + fields[i].offset, &value, fields[i].size);
        known = 1;
    }
    return known;
}

static int give_numbers(unsigned minor, const struct drm_amdgpu_info *request, const struct number_field *fields,
                        size_t count, size_t size)
{
    char answer[sizeof(struct drm_amdgpu_info_device)] = {0};
    return fill(minor, fields, count, answer) ? give(request, answer, size) : -EINVAL;
}

static int give_vbios(unsigned minor, const struct drm_amdgpu_info *request)
{
    struct drm_amdgpu_info_vbios vbios = {0};
    uint64_t version = 0;
    text(minor, "vbios_name", vbios.name, sizeof vbios.name);
    text(minor, "vbios_part_number", vbios.vbios_pn, sizeof vbios.vbios_pn);
    text(minor, "vbios_version_string", vbios.vbios_ver_str, sizeof vbios.vbios_ver_str);
    text(minor, "vbios_date", vbios.date, sizeof vbios.date);
    number(minor, "vbios_version", &version);
    vbios.version = (uint32_t)version;
    return give(request, &vbios, sizeof vbios);
}

int drmCommandWrite(int fd, unsigned long command, void *data, unsigned long size)
{
    const struct drm_amdgpu_info *request = data;
    unsigned minor = minor_of(fd);
    if (command != DRM_AMDGPU_INFO || size < sizeof *request || minor == 0)
        return -EINVAL;
    uint64_t used;
    switch (request->query) {
    case AMDGPU_INFO_VRAM_USAGE:
        return number(minor, "vram_used", &used) ? give(request, &used, sizeof used) : -EINVAL;
    case AMDGPU_INFO_VRAM_GTT:
        return give_numbers(minor, request, memory_fields, COUNT(memory_fields),
                            sizeof(struct drm_amdgpu_info_vram_gtt));
    case AMDGPU_INFO_DEV_INFO:
        return give_numbers(minor, request, device_fields, COUNT(device_fields),
                            sizeof(struct drm_amdgpu_info_device));
    case AMDGPU_INFO_VBIOS:
        return request->vbios_info.type == AMDGPU_INFO_VBIOS_INFO ? give_vbios(minor, request) : -EINVAL;
    default:
        return -EINVAL;
    }
}

/* ------------------------------------------------------------------ who is behind a node */

drmVersionPtr drmGetVersion(int fd)
{
    const char *name = fact(minor_of(fd), "driver"), *date = fact(minor_of(fd), "driver_date");
    drmVersionPtr version;
    if (!name || !date || !(version = calloc(1, sizeof *version)))
        return NULL;
    version->version_major = 3;
    version->name = strdup(name);
    version->name_len = (int)strlen(name);
    version->date = strdup(date);
    version->date_len = (int)strlen(date);
    version->desc = strdup("AMD GPU");
    version->desc_len = (int)strlen(version->desc);
    return version;
}

void drmFreeVersion(drmVersionPtr version)
{
    if (!version)
        return;
    free(version->name);
    free(version->date);
    free(version->desc);
    free(version);
}

struct device {
    drmDevice device;
    drmPciBusInfo bus;
    drmPciDeviceInfo info;
};

int drmGetDevice(int fd, drmDevicePtr *device)
{
    unsigned minor = minor_of(fd), domain, bus, slot, function;
    const char *address = fact(minor, "pci");
    if (!address || sscanf(address, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
        return -EINVAL;
    struct device *made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    made->bus = (drmPciBusInfo){(uint16_t)domain, (uint8_t)bus, (uint8_t)slot, (uint8_t)function};
    fill(minor, id_fields, COUNT(id_fields), (char *)&made->info);
    made->device.available_nodes = 1 << DRM_NODE_RENDER;
    made->device.bustype = DRM_BUS_PCI;
    made->device.businfo.pci = &made->bus;
    made->device.deviceinfo.pci = &made->info;
    *device = &made->device;
    return 0;
}

void drmFreeDevice(drmDevicePtr *device)
{
    if (!device || !*device)
        return;
    free((char *)*device - offsetof(struct device, device));
    *device = NULL;
}

/* ------------------------------------------------------------------ libdrm_amdgpu */

struct amdgpu_device {
    unsigned minor;
};

int amdgpu_device_initialize(int fd, uint32_t *major, uint32_t *minor, amdgpu_device_handle *device)
{
    unsigned render = minor_of(fd);
    const char *driver = fact(render, "driver");
    if (!driver || strcmp(driver, "amdgpu"))
        return -EINVAL;
    if (!(*device = calloc(1, sizeof **device)))
        return -ENOMEM;
    (*device)->minor = render;
    *major = 3;
    *minor = 0;
    return 0;
}

const char *amdgpu_get_marketing_name(amdgpu_device_handle device)
{
    return fact(device->minor, "marketing_name");
}

int amdgpu_device_deinitialize(amdgpu_device_handle device)
{
    free(device);
    return 0;
}
