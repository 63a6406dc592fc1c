//! The links between GPUs.

use crate::entry::{Null, finish, get, get_fact, with_gpu};
use crate::facts::Fact;
use crate::gpu::Gpu;
use crate::support::Question::Function;
use crate::types::{rsmi_status_t, rsmi_xgmi_status_t};
use rsmi_macros::export;

/// Whether there were errors on the device's links since this was last asked, from sysfs
/// `xgmi_error`: to read it resets it.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device tells it, else
/// RSMI_STATUS_NOT_SUPPORTED. Returns RSMI_STATUS_UNKNOWN_ERROR for a status that is not listed.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_xgmi_error_status(
    dv_ind: u32,
    status: *mut rsmi_xgmi_status_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe {
        get(
            dv_ind,
            status,
            Null::Asks(Function("rsmi_dev_xgmi_error_status")),
            Gpu::xgmi_error_status,
        )
    }
}

/// Resets what `rsmi_dev_xgmi_error_status` tells, by reading it. Anybody may do it.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_xgmi_error_reset(dv_ind: u32) -> rsmi_status_t {
    finish(with_gpu(dv_ind, |gpu| gpu.xgmi_error().map(drop)))
}

/// The hive: the same number for all devices whose links make one net, from KFD; 0 for none.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_xgmi_hive_id_get(
    dv_ind: u32,
    hive_id: *mut u64,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, hive_id, Null::Invalid, Fact::HiveId, |gpu| Ok(gpu.xgmi_hive_id())) }
}
