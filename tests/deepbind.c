/* The library is opened with a scope of its own, by a program with its own copy of `environ`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **words)
{
    void *library = count > 1 ? dlopen(words[1], RTLD_NOW | RTLD_DEEPBIND) : NULL;
    unsigned device = 99;
    int (*init)(unsigned long), (*index_of)(unsigned, unsigned *);

    if (library == NULL || environ == NULL)
        return 2;
    *(void **)&init = dlsym(library, "rsmi_init");
    *(void **)&index_of = dlsym(library, "rsmi_compat_index_from_hip_device");
    if (init(0) != 0 || index_of(0, &device) != 0)
        return 3;
    printf("%u\n", device);
    return 0;
}
