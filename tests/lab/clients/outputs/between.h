/*
 * What outputs.c needs of rocm_smi.h of ROCm 6.2 (BETWEEN=62) and 6.3 (63), of which no archive has a header: functions,
 * numbers, and structs of their size.
 */
#ifndef BETWEEN_H
#define BETWEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { RSMI_STATUS_SUCCESS = 0 } rsmi_status_t;
typedef enum { RSMI_CLK_TYPE_SYS = 0 } rsmi_clk_type_t;
typedef enum { RSMI_FW_BLOCK_PFP = 9, RSMI_FW_BLOCK_VCN = 22 } rsmi_fw_block_t;
typedef enum { RSMI_EVT_NOTIF_VMFAULT = 1, RSMI_EVT_NOTIF_LAST = BETWEEN == 62 ? 5 : 64 } rsmi_evt_notification_type_t;
typedef enum {
    RSMI_COMPUTE_PARTITION_SPX = 1,
    RSMI_COMPUTE_PARTITION_DPX = 2,
    RSMI_COMPUTE_PARTITION_CPX = 5,
} rsmi_compute_partition_type_t;

typedef struct {
    uint32_t major, minor, patch;
    const char *build;
} rsmi_version_t;

typedef struct {
    bool has_deep_sleep;
    uint32_t num_supported, current;
    uint64_t frequency[33];
} rsmi_frequencies_t;

typedef struct {
    rsmi_frequencies_t transfer_rate;
    uint32_t lanes[33];
} rsmi_pcie_bandwidth_t;

typedef struct {
    uint64_t ranges[14];
    uint32_t num_regions;
} rsmi_od_volt_freq_data_t;

typedef struct {
    uint32_t dv_ind;
    rsmi_evt_notification_type_t event;
    char message[64];
} rsmi_evt_notification_data_t;

typedef struct {
    uint64_t words[BETWEEN == 62 ? 424 / 8 : 1832 / 8];
} rsmi_gpu_metrics_t;

#ifdef __cplusplus
extern "C" {
#endif
rsmi_status_t rsmi_init(uint64_t flags);
rsmi_status_t rsmi_shut_down(void);
rsmi_status_t rsmi_num_monitor_devices(uint32_t *count);
rsmi_status_t rsmi_version_get(rsmi_version_t *version);
rsmi_status_t rsmi_dev_gpu_metrics_info_get(uint32_t device, rsmi_gpu_metrics_t *metrics);
rsmi_status_t rsmi_dev_gpu_clk_freq_get(uint32_t device, rsmi_clk_type_t clock, rsmi_frequencies_t *levels);
rsmi_status_t rsmi_dev_pci_bandwidth_get(uint32_t device, rsmi_pcie_bandwidth_t *levels);
rsmi_status_t rsmi_dev_od_volt_info_get(uint32_t device, rsmi_od_volt_freq_data_t *data);
rsmi_status_t rsmi_dev_firmware_version_get(uint32_t device, rsmi_fw_block_t block, uint64_t *version);
rsmi_status_t rsmi_dev_compute_partition_set(uint32_t device, rsmi_compute_partition_type_t kind);
rsmi_status_t rsmi_dev_guid_get(uint32_t device, uint64_t *guid);
rsmi_status_t rsmi_dev_partition_id_get(uint32_t device, uint32_t *id);
rsmi_status_t rsmi_dev_memory_partition_capabilities_get(uint32_t device, char *text, uint32_t length);
rsmi_status_t rsmi_event_notification_init(uint32_t device);
rsmi_status_t rsmi_event_notification_mask_set(uint32_t device, uint64_t mask);
rsmi_status_t rsmi_event_notification_get(int timeout, uint32_t *count, rsmi_evt_notification_data_t *data);
rsmi_status_t rsmi_event_notification_stop(uint32_t device);
#ifdef __cplusplus
}
#endif

#endif
