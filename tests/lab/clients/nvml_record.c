/* What a libnvidia-ml returns to calls without arguments: before nvmlInit, after it, after nvmlShutdown.
 *
 *   nvml_record LIBRARY < names.txt
 *
 * A line for each call: the phase, the function, the status; "signal N" where the call ended the process.
 * Each call has a process of its own. The phases:
 *
 *   before  nobody has called nvmlInit; every argument is null
 *   null    nvmlInit was called; every argument is null
 *   handle  likewise, but the first argument is the first GPU
 *   after   nvmlShutdown was called since; every argument is null
 *
 * Behind nvmlInit only functions that read are called, by their names. Further lines are about texts
 * that do not fit, structs of a wrong version, and lists that are asked for in two calls.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int call(const void *, const void *, const void *, const void *, const void *, const void *,
                 const void *, const void *);

static void *library;

static call *find(const char *name)
{
    return (call *)dlsym(library, name);
}

static int begin(void)
{
    call *init = find("nvmlInit_v2");
    return init ? init(0, 0, 0, 0, 0, 0, 0, 0) : -1;
}

static const void *first_gpu(void)
{
    void *device = 0;
    call *by_index = find("nvmlDeviceGetHandleByIndex_v2");
    if (by_index)
        by_index(0, &device, 0, 0, 0, 0, 0, 0);
    return device;
}

enum phase { BEFORE, NOTHING, HANDLE, AFTER, PHASES };
static const char *const phases[PHASES] = { "before", "null", "handle", "after" };

static int ask(enum phase phase, call *function)
{
    const void *first = 0;
    if (phase != BEFORE && begin())
        return -1;
    if (phase == HANDLE && !(first = first_gpu()))
        return -1;
    if (phase == AFTER)
        find("nvmlShutdown")(0, 0, 0, 0, 0, 0, 0, 0);
    return function(first, 0, 0, 0, 0, 0, 0, 0);
}

/* In a process of its own: a call may end it. */
static void record(const char *what, const char *name, int (*answer)(const void *), const void *with)
{
    int ends[2], status = 0, state = 0;
    if (pipe(ends))
        exit(1);
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        exit(1);
    if (!child) {
        alarm(20);
        status = answer(with);
        _exit(write(ends[1], &status, sizeof status) != sizeof status);
    }
    close(ends[1]);
    int told = read(ends[0], &status, sizeof status) == sizeof status;
    close(ends[0]);
    waitpid(child, &state, 0);
    if (told)
        printf("%s %s %d\n", what, name, status);
    else
        printf("%s %s signal %d\n", what, name, WIFSIGNALED(state) ? WTERMSIG(state) : 0);
}

struct one {
    enum phase phase;
    call *function;
};

static int in_phase(const void *with)
{
    const struct one *one = with;
    return ask(one->phase, one->function);
}

/* nvmlInit and nvmlShutdown end the phase; the text function returns no status. */
static int is_apart(const char *name)
{
    return !strncmp(name, "nvmlInit", 8) || !strcmp(name, "nvmlShutdown") ||
           !strcmp(name, "nvmlErrorString");
}

static int only_reads(const char *name)
{
    return strstr(name, "Get") && !strstr(name, "Internal");
}

/* For the others a handle would be a place to write to. */
static int takes_a_device(const char *name)
{
    return !strncmp(name, "nvmlDevice", 10) && !strstr(name, "GetCount") && !strstr(name, "GetHandleBy");
}

static int short_name(const void *with)
{
    char text[4] = "###";
    (void)with;
    if (begin())
        return -1;
    return find("nvmlDeviceGetName")(first_gpu(), text, (void *)3L, 0, 0, 0, 0, 0);
}

static int wrong_version(const void *with)
{
    unsigned memory[10] = { 0x07000028 };
    (void)with;
    if (begin())
        return -1;
    return find("nvmlDeviceGetMemoryInfo_v2")(first_gpu(), memory, 0, 0, 0, 0, 0, 0);
}

static int counted(const void *with)
{
    unsigned count = 0;
    if (begin())
        return -1;
    return find(with)(first_gpu(), &count, 0, 0, 0, 0, 0, 0);
}

static int beyond(const void *with)
{
    void *device = 0;
    (void)with;
    if (begin())
        return -1;
    return find("nvmlDeviceGetHandleByIndex_v2")((void *)4096L, &device, 0, 0, 0, 0, 0, 0);
}

int main(int argc, char **argv)
{
    char name[128];
    if (argc != 2 || !(library = dlopen(argv[1], RTLD_NOW))) {
        fprintf(stderr, "nvml_record: %s\n", argc == 2 ? dlerror() : "name the library");
        return 1;
    }
    while (scanf("%127s", name) == 1) {
        call *function = find(name);
        if (!function || is_apart(name))
            continue;
        for (enum phase phase = BEFORE; phase < PHASES; phase++) {
            if (phase != BEFORE && !only_reads(name))
                continue;
            if (phase == HANDLE && !takes_a_device(name))
                continue;
            struct one one = { phase, function };
            record(phases[phase], name, in_phase, &one);
        }
    }
    record("short", "nvmlDeviceGetName", short_name, 0);
    record("version", "nvmlDeviceGetMemoryInfo_v2", wrong_version, 0);
    record("beyond", "nvmlDeviceGetHandleByIndex_v2", beyond, 0);
    record("count", "nvmlDeviceGetSupportedMemoryClocks", counted, "nvmlDeviceGetSupportedMemoryClocks");
    record("count", "nvmlDeviceGetComputeRunningProcesses_v3", counted,
           "nvmlDeviceGetComputeRunningProcesses_v3");
    return 0;
}
