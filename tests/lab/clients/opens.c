/* opens: opens a library with all that it refers to, at once (RTLD_NOW). The loader tells of it under LD_DEBUG. */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **names)
{
    for (int i = 1; i < count; i++) {
        if (!dlopen(names[i], RTLD_NOW | RTLD_GLOBAL)) {
            fprintf(stderr, "opens: %s\n", dlerror());
            return 1;
        }
    }
    return 0;
}
