/*
 * rsmi_top: what the GPUs are doing, refreshed until you press q or Ctrl-C.
 *
 *   rsmi_top [-d SECONDS] [-n TIMES] [--once] [--color WHEN] [--width COLUMNS] [--note TEXT]
 *
 * -d, --interval   the time between two looks, 1 second by default
 * -n, --frames     how often to look; without it, for ever
 *     --once       the same as --frames 1
 *     --color      auto, always or never; auto is on a terminal, unless NO_COLOR is set
 *     --width      columns to fill; by default those of the terminal, and 80 in a file or a pipe
 *     --note       words for the first line, such as "simulated"
 *
 * On a terminal it has a screen of its own, and leaves the one before as it was: at the end, and while it is stopped by
 * Ctrl-Z. Into a file or a pipe the looks come one after the other. "n/a" stands for what this GPU does not tell.
 * Where the screen is narrow, columns are left out, first those in which no GPU tells anything; where it is low, GPUs.
 * Ends with 1 if there is no driver or no GPU, and with 2 if it was called wrongly.
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

enum { NAME_LENGTH = 64, LONGEST_NAME = 24, SHORTEST_NAME = 8, CELL = 32, DEFAULT_WIDTH = 80 };
enum { LEAST_BAR = 4, MOST_BAR = 24, INDEX = 3, GAP = 2 };

enum colour { PLAIN, BOLD, DIM, GREEN, YELLOW, RED, CYAN, MAGENTA };
static const char *const codes[] = {"0", "1", "2", "32", "33", "31", "36", "35"};

enum column { TEMP, POWER, BUSY, VRAM, CORE, MEMORY, FAN, COLUMNS };
static const char *const headings[COLUMNS] = {"Temp", "Power", "Busy", "VRAM", "Core", "Memory", "Fan"};
static const bool has_bar[COLUMNS] = {[BUSY] = true, [VRAM] = true};
/* Which column a narrow screen loses first. */
static const enum column first_to_go[COLUMNS] = {FAN, MEMORY, CORE, VRAM, POWER, TEMP, BUSY};

struct options {
    double seconds;
    long times; /* 0 is for ever */
    int width;  /* 0 is the terminal's */
    const char *note;
};

struct view {
    bool colours, blocks, in_place, keys;
    int width, lines; /* no lines is as many as there are */
    int line;         /* how many are printed */
};

/* What is printed of one GPU; the parts are those of the bars. */
struct row {
    char name[NAME_LENGTH];
    struct {
        char text[CELL];
        enum colour colour;
        double part;
    } cells[COLUMNS];
};

struct layout {
    int name, bar;
    int widths[COLUMNS]; /* these only grow, so that columns keep their places */
    bool shown[COLUMNS];
    bool short_names;
};

/* One look at one GPU; a negative number, or a maximum of 0, is what it does not tell. */
struct reading {
    char name[NAME_LENGTH];
    double busy, degrees, critical, watts, cap, used, total, core, memory, fan;
};

static volatile sig_atomic_t interrupted, stopped, resized;

static void note_signal(int signal_number)
{
    if (signal_number == SIGTSTP)
        stopped = 1;
    else if (signal_number == SIGWINCH)
        resized = 1;
    else
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
    uint16_t id;
    rsmi_status_t status = rsmi_dev_name_get(device, name, NAME_LENGTH);
    bool named = status == RSMI_STATUS_SUCCESS || status == RSMI_STATUS_INSUFFICIENT_SIZE;
    if (named && strncmp(name, "0x", 2) != 0)
        ;
    else if (rsmi_dev_id_get(device, &id) == RSMI_STATUS_SUCCESS)
        snprintf(name, NAME_LENGTH, "AMD GPU 0x%04x", (unsigned)id);
    else
        strcpy(name, "n/a");
    /* A column for each byte, and none that the terminal would obey. */
    for (char *byte = name; *byte; byte++)
        if (*byte < ' ' || *byte > '~')
            *byte = '?';
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

/* The text in so many columns: at their right end, or at their left one; cut where it is longer. */
static void put(const struct view *view, enum colour colour, int columns, bool left, const char *text)
{
    int length = (int)strlen(text);
    length = length > columns ? columns : length;
    printf("%*s", left ? 0 : columns - length, "");
    if (colour != PLAIN)
        paint(view, colour);
    printf("%.*s", length, text);
    if (colour != PLAIN)
        paint(view, PLAIN);
    printf("%*s", left ? columns - length : 0, "");
}

/* A bar that shows a part of 1; an empty one for what is not known. */
static void put_bar(const struct view *view, enum colour colour, int columns, double part)
{
    int full = part <= 0 ? 0 : part >= 1 ? columns : (int)(part * columns + 0.5);
    paint(view, colour);
    for (int i = 0; i < full; i++)
        fputs(view->blocks ? "\xe2\x96\x88" : "#", stdout);
    paint(view, DIM);
    for (int i = full; i < columns; i++)
        fputs(view->blocks ? "\xe2\x96\x91" : ".", stdout);
    paint(view, PLAIN);
}

/* False where the screen has no further line. What an earlier look left of a longer line goes. */
static bool begin_line(struct view *view)
{
    if (view->lines && view->line >= view->lines)
        return false;
    if (view->line++ > 0)
        putchar('\n');
    if (view->in_place)
        fputs("\033[K", stdout);
    return true;
}

static enum colour heat(const struct reading *reading)
{
    double limit = reading->critical > 0 ? reading->critical : 100;
    if (reading->degrees >= limit - 10)
        return RED;
    return reading->degrees >= limit - 25 ? YELLOW : GREEN;
}

static void set_cell(struct row *row, enum column column, enum colour colour, double value, const char *unit)
{
    strcpy(row->cells[column].text, "n/a");
    row->cells[column].colour = value >= 0 ? colour : DIM;
    if (value >= 0)
        snprintf(row->cells[column].text, CELL, "%.0f%s", value, unit);
}

static void set_row(const struct reading *reading, struct row *row)
{
    const double gib = 1 << 30;
    memset(row, 0, sizeof *row);
    strcpy(row->name, reading->name);
    set_cell(row, TEMP, heat(reading), reading->degrees, "C");

    bool limited = reading->cap > 0 && reading->watts >= 0.99 * reading->cap;
    char unit[CELL] = "W";
    if (reading->cap > 0)
        snprintf(unit, sizeof unit, "/%.0fW", reading->cap);
    set_cell(row, POWER, limited ? YELLOW : PLAIN, reading->watts, unit);

    set_cell(row, BUSY, PLAIN, reading->busy, "%");
    row->cells[BUSY].part = reading->busy / 100;

    bool known = reading->used >= 0 && reading->total > 0;
    set_cell(row, VRAM, PLAIN, known ? 0 : -1, "");
    if (known) {
        double total = reading->total / gib;
        snprintf(row->cells[VRAM].text, CELL, "%.1f/%.*fG", reading->used / gib, total < 10 ? 1 : 0, total);
        row->cells[VRAM].part = reading->used / reading->total;
    }
    set_cell(row, CORE, PLAIN, reading->core, "MHz");
    set_cell(row, MEMORY, PLAIN, reading->memory, "MHz");
    set_cell(row, FAN, PLAIN, reading->fan, "%");
}

/* Without the maker and the family, which a narrow screen has no room for. */
static const char *short_name(const char *name)
{
    static const char *const words[] = {"AMD ", "Instinct ", "Radeon "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(name, words[i], strlen(words[i])) == 0 && name[strlen(words[i])])
            name += strlen(words[i]);
    return name;
}

static const char *name_of(const struct layout *layout, const struct row *row)
{
    return layout->short_names ? short_name(row->name) : row->name;
}

static int longest_name(const struct layout *layout, uint32_t count, const struct row *rows)
{
    int longest = 4;
    for (uint32_t device = 0; device < count; device++) {
        int length = (int)strlen(name_of(layout, &rows[device]));
        longest = length > longest ? length : longest;
    }
    return longest > LONGEST_NAME ? LONGEST_NAME : longest;
}

/* What is left of the screen's width by the columns, names not counted, with bars of the least length. */
static int room(const struct view *view, const struct layout *layout)
{
    int left = view->width - INDEX - GAP;
    for (int column = 0; column < COLUMNS; column++)
        if (layout->shown[column])
            left -= GAP + layout->widths[column] + (has_bar[column] ? LEAST_BAR + 1 : 0);
    return left;
}

static void lay_out(const struct view *view, struct layout *layout, uint32_t count, const struct row *rows)
{
    bool silent[COLUMNS];
    layout->short_names = false;
    for (int column = 0; column < COLUMNS; column++) {
        layout->shown[column] = silent[column] = true;
        if (layout->widths[column] < (int)strlen(headings[column]))
            layout->widths[column] = has_bar[column] ? LEAST_BAR : (int)strlen(headings[column]);
        for (uint32_t device = 0; device < count; device++) {
            const char *text = rows[device].cells[column].text;
            if (layout->widths[column] < (int)strlen(text))
                layout->widths[column] = (int)strlen(text);
            silent[column] = silent[column] && strcmp(text, "n/a") == 0;
        }
    }
    layout->name = longest_name(layout, count, rows);
    for (int i = 0; i < COLUMNS && room(view, layout) < layout->name; i++)
        if (silent[first_to_go[i]])
            layout->shown[first_to_go[i]] = false;
    if (room(view, layout) < layout->name) {
        layout->short_names = true;
        layout->name = longest_name(layout, count, rows);
    }
    int least = layout->name < SHORTEST_NAME ? layout->name : SHORTEST_NAME;
    for (int i = 0; i < COLUMNS && room(view, layout) < least; i++)
        layout->shown[first_to_go[i]] = false;
    int left = room(view, layout);
    if (left < layout->name)
        layout->name = left > 1 ? left : 1;
    int bars = layout->shown[BUSY] + layout->shown[VRAM];
    int more = bars && left > layout->name ? (left - layout->name) / bars : 0;
    layout->bar = LEAST_BAR + more > MOST_BAR ? MOST_BAR : LEAST_BAR + more;
}

static void print_device(struct view *view, const struct layout *layout, uint32_t device, const struct row *row)
{
    if (!begin_line(view))
        return;
    printf("%*" PRIu32 "%*s", INDEX, device, GAP, "");
    put(view, PLAIN, layout->name, true, name_of(layout, row));
    for (int column = 0; column < COLUMNS; column++) {
        if (!layout->shown[column])
            continue;
        printf("%*s", GAP, "");
        if (has_bar[column]) {
            put_bar(view, column == BUSY ? CYAN : MAGENTA, layout->bar, row->cells[column].part);
            putchar(' ');
        }
        put(view, row->cells[column].colour, layout->widths[column], false, row->cells[column].text);
    }
}

/* What it is, and how to leave it: always to be seen. */
static void print_title(struct view *view, const struct options *options)
{
    const char *way_out = !view->in_place ? "" : view->keys ? "q quits" : "Ctrl-C quits";
    if (!begin_line(view))
        return;
    put(view, BOLD, 8, true, "rsmi_top");
    int left = view->width - 8 - 2 * GAP - (int)strlen(way_out);
    int note = (int)strlen(options->note);
    note = note > left ? left : note;
    if (note > 0) {
        printf("%*s", GAP, "");
        put(view, YELLOW, note, true, options->note);
    }
    if (*way_out) {
        printf("%*s", left > note ? left - (note > 0 ? note : -GAP) + GAP : GAP, "");
        put(view, DIM, (int)strlen(way_out), true, way_out);
    }
}

static void print_summary(struct view *view, uint32_t count, const struct reading *all)
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
    char driver[NAME_LENGTH] = "", percent[CELL] = "", text[4 * NAME_LENGTH];
    if (rsmi_version_str_get(RSMI_SW_COMP_DRIVER, driver, sizeof driver) != RSMI_STATUS_SUCCESS)
        strcpy(driver, "n/a");
    if (telling)
        snprintf(percent, sizeof percent, "   %.0f%% busy", busy / telling);
    snprintf(text, sizeof text, "%" PRIu32 " GPU%s%s   %.0f W   VRAM %.0f of %.0f GiB   driver %s", count,
             count == 1 ? "" : "s", percent, watts, used / gib, total / gib, driver);
    if (begin_line(view))
        printf("%.*s", view->width, text);
    begin_line(view);
}

static void print_heading(struct view *view, const struct layout *layout)
{
    if (!begin_line(view))
        return;
    paint(view, BOLD);
    printf("%*s%*s%-*.*s", INDEX, "GPU", GAP, "", layout->name, layout->name, "Name");
    for (int column = 0; column < COLUMNS; column++) {
        if (!layout->shown[column])
            continue;
        int columns = layout->widths[column] + (has_bar[column] ? layout->bar + 1 : 0);
        printf("%*s%*s", GAP, "", has_bar[column] ? -columns : columns, headings[column]);
    }
    paint(view, PLAIN);
}

static void print_all(struct view *view, const struct options *options, struct layout *layout, uint32_t count,
                      const struct reading *all, struct row *rows)
{
    view->line = 0;
    for (uint32_t device = 0; device < count; device++)
        set_row(&all[device], &rows[device]);
    lay_out(view, layout, count, rows);
    print_title(view, options);
    print_summary(view, count, all);
    print_heading(view, layout);
    /* The last line is for those that have none. */
    int free_lines = view->lines ? view->lines - view->line : 0;
    bool too_many = view->lines && (int64_t)count > free_lines;
    uint32_t shown = !too_many ? count : free_lines > 1 ? (uint32_t)free_lines - 1 : 0;
    for (uint32_t device = 0; device < shown; device++)
        print_device(view, layout, device, &rows[device]);
    char text[NAME_LENGTH];
    snprintf(text, sizeof text, "and %" PRIu32 " more that this screen is too low for", count - shown);
    if (too_many && begin_line(view))
        put(view, YELLOW, view->width, true, text);
    fputs(view->in_place ? "\033[J" : "\n", stdout);
}

/* True when it is time to end: a signal came, or somebody pressed q. Ends early when the screen is to be drawn anew. */
static bool pause_or_quit(double seconds, bool keys)
{
    struct timespec until, now;
    clock_gettime(CLOCK_MONOTONIC, &until);
    double end = (double)until.tv_sec + (double)until.tv_nsec / 1e9 + seconds;
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        double left = end - (double)now.tv_sec - (double)now.tv_nsec / 1e9;
        if (interrupted || stopped || resized || left <= 0)
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

static void measure(const struct options *options, struct view *view)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    view->width = options->width ? options->width : known && size.ws_col > 0 ? size.ws_col : DEFAULT_WIDTH;
    view->lines = view->in_place && known ? size.ws_row : 0;
}

static struct termios before;

/* Keys come one by one and are not shown, as long as we are in the foreground of a terminal. */
static bool take_keys(void)
{
    if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &before) != 0)
        return false;
    struct termios raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

/* The other screen, without a cursor, on which a line that is too long is cut. */
static void enter(struct view *view)
{
    view->keys = take_keys();
    fputs("\033[?1049h\033[?25l\033[?7l\033[2J", stdout);
}

/* All as it was; also from the background, where we may be by now. */
static void leave(const struct view *view)
{
    fputs("\033[?7h\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    void (*handler)(int) = signal(SIGTTOU, SIG_IGN);
    if (view->keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    signal(SIGTTOU, handler);
}

static void heed(int signal_number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, now;
    /* What we were told to ignore, as nohup(1) does, we ignore. */
    if (sigaction(signal_number, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
        sigaction(signal_number, &action, NULL);
}

/* Ctrl-Z: the terminal is as it was until somebody says fg. */
static void stop(struct view *view)
{
    leave(view);
    stopped = 0;
    heed(SIGTSTP, SIG_DFL);
    raise(SIGTSTP);
    heed(SIGTSTP, note_signal);
    enter(view);
}

static int watch(uint32_t count, const struct options *options, struct view *view)
{
    struct reading *all = calloc(count, sizeof *all);
    struct row *rows = calloc(count, sizeof *rows);
    struct layout layout = {0};
    int result = all && rows ? 0 : 1;
    if (result)
        fputs("rsmi_top: out of memory\n", stderr);
    if (view->in_place)
        enter(view);
    for (long look = 0; !result && (options->times == 0 || look < options->times); look++) {
        if (look > 0 && pause_or_quit(options->seconds, view->keys))
            break;
        if (stopped && view->in_place)
            stop(view);
        resized = 0;
        measure(options, view);
        for (uint32_t device = 0; device < count; device++)
            read_device(device, &all[device]);
        if (view->in_place)
            fputs("\033[H", stdout);
        else if (look > 0)
            putchar('\n');
        print_all(view, options, &layout, count, all, rows);
        if (fflush(stdout) != 0 || interrupted)
            break;
    }
    if (view->in_place)
        leave(view);
    free(all);
    free(rows);
    return result;
}

static int usage(FILE *to)
{
    fputs("usage: rsmi_top [-d SECONDS] [-n TIMES] [--once] [--color auto|always|never] [--width COLUMNS]\n"
          "                [--note TEXT]\n",
          to);
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
        } else if ((value = value_of("--note", NULL, argv, &i))) {
            options->note = value;
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
    struct options options = {.seconds = 1, .note = ""};
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

    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        heed(ends[i], note_signal);
    if (view.in_place) {
        heed(SIGTSTP, note_signal);
        heed(SIGWINCH, note_signal);
    }

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
    int result = watch(count, &options, &view);
    rsmi_shut_down();
    return result;
}
