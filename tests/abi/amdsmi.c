/*
 * amdsmi.c - what core/src/amdsmi and core/src/status.rs take libamd_smi to be
 *
 * SPDX-License-Identifier: MIT
 *
 * `lab header` compiles it against the amdsmi.h of each release that the lab has. What differs
 * between the releases stands here by release, as it does in the source.
 */

#include <stddef.h>
#include <stdint.h>

#include "amd_smi/amdsmi.h"

#define IS(what, number) _Static_assert((what) == (number), #what " is not " #number)

/* The numbers that are passed on, and that come back. */
IS(AMDSMI_INIT_AMD_GPUS, 2);
IS(AMDSMI_MEM_TYPE_VRAM, 0);
IS(AMDSMI_DEV_PERF_LEVEL_AUTO, 0);
IS(AMDSMI_DEV_PERF_LEVEL_LOW, 1);
IS(AMDSMI_DEV_PERF_LEVEL_HIGH, 2);
IS(AMDSMI_DEV_PERF_LEVEL_MANUAL, 3);
IS(AMDSMI_DEV_PERF_LEVEL_STABLE_STD, 4);
IS(AMDSMI_DEV_PERF_LEVEL_STABLE_PEAK, 5);
IS(AMDSMI_DEV_PERF_LEVEL_STABLE_MIN_MCLK, 6);
IS(AMDSMI_DEV_PERF_LEVEL_STABLE_MIN_SCLK, 7);
IS(AMDSMI_DEV_PERF_LEVEL_DETERMINISM, 8);

IS(AMDSMI_STATUS_SUCCESS, 0);
IS(AMDSMI_STATUS_INVAL, 1);
IS(AMDSMI_STATUS_NOT_SUPPORTED, 2);
IS(AMDSMI_STATUS_NOT_YET_IMPLEMENTED, 3);
IS(AMDSMI_STATUS_FAIL_LOAD_MODULE, 4);
IS(AMDSMI_STATUS_FAIL_LOAD_SYMBOL, 5);
IS(AMDSMI_STATUS_DRM_ERROR, 6);
IS(AMDSMI_STATUS_API_FAILED, 7);
IS(AMDSMI_STATUS_TIMEOUT, 8);
IS(AMDSMI_STATUS_RETRY, 9);
IS(AMDSMI_STATUS_NO_PERM, 10);
IS(AMDSMI_STATUS_INTERRUPT, 11);
IS(AMDSMI_STATUS_IO, 12);
IS(AMDSMI_STATUS_ADDRESS_FAULT, 13);
IS(AMDSMI_STATUS_FILE_ERROR, 14);
IS(AMDSMI_STATUS_OUT_OF_RESOURCES, 15);
IS(AMDSMI_STATUS_INTERNAL_EXCEPTION, 16);
IS(AMDSMI_STATUS_INPUT_OUT_OF_BOUNDS, 17);
IS(AMDSMI_STATUS_INIT_ERROR, 18);
IS(AMDSMI_STATUS_REFCOUNT_OVERFLOW, 19);
IS(AMDSMI_STATUS_BUSY, 30);
IS(AMDSMI_STATUS_NOT_FOUND, 31);
IS(AMDSMI_STATUS_NOT_INIT, 32);
IS(AMDSMI_STATUS_NO_SLOT, 33);
IS(AMDSMI_STATUS_DRIVER_NOT_LOADED, 34);
IS(AMDSMI_STATUS_NO_DATA, 40);
IS(AMDSMI_STATUS_INSUFFICIENT_SIZE, 41);
IS(AMDSMI_STATUS_UNEXPECTED_SIZE, 42);
IS(AMDSMI_STATUS_UNEXPECTED_DATA, 43);
IS(AMDSMI_STATUS_AMDGPU_RESTART_ERR, 54);
IS(AMDSMI_STATUS_SETTING_UNAVAILABLE, 55);

/* The only struct that is read: its size and the place of its text never changed. */
IS(sizeof(amdsmi_version_t), 24);
IS(offsetof(amdsmi_version_t, build), 16);

#ifdef AMDSMI_LIB_VERSION_YEAR
IS(offsetof(amdsmi_version_t, year), 0);
IS(offsetof(amdsmi_version_t, major), 4);
IS(offsetof(amdsmi_version_t, minor), 8);
IS(offsetof(amdsmi_version_t, release), 12);
IS(AMD_GPU, 1);
IS(AMD_APU, 6);
typedef processor_type_t kind;
#else
IS(offsetof(amdsmi_version_t, major), 0);
IS(offsetof(amdsmi_version_t, minor), 4);
IS(offsetof(amdsmi_version_t, release), 8);
IS(AMDSMI_PROCESSOR_TYPE_AMD_GPU, 1);
IS(AMDSMI_PROCESSOR_TYPE_AMD_APU, 6);
IS(AMDSMI_STATUS_DIRECTORY_NOT_FOUND, 20);
IS(AMDSMI_STATUS_MORE_DATA, 39);
IS(AMDSMI_STATUS_FILE_NOT_FOUND, 52);
IS(AMDSMI_STATUS_ARG_PTR_NULL, 53);
typedef processor_type_t kind;
#endif

/* The functions that core/src/amdsmi/symbols.rs declares; its integers are as wide as these types. */
IS(sizeof(amdsmi_status_t), 4);
IS(sizeof(kind), 4);
IS(sizeof(amdsmi_memory_type_t), 4);
IS(sizeof(amdsmi_dev_perf_level_t), 4);
IS(sizeof(amdsmi_socket_handle), 8);
IS(sizeof(amdsmi_processor_handle), 8);

const struct {
    amdsmi_status_t (*init)(uint64_t);
    amdsmi_status_t (*shut_down)(void);
    amdsmi_status_t (*version)(amdsmi_version_t *);
    amdsmi_status_t (*sockets)(uint32_t *, amdsmi_socket_handle *);
    amdsmi_status_t (*processors)(amdsmi_socket_handle, uint32_t *, amdsmi_processor_handle *);
    amdsmi_status_t (*type)(amdsmi_processor_handle, kind *);
    amdsmi_status_t (*bdf_id)(amdsmi_processor_handle, uint64_t *);
    amdsmi_status_t (*memory_usage)(amdsmi_processor_handle, amdsmi_memory_type_t, uint64_t *);
    amdsmi_status_t (*compute_partition)(amdsmi_processor_handle, char *, uint32_t);
    amdsmi_status_t (*memory_partition)(amdsmi_processor_handle, char *, uint32_t);
    amdsmi_status_t (*set_perf_level)(amdsmi_processor_handle, amdsmi_dev_perf_level_t);
    amdsmi_status_t (*reset_fan)(amdsmi_processor_handle, uint32_t);
} functions = {
    amdsmi_init,
    amdsmi_shut_down,
    amdsmi_get_lib_version,
    amdsmi_get_socket_handles,
    amdsmi_get_processor_handles,
    amdsmi_get_processor_type,
    amdsmi_get_gpu_bdf_id,
    amdsmi_get_gpu_memory_usage,
    amdsmi_get_gpu_compute_partition,
    amdsmi_get_gpu_memory_partition,
    amdsmi_set_gpu_perf_level,
    amdsmi_reset_gpu_fan,
};
