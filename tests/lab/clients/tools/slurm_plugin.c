/* As Slurm's plug-in gpu/rsmi: asks, forks, and begins anew in the child. */
#define CALL(f) f
#include "tool.h"
#include <sys/wait.h>

static void all(const char *who)
{
    rsmi_version_t version;
    uint32_t device, devices;

    VERSION(&version);
    devices = DEVICES;
    printf("%s devices: %u\n", who, devices);
    for (device = 0; device < devices; device++) {
        TEXT(rsmi_dev_name_get, device, 128);
        TEXT(rsmi_dev_brand_get, device, 128);
        GET(uint64_t, PRIx64, rsmi_dev_pci_id_get, device);
        GET(uint32_t, PRIu32, rsmi_dev_drm_render_minor_get, device);
        GET(uint64_t, PRIx64, rsmi_dev_unique_id_get, device);
        GET(uint32_t, PRIu32, rsmi_topo_get_numa_node_number, device);
        GET(uint64_t, PRIu64, rsmi_dev_power_ave_get, device, 0);
        /* Without this number it has no accounting. */
        if (version.major >= 6)
            GET(uint64_t, PRIu64, rsmi_dev_memory_usage_get, device, RSMI_MEM_TYPE_VRAM);
        FREQUENCIES(device, RSMI_CLK_TYPE_SYS);
        FREQUENCIES(device, RSMI_CLK_TYPE_MEM);
    }
}

int ask(void)
{
    rsmi_process_info_t *process = ROOM(rsmi_process_info_t);
    pid_t child;
    int status = 0;

    /* Its fini() shuts down what nobody began. */
    printf("rsmi_shut_down: %d\n", rsmi_shut_down());
    NEED(rsmi_init, 0);
    all("parent");
    fflush(stdout);
    child = fork();
    if (child == 0) {
        NEED(rsmi_init, 0);
        freopen("/dev/null", "w", stdout) ? (void)0 : abort();
        all("child");
        _exit(rsmi_shut_down());
    }
    waitpid(child, &status, 0);
    printf("child: %d\n", status);
    printf("rsmi_compute_process_info_by_pid_get: %d\n",
           rsmi_compute_process_info_by_pid_get((uint32_t)getpid(), process));
    return rsmi_shut_down();
}
