//! What every call answers, and what rsmi_init() takes.

use rsmi_macros::c_enum;

/// What a call answers.
#[c_enum]
#[repr(C)]
pub enum rsmi_status_t {
    /// The call did what it was asked to.
    RSMI_STATUS_SUCCESS = 0,
    /// An argument makes no sense: a null pointer, an index without a device, an unknown value.
    RSMI_STATUS_INVALID_ARGS = 1,
    /// This device, driver or kernel cannot answer this question or do this.
    RSMI_STATUS_NOT_SUPPORTED = 2,
    /// A file of the kernel could not be opened, read or written.
    RSMI_STATUS_FILE_ERROR = 3,
    /// The process lacks the permission; most settings need root.
    RSMI_STATUS_PERMISSION = 4,
    /// Memory or another resource has run out.
    RSMI_STATUS_OUT_OF_RESOURCES = 5,
    /// The library itself failed.
    RSMI_STATUS_INTERNAL_EXCEPTION = 6,
    /// A value lies outside the range that is allowed or safe.
    RSMI_STATUS_INPUT_OUT_OF_BOUNDS = 7,
    /// rsmi_init() failed, or was not called.
    RSMI_STATUS_INIT_ERROR = 8,
    /// Older spelling of RSMI_STATUS_INIT_ERROR.
    RSMI_INITIALIZATION_ERROR = RSMI_STATUS_INIT_ERROR,
    /// The library cannot do this for these devices yet.
    RSMI_STATUS_NOT_YET_IMPLEMENTED = 9,
    /// What was looked for is not there.
    RSMI_STATUS_NOT_FOUND = 10,
    /// The buffer is too small; as much as fits was written.
    RSMI_STATUS_INSUFFICIENT_SIZE = 11,
    /// A signal interrupted the call.
    RSMI_STATUS_INTERRUPT = 12,
    /// The kernel gave more or fewer bytes than it should have.
    RSMI_STATUS_UNEXPECTED_SIZE = 13,
    /// There is nothing to read, or nothing more.
    RSMI_STATUS_NO_DATA = 14,
    /// What was read cannot be understood.
    RSMI_STATUS_UNEXPECTED_DATA = 15,
    /// Somebody else is using the device or a lock.
    RSMI_STATUS_BUSY = 16,
    /// rsmi_init() was called INT32_MAX times without rsmi_shut_down().
    RSMI_STATUS_REFCOUNT_OVERFLOW = 17,
    /// The device does not offer this setting at the moment.
    RSMI_STATUS_SETTING_UNAVAILABLE = 18,
    /// The driver amdgpu could not be restarted.
    RSMI_STATUS_AMDGPU_RESTART_ERR = 19,
    /// libdrm reported an error.
    RSMI_STATUS_DRM_ERROR = 20,
    /// A library could not be loaded.
    RSMI_STATUS_FAIL_LOAD_MODULE = 21,
    /// A library lacks a function.
    RSMI_STATUS_FAIL_LOAD_SYMBOL = 22,
    /// An error that has no number of its own.
    RSMI_STATUS_UNKNOWN_ERROR = 0xFFFF_FFFF,
}

/// What rsmi_init() can be asked to do differently; join several with |.
#[c_enum(u64)]
#[repr(C)]
pub enum rsmi_init_flags_t {
    /// List every GPU, not only those of AMD.
    RSMI_INIT_FLAG_ALL_GPUS = 1,
    /// Lock devices between the threads of this process only, not between processes.
    RSMI_INIT_FLAG_THRAD_ONLY_MUTEX = 0x0400_0000_0000_0000,
    /// Reserved for tests.
    RSMI_INIT_FLAG_RESRV_TEST1 = 0x0800_0000_0000_0000,
}
