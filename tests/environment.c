/* One thread changes the environment while others ask what depends on it. */
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int rsmi_init(unsigned long flags);
int rsmi_shut_down(void);
int rsmi_compat_index_from_hip_device(unsigned hip_device, unsigned *device);

static atomic_int over, wrong;
static atomic_ulong asked;

static void *ask(void *unused)
{
    while (!over) {
        unsigned device = 99;
        /* HIP_VISIBLE_DEVICES names the second device alone. */
        if (rsmi_compat_index_from_hip_device(0, &device) != 0 || device != 1)
            wrong++;
        asked++;
    }
    return unused;
}

int main(int count, char **words)
{
    enum { NAMES = 3000 };
    int rounds = count > 1 ? atoi(words[1]) : 10;
    char name[32];
    pthread_t threads[2];
    unsigned device;

    /* An array of pointers that grows is soon in pages of its own, which go when it moves. */
    mallopt(M_MMAP_THRESHOLD, 4096);
    if (rsmi_init(0) != 0)
        return 2;
    for (int at = 0; at < 2; at++)
        if (pthread_create(&threads[at], NULL, ask, NULL) != 0)
            return 2;
    /* A busy machine gets fewer answers in the same time. */
    for (int round = 0; round < rounds || asked < 100; round++) {
        for (int at = 0; at < NAMES; at++) {
            snprintf(name, sizeof name, "FILL_%d_%d", round, at);
            if (setenv(name, "some value", 1) != 0)
                return 2;
        }
        for (int at = 0; at < NAMES; at++) {
            snprintf(name, sizeof name, "FILL_%d_%d", round, at);
            unsetenv(name);
        }
    }
    over = 1;
    for (int at = 0; at < 2; at++)
        pthread_join(threads[at], NULL);
    /* What is set at this moment counts. */
    setenv("HIP_VISIBLE_DEVICES", "0", 1);
    if (rsmi_compat_index_from_hip_device(0, &device) != 0 || device != 0)
        return 3;
    clearenv();
    if (rsmi_compat_index_from_hip_device(1, &device) != 0 || device != 1)
        return 4;
    static char mine[] = "HIP_VISIBLE_DEVICES=1";
    putenv(mine);
    if (rsmi_compat_index_from_hip_device(0, &device) != 0 || device != 1)
        return 5;
    if (rsmi_shut_down() != 0)
        return 6;
    printf("%d wrong\n", wrong);
    fprintf(stderr, "of %lu answers\n", (unsigned long)asked);
    return 0;
}
