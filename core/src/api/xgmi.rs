//! XGMI links: errors and hives.

use crate::ask::ask;
use crate::entry::{Null, finish, get, get_fact, with_gpu};
use crate::facts::Fact;
use crate::question::{HiveId, ResetXgmiError, XgmiError};
use crate::support::Question::Function;
use crate::types::{rsmi_status_t, rsmi_xgmi_status_t};
use rsmi_macros::export;

/// Reads whether the XGMI links of the device had errors, from sysfs `xgmi_error`.
///
/// The driver resets the file when it is read. The value is about the time since the last read.
///
/// @param[out] status The error status.
/// @retval RSMI_STATUS_INVALID_ARGS `status` is a null pointer, and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_UNKNOWN_ERROR The file holds an unknown value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_xgmi_error_status(
    dv_ind: u32,
    status: *mut rsmi_xgmi_status_t,
) -> rsmi_status_t {
    get(dv_ind, status, Null::Asks(Function("rsmi_dev_xgmi_error_status")), |gpu| {
        ask(gpu, &XgmiError)
    })
}

/// Resets the value of rsmi_dev_xgmi_error_status(). It does not need root.
///
/// The function reads sysfs `xgmi_error`, which makes the driver reset the value.
///
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_xgmi_error_reset(dv_ind: u32) -> rsmi_status_t {
    finish(with_gpu(dv_ind, |gpu| ask(gpu, &ResetXgmiError)))
}

/// Reads the id of the XGMI hive, from KFD. All devices of one hive have the same id.
///
/// @param[out] hive_id The id. 0 if the device is in no hive.
/// @retval RSMI_STATUS_INVALID_ARGS `hive_id` is a null pointer.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_xgmi_hive_id_get(
    dv_ind: u32,
    hive_id: *mut u64,
) -> rsmi_status_t {
    get_fact(dv_ind, hive_id, Null::Invalid, Fact::HiveId, |gpu| ask(gpu, &HiveId))
}
