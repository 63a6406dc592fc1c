#include "client.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum { AMDSMI_AMD_GPUS = 2, JUNCTION = 1, EDGE = 0, CURRENT = 0, VRAM = 0 };

struct text {
    char *start;
    size_t used;
};

static void add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->start + text->used, LONGEST_LINE - text->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->used += (size_t)length;
    if (text->used >= LONGEST_LINE)
        text->used = LONGEST_LINE - 1;
}

/* The call comes first: it is what sets the value. */
#define ADD(name, call, value)                                  \
    do {                                                        \
        int got = call;                                         \
        add_number(&text, name, got, (int64_t)(value));         \
    } while (0)

static void add_number(struct text *text, const char *name, int status, int64_t value)
{
    if (status == SUCCESS)
        add(text, " %s %" PRId64, name, value);
    else
        add(text, " %s !%d", name, status);
}

void describe_rsmi(const struct rsmi *rsmi, char line[LONGEST_LINE])
{
    struct text text = {line, 0};
    uint32_t count = 0;
    int status = rsmi->count(&count);
    add(&text, "%" PRIu32 " devices", count);
    if (status != SUCCESS)
        add(&text, " !%d", status);

    for (uint32_t i = 0; i < count && i < MOST_GPUS; i++) {
        char name[256] = "", mode[32] = "";
        uint16_t id = 0;
        uint32_t busy = 0;
        uint64_t pci_id = 0, unique_id = 0, power = 0, memory = 0, weight = 0;
        int64_t edge = 0, junction = 0;

        status = rsmi->name(i, name, sizeof name);
        add(&text, "; \"%s\"", name);
        if (status != SUCCESS)
            add(&text, " !%d", status);
        ADD("id", rsmi->id(i, &id), id);
        ADD("pci", rsmi->pci_id(i, &pci_id), pci_id);
        ADD("unique", rsmi->unique_id(i, &unique_id), unique_id);
        ADD("edge", rsmi->temperature(i, EDGE, CURRENT, &edge), edge);
        ADD("junction", rsmi->temperature(i, JUNCTION, CURRENT, &junction), junction);
        ADD("busy", rsmi->busy(i, &busy), busy);
        ADD("power", rsmi->power(i, 0, &power), power);
        ADD("memory", rsmi->memory(i, VRAM, &memory), memory);
        ADD("link", rsmi->link(i, 0, &weight), weight);
        /* For this one ours opens libamd_smi. */
        status = rsmi->partition(i, mode, sizeof mode);
        add(&text, " %s", mode);
        if (status != SUCCESS)
            add(&text, " !%d", status);
    }
}

void describe_amdsmi(const struct amdsmi *amdsmi, char line[LONGEST_LINE])
{
    struct text text = {line, 0};
    void *sockets[MOST_GPUS], *gpus[MOST_GPUS];
    uint32_t socket_count = MOST_GPUS, count = 0;

    int status = amdsmi->sockets(&socket_count, sockets);
    if (status != SUCCESS) {
        add(&text, "no sockets !%d", status);
        return;
    }
    for (uint32_t i = 0; i < socket_count && count < MOST_GPUS; i++) {
        uint32_t here = MOST_GPUS - count;
        if (amdsmi->processors(sockets[i], &here, gpus + count) == SUCCESS)
            count += here;
    }
    add(&text, "%" PRIu32 " processors", count);
    for (uint32_t i = 0; i < count; i++) {
        uint16_t id = 0;
        uint64_t pci_id = 0, memory = 0, weight = 0;
        int64_t edge = 0, junction = 0;

        add(&text, ";");
        ADD("id", amdsmi->id(gpus[i], &id), id);
        ADD("pci", amdsmi->pci_id(gpus[i], &pci_id), pci_id);
        ADD("edge", amdsmi->temperature(gpus[i], EDGE, CURRENT, &edge), edge);
        ADD("junction", amdsmi->temperature(gpus[i], JUNCTION, CURRENT, &junction), junction);
        ADD("memory", amdsmi->memory(gpus[i], VRAM, &memory), memory);
        ADD("link", amdsmi->link(gpus[i], gpus[0], &weight), weight);
    }
}

/* ------------------------------------------------------------------ the environment */

static char *remembered;
static size_t remembered_size;

static char *copy_environment(size_t *size)
{
    *size = 0;
    for (char **entry = environ; *entry; entry++)
        *size += strlen(*entry) + 1;
    char *copy = malloc(*size + 1), *end = copy;
    if (!copy)
        abort();
    for (char **entry = environ; *entry; entry++)
        end = stpcpy(end, *entry) + 1;
    return copy;
}

void remember_environment(void)
{
    remembered = copy_environment(&remembered_size);
}

bool environment_is_unchanged(void)
{
    size_t size;
    char *now = copy_environment(&size);
    bool same = size == remembered_size && !memcmp(now, remembered, size);
    free(now);
    return same;
}
