/*
 * retired: asks the functions that only old headers declare, which no other client can be compiled with.
 *
 *   retired LIBRARY FUNCTION...
 *
 * Asks each of them about every device, and prints nothing: it is for a library that logs its calls.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint32_t (*get_value)(uint32_t device, void *value);
typedef uint32_t (*get_text)(uint32_t device, char *text, uint32_t length);

static const char *const texts[] = {"rsmi_dev_nps_mode_get"};

static int has_text(const char *name)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(texts[i], name))
            return 1;
    return 0;
}

static void *symbol(void *library, const char *name)
{
    void *found = dlsym(library, name);
    if (!found)
        fprintf(stderr, "retired: the library has no %s\n", name);
    return found;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: retired LIBRARY FUNCTION...\n");
        return 2;
    }
    void *library = dlopen(argv[1], RTLD_NOW);
    if (!library) {
        fprintf(stderr, "retired: %s\n", dlerror());
        return 2;
    }
    uint32_t (*init)(uint64_t) = (uint32_t(*)(uint64_t))symbol(library, "rsmi_init");
    uint32_t (*count_devices)(uint32_t *) = (uint32_t(*)(uint32_t *))symbol(library, "rsmi_num_monitor_devices");
    uint32_t count = 0;
    /* A machine without devices has nothing to be asked. */
    if (!init || !count_devices || init(0) != 0 || count_devices(&count) != 0)
        return 0;
    for (int i = 2; i < argc; i++) {
        void *function = symbol(library, argv[i]);
        if (!function)
            return 1;
        for (uint32_t device = 0; device < count; device++) {
            /* More than the largest of the arrays, and of the names. */
            static uint64_t value[64];
            if (has_text(argv[i]))
                ((get_text)function)(device, (char *)value, sizeof value);
            else
                ((get_value)function)(device, value);
        }
    }
    return 0;
}
