/* Makes the calls that its standard input lists, of the libamd_smi at argv[1], and prints what each of them wrote.
 *
 * A line is a function and its arguments: a number; pN, the N-th processor; null; oN, the N-th output, which may be
 * followed by a colon and the bytes in it before the call, in hexadecimal; $N, the number that was written last to the
 * N-th output. What is printed is the status, and each output up to the last byte that is not as it was.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GPUS = 2, MOST = 64, OUTPUTS = 4, ROOM = 64 * 1024, ARGUMENTS = 6, UNTOUCHED = 0xA5, LONGEST = 4096 };

typedef uint32_t (*function)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

static uint64_t processors[MOST];
static uint32_t count;
static unsigned char outputs[OUTPUTS][ROOM];
static uint64_t kept[OUTPUTS];

static uint64_t address(const void *of)
{
    return (uint64_t)(uintptr_t)of;
}

static int find_processors(void *library)
{
    function sockets_of = (function)dlsym(library, "amdsmi_get_socket_handles");
    function processors_of = (function)dlsym(library, "amdsmi_get_processor_handles");
    uint64_t sockets[MOST];
    uint32_t socket_count = MOST;
    if (sockets_of(address(&socket_count), address(sockets), 0, 0, 0, 0) != 0)
        return -1;
    for (uint32_t i = 0; i < socket_count; i++) {
        uint32_t here = MOST - count;
        if (processors_of(sockets[i], address(&here), address(processors + count), 0, 0, 0) != 0)
            return -1;
        count += here;
    }
    return 0;
}

static uint64_t argument(const char *word, int *used)
{
    unsigned at = 0;
    if (strcmp(word, "null") == 0)
        return 0;
    if (word[0] == 'p' || word[0] == 'o' || word[0] == '$')
        at = (unsigned)strtoul(word + 1, NULL, 10);
    if (word[0] == 'p')
        return at < count ? processors[at] : 0;
    if (word[0] == '$')
        return kept[at % OUTPUTS];
    if (word[0] != 'o')
        return strtoull(word, NULL, 0);
    at %= OUTPUTS;
    used[at] = 1;
    const char *bytes = strchr(word, ':');
    for (size_t i = 0; bytes && i < ROOM && sscanf(bytes + 1 + 2 * i, "%2hhx", &outputs[at][i]) == 1; i++)
        ;
    return address(outputs[at]);
}

static void ask(void *library, char *line)
{
    uint64_t arguments[ARGUMENTS] = {0};
    int used[OUTPUTS] = {0};
    char *name = strtok(line, " \n");
    if (!name)
        return;
    memset(outputs, UNTOUCHED, sizeof outputs);
    char *word = NULL;
    for (int i = 0; i < ARGUMENTS && (word = strtok(NULL, " \n")); i++)
        arguments[i] = argument(word, used);
    function call = (function)dlsym(library, name);
    if (!call) {
        printf("%s missing\n", name);
        return;
    }
    uint32_t status =
        call(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
    printf("%s %" PRIu32, name, status);
    for (int i = 0; i < OUTPUTS; i++) {
        size_t end = ROOM;
        while (used[i] && end > 0 && outputs[i][end - 1] == UNTOUCHED)
            end--;
        if (used[i])
            memcpy(&kept[i], outputs[i], sizeof kept[i]);
        printf(" ");
        for (size_t at = 0; used[i] && at < end; at++)
            printf("%02x", outputs[i][at]);
    }
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    if (((function)dlsym(library, "amdsmi_init"))(GPUS, 0, 0, 0, 0, 0) != 0 || find_processors(library) != 0)
        return 1;
    static char line[LONGEST];
    while (fgets(line, sizeof line, stdin))
        ask(library, line);
    return ((function)dlsym(library, "amdsmi_shut_down"))(0, 0, 0, 0, 0, 0) == 0 ? 0 : 1;
}
