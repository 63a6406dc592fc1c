/* Prints the junction temperature of the first processor of each socket, as the libamd_smi at argv[1] tells it. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

enum { GPUS = 2, JUNCTION = 1, CURRENT = 0, MOST = 16 };

typedef uint32_t (*function)(uint64_t, ...);

int main(int argc, char **argv)
{
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    function init = (function)dlsym(library, "amdsmi_init");
    function sockets = (function)dlsym(library, "amdsmi_get_socket_handles");
    function processors = (function)dlsym(library, "amdsmi_get_processor_handles");
    function temperature = (function)dlsym(library, "amdsmi_get_temp_metric");
    uint64_t socket[MOST], processor = 0;
    uint32_t count = MOST;
    if (init(GPUS) != 0 || sockets((uint64_t)(uintptr_t)&count, socket) != 0)
        return 1;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t one = 1;
        int64_t degrees = 0;
        if (processors(socket[i], &one, &processor) != 0 || one != 1)
            return 1;
        if (temperature(processor, JUNCTION, CURRENT, &degrees) != 0)
            return 1;
        printf("%d\n", (int)degrees);
    }
    return 0;
}
