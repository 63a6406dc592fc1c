//! Performance counters of the links between GPUs.

use crate::entry::{Null, finish, get, with_gpu};
use crate::kernel::perf::Counter;
use crate::runtime;
use crate::status::Result;
use crate::support::Question::{Function, Variant};
use crate::types::{
    rsmi_counter_command_t, rsmi_counter_value_t, rsmi_event_group_t, rsmi_event_handle_t,
    rsmi_event_type_t, rsmi_status_t,
};
use rsmi_macros::export;
use std::ffi::c_void;

/// Whether the kernel counts events of a group on a device: RSMI_STATUS_NOT_SUPPORTED if not.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_counter_group_supported(
    dv_ind: u32,
    group: rsmi_event_group_t,
) -> rsmi_status_t {
    finish(with_gpu(dv_ind, |gpu| gpu.counts(group)))
}

/// Makes a counter of an event; it counts from when it is started. Takes root.
///
/// Returns RSMI_STATUS_INVALID_ARGS for an event that is not listed. That the kernel cannot count it
/// shows when it is started.
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
        let counter = gpu.counter(r#type)?;
        Ok(runtime::with(|state| state.counters.add(counter)))
    };
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, evnt_handle, null, counter) }
}

/// Stops a counter and ends it. Takes root.
///
/// Returns RSMI_STATUS_FILE_ERROR where it was never started; it is ended all the same.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_counter_destroy(
    evnt_handle: rsmi_event_handle_t,
) -> rsmi_status_t {
    finish(with_counter(evnt_handle, |counter| counter.stop()).and_then(|stopped| {
        runtime::with(|state| state.counters.remove(evnt_handle));
        stopped
    }))
}

/// Starts or stops a counter; the last argument is for the future. Takes root.
///
/// Returns RSMI_STATUS_NOT_SUPPORTED where the kernel does not know the event,
/// RSMI_STATUS_FILE_ERROR when one is stopped that was never started.
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

/// What a counter has counted since it was last read, and the nanoseconds since it was started.
/// Takes root.
///
/// Returns RSMI_STATUS_UNEXPECTED_SIZE for a counter that was never started.
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
            // SAFETY: not null, and then the client's to be written.
            unsafe { crate::entry::put(value, read) };
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// How many counters of a group are free, as the driver says in `df_cntr_avail`.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device tells it, else
/// RSMI_STATUS_NOT_SUPPORTED.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_counter_available_counters_get(
    dv_ind: u32,
    grp: rsmi_event_group_t,
    available: *mut u32,
) -> rsmi_status_t {
    let null = Null::Asks(Variant("rsmi_counter_available_counters_get", grp.0.into()));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, available, null, |gpu| gpu.available_counters(grp)) }
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
