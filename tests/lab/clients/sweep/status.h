/* The statuses of rocm_smi.h in words. */
#ifndef SWEEP_STATUS_H
#define SWEEP_STATUS_H

#include <stdio.h>

#include "../shape.h"
#include "rocm_smi.h"

static void print_status(rsmi_status_t status)
{
    static const char *const names[] = {
        "SUCCESS",          "INVALID_ARGS",     "NOT_SUPPORTED",   "FILE_ERROR",          "PERMISSION",
        "OUT_OF_RESOURCES", "INTERNAL_EXCEPTION", "INPUT_OUT_OF_BOUNDS", "INIT_ERROR",    "NOT_YET_IMPLEMENTED",
        "NOT_FOUND",        "INSUFFICIENT_SIZE", "INTERRUPT",      "UNEXPECTED_SIZE",     "NO_DATA",
        "UNEXPECTED_DATA",  "BUSY",             "REFCOUNT_OVERFLOW", "SETTING_UNAVAILABLE", "AMDGPU_RESTART_ERR",
        "DRM_ERROR",        "FAIL_LOAD_MODULE", "FAIL_LOAD_SYMBOL",
    };
    uint32_t number = (uint32_t)status;
    const char *name = number < COUNT(names) ? names[number] : number == UINT32_MAX ? "UNKNOWN_ERROR" : "?";
    printf("%s(%d)", name, (int)status);
}

/* One call among several of one answer. */
static void step(const char *name, rsmi_status_t status)
{
    printf("%s=", name);
    print_status(status);
    putchar(' ');
}

#endif
