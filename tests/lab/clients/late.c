/*
 * late handler | late between | late destructor
 *
 * Asks and shuts down while the process ends: in a handler that was registered before rsmi_init, in one that was
 * registered between rsmi_init and the first question for which ours opens libamd_smi, and in a destructor. By then
 * libamd_smi's objects are destroyed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

static const struct rsmi rsmi = LINKED_RSMI;
static char right[LONGEST_LINE];
static bool by_destructor;

static void say(const char *what)
{
    if (write(STDOUT_FILENO, what, strlen(what)) < 0)
        _exit(1);
}

static void end(void)
{
    char line[LONGEST_LINE];
    describe_rsmi(&rsmi, line);
    say(strcmp(line, right) ? "FAILED other answers\n" : "same answers\n");
    say(rsmi.shut_down() == SUCCESS ? "shut down\n" : "FAILED to shut down\n");
    say(rsmi.shut_down() == INIT_ERROR ? "once\n" : "FAILED shut down twice\n");
}

__attribute__((destructor)) static void destroy(void)
{
    if (by_destructor)
        end();
}

int main(int argc, char **argv)
{
    const char *how = argc == 2 ? argv[1] : "";
    by_destructor = !strcmp(how, "destructor");
    if (!strcmp(how, "handler"))
        atexit(end);
    if (rsmi.init(0) != SUCCESS) {
        say("FAILED rsmi_init\n");
        return 1;
    }
    if (!strcmp(how, "between"))
        atexit(end);
    describe_rsmi(&rsmi, right);
    return 0;
}
