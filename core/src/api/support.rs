//! Iterators over the functions that a device supports.

use crate::entry::{finish, with_gpu};
use crate::log;
use crate::out::{Out, member};
use crate::runtime;
use crate::status::Result;
use crate::types::{rsmi_func_id_iter_handle_t, rsmi_func_id_value_t, rsmi_status_t};
use crate::walk::{Shown, Walk};
use rsmi_macros::export;

/// Opens an iterator over the names of the functions that a device supports.
///
/// The library looks at the files of the device once, and keeps the list of functions.
///
/// @param[out] handle The iterator. It stands at the first function.
/// @retval RSMI_STATUS_INVALID_ARGS `handle` is a null pointer.
/// @retval RSMI_STATUS_NO_DATA The device supports no function.
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
    give(walk, handle)
}

/// Opens an iterator inside another one, at the place where the other one stands.
///
/// In an iterator over functions, it runs over the variants of the function; a function that has
/// sensors but no variants has the one variant RSMI_DEFAULT_VARIANT. In an iterator over variants,
/// it runs over the sensors of the variant.
///
/// @param[in] obj_h The other iterator.
/// @param[out] var_iter The new iterator. It stands at the first variant or sensor.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `var_iter` is a null pointer, or `obj_h` is an iterator over
///   sensors or not open.
/// @retval RSMI_STATUS_NO_DATA There are no variants, or no sensors.
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
    give(walk, var_iter)
}

/// Moves an iterator to the next element.
///
/// @param[in] handle The iterator.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_NO_DATA The iterator stands at the last element, and stays there.
/// @retval RSMI_STATUS_INVALID_ARGS `handle` is not an open iterator.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_func_iter_next(handle: rsmi_func_id_iter_handle_t) -> rsmi_status_t {
    finish(at(handle, Walk::advance))
}

/// Closes an iterator. Iterators that were opened inside it stay open.
///
/// @param[in,out] handle The iterator. The function sets it to a null pointer.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `handle` is a null pointer, or `*handle` is not an open
///   iterator.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_supported_func_iterator_close(
    handle: *mut rsmi_func_id_iter_handle_t,
) -> rsmi_status_t {
    let Some(walk) = handle.given() else {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    };
    if runtime::with(|state| state.walks.remove(walk.addr())).is_none() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    handle.put(std::ptr::null_mut());
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// Returns the element at which an iterator stands.
///
/// @param[in] handle The iterator.
/// @param[out] value The name of a function, or the number of a variant or of a sensor. The text of
///   the name belongs to the library.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `value` is a null pointer, or `handle` is not an open iterator.
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
                Shown::Name(name) => member!(value => name).put(name.as_ptr()),
                Shown::Id(id) => member!(value => id).put(id),
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
fn give(walk: Result<Walk>, handle: Out<rsmi_func_id_iter_handle_t>) -> rsmi_status_t {
    match walk {
        Ok(walk) => {
            let number = runtime::with(|state| state.walks.add(walk));
            handle.put(std::ptr::without_provenance_mut(number));
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}
