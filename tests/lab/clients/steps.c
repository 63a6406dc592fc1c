/*
 * steps: does what its arguments say, one after the other, and prints one line for each.
 *
 *   API.load=local,PATH | API.load=global,PATH     dlopen; API is rsmi, other (a second rsmi) or amdsmi
 *   API.unload                                     dlclose
 *   API.init[=STATUS], API.shut_down[=STATUS]      and what it should return, if that is not 0
 *   API.values                                     all that it answers, on one line
 *   API.from=TEXT                                  the file that answers is so named
 *   mapped=TEXT, unmapped=TEXT                     whether such a file is in this process
 *
 * An interface that was not loaded is the linked one, if this build has one, else whatever the process finds by name.
 * What is not as it should be reads "FAILED", and the exit status is 1 in the end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

enum { RSMI, OTHER, AMDSMI, APIS, AMDSMI_AMD_GPUS = 2 };

static const char *const names[APIS] = {"rsmi", "other", "amdsmi"};
static struct {
    void *handle;
    bool bound;
} opened[APIS];

#ifdef LINKED_RSMI
static struct rsmi rsmi[2] = {LINKED_RSMI, LINKED_RSMI};
enum { RSMI_IS_LINKED = true };
#else
static struct rsmi rsmi[2];
enum { RSMI_IS_LINKED = false };
#endif
#ifdef LINKED_AMDSMI
static struct amdsmi amdsmi = LINKED_AMDSMI;
enum { AMDSMI_IS_LINKED = true };
#else
static struct amdsmi amdsmi;
enum { AMDSMI_IS_LINKED = false };
#endif

static bool failed;

static void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("FAILED ", stdout);
    vprintf(format, arguments);
    va_end(arguments);
    failed = true;
}

static void *find(void *handle, const char *symbol)
{
    void *address = dlsym(handle ? handle : RTLD_DEFAULT, symbol);
    if (!address) {
        fail("no %s\n", symbol);
        exit(1);
    }
    return address;
}

static void bind(int api)
{
    void *handle = opened[api].handle;
    opened[api].bound = true;
    /* POSIX makes the object pointer of dlsym a function pointer in this way. */
#define RSMI_ENTRY(member, symbol, arguments) *(void **)&rsmi[api].member = find(handle, #symbol);
#define AMDSMI_ENTRY(member, symbol, arguments) *(void **)&amdsmi.member = find(handle, #symbol);
    if (api == AMDSMI) {
        AMDSMI_FUNCTIONS(AMDSMI_ENTRY)
    } else {
        RSMI_FUNCTIONS(RSMI_ENTRY)
    }
}

static void load(int api, const char *how)
{
    bool global = !strncmp(how, "global,", strlen("global,"));
    const char *path = strchr(how, ',');
    if (!path) {
        fail("load=local,PATH or load=global,PATH\n");
        exit(1);
    }
    opened[api].handle = dlopen(path + 1, RTLD_NOW | (global ? RTLD_GLOBAL : RTLD_LOCAL));
    if (!opened[api].handle) {
        fail("%s\n", dlerror());
        exit(1);
    }
    bind(api);
    printf("done");
}

static void unload(int api)
{
    if (!opened[api].handle || dlclose(opened[api].handle))
        fail("nothing to unload");
    else
        printf("done");
    opened[api].handle = NULL;
}

static void check_status(int status, const char *expected)
{
    int wanted = expected ? atoi(expected) : SUCCESS;
    if (status == wanted)
        printf("%d", status);
    else
        fail("got %d, not %d", status, wanted);
}

static void print_values(int api)
{
    char line[LONGEST_LINE];
    if (api == AMDSMI)
        describe_amdsmi(&amdsmi, line);
    else
        describe_rsmi(&rsmi[api], line);
    fputs(line, stdout);
}

static void check_source(int api, const char *expected)
{
    Dl_info info;
    void *address = api == AMDSMI ? *(void **)&amdsmi.id : *(void **)&rsmi[api].id;
    if (!dladdr(address, &info))
        fail("nobody knows");
    else if (!strstr(info.dli_fname, expected))
        fail("%s", info.dli_fname);
    else
        printf("yes");
}

static void check_mapped(const char *file, bool wanted)
{
    char line[LONGEST_LINE];
    bool mapped = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    if (!maps)
        abort();
    while (fgets(line, sizeof line, maps))
        mapped |= strstr(line, file) != NULL;
    fclose(maps);
    if (mapped == wanted)
        printf("yes");
    else
        fail("%s is %s", file, mapped ? "there" : "not there");
}

static bool perform_on(int api, const char *action, const char *value)
{
    if (!strcmp(action, "load") && value) {
        load(api, value);
        return true;
    }
    if (!strcmp(action, "unload")) {
        unload(api);
        return true;
    }
    if (!opened[api].bound && !(api == AMDSMI ? AMDSMI_IS_LINKED : RSMI_IS_LINKED))
        bind(api);

    if (!strcmp(action, "init"))
        check_status(api == AMDSMI ? amdsmi.init(AMDSMI_AMD_GPUS) : rsmi[api].init(0), value);
    else if (!strcmp(action, "shut_down"))
        check_status(api == AMDSMI ? amdsmi.shut_down() : rsmi[api].shut_down(), value);
    else if (!strcmp(action, "values"))
        print_values(api);
    else if (!strcmp(action, "from") && value)
        check_source(api, value);
    else
        return false;
    return true;
}

static bool perform(char *step)
{
    char *value = strchr(step, '=');
    if (value)
        *value++ = 0;
    if (value && !strcmp(step, "mapped")) {
        check_mapped(value, true);
        return true;
    }
    if (value && !strcmp(step, "unmapped")) {
        check_mapped(value, false);
        return true;
    }
    char *action = strchr(step, '.');
    if (!action)
        return false;
    *action++ = 0;
    for (int api = 0; api < APIS; api++)
        if (!strcmp(step, names[api]))
            return perform_on(api, action, value);
    return false;
}

/* Not named main: some builds of it are a library with undefined references, as plug-ins are. */
int run_steps(int argc, char **argv)
{
    remember_environment();
    for (int i = 1; i < argc; i++) {
        char *step = strdup(argv[i]);
        printf("%s: ", argv[i]);
        fflush(stdout);
        if (!step || !perform(step)) {
            fprintf(stderr, "steps: '%s' is no step: see the top of steps.c\n", argv[i]);
            return 2;
        }
        free(step);
        putchar('\n');
        fflush(stdout);
    }
    if (!environment_is_unchanged()) {
        puts("environment: FAILED it is another one now");
        failed = true;
    }
    return failed;
}
