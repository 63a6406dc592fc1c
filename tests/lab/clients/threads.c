/*
 * threads held | threads free
 *
 * A hundred threads ask while others initialise and shut down, all the time.
 * held: the main thread keeps the library initialised, so every answer must be the right one.
 * free: nobody does; an answer is the right one, or INVALID_ARGS while there are no devices.
 * However many ask, those who initialise have their turn.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client.h"

enum { ASKING = 100, SWITCHING = 10, SECONDS = 2, ENOUGH = 1000, MOST_DEVICES = 64 };

struct device {
    uint16_t id;
    uint64_t pci_id, unique_id, memory;
    char mode[32];
};

static const struct rsmi rsmi = LINKED_RSMI;
static struct device right[MOST_DEVICES];
static uint32_t count;
static bool held;
static atomic_bool stop;
static atomic_long answers, rounds[SWITCHING], mistakes;

/* The first is said; a thousand more would say no more. */
static void mistake(const char *what, int status)
{
    if (mistakes++ == 0)
        printf("FAILED %s: status %d\n", what, status);
}

static void check(int status, bool same, const char *what)
{
    bool fine = status == SUCCESS ? same : !held && status == INVALID_ARGS;
    answers++;
    if (!fine)
        mistake(what, status);
}

static void ask(uint32_t i, struct device *device, bool checking)
{
    struct device got;
    memset(&got, 0, sizeof got);
    int status[] = {
        rsmi.id(i, &got.id),
        rsmi.pci_id(i, &got.pci_id),
        rsmi.unique_id(i, &got.unique_id),
        rsmi.memory(i, 0, &got.memory),
        rsmi.partition(i, got.mode, sizeof got.mode),
    };
    if (checking) {
        check(status[0], got.id == device->id, "id");
        check(status[1], got.pci_id == device->pci_id, "pci id");
        check(status[2], got.unique_id == device->unique_id, "unique id");
        check(status[3], got.memory == device->memory, "memory");
        check(status[4], !strcmp(got.mode, device->mode), "partition");
    } else {
        *device = got;
    }
}

static void *keep_asking(void *first)
{
    for (uint32_t i = (uint32_t)(uintptr_t)first; !stop; i++)
        ask(i % count, &right[i % count], true);
    return NULL;
}

static void *keep_switching(void *mine)
{
    for (atomic_long *round = mine; !stop; ++*round) {
        int status = rsmi.init(0);
        if (status != SUCCESS)
            mistake("init", status);
        status = rsmi.shut_down();
        if (status != SUCCESS)
            mistake("shut_down", status);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 2 || (strcmp(argv[1], "held") && strcmp(argv[1], "free"))) {
        fputs("usage: threads held | free\n", stderr);
        return 2;
    }
    held = !strcmp(argv[1], "held");
    remember_environment();
    if (rsmi.init(0) != SUCCESS || rsmi.count(&count) != SUCCESS || count == 0 || count > MOST_DEVICES) {
        puts("FAILED to find devices");
        return 1;
    }
    for (uint32_t i = 0; i < count; i++)
        ask(i, &right[i], false);
    if (!held)
        rsmi.shut_down();

    pthread_t threads[ASKING + SWITCHING];
    for (size_t i = 0; i < ASKING + SWITCHING; i++)
        if (i < ASKING ? pthread_create(&threads[i], NULL, keep_asking, (void *)i)
                       : pthread_create(&threads[i], NULL, keep_switching, &rounds[i - ASKING]))
            abort();
    nanosleep(&(struct timespec){.tv_sec = SECONDS}, NULL);
    stop = true;
    for (size_t i = 0; i < ASKING + SWITCHING; i++)
        pthread_join(threads[i], NULL);

    int status = held ? rsmi.shut_down() : SUCCESS;
    if (status != SUCCESS)
        mistake("the last shut_down", status);
    status = rsmi.shut_down();
    if (status != INIT_ERROR)
        mistake("one shut_down too many", status);
    if (!environment_is_unchanged())
        mistake("the environment is another one now", 0);
    if (answers < ENOUGH)
        mistake("hardly anything was answered", 0);
    for (int i = 0; i < SWITCHING; i++)
        if (rounds[i] < 2)
            mistake("a thread hardly came to initialise", 0);
    puts(mistakes ? "answers: wrong" : "answers: right");
    return mistakes != 0;
}
