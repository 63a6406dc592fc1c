/* As LIKWID's rocmon: iterators to learn what there is, and abort() where closing fails. */
#define CALL FOUND
#include "tool.h"

static const char *const NAMES[] = {"librocm_smi64.so", NULL};

static void close_or_abort(rsmi_func_id_iter_handle_t *iterator)
{
    if (CALL(rsmi_dev_supported_func_iterator_close)(iterator) != RSMI_STATUS_SUCCESS)
        abort();
}

/* It opens the variants of a function twice, and closes them once. */
static void functions(uint32_t device)
{
    rsmi_func_id_iter_handle_t function, first, second;

    if (CALL(rsmi_dev_supported_func_iterator_open)(device, &function) != RSMI_STATUS_SUCCESS)
        return;
    do {
        rsmi_func_id_value_t *value = ROOM(rsmi_func_id_value_t);
        int variants;

        NEED(rsmi_func_iter_value_get, function, value);
        variants = CALL(rsmi_dev_supported_variant_iterator_open)(function, &first);
        if (variants == RSMI_STATUS_SUCCESS
            && CALL(rsmi_dev_supported_variant_iterator_open)(function, &second) == 0)
            close_or_abort(&second);
        say(device, value->name, RSMI_STATUS_SUCCESS, "variants %d", variants);
    } while (CALL(rsmi_func_iter_next)(function) != RSMI_STATUS_NO_DATA);
    close_or_abort(&function);
}

int main(void)
{
    uint32_t *processes = ROOM(uint32_t);
    uint32_t device, devices;
    rsmi_version_t version;

    open_one_of(RTLD_GLOBAL | RTLD_NOW, NAMES);
    NEED(rsmi_init, 0);
    VERSION(&version);
    devices = DEVICES;
    for (device = 0; device < devices; device++) {
        functions(device);
        GET(uint64_t, PRIx64, rsmi_dev_pci_id_get, device);
        GET(uint64_t, PRIu64, rsmi_dev_power_ave_get, device, 0);
        GET(int64_t, PRId64, rsmi_dev_temp_metric_get, device, RSMI_TEMP_TYPE_EDGE, RSMI_TEMP_CURRENT);
        GET(int64_t, PRId64, rsmi_dev_volt_metric_get, device, RSMI_VOLT_TYPE_VDDGFX, RSMI_VOLT_CURRENT);
        GET(int64_t, PRId64, rsmi_dev_fan_speed_get, device, 0);
        GET(uint32_t, PRIu32, rsmi_dev_busy_percent_get, device);
        GET(uint64_t, PRIu64, rsmi_dev_memory_usage_get, device, RSMI_MEM_TYPE_GTT);
        GET(uint32_t, PRIu32, rsmi_dev_overdrive_level_get, device);
        GET(uint64_t, PRIu64, rsmi_dev_pci_replay_counter_get, device);
        FREQUENCIES(device, RSMI_CLK_TYPE_SYS);
        FREQUENCIES(device, RSMI_CLK_TYPE_MEM);
        BANDWIDTH(device);
    }
    say(0, "rsmi_compute_process_info_get",
        CALL(rsmi_compute_process_info_get)(NULL, processes), "%u", *processes);
    if (CALL(rsmi_shut_down)() != RSMI_STATUS_SUCCESS)
        abort();
    return 0;
}
