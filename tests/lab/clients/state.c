/*
 * state LIBRARY RECORD SECTION: what has state of its own, step by step: processes, counters, events, walks.
 *
 * LIBRARY is dlopened, so that one program asks any librocm_smi64; RECORD is the size of a notification in the header
 * of its generation. Each step prints a line, `SECTION/STEP: ANSWER`. The kernel's part is played by kfd_double.c.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct process {
    uint32_t pid, pasid;
    uint64_t vram, sdma;
    uint32_t occupancy;
};

struct value {
    uint64_t value, enabled, running;
};

#define FUNCTIONS(F)                                                                               \
    F(rsmi_init, (uint64_t flags))                                                                 \
    F(rsmi_shut_down, (void))                                                                      \
    F(rsmi_num_monitor_devices, (uint32_t *count))                                                 \
    F(rsmi_compute_process_info_get, (struct process *procs, uint32_t *count))                     \
    F(rsmi_compute_process_info_by_pid_get, (uint32_t pid, struct process *proc))                  \
    F(rsmi_compute_process_info_by_device_get, (uint32_t pid, uint32_t device, struct process *proc)) \
    F(rsmi_compute_process_gpus_get, (uint32_t pid, uint32_t *devices, uint32_t *count))           \
    F(rsmi_dev_counter_group_supported, (uint32_t device, int group))                              \
    F(rsmi_dev_counter_create, (uint32_t device, int type, uintptr_t *handle))                     \
    F(rsmi_dev_counter_destroy, (uintptr_t handle))                                                \
    F(rsmi_counter_control, (uintptr_t handle, int command, void *unused))                         \
    F(rsmi_counter_read, (uintptr_t handle, struct value *value))                                  \
    F(rsmi_counter_available_counters_get, (uint32_t device, int group, uint32_t *available))      \
    F(rsmi_event_notification_init, (uint32_t device))                                             \
    F(rsmi_event_notification_mask_set, (uint32_t device, uint64_t mask))                          \
    F(rsmi_event_notification_get, (int timeout, uint32_t *count, void *data))                     \
    F(rsmi_event_notification_stop, (uint32_t device))                                             \
    F(rsmi_dev_supported_func_iterator_open, (uint32_t device, void **handle))                     \
    F(rsmi_dev_supported_variant_iterator_open, (void *parent, void **handle))                     \
    F(rsmi_func_iter_next, (void *handle))                                                         \
    F(rsmi_func_iter_value_get, (void *handle, void *value))                                       \
    F(rsmi_dev_supported_func_iterator_close, (void **handle))                                     \
    F(rsmi_dev_busy_percent_get, (uint32_t device, uint32_t *percent))

#define POINTER(name, arguments) static int(*name) arguments;
FUNCTIONS(POINTER)

/* The preloaded kernel. */
extern uint32_t double_gpu(int nth) __attribute__((weak));
extern bool double_report(uint32_t gpu, const char *text) __attribute__((weak));
extern uint64_t double_mask(uint32_t gpu) __attribute__((weak));
extern int double_counter(uint32_t *type, uint64_t *config, uint64_t *sample, uint64_t *format, int *inherit)
    __attribute__((weak));
extern void double_count(uint64_t events, uint64_t nanoseconds) __attribute__((weak));

enum { NO_DEVICE = 99, MOST = 16, LONGEST_RECORD = 104, UNWRITTEN = 0xEE, UNKNOWN_PID = 999999 };

static const char *section;
static size_t record;
static uint32_t devices;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list list;
    printf("%s/", section);
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
    /* What was said counts even if the next step ends the program. */
    fflush(stdout);
}

/* ------------------------------------------------------------------ processes */

static void say_process(const char *step, uint32_t pid, int status, const struct process *it)
{
    say("%s/%" PRIu32 ": %d pid=%" PRIu32 " pasid=%" PRIu32 " vram=%" PRIu64 " sdma=%" PRIu64 " occupancy=%" PRIu32,
        step, pid, status, it->pid, it->pasid, it->vram, it->sdma, it->occupancy);
}

static void about(uint32_t pid)
{
    struct process it;
    memset(&it, UNWRITTEN, sizeof it);
    int status = rsmi_compute_process_info_by_pid_get(pid, &it);
    say_process("by_pid", pid, status, &it);
    for (uint32_t device = 0; device < devices; device++) {
        /* Not in the oldest releases. */
        if (!rsmi_compute_process_info_by_device_get)
            break;
        memset(&it, UNWRITTEN, sizeof it);
        status = rsmi_compute_process_info_by_device_get(pid, device, &it);
        char step[32];
        snprintf(step, sizeof step, "by_device_%" PRIu32, device);
        say_process(step, pid, status, &it);
    }
    for (uint32_t room = 0; room <= MOST; room += room ? MOST - 1 : 1) {
        uint32_t indices[MOST], count = room;
        memset(indices, UNWRITTEN, sizeof indices);
        status = rsmi_compute_process_gpus_get(pid, indices, &count);
        char text[MOST * 12] = "";
        for (size_t at = 0; at < MOST && indices[at] != 0xEEEEEEEE; at++)
            snprintf(text + strlen(text), sizeof text - strlen(text), " %" PRIu32, indices[at]);
        say("gpus/%" PRIu32 "/room_%" PRIu32 ": %d count=%" PRIu32 " devices=%s", pid, room, status, count, text);
    }
    uint32_t count = 0;
    status = rsmi_compute_process_gpus_get(pid, NULL, &count);
    say("gpus/%" PRIu32 "/count: %d count=%" PRIu32, pid, status, count);
}

static void processes(void)
{
    struct process list[MOST];
    uint32_t count = 77;
    int status = rsmi_compute_process_info_get(NULL, &count);
    say("count: %d count=%" PRIu32, status, count);
    uint32_t all = count < MOST ? count : 0;
    for (uint32_t room = 0; room <= all + 2; room++) {
        count = room;
        memset(list, UNWRITTEN, sizeof list);
        status = rsmi_compute_process_info_get(list, &count);
        say("list/room_%" PRIu32 ": %d count=%" PRIu32, room, status, count);
        for (uint32_t at = 0; at < room; at++)
            say_process("list/item", at, 0, &list[at]);
    }
    uint32_t pids[MOST];
    for (uint32_t at = 0; at < all; at++)
        pids[at] = list[at].pid;
    for (uint32_t at = 0; at < all; at++)
        if (pids[at] != 0xEEEEEEEE)
            about(pids[at]);
    about(UNKNOWN_PID);
    say("null/count: %d", rsmi_compute_process_info_get(list, NULL));
    say("null/by_pid: %d", rsmi_compute_process_info_by_pid_get(1, NULL));
    say("null/gpus: %d", rsmi_compute_process_gpus_get(1, NULL, NULL));
    if (rsmi_compute_process_info_by_device_get) {
        say("null/by_device: %d", rsmi_compute_process_info_by_device_get(1, 0, NULL));
        say("no_device: %d", rsmi_compute_process_info_by_device_get(pids[0], NO_DEVICE, list));
    }
}

/* ------------------------------------------------------------------ counters */

enum { START = 0, STOP = 1, GROUP_XGMI = 0, GROUP_DATA_OUT = 10, LAST_EVENT = 15 };

static void say_read(const char *step, int event, uintptr_t handle)
{
    struct value value;
    memset(&value, UNWRITTEN, sizeof value);
    int status = rsmi_counter_read(handle, &value);
    say("%s/%d: %d value=%" PRIu64 " enabled=%" PRIu64 " running=%" PRIu64, step, event, status, value.value,
        value.enabled, value.running);
}

static void say_counter(const char *step, int event)
{
    uint32_t type = 0;
    uint64_t config = 0, sample = 0, format = 0;
    int inherit = 0;
    int counting = double_counter(&type, &config, &sample, &format, &inherit);
    say("%s/%d: counting=%d type=%" PRIu32 " config=%" PRIx64 " sample=%" PRIx64 " format=%" PRIx64 " inherit=%d", step,
        event, counting, type, config, sample, format, inherit);
}

static const int groups[] = {GROUP_XGMI, GROUP_DATA_OUT, 1, -1};
enum { GROUPS = sizeof groups / sizeof *groups };

/* A section of its own: where the driver does not know, the original ends the program. */
static void available(void)
{
    for (uint32_t device = 0; device < devices; device++)
        for (int at = 0; at < GROUPS; at++) {
            uint32_t count = 0xEEEEEEEE;
            say("null/%" PRIu32 "/%d: %d", device, groups[at],
                rsmi_counter_available_counters_get(device, groups[at], NULL));
            int status = rsmi_counter_available_counters_get(device, groups[at], &count);
            say("%" PRIu32 "/%d: %d %" PRIu32, device, groups[at], status, count);
        }
}

static void counters(void)
{
    for (uint32_t device = 0; device < devices; device++) {
        for (int at = 0; at < GROUPS; at++)
            say("supported/%" PRIu32 "/%d: %d", device, groups[at],
                rsmi_dev_counter_group_supported(device, groups[at]));
        say("create/%" PRIu32 "/null: %d", device, rsmi_dev_counter_create(device, 0, NULL));
    }
    for (int event = 0; event <= LAST_EVENT; event++) {
        uintptr_t handle = 0;
        /* What is no event ends the original. */
        if (event == 8 || event == 9)
            continue;
        int status = rsmi_dev_counter_create(0, event, &handle);
        say("create/%d: %d %s", event, status, handle ? "handle" : "none");
        if (status)
            continue;
        say("read_null/%d: %d", event, rsmi_counter_read(handle, NULL));
        say_read("read_unstarted", event, handle);
        say("stop_unstarted/%d: %d", event, rsmi_counter_control(handle, STOP, NULL));
        status = rsmi_counter_control(handle, START, NULL);
        say("start/%d: %d", event, status);
        if (!status) {
            say_counter("opened", event);
            double_count(1000 + (unsigned)event, 2000);
            say_read("read", event, handle);
            double_count(5, 100);
            say_read("read_again", event, handle);
            double_count(UINT64_C(1) << 50, 1);
            say_read("read_beyond", event, handle);
            say("stop/%d: %d", event, rsmi_counter_control(handle, STOP, NULL));
            say_counter("stopped", event);
            say("start_again/%d: %d", event, rsmi_counter_control(handle, START, NULL));
        }
        say("destroy/%d: %d", event, rsmi_dev_counter_destroy(handle));
    }
    say("destroy_zero: %d", rsmi_dev_counter_destroy(0));
    say("read_zero: %d", rsmi_counter_read(0, &(struct value){0}));
}

/* ------------------------------------------------------------------ events */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void get(const char *step, int timeout, uint32_t room)
{
    unsigned char data[MOST * LONGEST_RECORD + 8];
    uint32_t count = room;
    memset(data, UNWRITTEN, sizeof data);
    double start = seconds();
    int status = rsmi_event_notification_get(timeout, &count, data);
    bool waited = timeout > 0 && seconds() - start > timeout / 1000.0 * 0.8;
    say("%s: %d count=%" PRIu32 "%s", step, status, count, waited ? " waited" : "");
    for (uint32_t at = 0; at < count && at < room; at++) {
        uint32_t head[2];
        memcpy(head, data + at * record, sizeof head);
        say("%s/%" PRIu32 ": device=%" PRIu32 " event=%" PRIu32 " \"%.*s\"", step, at, head[0], head[1],
            (int)(record - sizeof head), (char *)data + at * record + sizeof head);
    }
    bool beyond = false;
    for (size_t at = room * record; at < sizeof data; at++)
        beyond |= data[at] != UNWRITTEN;
    if (beyond)
        say("%s/beyond: written", step);
}

static void events(void)
{
    say("get_null: %d", rsmi_event_notification_get(0, NULL, NULL));
    uint32_t none = 0;
    say("get_no_room: %d", rsmi_event_notification_get(0, &none, &none));
    say("mask_before: %d", rsmi_event_notification_mask_set(0, 1));
    say("stop_before: %d", rsmi_event_notification_stop(0));
    say("init_no_device: %d", rsmi_event_notification_init(NO_DEVICE));
    for (uint32_t device = 0; device < 2 && device < devices; device++) {
        say("init/%" PRIu32 ": %d", device, rsmi_event_notification_init(device));
        say("mask/%" PRIu32 ": %d", device, rsmi_event_notification_mask_set(device, 0x7FF + device));
    }
    uint32_t gpu[2] = {double_gpu(0), double_gpu(1)};
    if (!gpu[0]) {
        get("get_deaf", 0, 1);
        return;
    }
    say("gpus: %" PRIu32 " %" PRIu32, gpu[0], gpu[1]);
    for (int at = 0; at < 2 && gpu[at]; at++)
        say("mask_seen/%d: %" PRIx64, at, double_mask(gpu[at]));
    get("get_nothing", 0, 2);
    get("get_waiting", 100, 2);
    double_report(gpu[0], "2 1f:a0\n2 20:a1\n2 21:a2\n");
    if (gpu[1])
        double_report(gpu[1], "1 1267:python\n");
    get("get_one", 1000, 1);
    get("get_more", 100, 2);
    get("get_rest", 100, MOST);
    double_report(gpu[0], "2 1:");
    double_report(gpu[0], "2\n");
    get("get_pieces", 50, 1);
    say("stop: %d", rsmi_event_notification_stop(0));
    say("stop_again: %d", rsmi_event_notification_stop(0));
    say("mask_after: %d", rsmi_event_notification_mask_set(0, 1));
    if (gpu[1]) {
        double_report(gpu[1], "2 1:2\n");
        get("get_other", 50, 1);
        say("stop_other: %d", rsmi_event_notification_stop(1));
    }
    say("init_again: %d", rsmi_event_notification_init(0));
    double_report(gpu[0], "2 7:7\n");
    get("get_again", 50, 1);
    say("stop_at_last: %d", rsmi_event_notification_stop(0));
}

/* One line of KFD's at a time: the original cannot read all of them and live. */
static void message(const char *line)
{
    char text[256];
    snprintf(text, sizeof text, "%s\n", line);
    say("listen: %d", rsmi_event_notification_init(0));
    double_report(double_gpu(0), text);
    get("this", 50, 1);
    double_report(double_gpu(0), "2 1:2\n");
    get("the next", 50, 1);
}

/* ------------------------------------------------------------------ walks */

static void walk(uint32_t device)
{
    void *functions = NULL;
    int status = rsmi_dev_supported_func_iterator_open(device, &functions);
    say("open/%" PRIu32 ": %d", device, status);
    if (status)
        return;
    uint32_t number = 0;
    do {
        union {
            uint64_t id;
            const char *name;
        } value;
        status = rsmi_func_iter_value_get(functions, &value);
        const char *name = value.name;
        say("%" PRIu32 "/%" PRIu32 ": %d %s", device, number++, status, name);
        void *variants = NULL;
        status = rsmi_dev_supported_variant_iterator_open(functions, &variants);
        if (status) {
            say("%" PRIu32 "/%s: no variants, %d", device, name, status);
            continue;
        }
        do {
            status = rsmi_func_iter_value_get(variants, &value);
            uint64_t variant = value.id;
            say("%" PRIu32 "/%s/%" PRIx64 ": %d", device, name, variant, status);
            void *sensors = NULL, *deeper = NULL;
            status = rsmi_dev_supported_variant_iterator_open(variants, &sensors);
            if (status) {
                say("%" PRIu32 "/%s/%" PRIx64 ": no sensors, %d", device, name, variant, status);
                continue;
            }
            do {
                status = rsmi_func_iter_value_get(sensors, &value);
                say("%" PRIu32 "/%s/%" PRIx64 "/%" PRIx64 ": %d", device, name, variant, value.id, status);
            } while (!(status = rsmi_func_iter_next(sensors)));
            say("%" PRIu32 "/%s/%" PRIx64 "/deeper: %d", device, name, variant,
                rsmi_dev_supported_variant_iterator_open(sensors, &deeper));
            int closed = rsmi_dev_supported_func_iterator_close(&sensors);
            say("%" PRIu32 "/%s/%" PRIx64 "/end: %d, close %d %s", device, name, variant, status, closed,
                sensors ? "handle" : "null");
        } while (!(status = rsmi_func_iter_next(variants)));
        int closed = rsmi_dev_supported_func_iterator_close(&variants);
        say("%" PRIu32 "/%s/end: %d, close %d", device, name, status, closed);
    } while (!(status = rsmi_func_iter_next(functions)));
    int closed = rsmi_dev_supported_func_iterator_close(&functions);
    say("%" PRIu32 "/end: %d, close %d %s", device, status, closed, functions ? "handle" : "null");
}

static void walks(void)
{
    say("open_null: %d", rsmi_dev_supported_func_iterator_open(0, NULL));
    say("close_null: %d", rsmi_dev_supported_func_iterator_close(NULL));
    for (uint32_t device = 0; device <= devices; device++)
        walk(device);
    if (!devices)
        return;
    void *one = NULL, *other = NULL;
    say("one: %d", rsmi_dev_supported_func_iterator_open(0, &one));
    say("other: %d", rsmi_dev_supported_func_iterator_open(0, &other));
    const char *first = NULL, *second = NULL;
    rsmi_func_iter_next(other);
    rsmi_func_iter_value_get(one, &first);
    rsmi_func_iter_value_get(other, &second);
    say("two_values: %s %s", first, second);
    say("value_null: %d", rsmi_func_iter_value_get(one, NULL));
    say("variants_null: %d", rsmi_dev_supported_variant_iterator_open(one, NULL));
    say("one_closed: %d", rsmi_dev_supported_func_iterator_close(&one));
    say("other_closed: %d", rsmi_dev_supported_func_iterator_close(&other));
}

/* ------------------------------------------------------------------ what only ours survives */

static void strangers(void)
{
    uintptr_t counter = 0, next = 0;
    void *walk = NULL, *closed, *stranger = (void *)0x10, *variants = NULL;
    uint64_t value;
    uint32_t count;
    say("supported_no_device: %d", rsmi_dev_counter_group_supported(NO_DEVICE, 0));
    say("available_no_device: %d", rsmi_counter_available_counters_get(NO_DEVICE, 0, &count));
    say("create_no_device: %d", rsmi_dev_counter_create(NO_DEVICE, 0, &counter));
    say("create_no_event: %d", rsmi_dev_counter_create(0, 8, &counter));
    say("create: %d", rsmi_dev_counter_create(0, 0, &counter));
    say("command: %d", rsmi_counter_control(counter, 2, NULL));
    say("destroy: %d", rsmi_dev_counter_destroy(counter));
    say("destroy_again: %d", rsmi_dev_counter_destroy(counter));
    say("read_destroyed: %d", rsmi_counter_read(counter, &(struct value){0}));
    say("control_destroyed: %d", rsmi_counter_control(counter, START, NULL));
    say("control_zero: %d", rsmi_counter_control(0, START, NULL));
    say("create_next: %d", rsmi_dev_counter_create(0, 0, &next));
    say("handles: %s", next == counter ? "the same" : "another");

    say("next_stranger: %d", rsmi_func_iter_next(stranger));
    say("value_stranger: %d", rsmi_func_iter_value_get(stranger, &value));
    say("close_stranger: %d", rsmi_dev_supported_func_iterator_close(&stranger));
    say("variants_stranger: %d", rsmi_dev_supported_variant_iterator_open(NULL, &variants));
    say("open: %d", rsmi_dev_supported_func_iterator_open(0, &walk));
    while (!rsmi_func_iter_next(walk))
        ;
    say("next_beyond: %d", rsmi_func_iter_next(walk));
    say("value_beyond: %d", rsmi_func_iter_value_get(walk, &value));
    closed = walk;
    say("close: %d", rsmi_dev_supported_func_iterator_close(&walk));
    say("close_again: %d", rsmi_dev_supported_func_iterator_close(&closed));

    rsmi_dev_supported_func_iterator_open(0, &walk);
    say("shut_down: %d", rsmi_shut_down());
    say("value_after: %d", rsmi_func_iter_value_get(walk, &value));
    say("read_after: %d", rsmi_counter_read(next, &(struct value){0}));
    say("init_again: %d", rsmi_init(0));
    say("value_afterwards: %d", rsmi_func_iter_value_get(walk, &value));
    say("read_afterwards: %d", rsmi_counter_read(next, &(struct value){0}));
}

/* ------------------------------------------------------------------ descriptors and waiting, of ours alone */

/* The descriptors that are open, or of them those that a child would get. */
static int descriptors(bool inherited)
{
    int count = 0;
    for (int fd = 3; fd < 256; fd++) {
        int flags = fcntl(fd, F_GETFD);
        count += flags >= 0 && !(inherited && flags & FD_CLOEXEC);
    }
    return count;
}

static void *wait_for_event(void *unused)
{
    /* It is woken before its time is up. */
    get("waiting", 600, 1);
    return unused;
}

static void manners(void)
{
    rsmi_shut_down();
    int before = descriptors(false), inherited = descriptors(true);
    rsmi_init(0);
    uintptr_t counter;
    for (int twice = 0; twice < 2; twice++)
        say("listen: %d", rsmi_event_notification_init(0));
    say("create: %d", rsmi_dev_counter_create(0, 0, &counter));
    say("start: %d", rsmi_counter_control(counter, START, NULL));
    say("inherited: %d more", descriptors(true) - inherited);

    pthread_t thread;
    pthread_create(&thread, NULL, wait_for_event, NULL);
    usleep(100 * 1000);
    double start = seconds();
    uint32_t percent;
    say("meanwhile: %d", rsmi_dev_busy_percent_get(0, &percent));
    say("init_meanwhile: %d", rsmi_init(0));
    say("shut_down_meanwhile: %d", rsmi_shut_down());
    say("stop: %d", rsmi_event_notification_stop(0));
    say("shut_down: %d", rsmi_shut_down());
    say("others_waited: %s", seconds() - start > 0.3 ? "yes" : "no");
    pthread_join(thread, NULL);

    /* The double keeps its end of each of the two streams. */
    say("kept: %d", descriptors(false) - before - 2);
    rsmi_init(0);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: state LIBRARY RECORD SECTION\n");
        return 2;
    }
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "state: %s\n", dlerror());
        return 1;
    }
#define FIND(name, arguments) name = (int(*) arguments)dlsym(library, #name);
    FUNCTIONS(FIND)
    record = strtoul(argv[2], NULL, 10);
    section = argv[3];
    if (record < 72 || record > LONGEST_RECORD || !rsmi_init || !double_mask) {
        fprintf(stderr, "state: RECORD is 72 or 104, LIBRARY a librocm_smi64, and kfd_double.so is preloaded\n");
        return 2;
    }
    if (!strcmp(section, "before")) {
        processes();
        counters();
        return 0;
    }
    int status = rsmi_init(0);
    rsmi_num_monitor_devices(&devices);
    say("init: %d, %" PRIu32 " devices", status, devices);
    if (!strcmp(section, "processes"))
        processes();
    else if (!strcmp(section, "available"))
        available();
    else if (!strcmp(section, "counters"))
        counters();
    else if (!strcmp(section, "events"))
        events();
    else if (!strcmp(section, "walks"))
        walks();
    else if (!strcmp(section, "strangers"))
        strangers();
    else if (!strcmp(section, "manners"))
        manners();
    else {
        /* Any other section is a line of KFD's. */
        const char *line = section;
        section = "line";
        message(line);
    }
    say("shut_down: %d", rsmi_shut_down());
    return 0;
}
