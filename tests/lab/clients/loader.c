/*
 * loader: a program that opens libraries by name and then runs another program's main, which finds its functions in them.
 *
 *   loader STEP... -- PLUGIN ARGUMENT...
 *
 *   +NAME   opens it for everybody (RTLD_GLOBAL)
 *   .NAME   opens it for itself alone, and initialises it: a second user in the process, to the end
 *   -NAME   closes what +NAME opened
 *   =       all that are open for everybody have one rsmi_init
 *
 * PLUGIN is the other program, built as a library with its references left open.
 *
 * With CXX it is like a program in C++ in one respect: it has objects of the C++ library inside itself.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { FAILED = 125, MOST = 16, AMDSMI_AMD_GPUS = 2 };

static struct {
    const char *name;
    void *handle;
} shared[MOST];
static int shares;

#ifdef CXX
/* The linker puts what is referred to so into the program, by copy relocations. */
extern char cout[] __asm__("_ZSt4cout"), ctype[] __asm__("_ZNSt5ctypeIcE2idE");
extern char collate[] __asm__("_ZNSt7__cxx117collateIcE2idE"), codecvt[] __asm__("_ZNSt7codecvtIcc11__mbstate_tE2idE");

static void hold(void)
{
    __asm__ volatile("" : : "r"(cout), "r"(ctype), "r"(collate), "r"(codecvt));
}
#else
static void hold(void) {}
#endif

static int fail(const char *what)
{
    const char *why = dlerror();
    fprintf(stderr, "loader: %s: %s\n", what, why ? why : "it should not be so");
    return FAILED;
}

static int open_for_all(const char *name)
{
    void *handle = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
    if (!handle || shares == MOST)
        return fail(name);
    shared[shares].name = name;
    shared[shares++].handle = handle;
    return 0;
}

static int close_for_all(const char *name)
{
    for (int i = 0; i < shares; i++) {
        if (strcmp(shared[i].name, name) != 0)
            continue;
        /* Used once, so that it has something to forget. */
        int (*init)(uint64_t), (*shut_down)(void);
        *(void **)&init = dlsym(shared[i].handle, "rsmi_init");
        *(void **)&shut_down = dlsym(shared[i].handle, "rsmi_shut_down");
        if (!init || !shut_down || init(0) || shut_down() || dlclose(shared[i].handle))
            return fail(name);
        shared[i] = shared[--shares];
        return 0;
    }
    return fail(name);
}

static int open_alone(const char *name)
{
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return fail(name);
    int (*init)(uint64_t);
    *(void **)&init = dlsym(handle, "amdsmi_init");
    uint64_t flags = AMDSMI_AMD_GPUS;
    if (!init) {
        *(void **)&init = dlsym(handle, "rsmi_init");
        flags = 0;
    }
    return init && init(flags) == 0 ? 0 : fail(name);
}

static int compare(void)
{
    for (int i = 1; i < shares; i++) {
        if (dlsym(shared[0].handle, "rsmi_init") != dlsym(shared[i].handle, "rsmi_init"))
            return fail(shared[i].name);
    }
    return 0;
}

int main(int count, char **arguments)
{
    hold();
    int at = 1;
    for (; at < count && strcmp(arguments[at], "--") != 0; at++) {
        const char *step = arguments[at];
        int failure = *step == '+'   ? open_for_all(step + 1)
                      : *step == '-' ? close_for_all(step + 1)
                      : *step == '.' ? open_alone(step + 1)
                      : *step == '=' ? compare()
                                     : fail(step);
        if (failure)
            return failure;
    }
    if (++at >= count)
        return fail("no program to run");
    void *plugin = dlopen(arguments[at], RTLD_NOW);
    if (!plugin)
        return fail(arguments[at]);
    int (*run)(int, char **);
    *(void **)&run = dlsym(plugin, "main");
    return run ? run(count - at, arguments + at) : fail(arguments[at]);
}
