/*
 * What the stand-ins for tools share: memory that ends where it must, and lines of NAME: VALUE.
 *
 * A stand-in says before it includes this how it reaches a function: CALL(f) is f itself where it
 * is linked, and what dlsym found where it is not. RELEASE is the header's, as 523 or 641.
 */
#ifndef TOOL_H
#define TOOL_H

#include <dlfcn.h>
#include <inttypes.h>
#include <rocm_smi/rocm_smi.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Zeros, behind which nobody may write or read: the end of a page whose successor is closed. */
static inline void *room(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t pages = (size + page - 1) / page * page;
    char *start = mmap(NULL, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED || mprotect(start + pages, page, PROT_NONE) != 0) {
        perror("mmap");
        exit(9);
    }
    return start + pages - size;
}

#define ROOM(type) ((type *)room(sizeof(type)))

__attribute__((format(printf, 4, 5))) static inline void say(
    uint32_t device, const char *what, rsmi_status_t status, const char *format, ...)
{
    va_list values;

    printf("dev%u/%s: %d ", device, what, status);
    if (status == RSMI_STATUS_SUCCESS) {
        va_start(values, format);
        vprintf(format, values);
        va_end(values);
    }
    putchar('\n');
    /* What was said before a program died says where it did. */
    fflush(stdout);
}

/* One number, behind the device and what else the function takes. */
#define GET(type, format, f, device, ...)                                                          \
    do {                                                                                           \
        type *value_ = ROOM(type);                                                                 \
        rsmi_status_t status_ = CALL(f)(device __VA_OPT__(, ) __VA_ARGS__, value_);                \
        say(device, #f __VA_OPT__("(" #__VA_ARGS__ ")"), status_, "%" format, *value_);            \
    } while (0)

#define TEXT(f, device, size)                                                                      \
    do {                                                                                           \
        char *text_ = room(size);                                                                  \
        rsmi_status_t status_ = CALL(f)(device, text_, size);                                      \
        say(device, #f, status_, "%.*s", (int)(size), text_);                                      \
    } while (0)

/* Ends as a tool does that cannot go on. */
#define NEED(f, ...)                                                                               \
    do {                                                                                           \
        rsmi_status_t status_ = CALL(f)(__VA_ARGS__);                                              \
        if (status_ != RSMI_STATUS_SUCCESS) {                                                      \
            printf("%s: %d\n", #f, status_);                                                       \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define DEVICES                                                                                    \
    ({                                                                                             \
        uint32_t *count_ = ROOM(uint32_t);                                                         \
        NEED(rsmi_num_monitor_devices, count_);                                                    \
        *count_;                                                                                   \
    })

#define VERSION(out)                                                                               \
    do {                                                                                           \
        rsmi_version_t *version_ = ROOM(rsmi_version_t);                                           \
        NEED(rsmi_version_get, version_);                                                          \
        *(out) = *version_;                                                                        \
        printf("version: %u.%u.%u\n", version_->major, version_->minor, version_->patch);          \
    } while (0)

static inline void say_frequencies(
    uint32_t device, const char *what, rsmi_status_t status, const rsmi_frequencies_t *levels)
{
    char name[96];
    uint32_t count = levels->num_supported, level;

    if (count > RSMI_MAX_NUM_FREQUENCIES)
        count = RSMI_MAX_NUM_FREQUENCIES;
    snprintf(name, sizeof name, "%s/levels", what);
    say(device, name, status, "%u, now %u", levels->num_supported, levels->current);
    if (status != RSMI_STATUS_SUCCESS)
        return;
    snprintf(name, sizeof name, "%s/now", what);
    if (levels->current < count)
        say(device, name, status, "%" PRIu64, levels->frequency[levels->current]);
    for (level = 0; level < count; level++) {
        snprintf(name, sizeof name, "%s/%u", what, level);
        say(device, name, status, "%" PRIu64, levels->frequency[level]);
    }
}

#define FREQUENCIES(device, clock)                                                                 \
    do {                                                                                           \
        rsmi_frequencies_t *levels_ = ROOM(rsmi_frequencies_t);                                    \
        rsmi_status_t status_ = CALL(rsmi_dev_gpu_clk_freq_get)(device, clock, levels_);           \
        say_frequencies(device, "rsmi_dev_gpu_clk_freq_get(" #clock ")", status_, levels_);        \
    } while (0)

/* As hwloc does: the lanes and the rate of the level that is now current. */
#define BANDWIDTH(device)                                                                          \
    do {                                                                                           \
        rsmi_pcie_bandwidth_t *link_ = ROOM(rsmi_pcie_bandwidth_t);                                \
        rsmi_status_t status_ = CALL(rsmi_dev_pci_bandwidth_get)(device, link_);                   \
        uint32_t now_ = link_->transfer_rate.current;                                              \
        say_frequencies(device, "rsmi_dev_pci_bandwidth_get", status_, &link_->transfer_rate);     \
        if (now_ < RSMI_MAX_NUM_FREQUENCIES)                                                       \
            say(device, "rsmi_dev_pci_bandwidth_get/lanes", status_, "%u", link_->lanes[now_]);    \
    } while (0)

static inline void say_row(
    uint32_t device, const char *what, const void *values, size_t width, size_t count)
{
    const unsigned char *at = values;
    size_t nth;

    printf("dev%u/rsmi_dev_gpu_metrics_info_get/%s:", device, what);
    for (nth = 0; nth < count; nth++, at += width) {
        uint64_t value = 0;
        memcpy(&value, at, width);
        printf(" %" PRIx64, value);
    }
    putchar('\n');
    fflush(stdout);
}

#define ONE(member) say_row(device, #member, &table->member, sizeof table->member, 1)
#define ALL(member)                                                                                \
    say_row(device, #member, table->member, sizeof table->member[0],                               \
            sizeof table->member / sizeof table->member[0])

/* As a careful client reads the table: the members of the revision that its header names. */
static inline void say_metrics(uint32_t device, rsmi_status_t status, const rsmi_gpu_metrics_t *table)
{
    uint8_t format = table->common_header.format_revision;
    uint8_t content = table->common_header.content_revision;

    say(device, "rsmi_dev_gpu_metrics_info_get/revision", status, "%u.%u", format, content);
    if (status != RSMI_STATUS_SUCCESS || format != 1)
        return;
    ONE(temperature_edge), ONE(temperature_hotspot), ONE(temperature_mem), ONE(temperature_vrgfx);
    ONE(temperature_vrsoc), ONE(temperature_vrmem), ONE(average_gfx_activity);
    ONE(average_umc_activity), ONE(average_mm_activity), ONE(average_socket_power);
    ONE(energy_accumulator), ONE(system_clock_counter), ONE(average_gfxclk_frequency);
    ONE(average_socclk_frequency), ONE(average_uclk_frequency), ONE(average_vclk0_frequency);
    ONE(average_dclk0_frequency), ONE(current_gfxclk), ONE(current_socclk), ONE(current_uclk);
    ONE(current_vclk0), ONE(current_dclk0), ONE(throttle_status), ONE(current_fan_speed);
    ONE(pcie_link_width), ONE(pcie_link_speed);
    if (content >= 1) {
        ONE(gfx_activity_acc), ALL(temperature_hbm);
#if RELEASE >= 600
        ONE(mem_activity_acc);
#else
        /* As the header of ROCm 5 spells it. */
        say_row(device, "mem_activity_acc", &table->mem_actvity_acc, 4, 1);
#endif
    }
#if RELEASE >= 600
    if (content >= 2)
        ONE(firmware_timestamp);
    if (content >= 3)
        ONE(voltage_soc), ONE(voltage_gfx), ONE(voltage_mem), ONE(indep_throttle_status);
    if (content >= 4) {
        ONE(current_socket_power), ONE(gfxclk_lock_status), ONE(xgmi_link_width);
        ONE(xgmi_link_speed), ONE(pcie_bandwidth_acc), ONE(pcie_bandwidth_inst);
        ONE(pcie_l0_to_recov_count_acc), ONE(pcie_replay_count_acc);
        ALL(vcn_activity), ALL(xgmi_read_data_acc), ALL(xgmi_write_data_acc);
        ALL(current_gfxclks), ALL(current_socclks), ALL(current_vclk0s), ALL(current_dclk0s);
    }
    if (content >= 5)
        ALL(jpeg_activity), ONE(pcie_nak_sent_count_acc), ONE(pcie_nak_rcvd_count_acc);
#endif
#if RELEASE >= 630
    if (content >= 6) {
        uint16_t nth;

        ONE(accumulation_counter), ONE(prochot_residency_acc), ONE(ppt_residency_acc);
        ONE(num_partition);
        for (nth = 0; nth < table->num_partition && nth < RSMI_MAX_NUM_XCP; nth++) {
            char name[32];

            snprintf(name, sizeof name, "xcp_stats[%u]", nth);
            say_row(device, name, &table->xcp_stats[nth], 2, sizeof table->xcp_stats[nth] / 2);
        }
    }
#endif
}

#define METRICS(device)                                                                            \
    do {                                                                                           \
        rsmi_gpu_metrics_t *table_ = ROOM(rsmi_gpu_metrics_t);                                     \
        rsmi_status_t status_ = CALL(rsmi_dev_gpu_metrics_info_get)(device, table_);               \
        say_metrics(device, status_, table_);                                                      \
    } while (0)

/* For those that are not linked: a library by the names that the tool tries, and its functions. */
static void *library_;

static inline void *found(const char *name)
{
    void *address = library_ ? dlsym(library_, name) : NULL;

    if (!address) {
        printf("%s is not found: no AMD GPU\n", name);
        exit(1);
    }
    return address;
}

#define FOUND(f) ((__typeof__(&f))found(#f))

static inline void open_one_of(int flags, const char *const *names)
{
    for (; *names && !library_; names++)
        library_ = dlopen(*names, flags);
    if (!library_) {
        printf("%s\n", dlerror());
        exit(1);
    }
}

#endif
