//! The statuses that functions return, and the flags of rsmi_init().

use rsmi_macros::c_enum;

/// The statuses that functions return.
#[c_enum]
#[repr(C)]
pub enum rsmi_status_t {
    /// The call succeeded.
    RSMI_STATUS_SUCCESS = 0,
    /// An argument is invalid: a null pointer, an index that no device has, or an unknown value.
    RSMI_STATUS_INVALID_ARGS = 1,
    /// The device, the driver or the kernel does not support this.
    RSMI_STATUS_NOT_SUPPORTED = 2,
    /// The library could not open, read or write a file of the kernel.
    RSMI_STATUS_FILE_ERROR = 3,
    /// The process does not have the permission. Most setters need root.
    RSMI_STATUS_PERMISSION = 4,
    /// There is not enough memory or another resource.
    RSMI_STATUS_OUT_OF_RESOURCES = 5,
    /// The library itself failed.
    RSMI_STATUS_INTERNAL_EXCEPTION = 6,
    /// A value is outside the range that is allowed or safe.
    RSMI_STATUS_INPUT_OUT_OF_BOUNDS = 7,
    /// rsmi_init() failed, or was not called.
    RSMI_STATUS_INIT_ERROR = 8,
    /// An older name of RSMI_STATUS_INIT_ERROR.
    RSMI_INITIALIZATION_ERROR = RSMI_STATUS_INIT_ERROR,
    /// The library does not support this for these devices yet.
    RSMI_STATUS_NOT_YET_IMPLEMENTED = 9,
    /// The item does not exist.
    RSMI_STATUS_NOT_FOUND = 10,
    /// The buffer is too small. The function wrote as much as fits.
    RSMI_STATUS_INSUFFICIENT_SIZE = 11,
    /// A signal interrupted the call.
    RSMI_STATUS_INTERRUPT = 12,
    /// The amount of data differs from what the library expects.
    RSMI_STATUS_UNEXPECTED_SIZE = 13,
    /// There is no data, or no more data.
    RSMI_STATUS_NO_DATA = 14,
    /// The library does not understand the data that it read.
    RSMI_STATUS_UNEXPECTED_DATA = 15,
    /// Another thread or program is using the device or a lock.
    RSMI_STATUS_BUSY = 16,
    /// INT32_MAX calls of rsmi_init() have no rsmi_shut_down() yet.
    RSMI_STATUS_REFCOUNT_OVERFLOW = 17,
    /// The device does not offer this setting now.
    RSMI_STATUS_SETTING_UNAVAILABLE = 18,
    /// The amdgpu driver was not reloaded.
    RSMI_STATUS_AMDGPU_RESTART_ERR = 19,
    /// libdrm returned an error.
    RSMI_STATUS_DRM_ERROR = 20,
    /// The library could not open another library.
    RSMI_STATUS_FAIL_LOAD_MODULE = 21,
    /// Another library does not have a function.
    RSMI_STATUS_FAIL_LOAD_SYMBOL = 22,
    /// An error without a number of its own.
    RSMI_STATUS_UNKNOWN_ERROR = 0xFFFF_FFFF,
}

/// Flags of rsmi_init(). Join several with |.
#[c_enum(u64)]
#[repr(C)]
pub enum rsmi_init_flags_t {
    /// List all GPUs, not only those of AMD.
    RSMI_INIT_FLAG_ALL_GPUS = 1,
    /// Lock devices only between the threads of this process, not between processes.
    RSMI_INIT_FLAG_THRAD_ONLY_MUTEX = 0x0400_0000_0000_0000,
    /// Reserved for tests.
    RSMI_INIT_FLAG_RESRV_TEST1 = 0x0800_0000_0000_0000,
}
