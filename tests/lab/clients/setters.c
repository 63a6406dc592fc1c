/*
 * setters: one call of one setter, for `lab setters` to watch.
 *
 *   setters LIBRARY FUNCTION ARGUMENT...
 *
 * Opens the library by name, initialises it, and calls the function between two visits to BEGIN and END, which are no files
 * and which strace shows. Prints the status. Enumerators are given as numbers, because they mean one thing to one
 * generation of the header and another to the next. With BARE in the environment rsmi_init is left out.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BEGIN "/setters/begin"
#define END "/setters/end"

enum { MOST_ARGUMENTS = 4 };

/* What C makes of each signature: w is 32 bits wide, enumerators too, l is 64. */
typedef uint32_t (*w)(uint32_t);
typedef uint32_t (*ww)(uint32_t, uint32_t);
typedef uint32_t (*wl)(uint32_t, uint64_t);
typedef uint32_t (*wwl)(uint32_t, uint32_t, uint64_t);
typedef uint32_t (*wwll)(uint32_t, uint32_t, uint64_t, uint64_t);
typedef uint32_t (*wwlw)(uint32_t, uint32_t, uint64_t, uint32_t);
typedef uint32_t (*wllw)(uint32_t, uint64_t, uint64_t, uint32_t);

static const struct setter {
    const char *name;
    const char *shape;
} setters[] = {
    {"rsmi_dev_pci_bandwidth_set", "wl"},
    {"rsmi_dev_power_cap_set", "wwl"},
    {"rsmi_dev_power_profile_set", "wwl"},
    {"rsmi_dev_fan_reset", "ww"},
    {"rsmi_dev_fan_speed_set", "wwl"},
    {"rsmi_perf_determinism_mode_set", "wl"},
    {"rsmi_dev_overdrive_level_set", "ww"},
    {"rsmi_dev_overdrive_level_set_v1", "ww"},
    {"rsmi_dev_perf_level_set", "ww"},
    {"rsmi_dev_perf_level_set_v1", "ww"},
    {"rsmi_dev_gpu_clk_freq_set", "wwl"},
    {"rsmi_dev_clk_range_set", "wllw"},
    {"rsmi_dev_clk_extremum_set", "wwlw"},
    {"rsmi_dev_od_clk_info_set", "wwlw"},
    {"rsmi_dev_od_volt_info_set", "wwll"},
    {"rsmi_dev_gpu_reset", "w"},
    {"rsmi_dev_compute_partition_set", "ww"},
    {"rsmi_dev_compute_partition_reset", "w"},
    {"rsmi_dev_memory_partition_set", "ww"},
    {"rsmi_dev_memory_partition_reset", "w"},
    {"rsmi_dev_nps_mode_set", "ww"},
    {"rsmi_dev_nps_mode_reset", "w"},
    {"rsmi_dev_xgmi_error_reset", "w"},
};

static void *symbol(void *library, const char *name)
{
    void *found = dlsym(library, name);
    if (!found) {
        printf("not exported\n");
        exit(0);
    }
    return found;
}

static uint32_t call(void *function, const char *shape, const uint64_t *a)
{
    if (!strcmp(shape, "w"))
        return ((w)function)((uint32_t)a[0]);
    if (!strcmp(shape, "ww"))
        return ((ww)function)((uint32_t)a[0], (uint32_t)a[1]);
    if (!strcmp(shape, "wl"))
        return ((wl)function)((uint32_t)a[0], a[1]);
    if (!strcmp(shape, "wwl"))
        return ((wwl)function)((uint32_t)a[0], (uint32_t)a[1], a[2]);
    if (!strcmp(shape, "wwll"))
        return ((wwll)function)((uint32_t)a[0], (uint32_t)a[1], a[2], a[3]);
    if (!strcmp(shape, "wwlw"))
        return ((wwlw)function)((uint32_t)a[0], (uint32_t)a[1], a[2], (uint32_t)a[3]);
    return ((wllw)function)((uint32_t)a[0], a[1], a[2], (uint32_t)a[3]);
}

/* A visit that leaves a mark in strace's output and nothing else. */
static void mark(const char *place)
{
    if (access(place, F_OK) == 0)
        abort();
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: setters LIBRARY FUNCTION ARGUMENT...\n");
        return 2;
    }
    const struct setter *setter = NULL;
    for (size_t i = 0; i < sizeof setters / sizeof *setters; i++)
        if (!strcmp(setters[i].name, argv[2]))
            setter = &setters[i];
    if (!setter || (size_t)argc != 3 + strlen(setter->shape)) {
        fprintf(stderr, "setters: there is no %s of %d arguments\n", argv[2], argc - 3);
        return 2;
    }
    uint64_t arguments[MOST_ARGUMENTS] = {0};
    for (int i = 3; i < argc; i++)
        arguments[i - 3] = strtoull(argv[i], NULL, 0);

    void *library = dlopen(argv[1], RTLD_NOW);
    if (!library) {
        fprintf(stderr, "setters: %s\n", dlerror());
        return 2;
    }
    uint32_t (*init)(uint64_t) = (uint32_t(*)(uint64_t))symbol(library, "rsmi_init");
    void *function = symbol(library, setter->name);
    if (!getenv("BARE")) {
        uint32_t status = init(0);
        if (status != 0) {
            printf("rsmi_init %" PRIu32 "\n", status);
            return 0;
        }
    }
    mark(BEGIN);
    uint32_t status = call(function, setter->shape, arguments);
    mark(END);
    printf("%" PRIu32 "\n", status);
    return 0;
}
