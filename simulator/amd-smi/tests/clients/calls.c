/* Asks what goes on to libamd_smi, of each device in its turn, and sets what libamd_smi sets.
 *
 * Our library sets nothing through libamd_smi for an ordinary user, or in the guest of a hypervisor. So the program
 * makes itself root, and puts the /proc/cpuinfo of a bare machine, which is its argument, in place of this computer's.
 * Where it may not, it prints "as it is".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "rocm_smi/rocm_smi.h"

static int put(const char *path, const char *text)
{
    int file = open(path, O_WRONLY);
    if (file < 0)
        return -1;
    ssize_t written = write(file, text, strlen(text));
    close(file);
    return written == (ssize_t)strlen(text) ? 0 : -1;
}

static int become_root_on_metal(const char *cpuinfo)
{
    char map[64];
    uid_t user = geteuid();
    snprintf(map, sizeof map, "0 %d 1", (int)user);
    if (unshare(user == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return -1;
    if (user != 0 && put("/proc/self/uid_map", map) != 0)
        return -1;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return -1;
    return mount(cpuinfo, "/proc/cpuinfo", NULL, MS_BIND, NULL);
}

int main(int argc, char **argv)
{
    uint32_t devices = 0;
    char text[32];
    uint64_t used = 0;
    if (argc < 2 || become_root_on_metal(argv[1]) != 0)
        puts("as it is");
    if (rsmi_init(0) != RSMI_STATUS_SUCCESS || rsmi_num_monitor_devices(&devices) != RSMI_STATUS_SUCCESS)
        return 1;
    for (uint32_t i = 0; i < devices; i++) {
        printf("partition %d\n", (int)rsmi_dev_compute_partition_get(i, text, sizeof text));
        printf("memory partition %d\n", (int)rsmi_dev_memory_partition_get(i, text, sizeof text));
        printf("used %d\n", (int)rsmi_dev_memory_usage_get(i, RSMI_MEM_TYPE_VRAM, &used));
    }
    printf("level %d\n", (int)rsmi_dev_perf_level_set(0, RSMI_DEV_PERF_LEVEL_STABLE_MIN_SCLK));
    printf("fan %d\n", (int)rsmi_dev_fan_reset(0, 0));
    printf("shut down %d\n", (int)rsmi_shut_down());
    return 0;
}
