/* One child after the other asks the probes, a parent sees how far each of them came; a child may become a parent. */
#define _GNU_SOURCE
#include "probe.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WRONG_USE = 2, DEFAULT_PATIENCE = 5 };

static struct {
    bool list;
    bool direct;
    int patience;
    const char *only;
    const char *from;
    const char *after;
} options = {.patience = DEFAULT_PATIENCE};

/* Where the children are, for the parents and for the next child to see. */
struct progress {
    uint64_t begun; /* the number of the last probe that was begun, from 1 */
    bool asking;    /* it has not ended */
    pid_t parent;   /* of the child that asks: it alone watches the time */
};
static volatile struct progress *progress;

static uint64_t number; /* of the probe that the child is at, asked or not */
static uint64_t done;   /* those up to here were asked by earlier children */
static bool named_found;

static const char *named(void)
{
    return options.only ? options.only : options.from ? options.from : options.after;
}

static bool chosen(const char *id)
{
    if (!named())
        return true;
    if (!named_found && !strcmp(named(), id)) {
        named_found = true;
        return !options.after;
    }
    return named_found && !options.only;
}

bool begin_probe(const char *id)
{
    number++;
    if (!chosen(id) || number <= done)
        return false;
    if (options.list) {
        puts(id);
        return false;
    }
    printf("%s: ", id);
    fflush(stdout);
    progress->begun = number;
    progress->asking = true;
    return true;
}

void end_probe(void)
{
    putchar('\n');
    fflush(stdout);
    progress->asking = false;
}

/* Waits until the child has ended; after too long without a new probe, ends it and returns false. */
static bool wait_for(pid_t child, const sigset_t *child_ended, int *status)
{
    const struct timespec second = {.tv_sec = 1};
    uint64_t seen = progress->begun;
    int idle = 0;
    while (waitpid(child, status, WNOHANG) == 0) {
        bool quiet = sigtimedwait(child_ended, NULL, &second) < 0;
        if (progress->begun != seen || progress->parent != getpid()) {
            seen = progress->begun;
            idle = 0;
        } else if (quiet && ++idle >= options.patience) {
            kill(child, SIGKILL);
            waitpid(child, status, 0);
            return false;
        }
    }
    return true;
}

static void print_end(bool in_time, int status)
{
    if (!in_time) {
        fputs("hangs", stdout);
    } else if (WIFEXITED(status)) {
        printf("exits (%d)", WEXITSTATUS(status));
    } else {
        int signal = WTERMSIG(status);
        if (signal == SIGSEGV || signal == SIGBUS)
            fputs("dies (memory fault)", stdout);
        else if (signal == SIGABRT)
            fputs("dies (abort)", stdout);
        else
            printf("dies (signal %d)", signal);
    }
    putchar('\n');
}

/* Returns in each child; the parent ends when one of them came to its end. */
void checkpoint(void)
{
    if (options.list || options.direct)
        return;
    sigset_t child_ended, old;
    sigemptyset(&child_ended);
    sigaddset(&child_ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child_ended, &old);
    fflush(stdout);

    pid_t self = getpid();
    for (;;) {
        uint64_t before = progress->begun;
        progress->parent = self;
        pid_t child = fork();
        if (child < 0) {
            perror("fork");
            _exit(EXIT_FAILURE);
        }
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() != self)
                _exit(EXIT_FAILURE);
            sigprocmask(SIG_SETMASK, &old, NULL);
            done = before;
            return;
        }
        int status = 0;
        bool in_time = wait_for(child, &child_ended, &status);
        if (in_time && WIFEXITED(status) && !progress->asking)
            /* Whatever the library registered to do at exit is not what is asked here. */
            _exit(WEXITSTATUS(status));
        if (progress->asking) {
            print_end(in_time, status);
            progress->asking = false;
        } else if (progress->begun == before) {
            /* It came to no probe at all, and the next one would not either. */
            fputs("the-end: ", stdout);
            print_end(in_time, status);
            fflush(stdout);
            _exit(EXIT_SUCCESS);
        }
        fflush(stdout);
    }
}

static int usage(const char *program)
{
    fprintf(stderr,
            "usage: %s [--list | --direct] [--patience SECONDS] [--only ID | --from ID | --after ID]\n"
            "  --list       print the ids of the probes, ask nothing\n"
            "  --direct     ask in this very process, for a debugger: it ends where the library ends it\n"
            "  --patience   how long one probe may take (%d)\n"
            "  --only, --from, --after   this probe; this one and those behind it; those behind it\n",
            program, DEFAULT_PATIENCE);
    return WRONG_USE;
}

int ask_probes(int argc, char **argv, void (*probes)(void))
{
    for (int i = 1; i < argc; i++) {
        const char **id = !strcmp(argv[i], "--only")    ? &options.only
                          : !strcmp(argv[i], "--from")  ? &options.from
                          : !strcmp(argv[i], "--after") ? &options.after
                                                        : NULL;
        if (id && i + 1 < argc && !named())
            *id = argv[++i];
        else if (!strcmp(argv[i], "--patience") && i + 1 < argc && atoi(argv[i + 1]) > 0)
            options.patience = atoi(argv[++i]);
        else if (!strcmp(argv[i], "--list"))
            options.list = true;
        else if (!strcmp(argv[i], "--direct"))
            options.direct = true;
        else
            return usage(argv[0]);
    }
    progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (progress == MAP_FAILED) {
        perror("mmap");
        return EXIT_FAILURE;
    }
    checkpoint();
    probes();
    fflush(stdout);
    int status = 0;
    if (named() && !named_found) {
        fprintf(stderr, "there is no probe '%s'; --list prints them all\n", named());
        status = WRONG_USE;
    }
    if (options.list || options.direct)
        return status;
    _exit(status);
}
