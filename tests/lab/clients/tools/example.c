/* As AMD's own example: linked, with its structs on the stack, between words that must not change. */
#define CALL(f) f
#include "tool.h"

struct guarded {
    uint64_t before;
    rsmi_gpu_metrics_t table;
    uint64_t after;
};

struct guarded_frequencies {
    uint64_t before;
    rsmi_frequencies_t levels;
    uint64_t after;
};

static const uint64_t WORD = UINT64_C(0x5afe5afe5afe5afe);

static void check(const char *what, uint64_t before, uint64_t after)
{
    if (before != WORD || after != WORD) {
        printf("%s was overrun\n", what);
        fflush(stdout);
        abort();
    }
}

int main(void)
{
    uint32_t device, devices;
    rsmi_version_t version;

    NEED(rsmi_init, 0);
    VERSION(&version);
    devices = DEVICES;
    for (device = 0; device < devices; device++) {
        struct guarded metrics = {.before = WORD, .after = WORD};
        struct guarded_frequencies clock = {.before = WORD, .after = WORD};
        rsmi_status_t status;

        TEXT(rsmi_dev_name_get, device, 128);
        GET(uint64_t, PRIx64, rsmi_dev_pci_id_get, device);
        GET(uint16_t, PRIx16, rsmi_dev_id_get, device);
        GET(int64_t, PRId64, rsmi_dev_temp_metric_get, device, 0, RSMI_TEMP_CURRENT);
        status = rsmi_dev_gpu_clk_freq_get(device, RSMI_CLK_TYPE_SYS, &clock.levels);
        check("rsmi_frequencies_t", clock.before, clock.after);
        say_frequencies(device, "rsmi_dev_gpu_clk_freq_get(RSMI_CLK_TYPE_SYS)", status, &clock.levels);
        status = rsmi_dev_gpu_metrics_info_get(device, &metrics.table);
        check("rsmi_gpu_metrics_t", metrics.before, metrics.after);
        say_metrics(device, status, &metrics.table);
    }
    NEED(rsmi_shut_down);
    return 0;
}
