/* Calls that need each other: iterators, events and counters. */
#ifndef SWEEP_STORIES_H
#define SWEEP_STORIES_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "functions.h"
#include "status.h"

struct story {
    const char *name;
    void (*tell)(uint32_t device);
    void (*symbol)(void);
};

typedef rsmi_func_id_iter_handle_t iterator;

static void print_current(iterator handle)
{
    rsmi_func_id_value_t value;
    memset(&value, 0, sizeof value);
    rsmi_status_t status = rsmi_func_iter_value_get(handle, &value);
    step("value", status);
    if (status == RSMI_STATUS_SUCCESS)
        printf("(%s) ", value.name ? value.name : "NULL");
}

static void tell_end(uint32_t device)
{
    iterator handle = NULL;
    step("open", rsmi_dev_supported_func_iterator_open(device, &handle));
    if (!handle)
        return;
    int count = 1;
    while (count < 1000 && rsmi_func_iter_next(handle) == RSMI_STATUS_SUCCESS)
        count++;
    printf("count=%d ", count);
    step("next", rsmi_func_iter_next(handle));
    print_current(handle);
    step("close", rsmi_dev_supported_func_iterator_close(&handle));
}

static void tell_close(uint32_t device)
{
    iterator handle = NULL;
    step("open", rsmi_dev_supported_func_iterator_open(device, &handle));
    if (!handle)
        return;
    step("close", rsmi_dev_supported_func_iterator_close(&handle));
    printf("handle=%s ", handle ? "set" : "0");
    step("close", rsmi_dev_supported_func_iterator_close(&handle));
}

static void tell_nulls(uint32_t device)
{
    iterator handle = NULL;
    step("open", rsmi_dev_supported_func_iterator_open(device, &handle));
    if (!handle)
        return;
    step("value", rsmi_func_iter_value_get(handle, NULL));
    step("variants", rsmi_dev_supported_variant_iterator_open(handle, NULL));
    step("close", rsmi_dev_supported_func_iterator_close(&handle));
}

static void tell_two_at_once(uint32_t device)
{
    iterator first = NULL, second = NULL;
    step("open", rsmi_dev_supported_func_iterator_open(device, &first));
    step("open", rsmi_dev_supported_func_iterator_open(device, &second));
    if (!first || !second)
        return;
    step("next", rsmi_func_iter_next(first));
    step("next", rsmi_func_iter_next(first));
    print_current(first);
    print_current(second);
    step("close", rsmi_dev_supported_func_iterator_close(&first));
    step("next", rsmi_func_iter_next(second));
    print_current(second);
    step("close", rsmi_dev_supported_func_iterator_close(&second));
}

static void tell_close_null(uint32_t device)
{
    (void)device;
    step("close", rsmi_dev_supported_func_iterator_close(NULL));
}

static void tell_events(uint32_t device)
{
    static rsmi_evt_notification_data_t data[4];
    uint32_t count = COUNT(data);
    step("init", rsmi_event_notification_init(device));
    step("init", rsmi_event_notification_init(device));
    step("mask_set", rsmi_event_notification_mask_set(device, 3));
    step("get", rsmi_event_notification_get(0, &count, data));
    printf("count=%" PRIu32 " ", count);
    step("stop", rsmi_event_notification_stop(device));
    step("stop", rsmi_event_notification_stop(device));
    step("mask_set", rsmi_event_notification_mask_set(device, 3));
}

static void tell_counter(uint32_t device)
{
    rsmi_event_handle_t handle = 0;
    rsmi_counter_value_t value;
    step("create", rsmi_dev_counter_create(device, RSMI_EVNT_XGMI_0_BEATS_TX, &handle));
    if (!handle)
        return;
    memset(&value, UNTOUCHED, sizeof value);
    step("read", rsmi_counter_read(handle, &value));
    step("read_null", rsmi_counter_read(handle, NULL));
    step("stop", rsmi_counter_control(handle, RSMI_CNTR_CMD_STOP, NULL));
    step("start", rsmi_counter_control(handle, RSMI_CNTR_CMD_START, NULL));
    step("read", rsmi_counter_read(handle, &value));
    print_value(&COUNTER_VALUE, &value, 1);
    putchar(' ');
    step("destroy", rsmi_dev_counter_destroy(handle));
}

static void tell_counter_command(uint32_t device)
{
    rsmi_event_handle_t handle = 0;
    step("create", rsmi_dev_counter_create(device, RSMI_EVNT_XGMI_0_BEATS_TX, &handle));
    if (!handle)
        return;
    step("control", rsmi_counter_control(handle, (rsmi_counter_command_t)2, NULL));
    step("destroy", rsmi_dev_counter_destroy(handle));
}

/* No address that anybody ever got. */
enum { UNKNOWN_HANDLE = 16 };

static void tell_unknown_destroy(uint32_t device)
{
    (void)device;
    step("destroy", rsmi_dev_counter_destroy(UNKNOWN_HANDLE));
}

static void tell_unknown_control(uint32_t device)
{
    (void)device;
    step("control", rsmi_counter_control(UNKNOWN_HANDLE, RSMI_CNTR_CMD_START, NULL));
}

static void tell_unknown_read(uint32_t device)
{
    (void)device;
    rsmi_counter_value_t value;
    step("read", rsmi_counter_read(UNKNOWN_HANDLE, &value));
}

#define STORY(name, tell, function) {name, tell, (void (*)(void))function}

static const struct story system_stories[] = {
    STORY("iterator_close_null", tell_close_null, rsmi_dev_supported_func_iterator_close),
    STORY("counter_unknown_destroy", tell_unknown_destroy, rsmi_dev_counter_destroy),
    STORY("counter_unknown_control", tell_unknown_control, rsmi_counter_control),
    STORY("counter_unknown_read", tell_unknown_read, rsmi_counter_read),
};

static const struct story device_stories[] = {
    STORY("iterator_end", tell_end, rsmi_dev_supported_func_iterator_open),
    STORY("iterator_close", tell_close, rsmi_dev_supported_func_iterator_open),
    STORY("iterator_nulls", tell_nulls, rsmi_dev_supported_func_iterator_open),
    STORY("iterator_two_at_once", tell_two_at_once, rsmi_dev_supported_func_iterator_open),
    STORY("events", tell_events, rsmi_event_notification_init),
    STORY("counter", tell_counter, rsmi_dev_counter_create),
    STORY("counter_command", tell_counter_command, rsmi_dev_counter_create),
};

#endif
