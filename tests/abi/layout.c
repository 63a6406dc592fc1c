/*
 * layout.c - the numbers of rocm_smi.h 7.8, measured from the header of the original library
 *
 * SPDX-License-Identifier: MIT
 *
 * It compiles only if the header in front of it has the same ones, ours or the original's:
 *
 *     cc -fsyntax-only -I include tests/abi/layout.c
 */

#include <stddef.h>
#include <stdint.h>

#include "rocm_smi/rocm_smi.h"

#ifdef __cplusplus
#define CHECK(what, name) static_assert(what, #name)
#else
#define CHECK(what, name) __extension__ _Static_assert(what, #name)
#endif

/* A type and its bytes. */
#define TYPE(type, size) CHECK(sizeof(type) == (size), type)
/* A member of a struct, where it begins, and its bytes. */
#define MEMBER(type, member, offset, size)                                 \
  CHECK(offsetof(type, member) == (offset), type.member begins at offset); \
  CHECK(sizeof(((type *)0)->member) == (size), type.member has size bytes)
/* An enumerator or a constant, and its value. */
#define VALUE(name, value) CHECK((uint64_t)(name) == (value), name)
/* A constant, its value, and the bytes of its type. */
#define CONSTANT(name, value, size) VALUE(name, value); CHECK(sizeof(name) == (size), name)

TYPE(rsmi_status_t, 4);
VALUE(RSMI_STATUS_SUCCESS, 0);
VALUE(RSMI_STATUS_INVALID_ARGS, 1);
VALUE(RSMI_STATUS_NOT_SUPPORTED, 2);
VALUE(RSMI_STATUS_FILE_ERROR, 3);
VALUE(RSMI_STATUS_PERMISSION, 4);
VALUE(RSMI_STATUS_OUT_OF_RESOURCES, 5);
VALUE(RSMI_STATUS_INTERNAL_EXCEPTION, 6);
VALUE(RSMI_STATUS_INPUT_OUT_OF_BOUNDS, 7);
VALUE(RSMI_STATUS_INIT_ERROR, 8);
VALUE(RSMI_INITIALIZATION_ERROR, 8);
VALUE(RSMI_STATUS_NOT_YET_IMPLEMENTED, 9);
VALUE(RSMI_STATUS_NOT_FOUND, 10);
VALUE(RSMI_STATUS_INSUFFICIENT_SIZE, 11);
VALUE(RSMI_STATUS_INTERRUPT, 12);
VALUE(RSMI_STATUS_UNEXPECTED_SIZE, 13);
VALUE(RSMI_STATUS_NO_DATA, 14);
VALUE(RSMI_STATUS_UNEXPECTED_DATA, 15);
VALUE(RSMI_STATUS_BUSY, 16);
VALUE(RSMI_STATUS_REFCOUNT_OVERFLOW, 17);
VALUE(RSMI_STATUS_SETTING_UNAVAILABLE, 18);
VALUE(RSMI_STATUS_AMDGPU_RESTART_ERR, 19);
VALUE(RSMI_STATUS_DRM_ERROR, 20);
VALUE(RSMI_STATUS_FAIL_LOAD_MODULE, 21);
VALUE(RSMI_STATUS_FAIL_LOAD_SYMBOL, 22);
VALUE(RSMI_STATUS_UNKNOWN_ERROR, 0xFFFFFFFF);

TYPE(rsmi_init_flags_t, 8);
VALUE(RSMI_INIT_FLAG_ALL_GPUS, 1);
VALUE(RSMI_INIT_FLAG_THRAD_ONLY_MUTEX, 0x400000000000000);
VALUE(RSMI_INIT_FLAG_RESRV_TEST1, 0x800000000000000);

TYPE(rsmi_dev_perf_level_t, 4);
VALUE(RSMI_DEV_PERF_LEVEL_AUTO, 0);
VALUE(RSMI_DEV_PERF_LEVEL_FIRST, 0);
VALUE(RSMI_DEV_PERF_LEVEL_LOW, 1);
VALUE(RSMI_DEV_PERF_LEVEL_HIGH, 2);
VALUE(RSMI_DEV_PERF_LEVEL_MANUAL, 3);
VALUE(RSMI_DEV_PERF_LEVEL_STABLE_STD, 4);
VALUE(RSMI_DEV_PERF_LEVEL_STABLE_PEAK, 5);
VALUE(RSMI_DEV_PERF_LEVEL_STABLE_MIN_MCLK, 6);
VALUE(RSMI_DEV_PERF_LEVEL_STABLE_MIN_SCLK, 7);
VALUE(RSMI_DEV_PERF_LEVEL_DETERMINISM, 8);
VALUE(RSMI_DEV_PERF_LEVEL_LAST, 8);
VALUE(RSMI_DEV_PERF_LEVEL_UNKNOWN, 256);

TYPE(rsmi_sw_component_t, 4);
VALUE(RSMI_SW_COMP_FIRST, 0);
VALUE(RSMI_SW_COMP_DRIVER, 0);
VALUE(RSMI_SW_COMP_LAST, 0);

TYPE(rsmi_event_group_t, 4);
VALUE(RSMI_EVNT_GRP_XGMI, 0);
VALUE(RSMI_EVNT_GRP_XGMI_DATA_OUT, 10);
VALUE(RSMI_EVNT_GRP_INVALID, 0xFFFFFFFF);

TYPE(rsmi_event_type_t, 4);
VALUE(RSMI_EVNT_FIRST, 0);
VALUE(RSMI_EVNT_XGMI_FIRST, 0);
VALUE(RSMI_EVNT_XGMI_0_NOP_TX, 0);
VALUE(RSMI_EVNT_XGMI_0_REQUEST_TX, 1);
VALUE(RSMI_EVNT_XGMI_0_RESPONSE_TX, 2);
VALUE(RSMI_EVNT_XGMI_0_BEATS_TX, 3);
VALUE(RSMI_EVNT_XGMI_1_NOP_TX, 4);
VALUE(RSMI_EVNT_XGMI_1_REQUEST_TX, 5);
VALUE(RSMI_EVNT_XGMI_1_RESPONSE_TX, 6);
VALUE(RSMI_EVNT_XGMI_1_BEATS_TX, 7);
VALUE(RSMI_EVNT_XGMI_LAST, 7);
VALUE(RSMI_EVNT_XGMI_DATA_OUT_FIRST, 10);
VALUE(RSMI_EVNT_XGMI_DATA_OUT_0, 10);
VALUE(RSMI_EVNT_XGMI_DATA_OUT_1, 11);
VALUE(RSMI_EVNT_XGMI_DATA_OUT_2, 12);
VALUE(RSMI_EVNT_XGMI_DATA_OUT_3, 13);
VALUE(RSMI_EVNT_XGMI_DATA_OUT_4, 14);
VALUE(RSMI_EVNT_XGMI_DATA_OUT_5, 15);
VALUE(RSMI_EVNT_XGMI_DATA_OUT_LAST, 15);
VALUE(RSMI_EVNT_LAST, 15);

TYPE(rsmi_counter_command_t, 4);
VALUE(RSMI_CNTR_CMD_START, 0);
VALUE(RSMI_CNTR_CMD_STOP, 1);

TYPE(rsmi_evt_notification_type_t, 4);
VALUE(RSMI_EVT_NOTIF_NONE, 0);
VALUE(RSMI_EVT_NOTIF_VMFAULT, 1);
VALUE(RSMI_EVT_NOTIF_FIRST, 1);
VALUE(RSMI_EVT_NOTIF_THERMAL_THROTTLE, 2);
VALUE(RSMI_EVT_NOTIF_GPU_PRE_RESET, 3);
VALUE(RSMI_EVT_NOTIF_GPU_POST_RESET, 4);
VALUE(RSMI_EVT_NOTIF_EVENT_MIGRATE_START, 5);
VALUE(RSMI_EVT_NOTIF_EVENT_MIGRATE_END, 6);
VALUE(RSMI_EVT_NOTIF_EVENT_PAGE_FAULT_START, 7);
VALUE(RSMI_EVT_NOTIF_EVENT_PAGE_FAULT_END, 8);
VALUE(RSMI_EVT_NOTIF_EVENT_QUEUE_EVICTION, 9);
VALUE(RSMI_EVT_NOTIF_EVENT_QUEUE_RESTORE, 10);
VALUE(RSMI_EVT_NOTIF_EVENT_UNMAP_FROM_GPU, 11);
VALUE(RSMI_EVT_NOTIF_EVENT_ALL_PROCESS, 64);
VALUE(RSMI_EVT_NOTIF_LAST, 64);

TYPE(rsmi_clk_type_t, 4);
VALUE(RSMI_CLK_TYPE_SYS, 0);
VALUE(RSMI_CLK_TYPE_FIRST, 0);
VALUE(RSMI_CLK_TYPE_DF, 1);
VALUE(RSMI_CLK_TYPE_DCEF, 2);
VALUE(RSMI_CLK_TYPE_SOC, 3);
VALUE(RSMI_CLK_TYPE_MEM, 4);
VALUE(RSMI_CLK_TYPE_PCIE, 5);
VALUE(RSMI_CLK_TYPE_LAST, 4);
VALUE(RSMI_CLK_INVALID, 0xFFFFFFFF);

TYPE(rsmi_compute_partition_type_t, 4);
VALUE(RSMI_COMPUTE_PARTITION_INVALID, 0);
VALUE(RSMI_COMPUTE_PARTITION_SPX, 1);
VALUE(RSMI_COMPUTE_PARTITION_DPX, 2);
VALUE(RSMI_COMPUTE_PARTITION_TPX, 3);
VALUE(RSMI_COMPUTE_PARTITION_QPX, 4);
VALUE(RSMI_COMPUTE_PARTITION_CPX, 5);

TYPE(rsmi_memory_partition_type_t, 4);
VALUE(RSMI_MEMORY_PARTITION_UNKNOWN, 0);
VALUE(RSMI_MEMORY_PARTITION_NPS1, 1);
VALUE(RSMI_MEMORY_PARTITION_NPS2, 2);
VALUE(RSMI_MEMORY_PARTITION_NPS4, 3);
VALUE(RSMI_MEMORY_PARTITION_NPS8, 4);

TYPE(rsmi_temperature_metric_t, 4);
VALUE(RSMI_TEMP_CURRENT, 0);
VALUE(RSMI_TEMP_FIRST, 0);
VALUE(RSMI_TEMP_MAX, 1);
VALUE(RSMI_TEMP_MIN, 2);
VALUE(RSMI_TEMP_MAX_HYST, 3);
VALUE(RSMI_TEMP_MIN_HYST, 4);
VALUE(RSMI_TEMP_CRITICAL, 5);
VALUE(RSMI_TEMP_CRITICAL_HYST, 6);
VALUE(RSMI_TEMP_EMERGENCY, 7);
VALUE(RSMI_TEMP_EMERGENCY_HYST, 8);
VALUE(RSMI_TEMP_CRIT_MIN, 9);
VALUE(RSMI_TEMP_CRIT_MIN_HYST, 10);
VALUE(RSMI_TEMP_OFFSET, 11);
VALUE(RSMI_TEMP_LOWEST, 12);
VALUE(RSMI_TEMP_HIGHEST, 13);
VALUE(RSMI_TEMP_LAST, 13);

TYPE(rsmi_temperature_type_t, 4);
VALUE(RSMI_TEMP_TYPE_FIRST, 0);
VALUE(RSMI_TEMP_TYPE_EDGE, 0);
VALUE(RSMI_TEMP_TYPE_JUNCTION, 1);
VALUE(RSMI_TEMP_TYPE_MEMORY, 2);
VALUE(RSMI_TEMP_TYPE_HBM_0, 3);
VALUE(RSMI_TEMP_TYPE_HBM_1, 4);
VALUE(RSMI_TEMP_TYPE_HBM_2, 5);
VALUE(RSMI_TEMP_TYPE_HBM_3, 6);
VALUE(RSMI_TEMP_TYPE_LAST, 6);
VALUE(RSMI_TEMP_TYPE_INVALID, 0xFFFFFFFF);

TYPE(rsmi_activity_metric_t, 4);
VALUE(RSMI_ACTIVITY_GFX, 1);
VALUE(RSMI_ACTIVITY_UMC, 2);
VALUE(RSMI_ACTIVITY_MM, 4);

TYPE(rsmi_voltage_metric_t, 4);
VALUE(RSMI_VOLT_CURRENT, 0);
VALUE(RSMI_VOLT_FIRST, 0);
VALUE(RSMI_VOLT_MAX, 1);
VALUE(RSMI_VOLT_MIN_CRIT, 2);
VALUE(RSMI_VOLT_MIN, 3);
VALUE(RSMI_VOLT_MAX_CRIT, 4);
VALUE(RSMI_VOLT_AVERAGE, 5);
VALUE(RSMI_VOLT_LOWEST, 6);
VALUE(RSMI_VOLT_HIGHEST, 7);
VALUE(RSMI_VOLT_LAST, 7);

TYPE(rsmi_voltage_type_t, 4);
VALUE(RSMI_VOLT_TYPE_FIRST, 0);
VALUE(RSMI_VOLT_TYPE_VDDGFX, 0);
VALUE(RSMI_VOLT_TYPE_VDDBOARD, 1);
VALUE(RSMI_VOLT_TYPE_LAST, 1);
VALUE(RSMI_VOLT_TYPE_INVALID, 0xFFFFFFFF);

TYPE(rsmi_power_profile_preset_masks_t, 8);
VALUE(RSMI_PWR_PROF_PRST_CUSTOM_MASK, 1);
VALUE(RSMI_PWR_PROF_PRST_VIDEO_MASK, 2);
VALUE(RSMI_PWR_PROF_PRST_POWER_SAVING_MASK, 4);
VALUE(RSMI_PWR_PROF_PRST_COMPUTE_MASK, 8);
VALUE(RSMI_PWR_PROF_PRST_VR_MASK, 16);
VALUE(RSMI_PWR_PROF_PRST_3D_FULL_SCR_MASK, 32);
VALUE(RSMI_PWR_PROF_PRST_BOOTUP_DEFAULT, 64);
VALUE(RSMI_PWR_PROF_PRST_LAST, 64);
VALUE(RSMI_PWR_PROF_PRST_INVALID, 0xFFFFFFFFFFFFFFFF);

TYPE(rsmi_gpu_block_t, 8);
VALUE(RSMI_GPU_BLOCK_INVALID, 0);
VALUE(RSMI_GPU_BLOCK_FIRST, 1);
VALUE(RSMI_GPU_BLOCK_UMC, 1);
VALUE(RSMI_GPU_BLOCK_SDMA, 2);
VALUE(RSMI_GPU_BLOCK_GFX, 4);
VALUE(RSMI_GPU_BLOCK_MMHUB, 8);
VALUE(RSMI_GPU_BLOCK_ATHUB, 16);
VALUE(RSMI_GPU_BLOCK_PCIE_BIF, 32);
VALUE(RSMI_GPU_BLOCK_HDP, 64);
VALUE(RSMI_GPU_BLOCK_XGMI_WAFL, 128);
VALUE(RSMI_GPU_BLOCK_DF, 256);
VALUE(RSMI_GPU_BLOCK_SMN, 512);
VALUE(RSMI_GPU_BLOCK_SEM, 1024);
VALUE(RSMI_GPU_BLOCK_MP0, 2048);
VALUE(RSMI_GPU_BLOCK_MP1, 4096);
VALUE(RSMI_GPU_BLOCK_FUSE, 8192);
VALUE(RSMI_GPU_BLOCK_LAST, 8192);
VALUE(RSMI_GPU_BLOCK_RESERVED, 0x8000000000000000);

TYPE(rsmi_ras_err_state_t, 4);
VALUE(RSMI_RAS_ERR_STATE_NONE, 0);
VALUE(RSMI_RAS_ERR_STATE_DISABLED, 1);
VALUE(RSMI_RAS_ERR_STATE_PARITY, 2);
VALUE(RSMI_RAS_ERR_STATE_SING_C, 3);
VALUE(RSMI_RAS_ERR_STATE_MULT_UC, 4);
VALUE(RSMI_RAS_ERR_STATE_POISON, 5);
VALUE(RSMI_RAS_ERR_STATE_ENABLED, 6);
VALUE(RSMI_RAS_ERR_STATE_LAST, 6);
VALUE(RSMI_RAS_ERR_STATE_INVALID, 0xFFFFFFFF);

TYPE(rsmi_memory_type_t, 4);
VALUE(RSMI_MEM_TYPE_FIRST, 0);
VALUE(RSMI_MEM_TYPE_VRAM, 0);
VALUE(RSMI_MEM_TYPE_VIS_VRAM, 1);
VALUE(RSMI_MEM_TYPE_GTT, 2);
VALUE(RSMI_MEM_TYPE_LAST, 2);

TYPE(rsmi_freq_ind_t, 4);
VALUE(RSMI_FREQ_IND_MIN, 0);
VALUE(RSMI_FREQ_IND_MAX, 1);
VALUE(RSMI_FREQ_IND_INVALID, 0xFFFFFFFF);

TYPE(rsmi_fw_block_t, 4);
VALUE(RSMI_FW_BLOCK_FIRST, 0);
VALUE(RSMI_FW_BLOCK_ASD, 0);
VALUE(RSMI_FW_BLOCK_CE, 1);
VALUE(RSMI_FW_BLOCK_DMCU, 2);
VALUE(RSMI_FW_BLOCK_MC, 3);
VALUE(RSMI_FW_BLOCK_ME, 4);
VALUE(RSMI_FW_BLOCK_MEC, 5);
VALUE(RSMI_FW_BLOCK_MEC2, 6);
VALUE(RSMI_FW_BLOCK_MES, 7);
VALUE(RSMI_FW_BLOCK_MES_KIQ, 8);
VALUE(RSMI_FW_BLOCK_PFP, 9);
VALUE(RSMI_FW_BLOCK_RLC, 10);
VALUE(RSMI_FW_BLOCK_RLC_SRLC, 11);
VALUE(RSMI_FW_BLOCK_RLC_SRLG, 12);
VALUE(RSMI_FW_BLOCK_RLC_SRLS, 13);
VALUE(RSMI_FW_BLOCK_SDMA, 14);
VALUE(RSMI_FW_BLOCK_SDMA2, 15);
VALUE(RSMI_FW_BLOCK_SMC, 16);
VALUE(RSMI_FW_BLOCK_SOS, 17);
VALUE(RSMI_FW_BLOCK_TA_RAS, 18);
VALUE(RSMI_FW_BLOCK_TA_XGMI, 19);
VALUE(RSMI_FW_BLOCK_UVD, 20);
VALUE(RSMI_FW_BLOCK_VCE, 21);
VALUE(RSMI_FW_BLOCK_VCN, 22);
VALUE(RSMI_FW_BLOCK_LAST, 22);

TYPE(rsmi_xgmi_status_t, 4);
VALUE(RSMI_XGMI_STATUS_NO_ERRORS, 0);
VALUE(RSMI_XGMI_STATUS_ERROR, 1);
VALUE(RSMI_XGMI_STATUS_MULTIPLE_ERRORS, 2);

TYPE(rsmi_memory_page_status_t, 4);
VALUE(RSMI_MEM_PAGE_STATUS_RESERVED, 0);
VALUE(RSMI_MEM_PAGE_STATUS_PENDING, 1);
VALUE(RSMI_MEM_PAGE_STATUS_UNRESERVABLE, 2);

TYPE(RSMI_IO_LINK_TYPE, 4);
VALUE(RSMI_IOLINK_TYPE_UNDEFINED, 0);
VALUE(RSMI_IOLINK_TYPE_PCIEXPRESS, 1);
VALUE(RSMI_IOLINK_TYPE_XGMI, 2);
VALUE(RSMI_IOLINK_TYPE_NUMIOLINKTYPES, 3);
VALUE(RSMI_IOLINK_TYPE_SIZE, 0xFFFFFFFF);

TYPE(RSMI_UTILIZATION_COUNTER_TYPE, 4);
VALUE(RSMI_UTILIZATION_COUNTER_FIRST, 0);
VALUE(RSMI_COARSE_GRAIN_GFX_ACTIVITY, 0);
VALUE(RSMI_COARSE_GRAIN_MEM_ACTIVITY, 1);
VALUE(RSMI_UTILIZATION_COUNTER_LAST, 1);

TYPE(RSMI_POWER_TYPE, 4);
VALUE(RSMI_AVERAGE_POWER, 0);
VALUE(RSMI_CURRENT_POWER, 1);
VALUE(RSMI_INVALID_POWER, 0xFFFFFFFF);

TYPE(rsmi_counter_value_t, 24);
MEMBER(rsmi_counter_value_t, value, 0, 8);
MEMBER(rsmi_counter_value_t, time_enabled, 8, 8);
MEMBER(rsmi_counter_value_t, time_running, 16, 8);

TYPE(rsmi_evt_notification_data_t, 104);
MEMBER(rsmi_evt_notification_data_t, dv_ind, 0, 4);
MEMBER(rsmi_evt_notification_data_t, event, 4, 4);
MEMBER(rsmi_evt_notification_data_t, message, 8, 96);

TYPE(rsmi_utilization_counter_t, 16);
MEMBER(rsmi_utilization_counter_t, type, 0, 4);
MEMBER(rsmi_utilization_counter_t, value, 8, 8);

TYPE(rsmi_retired_page_record_t, 24);
MEMBER(rsmi_retired_page_record_t, page_address, 0, 8);
MEMBER(rsmi_retired_page_record_t, page_size, 8, 8);
MEMBER(rsmi_retired_page_record_t, status, 16, 4);

TYPE(rsmi_power_profile_status_t, 24);
MEMBER(rsmi_power_profile_status_t, available_profiles, 0, 8);
MEMBER(rsmi_power_profile_status_t, current, 8, 8);
MEMBER(rsmi_power_profile_status_t, num_profiles, 16, 4);

TYPE(rsmi_frequencies_t, 280);
MEMBER(rsmi_frequencies_t, has_deep_sleep, 0, 1);
MEMBER(rsmi_frequencies_t, num_supported, 4, 4);
MEMBER(rsmi_frequencies_t, current, 8, 4);
MEMBER(rsmi_frequencies_t, frequency, 16, 264);

TYPE(rsmi_pcie_bandwidth_t, 416);
MEMBER(rsmi_pcie_bandwidth_t, transfer_rate, 0, 280);
MEMBER(rsmi_pcie_bandwidth_t, lanes, 280, 132);

TYPE(rsmi_activity_metric_counter_t, 6);
MEMBER(rsmi_activity_metric_counter_t, average_gfx_activity, 0, 2);
MEMBER(rsmi_activity_metric_counter_t, average_umc_activity, 2, 2);
MEMBER(rsmi_activity_metric_counter_t, average_mm_activity, 4, 2);

TYPE(rsmi_version_t, 24);
MEMBER(rsmi_version_t, major, 0, 4);
MEMBER(rsmi_version_t, minor, 4, 4);
MEMBER(rsmi_version_t, patch, 8, 4);
MEMBER(rsmi_version_t, build, 16, 8);

TYPE(rsmi_range_t, 16);
MEMBER(rsmi_range_t, lower_bound, 0, 8);
MEMBER(rsmi_range_t, upper_bound, 8, 8);

TYPE(rsmi_od_vddc_point_t, 16);
MEMBER(rsmi_od_vddc_point_t, frequency, 0, 8);
MEMBER(rsmi_od_vddc_point_t, voltage, 8, 8);

TYPE(rsmi_freq_volt_region_t, 32);
MEMBER(rsmi_freq_volt_region_t, freq_range, 0, 16);
MEMBER(rsmi_freq_volt_region_t, volt_range, 16, 16);

TYPE(rsmi_od_volt_curve_t, 48);
MEMBER(rsmi_od_volt_curve_t, vc_points, 0, 48);

TYPE(rsmi_od_volt_freq_data_t, 120);
MEMBER(rsmi_od_volt_freq_data_t, curr_sclk_range, 0, 16);
MEMBER(rsmi_od_volt_freq_data_t, curr_mclk_range, 16, 16);
MEMBER(rsmi_od_volt_freq_data_t, sclk_freq_limits, 32, 16);
MEMBER(rsmi_od_volt_freq_data_t, mclk_freq_limits, 48, 16);
MEMBER(rsmi_od_volt_freq_data_t, curve, 64, 48);
MEMBER(rsmi_od_volt_freq_data_t, num_regions, 112, 4);

TYPE(struct metrics_table_header_t, 4);
MEMBER(struct metrics_table_header_t, structure_size, 0, 2);
MEMBER(struct metrics_table_header_t, format_revision, 2, 1);
MEMBER(struct metrics_table_header_t, content_revision, 3, 1);

TYPE(struct amdgpu_xcp_metrics_t, 504);
MEMBER(struct amdgpu_xcp_metrics_t, gfx_busy_inst, 0, 32);
MEMBER(struct amdgpu_xcp_metrics_t, jpeg_busy, 32, 80);
MEMBER(struct amdgpu_xcp_metrics_t, vcn_busy, 112, 8);
MEMBER(struct amdgpu_xcp_metrics_t, gfx_busy_acc, 120, 64);
MEMBER(struct amdgpu_xcp_metrics_t, gfx_below_host_limit_acc, 184, 64);
MEMBER(struct amdgpu_xcp_metrics_t, gfx_below_host_limit_ppt_acc, 248, 64);
MEMBER(struct amdgpu_xcp_metrics_t, gfx_below_host_limit_thm_acc, 312, 64);
MEMBER(struct amdgpu_xcp_metrics_t, gfx_low_utilization_acc, 376, 64);
MEMBER(struct amdgpu_xcp_metrics_t, gfx_below_host_limit_total_acc, 440, 64);

TYPE(rsmi_gpu_metrics_t, 4544);
MEMBER(rsmi_gpu_metrics_t, common_header, 0, 4);
MEMBER(rsmi_gpu_metrics_t, temperature_edge, 4, 2);
MEMBER(rsmi_gpu_metrics_t, temperature_hotspot, 6, 2);
MEMBER(rsmi_gpu_metrics_t, temperature_mem, 8, 2);
MEMBER(rsmi_gpu_metrics_t, temperature_vrgfx, 10, 2);
MEMBER(rsmi_gpu_metrics_t, temperature_vrsoc, 12, 2);
MEMBER(rsmi_gpu_metrics_t, temperature_vrmem, 14, 2);
MEMBER(rsmi_gpu_metrics_t, average_gfx_activity, 16, 2);
MEMBER(rsmi_gpu_metrics_t, average_umc_activity, 18, 2);
MEMBER(rsmi_gpu_metrics_t, average_mm_activity, 20, 2);
MEMBER(rsmi_gpu_metrics_t, average_socket_power, 22, 2);
MEMBER(rsmi_gpu_metrics_t, energy_accumulator, 24, 8);
MEMBER(rsmi_gpu_metrics_t, system_clock_counter, 32, 8);
MEMBER(rsmi_gpu_metrics_t, average_gfxclk_frequency, 40, 2);
MEMBER(rsmi_gpu_metrics_t, average_socclk_frequency, 42, 2);
MEMBER(rsmi_gpu_metrics_t, average_uclk_frequency, 44, 2);
MEMBER(rsmi_gpu_metrics_t, average_vclk0_frequency, 46, 2);
MEMBER(rsmi_gpu_metrics_t, average_dclk0_frequency, 48, 2);
MEMBER(rsmi_gpu_metrics_t, average_vclk1_frequency, 50, 2);
MEMBER(rsmi_gpu_metrics_t, average_dclk1_frequency, 52, 2);
MEMBER(rsmi_gpu_metrics_t, current_gfxclk, 54, 2);
MEMBER(rsmi_gpu_metrics_t, current_socclk, 56, 2);
MEMBER(rsmi_gpu_metrics_t, current_uclk, 58, 2);
MEMBER(rsmi_gpu_metrics_t, current_vclk0, 60, 2);
MEMBER(rsmi_gpu_metrics_t, current_dclk0, 62, 2);
MEMBER(rsmi_gpu_metrics_t, current_vclk1, 64, 2);
MEMBER(rsmi_gpu_metrics_t, current_dclk1, 66, 2);
MEMBER(rsmi_gpu_metrics_t, throttle_status, 68, 4);
MEMBER(rsmi_gpu_metrics_t, current_fan_speed, 72, 2);
MEMBER(rsmi_gpu_metrics_t, pcie_link_width, 74, 2);
MEMBER(rsmi_gpu_metrics_t, pcie_link_speed, 76, 2);
MEMBER(rsmi_gpu_metrics_t, gfx_activity_acc, 80, 4);
MEMBER(rsmi_gpu_metrics_t, mem_activity_acc, 84, 4);
MEMBER(rsmi_gpu_metrics_t, temperature_hbm, 88, 8);
MEMBER(rsmi_gpu_metrics_t, firmware_timestamp, 96, 8);
MEMBER(rsmi_gpu_metrics_t, voltage_soc, 104, 2);
MEMBER(rsmi_gpu_metrics_t, voltage_gfx, 106, 2);
MEMBER(rsmi_gpu_metrics_t, voltage_mem, 108, 2);
MEMBER(rsmi_gpu_metrics_t, indep_throttle_status, 112, 8);
MEMBER(rsmi_gpu_metrics_t, current_socket_power, 120, 2);
MEMBER(rsmi_gpu_metrics_t, vcn_activity, 122, 8);
MEMBER(rsmi_gpu_metrics_t, gfxclk_lock_status, 132, 4);
MEMBER(rsmi_gpu_metrics_t, xgmi_link_width, 136, 2);
MEMBER(rsmi_gpu_metrics_t, xgmi_link_speed, 138, 2);
MEMBER(rsmi_gpu_metrics_t, pcie_bandwidth_acc, 144, 8);
MEMBER(rsmi_gpu_metrics_t, pcie_bandwidth_inst, 152, 8);
MEMBER(rsmi_gpu_metrics_t, pcie_l0_to_recov_count_acc, 160, 8);
MEMBER(rsmi_gpu_metrics_t, pcie_replay_count_acc, 168, 8);
MEMBER(rsmi_gpu_metrics_t, pcie_replay_rover_count_acc, 176, 8);
MEMBER(rsmi_gpu_metrics_t, xgmi_read_data_acc, 184, 64);
MEMBER(rsmi_gpu_metrics_t, xgmi_write_data_acc, 248, 64);
MEMBER(rsmi_gpu_metrics_t, current_gfxclks, 312, 16);
MEMBER(rsmi_gpu_metrics_t, current_socclks, 328, 8);
MEMBER(rsmi_gpu_metrics_t, current_vclk0s, 336, 8);
MEMBER(rsmi_gpu_metrics_t, current_dclk0s, 344, 8);
MEMBER(rsmi_gpu_metrics_t, jpeg_activity, 352, 64);
MEMBER(rsmi_gpu_metrics_t, pcie_nak_sent_count_acc, 416, 4);
MEMBER(rsmi_gpu_metrics_t, pcie_nak_rcvd_count_acc, 420, 4);
MEMBER(rsmi_gpu_metrics_t, accumulation_counter, 424, 8);
MEMBER(rsmi_gpu_metrics_t, prochot_residency_acc, 432, 8);
MEMBER(rsmi_gpu_metrics_t, ppt_residency_acc, 440, 8);
MEMBER(rsmi_gpu_metrics_t, socket_thm_residency_acc, 448, 8);
MEMBER(rsmi_gpu_metrics_t, vr_thm_residency_acc, 456, 8);
MEMBER(rsmi_gpu_metrics_t, hbm_thm_residency_acc, 464, 8);
MEMBER(rsmi_gpu_metrics_t, num_partition, 472, 2);
MEMBER(rsmi_gpu_metrics_t, xcp_stats, 480, 4032);
MEMBER(rsmi_gpu_metrics_t, pcie_lc_perf_other_end_recovery, 4512, 4);
MEMBER(rsmi_gpu_metrics_t, vram_max_bandwidth, 4520, 8);
MEMBER(rsmi_gpu_metrics_t, xgmi_link_status, 4528, 16);

TYPE(rsmi_error_count_t, 16);
MEMBER(rsmi_error_count_t, correctable_err, 0, 8);
MEMBER(rsmi_error_count_t, uncorrectable_err, 8, 8);

TYPE(rsmi_process_info_t, 32);
MEMBER(rsmi_process_info_t, process_id, 0, 4);
MEMBER(rsmi_process_info_t, pasid, 4, 4);
MEMBER(rsmi_process_info_t, vram_usage, 8, 8);
MEMBER(rsmi_process_info_t, sdma_usage, 16, 8);
MEMBER(rsmi_process_info_t, cu_occupancy, 24, 4);

TYPE(rsmi_device_identifiers_t, 72);
MEMBER(rsmi_device_identifiers_t, card_index, 0, 4);
MEMBER(rsmi_device_identifiers_t, drm_render_minor, 4, 4);
MEMBER(rsmi_device_identifiers_t, bdfid, 8, 8);
MEMBER(rsmi_device_identifiers_t, kfd_gpu_id, 16, 8);
MEMBER(rsmi_device_identifiers_t, partition_id, 24, 4);
MEMBER(rsmi_device_identifiers_t, smi_device_id, 28, 4);
MEMBER(rsmi_device_identifiers_t, reserved, 32, 40);

TYPE(rsmi_func_id_value_t, 8);
MEMBER(rsmi_func_id_value_t, id, 0, 8);
MEMBER(rsmi_func_id_value_t, name, 0, 8);
MEMBER(rsmi_func_id_value_t, memory_type, 0, 4);
MEMBER(rsmi_func_id_value_t, temp_metric, 0, 4);
MEMBER(rsmi_func_id_value_t, evnt_type, 0, 4);
MEMBER(rsmi_func_id_value_t, evnt_group, 0, 4);
MEMBER(rsmi_func_id_value_t, clk_type, 0, 4);
MEMBER(rsmi_func_id_value_t, fw_block, 0, 4);
MEMBER(rsmi_func_id_value_t, gpu_block_type, 0, 8);

CONSTANT(RSMI_MAX_NUM_FREQUENCIES, 33, 4);
CONSTANT(RSMI_MAX_FAN_SPEED, 255, 4);
CONSTANT(RSMI_NUM_VOLTAGE_CURVE_POINTS, 3, 4);
CONSTANT(MAX_EVENT_NOTIFICATION_MSG_SIZE, 96, 4);
CONSTANT(CPU_NODE_INDEX, 0xFFFFFFFF, 4);
CONSTANT(RSMI_MAX_NUM_POWER_PROFILES, 64, 8);
CONSTANT(CENTRIGRADE_TO_MILLI_CENTIGRADE, 1000, 4);
CONSTANT(RSMI_NUM_HBM_INSTANCES, 4, 4);
CONSTANT(RSMI_MAX_NUM_VCNS, 4, 4);
CONSTANT(RSMI_MAX_NUM_JPEG_ENGS, 32, 4);
CONSTANT(RSMI_MAX_NUM_JPEG_ENG_V1, 40, 4);
CONSTANT(RSMI_MAX_NUM_CLKS, 4, 4);
CONSTANT(RSMI_MAX_NUM_XGMI_LINKS, 8, 4);
CONSTANT(RSMI_MAX_NUM_GFX_CLKS, 8, 4);
CONSTANT(RSMI_MAX_NUM_XCC, 8, 4);
CONSTANT(RSMI_MAX_NUM_XCP, 8, 4);
CONSTANT(CU_OCCUPANCY_INVALID, 0xFFFFFFFF, 4);
CONSTANT(RSMI_DEFAULT_VARIANT, 0xFFFFFFFFFFFFFFFF, 8);

TYPE(rsmi_dev_perf_level, 4);
TYPE(rsmi_event_handle_t, 8);
TYPE(rsmi_clk_type, 4);
TYPE(rsmi_compute_partition_type, 4);
TYPE(rsmi_memory_partition_type, 4);
TYPE(rsmi_temperature_metric, 4);
TYPE(rsmi_power_profile_preset_masks, 8);
TYPE(rsmi_gpu_block, 8);
TYPE(rsmi_freq_ind, 4);
TYPE(rsmi_bit_field_t, 8);
TYPE(rsmi_bit_field, 8);
TYPE(rsmi_power_profile_status, 24);
TYPE(rsmi_frequencies, 280);
TYPE(rsmi_pcie_bandwidth, 416);
TYPE(rsmi_version, 24);
TYPE(rsmi_range, 16);
TYPE(rsmi_od_vddc_point, 16);
TYPE(rsmi_freq_volt_region, 32);
TYPE(rsmi_od_volt_curve, 48);
TYPE(rsmi_od_volt_freq_data, 120);
TYPE(rsmi_func_id_iter_handle_t, 8);

CHECK(RSMI_EVENT_MASK_FROM_INDEX(64) == 0x8000000000000000, RSMI_EVENT_MASK_FROM_INDEX);
