//! Initialisation and shutdown.

use crate::entry::{self, finish};
use crate::types::rsmi_status_t;
use rsmi_macros::export;

/// Initialises the library.
///
/// The function finds the GPUs and reads the values that cannot change. The first later function
/// that needs AMD SMI opens it. Any part of a process may call rsmi_init(), any number of times. The
/// library stays initialised until rsmi_shut_down() was called as often.
///
/// @param[in] init_flags Zero, or values of rsmi_init_flags_t joined with |. Only the flags of the
///   first call count. With RSMI_INIT_FLAG_RESRV_TEST1 a function returns RSMI_STATUS_BUSY at once
///   if another thread is using the device. The library accepts every other flag and ignores it.
/// @return RSMI_STATUS_SUCCESS, also on a machine that has KFD and no GPU; or:
/// @retval RSMI_STATUS_INIT_ERROR The amdgpu driver is not loaded, or the process has too few file
///   descriptors left.
/// @retval RSMI_STATUS_REFCOUNT_OVERFLOW 2147483647 calls have no rsmi_shut_down() yet. A call that
///   fails does not count.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_init(init_flags: u64) -> rsmi_status_t {
    finish(entry::init(init_flags))
}

/// Ends one rsmi_init(). The last call shuts the library down.
///
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INIT_ERROR The library is not initialised.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_shut_down() -> rsmi_status_t {
    finish(entry::shut_down())
}
