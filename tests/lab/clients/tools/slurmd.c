/* As slurmd: opens the library for all, then a plug-in that is linked to nothing. */
#include <dlfcn.h>
#include <stdio.h>

int main(void)
{
    void *plugin;
    int (*ask)(void);

    if (!dlopen("librocm_smi64.so", RTLD_NOW | RTLD_GLOBAL)) {
        printf("%s\n", dlerror());
        return 1;
    }
    plugin = dlopen("/usr/lib/slurm/gpu_rsmi.so", RTLD_NOW);
    if (!plugin) {
        printf("%s\n", dlerror());
        return 1;
    }
    ask = (int (*)(void))dlsym(plugin, "ask");
    return ask ? ask() : 1;
}
