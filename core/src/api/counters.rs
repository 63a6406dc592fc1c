//! Performance counters of the XGMI links.

use crate::ask::ask;
use crate::entry::{Null, finish, get, with_gpu};
use crate::gpu::Counter;
use crate::question::{CounterGroup, CreateCounter, FreeCounters};
use crate::runtime;
use crate::status::Result;
use crate::support::Question::{Function, Variant};
use crate::types::{
    rsmi_counter_command_t, rsmi_counter_value_t, rsmi_event_group_t, rsmi_event_handle_t,
    rsmi_event_type_t, rsmi_status_t,
};
use rsmi_macros::export;
use std::ffi::c_void;

/// Finds out whether the kernel can count the events of a group on a device.
///
/// The function looks for the perf unit of the group, in sysfs `bus/event_source/devices`.
///
/// @param[in] group The group of events.
/// @retval RSMI_STATUS_NOT_SUPPORTED The kernel has no perf unit for this group and device.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_counter_group_supported(
    dv_ind: u32,
    group: rsmi_event_group_t,
) -> rsmi_status_t {
    finish(with_gpu(dv_ind, |gpu| ask(gpu, &CounterGroup { group })))
}

/// Creates a counter of an event. rsmi_counter_control() starts the counter.
///
/// The function does not check that the kernel can count the event. rsmi_counter_control() does.
///
/// @param[in] type The event.
/// @param[out] evnt_handle The counter.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_INVALID_ARGS `type` is an unknown value, or `evnt_handle` is a null pointer.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no node /dev/dri/cardN.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_counter_create(
    dv_ind: u32,
    r#type: rsmi_event_type_t,
    evnt_handle: *mut rsmi_event_handle_t,
) -> rsmi_status_t {
    if !runtime::is_root() {
        return rsmi_status_t::RSMI_STATUS_PERMISSION;
    }
    let null = Null::Asks(Function("rsmi_dev_counter_create"));
    let counter = |gpu: &crate::gpu::Gpu| -> Result<usize> {
        let counter = ask(gpu, &CreateCounter { event: r#type })?;
        Ok(runtime::with(|state| state.counters.add(counter)))
    };
    get(dv_ind, evnt_handle, null, counter)
}

/// Stops a counter and destroys it.
///
/// @param[in] evnt_handle The counter.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `evnt_handle` is not a counter.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_FILE_ERROR The counter was never started. The function destroys it
///   nevertheless.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_counter_destroy(
    evnt_handle: rsmi_event_handle_t,
) -> rsmi_status_t {
    finish(with_counter(evnt_handle, Counter::end).and_then(|stopped| {
        runtime::with(|state| state.counters.remove(evnt_handle));
        stopped
    }))
}

/// Starts or stops a counter.
///
/// @param[in] evt_handle The counter.
/// @param[in] cmd What to do.
/// @param[in] cmd_args Ignored. Pass a null pointer.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `evt_handle` is not a counter, or `cmd` is an unknown value.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_NOT_SUPPORTED The kernel cannot count the event.
/// @retval RSMI_STATUS_FILE_ERROR The function was asked to stop a counter that was never started.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_counter_control(
    evt_handle: rsmi_event_handle_t,
    cmd: rsmi_counter_command_t,
    cmd_args: *mut c_void,
) -> rsmi_status_t {
    let control = |counter: &Counter| match cmd {
        rsmi_counter_command_t::RSMI_CNTR_CMD_START => counter.start(),
        rsmi_counter_command_t::RSMI_CNTR_CMD_STOP => counter.stop(),
        _ => Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS),
    };
    finish(with_counter(evt_handle, control).and_then(|result| result))
}

/// Reads a counter.
///
/// @param[in] evt_handle The counter.
/// @param[out] value How many events the counter counted since it was last read, and the time in ns
///   since it was started.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `value` is a null pointer, or `evt_handle` is not a counter.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_UNEXPECTED_SIZE The counter was never started.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_counter_read(
    evt_handle: rsmi_event_handle_t,
    value: *mut rsmi_counter_value_t,
) -> rsmi_status_t {
    if value.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    match with_counter(evt_handle, Counter::read).and_then(|result| result) {
        Ok(read) => {
            value.put(read);
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Reads how many counters of a group are free, from sysfs `df_cntr_avail`.
///
/// @param[in] grp The group of events.
/// @param[out] available The number of free counters.
/// @retval RSMI_STATUS_INVALID_ARGS `grp` is an unknown value; or `available` is a null pointer,
///   and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_counter_available_counters_get(
    dv_ind: u32,
    grp: rsmi_event_group_t,
    available: *mut u32,
) -> rsmi_status_t {
    let null = Null::Asks(Variant("rsmi_counter_available_counters_get", grp.0.into()));
    get(dv_ind, available, null, |gpu| ask(gpu, &FreeCounters { group: grp }))
}

/// Does something with a live counter.
fn with_counter<T>(handle: rsmi_event_handle_t, ask: impl FnOnce(&Counter) -> T) -> Result<T> {
    runtime::with(|state| {
        let counter = state.counters.get(handle).ok_or(rsmi_status_t::RSMI_STATUS_INVALID_ARGS)?;
        if !runtime::is_root() {
            return Err(rsmi_status_t::RSMI_STATUS_PERMISSION);
        }
        Ok(ask(&counter))
    })
}
