/* Asks for itself, then lets the plug-in ask, both ways, and prints how far each was written. */
#include "client.h"
#include <pthread.h>
#include <stdlib.h>

extern int rsmi_dev_market_name_get(unsigned gpu, char *name, unsigned size)
    __attribute__((weak));

static void (*prepare)(size_t);
static int (*refresh)(void), (*get)(void);
static size_t (*reached)(size_t);

int main(int argc, char **argv)
{
    const size_t own = OWN, theirs = (size_t)atoi(argv[2]);
    unsigned char *metrics = place(own);
    void *plugin = dlopen(argv[1], RTLD_NOW);
    if (plugin == NULL || argc < 3) {
        puts(dlerror());
        return 1;
    }
    *(void **)&prepare = dlsym(plugin, "plugin_prepare");
    *(void **)&refresh = dlsym(plugin, "plugin_refresh");
    *(void **)&get = dlsym(plugin, "plugin_get");
    *(void **)&reached = dlsym(plugin, "plugin_reach");
    if (rsmi_dev_market_name_get == NULL)
        return 1;
    int status = rsmi_init(0);
    printf("init %d\n", status);
    status = rsmi_dev_gpu_metrics_info_get(0, metrics);
    printf("own %d %zu\n", status, reach(metrics, own));
    prepare(theirs);
    status = get();
    printf("plug-in %d %zu\n", status, reached(theirs));
    fflush(stdout);
    prepare(theirs);
    status = refresh();
    printf("jump %d %zu\n", status, reached(theirs));
    fflush(stdout);
    memset(metrics, 0xA5, own);
    status = rsmi_dev_gpu_metrics_info_get(0, metrics);
    printf("own %d %zu\n", status, reach(metrics, own));
    return 0;
}
