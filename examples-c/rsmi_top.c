/*
 * rsmi_top: what the GPUs are doing, refreshed until you press q or Ctrl-C.
 *
 *   rsmi_top [-d SECONDS] [-n TIMES] [--once] [--color WHEN] [--width COLUMNS]
 *
 * -d, --interval   the time between two looks, 1 second unless told otherwise
 * -n, --frames     how often to look; without it, for ever
 *     --once       the same as --frames 1
 *     --color      auto, always or never; auto is on a terminal, unless NO_COLOR is set
 *     --width      columns to fill; the terminal's unless told otherwise
 *
 * On a terminal each look overwrites the last one; into a file or a pipe they come one after the other. "n/a" stands
 * for what this GPU does not tell. Ends with 1 if there is no driver or no GPU, and with 2 if it was called wrongly.
 */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "rocm_smi/rocm_smi.h"

enum { NAME_LENGTH = 64, NAME_COLUMNS = 24, CELL = 32, DEFAULT_WIDTH = 120, LEAST_BAR = 4, MOST_BAR = 24 };

/* What all columns but the two bars take, with the gaps between them. */
enum { FIXED_COLUMNS = 90 };

enum colour { PLAIN, BOLD, DIM, GREEN, YELLOW, RED, CYAN, MAGENTA };
static const char *const codes[] = {"0", "1", "2", "32", "33", "31", "36", "35"};

struct options {
    double seconds;
    long times; /* 0 is for ever */
    int width;  /* 0 is the terminal's */
};

struct view {
    bool colours, blocks, in_place;
};

/* One look at one GPU; a negative number, or a maximum of 0, is what it does not tell. */
struct reading {
    char name[NAME_LENGTH];
    double busy, degrees, critical, watts, cap, used, total, core, memory, fan;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

/* The hottest place that is measured on every GPU that has it; integrated ones have the edge only. */
static void read_temperature(uint32_t device, struct reading *reading)
{
    static const uint32_t places[] = {RSMI_TEMP_TYPE_JUNCTION, RSMI_TEMP_TYPE_EDGE};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int64_t millidegrees;
        if (rsmi_dev_temp_metric_get(device, places[i], RSMI_TEMP_CURRENT, &millidegrees) != RSMI_STATUS_SUCCESS)
            continue;
        reading->degrees = (double)millidegrees / 1e3;
        if (rsmi_dev_temp_metric_get(device, places[i], RSMI_TEMP_CRITICAL, &millidegrees) == RSMI_STATUS_SUCCESS)
            reading->critical = (double)millidegrees / 1e3;
        return;
    }
}

static double read_clock(uint32_t device, rsmi_clk_type_t clock)
{
    rsmi_frequencies_t steps;
    if (rsmi_dev_gpu_clk_freq_get(device, clock, &steps) != RSMI_STATUS_SUCCESS ||
        steps.current >= steps.num_supported || steps.current >= RSMI_MAX_NUM_FREQUENCIES)
        return -1;
    return (double)steps.frequency[steps.current] / 1e6;
}

/* A name that is too long comes shortened, which is what a column wants. Where neither the card nor pci.ids has one,
   the library answers with the vendor's number. */
static void read_name(uint32_t device, char name[NAME_LENGTH])
{
    rsmi_status_t status = rsmi_dev_name_get(device, name, NAME_LENGTH);
    bool named = status == RSMI_STATUS_SUCCESS || status == RSMI_STATUS_INSUFFICIENT_SIZE;
    if (named && strncmp(name, "0x", 2) != 0)
        return;
    uint16_t id;
    if (rsmi_dev_id_get(device, &id) == RSMI_STATUS_SUCCESS)
        snprintf(name, NAME_LENGTH, "AMD GPU 0x%04x", (unsigned)id);
    else
        strcpy(name, "n/a");
}

static void read_device(uint32_t device, struct reading *reading)
{
    *reading = (struct reading){.busy = -1, .degrees = -1, .watts = -1, .used = -1, .fan = -1};

    read_name(device, reading->name);
    uint32_t percent;
    if (rsmi_dev_busy_percent_get(device, &percent) == RSMI_STATUS_SUCCESS)
        reading->busy = percent;
    read_temperature(device, reading);

    uint64_t number, most;
    RSMI_POWER_TYPE type;
    if (rsmi_dev_power_get(device, &number, &type) == RSMI_STATUS_SUCCESS)
        reading->watts = (double)number / 1e6;
    if (rsmi_dev_power_cap_get(device, 0, &number) == RSMI_STATUS_SUCCESS)
        reading->cap = (double)number / 1e6;
    if (rsmi_dev_memory_usage_get(device, RSMI_MEM_TYPE_VRAM, &number) == RSMI_STATUS_SUCCESS &&
        rsmi_dev_memory_total_get(device, RSMI_MEM_TYPE_VRAM, &most) == RSMI_STATUS_SUCCESS) {
        reading->used = (double)number;
        reading->total = (double)most;
    }
    reading->core = read_clock(device, RSMI_CLK_TYPE_SYS);
    reading->memory = read_clock(device, RSMI_CLK_TYPE_MEM);
    int64_t speed;
    if (rsmi_dev_fan_speed_get(device, 0, &speed) == RSMI_STATUS_SUCCESS &&
        rsmi_dev_fan_speed_max_get(device, 0, &most) == RSMI_STATUS_SUCCESS && most > 0)
        reading->fan = 100.0 * (double)speed / (double)most;
}

static void paint(const struct view *view, enum colour colour)
{
    if (view->colours)
        printf("\033[%sm", codes[colour]);
}

/* A gap, then the text at the right end of so many columns. */
static void put(const struct view *view, enum colour colour, int columns, const char *text)
{
    printf("%*s", (int)(columns + 1 - (int)strlen(text)), "");
    paint(view, colour);
    fputs(text, stdout);
    if (colour != PLAIN)
        paint(view, PLAIN);
}

static void put_number(const struct view *view, enum colour colour, int columns, double value, const char *unit)
{
    char text[CELL] = "n/a";
    if (value >= 0)
        snprintf(text, sizeof text, "%.0f%s", value, unit);
    put(view, value >= 0 ? colour : DIM, columns, text);
}

/* A bar that shows a part of 1; an empty one for what is not known. */
static void put_bar(const struct view *view, enum colour colour, int columns, double part)
{
    int full = part <= 0 ? 0 : part >= 1 ? columns : (int)(part * columns + 0.5);
    fputs("  ", stdout);
    paint(view, colour);
    for (int i = 0; i < full; i++)
        fputs(view->blocks ? "\xe2\x96\x88" : "#", stdout);
    paint(view, DIM);
    for (int i = full; i < columns; i++)
        fputs(view->blocks ? "\xe2\x96\x91" : ".", stdout);
    paint(view, PLAIN);
}

static void end_line(const struct view *view)
{
    /* What the last look left of a longer line goes. */
    fputs(view->in_place ? "\033[K\n" : "\n", stdout);
}

static enum colour heat(const struct reading *reading)
{
    double limit = reading->critical > 0 ? reading->critical : 100;
    if (reading->degrees >= limit - 10)
        return RED;
    return reading->degrees >= limit - 25 ? YELLOW : GREEN;
}

static void print_device(const struct view *view, int bar, uint32_t device, const struct reading *reading)
{
    const double gib = 1 << 30;
    char text[CELL], cap[CELL] = "";
    printf("%3" PRIu32 "  %-*.*s", device, NAME_COLUMNS, NAME_COLUMNS, reading->name);
    put_number(view, heat(reading), 5, reading->degrees, "C");

    if (reading->cap > 0)
        snprintf(cap, sizeof cap, "/%.0f", reading->cap);
    snprintf(text, sizeof text, "%.0f%.10sW", reading->watts, cap);
    bool limited = reading->cap > 0 && reading->watts >= 0.99 * reading->cap;
    put(view, reading->watts < 0 ? DIM : limited ? YELLOW : PLAIN, 10, reading->watts < 0 ? "n/a" : text);

    put_bar(view, CYAN, bar, reading->busy / 100);
    put_number(view, PLAIN, 4, reading->busy, "%");

    bool known = reading->used >= 0 && reading->total > 0;
    put_bar(view, MAGENTA, bar, known ? reading->used / reading->total : 0);
    double total = reading->total / gib;
    snprintf(text, sizeof text, "%.1f/%.*fG", reading->used / gib, total < 10 ? 1 : 0, total);
    put(view, known ? PLAIN : DIM, 10, known ? text : "n/a");

    put_number(view, PLAIN, 8, reading->core, "MHz");
    put_number(view, PLAIN, 8, reading->memory, "MHz");
    put_number(view, PLAIN, 5, reading->fan, "%");
    end_line(view);
}

static void print_summary(const struct view *view, uint32_t count, const struct reading *all)
{
    double busy = 0, watts = 0, used = 0, total = 0;
    uint32_t telling = 0;
    for (uint32_t device = 0; device < count; device++) {
        if (all[device].busy >= 0) {
            busy += all[device].busy;
            telling++;
        }
        watts += all[device].watts > 0 ? all[device].watts : 0;
        if (all[device].used >= 0) {
            used += all[device].used;
            total += all[device].total;
        }
    }
    const double gib = 1 << 30;
    char driver[NAME_LENGTH] = "";
    if (rsmi_version_str_get(RSMI_SW_COMP_DRIVER, driver, sizeof driver) != RSMI_STATUS_SUCCESS)
        strcpy(driver, "n/a");
    paint(view, BOLD);
    printf("rsmi_top");
    paint(view, PLAIN);
    printf("  %" PRIu32 " GPU%s", count, count == 1 ? "" : "s");
    if (telling)
        printf("   %.0f%% busy", busy / telling);
    printf("   %.0f W   VRAM %.0f of %.0f GiB   driver %s", watts, used / gib, total / gib, driver);
    end_line(view);
    end_line(view);
}

static void print_heading(const struct view *view, int bar)
{
    paint(view, BOLD);
    printf("GPU  %-*s %5s %10s  %-*s %4s  %-*s %10s %8s %8s %5s", NAME_COLUMNS, "Name", "Temp", "Power", bar, "Busy", "",
           bar, "VRAM", "", "Core", "Memory", "Fan");
    paint(view, PLAIN);
    end_line(view);
}

/* True when it is time to end: a signal came, or somebody pressed q. */
static bool pause_or_quit(double seconds, bool keys)
{
    struct timespec until, now;
    clock_gettime(CLOCK_MONOTONIC, &until);
    double end = (double)until.tv_sec + (double)until.tv_nsec / 1e9 + seconds;
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        double left = end - (double)now.tv_sec - (double)now.tv_nsec / 1e9;
        if (interrupted || left <= 0)
            return interrupted;
        struct pollfd key = {.fd = keys ? STDIN_FILENO : -1, .events = POLLIN};
        int ready = poll(&key, 1, left > 1000 ? 1000000 : (int)(left * 1000) + 1);
        if (ready > 0) {
            char typed;
            if (read(STDIN_FILENO, &typed, 1) != 1)
                keys = false;
            else if (typed == 'q' || typed == 'Q')
                return true;
        }
    }
}

static int width_of(const struct options *options)
{
    struct winsize size;
    if (options->width)
        return options->width;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return DEFAULT_WIDTH;
}

static int watch(uint32_t count, const struct options *options, struct view *view, bool keys)
{
    struct reading *all = calloc(count, sizeof *all);
    if (!all) {
        fputs("rsmi_top: out of memory\n", stderr);
        return 1;
    }
    for (long look = 0; options->times == 0 || look < options->times; look++) {
        if (look > 0 && pause_or_quit(options->seconds, keys))
            break;
        for (uint32_t device = 0; device < count; device++)
            read_device(device, &all[device]);
        int bar = (width_of(options) - FIXED_COLUMNS) / 2;
        bar = bar < LEAST_BAR ? LEAST_BAR : bar > MOST_BAR ? MOST_BAR : bar;
        if (view->in_place)
            fputs(look == 0 ? "\033[2J\033[H" : "\033[H", stdout);
        else if (look > 0)
            putchar('\n');
        print_summary(view, count, all);
        print_heading(view, bar);
        for (uint32_t device = 0; device < count; device++)
            print_device(view, bar, device, &all[device]);
        if (view->in_place)
            fputs("\033[J", stdout);
        if (fflush(stdout) != 0 || interrupted)
            break;
    }
    free(all);
    return 0;
}

/* Keys come one by one and are not shown, as long as we are in the foreground of a terminal. */
static bool take_keys(struct termios *before)
{
    if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, before) != 0)
        return false;
    struct termios raw = *before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static int usage(FILE *to)
{
    fputs("usage: rsmi_top [-d SECONDS] [-n TIMES] [--once] [--color auto|always|never] [--width COLUMNS]\n", to);
    return to == stdout ? 0 : 2;
}

/* The value of an option, as "--name VALUE" or "--name=VALUE"; steps over what it took. */
static const char *value_of(const char *name, const char *short_name, char **argv, int *at)
{
    const char *word = argv[*at];
    size_t length = strlen(name);
    if (strncmp(word, name, length) == 0 && word[length] == '=')
        return word + length + 1;
    if (strcmp(word, name) != 0 && (!short_name || strcmp(word, short_name) != 0))
        return NULL;
    return argv[*at + 1] ? argv[++*at] : "";
}

static bool number_of(const char *text, double least, double most, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return end != text && !*end && *number >= least && *number <= most;
}

static bool parse(char **argv, struct options *options, struct view *view)
{
    for (int i = 1; argv[i]; i++) {
        const char *value;
        double number = 0;
        if (strcmp(argv[i], "--once") == 0) {
            options->times = 1;
        } else if ((value = value_of("--interval", "-d", argv, &i))) {
            if (!number_of(value, 0, 1e6, &options->seconds))
                return false;
        } else if ((value = value_of("--frames", "-n", argv, &i))) {
            if (!number_of(value, 0, 1e9, &number) || number != (double)(long)number)
                return false;
            options->times = (long)number;
        } else if ((value = value_of("--width", NULL, argv, &i))) {
            if (!number_of(value, 1, 1000, &number))
                return false;
            options->width = (int)number;
        } else if ((value = value_of("--color", NULL, argv, &i))) {
            if (strcmp(value, "auto") != 0 && strcmp(value, "always") != 0 && strcmp(value, "never") != 0)
                return false;
            if (*value == 'a')
                view->colours = strcmp(value, "always") == 0 || view->colours;
            else
                view->colours = false;
        } else {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    struct options options = {.seconds = 1};
    bool terminal = isatty(STDOUT_FILENO);
    struct view view = {
        .colours = terminal && !getenv("NO_COLOR"),
        .blocks = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .in_place = terminal,
    };
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            return usage(stdout);
    if (!parse(argv, &options, &view))
        return usage(stderr);
    view.in_place = terminal && options.times != 1;

    /* Without SA_RESTART, Ctrl-C ends the pause at once. */
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    rsmi_status_t status = rsmi_init(0);
    if (status != RSMI_STATUS_SUCCESS) {
        const char *why = NULL;
        rsmi_status_string(status, &why);
        fprintf(stderr, "rsmi_top: %s. Is the amdgpu driver loaded?\n", why ? why : "rsmi_init failed");
        return 1;
    }
    uint32_t count = 0;
    rsmi_num_monitor_devices(&count);
    if (count == 0) {
        fputs("rsmi_top: there is no GPU\n", stderr);
        rsmi_shut_down();
        return 1;
    }
    struct termios before;
    bool keys = view.in_place && take_keys(&before);
    if (view.in_place)
        fputs("\033[?25l", stdout);
    int result = watch(count, &options, &view, keys);
    if (view.in_place)
        fputs("\033[?25h", stdout);
    if (keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    fflush(stdout);
    rsmi_shut_down();
    return result;
}
