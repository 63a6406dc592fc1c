/*
 * forks: what a child of fork may do.
 *
 * A child of an initialised process asks at once, initialises and shuts down again (as Slurm does), and the parent does
 * not notice. Then one thread forks again and again while others ask and initialise: no child may find a lock taken.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

enum { ASKING = 8, FORKS = 50, PATIENCE = 20 };

static const struct rsmi rsmi = LINKED_RSMI;
static char right[LONGEST_LINE];
static atomic_bool stop;

static bool answers_are_right(void)
{
    char line[LONGEST_LINE];
    describe_rsmi(&rsmi, line);
    return !strcmp(line, right);
}

/* The ways in which a child can fail are its exit status. */
enum { CHILD_FINE, CHILD_ASKED_AT_ONCE, CHILD_INIT, CHILD_ASKED_AFTER_INIT, CHILD_SHUT_DOWN, CHILD_EXTRA_INIT };

static const char *const failures[] = {
    "fine", "wrong answer without rsmi_init", "rsmi_init", "wrong answer after rsmi_init", "rsmi_shut_down",
    "not initialised a second time",
};

static int child(bool asks_at_once)
{
    alarm(PATIENCE);
    if (asks_at_once && !answers_are_right())
        return CHILD_ASKED_AT_ONCE;
    if (rsmi.init(0) != SUCCESS)
        return CHILD_INIT;
    if (!answers_are_right())
        return CHILD_ASKED_AFTER_INIT;
    if (rsmi.shut_down() != SUCCESS)
        return CHILD_SHUT_DOWN;
    if (rsmi.init(0) != SUCCESS || !answers_are_right())
        return CHILD_EXTRA_INIT;
    return CHILD_FINE;
}

static bool child_is_fine(bool asks_at_once)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(child(asks_at_once));
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        abort();
    if (WIFSIGNALED(status))
        printf("FAILED child: signal %d%s\n", WTERMSIG(status), WTERMSIG(status) == SIGALRM ? " (it hung)" : "");
    else if (WEXITSTATUS(status))
        printf("FAILED child: %s\n", failures[WEXITSTATUS(status)]);
    return status == 0;
}

static void *keep_asking(void *unused)
{
    (void)unused;
    while (!stop)
        if (!answers_are_right())
            puts("FAILED another thread of the parent: wrong answer");
    return NULL;
}

static void *keep_switching(void *unused)
{
    (void)unused;
    while (!stop)
        if (rsmi.init(0) != SUCCESS || rsmi.shut_down() != SUCCESS)
            puts("FAILED another thread of the parent: init or shut_down");
    return NULL;
}

static void *keep_forking(void *fine)
{
    for (int i = 0; i < FORKS && *(bool *)fine; i++)
        *(bool *)fine = child_is_fine(i % 2 == 0);
    return NULL;
}

int main(void)
{
    bool fine = true;
    remember_environment();

    printf("a child of a process without rsmi_init: ");
    fflush(stdout);
    strcpy(right, "0 devices");
    pid_t pid = fork();
    if (pid == 0)
        _exit(rsmi.init(0) != SUCCESS || rsmi.shut_down() != SUCCESS || rsmi.shut_down() != INIT_ERROR);
    int status;
    if (waitpid(pid, &status, 0) != pid)
        abort();
    fine &= status == 0;
    puts(status == 0 ? "fine" : "FAILED");

    if (rsmi.init(0) != SUCCESS) {
        puts("FAILED rsmi_init");
        return 1;
    }
    describe_rsmi(&rsmi, right);
    if (!strncmp(right, "0 devices", strlen("0 devices"))) {
        puts("FAILED no devices");
        return 1;
    }
    for (int at_once = 0; at_once < 2; at_once++) {
        bool good = child_is_fine(at_once) && answers_are_right();
        printf("a child that %s: %s\n", at_once ? "asks at once" : "initialises first", good ? "fine" : "FAILED");
        fine &= good;
    }

    pthread_t asking[ASKING], switching, forking;
    bool all_fine = true;
    for (int i = 0; i < ASKING; i++)
        if (pthread_create(&asking[i], NULL, keep_asking, NULL))
            abort();
    if (pthread_create(&switching, NULL, keep_switching, NULL) ||
        pthread_create(&forking, NULL, keep_forking, &all_fine))
        abort();
    pthread_join(forking, NULL);
    stop = true;
    for (int i = 0; i < ASKING; i++)
        pthread_join(asking[i], NULL);
    pthread_join(switching, NULL);
    printf("%d children of a busy process: %s\n", FORKS, all_fine ? "fine" : "FAILED");
    fine &= all_fine;

    bool balanced = answers_are_right() && rsmi.shut_down() == SUCCESS && rsmi.shut_down() == INIT_ERROR;
    printf("the parent: %s\n", balanced ? "fine" : "FAILED");
    bool unchanged = environment_is_unchanged();
    printf("environment: %s\n", unchanged ? "unchanged" : "FAILED");
    return !(fine && balanced && unchanged);
}
