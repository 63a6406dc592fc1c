/*
 * outputs: which bytes a library writes into the structs of the rocm_smi.h that this was compiled with.
 *
 *   outputs [NAME=PLUGIN]...
 *
 * Asks, then opens each plug-in in turn, which is this source built as a library with NO_MAIN, has it ask, and closes it.
 *
 * Every struct lies once right behind a page that nobody may touch and once right before one, and is filled once with one
 * byte and once with another. A byte that came through both is "..", one that depends on them or on the place is "??".
 *
 *   BETWEEN=62, 63  the structs of a release of which no header is at hand
 *   LOOKED_UP       nothing is linked; LIBRARY in the environment is opened, and functions are found by dlsym
 *   NAMES=60 to 64  it is linked to a function that came with that release
 *   OUTPUTS         what the function that asks is called, for several of them in one program
 *   ARCHIVE         such a function in an archive, which asks too
 *   NO_INIT         it calls neither rsmi_init nor rsmi_shut_down
 *   CAN_PARTITION   the header has a setter of partitions
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifdef BETWEEN
#include "outputs/between.h"
#else
#include <rocm_smi/rocm_smi.h>
#endif

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __cplusplus
#define C extern "C"
#else
#define C extern
#endif

#ifndef OUTPUTS
#define OUTPUTS ask_outputs
#endif

enum { DEVICE = 0, PAGE = 4096, PAGES = 3, ROOM = PAGES * PAGE, MOST_DEVICES = 2, PATIENCE = 20, FAILED = 3 };

/* What kfd_double.so plays; without it nothing happens on any GPU. */
C uint32_t double_gpu(int nth) __attribute__((weak));
C bool double_report(uint32_t gpu, const char *text) __attribute__((weak));

typedef int (*asks)(const char *name);
C int OUTPUTS(const char *name);

static const char *part;

static __attribute__((noreturn)) void fail(const char *what)
{
    fprintf(stderr, "outputs: %s\n", what);
    exit(FAILED);
}

#ifdef LOOKED_UP
static void *library;

static void *look_up(const char *name)
{
    void *found = dlsym(library, name);
    if (!found)
        fail(dlerror());
    return found;
}
#define CALL(function) ((__typeof__(&function))look_up(#function))
#else
#define CALL(function) function
#endif

/* ------------------------------------------------------------------ the structs and who fills them */

static int metrics(void *out)
{
    return (int)CALL(rsmi_dev_gpu_metrics_info_get)(DEVICE, (rsmi_gpu_metrics_t *)out);
}

static int clock_of(int kind, void *out)
{
    return (int)CALL(rsmi_dev_gpu_clk_freq_get)(DEVICE, (rsmi_clk_type_t)kind, (rsmi_frequencies_t *)out);
}

static int system_clock(void *out) { return clock_of(0, out); }
static int fabric_clock(void *out) { return clock_of(1, out); }
static int soc_clock(void *out) { return clock_of(3, out); }
static int memory_clock(void *out) { return clock_of(4, out); }

static int bandwidth(void *out)
{
    return (int)CALL(rsmi_dev_pci_bandwidth_get)(DEVICE, (rsmi_pcie_bandwidth_t *)out);
}

static int voltages(void *out)
{
    return (int)CALL(rsmi_dev_od_volt_info_get)(DEVICE, (rsmi_od_volt_freq_data_t *)out);
}

static int firmware_of(rsmi_fw_block_t block, void *out)
{
    return (int)CALL(rsmi_dev_firmware_version_get)(DEVICE, block, (uint64_t *)out);
}

static int prefetch_firmware(void *out) { return firmware_of(RSMI_FW_BLOCK_PFP, out); }
static int video_firmware(void *out) { return firmware_of(RSMI_FW_BLOCK_VCN, out); }

static int version(void *out)
{
    rsmi_version_t version;
    memcpy(&version, out, offsetof(rsmi_version_t, build));
    int status = (int)CALL(rsmi_version_get)(&version);
    /* What the last member points to is another address in each process. */
    memcpy(out, &version, offsetof(rsmi_version_t, build));
    return status;
}

/* Room for one more than can happen. */
typedef struct {
    rsmi_evt_notification_data_t data[MOST_DEVICES + 1];
} notifications;

static uint32_t listening, notified;

static void happen(void)
{
    static const char *const texts[MOST_DEVICES] = {"2 1f:a0\n", "1 1267:python\n"};
    for (uint32_t nth = 0; nth < listening; nth++)
        double_report(double_gpu((int)nth), texts[nth]);
}

/* As many as one call gives; the others are taken from the library, and counted. */
static int events(void *out)
{
    notifications rest;
    happen();
    uint32_t count = MOST_DEVICES + 1;
    int status = (int)CALL(rsmi_event_notification_get)(PATIENCE, &count, (rsmi_evt_notification_data_t *)out);
    notified = status == 0 ? count : 0;
    for (;;) {
        count = MOST_DEVICES + 1;
        if (CALL(rsmi_event_notification_get)(PATIENCE, &count, rest.data) || !count)
            return status;
        notified += count;
    }
}

static const struct output {
    const char *name;
    size_t size;
    int (*get)(void *out);
} outputs[] = {
    {"version", offsetof(rsmi_version_t, build), version},
    {"system-clock", sizeof(rsmi_frequencies_t), system_clock},
    {"fabric-clock", sizeof(rsmi_frequencies_t), fabric_clock},
    {"soc-clock", sizeof(rsmi_frequencies_t), soc_clock},
    {"memory-clock", sizeof(rsmi_frequencies_t), memory_clock},
    {"bandwidth", sizeof(rsmi_pcie_bandwidth_t), bandwidth},
    {"prefetch-firmware", sizeof(uint64_t), prefetch_firmware},
    {"video-firmware", sizeof(uint64_t), video_firmware},
    {"events", sizeof(notifications), events},
    /* The oldest release does not survive these everywhere. */
    {"metrics", sizeof(rsmi_gpu_metrics_t), metrics},
    {"voltages", sizeof(rsmi_od_volt_freq_data_t), voltages},
};

/* ------------------------------------------------------------------ where they lie */

static const unsigned char fills[2] = {0xA5, 0x5A};

/* What a call made of its struct: filled with each of two bytes, behind a page and before one. */
struct image {
    int status;
    unsigned char bytes[ROOM];
};
static struct image images[2][2];

/* Prints where the library wrote outside the struct, if it did. */
static void look_around(const unsigned char *memory, size_t start, size_t size, unsigned char fill)
{
    for (size_t at = 0; at < ROOM; at++)
        if (memory[at] != fill && (at < start || at >= start + size)) {
            printf(" BEYOND%+ld", (long)at - (long)start);
            return;
        }
}

static void ask(const struct output *output, unsigned char *memory)
{
    printf("%s/%s:", part, output->name);
    fflush(stdout);
    for (int before = 0; before < 2; before++) {
        for (int second = 0; second < 2; second++) {
            size_t start = before ? ROOM - output->size : 0;
            struct image *image = &images[before][second];
            memset(memory, fills[second], ROOM);
            image->status = output->get(memory + start);
            memcpy(image->bytes, memory + start, output->size);
            look_around(memory, start, output->size, fills[second]);
        }
    }
    printf(" %d ", images[0][0].status);
    for (size_t at = 0; at < output->size; at++) {
        bool came_through = true, same = true;
        for (int which = 0; which < 4; which++) {
            const struct image *image = &images[which / 2][which % 2];
            came_through &= image->bytes[at] == fills[which % 2];
            same &= image->bytes[at] == images[0][0].bytes[at] && image->status == images[0][0].status;
        }
        if (came_through)
            fputs("..", stdout);
        else if (same)
            printf("%02x", images[0][0].bytes[at]);
        else
            fputs("??", stdout);
    }
    putchar('\n');
    if (output->get == events)
        printf("%s/notified: %u of %u\n", part, notified, listening);
    fflush(stdout);
}

#ifdef CAN_PARTITION
/* How the driver was told to partition each card. */
static void print_partitions(void)
{
    for (int card = 0; card < 16; card++) {
        char text[64] = "";
        snprintf(text, sizeof text, "/sys/class/drm/card%d/device/current_compute_partition", card);
        int file = open(text, O_RDONLY | O_CLOEXEC);
        ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
        if (file >= 0)
            close(file);
        if (length > 0) {
            text[length] = 0;
            printf(" %.*s", (int)strcspn(text, "\n"), text);
        }
    }
    putchar('\n');
}

/* The last one is what there was before. */
static void partition(void)
{
    static const struct {
        const char *name;
        rsmi_compute_partition_type_t kind;
    } kinds[] = {
        {"DPX", RSMI_COMPUTE_PARTITION_DPX},
        {"CPX", RSMI_COMPUTE_PARTITION_CPX},
        {"SPX", RSMI_COMPUTE_PARTITION_SPX},
    };
    printf("%s/partition/before:", part);
    print_partitions();
    for (size_t at = 0; at < sizeof kinds / sizeof *kinds; at++) {
        int status = (int)CALL(rsmi_dev_compute_partition_set)(DEVICE, kinds[at].kind);
        printf("%s/partition/%s: %d", part, kinds[at].name, status);
        print_partitions();
    }
}
#endif

/* Never called, but the linker sees the name. */
static __attribute__((used)) void link_names(void)
{
#if NAMES == 60
    CALL(rsmi_dev_guid_get)(DEVICE, NULL);
#elif NAMES == 62
    CALL(rsmi_dev_partition_id_get)(DEVICE, NULL);
#elif NAMES == 63
    CALL(rsmi_dev_memory_partition_capabilities_get)(DEVICE, NULL, 0);
#elif NAMES == 64
    CALL(rsmi_dev_market_name_get)(DEVICE, NULL, 0);
#endif
}

/* What is opened by another program finds the library initialised. */
#ifdef NO_INIT
static int start_up(void) { return 0; }
static int shut_down(void) { return 0; }
#else
static int start_up(void) { return (int)CALL(rsmi_init)(0); }
static int shut_down(void) { return (int)CALL(rsmi_shut_down)(); }
#endif

int OUTPUTS(const char *name)
{
    part = name;
#ifdef LOOKED_UP
    library = dlopen(getenv("LIBRARY"), RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail(dlerror());
#endif
    unsigned char *memory = (unsigned char *)mmap(NULL, ROOM + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory += PAGE, ROOM, PROT_READ | PROT_WRITE))
        fail("no memory");
    uint32_t devices = 0;
    if (start_up() || CALL(rsmi_num_monitor_devices)(&devices) || !devices)
        fail("there is no device");
    for (listening = 0; double_gpu && listening < devices && listening < MOST_DEVICES; listening++)
        if (CALL(rsmi_event_notification_init)(listening) ||
            CALL(rsmi_event_notification_mask_set)(listening, 0x7FF))
            break;
    for (size_t at = 0; at < sizeof outputs / sizeof *outputs; at++)
        ask(&outputs[at], memory);
    for (uint32_t nth = 0; nth < listening; nth++) {
        /* The original asserts that nothing ever failed. */
        errno = 0;
        CALL(rsmi_event_notification_stop)(nth);
    }
#ifdef CAN_PARTITION
    partition();
#endif
    fflush(stdout);
    return shut_down();
}

#ifndef NO_MAIN
#ifdef ARCHIVE
C int ARCHIVE(const char *name);
#endif

static void ask_plug_in(char *argument)
{
    char *path = strchr(argument, '=');
    if (!path)
        fail("a plug-in is NAME=PATH");
    *path++ = 0;
    void *plug_in = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    asks asked = plug_in ? (asks)dlsym(plug_in, "ask_outputs_of_plug_in") : NULL;
    if (!asked)
        fail(dlerror());
    if (asked(argument))
        fail("it did not end well");
    Dl_info info;
    printf("%s/place: %p\n", argument, dladdr((void *)asked, &info) ? info.dli_fbase : NULL);
    dlclose(plug_in);
}

int main(int count, char **arguments)
{
    int status = OUTPUTS("own");
#ifdef ARCHIVE
    if (!status)
        status = ARCHIVE("archive");
#endif
    if (count > 1 && !status) {
        status = start_up();
        for (int at = 1; at < count && !status; at++)
            ask_plug_in(arguments[at]);
        shut_down();
    }
    puts("end: 0");
    return status;
}
#endif
