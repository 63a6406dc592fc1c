/* A libamd_smi that ends like one in C++: its objects are gone once its handlers have run, those that it made when it
 * was loaded and those that it made in its functions' first calls; who calls it after that ends the process. */
#include <stdlib.h>
#include <string.h>

static int loaded, initialised, asked;

static void unload(void) { loaded = -1; }
static void forget(void) { initialised = -1; }
static void forget_the_answer(void) { asked = -1; }

static void alive(void)
{
    if (loaded < 0 || initialised < 0 || asked < 0)
        abort();
}

__attribute__((constructor)) static void load(void)
{
    loaded = 1;
    atexit(unload);
}

int amdsmi_init(unsigned long flags)
{
    (void)flags;
    alive();
    if (!initialised)
        atexit(forget);
    initialised = 2;
    return 0;
}

int amdsmi_shut_down(void)
{
    alive();
    initialised = 1;
    return 0;
}

int amdsmi_set_gpu_clear_sram_data(void) { return 2; }

static int list(unsigned *count, void **things)
{
    static int one;
    alive();
    *count = 1;
    *things = &one;
    return initialised == 2 ? 0 : 32;
}

int amdsmi_get_socket_handles(unsigned *count, void **sockets) { return list(count, sockets); }

int amdsmi_get_processor_handles(void *socket, unsigned *count, void **gpus)
{
    (void)socket;
    return list(count, gpus);
}

int amdsmi_get_gpu_bdf_id(void *gpu, unsigned long *id)
{
    (void)gpu;
    alive();
    *id = 0x500;
    return 0;
}

int amdsmi_get_gpu_compute_partition(void *gpu, char *mode, unsigned length)
{
    (void)gpu;
    alive();
    if (!asked)
        atexit(forget_the_answer);
    asked = 1;
    strncpy(mode, "AMDSMI", length);
    return 0;
}
