/*
 * busy FLAGS
 *
 * Eight threads ask one device at a time. With RSMI_INIT_FLAG_RESRV_TEST1 some of them are told at once that it is
 * busy, and nobody waits; without it nobody is told so. A device that nobody asks is never busy.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client.h"

enum { ASKING = 8, BUSY = 16, SECONDS = 10 };

static const struct rsmi rsmi = LINKED_RSMI;
static atomic_bool stop;
static atomic_long busy, others;

static void *ask(void *unused)
{
    (void)unused;
    while (!stop) {
        uint32_t percent;
        int status = rsmi.busy(0, &percent);
        if (status == BUSY)
            busy++;
        else if (status != SUCCESS)
            others++;
    }
    return NULL;
}

int main(int count, char **arguments)
{
    pthread_t threads[ASKING];
    time_t start = time(NULL);
    long elsewhere = 0;
    unsigned long long flags = count == 2 ? strtoull(arguments[1], NULL, 0) : 0;

    if (count != 2 || rsmi.init(flags) != SUCCESS)
        return 2;
    for (int i = 0; i < ASKING; i++)
        if (pthread_create(&threads[i], NULL, ask, NULL) != 0)
            return 2;
    /* Two seconds are enough to see that nobody is told; to be told may take longer on a busy machine. */
    while (time(NULL) < start + 2 || (flags != 0 && busy == 0 && time(NULL) < start + SECONDS)) {
        uint64_t id;
        if (rsmi.pci_id(1, &id) != SUCCESS)
            elsewhere++;
    }
    stop = true;
    for (int i = 0; i < ASKING; i++)
        pthread_join(threads[i], NULL);
    printf("%s, %ld other failures, %ld on another device\n", busy > 0 ? "some were told that it is busy" : "nobody was told",
           (long)others, elsewhere);
    return rsmi.shut_down() == SUCCESS ? 0 : 1;
}
