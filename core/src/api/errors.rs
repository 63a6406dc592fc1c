//! Errors of the hardware blocks (RAS).

use crate::ask::ask;
use crate::client;
use crate::entry::{Null, get, with_gpu};
use crate::map;
use crate::question::{ErrorCount, ErrorFeatures, ErrorState};
use crate::support::Question::{Function, Variant};
use crate::types::{rsmi_error_count_t, rsmi_gpu_block_t, rsmi_ras_err_state_t, rsmi_status_t};
use rsmi_generations::Generation;
use rsmi_macros::export;

/// Reads the number of errors of a block since the driver was loaded, from sysfs `ras/*_err_count`
/// or `ras/aca_*`.
///
/// @param[in] block The block, one value of rsmi_gpu_block_t.
/// @param[out] ec The number of corrected errors and of uncorrected errors.
/// @retval RSMI_STATUS_INVALID_ARGS `ec` is a null pointer, and the device counts errors of the
///   block.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not count errors of the block.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The library does not know the format of the file.
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
    match with_gpu(dv_ind, |gpu| ask(gpu, &ErrorCount { block })) {
        Ok(_) if ec.is_null() => rsmi_status_t::RSMI_STATUS_INVALID_ARGS,
        Ok(count) => {
            ec.put(count);
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Reads in which blocks RAS (error detection and correction) is enabled, from sysfs
/// `ras/features`.
///
/// @param[out] enabled_blocks The blocks, as values of rsmi_gpu_block_t joined with |.
/// @retval RSMI_STATUS_INVALID_ARGS `enabled_blocks` is a null pointer, and the device reports the
///   value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The library does not know the format of the file.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_ecc_enabled_get(
    dv_ind: u32,
    enabled_blocks: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_ecc_enabled_get"));
    get(dv_ind, enabled_blocks, null, |gpu| ask(gpu, &ErrorFeatures))
}

/// Reads whether RAS (error detection and correction) is enabled in a block, from sysfs
/// `ras/features`.
///
/// @param[in] block The block, one value of rsmi_gpu_block_t.
/// @param[out] state RSMI_RAS_ERR_STATE_ENABLED or RSMI_RAS_ERR_STATE_DISABLED.
/// @retval RSMI_STATUS_INVALID_ARGS `block` is not exactly one bit; or `state` is a null pointer,
///   and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The library does not know the format of the file.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_ecc_status_get(
    dv_ind: u32,
    block: rsmi_gpu_block_t,
    state: *mut rsmi_ras_err_state_t,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_ecc_status_get"));
    get(dv_ind, state, null, |gpu| ask(gpu, &ErrorState { block }))
}
