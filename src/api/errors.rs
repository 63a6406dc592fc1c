//! Errors that the hardware found in its blocks, from sysfs `ras`.

use crate::client;
use crate::entry::{Null, get, put, with_gpu};
use crate::gpu::Gpu;
use crate::map;
use crate::support::Question::{Function, Variant};
use crate::types::{rsmi_error_count_t, rsmi_gpu_block_t, rsmi_ras_err_state_t, rsmi_status_t};
use rsmi_generations::Generation;
use rsmi_macros::export;

/// The errors of a block since the driver was loaded: corrected ones, and others.
///
/// Returns RSMI_STATUS_NOT_SUPPORTED for a block whose errors are not counted. With a null pointer:
/// that, or RSMI_STATUS_INVALID_ARGS.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_ecc_count_get(
    dv_ind: u32,
    block: rsmi_gpu_block_t,
    ec: *mut rsmi_error_count_t,
) -> rsmi_status_t {
    if client::generation() >= Generation::V6_3 {
        if map::find(map::ERROR_FILES, &block).is_none() {
            return rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED;
        }
    } else if ec.is_null() {
        // It was enough that there is a file.
        return Null::Asks(Variant("rsmi_dev_ecc_count_get", block.0)).answer(dv_ind);
    }
    match with_gpu(dv_ind, |gpu| gpu.error_count(block)) {
        Ok(_) if ec.is_null() => rsmi_status_t::RSMI_STATUS_INVALID_ARGS,
        Ok(count) => {
            // SAFETY: not null, and then the client's to be written.
            unsafe { put(ec, count) };
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// The blocks in which error handling is switched on, as rsmi_gpu_block_t joined with |.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device tells it, else
/// RSMI_STATUS_NOT_SUPPORTED.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_ecc_enabled_get(
    dv_ind: u32,
    enabled_blocks: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_ecc_enabled_get"));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, enabled_blocks, null, Gpu::error_features) }
}

/// Whether error handling is switched on in a block: RSMI_RAS_ERR_STATE_ENABLED or
/// RSMI_RAS_ERR_STATE_DISABLED.
///
/// With a null pointer: as `rsmi_dev_ecc_enabled_get`. Returns RSMI_STATUS_INVALID_ARGS unless
/// `block` is one bit.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_ecc_status_get(
    dv_ind: u32,
    block: rsmi_gpu_block_t,
    state: *mut rsmi_ras_err_state_t,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_ecc_status_get"));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, state, null, |gpu| gpu.error_state(block)) }
}
