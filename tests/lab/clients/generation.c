/*
 * generation: which rocm_smi.h a library takes its client for.
 *
 *   generation NAME...
 *
 * Opens each, for itself alone, and asks the first. It tells the version, and how many bytes the library writes of the two
 * structs that grew from release to release.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 8192, SYSTEM_CLOCK = 0 };

struct version {
    uint32_t major, minor, patch;
    const char *build;
};

static void *library;

static void *find(const char *symbol)
{
    void *address = dlsym(library, symbol);
    if (!address) {
        fprintf(stderr, "generation: %s\n", dlerror());
        exit(2);
    }
    return address;
}

/* The end of what two calls wrote into two kinds of memory. */
static int extent(int (*get)(void *), int *status)
{
    static unsigned char memory[2][ROOM];
    memset(memory[0], 0x5a, ROOM);
    memset(memory[1], 0xa5, ROOM);
    *status = get(memory[0]);
    get(memory[1]);
    int end = ROOM;
    while (end > 0 && memory[0][end - 1] == 0x5a && memory[1][end - 1] == 0xa5)
        end--;
    return end;
}

static int clock_of(void *out)
{
    int (*get)(uint32_t, int, void *);
    *(void **)&get = find("rsmi_dev_gpu_clk_freq_get");
    return get(0, SYSTEM_CLOCK, out);
}

static int metrics_of(void *out)
{
    int (*get)(uint32_t, void *);
    *(void **)&get = find("rsmi_dev_gpu_metrics_info_get");
    return get(0, out);
}

int main(int count, char **names)
{
    for (int i = 1; i < count; i++) {
        void *handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (!handle) {
            fprintf(stderr, "generation: %s\n", dlerror());
            return 2;
        }
        if (!library)
            library = handle;
    }
    int (*init)(uint64_t), (*version_get)(struct version *);
    *(void **)&init = find("rsmi_init");
    *(void **)&version_get = find("rsmi_version_get");
    struct version version = {0};
    int status = init(0);
    if (status || version_get(&version)) {
        fprintf(stderr, "generation: rsmi_init says %d\n", status);
        return 2;
    }
    int clock, metrics;
    int of_clock = extent(clock_of, &clock);
    int of_metrics = extent(metrics_of, &metrics);
    printf("version %u.%u, frequencies %d bytes (%d), metrics %d bytes (%d)\n", version.major, version.minor, of_clock,
           clock, of_metrics, metrics);
    return 0;
}
