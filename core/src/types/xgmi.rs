//! Errors of the XGMI links.

use rsmi_macros::c_enum;

/// The error status of the XGMI links of a device, since the last reset.
#[c_enum]
#[repr(C)]
pub enum rsmi_xgmi_status_t {
    /// There was no error.
    RSMI_XGMI_STATUS_NO_ERRORS = 0,
    /// There was one error.
    RSMI_XGMI_STATUS_ERROR = 1,
    /// There was more than one error.
    RSMI_XGMI_STATUS_MULTIPLE_ERRORS = 2,
}
