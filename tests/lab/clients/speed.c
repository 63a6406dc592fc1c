/* How long each function takes: a line "NAME NANOSECONDS STATUS" each, the median of many calls.
 *
 * Every function is asked its most usual question, of one GPU after the other. What sets something is left out, and
 * what waits. Besides: "init+shut_down", and "scrape": of every GPU the fifteen values that a monitor like btop shows.
 *
 *   speed [MILLISECONDS]   how long to spend on each function (20)
 *   speed threads          how many calls a second one thread makes, and two: "NAME ONE TWO" of a file in memory, and of
 *                          one of the kernel's
 *   speed stack [NAME...]  how much of a thread's stack each function takes: "NAME BYTES", of those above, and of each
 *                          that is named
 *
 * Compiled with COUNTS defined it says how many files one scrape opens and reads, when it is not the first. Compiled
 * with AMDSMI defined it measures what libamd_smi itself takes to start and to stop, and nothing else.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "rocm_smi/rocm_smi.h"

#ifdef AMDSMI
/* As they are in every release. */
enum { AMDSMI_INIT_AMD_GPUS = 2 };
extern int amdsmi_init(uint64_t flags);
extern int amdsmi_shut_down(void);
#endif

enum { DEFAULT_BUDGET = 20, MOST_SAMPLES = 20000, LEAST_SAMPLES = 5, TEXT = 256, ITEMS = 64 };

static uint32_t gpus;
static uint32_t gpu; /* the one to ask next */

#ifndef AMDSMI

/* What the functions write; nobody reads it. */
static bool flag;
static char text[TEXT];
static const char *constant;
static uint16_t u16;
static uint32_t u32, node;
static int32_t i32;
static uint64_t u64, second, third;
static int64_t i64;
static float real;
static rsmi_version_t version;
static rsmi_frequencies_t frequencies;
static rsmi_pcie_bandwidth_t bandwidth;
static rsmi_dev_perf_level_t level;
static rsmi_od_volt_freq_data_t volt_freq;
static rsmi_gpu_metrics_t metrics;
static rsmi_freq_volt_region_t regions[ITEMS];
static rsmi_power_profile_status_t profiles;
static rsmi_retired_page_record_t pages[ITEMS];
static rsmi_utilization_counter_t counters[] = {{.type = RSMI_COARSE_GRAIN_GFX_ACTIVITY},
                                                {.type = RSMI_COARSE_GRAIN_MEM_ACTIVITY}};
static rsmi_activity_metric_counter_t activity;
static rsmi_error_count_t errors;
static rsmi_ras_err_state_t ras;
static rsmi_process_info_t processes[ITEMS];
static rsmi_xgmi_status_t xgmi;
static rsmi_device_identifiers_t identifiers;
static metrics_table_header_t header;
static RSMI_POWER_TYPE power_type;
static RSMI_IO_LINK_TYPE link_type;

/* The process that uses the most GPUs on the machine of the lab. */
enum { PROCESS = 20011 };

#define QUESTIONS(ASK)                                                              \
    ASK(rsmi_num_monitor_devices, &u32)                                             \
    ASK(rsmi_version_get, &version)                                                 \
    ASK(rsmi_version_str_get, RSMI_SW_COMP_DRIVER, text, TEXT)                      \
    ASK(rsmi_status_string, RSMI_STATUS_BUSY, &constant)                            \
    ASK(rsmi_dev_id_get, gpu, &u16)                                                 \
    ASK(rsmi_dev_revision_get, gpu, &u16)                                           \
    ASK(rsmi_dev_sku_get, gpu, &u16)                                                \
    ASK(rsmi_dev_vendor_id_get, gpu, &u16)                                          \
    ASK(rsmi_dev_name_get, gpu, text, TEXT)                                         \
    ASK(rsmi_dev_brand_get, gpu, text, TEXT)                                        \
    ASK(rsmi_dev_vendor_name_get, gpu, text, TEXT)                                  \
    ASK(rsmi_dev_market_name_get, gpu, text, TEXT)                                  \
    ASK(rsmi_dev_vram_vendor_get, gpu, text, TEXT)                                  \
    ASK(rsmi_dev_serial_number_get, gpu, text, TEXT)                                \
    ASK(rsmi_dev_subsystem_id_get, gpu, &u16)                                       \
    ASK(rsmi_dev_subsystem_name_get, gpu, text, TEXT)                               \
    ASK(rsmi_dev_drm_render_minor_get, gpu, &u32)                                   \
    ASK(rsmi_dev_subsystem_vendor_id_get, gpu, &u16)                                \
    ASK(rsmi_dev_unique_id_get, gpu, &u64)                                          \
    ASK(rsmi_dev_xgmi_physical_id_get, gpu, &u16)                                   \
    ASK(rsmi_dev_guid_get, gpu, &u64)                                               \
    ASK(rsmi_dev_node_id_get, gpu, &u32)                                            \
    ASK(rsmi_dev_device_identifiers_get, gpu, &identifiers)                         \
    ASK(rsmi_dev_pci_bandwidth_get, gpu, &bandwidth)                                \
    ASK(rsmi_dev_pci_id_get, gpu, &u64)                                             \
    ASK(rsmi_topo_numa_affinity_get, gpu, &i32)                                     \
    ASK(rsmi_dev_pci_throughput_get, gpu, &u64, &second, &third)                    \
    ASK(rsmi_dev_pci_replay_counter_get, gpu, &u64)                                 \
    ASK(rsmi_dev_power_ave_get, gpu, 0, &u64)                                       \
    ASK(rsmi_dev_current_socket_power_get, gpu, &u64)                               \
    ASK(rsmi_dev_power_get, gpu, &u64, &power_type)                                 \
    ASK(rsmi_dev_energy_count_get, gpu, &u64, &real, &second)                       \
    ASK(rsmi_dev_power_cap_get, gpu, 0, &u64)                                       \
    ASK(rsmi_dev_power_cap_default_get, gpu, &u64)                                  \
    ASK(rsmi_dev_power_cap_range_get, gpu, 0, &u64, &second)                        \
    ASK(rsmi_dev_memory_total_get, gpu, RSMI_MEM_TYPE_VRAM, &u64)                   \
    ASK(rsmi_dev_memory_usage_get, gpu, RSMI_MEM_TYPE_VRAM, &u64)                   \
    ASK(rsmi_dev_memory_busy_percent_get, gpu, &u32)                                \
    ASK(rsmi_dev_memory_reserved_pages_get, gpu, room(), pages)                     \
    ASK(rsmi_dev_fan_rpms_get, gpu, 0, &i64)                                        \
    ASK(rsmi_dev_fan_speed_get, gpu, 0, &i64)                                       \
    ASK(rsmi_dev_fan_speed_max_get, gpu, 0, &u64)                                   \
    ASK(rsmi_dev_temp_metric_get, gpu, RSMI_TEMP_TYPE_JUNCTION, RSMI_TEMP_CURRENT, &i64) \
    ASK(rsmi_dev_volt_metric_get, gpu, RSMI_VOLT_TYPE_VDDGFX, RSMI_VOLT_CURRENT, &i64) \
    ASK(rsmi_dev_busy_percent_get, gpu, &u32)                                       \
    ASK(rsmi_utilization_count_get, gpu, counters, 2, &u64)                         \
    ASK(rsmi_dev_activity_metric_get, gpu, RSMI_ACTIVITY_GFX, &activity)            \
    ASK(rsmi_dev_activity_avg_mm_get, gpu, &u16)                                    \
    ASK(rsmi_dev_perf_level_get, gpu, &level)                                       \
    ASK(rsmi_dev_overdrive_level_get, gpu, &u32)                                    \
    ASK(rsmi_dev_mem_overdrive_level_get, gpu, &u32)                                \
    ASK(rsmi_dev_gpu_clk_freq_get, gpu, RSMI_CLK_TYPE_SYS, &frequencies)            \
    ASK(rsmi_dev_od_volt_info_get, gpu, &volt_freq)                                 \
    ASK(rsmi_dev_gpu_metrics_info_get, gpu, &metrics)                               \
    ASK(rsmi_dev_od_volt_curve_regions_get, gpu, room(), regions)                   \
    ASK(rsmi_dev_power_profile_presets_get, gpu, 0, &profiles)                      \
    ASK(rsmi_dev_vbios_version_get, gpu, text, TEXT)                                \
    ASK(rsmi_dev_firmware_version_get, gpu, RSMI_FW_BLOCK_MEC, &u64)                \
    ASK(rsmi_dev_target_graphics_version_get, gpu, &u64)                            \
    ASK(rsmi_dev_ecc_count_get, gpu, RSMI_GPU_BLOCK_UMC, &errors)                   \
    ASK(rsmi_dev_ecc_enabled_get, gpu, &u64)                                        \
    ASK(rsmi_dev_ecc_status_get, gpu, RSMI_GPU_BLOCK_UMC, &ras)                     \
    ASK(rsmi_dev_counter_group_supported, gpu, RSMI_EVNT_GRP_XGMI)                  \
    ASK(rsmi_counter_available_counters_get, gpu, RSMI_EVNT_GRP_XGMI, &u32)         \
    ASK(rsmi_compute_process_info_get, processes, room())                           \
    ASK(rsmi_compute_process_info_by_pid_get, PROCESS, processes)                   \
    ASK(rsmi_compute_process_gpus_get, PROCESS, NULL, room())                       \
    ASK(rsmi_compute_process_info_by_device_get, PROCESS, gpu, processes)           \
    ASK(rsmi_dev_xgmi_error_status, gpu, &xgmi)                                     \
    ASK(rsmi_dev_xgmi_hive_id_get, gpu, &u64)                                       \
    ASK(rsmi_topo_get_numa_node_number, gpu, &node)                                 \
    ASK(rsmi_topo_get_link_weight, gpu, other(), &u64)                              \
    ASK(rsmi_minmax_bandwidth_get, gpu, other(), &u64, &second)                     \
    ASK(rsmi_topo_get_link_type, gpu, other(), &u64, &link_type)                    \
    ASK(rsmi_is_P2P_accessible, gpu, other(), &flag)                                \
    ASK(rsmi_dev_compute_partition_get, gpu, text, TEXT)                            \
    ASK(rsmi_dev_partition_id_get, gpu, &u32)                                       \
    ASK(rsmi_dev_memory_partition_get, gpu, text, TEXT)                             \
    ASK(rsmi_dev_memory_partition_capabilities_get, gpu, text, TEXT)                \
    ASK(rsmi_dev_metrics_header_info_get, gpu, &header)                             \
    ASK(rsmi_dev_metrics_xcd_counter_get, gpu, &u16)                                \
    ASK(rsmi_dev_metrics_log_get, gpu)

/* The room in an array, which the functions overwrite with what they needed of it. */
static uint32_t *room(void)
{
    u32 = ITEMS;
    return &u32;
}

static uint32_t other(void)
{
    return (gpu + 1) % gpus;
}

#define ASK(function, ...)                     \
    static rsmi_status_t ask_##function(void)  \
    {                                          \
        return function(__VA_ARGS__);          \
    }
QUESTIONS(ASK)
#undef ASK

static rsmi_status_t walk_the_supported_functions(void)
{
    rsmi_func_id_iter_handle_t handle;
    rsmi_func_id_value_t value;
    rsmi_status_t status = rsmi_dev_supported_func_iterator_open(gpu, &handle);
    if (status != RSMI_STATUS_SUCCESS)
        return status;
    do {
        rsmi_func_iter_value_get(handle, &value);
    } while (rsmi_func_iter_next(handle) == RSMI_STATUS_SUCCESS);
    return rsmi_dev_supported_func_iterator_close(&handle);
}

static rsmi_status_t scrape(void)
{
    for (uint32_t i = 0; i < gpus; i++) {
        rsmi_dev_name_get(i, text, TEXT);
        rsmi_dev_power_cap_get(i, 0, &u64);
        rsmi_dev_temp_metric_get(i, RSMI_TEMP_TYPE_EDGE, RSMI_TEMP_CURRENT, &i64);
        rsmi_dev_temp_metric_get(i, RSMI_TEMP_TYPE_EDGE, RSMI_TEMP_CRITICAL, &i64);
        rsmi_dev_busy_percent_get(i, &u32);
        rsmi_dev_memory_busy_percent_get(i, &u32);
        rsmi_dev_gpu_clk_freq_get(i, RSMI_CLK_TYPE_SYS, &frequencies);
        rsmi_dev_gpu_clk_freq_get(i, RSMI_CLK_TYPE_MEM, &frequencies);
        rsmi_dev_power_ave_get(i, 0, &u64);
        rsmi_dev_memory_total_get(i, RSMI_MEM_TYPE_VRAM, &u64);
        rsmi_dev_memory_usage_get(i, RSMI_MEM_TYPE_VRAM, &u64);
        rsmi_dev_activity_metric_get(i, RSMI_ACTIVITY_GFX, &activity);
        rsmi_dev_activity_metric_get(i, RSMI_ACTIVITY_MM, &activity);
        rsmi_dev_pci_throughput_get(i, &u64, &second, NULL); /* two values */
    }
    return RSMI_STATUS_SUCCESS;
}

/* Outside of init and shut_down of the rest. */
static rsmi_status_t init_and_shut_down(void)
{
    rsmi_status_t status = rsmi_init(0);
    return status == RSMI_STATUS_SUCCESS ? rsmi_shut_down() : status;
}

#else

static rsmi_status_t init_and_shut_down(void)
{
    int status = amdsmi_init(AMDSMI_INIT_AMD_GPUS);
    return (rsmi_status_t)(status == 0 ? amdsmi_shut_down() : status);
}

#endif

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void measure(const char *name, rsmi_status_t (*ask)(void), uint64_t budget)
{
    static double samples[MOST_SAMPLES];
    /* Short calls are timed many at a time, lest the clock be what is measured. */
    const uint64_t long_enough = 20000;
    uint32_t at_a_time = 1;
    rsmi_status_t status;
    gpu = 0;
    for (;;) {
        uint64_t start = now();
        for (uint32_t i = 0; i < at_a_time; i++)
            status = ask();
        if (now() - start >= long_enough)
            break;
        at_a_time *= 2;
    }
    size_t count = 0;
    uint64_t end = now() + budget;
    while (count < MOST_SAMPLES && (count < LEAST_SAMPLES || now() < end)) {
        uint64_t start = now();
        for (uint32_t i = 0; i < at_a_time; i++)
            status = ask();
        samples[count++] = (double)(now() - start) / at_a_time;
        gpu = gpus ? (gpu + 1) % gpus : 0;
    }
    qsort(samples, count, sizeof *samples, by_size);
    printf("%s %.0f %d\n", name, samples[count / 2], (int)status);
    fflush(stdout);
}

#if !defined AMDSMI && !defined COUNTS

/* Threads that ask the same of the same GPU. */

enum { ROUNDS = 300, ROUND = 2000000 /* ns */ };

static atomic_bool go;

static rsmi_status_t ask_memory(void *room)
{
    return rsmi_dev_memory_usage_get(0, RSMI_MEM_TYPE_VRAM, room);
}

static rsmi_status_t ask_kernel(void *room)
{
    return rsmi_dev_busy_percent_get(0, room);
}

struct worker {
    rsmi_status_t (*ask)(void *room);
    uint64_t calls;
};

static void *work(void *data)
{
    struct worker *worker = data;
    uint64_t room, calls = 0;
    while (!atomic_load(&go))
        ;
    for (uint64_t end = now() + ROUND; now() < end; calls += 8)
        for (int i = 0; i < 8; i++)
            if (worker->ask(&room) != RSMI_STATUS_SUCCESS)
                abort();
    worker->calls = calls;
    return NULL;
}

static double calls_a_second(rsmi_status_t (*ask)(void *room), int count)
{
    struct worker workers[2] = {{ask, 0}, {ask, 0}};
    pthread_t threads[2];
    atomic_store(&go, false);
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, work, &workers[i]);
    atomic_store(&go, true);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return (double)(workers[0].calls + workers[1].calls) / ROUND * 1e9;
}

static void threads(const char *name, rsmi_status_t (*ask)(void *room))
{
    /* Who else is at work on the computer only makes it slower. */
    double one = 0, two = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double calls = calls_a_second(ask, 1);
        one = calls > one ? calls : one;
        calls = calls_a_second(ask, 2);
        two = calls > two ? calls : two;
    }
    printf("%s %.0f %.0f\n", name, one, two);
}

/* A file of the kernel's own in the place of the first GPU's load. */
static void lay_a_file_of_the_kernels(void)
{
    const char *path = "/sys/class/drm/renderD128/device/gpu_busy_percent";
    if (unlink(path) != 0 || symlink("/sys/devices/system/cpu/kernel_max", path) != 0)
        abort();
}

/* How much of a stack a call takes: one that is painted before, and looked at after. */

enum { STACK = 1 << 18, PAINT = 0xA5, COMBINATIONS = 8 };

static unsigned char *stack;
static rsmi_status_t (*called)(void);

static void *call(void *unused)
{
    (void)unused;
    if (called)
        called();
    return NULL;
}

static size_t taken_by(rsmi_status_t (*function)(void))
{
    pthread_attr_t attributes;
    pthread_t thread;
    called = function;
    memset(stack, PAINT, STACK);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, STACK);
    if (pthread_create(&thread, &attributes, call, NULL) != 0)
        abort();
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    size_t untouched = 0;
    while (untouched < STACK && stack[untouched] == PAINT)
        untouched++;
    return STACK - untouched;
}

static void stack_of(const char *name, rsmi_status_t (*function)(void))
{
    function();
    printf("%s %zu\n", name, taken_by(function) - taken_by(NULL));
    fflush(stdout);
}

/* Of a function whose arguments nobody knows here: zeros, and room to write, in every combination. Where a length is
 * expected in 32 bits, the address of the room is one that fits. */
enum { ARGUMENTS = 3, ROOM = 1 << 20, LENGTH = 4096 };

static char *rooms[ARGUMENTS];

static void make_room(void)
{
    for (uintptr_t i = 0; i < ARGUMENTS; i++) {
        void *place = (void *)((i + 1) << 32 | LENGTH);
        rooms[i] = mmap(place, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (rooms[i] != place)
            abort();
    }
}

static uint32_t (*unknown)(uintptr_t, void *, void *, void *, void *, void *);
static int combination;

static rsmi_status_t ask_unknown(void)
{
    void *arguments[ARGUMENTS];
    for (int i = 0; i < ARGUMENTS; i++) {
        arguments[i] = combination >> i & 1 ? rooms[i] : NULL;
        memset(rooms[i], 0, LENGTH);
    }
    return (rsmi_status_t)unknown(0, arguments[0], arguments[1], arguments[2], NULL, NULL);
}

static void stack_of_unknown(const char *name)
{
    /* By way of an integer, since C has no conversion from an object's address to a function's. */
    uintptr_t address = (uintptr_t)dlsym(RTLD_DEFAULT, name);
    size_t most = 0;
    if (!address) {
        fprintf(stderr, "speed: there is no %s\n", name);
        exit(EXIT_FAILURE);
    }
    unknown = (uint32_t(*)(uintptr_t, void *, void *, void *, void *, void *))address;
    for (combination = 0; combination < COMBINATIONS; combination++) {
        size_t taken = taken_by(ask_unknown) - taken_by(NULL);
        most = taken > most ? taken : most;
    }
    printf("%s %zu\n", name, most);
    fflush(stdout);
}

static int measure_stacks(char **names)
{
    stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_of("init+shut_down", init_and_shut_down);
    if (rsmi_init(0) != RSMI_STATUS_SUCCESS || rsmi_num_monitor_devices(&gpus) != RSMI_STATUS_SUCCESS)
        return EXIT_FAILURE;
#define ASK(function, ...) stack_of(#function, ask_##function);
    QUESTIONS(ASK)
#undef ASK
    stack_of("supported_func_iterator", walk_the_supported_functions);
    make_room();
    for (; *names; names++)
        stack_of_unknown(*names);
    return EXIT_SUCCESS;
}

#endif

#ifdef COUNTS

/* In front of the C library's. */

static unsigned opens, reads;

int openat(int at, const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    int mode = va_arg(more, int);
    va_end(more);
    opens++;
    return (int)syscall(SYS_openat, at, path, flags, mode);
}

ssize_t pread(int file, void *to, size_t room, off_t from)
{
    reads++;
    return syscall(SYS_pread64, file, to, room, from);
}

static int count(void)
{
    for (int i = 0; i < 3; i++) {
        opens = reads = 0;
        scrape();
    }
    printf("%u %u\n", opens, reads);
    return EXIT_SUCCESS;
}

#endif

int main(int argc, char **argv)
{
#if !defined AMDSMI && !defined COUNTS
    if (argc > 1 && strcmp(argv[1], "stack") == 0)
        return measure_stacks(argv + 2);
    bool threaded = argc > 1 && strcmp(argv[1], "threads") == 0;
    if (threaded)
        lay_a_file_of_the_kernels();
#endif
    uint64_t budget = (uint64_t)(argc > 1 ? atoi(argv[1]) : DEFAULT_BUDGET) * 1000000;
#ifdef COUNTS
    const bool quiet = true;
#elif defined AMDSMI
    const bool quiet = false;
#else
    const bool quiet = threaded;
#endif
    if (!quiet)
        measure("init+shut_down", init_and_shut_down, budget);
#ifndef AMDSMI
    if (rsmi_init(0) != RSMI_STATUS_SUCCESS || rsmi_num_monitor_devices(&gpus) != RSMI_STATUS_SUCCESS || gpus == 0) {
        fputs("speed: there is no GPU to ask\n", stderr);
        return EXIT_FAILURE;
    }
#ifdef COUNTS
    return count();
#else
    if (threaded) {
        threads("memory", ask_memory);
        threads("sysfs", ask_kernel);
        return EXIT_SUCCESS;
    }
#endif
    measure("scrape", scrape, budget);
#define ASK(function, ...) measure(#function, ask_##function, budget);
    QUESTIONS(ASK)
#undef ASK
    measure("supported_func_iterator", walk_the_supported_functions, budget);
    rsmi_shut_down();
#endif
    return EXIT_SUCCESS;
}
