/* Opens each library that is named, and prints for each which file its rsmi_init
 * comes from and which version it says it is; `threads` first does it in eight
 * threads at a time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct version {
    uint32_t major, minor, patch;
    const char *build;
};

static int failures;

static void *open_one(void *name)
{
    struct version version = {0};
    Dl_info info;
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    int (*get)(struct version *);

    if (library == NULL) {
        printf("%s: %s\n", (char *)name, dlerror());
        failures++;
        return NULL;
    }
    get = (int (*)(struct version *))dlsym(library, "rsmi_version_get");
    if (get == NULL || get(&version) != 0 || dladdr(dlsym(library, "rsmi_init"), &info) == 0) {
        printf("%s: has no rsmi_version_get\n", (char *)name);
        failures++;
        return NULL;
    }
    printf("%s %s %u.%u\n", (char *)name, strrchr(info.dli_fname, '/') + 1, version.major,
           version.minor);
    return NULL;
}

int main(int argc, char **argv)
{
    int at, first = 1;

    if (argc > 1 && strcmp(argv[1], "threads") == 0) {
        pthread_t threads[8];
        first = 2;
        for (at = 0; at < 8; at++)
            pthread_create(&threads[at], NULL, open_one, argv[2 + at % (argc - 2)]);
        for (at = 0; at < 8; at++)
            pthread_join(threads[at], NULL);
        return failures != 0;
    }
    for (at = first; at < argc; at++)
        open_one(argv[at]);
    return failures != 0;
}
