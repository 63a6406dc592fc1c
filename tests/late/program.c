/* Uses the library, and again when the process ends: `program PATTERN [PLUGIN]`. */
#include <dlfcn.h>
#include <pthread.h>

#include "use.h"

static int by_destructor;

__attribute__((destructor)) static void destroy(void)
{
    if (by_destructor)
        end();
}

static void *in_a_thread(void *unused)
{
    (void)unused;
    begin();
    ask();
    exit(0);
}

int main(int argc, char **argv)
{
    const char *pattern = argc > 1 ? argv[1] : "";
    if (!strcmp(pattern, "handler first")) {
        atexit(end);
        begin();
        ask();
    } else if (!strcmp(pattern, "handler before the question")) {
        begin();
        atexit(end);
        ask();
    } else if (!strcmp(pattern, "handler between the questions")) {
        char mode[32];
        begin();
        /* It opens libamd_smi, and makes nothing of the answer. */
        rsmi_dev_compute_partition_get(0, mode, 0);
        atexit(end);
        ask();
    } else if (!strcmp(pattern, "handler last")) {
        begin();
        ask();
        atexit(end);
    } else if (!strcmp(pattern, "the handler asks first")) {
        atexit(end);
        begin();
    } else if (!strcmp(pattern, "destructor")) {
        by_destructor = 1;
        begin();
        ask();
    } else if (!strcmp(pattern, "another thread ends the process")) {
        pthread_t thread;
        atexit(end);
        pthread_create(&thread, NULL, in_a_thread, NULL);
        pthread_join(thread, NULL);
    } else if (!strcmp(pattern, "plug-in") && argc > 2) {
        if (!dlopen(argv[2], RTLD_NOW | RTLD_LOCAL)) {
            fprintf(stderr, "%s\n", dlerror());
            return 2;
        }
    } else {
        return 2;
    }
    return 0;
}
