/*
 * rsmi_top: what the GPUs are doing, refreshed until you press Ctrl-C.
 *
 *   rsmi_top [-d SECONDS] [-n TIMES]
 *
 * -d   the time between two looks, 1 second unless told otherwise
 * -n   how often to look; without it, for ever
 *
 * On a terminal each look overwrites the last one; into a file or a pipe they come one after the other. A dash stands
 * for what this GPU does not tell. Ends with 1 if there is no driver or no GPU, and with 2 if it was called wrongly.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rocm_smi/rocm_smi.h"

enum { NAME_LENGTH = 64, CELL = 16 };

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static const char *percent(char cell[CELL], rsmi_status_t status, uint32_t value)
{
    if (status != RSMI_STATUS_SUCCESS)
        return "-";
    snprintf(cell, CELL, "%" PRIu32 "%%", value);
    return cell;
}

static const char *scaled(char cell[CELL], bool known, double value, const char *unit)
{
    if (!known)
        return "-";
    snprintf(cell, CELL, "%.0f%s", value, unit);
    return cell;
}

/* The hottest place that is measured on every GPU that has it; integrated ones have the edge only. */
static const char *temperature(char cell[CELL], uint32_t device)
{
    static const uint32_t places[] = {RSMI_TEMP_TYPE_JUNCTION, RSMI_TEMP_TYPE_EDGE};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int64_t millidegrees;
        if (rsmi_dev_temp_metric_get(device, places[i], RSMI_TEMP_CURRENT, &millidegrees) == RSMI_STATUS_SUCCESS)
            return scaled(cell, true, (double)millidegrees / 1e3, "C");
    }
    return "-";
}

static const char *power(char cell[CELL], uint32_t device)
{
    uint64_t microwatts = 0;
    RSMI_POWER_TYPE type;
    rsmi_status_t status = rsmi_dev_power_get(device, &microwatts, &type);
    return scaled(cell, status == RSMI_STATUS_SUCCESS, (double)microwatts / 1e6, "W");
}

static const char *fan(char cell[CELL], uint32_t device)
{
    int64_t speed = 0;
    uint64_t most = 0;
    bool known = rsmi_dev_fan_speed_get(device, 0, &speed) == RSMI_STATUS_SUCCESS &&
                 rsmi_dev_fan_speed_max_get(device, 0, &most) == RSMI_STATUS_SUCCESS && most > 0;
    return scaled(cell, known, known ? 100.0 * (double)speed / (double)most : 0, "%");
}

static const char *clock_speed(char cell[CELL], uint32_t device, rsmi_clk_type_t clock)
{
    rsmi_frequencies_t steps;
    bool known = rsmi_dev_gpu_clk_freq_get(device, clock, &steps) == RSMI_STATUS_SUCCESS &&
                 steps.current < steps.num_supported && steps.current < RSMI_MAX_NUM_FREQUENCIES;
    return scaled(cell, known, known ? (double)steps.frequency[steps.current] / 1e6 : 0, "MHz");
}

static const char *memory(char cell[2 * CELL], uint32_t device)
{
    uint64_t used, total;
    if (rsmi_dev_memory_usage_get(device, RSMI_MEM_TYPE_VRAM, &used) != RSMI_STATUS_SUCCESS ||
        rsmi_dev_memory_total_get(device, RSMI_MEM_TYPE_VRAM, &total) != RSMI_STATUS_SUCCESS)
        return "-";
    snprintf(cell, 2 * CELL, "%.1f/%.1fGiB", (double)used / (1 << 30), (double)total / (1 << 30));
    return cell;
}

static void print_device(uint32_t device)
{
    char name[NAME_LENGTH] = "", busy[CELL], memory_busy[CELL], hot[CELL], watts[CELL], wind[CELL], sys[CELL],
         mem[CELL], vram[2 * CELL];
    uint32_t gpu_percent = 0, memory_percent = 0;
    rsmi_status_t gpu_status = rsmi_dev_busy_percent_get(device, &gpu_percent);
    rsmi_status_t memory_status = rsmi_dev_memory_busy_percent_get(device, &memory_percent);

    /* A name that is too long comes shortened, which is what a column wants. */
    rsmi_status_t status = rsmi_dev_name_get(device, name, sizeof name);
    if (status != RSMI_STATUS_SUCCESS && status != RSMI_STATUS_INSUFFICIENT_SIZE)
        strcpy(name, "-");
    printf("%3" PRIu32 "  %-28.28s %5s %5s %6s %6s %5s %8s %8s  %s\n", device, name,
           percent(busy, gpu_status, gpu_percent), percent(memory_busy, memory_status, memory_percent),
           temperature(hot, device), power(watts, device), fan(wind, device),
           clock_speed(sys, device, RSMI_CLK_TYPE_SYS), clock_speed(mem, device, RSMI_CLK_TYPE_MEM),
           memory(vram, device));
}

static int watch(uint32_t count, double seconds, long times)
{
    const struct timespec pause = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    bool on_terminal = isatty(STDOUT_FILENO);
    for (long look = 0; !interrupted && (times == 0 || look < times); look++) {
        if (look > 0)
            nanosleep(&pause, NULL);
        if (interrupted)
            break;
        if (on_terminal)
            fputs("\033[H\033[2J", stdout);
        printf("GPU  %-28s %5s %5s %6s %6s %5s %8s %8s  %s\n", "name", "busy", "mem", "temp", "power", "fan", "clock",
               "memory", "VRAM");
        for (uint32_t device = 0; device < count; device++)
            print_device(device);
        fflush(stdout);
    }
    return 0;
}

static int usage(void)
{
    fputs("usage: rsmi_top [-d SECONDS] [-n TIMES]\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    double seconds = 1;
    long times = 0;
    for (int option; (option = getopt(argc, argv, "d:n:")) != -1;) {
        char *end = NULL;
        if (option == 'd')
            seconds = strtod(optarg, &end);
        else if (option == 'n')
            times = strtol(optarg, &end, 10);
        if (!end || end == optarg || *end)
            return usage();
    }
    if (optind != argc || !(seconds >= 0 && seconds < 1e6) || times < 0)
        return usage();

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
    if (count == 0)
        fputs("rsmi_top: there is no GPU\n", stderr);
    int result = count ? watch(count, seconds, times) : 1;
    rsmi_shut_down();
    return result;
}
