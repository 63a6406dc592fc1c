//! rsmi_status_t out of amdsmi status, errno and our own errors: one table each.

use crate::caller;
use crate::types::rsmi_status_t as S;
use rsmi_generations::Generation;
use std::borrow::Cow;
use std::ffi::CStr;

pub(crate) type Result<T = ()> = std::result::Result<T, S>;

/// What is written and what is returned; some functions write although they fail.
pub(crate) struct Reply<T> {
    pub(crate) status: S,
    pub(crate) value: Option<T>,
}

impl<T> Reply<T> {
    pub(crate) fn result(self) -> Result<T> {
        match (self.status, self.value) {
            (S::RSMI_STATUS_SUCCESS, Some(value)) => Ok(value),
            (S::RSMI_STATUS_SUCCESS, None) => Err(S::RSMI_STATUS_UNKNOWN_ERROR),
            (status, _) => Err(status),
        }
    }

    /// The value, or on failure `instead` beside the status.
    pub(crate) fn or_write(result: Result<T>, instead: T) -> Self {
        match result {
            Ok(value) => Self { status: S::RSMI_STATUS_SUCCESS, value: Some(value) },
            Err(status) => Self { status, value: Some(instead) },
        }
    }
}

impl<T> From<Result<T>> for Reply<T> {
    fn from(result: Result<T>) -> Self {
        match result {
            Ok(value) => Self { status: S::RSMI_STATUS_SUCCESS, value: Some(value) },
            Err(status) => Self { status, value: None },
        }
    }
}

/// A text that was made for the answer, or one that is kept.
impl<'kept> From<Reply<&'kept [u8]>> for Reply<Cow<'kept, [u8]>> {
    fn from(reply: Reply<&'kept [u8]>) -> Self {
        Self { status: reply.status, value: reply.value.map(Cow::Borrowed) }
    }
}

impl From<Result<Vec<u8>>> for Reply<Cow<'_, [u8]>> {
    fn from(result: Result<Vec<u8>>) -> Self {
        result.map(Cow::Owned).into()
    }
}

/// amdsmi's statuses, and their names behind AMDSMI_STATUS_. A number that is not here is unknown to
/// us, and to rsmi.
#[rustfmt::skip]
const FROM_AMDSMI: &[(u32, S, &str)] = &[
    (0, S::RSMI_STATUS_SUCCESS, "SUCCESS"),
    (1, S::RSMI_STATUS_INVALID_ARGS, "INVAL"),
    (2, S::RSMI_STATUS_NOT_SUPPORTED, "NOT_SUPPORTED"),
    (3, S::RSMI_STATUS_NOT_YET_IMPLEMENTED, "NOT_YET_IMPLEMENTED"),
    (4, S::RSMI_STATUS_FAIL_LOAD_MODULE, "FAIL_LOAD_MODULE"),
    (5, S::RSMI_STATUS_FAIL_LOAD_SYMBOL, "FAIL_LOAD_SYMBOL"),
    (6, S::RSMI_STATUS_DRM_ERROR, "DRM_ERROR"),
    (7, S::RSMI_STATUS_UNKNOWN_ERROR, "API_FAILED"),
    (8, S::RSMI_STATUS_BUSY, "TIMEOUT"),
    (9, S::RSMI_STATUS_BUSY, "RETRY"),
    (10, S::RSMI_STATUS_PERMISSION, "NO_PERM"),
    (11, S::RSMI_STATUS_INTERRUPT, "INTERRUPT"),
    (12, S::RSMI_STATUS_UNEXPECTED_SIZE, "IO"),                             // rsmi maps EIO so
    (13, S::RSMI_STATUS_INTERNAL_EXCEPTION, "ADDRESS_FAULT"),
    (14, S::RSMI_STATUS_FILE_ERROR, "FILE_ERROR"),
    (15, S::RSMI_STATUS_OUT_OF_RESOURCES, "OUT_OF_RESOURCES"),
    (16, S::RSMI_STATUS_INTERNAL_EXCEPTION, "INTERNAL_EXCEPTION"),
    (17, S::RSMI_STATUS_INPUT_OUT_OF_BOUNDS, "INPUT_OUT_OF_BOUNDS"),
    (18, S::RSMI_STATUS_INIT_ERROR, "INIT_ERROR"),
    (19, S::RSMI_STATUS_REFCOUNT_OVERFLOW, "REFCOUNT_OVERFLOW"),
    (20, S::RSMI_STATUS_NOT_SUPPORTED, "DIRECTORY_NOT_FOUND"),
    (30, S::RSMI_STATUS_BUSY, "BUSY"),
    (31, S::RSMI_STATUS_NOT_FOUND, "NOT_FOUND"),
    (32, S::RSMI_STATUS_INIT_ERROR, "NOT_INIT"),
    (33, S::RSMI_STATUS_OUT_OF_RESOURCES, "NO_SLOT"),
    (34, S::RSMI_STATUS_INIT_ERROR, "DRIVER_NOT_LOADED"),
    (39, S::RSMI_STATUS_INSUFFICIENT_SIZE, "MORE_DATA"),
    (40, S::RSMI_STATUS_NO_DATA, "NO_DATA"),
    (41, S::RSMI_STATUS_INSUFFICIENT_SIZE, "INSUFFICIENT_SIZE"),
    (42, S::RSMI_STATUS_UNEXPECTED_SIZE, "UNEXPECTED_SIZE"),
    (43, S::RSMI_STATUS_UNEXPECTED_DATA, "UNEXPECTED_DATA"),
    (44, S::RSMI_STATUS_NOT_SUPPORTED, "NON_AMD_CPU"),                      // 44 to 51 speak of CPUs
    (45, S::RSMI_STATUS_NOT_SUPPORTED, "NO_ENERGY_DRV"),
    (46, S::RSMI_STATUS_NOT_SUPPORTED, "NO_MSR_DRV"),
    (47, S::RSMI_STATUS_NOT_SUPPORTED, "NO_HSMP_DRV"),
    (48, S::RSMI_STATUS_NOT_SUPPORTED, "NO_HSMP_SUP"),
    (49, S::RSMI_STATUS_NOT_SUPPORTED, "NO_HSMP_MSG_SUP"),
    (50, S::RSMI_STATUS_NOT_SUPPORTED, "HSMP_TIMEOUT"),
    (51, S::RSMI_STATUS_NOT_SUPPORTED, "NO_DRV"),
    (52, S::RSMI_STATUS_NOT_SUPPORTED, "FILE_NOT_FOUND"),                   // rsmi maps ENOENT so
    (53, S::RSMI_STATUS_INVALID_ARGS, "ARG_PTR_NULL"),
    (54, S::RSMI_STATUS_AMDGPU_RESTART_ERR, "AMDGPU_RESTART_ERR"),
    (55, S::RSMI_STATUS_SETTING_UNAVAILABLE, "SETTING_UNAVAILABLE"),
    (56, S::RSMI_STATUS_UNEXPECTED_DATA, "CORRUPTED_EEPROM"),
    (57, S::RSMI_STATUS_INSUFFICIENT_SIZE, "MORE_DATA"),                    // 6.4
];

pub(crate) fn from_amdsmi(status: u32) -> Result {
    let found = FROM_AMDSMI.iter().find(|(number, ..)| *number == status);
    match found.map_or(S::RSMI_STATUS_UNKNOWN_ERROR, |(_, rsmi, _)| *rsmi) {
        S::RSMI_STATUS_SUCCESS => Ok(()),
        error => Err(error),
    }
}

/// A status of amdsmi's for the log: its number, and its name if it has one.
pub(crate) fn amdsmi_text(status: u32) -> String {
    match FROM_AMDSMI.iter().find(|(number, ..)| *number == status) {
        Some((.., name)) => format!("{status} AMDSMI_STATUS_{name}"),
        None => status.to_string(),
    }
}

/// What the legacy library of the client's generation makes of an errno when it reads a file.
pub(crate) fn from_errno(errno: i32) -> S {
    errno_for(caller::speaks(), errno)
}

fn errno_for(generation: Generation, errno: i32) -> S {
    match errno {
        libc::ESRCH => S::RSMI_STATUS_NOT_FOUND,
        libc::EACCES => S::RSMI_STATUS_PERMISSION,
        libc::EPERM | libc::ENOENT => S::RSMI_STATUS_NOT_SUPPORTED,
        libc::EBADF | libc::EISDIR => S::RSMI_STATUS_FILE_ERROR,
        libc::EINTR => S::RSMI_STATUS_INTERRUPT,
        libc::EIO => S::RSMI_STATUS_UNEXPECTED_SIZE,
        libc::ENXIO => S::RSMI_STATUS_UNEXPECTED_DATA,
        libc::EBUSY => S::RSMI_STATUS_BUSY,
        libc::EINVAL if generation >= Generation::V6_3 => S::RSMI_STATUS_INVALID_ARGS,
        _ => S::RSMI_STATUS_UNKNOWN_ERROR,
    }
}

/// What becomes of an errno with which the read of a file failed that could be opened: the driver
/// refuses to answer, EPERM while it resets the GPU or the GPU is suspended.
pub(crate) fn from_read(errno: i32) -> S {
    match errno {
        libc::EPERM | libc::EAGAIN => S::RSMI_STATUS_BUSY,
        libc::EOPNOTSUPP => S::RSMI_STATUS_NOT_SUPPORTED,
        libc::ENODATA => S::RSMI_STATUS_NO_DATA,
        _ => from_errno(errno),
    }
}

/// The names of what files fail with.
#[rustfmt::skip]
const ERRNOS: &[(i32, &str)] = &[
    (libc::EPERM, "EPERM"), (libc::ENOENT, "ENOENT"), (libc::ESRCH, "ESRCH"), (libc::EIO, "EIO"),
    (libc::ENXIO, "ENXIO"), (libc::EBADF, "EBADF"), (libc::EAGAIN, "EAGAIN"),
    (libc::ENOMEM, "ENOMEM"), (libc::EACCES, "EACCES"), (libc::EFAULT, "EFAULT"),
    (libc::EBUSY, "EBUSY"), (libc::ENODEV, "ENODEV"), (libc::ENOTDIR, "ENOTDIR"),
    (libc::EISDIR, "EISDIR"), (libc::EINVAL, "EINVAL"), (libc::EMFILE, "EMFILE"),
    (libc::ENFILE, "ENFILE"), (libc::ENOSPC, "ENOSPC"), (libc::EROFS, "EROFS"),
    (libc::ERANGE, "ERANGE"), (libc::ENOSYS, "ENOSYS"), (libc::ENODATA, "ENODATA"),
    (libc::ETIME, "ETIME"), (libc::EPROTO, "EPROTO"), (libc::EOPNOTSUPP, "EOPNOTSUPP"),
    (libc::ETIMEDOUT, "ETIMEDOUT"), (libc::ECANCELED, "ECANCELED"),
];

/// An errno for the log: its name and what it stands for.
pub(crate) fn errno_text(errno: i32) -> String {
    let text = std::io::Error::from_raw_os_error(errno);
    match ERRNOS.iter().find(|(number, _)| *number == errno) {
        Some((_, name)) => format!("{name}, {text}"),
        None => text.to_string(),
    }
}

/// The name and the sentence of each status; clients print the sentence.
#[rustfmt::skip]
const TEXTS: &[(S, &CStr)] = &[
    (S::RSMI_STATUS_SUCCESS, c"RSMI_STATUS_SUCCESS: The function has been executed successfully."),
    (S::RSMI_STATUS_INVALID_ARGS, c"RSMI_STATUS_INVALID_ARGS: The provided arguments do not meet the preconditions required for calling this function."),
    (S::RSMI_STATUS_NOT_SUPPORTED, c"RSMI_STATUS_NOT_SUPPORTED: This function is not supported in the current environment."),
    (S::RSMI_STATUS_FILE_ERROR, c"RSMI_STATUS_FILE_ERROR: There was an error in finding or opening a file or directory. The operation may not be supported by this Linux kernel version."),
    (S::RSMI_STATUS_PERMISSION, c"RSMI_STATUS_PERMISSION: The user ID of the calling process does not have sufficient permission to execute a command.  Often this is fixed by running as root (sudo)."),
    (S::RSMI_STATUS_OUT_OF_RESOURCES, c"RSMI_STATUS_OUT_OF_RESOURCES: Unable to acquire memory or other resource"),
    (S::RSMI_STATUS_INTERNAL_EXCEPTION, c"RSMI_STATUS_INTERNAL_EXCEPTION: An internal exception was caught"),
    (S::RSMI_STATUS_INPUT_OUT_OF_BOUNDS, c"RSMI_STATUS_INPUT_OUT_OF_BOUNDS: The provided input is out of allowable or safe range"),
    (S::RSMI_STATUS_INIT_ERROR, c"RSMI_STATUS_INIT_ERROR: An error occurred during initialization, during monitor discovery or when when initializing internal data structures"),
    (S::RSMI_STATUS_NOT_YET_IMPLEMENTED, c"RSMI_STATUS_NOT_YET_IMPLEMENTED: The called function has not been implemented in this system for this device type"),
    (S::RSMI_STATUS_NOT_FOUND, c"RSMI_STATUS_NOT_FOUND: An item required to complete the call was not found"),
    (S::RSMI_STATUS_INSUFFICIENT_SIZE, c"RSMI_STATUS_INSUFFICIENT_SIZE: Not enough resources were available to fully execute the call"),
    (S::RSMI_STATUS_INTERRUPT, c"RSMI_STATUS_INTERRUPT: An interrupt occurred while executing the function"),
    (S::RSMI_STATUS_UNEXPECTED_SIZE, c"RSMI_STATUS_UNEXPECTED_SIZE: Data (usually from reading a file) was out of range from what was expected"),
    (S::RSMI_STATUS_NO_DATA, c"RSMI_STATUS_NO_DATA: No data was found (usually from reading a file) where data was expected"),
    (S::RSMI_STATUS_UNEXPECTED_DATA, c"RSMI_STATUS_UNEXPECTED_DATA: Data read (usually from a file) or provided to function is not what was expected"),
    (S::RSMI_STATUS_BUSY, c"RSMI_STATUS_BUSY: A resource or mutex could not be acquired because it is already being used"),
    (S::RSMI_STATUS_REFCOUNT_OVERFLOW, c"RSMI_STATUS_REFCOUNT_OVERFLOW: An internal reference counter exceeded INT32_MAX"),
    (S::RSMI_STATUS_SETTING_UNAVAILABLE, c"RSMI_STATUS_SETTING_UNAVAILABLE: Requested setting is unavailable for the current device"),
    (S::RSMI_STATUS_AMDGPU_RESTART_ERR, c"RSMI_STATUS_AMDGPU_RESTART_ERR: Could not successfully restart the amdgpu driver"),
    (S::RSMI_STATUS_DRM_ERROR, c"RSMI_STATUS_DRM_ERROR: An error occurred when calling libdrm"),
    (S::RSMI_STATUS_FAIL_LOAD_MODULE, c"RSMI_STATUS_FAIL_LOAD_MODULE: Failed to load the required module"),
    (S::RSMI_STATUS_FAIL_LOAD_SYMBOL, c"RSMI_STATUS_FAIL_LOAD_SYMBOL: Failed to load the required symbol"),
    (S::RSMI_STATUS_UNKNOWN_ERROR, c"RSMI_STATUS_UNKNOWN_ERROR: An unknown error prevented the call from completing successfully"),
];

/// What a number gets that no header lists.
const UNKNOWN: &CStr = c"RSMI_STATUS_UNKNOWN_ERROR: An unknown error occurred";

/// Where ROCm 5 began to leave the names out, and where its list ended.
const NAMELESS_IN_FIVE: u32 = S::RSMI_STATUS_OUT_OF_RESOURCES.0;
const LAST_IN_FIVE: u32 = S::RSMI_STATUS_REFCOUNT_OVERFLOW.0;

/// What ROCm 5 had another sentence for.
const UNEXPECTED_DATA_IN_FIVE: &CStr =
    c"Data (usually from reading a file) was not of the type that was expected";

/// The sentence for a status, and what `rsmi_status_string` itself returns for it.
pub(crate) fn text(status: S, generation: Generation) -> (&'static CStr, S) {
    if generation == Generation::V5 {
        return text_in_five(status);
    }
    // The three came with ROCm 6.4's header, their sentences only with 7.0.
    let too_new = !generation.is_seven()
        && (S::RSMI_STATUS_DRM_ERROR.0..=S::RSMI_STATUS_FAIL_LOAD_SYMBOL.0).contains(&status.0);
    match TEXTS.iter().find(|(listed, _)| *listed == status && !too_new) {
        Some((_, text)) => (text, S::RSMI_STATUS_SUCCESS),
        None => (UNKNOWN, S::RSMI_STATUS_UNKNOWN_ERROR),
    }
}

fn text_in_five(status: S) -> (&'static CStr, S) {
    let (text, outcome) = match status {
        S::RSMI_STATUS_UNEXPECTED_DATA => (UNEXPECTED_DATA_IN_FIVE, S::RSMI_STATUS_SUCCESS),
        S(0..=LAST_IN_FIVE) | S::RSMI_STATUS_UNKNOWN_ERROR => text(status, Generation::V6_0),
        _ => (UNKNOWN, S::RSMI_STATUS_UNKNOWN_ERROR),
    };
    (if status.0 < NAMELESS_IN_FIVE { text } else { without_name(text) }, outcome)
}

/// What stands behind the name and its colon.
fn without_name(text: &'static CStr) -> &'static CStr {
    let bytes = text.to_bytes_with_nul();
    let sentence = bytes.windows(2).position(|pair| pair == b": ").map_or(0, |at| at + 2);
    CStr::from_bytes_with_nul(&bytes[sentence..]).unwrap_or(text)
}

/// The bare name, for the log.
pub(crate) fn name(status: S) -> &'static str {
    let (text, _) = text(status, Generation::NEWEST);
    text.to_str().ok().and_then(|text| text.split(':').next()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_amdsmi_number_has_one_answer() {
        for number in 0..=0xFFFF {
            let listed = FROM_AMDSMI.iter().filter(|(listed, ..)| *listed == number).count();
            assert!(listed <= 1, "{number} is listed {listed} times");
            assert_eq!(from_amdsmi(number).is_ok(), number == 0, "{number}");
        }
        for number in [22, 58, 0xFFFF_FFFE, 0xFFFF_FFFF] {
            assert_eq!(from_amdsmi(number), Err(S::RSMI_STATUS_UNKNOWN_ERROR), "{number}");
        }
    }

    #[test]
    fn an_errno_is_what_the_original_made_of_it() {
        let of = |errno| errno_for(Generation::V7_0, errno);
        let listed = [
            (libc::ESRCH, S::RSMI_STATUS_NOT_FOUND),
            (libc::EACCES, S::RSMI_STATUS_PERMISSION),
            (libc::EPERM, S::RSMI_STATUS_NOT_SUPPORTED),
            (libc::ENOENT, S::RSMI_STATUS_NOT_SUPPORTED),
            (libc::EBADF, S::RSMI_STATUS_FILE_ERROR),
            (libc::EISDIR, S::RSMI_STATUS_FILE_ERROR),
            (libc::EINTR, S::RSMI_STATUS_INTERRUPT),
            (libc::EIO, S::RSMI_STATUS_UNEXPECTED_SIZE),
            (libc::ENXIO, S::RSMI_STATUS_UNEXPECTED_DATA),
            (libc::EBUSY, S::RSMI_STATUS_BUSY),
            (libc::EINVAL, S::RSMI_STATUS_INVALID_ARGS),
            (libc::ENOSPC, S::RSMI_STATUS_UNKNOWN_ERROR),
        ];
        for (errno, status) in listed {
            assert_eq!(of(errno), status, "{}", errno_text(errno));
        }
        let older = errno_for(Generation::V6_2, libc::EINVAL);
        assert_eq!(older, S::RSMI_STATUS_UNKNOWN_ERROR);
        // Where the driver refuses to answer.
        let read = [libc::EPERM, libc::EAGAIN, libc::EOPNOTSUPP, libc::ENODATA, libc::EACCES]
            .map(from_read);
        let expected = [
            S::RSMI_STATUS_BUSY,
            S::RSMI_STATUS_BUSY,
            S::RSMI_STATUS_NOT_SUPPORTED,
            S::RSMI_STATUS_NO_DATA,
            S::RSMI_STATUS_PERMISSION,
        ];
        assert_eq!(read, expected);
        assert!(errno_text(libc::EIO).starts_with("EIO, ") && !errno_text(12345).contains("EIO"));
    }

    #[test]
    fn the_log_names_what_amdsmi_returns() {
        assert_eq!(amdsmi_text(34), "34 AMDSMI_STATUS_DRIVER_NOT_LOADED");
        assert_eq!(amdsmi_text(58), "58");
    }

    #[test]
    fn a_status_that_rsmi_has_comes_back_from_amdsmi_as_itself() {
        // The numbers that libamd_smi's own rocm_smi turns its statuses into.
        let there = [0, 1, 2, 14, 10, 15, 16, 17, 32, 3, 31, 41, 11, 42, 40, 43, 30, 19, 55, 54];
        for (rsmi, amdsmi) in there.into_iter().enumerate() {
            let back = from_amdsmi(amdsmi).err().map_or(0, |status| status.0);
            assert_eq!(back, rsmi as u32, "amdsmi {amdsmi}");
        }
    }

    #[test]
    fn texts_are_known_by_generation() {
        assert_eq!(name(S::RSMI_STATUS_BUSY), "RSMI_STATUS_BUSY");
        assert_eq!(text(S(20), Generation::NEWEST).1, S::RSMI_STATUS_SUCCESS);
        assert_eq!(text(S(20), Generation::V6_4).1, S::RSMI_STATUS_UNKNOWN_ERROR);
        assert_eq!(text(S(23), Generation::NEWEST).1, S::RSMI_STATUS_UNKNOWN_ERROR);
        assert_eq!(text(S(u32::MAX), Generation::NEWEST).1, S::RSMI_STATUS_SUCCESS);
    }

    #[test]
    fn five_names_only_the_first_few() {
        let five = |number| text(S(number), Generation::V5);
        assert_eq!(five(4), text(S(4), Generation::NEWEST));
        assert_eq!(five(6), (c"An internal exception was caught", S::RSMI_STATUS_SUCCESS));
        assert!(five(15).0.to_bytes().ends_with(b"not of the type that was expected"));
        let unknown = (c"An unknown error occurred", S::RSMI_STATUS_UNKNOWN_ERROR);
        assert_eq!([five(18), five(20)], [unknown; 2]);
        assert_eq!(five(u32::MAX).1, S::RSMI_STATUS_SUCCESS);
    }

    #[test]
    fn a_refusal_was_nothing_known_before_6_3() {
        let told = |generation| errno_for(generation, libc::EINVAL);
        assert_eq!(told(Generation::V6_2), S::RSMI_STATUS_UNKNOWN_ERROR);
        assert_eq!(told(Generation::V6_3), S::RSMI_STATUS_INVALID_ARGS);
    }
}
