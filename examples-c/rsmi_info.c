/*
 * rsmi_info: everything that rocm_smi.h can tell about this machine's GPUs.
 *
 *   rsmi_info            a report to read
 *   rsmi_info --probe    every question in every odd way, one line each, for comparing two libraries
 *
 * --probe asks not only the sensible questions: it leaves out each pointer, passes buffers that are too short, devices and
 * sensors that do not exist, and calls before rsmi_init and after rsmi_shut_down. A line is
 *
 *   ID: STATUS(number) output=value ...
 *
 * where an output that the library left alone reads "untouched", and one that it wrote past its end reads "OVERRUN".
 * ID (no blanks) and ": " are flushed before the call, the rest and the newline after it. So when a library kills or hangs
 * the program, the unfinished last line names the probe, and `--probe --after ID` goes on with the next one. If a
 * program started that way ends before it wrote anything, the library does not survive rsmi_init, and there is no more.
 *
 *   --list               print the ids in their order, ask nothing
 *   --only ID            this probe alone
 *   --from ID            this probe and those behind it
 *   --after ID           those behind it
 *   --no-hazards         leave out what is known to kill or hang some releases of librocm_smi64
 *
 * Ids depend only on the number of devices: PLACE/FUNCTION[/ARGUMENT...][/null:OUTPUT | /len:LENGTH], where PLACE is
 * before, init, sys, dev0, dev1, ..., dev-n (one beyond the last), dev-max (0xFFFFFFFF) or after.
 *
 * Ends with 0; with 1 if the report finds no usable driver or no GPU; with 2 if it was called wrongly.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rocm_smi/rocm_smi.h"

enum {
    OUTPUTS = 3,      /* most outputs of one function */
    AXES = 2,         /* most arguments besides the device */
    ROOM = 1024,      /* of each output; what the function may not touch is checked */
    PLAIN_LENGTH = 256, /* of a text buffer, where the length is not the question */
    MOST_DEVICES = 256,
    UNTOUCHED = 0xA5, /* what every output is filled with */
};

/* ------------------------------------------------------------------ words for numbers */

struct word {
    const char *name;
    uint32_t number;
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *word_for(const struct word *words, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++)
        if (words[i].number == number)
            return words[i].name;
    return NULL;
}

static const struct word statuses[] = {
    {"SUCCESS", 0},           {"INVALID_ARGS", 1},      {"NOT_SUPPORTED", 2},
    {"FILE_ERROR", 3},        {"PERMISSION", 4},        {"OUT_OF_RESOURCES", 5},
    {"INTERNAL_EXCEPTION", 6}, {"INPUT_OUT_OF_BOUNDS", 7}, {"INIT_ERROR", 8},
    {"NOT_YET_IMPLEMENTED", 9}, {"NOT_FOUND", 10},      {"INSUFFICIENT_SIZE", 11},
    {"INTERRUPT", 12},        {"UNEXPECTED_SIZE", 13},  {"NO_DATA", 14},
    {"UNEXPECTED_DATA", 15},  {"BUSY", 16},             {"REFCOUNT_OVERFLOW", 17},
    {"SETTING_UNAVAILABLE", 18}, {"AMDGPU_RESTART_ERR", 19}, {"DRM_ERROR", 20},
    {"FAIL_LOAD_MODULE", 21}, {"FAIL_LOAD_SYMBOL", 22}, {"UNKNOWN_ERROR", UINT32_MAX},
};

static const struct word perf_levels[] = {
    {"auto", 0},        {"low", 1},         {"high", 2},     {"manual", 3},      {"stable_std", 4},
    {"stable_peak", 5}, {"stable_min_mclk", 6}, {"stable_min_sclk", 7}, {"determinism", 8}, {"unknown", 0x100},
};
static const struct word link_types[] = {{"undefined", 0}, {"PCIe", 1}, {"XGMI", 2}};
static const struct word power_types[] = {{"average", 0}, {"current", 1}, {"invalid", UINT32_MAX}};

static const char *status_name(rsmi_status_t status)
{
    const char *name = word_for(statuses, COUNT(statuses), (uint32_t)status);
    return name ? name : "?";
}

/* ------------------------------------------------------------------ outputs and how to print them */

enum kind { DECIMAL, SIGNED, HEX, REAL, CHOICE, TEXT, TEXT_POINTER, VERSION, FREQUENCIES, BANDWIDTH };

struct form {
    enum kind kind;
    size_t size;
    double unit_size; /* 0: the report prints the number as it is */
    const char *unit;
    const struct word *words;
    size_t word_count;
};

static const struct form HEX16 = {.kind = HEX, .size = 2};
static const struct form HEX64 = {.kind = HEX, .size = 8};
static const struct form COUNT32 = {.kind = DECIMAL, .size = 4};
static const struct form COUNT64 = {.kind = DECIMAL, .size = 8};
static const struct form NODE = {.kind = SIGNED, .size = 4};
static const struct form SPEED = {.kind = SIGNED, .size = 8};
static const struct form PERCENT = {.kind = DECIMAL, .size = 4, .unit_size = 1, .unit = "%"};
static const struct form DEGREES = {.kind = SIGNED, .size = 8, .unit_size = 1e3, .unit = " C"};
static const struct form WATTS = {.kind = DECIMAL, .size = 8, .unit_size = 1e6, .unit = " W"};
static const struct form MEBIBYTES = {.kind = DECIMAL, .size = 8, .unit_size = 1048576, .unit = " MiB"};
static const struct form NANOSECONDS = {.kind = DECIMAL, .size = 8, .unit_size = 1e9, .unit = " s"};
static const struct form MICROJOULES = {.kind = REAL, .size = sizeof(float), .unit_size = 1, .unit = " uJ"};
static const struct form LEVEL = {
    .kind = CHOICE, .size = 4, .words = perf_levels, .word_count = COUNT(perf_levels)};
static const struct form LINK = {
    .kind = CHOICE, .size = 4, .words = link_types, .word_count = COUNT(link_types)};
static const struct form POWER_TYPE = {
    .kind = CHOICE, .size = 4, .words = power_types, .word_count = COUNT(power_types)};
static const struct form STRING = {.kind = TEXT};
static const struct form CONSTANT = {.kind = TEXT_POINTER, .size = sizeof(char *)};
static const struct form RELEASE = {.kind = VERSION, .size = sizeof(rsmi_version_t)};
static const struct form CLOCKS = {.kind = FREQUENCIES, .size = sizeof(rsmi_frequencies_t)};
static const struct form PCIE = {.kind = BANDWIDTH, .size = sizeof(rsmi_pcie_bandwidth_t)};

/* An output lives at the start of its own room, whose remainder is the guard. The union aligns it for every type. */
union room {
    unsigned char bytes[ROOM];
    rsmi_pcie_bandwidth_t largest;
    void *pointer;
};

static bool untouched(const void *start, size_t size)
{
    const unsigned char *bytes = start;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != UNTOUCHED)
            return false;
    return true;
}

static uint64_t number_at(const void *bytes, size_t size)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (size) {
    case 1: return *(const unsigned char *)bytes;
    case 2: memcpy(&two, bytes, 2); return two;
    case 4: memcpy(&four, bytes, 4); return four;
    default: memcpy(&eight, bytes, 8); return eight;
    }
}

static int64_t signed_at(const void *bytes, size_t size)
{
    uint64_t number = number_at(bytes, size);
    return size == 4 ? (int32_t)(uint32_t)number : (int64_t)number;
}

static void print_quoted(const char *text, size_t length)
{
    putchar('"');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < ' ' || c > '~' || c == '"' || c == '\\')
            printf("\\x%02x", c);
        else
            putchar(c);
    }
    putchar('"');
}

/* A buffer of `length`: what it says, how long that is, and how many bytes were written into it. */
static void print_text(const unsigned char *bytes, size_t length)
{
    const unsigned char *end = memchr(bytes, 0, length);
    size_t written = length;
    while (written > 0 && bytes[written - 1] == UNTOUCHED)
        written--;
    if (written == 0) {
        fputs("untouched", stdout);
        return;
    }
    size_t text_length = end ? (size_t)(end - bytes) : written;
    print_quoted((const char *)bytes, text_length);
    printf("[%zu]%s wrote:%zu", text_length, end ? "" : " unterminated", written);
}

/* "500 800 0*31": equal neighbours once, with their number. */
static void print_array(const unsigned char *bytes, size_t size, size_t count)
{
    putchar('[');
    for (size_t i = 0, run; i < count; i += run) {
        for (run = 1; i + run < count && !memcmp(bytes + i * size, bytes + (i + run) * size, size);)
            run++;
        if (i > 0)
            putchar(' ');
        if (untouched(bytes + i * size, size))
            fputs("untouched", stdout);
        else
            printf("%" PRIu64, number_at(bytes + i * size, size));
        if (run > 1)
            printf("*%zu", run);
    }
    putchar(']');
}

static void print_member(const char *name, const unsigned char *bytes, size_t size)
{
    printf("%s:", name);
    if (untouched(bytes, size))
        fputs("untouched ", stdout);
    else
        printf("%" PRIu64 " ", number_at(bytes, size));
}

#define MEMBER(base, type, name) \
    print_member(#name, (base) + offsetof(type, name), sizeof((type *)0)->name)

static void print_frequencies(const unsigned char *bytes)
{
    MEMBER(bytes, rsmi_frequencies_t, has_deep_sleep);
    MEMBER(bytes, rsmi_frequencies_t, num_supported);
    MEMBER(bytes, rsmi_frequencies_t, current);
    fputs("frequency:", stdout);
    print_array(bytes + offsetof(rsmi_frequencies_t, frequency), 8, RSMI_MAX_NUM_FREQUENCIES);
}

/* Exactly what was written, in one word or a few. */
static void print_exact(const struct form *form, const union room *room, size_t size)
{
    const unsigned char *bytes = room->bytes;
    if (form->kind == TEXT) {
        print_text(bytes, size);
        return;
    }
    if (untouched(bytes, size)) {
        fputs("untouched", stdout);
        return;
    }
    switch (form->kind) {
    case HEX: printf("0x%" PRIx64, number_at(bytes, size)); break;
    case SIGNED: printf("%" PRId64, signed_at(bytes, size)); break;
    case REAL: {
        float real;
        memcpy(&real, bytes, sizeof real);
        printf("%.9g", (double)real);
        break;
    }
    case TEXT_POINTER: {
        const char *text;
        memcpy(&text, bytes, sizeof text);
        if (text)
            print_quoted(text, strlen(text));
        else
            fputs("NULL", stdout);
        break;
    }
    case VERSION: {
        MEMBER(bytes, rsmi_version_t, major);
        MEMBER(bytes, rsmi_version_t, minor);
        MEMBER(bytes, rsmi_version_t, patch);
        const unsigned char *build = bytes + offsetof(rsmi_version_t, build);
        const char *text;
        memcpy(&text, build, sizeof text);
        fputs("build:", stdout);
        if (untouched(build, sizeof text))
            fputs("untouched", stdout);
        else
            print_quoted(text ? text : "", text ? strlen(text) : 0);
        break;
    }
    case FREQUENCIES: print_frequencies(bytes); break;
    case BANDWIDTH:
        print_frequencies(bytes + offsetof(rsmi_pcie_bandwidth_t, transfer_rate));
        fputs(" lanes:", stdout);
        print_array(bytes + offsetof(rsmi_pcie_bandwidth_t, lanes), 4, RSMI_MAX_NUM_FREQUENCIES);
        break;
    default: printf("%" PRIu64, number_at(bytes, size));
    }
}

static void print_steps(const rsmi_frequencies_t *rates, double unit_size, const char *unit,
                        const uint32_t *lanes)
{
    if (rates->num_supported == 0)
        fputs("none", stdout);
    for (uint32_t i = 0; i < rates->num_supported && i < RSMI_MAX_NUM_FREQUENCIES; i++) {
        printf("%s%g%s", i ? ", " : "", (double)rates->frequency[i] / unit_size, unit);
        if (lanes)
            printf(" x%" PRIu32, lanes[i]);
        if (i == rates->current)
            putchar('*');
    }
}

/* For people: with units, and words for numbers. Only after success. */
static void print_pleasant(const struct form *form, const union room *room)
{
    const unsigned char *bytes = room->bytes;
    rsmi_pcie_bandwidth_t rates;
    rsmi_version_t version;
    const char *word;
    float real;

    switch (form->kind) {
    case TEXT: fputs(*bytes ? (const char *)bytes : "(empty)", stdout); return;
    case TEXT_POINTER:
        memcpy(&word, bytes, sizeof word);
        fputs(word, stdout);
        return;
    case CHOICE:
        word = word_for(form->words, form->word_count, (uint32_t)number_at(bytes, form->size));
        fputs(word ? word : "?", stdout);
        return;
    case VERSION:
        memcpy(&version, bytes, sizeof version);
        printf("%" PRIu32 ".%" PRIu32 ".%" PRIu32 " build %s", version.major, version.minor, version.patch,
               version.build);
        return;
    case FREQUENCIES:
        memcpy(&rates.transfer_rate, bytes, sizeof rates.transfer_rate);
        print_steps(&rates.transfer_rate, 1e6, " MHz", NULL);
        return;
    case BANDWIDTH:
        memcpy(&rates, bytes, sizeof rates);
        print_steps(&rates.transfer_rate, 1e9, " GT/s", rates.lanes);
        return;
    case REAL:
        memcpy(&real, bytes, sizeof real);
        printf("%g%s", (double)real, form->unit);
        return;
    case SIGNED:
        if (form->unit_size > 0)
            printf("%.9g%s", (double)signed_at(bytes, form->size) / form->unit_size, form->unit);
        else
            print_exact(form, room, form->size);
        return;
    default:
        if (form->unit_size > 0)
            printf("%.9g%s", (double)number_at(bytes, form->size) / form->unit_size, form->unit);
        else
            print_exact(form, room, form->size);
    }
}

/* ------------------------------------------------------------------ the questions */

struct call {
    uint32_t device;
    uint32_t argument[AXES];
    size_t length;
    void *out[OUTPUTS];
};

/* One function in a shape that the table can hold. */
#define ASK(function, ...)                                    \
    static rsmi_status_t ask_##function(const struct call *c) \
    {                                                         \
        return function(__VA_ARGS__);                         \
    }

#define DEVICE c->device
#define ARG(n) c->argument[n]
#define OUT(n) c->out[n]
#define LENGTH32 (uint32_t)c->length

ASK(rsmi_version_get, OUT(0))
ASK(rsmi_version_str_get, (rsmi_sw_component_t)ARG(0), OUT(0), LENGTH32)
ASK(rsmi_status_string, (rsmi_status_t)ARG(0), OUT(0))
ASK(rsmi_num_monitor_devices, OUT(0))
ASK(rsmi_dev_name_get, DEVICE, OUT(0), c->length)
ASK(rsmi_dev_brand_get, DEVICE, OUT(0), LENGTH32)
ASK(rsmi_dev_vendor_name_get, DEVICE, OUT(0), c->length)
ASK(rsmi_dev_subsystem_name_get, DEVICE, OUT(0), c->length)
ASK(rsmi_dev_serial_number_get, DEVICE, OUT(0), LENGTH32)
ASK(rsmi_dev_vbios_version_get, DEVICE, OUT(0), LENGTH32)
ASK(rsmi_dev_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_revision_get, DEVICE, OUT(0))
ASK(rsmi_dev_vendor_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_subsystem_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_subsystem_vendor_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_unique_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_pci_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_drm_render_minor_get, DEVICE, OUT(0))
ASK(rsmi_dev_guid_get, DEVICE, OUT(0))
ASK(rsmi_dev_node_id_get, DEVICE, OUT(0))
ASK(rsmi_dev_temp_metric_get, DEVICE, ARG(0), (rsmi_temperature_metric_t)ARG(1), OUT(0))
ASK(rsmi_dev_fan_rpms_get, DEVICE, ARG(0), OUT(0))
ASK(rsmi_dev_fan_speed_get, DEVICE, ARG(0), OUT(0))
ASK(rsmi_dev_fan_speed_max_get, DEVICE, ARG(0), OUT(0))
ASK(rsmi_dev_busy_percent_get, DEVICE, OUT(0))
ASK(rsmi_dev_memory_busy_percent_get, DEVICE, OUT(0))
ASK(rsmi_dev_memory_total_get, DEVICE, (rsmi_memory_type_t)ARG(0), OUT(0))
ASK(rsmi_dev_memory_usage_get, DEVICE, (rsmi_memory_type_t)ARG(0), OUT(0))
ASK(rsmi_dev_power_ave_get, DEVICE, ARG(0), OUT(0))
ASK(rsmi_dev_current_socket_power_get, DEVICE, OUT(0))
ASK(rsmi_dev_power_get, DEVICE, OUT(0), OUT(1))
ASK(rsmi_dev_power_cap_get, DEVICE, ARG(0), OUT(0))
ASK(rsmi_dev_power_cap_range_get, DEVICE, ARG(0), OUT(0), OUT(1))
ASK(rsmi_dev_energy_count_get, DEVICE, OUT(0), OUT(1), OUT(2))
ASK(rsmi_dev_gpu_clk_freq_get, DEVICE, (rsmi_clk_type_t)ARG(0), OUT(0))
ASK(rsmi_dev_perf_level_get, DEVICE, OUT(0))
ASK(rsmi_dev_pci_bandwidth_get, DEVICE, OUT(0))
ASK(rsmi_topo_numa_affinity_get, DEVICE, OUT(0))
ASK(rsmi_topo_get_link_type, DEVICE, ARG(0), OUT(0), OUT(1))
ASK(rsmi_topo_get_link_weight, DEVICE, ARG(0), OUT(0))

/* The values to try for an argument: first those that mean something, then some that do not. */
struct axis {
    const struct word *values;
    size_t count;
    size_t meaningful;
};

#define AXIS(name, meaningful_count, ...)                 \
    static const struct word name##_values[] = {__VA_ARGS__}; \
    static const struct axis name = {name##_values, COUNT(name##_values), meaningful_count}

AXIS(components, 1, {"driver", 0}, {"1", 1}, {"max", UINT32_MAX});
AXIS(temperature_types, 7, {"edge", 0}, {"junction", 1}, {"memory", 2}, {"hbm_0", 3}, {"hbm_1", 4},
     {"hbm_2", 5}, {"hbm_3", 6}, {"7", 7}, {"8", 8}, {"max", UINT32_MAX});
AXIS(temperature_metrics, 14, {"current", 0}, {"max", 1}, {"min", 2}, {"max_hyst", 3}, {"min_hyst", 4},
     {"critical", 5}, {"critical_hyst", 6}, {"emergency", 7}, {"emergency_hyst", 8}, {"crit_min", 9},
     {"crit_min_hyst", 10}, {"offset", 11}, {"lowest", 12}, {"highest", 13}, {"14", 14});
AXIS(fans, 1, {"0", 0}, {"1", 1}, {"2", 2}, {"max", UINT32_MAX});
AXIS(memories, 3, {"vram", 0}, {"visible_vram", 1}, {"gtt", 2}, {"3", 3}, {"max", UINT32_MAX});
AXIS(power_sensors, 1, {"0", 0}, {"1", 1}, {"max", UINT32_MAX});
AXIS(clocks, 5, {"sys", 0}, {"df", 1}, {"dcef", 2}, {"soc", 3}, {"mem", 4}, {"pcie", 5}, {"6", 6}, {"7", 7},
     {"8", 8}, {"9", 9}, {"10", 10}, {"max", UINT32_MAX});

/* These two are filled in at run time: the status codes, and the devices at the other end of a link. */
static struct word status_codes_values[42];
static struct axis status_codes = {status_codes_values, COUNT(status_codes_values), COUNT(status_codes_values)};
static struct word destination_values[MOST_DEVICES + 2];
static struct axis destinations = {destination_values, 0, 0};

/* Circumstances under which some release of librocm_smi64 is known to kill or hang its caller. */
enum {
    NULL_OUTPUT = 1,  /* an output pointer is NULL */
    NO_DEVICE = 2,    /* the device does not exist, or rsmi_init was not called */
    NO_LENGTH = 4,    /* the length is 0 */
    WRONG_VALUE = 8,  /* an argument means nothing */
};

struct question {
    const char *name;
    rsmi_status_t (*ask)(const struct call *);
    const char *label; /* in the report; NULL leaves it out there */
    const struct axis *axes[AXES];
    struct {
        const char *name;
        const struct form *form;
    } outputs[OUTPUTS];
    unsigned hazards;
};

#define QUESTION(function) .name = #function, .ask = ask_##function

static const struct question system_questions[] = {
    {QUESTION(rsmi_version_get), "library", .outputs = {{"version", &RELEASE}}},
    {QUESTION(rsmi_version_str_get), "driver", {&components}, {{"text", &STRING}}, WRONG_VALUE},
    {QUESTION(rsmi_status_string), NULL, {&status_codes}, {{"text", &CONSTANT}}, 0},
    {QUESTION(rsmi_num_monitor_devices), "devices", .outputs = {{"count", &COUNT32}}, .hazards = NULL_OUTPUT},
};

static const struct question device_questions[] = {
    {QUESTION(rsmi_dev_name_get), "name", .outputs = {{"text", &STRING}}},
    {QUESTION(rsmi_dev_brand_get), "brand", .outputs = {{"text", &STRING}}},
    {QUESTION(rsmi_dev_vendor_name_get), "vendor", .outputs = {{"text", &STRING}}, .hazards = NO_LENGTH},
    {QUESTION(rsmi_dev_subsystem_name_get), "subsystem", .outputs = {{"text", &STRING}}, .hazards = NO_LENGTH},
    {QUESTION(rsmi_dev_serial_number_get), "serial number", .outputs = {{"text", &STRING}}},
    {QUESTION(rsmi_dev_vbios_version_get), "VBIOS", .outputs = {{"text", &STRING}}},
    {QUESTION(rsmi_dev_id_get), "device id", .outputs = {{"id", &HEX16}}},
    {QUESTION(rsmi_dev_revision_get), "revision", .outputs = {{"revision", &HEX16}}},
    {QUESTION(rsmi_dev_vendor_id_get), "vendor id", .outputs = {{"id", &HEX16}}},
    {QUESTION(rsmi_dev_subsystem_id_get), "subsystem id", .outputs = {{"id", &HEX16}}},
    {QUESTION(rsmi_dev_subsystem_vendor_id_get), "subsystem vendor id", .outputs = {{"id", &HEX16}}},
    {QUESTION(rsmi_dev_unique_id_get), "unique id", .outputs = {{"id", &HEX64}}, .hazards = NO_DEVICE},
    {QUESTION(rsmi_dev_pci_id_get), "PCI id", .outputs = {{"bdfid", &HEX64}}},
    {QUESTION(rsmi_dev_drm_render_minor_get), "DRM render minor", .outputs = {{"minor", &COUNT32}}},
    {QUESTION(rsmi_dev_guid_get), "KFD id", .outputs = {{"guid", &COUNT64}}},
    {QUESTION(rsmi_dev_node_id_get), "KFD node", .outputs = {{"node", &COUNT32}}},
    {QUESTION(rsmi_dev_temp_metric_get), "temperature", {&temperature_types, &temperature_metrics},
     {{"temperature", &DEGREES}}, NO_DEVICE},
    {QUESTION(rsmi_dev_fan_rpms_get), "fan RPM", {&fans}, {{"speed", &SPEED}}, 0},
    {QUESTION(rsmi_dev_fan_speed_get), "fan speed", {&fans}, {{"speed", &SPEED}}, 0},
    {QUESTION(rsmi_dev_fan_speed_max_get), "fan speed limit", {&fans}, {{"max", &COUNT64}}, 0},
    {QUESTION(rsmi_dev_busy_percent_get), "GPU busy", .outputs = {{"busy", &PERCENT}}},
    {QUESTION(rsmi_dev_memory_busy_percent_get), "memory busy", .outputs = {{"busy", &PERCENT}}},
    {QUESTION(rsmi_dev_memory_total_get), "memory size", {&memories}, {{"total", &MEBIBYTES}}, WRONG_VALUE},
    {QUESTION(rsmi_dev_memory_usage_get), "memory used", {&memories}, {{"used", &MEBIBYTES}}, WRONG_VALUE},
    {QUESTION(rsmi_dev_power_ave_get), "average power", {&power_sensors}, {{"power", &WATTS}}, 0},
    {QUESTION(rsmi_dev_current_socket_power_get), "socket power", .outputs = {{"power", &WATTS}}},
    {QUESTION(rsmi_dev_power_get), "power", .outputs = {{"power", &WATTS}, {"type", &POWER_TYPE}}},
    {QUESTION(rsmi_dev_power_cap_get), "power cap", {&power_sensors}, {{"cap", &WATTS}}, 0},
    {QUESTION(rsmi_dev_power_cap_range_get), "power cap range", {&power_sensors},
     {{"max", &WATTS}, {"min", &WATTS}}, 0},
    {QUESTION(rsmi_dev_energy_count_get), "energy",
     .outputs = {{"counter", &COUNT64}, {"resolution", &MICROJOULES}, {"timestamp", &NANOSECONDS}},
     .hazards = NO_DEVICE},
    {QUESTION(rsmi_dev_gpu_clk_freq_get), "clock", {&clocks}, {{"frequencies", &CLOCKS}}, 0},
    {QUESTION(rsmi_dev_perf_level_get), "performance level", .outputs = {{"level", &LEVEL}}, .hazards = NO_DEVICE},
    {QUESTION(rsmi_dev_pci_bandwidth_get), "PCIe", .outputs = {{"bandwidth", &PCIE}}},
    {QUESTION(rsmi_topo_numa_affinity_get), "NUMA affinity", .outputs = {{"node", &NODE}}, .hazards = NO_DEVICE},
    {QUESTION(rsmi_topo_get_link_type), "link to", {&destinations}, {{"hops", &COUNT64}, {"type", &LINK}}, 0},
    {QUESTION(rsmi_topo_get_link_weight), "link weight to", {&destinations}, {{"weight", &COUNT64}}, 0},
};

/* ------------------------------------------------------------------ asking one */

struct answer {
    rsmi_status_t status;
    union room rooms[OUTPUTS];
};

enum { NO_OUTPUT_LEFT_OUT = -1 };

static void ask(const struct question *question, uint32_t device, const size_t pick[AXES], size_t length,
                int left_out, struct answer *answer)
{
    struct call call = {.device = device, .length = length};
    memset(answer->rooms, UNTOUCHED, sizeof answer->rooms);
    for (int i = 0; i < AXES; i++)
        if (question->axes[i])
            call.argument[i] = question->axes[i]->values[pick[i]].number;
    for (int i = 0; i < OUTPUTS; i++)
        if (question->outputs[i].form && i != left_out)
            call.out[i] = answer->rooms[i].bytes;
    answer->status = question->ask(&call);
}

static size_t axis_size(const struct question *question, int axis)
{
    return question->axes[axis] ? question->axes[axis]->count : 1;
}

static size_t output_size(const struct form *form, size_t length)
{
    return form->kind == TEXT ? length : form->size;
}

static void print_answer(const struct question *question, const struct answer *answer, size_t length)
{
    printf("%s(%d)", status_name(answer->status), (int)answer->status);
    for (int i = 0; i < OUTPUTS && question->outputs[i].form; i++) {
        const struct form *form = question->outputs[i].form;
        const union room *room = &answer->rooms[i];
        size_t size = output_size(form, length);
        printf(" %s=", question->outputs[i].name);
        print_exact(form, room, size);
        if (!untouched(room->bytes + size, ROOM - size))
            fputs(" OVERRUN", stdout);
    }
}

/* ------------------------------------------------------------------ --probe */

static struct {
    bool list;
    bool no_hazards;
    const char *only;
    const char *from;
    const char *after;
    bool found;
} options;

/* Whether the caller wants this probe; if so its line is begun. */
static bool begin(const char *id, bool hazard)
{
    if (options.list) {
        puts(id);
        return false;
    }
    const char *named = options.only ? options.only : options.from ? options.from : options.after;
    if (named && !options.found && !strcmp(named, id)) {
        options.found = true;
        if (options.after)
            return false;
    } else if (named && (options.only || !options.found)) {
        return false;
    }
    if (hazard && options.no_hazards)
        return false;
    printf("%s: ", id);
    fflush(stdout);
    return true;
}

static void end(void)
{
    putchar('\n');
    fflush(stdout);
}

/* Where a question is asked. In some places it is enough to ask each question once. */
struct place {
    const char *name;
    uint32_t device;
    bool exists;
    bool once;
};

enum { LONGEST_ID = 160 };

static void probe(const struct place *place, const struct question *question, const size_t pick[AXES],
                  const char *how, bool hazard, size_t length, int left_out)
{
    char id[LONGEST_ID];
    int used = snprintf(id, sizeof id, "%s/%s", place->name, question->name);
    for (int i = 0; i < AXES; i++)
        if (question->axes[i])
            used += snprintf(id + used, sizeof id - (size_t)used, "/%s", question->axes[i]->values[pick[i]].name);
    snprintf(id + used, sizeof id - (size_t)used, "%s", how);

    for (int i = 0; i < AXES; i++)
        if (question->axes[i] && pick[i] >= question->axes[i]->meaningful)
            hazard |= (question->hazards & WRONG_VALUE) != 0;
    if (!place->exists)
        hazard |= (question->hazards & NO_DEVICE) != 0;

    if (begin(id, hazard)) {
        struct answer answer;
        ask(question, place->device, pick, length, left_out, &answer);
        print_answer(question, &answer, length);
        end();
    }
}

static void probe_lengths(const struct place *place, const struct question *question, const size_t pick[AXES])
{
    static const struct {
        const char *how;
        bool from_exact;
        int length;
    } lengths[] = {
        {"/len:0", false, 0},        {"/len:1", false, 1},      {"/len:2", false, 2},        {"/len:4", false, 4},
        {"/len:exact-1", true, -1},  {"/len:exact", true, 0},   {"/len:exact+1", true, 1},
    };
    struct answer whole;
    ask(question, place->device, pick, PLAIN_LENGTH, NO_OUTPUT_LEFT_OUT, &whole);
    /* What cannot be read has no exact length; any that is not tried otherwise will do. */
    size_t exact = whole.status == RSMI_STATUS_SUCCESS ? strlen((const char *)whole.rooms[0].bytes) + 1 : 8;

    for (size_t i = 0; i < COUNT(lengths); i++) {
        size_t length = (size_t)(lengths[i].length + (lengths[i].from_exact ? (int)exact : 0));
        bool hazard = length == 0 && (question->hazards & NO_LENGTH);
        probe(place, question, pick, lengths[i].how, hazard, length, NO_OUTPUT_LEFT_OUT);
    }
}

static void probe_question(const struct place *place, const struct question *question)
{
    size_t last[AXES], pick[AXES];
    for (int i = 0; i < AXES; i++)
        last[i] = place->once ? 1 : axis_size(question, i);

    for (pick[0] = 0; pick[0] < last[0]; pick[0]++) {
        for (pick[1] = 0; pick[1] < last[1]; pick[1]++) {
            probe(place, question, pick, "", false, PLAIN_LENGTH, NO_OUTPUT_LEFT_OUT);
            for (int out = 0; out < OUTPUTS && question->outputs[out].form; out++) {
                char how[LONGEST_ID];
                snprintf(how, sizeof how, "/null:%s", question->outputs[out].name);
                probe(place, question, pick, how, question->hazards & NULL_OUTPUT, PLAIN_LENGTH, out);
            }
        }
    }
    if (question->outputs[0].form == &STRING && !place->once)
        probe_lengths(place, question, (const size_t[AXES]){0});
}

static void probe_system(const char *name)
{
    struct place place = {.name = name, .exists = true};
    for (size_t i = 0; i < COUNT(system_questions); i++)
        probe_question(&place, &system_questions[i]);
}

static void probe_device(const char *name, uint32_t device, bool exists)
{
    struct place place = {.name = name, .device = device, .exists = exists, .once = !exists};
    for (size_t i = 0; i < COUNT(device_questions); i++)
        probe_question(&place, &device_questions[i]);
}

/* What rsmi_init and rsmi_shut_down do in sequence: i, s and n stand for init, shut_down and num_monitor_devices. Each
 * sequence leaves the library shut down. */
static void probe_sequences(void)
{
    static const struct {
        const char *id;
        uint64_t flags;
        const char *steps;
        bool hazard;
    } sequences[] = {
        {"init/shut-down-alone", 0, "nss", false},
        {"init/flags=0", 0, "inssn", false},
        {"init/flags=ALL_GPUS", RSMI_INIT_FLAG_ALL_GPUS, "inss", true},
        {"init/flags=THRAD_ONLY_MUTEX", RSMI_INIT_FLAG_THRAD_ONLY_MUTEX, "inss", false},
        {"init/flags=RESRV_TEST1", RSMI_INIT_FLAG_RESRV_TEST1, "inss", false},
        {"init/flags=unknown", UINT64_C(1) << 40, "inss", false},
        {"init/twice", 0, "iinsnsns", false},
        {"init/again", 0, "insinsinss", false},
    };
    for (size_t i = 0; i < COUNT(sequences); i++) {
        if (!begin(sequences[i].id, sequences[i].hazard))
            continue;
        for (const char *step = sequences[i].steps; *step; step++) {
            if (step > sequences[i].steps)
                putchar(' ');
            if (*step == 'n') {
                uint32_t count = UINT32_MAX;
                rsmi_status_t status = rsmi_num_monitor_devices(&count);
                printf("devices=%s(%d):%" PRId32, status_name(status), (int)status, (int32_t)count);
            } else {
                rsmi_status_t status = *step == 'i' ? rsmi_init(sequences[i].flags) : rsmi_shut_down();
                printf("%s=%s(%d)", *step == 'i' ? "init" : "shut_down", status_name(status), (int)status);
            }
        }
        end();
    }
}

static uint32_t count_devices(void)
{
    uint32_t count = 0;
    if (rsmi_num_monitor_devices(&count) != RSMI_STATUS_SUCCESS)
        return 0;
    return count < MOST_DEVICES ? count : MOST_DEVICES;
}

/* Every device, then one that does not exist, and CPU_NODE_INDEX. */
static void set_destinations(uint32_t count)
{
    static char names[MOST_DEVICES][12];
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%" PRIu32, i);
        destination_values[i] = (struct word){names[i], i};
    }
    destination_values[count] = (struct word){"n", count};
    destination_values[count + 1] = (struct word){"max", UINT32_MAX};
    destinations.count = count + 2;
    destinations.meaningful = count;
}

static void set_status_codes(void)
{
    static char names[COUNT(status_codes_values)][12];
    for (size_t i = 0; i < COUNT(status_codes_values); i++) {
        int code = (int)i - 1;
        snprintf(names[i], sizeof names[i], "%d", code);
        status_codes_values[i] = (struct word){names[i], (uint32_t)code};
    }
}

static int probe_all(void)
{
    set_destinations(1);
    probe_system("before");
    probe_device("before", 0, false);
    probe_sequences();

    rsmi_status_t status = RSMI_STATUS_SUCCESS;
    bool first = begin("sys/rsmi_init", false);
    status = rsmi_init(0);
    if (first) {
        printf("%s(%d)", status_name(status), (int)status);
        end();
    }
    uint32_t count = count_devices();
    set_destinations(count);
    probe_system("sys");
    for (uint32_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "dev%" PRIu32, i);
        probe_device(name, i, true);
    }
    probe_device("dev-n", count, false);
    probe_device("dev-max", UINT32_MAX, false);

    bool last = begin("sys/rsmi_shut_down", false);
    status = rsmi_shut_down();
    if (last) {
        printf("%s(%d)", status_name(status), (int)status);
        end();
    }
    set_destinations(1);
    probe_system("after");
    probe_device("after", 0, false);

    const char *named = options.only ? options.only : options.from ? options.from : options.after;
    if (named && !options.found && !options.list) {
        fprintf(stderr, "rsmi_info: there is no probe '%s'; --list prints them all\n", named);
        return 2;
    }
    return 0;
}

/* ------------------------------------------------------------------ the report */

static void report_line(const struct question *question, const size_t pick[AXES], const struct answer *answer)
{
    char label[LONGEST_ID];
    int used = snprintf(label, sizeof label, "%s", question->label);
    for (int i = 0; i < AXES; i++)
        if (question->axes[i] && question->axes[i]->meaningful > 1)
            used += snprintf(label + used, sizeof label - (size_t)used, " %s", question->axes[i]->values[pick[i]].name);
    printf("  %-36s", label);
    for (int i = 0; i < OUTPUTS && question->outputs[i].form; i++) {
        if (i > 0)
            printf(", ");
        if (question->outputs[1].form)
            printf("%s ", question->outputs[i].name);
        print_pleasant(question->outputs[i].form, &answer->rooms[i]);
    }
    end();
}

/* All that a question has to say; where nothing can be said, one line with the reason. */
static void report_question(const struct question *question, uint32_t device)
{
    size_t last[AXES], pick[AXES];
    rsmi_status_t why = RSMI_STATUS_SUCCESS;
    bool said = false;
    for (int i = 0; i < AXES; i++)
        last[i] = question->axes[i] ? question->axes[i]->meaningful : 1;

    for (pick[0] = 0; pick[0] < last[0]; pick[0]++) {
        for (pick[1] = 0; pick[1] < last[1]; pick[1]++) {
            struct answer answer;
            ask(question, device, pick, PLAIN_LENGTH, NO_OUTPUT_LEFT_OUT, &answer);
            if (answer.status == RSMI_STATUS_SUCCESS) {
                report_line(question, pick, &answer);
                said = true;
            } else if (why == RSMI_STATUS_SUCCESS) {
                why = answer.status;
            }
        }
    }
    if (!said) {
        printf("  %-36s- %s (%d)", question->label, status_name(why), (int)why);
        end();
    }
}

static int report(void)
{
    rsmi_status_t status = rsmi_init(0);
    if (status != RSMI_STATUS_SUCCESS) {
        fprintf(stderr, "rsmi_info: rsmi_init says %s (%d): is the amdgpu driver loaded?\n", status_name(status),
                (int)status);
        return 1;
    }
    uint32_t count = count_devices();
    set_destinations(count);
    printf("system\n");
    for (size_t i = 0; i < COUNT(system_questions); i++)
        if (system_questions[i].label)
            report_question(&system_questions[i], 0);
    for (uint32_t device = 0; device < count; device++) {
        printf("device %" PRIu32 "\n", device);
        for (size_t i = 0; i < COUNT(device_questions); i++)
            report_question(&device_questions[i], device);
    }
    status = rsmi_shut_down();
    if (status != RSMI_STATUS_SUCCESS || count == 0) {
        fprintf(stderr, "rsmi_info: %s\n", count == 0 ? "there is no GPU" : "rsmi_shut_down failed");
        return 1;
    }
    return 0;
}

static int usage(FILE *to)
{
    fputs("usage: rsmi_info [--probe [--no-hazards] [--only ID | --from ID | --after ID] | --list]\n", to);
    return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
    bool probing = false;
    int named = 0;
    for (int i = 1; i < argc; i++) {
        const char **id = !strcmp(argv[i], "--only")    ? &options.only
                          : !strcmp(argv[i], "--from")  ? &options.from
                          : !strcmp(argv[i], "--after") ? &options.after
                                                        : NULL;
        if (id && i + 1 < argc && ++named == 1)
            *id = argv[++i];
        else if (!strcmp(argv[i], "--probe"))
            probing = true;
        else if (!strcmp(argv[i], "--list"))
            options.list = probing = true;
        else if (!strcmp(argv[i], "--no-hazards"))
            options.no_hazards = true;
        else
            return usage(!strcmp(argv[i], "--help") ? stdout : stderr);
    }
    if (!probing && (named || options.no_hazards))
        return usage(stderr);
    set_status_codes();
    return probing ? probe_all() : report();
}
