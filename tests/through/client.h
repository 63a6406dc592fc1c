/* A client with a struct of its own size, in front of a page that nobody may touch. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int rsmi_init(unsigned long flags);
int rsmi_dev_gpu_metrics_info_get(unsigned gpu, void *metrics);

/* Where as many bytes end as the header has for rsmi_gpu_metrics_t. */
static inline unsigned char *place(size_t bytes)
{
    unsigned char *pages = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(pages + 2 * 4096, 2 * 4096, PROT_NONE);
    memset(pages, 0xA5, 2 * 4096);
    return pages + 2 * 4096 - bytes;
}

/* How far was written. */
static inline size_t reach(const unsigned char *start, size_t bytes)
{
    while (bytes > 0 && start[bytes - 1] == 0xA5)
        bytes--;
    return bytes;
}
