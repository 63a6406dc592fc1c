/* The values that the functions are asked with, those that mean something and some that do not. */
#ifndef SWEEP_ARGUMENTS_H
#define SWEEP_ARGUMENTS_H

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../shape.h"
#include "rocm_smi.h"

enum { MOST_DEVICES = 256, MOST_PROCESSES = 64 };

/* The values to try for an argument; the first is asked where a device does not exist. */
struct value {
    const char *name;
    uint64_t number;
};
struct axis {
    const struct value *values;
    size_t count;
};
#define AXIS(name, ...)                                \
    static const struct value name##_values[] = {__VA_ARGS__}; \
    static const struct axis name = {name##_values, COUNT(name##_values)}

AXIS(components, {"driver", 0}, {"1", 1}, {"max", UINT32_MAX});
AXIS(temperature_types, {"edge", 0}, {"junction", 1}, {"memory", 2}, {"hbm_0", 3}, {"hbm_1", 4}, {"hbm_2", 5},
     {"hbm_3", 6}, {"7", 7}, {"8", 8}, {"max", UINT32_MAX});
AXIS(temperature_metrics, {"current", 0}, {"max", 1}, {"min", 2}, {"max_hyst", 3}, {"min_hyst", 4}, {"critical", 5},
     {"critical_hyst", 6}, {"emergency", 7}, {"emergency_hyst", 8}, {"crit_min", 9}, {"crit_min_hyst", 10},
     {"offset", 11}, {"lowest", 12}, {"highest", 13}, {"14", 14});
AXIS(voltage_types, {"vddgfx", 0}, {"vddboard", 1}, {"2", 2}, {"max", UINT32_MAX});
AXIS(voltage_metrics, {"current", 0}, {"max", 1}, {"min_crit", 2}, {"min", 3}, {"max_crit", 4}, {"average", 5},
     {"lowest", 6}, {"highest", 7}, {"8", 8});
AXIS(sensors, {"0", 0}, {"1", 1}, {"2", 2}, {"max", UINT32_MAX});
AXIS(memories, {"vram", 0}, {"visible_vram", 1}, {"gtt", 2}, {"3", 3}, {"max", UINT32_MAX});
AXIS(clocks, {"sys", 0}, {"df", 1}, {"dcef", 2}, {"soc", 3}, {"mem", 4}, {"pcie", 5}, {"6", 6}, {"7", 7}, {"8", 8},
     {"9", 9}, {"10", 10}, {"max", UINT32_MAX});
AXIS(firmware, {"asd", 0}, {"ce", 1}, {"dmcu", 2}, {"mc", 3}, {"me", 4}, {"mec", 5}, {"mec2", 6}, {"mes", 7},
     {"mes_kiq", 8}, {"pfp", 9}, {"rlc", 10}, {"rlc_srlc", 11}, {"rlc_srlg", 12}, {"rlc_srls", 13}, {"sdma", 14},
     {"sdma2", 15}, {"smc", 16}, {"sos", 17}, {"ta_ras", 18}, {"ta_xgmi", 19}, {"uvd", 20}, {"vce", 21}, {"vcn", 22},
     {"23", 23}, {"24", 24}, {"max", UINT32_MAX});
AXIS(blocks, {"umc", 1 << 0}, {"sdma", 1 << 1}, {"gfx", 1 << 2}, {"mmhub", 1 << 3}, {"athub", 1 << 4},
     {"pcie_bif", 1 << 5}, {"hdp", 1 << 6}, {"xgmi_wafl", 1 << 7}, {"df", 1 << 8}, {"smn", 1 << 9}, {"sem", 1 << 10},
     {"mp0", 1 << 11}, {"mp1", 1 << 12}, {"fuse", 1 << 13}, {"0", 0}, {"umc+sdma", 3}, {"14", 1 << 14},
     {"32", UINT64_C(1) << 32}, {"reserved", UINT64_C(1) << 63}, {"max", UINT64_MAX});
AXIS(groups, {"xgmi", 0}, {"xgmi_data_out", 10}, {"1", 1}, {"11", 11}, {"invalid", UINT32_MAX});
AXIS(event_types, {"0", 0}, {"3", 3}, {"4", 4}, {"10", 10}, {"15", 15}, {"16", 16}, {"max", UINT32_MAX});
AXIS(commands, {"start", 0}, {"stop", 1});
AXIS(timeouts, {"0", 0}, {"10", 10});
#if RSMI_GENERATION >= 60
AXIS(activities, {"gfx", 1}, {"umc", 2}, {"mm", 4}, {"gfx+mm", 5}, {"all", 7}, {"0", 0}, {"8", 8}, {"max", UINT32_MAX});
#endif

/* Which counters to ask for in one call; the argument is a line of this. */
enum { MOST_COUNTERS = 3 };
static const struct {
    uint32_t count;
    uint32_t types[MOST_COUNTERS];
} counter_sets[] = {{1, {0}}, {1, {1}}, {2, {0, 1}}, {3, {1, 0, 1}}, {0, {0}}, {2, {0, 2}}, {1, {UINT32_MAX}}};
AXIS(counters, {"gfx", 0}, {"memory", 1}, {"gfx+memory", 2}, {"memory+gfx+memory", 3}, {"none", 4}, {"gfx+2", 5},
     {"max", 6});

/* What the setters are asked to set, where they cannot. */
AXIS(numbers, {"0", 0}, {"1", 1}, {"100", 100}, {"max", UINT32_MAX});
AXIS(levels, {"0", 0}, {"1", 1}, {"2", 2});

/* These are filled in at run time. */
static struct value status_code_values[42];
static struct axis status_codes = {status_code_values, COUNT(status_code_values)};
static struct value destination_values[MOST_DEVICES + 2]; /* the devices at the other end of a link */
static struct axis destinations = {destination_values, 0};
static struct value process_values[MOST_PROCESSES + 3];
static struct axis processes = {process_values, 0};

/* Every device, then one that does not exist, and CPU_NODE_INDEX. */
static void set_destinations(uint32_t count)
{
    static char names[MOST_DEVICES][12];
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%" PRIu32, i);
        destination_values[i] = (struct value){names[i], i};
    }
    destination_values[count] = (struct value){"n", count};
    destination_values[count + 1] = (struct value){"max", UINT32_MAX};
    destinations.count = count + 2;
}

static int by_number(const void *a, const void *b)
{
    const struct value *left = a, *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

/* The processes that KFD knows, then some that it does not. */
static void set_processes(void)
{
    static char names[MOST_PROCESSES][12];
    size_t count = 0;
    DIR *directory = opendir("/sys/class/kfd/kfd/proc");
    for (struct dirent *entry; directory && count < MOST_PROCESSES && (entry = readdir(directory));) {
        unsigned long pid = strtoul(entry->d_name, NULL, 10);
        if (pid == 0 || pid > UINT32_MAX)
            continue;
        snprintf(names[count], sizeof names[count], "%lu", pid);
        process_values[count] = (struct value){names[count], pid};
        count++;
    }
    if (directory)
        closedir(directory);
    qsort(process_values, count, sizeof *process_values, by_number);
    process_values[count++] = (struct value){"0", 0};
    process_values[count++] = (struct value){"99999999", 99999999};
    process_values[count++] = (struct value){"max", UINT32_MAX};
    processes.count = count;
}

static void set_status_codes(void)
{
    static char names[COUNT(status_code_values)][12];
    for (size_t i = 0; i < COUNT(status_code_values); i++) {
        int code = (int)i - 1;
        snprintf(names[i], sizeof names[i], "%d", code);
        status_code_values[i] = (struct value){names[i], (uint32_t)code};
    }
}

#endif
