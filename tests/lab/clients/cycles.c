/*
 * cycles COUNT: initialises, asks and shuts down that often, and looks what the process has kept of it: open files,
 * memory, threads.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

enum {
    WARM_UP = 20,       /* what is allocated once may stay */
    MOST_GROWTH = 1024, /* KiB; an allocator needs some room to breathe */
};

static const struct rsmi rsmi = LINKED_RSMI;

static long entries(const char *path)
{
    long count = 0;
    DIR *directory = opendir(path);
    if (!directory)
        abort();
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static long resident_kib(void)
{
    char line[256];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "r");
    if (!status)
        abort();
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "VmRSS: %ld kB", &kib) == 1)
            break;
    fclose(status);
    return kib;
}

static bool cycle(char line[LONGEST_LINE])
{
    if (rsmi.init(0) != SUCCESS)
        return false;
    describe_rsmi(&rsmi, line);
    return rsmi.shut_down() == SUCCESS;
}

int main(int argc, char **argv)
{
    long cycles = argc == 2 ? atol(argv[1]) : 0;
    if (cycles <= 0) {
        fputs("usage: cycles COUNT\n", stderr);
        return 2;
    }
    static char first[LONGEST_LINE], line[LONGEST_LINE];
    remember_environment();
    bool fine = cycle(first);
    for (int i = 0; i < WARM_UP && fine; i++)
        fine = cycle(line);

    long files = entries("/proc/self/fd"), threads = entries("/proc/self/task"), kib = resident_kib();
    for (long i = 0; i < cycles && fine; i++)
        fine = cycle(line) && !strcmp(first, line);
    printf("%ld cycles: %s\n", cycles, fine ? "same answers" : "FAILED");

    long more_files = entries("/proc/self/fd") - files, more_threads = entries("/proc/self/task") - threads;
    long more_kib = resident_kib() - kib;
    if (more_files)
        printf("FAILED %ld more open files\n", more_files);
    if (more_threads)
        printf("FAILED %ld more threads\n", more_threads);
    if (more_kib > MOST_GROWTH)
        printf("FAILED %ld KiB more memory\n", more_kib);
    bool unchanged = environment_is_unchanged();
    if (!unchanged)
        puts("FAILED the environment is another one now");
    return !(fine && unchanged && !more_files && !more_threads && more_kib <= MOST_GROWTH);
}
