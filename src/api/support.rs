//! Asking which functions, and which variants of them, a device supports.

use crate::entry::{finish, put, with_gpu};
use crate::log;
use crate::runtime;
use crate::status::Result;
use crate::types::{rsmi_func_id_iter_handle_t, rsmi_func_id_value_t, rsmi_status_t};
use crate::walk::{Shown, Walk};
use rsmi_macros::export;

/// Begins a walk over the names of the functions that a device supports, in their order.
///
/// What a function needs is looked at when a device is first asked about any. Returns
/// RSMI_STATUS_NO_DATA where a device supports none.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_supported_func_iterator_open(
    dv_ind: u32,
    handle: *mut rsmi_func_id_iter_handle_t,
) -> rsmi_status_t {
    let walk = with_gpu(dv_ind, |gpu| {
        if handle.is_null() {
            return Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS);
        }
        log::source(|| "which files the device has".into());
        Walk::over(gpu.functions())
    });
    // SAFETY: the C contract of this module; a null pointer has failed above.
    unsafe { give(walk, handle) }
}

/// Begins a walk inside another, at the place where that one stands: over the variants of a
/// function, RSMI_DEFAULT_VARIANT for one that has sensors alone, or over the sensors of a variant.
///
/// Returns RSMI_STATUS_NO_DATA where there are none, RSMI_STATUS_INVALID_ARGS for a walk over
/// sensors and for one that is not open.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_supported_variant_iterator_open(
    obj_h: rsmi_func_id_iter_handle_t,
    var_iter: *mut rsmi_func_id_iter_handle_t,
) -> rsmi_status_t {
    if var_iter.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let walk = at(obj_h, |walk| walk.inside());
    // SAFETY: the C contract of this module, and not null.
    unsafe { give(walk, var_iter) }
}

/// Takes a walk one step further; RSMI_STATUS_NO_DATA at its end, where it stays.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_func_iter_next(handle: rsmi_func_id_iter_handle_t) -> rsmi_status_t {
    finish(at(handle, Walk::advance))
}

/// Ends a walk and makes its handle null.
///
/// Walks inside it go on. Returns RSMI_STATUS_INVALID_ARGS for one that is not open.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_supported_func_iterator_close(
    handle: *mut rsmi_func_id_iter_handle_t,
) -> rsmi_status_t {
    if handle.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    // SAFETY: the C contract of this module, and not null.
    let walk = unsafe { handle.read_unaligned() };
    if runtime::with(|state| state.walks.remove(walk.addr())).is_none() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    // SAFETY: as above.
    unsafe { put(handle, std::ptr::null_mut()) };
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// Where a walk stands: the name of a function, else the number of a variant or sensor.
///
/// The name belongs to the library. It never fails on an open walk.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_func_iter_value_get(
    handle: rsmi_func_id_iter_handle_t,
    value: *mut rsmi_func_id_value_t,
) -> rsmi_status_t {
    if value.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    match at(handle, |walk| Ok(walk.shown())) {
        Ok(shown) => {
            match shown {
                // SAFETY: the C contract of this module, and not null.
                Shown::Name(name) => unsafe { put(&raw mut (*value).name, name.as_ptr()) },
                // SAFETY: as above.
                Shown::Id(id) => unsafe { put(&raw mut (*value).id, id) },
            }
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Does something with an open walk.
fn at<T>(handle: rsmi_func_id_iter_handle_t, step: impl FnOnce(&Walk) -> Result<T>) -> Result<T> {
    runtime::with(|state| {
        let walk = state.walks.get(handle.addr()).ok_or(rsmi_status_t::RSMI_STATUS_INVALID_ARGS)?;
        step(&walk)
    })
}

/// Opens a walk for the client. Its handle is a number, to which nothing in memory corresponds.
///
/// # Safety
/// If there is a walk, `handle` is good for writing.
unsafe fn give(walk: Result<Walk>, handle: *mut rsmi_func_id_iter_handle_t) -> rsmi_status_t {
    match walk {
        Ok(walk) => {
            let number = runtime::with(|state| state.walks.add(walk));
            // SAFETY: as this function demands.
            unsafe { put(handle, std::ptr::without_provenance_mut(number)) };
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}
