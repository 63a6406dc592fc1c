//! Initialisation and shutdown.

use crate::entry::finish;
use crate::runtime;
use crate::types::rsmi_status_t;
use rsmi_macros::export;

/// Initialises the library: finds the GPUs, and reads what cannot change. AMD SMI is opened later,
/// when a question needs it.
///
/// May be called any number of times, by anybody in the process; the library shuts down when
/// `rsmi_shut_down` has been called as often. The first call's flags count:
/// RSMI_INIT_FLAG_RESRV_TEST1 lets calls on a device that is in use return RSMI_STATUS_BUSY at
/// once; the others are accepted and change nothing.
///
/// Returns RSMI_STATUS_SUCCESS, also on a machine that has KFD and no GPU;
/// RSMI_STATUS_INIT_ERROR without the amdgpu driver, or where too few descriptors are free;
/// RSMI_STATUS_REFCOUNT_OVERFLOW after 2147483647 calls. A call that fails does not count.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_init(init_flags: u64) -> rsmi_status_t {
    finish(runtime::init(init_flags))
}

/// Takes one `rsmi_init` back; the last one shuts the library down.
///
/// Returns RSMI_STATUS_INIT_ERROR where none is left to take back.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_shut_down() -> rsmi_status_t {
    finish(runtime::shut_down())
}
