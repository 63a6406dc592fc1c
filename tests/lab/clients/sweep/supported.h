/* What a device supports, as its iterators say. */
#ifndef SWEEP_SUPPORTED_H
#define SWEEP_SUPPORTED_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "functions.h"
#include "stories.h"

enum { MOST_FUNCTIONS = 200, MOST_STEPS = 1000, DEPTH = 2 };

static struct listing {
    rsmi_status_t status;
    size_t count;
    struct {
        char *name;
        char *variants;
    } functions[MOST_FUNCTIONS];
} listing;

/* "0x0(0x1 0x2) 0x3": the variants below the iterator's current entry, each with its own below it. */
static void list_variants(FILE *to, iterator parent, int depth)
{
    iterator variants = NULL;
    rsmi_status_t status = rsmi_dev_supported_variant_iterator_open(parent, &variants);
    if (status != RSMI_STATUS_SUCCESS) {
        if (status != RSMI_STATUS_NO_DATA)
            fprintf(to, "open:%d", (int)status);
        return;
    }
    for (int i = 0; i < MOST_STEPS; i++) {
        rsmi_func_id_value_t value = {.id = 0};
        status = rsmi_func_iter_value_get(variants, &value);
        if (status != RSMI_STATUS_SUCCESS)
            fprintf(to, "value:%d", (int)status);
        fprintf(to, "%s0x%" PRIx64, i > 0 ? " " : "", value.id);
        if (depth > 1) {
            fputc('(', to);
            list_variants(to, variants, depth - 1);
            fputc(')', to);
        }
        status = rsmi_func_iter_next(variants);
        if (status != RSMI_STATUS_SUCCESS)
            break;
    }
    if (status != RSMI_STATUS_NO_DATA)
        fprintf(to, " next:%d", (int)status);
    status = rsmi_dev_supported_func_iterator_close(&variants);
    if (status != RSMI_STATUS_SUCCESS)
        fprintf(to, " close:%d", (int)status);
}

static void list_functions(uint32_t device)
{
    if (!rsmi_dev_supported_func_iterator_open) {
        listing.status = RSMI_STATUS_NOT_YET_IMPLEMENTED;
        return;
    }
    for (size_t i = 0; i < listing.count; i++) {
        free(listing.functions[i].name);
        free(listing.functions[i].variants);
    }
    listing.count = 0;
    iterator functions = NULL;
    listing.status = rsmi_dev_supported_func_iterator_open(device, &functions);
    if (listing.status != RSMI_STATUS_SUCCESS)
        return;
    while (listing.count < MOST_FUNCTIONS) {
        rsmi_func_id_value_t value = {.name = NULL};
        listing.status = rsmi_func_iter_value_get(functions, &value);
        if (listing.status != RSMI_STATUS_SUCCESS)
            break;
        size_t size;
        char **text = &listing.functions[listing.count].variants;
        FILE *to = open_memstream(text, &size);
        if (!to)
            break;
        list_variants(to, functions, DEPTH);
        fclose(to);
        listing.functions[listing.count++].name = strdup(value.name);
        listing.status = rsmi_func_iter_next(functions);
        if (listing.status != RSMI_STATUS_SUCCESS)
            break;
    }
    rsmi_dev_supported_func_iterator_close(&functions);
}

static const char *listed_variants(const char *name)
{
    for (size_t i = 0; i < listing.count; i++)
        if (!strcmp(listing.functions[i].name, name))
            return listing.functions[i].variants;
    return NULL;
}

#endif
