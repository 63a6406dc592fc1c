/*
 * A stand-in for what the kernel offers only where there is a GPU: the events of /dev/kfd, and perf units.
 *
 * Preloaded, so that the original and ours see the same. It answers three ioctls of KFD and perf_event_open; what is
 * read, written and polled are the real ends of a socket pair. The other end belongs to the client under test, which
 * finds the double_* functions below with dlsym and plays the kernel.
 *
 * KFD_DOUBLE makes it another kernel: `old` knows no events yet, `refusing` knows no such GPU, `poor` gives no stream,
 * `strict` allows no perf_event_open.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 64 };

static bool kernel_is(const char *kind)
{
    const char *chosen = getenv("KFD_DOUBLE");
    return chosen && !strcmp(chosen, kind);
}

static int fail(int error)
{
    errno = error;
    return -1;
}

/* ------------------------------------------------------------------ KFD */

struct version {
    uint32_t major, minor;
};

struct events {
    uint32_t gpu, stream;
};

#define GET_VERSION _IOR('K', 0x01, struct version)
#define SMI_EVENTS _IOWR('K', 0x1F, struct events)

/* The streams that are open, the last one of a GPU first. */
static struct {
    uint32_t gpu;
    int end;
} streams[MOST];
static int stream_count;

static int events(struct events *events)
{
    int pair[2];
    if (kernel_is("refusing"))
        return fail(EINVAL);
    if (kernel_is("poor")) {
        events->stream = 0;
        return 0;
    }
    /* Like KFD's, the library's end is inheritable, keeps lines apart from nothing, and never waits. */
    if (stream_count == MOST || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
        return fail(ENOMEM);
    fcntl(pair[1], F_SETFD, FD_CLOEXEC);
    streams[stream_count].gpu = events->gpu;
    streams[stream_count].end = pair[1];
    stream_count++;
    events->stream = (uint32_t)pair[0];
    return 0;
}

static int end_of(uint32_t gpu)
{
    for (int at = stream_count - 1; at >= 0; at--)
        if (streams[at].gpu == gpu)
            return streams[at].end;
    return -1;
}

/* The GPU of the stream that was opened as the nth, 0 if there is none. */
uint32_t double_gpu(int nth)
{
    return nth < stream_count ? streams[nth].gpu : 0;
}

/* KFD reports something; false where nobody listens any more. */
bool double_report(uint32_t gpu, const char *text)
{
    return send(end_of(gpu), text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* The mask that was set last, 0 if none was. */
uint64_t double_mask(uint32_t gpu)
{
    uint64_t mask = 0, next;
    while (recv(end_of(gpu), &next, sizeof next, MSG_DONTWAIT) == sizeof next)
        mask = next;
    return mask;
}

/* ------------------------------------------------------------------ perf units */

static struct counter {
    int fd;
    bool counting;
    struct perf_event_attr attributes;
    uint64_t read[3]; /* value, time enabled, time running */
} counters[MOST];
static int counter_count;

static struct counter *counter(int fd)
{
    for (int at = counter_count - 1; fd >= 0 && at >= 0; at--)
        if (counters[at].fd == fd)
            return &counters[at];
    return NULL;
}

static long perf_event_open(const struct perf_event_attr *attributes, int pid, int cpu, int group, unsigned long flags)
{
    if (kernel_is("strict"))
        return fail(EACCES);
    /* A unit of its own counts for all processes, on a named processor, and takes no more flags than these. */
    if (attributes->size < PERF_ATTR_SIZE_VER0 || pid != -1 || cpu != 0 || group != -1 ||
        (flags & ~(unsigned long)PERF_FLAG_FD_CLOEXEC) != PERF_FLAG_FD_NO_GROUP || counter_count == MOST)
        return fail(EINVAL);
    int fd = open("/dev/null", O_RDONLY | (flags & PERF_FLAG_FD_CLOEXEC ? O_CLOEXEC : 0));
    if (fd < 0)
        return -1;
    struct counter *made = &counters[counter_count++];
    made->fd = fd;
    made->counting = !attributes->disabled;
    size_t size = attributes->size < sizeof made->attributes ? attributes->size : sizeof made->attributes;
    memcpy(&made->attributes, attributes, size);
    return fd;
}

/* How the counter that was opened last was asked for. */
int double_counter(uint32_t *type, uint64_t *config, uint64_t *sample_type, uint64_t *read_format, int *inherit)
{
    if (!counter_count)
        return -1;
    const struct perf_event_attr *attributes = &counters[counter_count - 1].attributes;
    *type = attributes->type;
    *config = attributes->config;
    *sample_type = attributes->sample_type;
    *read_format = attributes->read_format;
    *inherit = attributes->inherit;
    return counters[counter_count - 1].counting;
}

/* The counter that was opened last has counted so much more. */
void double_count(uint64_t events, uint64_t nanoseconds)
{
    uint64_t *read = counters[counter_count - 1].read;
    read[0] += events;
    read[1] += nanoseconds;
    read[2] += nanoseconds / 2;
}

/* ------------------------------------------------------------------ in front of libc */

int ioctl(int fd, unsigned long request, ...)
{
    static int (*next)(int, unsigned long, void *);
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    struct counter *asked = counter(fd);
    if (request == GET_VERSION) {
        *(struct version *)argument = (struct version){1, kernel_is("old") ? 2 : 14};
        return 0;
    }
    if (request == SMI_EVENTS)
        return events(argument);
    if (asked && (request == PERF_EVENT_IOC_ENABLE || request == PERF_EVENT_IOC_DISABLE)) {
        asked->counting = request == PERF_EVENT_IOC_ENABLE;
        return 0;
    }
    if (!next)
        next = (int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
    return next(fd, request, argument);
}

long syscall(long number, ...)
{
    static long (*next)(long, ...);
    long arguments[6];
    va_list list;
    va_start(list, number);
    for (int at = 0; at < 6; at++)
        arguments[at] = va_arg(list, long);
    va_end(list);
    if (number == SYS_perf_event_open)
        return perf_event_open((const struct perf_event_attr *)arguments[0], (int)arguments[1], (int)arguments[2],
                               (int)arguments[3], (unsigned long)arguments[4]);
    if (!next)
        next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

ssize_t read(int fd, void *buffer, size_t size)
{
    static ssize_t (*next)(int, void *, size_t);
    struct counter *asked = counter(fd);
    if (asked) {
        size_t there = size < sizeof asked->read ? size : sizeof asked->read;
        memcpy(buffer, asked->read, there);
        return (ssize_t)there;
    }
    if (!next)
        next = (ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    return next(fd, buffer, size);
}

int close(int fd)
{
    static int (*next)(int);
    struct counter *closed = counter(fd);
    if (closed)
        closed->fd = -1;
    if (!next)
        next = (int (*)(int))dlsym(RTLD_NEXT, "close");
    return next(fd);
}
