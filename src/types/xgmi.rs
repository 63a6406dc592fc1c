//! Errors of the links between GPUs.

use rsmi_macros::c_enum;

/// Errors of the links since they were last reset.
#[c_enum]
#[repr(C)]
pub enum rsmi_xgmi_status_t {
    /// None.
    RSMI_XGMI_STATUS_NO_ERRORS = 0,
    /// One.
    RSMI_XGMI_STATUS_ERROR = 1,
    /// More than one.
    RSMI_XGMI_STATUS_MULTIPLE_ERRORS = 2,
}
