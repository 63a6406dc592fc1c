/* Asks a libamd_smi what its enumerating and reading functions answer, byte for byte, for comparing two libraries.
 *
 * AMDSMI is the library's path. The program is compiled with the header of the release that the library is of: the
 * sizes of the structs are AMD's own. What is printed of an output is which of its bytes were written, and how;
 * pointers are left out.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amd_smi/amdsmi.h"
#include "probe.h"

enum { ROOM = 64 * 1024, UNTOUCHED = 0xA5, MOST = 64, LONGEST_ID = 200 };
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void *library;

typedef uint32_t (*function)(uint64_t, ...);

static function find(const char *name)
{
    return (function)dlsym(library, name);
}

/* ------------------------------------------------------------------ what was written */

static unsigned char rooms[4][ROOM];

static void clear(void)
{
    memset(rooms, UNTOUCHED, sizeof rooms);
}

static size_t run_of(const unsigned char *bytes, size_t size, unsigned char byte)
{
    size_t length = 0;
    while (length < size && bytes[length] == byte)
        length++;
    return length;
}

/* Stretches that were left alone read "~LENGTH", zeros "0*LENGTH", text in quotes, all else in hexadecimal. */
static void print_bytes(const char *name, const unsigned char *bytes, size_t size)
{
    printf(" %s=", name);
    for (size_t at = 0; at < size;) {
        size_t same = run_of(bytes + at, size - at, bytes[at]);
        if (bytes[at] == UNTOUCHED && same >= 1) {
            printf("~%zu ", same);
        } else if (bytes[at] == 0 && same >= 4) {
            printf("0*%zu ", same);
        } else if (bytes[at] == 0xFF && same >= 4) {
            printf("FF*%zu ", same);
        } else {
            same = 1;
            printf("%02x", bytes[at]);
            if ((at + 1) % 4 == 0)
                putchar(' ');
        }
        at += same;
    }
    if (run_of(bytes + size, ROOM - size, UNTOUCHED) != ROOM - size)
        fputs("BEYOND", stdout);
}

/* ------------------------------------------------------------------ the questions of a device */

struct structure {
    const char *name;
    size_t size;
};

/* (handle, out) */
static const struct structure simple[] = {
    {"amdsmi_get_processor_type", 4},
    {"amdsmi_get_gpu_bdf_id", 8},
    {"amdsmi_get_gpu_device_bdf", sizeof(amdsmi_bdf_t)},
    {"amdsmi_get_gpu_id", 2},
    {"amdsmi_get_gpu_revision", 2},
    {"amdsmi_get_gpu_subsystem_id", 2},
    {"amdsmi_get_gpu_topo_numa_affinity", 4},
    {"amdsmi_topo_get_numa_node_number", 4},
    {"amdsmi_get_gpu_perf_level", 4},
    {"amdsmi_get_gpu_overdrive_level", 4},
    {"amdsmi_get_gpu_mem_overdrive_level", 4},
    {"amdsmi_get_gpu_pci_replay_counter", 8},
    {"amdsmi_get_gpu_busy_percent", 4},
    {"amdsmi_get_gpu_ecc_enabled", 8},
    {"amdsmi_gpu_xgmi_error_status", 4},
    {"amdsmi_is_gpu_power_management_enabled", 1},
    {"amdsmi_get_gpu_asic_info", sizeof(amdsmi_asic_info_t)},
    {"amdsmi_get_gpu_board_info", sizeof(amdsmi_board_info_t)},
    {"amdsmi_get_gpu_vbios_info", sizeof(amdsmi_vbios_info_t)},
    {"amdsmi_get_gpu_driver_info", sizeof(amdsmi_driver_info_t)},
    {"amdsmi_get_power_info", sizeof(amdsmi_power_info_t)},
    {"amdsmi_get_gpu_activity", sizeof(amdsmi_engine_usage_t)},
    {"amdsmi_get_pcie_info", sizeof(amdsmi_pcie_info_t)},
    {"amdsmi_get_gpu_vram_info", sizeof(amdsmi_vram_info_t)},
    {"amdsmi_get_gpu_vram_usage", sizeof(amdsmi_vram_usage_t)},
    {"amdsmi_get_gpu_metrics_info", sizeof(amdsmi_gpu_metrics_t)},
    {"amdsmi_get_gpu_total_ecc_count", sizeof(amdsmi_error_count_t)},
    {"amdsmi_get_fw_info", sizeof(amdsmi_fw_info_t)},
    {"amdsmi_get_xgmi_info", sizeof(amdsmi_xgmi_info_t)},
    {"amdsmi_get_gpu_pci_bandwidth", sizeof(amdsmi_pcie_bandwidth_t)},
    {"amdsmi_get_gpu_od_volt_info", sizeof(amdsmi_od_volt_freq_data_t)},
    /* Newer than the older header; where the library has them, the layout never changed. */
    {"amdsmi_get_gpu_kfd_info", 64},
    {"amdsmi_get_gpu_enumeration_info", 280},
    {"amdsmi_get_gpu_xcd_counter", 2},
};

/* (handle, number, out) */
static const struct {
    const char *name;
    size_t size;
    uint64_t from, to;
} numbered[] = {
    {"amdsmi_get_gpu_memory_total", 8, 0, 3},
    {"amdsmi_get_gpu_memory_usage", 8, 0, 3},
    {"amdsmi_get_power_cap_info", sizeof(amdsmi_power_cap_info_t), 0, 1},
    {"amdsmi_get_clock_info", sizeof(amdsmi_clk_info_t), 0, 10},
    {"amdsmi_get_clk_freq", sizeof(amdsmi_frequencies_t), 0, 10},
    {"amdsmi_get_gpu_fan_rpms", 8, 0, 1},
    {"amdsmi_get_gpu_fan_speed", 8, 0, 1},
    {"amdsmi_get_gpu_fan_speed_max", 8, 0, 1},
    {"amdsmi_get_gpu_power_profile_presets", sizeof(amdsmi_power_profile_status_t), 0, 0},
};

/* (handle, two numbers, out) */
static const struct {
    const char *name;
    size_t size;
    uint64_t first, second;
} twice[] = {
    {"amdsmi_get_temp_metric", 8, 8, 14},
    {"amdsmi_get_gpu_volt_metric", 8, 2, 8},
};

/* (handle, block, out) */
static const struct structure blocks[] = {
    {"amdsmi_get_gpu_ecc_count", sizeof(amdsmi_error_count_t)},
    {"amdsmi_get_gpu_ecc_status", 4},
};

/* (handle, text, length) */
static const char *const texts[] = {
    "amdsmi_get_gpu_compute_partition", "amdsmi_get_gpu_memory_partition", "amdsmi_get_gpu_vram_vendor",
    "amdsmi_get_gpu_subsystem_name", "amdsmi_get_gpu_vendor_name",
};

static bool begin(const char *place, const char *name, const char *how, bool found)
{
    char id[LONGEST_ID];
    snprintf(id, sizeof id, "%s/%s%s", place, name, how);
    if (!begin_probe(id))
        return false;
    clear();
    if (!found) {
        fputs("not exported", stdout);
        end_probe();
    }
    return found;
}

static void status(uint32_t number)
{
    printf("%" PRId32, (int32_t)number);
}

static void probe_simple(const char *place, uint64_t handle, const struct structure *question)
{
    function ask = find(question->name);
    if (begin(place, question->name, "", ask)) {
        status(ask(handle, rooms[0]));
        print_bytes("out", rooms[0], question->size);
        end_probe();
    }
    if (begin(place, question->name, "/null", ask)) {
        status(ask(handle, NULL));
        end_probe();
    }
}

static void probe_device(const char *place, uint64_t handle, const uint64_t *others, size_t count)
{
    char how[LONGEST_ID];
    for (size_t i = 0; i < COUNT(simple); i++)
        probe_simple(place, handle, &simple[i]);
    for (size_t i = 0; i < COUNT(numbered); i++) {
        function ask = find(numbered[i].name);
        for (uint64_t n = numbered[i].from; n <= numbered[i].to; n++) {
            snprintf(how, sizeof how, "/%" PRIu64, n);
            if (!begin(place, numbered[i].name, how, ask))
                continue;
            status(ask(handle, n, rooms[0]));
            print_bytes("out", rooms[0], numbered[i].size);
            end_probe();
        }
    }
    for (size_t i = 0; i < COUNT(twice); i++) {
        function ask = find(twice[i].name);
        for (uint64_t a = 0; a < twice[i].first; a++) {
            for (uint64_t b = 0; b < twice[i].second; b++) {
                snprintf(how, sizeof how, "/%" PRIu64 "/%" PRIu64, a, b);
                if (!begin(place, twice[i].name, how, ask))
                    continue;
                status(ask(handle, a, b, rooms[0]));
                print_bytes("out", rooms[0], twice[i].size);
                end_probe();
            }
        }
    }
    for (size_t i = 0; i < COUNT(blocks); i++) {
        function ask = find(blocks[i].name);
        for (int bit = 0; bit < 15; bit++) {
            snprintf(how, sizeof how, "/%d", bit);
            if (!begin(place, blocks[i].name, how, ask))
                continue;
            status(ask(handle, UINT64_C(1) << bit, rooms[0]));
            print_bytes("out", rooms[0], blocks[i].size);
            end_probe();
        }
    }
    for (size_t i = 0; i < COUNT(texts); i++) {
        static const uint32_t lengths[] = {0, 1, 3, 4, 5, 64};
        function ask = find(texts[i]);
        for (size_t n = 0; n < COUNT(lengths); n++) {
            snprintf(how, sizeof how, "/len:%" PRIu32, lengths[n]);
            if (!begin(place, texts[i], how, ask))
                continue;
            status(ask(handle, rooms[0], (uint64_t)lengths[n]));
            print_bytes("text", rooms[0], lengths[n]);
            end_probe();
        }
    }
    function energy = find("amdsmi_get_energy_count");
    if (begin(place, "amdsmi_get_energy_count", "", energy)) {
        status(energy(handle, rooms[0], rooms[1], rooms[2]));
        print_bytes("energy", rooms[0], 8);
        print_bytes("resolution", rooms[1], 4);
        print_bytes("time", rooms[2], 8);
        end_probe();
    }
    function uuid = find("amdsmi_get_gpu_device_uuid");
    if (begin(place, "amdsmi_get_gpu_device_uuid", "", uuid)) {
        memcpy(rooms[0], &(uint32_t){64}, 4);
        status(uuid(handle, rooms[0], rooms[1]));
        print_bytes("length", rooms[0], 4);
        print_bytes("uuid", rooms[1], 64);
        end_probe();
    }
    function processes = find("amdsmi_get_gpu_process_list");
    if (begin(place, "amdsmi_get_gpu_process_list", "", processes)) {
        memcpy(rooms[0], &(uint32_t){16}, 4);
        status(processes(handle, rooms[0], rooms[1]));
        print_bytes("count", rooms[0], 4);
        print_bytes("list", rooms[1], 16 * sizeof(amdsmi_proc_info_t));
        end_probe();
    }
    for (size_t i = 0; i < count; i++) {
        static const char *const links[] = {"amdsmi_topo_get_link_weight", "amdsmi_is_P2P_accessible"};
        for (size_t j = 0; j < COUNT(links); j++) {
            function ask = find(links[j]);
            snprintf(how, sizeof how, "/%zu", i);
            if (!begin(place, links[j], how, ask))
                continue;
            status(ask(handle, others[i], rooms[0]));
            print_bytes("out", rooms[0], j == 0 ? 8 : 1);
            end_probe();
        }
        function type = find("amdsmi_topo_get_link_type");
        snprintf(how, sizeof how, "/%zu", i);
        if (begin(place, "amdsmi_topo_get_link_type", how, type)) {
            status(type(handle, others[i], rooms[0], rooms[1]));
            print_bytes("hops", rooms[0], 8);
            print_bytes("type", rooms[1], 4);
            end_probe();
        }
    }
}

/* ------------------------------------------------------------------ who is there */

static uint64_t handles[MOST];

static void probe_lists(const char *place)
{
    static const uint32_t counts[] = {0, 1, 64};
    function ask = find("amdsmi_get_socket_handles");
    char how[LONGEST_ID];
    for (size_t i = 0; i < COUNT(counts); i++) {
        for (int array = 0; array < 2; array++) {
            snprintf(how, sizeof how, "/%" PRIu32 "%s", counts[i], array ? "" : "/null");
            if (!begin(place, "amdsmi_get_socket_handles", how, ask))
                continue;
            memcpy(rooms[0], &counts[i], 4);
            status(ask((uint64_t)(uintptr_t)rooms[0], array ? rooms[1] : NULL));
            print_bytes("count", rooms[0], 4);
            end_probe();
        }
    }
    if (begin(place, "amdsmi_get_socket_handles", "/null", ask)) {
        status(ask(0, NULL));
        end_probe();
    }
}

static void probe_version(const char *place)
{
    function ask = find("amdsmi_get_lib_version");
    if (!begin(place, "amdsmi_get_lib_version", "", ask))
        return;
    status(ask((uint64_t)(uintptr_t)rooms[0]));
    print_bytes("out", rooms[0], 16);
    uint64_t text;
    memcpy(&text, rooms[0] + 16, sizeof text);
    printf("build=%s", text == UINT64_C(0xA5A5A5A5A5A5A5A5) ? "untouched" : (const char *)(uintptr_t)text);
    end_probe();
}

static size_t enumerate(void)
{
    uint32_t sockets = MOST, all = 0;
    uint64_t on[MOST], found[MOST];
    function list = find("amdsmi_get_socket_handles"), processors = find("amdsmi_get_processor_handles");
    if (list((uint64_t)(uintptr_t)&sockets, on) != 0)
        return 0;
    for (uint32_t i = 0; i < sockets && i < MOST; i++) {
        uint32_t count = MOST;
        char how[32];
        snprintf(how, sizeof how, "/%" PRIu32, i);
        bool shown = begin("sys", "amdsmi_get_processor_handles", how, true);
        uint32_t answer = processors(on[i], &count, found);
        if (shown) {
            status(answer);
            printf(" count=%" PRIu32, count);
            end_probe();
        }
        if (begin("sys", "amdsmi_get_socket_info", how, true)) {
            status(find("amdsmi_get_socket_info")(on[i], (size_t)64, rooms[0]));
            print_bytes("name", rooms[0], 16);
            end_probe();
        }
        for (uint32_t j = 0; answer == 0 && j < count && all < MOST; j++)
            handles[all++] = found[j];
    }
    return all;
}

static void probe_all(void)
{
    library = dlopen(getenv("AMDSMI"), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        exit(EXIT_FAILURE);
    }
    probe_version("before");
    probe_lists("before");
    function init = find("amdsmi_init"), shut_down = find("amdsmi_shut_down");
    if (begin("before", "amdsmi_shut_down", "", true)) {
        status(shut_down(0));
        end_probe();
    }
    bool shown = begin("init", "amdsmi_init", "", true);
    uint32_t answer = init(AMDSMI_INIT_AMD_GPUS);
    if (shown) {
        status(answer);
        end_probe();
    }
    checkpoint();
    probe_version("sys");
    probe_lists("sys");
    size_t count = enumerate();
    checkpoint();
    for (size_t i = 0; i < count; i++) {
        char place[32];
        snprintf(place, sizeof place, "dev%zu", i);
        probe_device(place, handles[i], handles, count);
    }
    probe_device("dev-n", 0, NULL, 0);
    shown = begin("sys", "amdsmi_shut_down", "", true);
    answer = shut_down(0);
    if (shown) {
        status(answer);
        end_probe();
    }
    probe_lists("after");
    if (count > 0)
        probe_device("after", handles[0], NULL, 0);
}

int main(int argc, char **argv)
{
    return ask_probes(argc, argv, probe_all);
}
