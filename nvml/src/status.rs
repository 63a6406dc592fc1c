//! What a function returns: nvmlReturn_t.

use crate::house::{Answer, Manner, put_whole, rsmi::rsmi_status_t};
use std::ffi::CStr;

/// nvmlReturn_t; every number is one.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub i32);

put_whole!(Status);

impl Status {
    pub const SUCCESS: Self = Self(0);
    pub const UNINITIALIZED: Self = Self(1);
    pub const INVALID_ARGUMENT: Self = Self(2);
    pub const NOT_SUPPORTED: Self = Self(3);
    pub const NO_PERMISSION: Self = Self(4);
    pub const NOT_FOUND: Self = Self(6);
    pub const INSUFFICIENT_SIZE: Self = Self(7);
    pub const DRIVER_NOT_LOADED: Self = Self(9);
    pub const MEMORY: Self = Self(20);
    pub const ARGUMENT_VERSION_MISMATCH: Self = Self(25);
}

/// A value, or the status that says why there is none.
pub(crate) type Result<T = ()> = std::result::Result<T, Status>;

/// Nobody's fault is unknown to a client: a panic is as if the value could not be read.
pub(crate) static MANNER: Manner = Manner {
    out_of_memory: Status::MEMORY.0,
    panicked: Status::NOT_SUPPORTED.0,
    name: |status| name(Status(status)),
};

/// What becomes of an answer. Clients live with NOT_SUPPORTED, and not with every other status; so
/// whatever cannot be read is not supported.
pub(crate) fn read<T>(answer: Answer<T>) -> Result<T> {
    answer.map_err(|status| match status {
        rsmi_status_t::RSMI_STATUS_OUT_OF_RESOURCES => Status::MEMORY,
        _ => Status::NOT_SUPPORTED,
    })
}

/// What becomes of a change: a client may ask for too much, or not be allowed to.
pub(crate) fn changed(answer: Answer) -> Result {
    answer.map_err(|status| match status {
        rsmi_status_t::RSMI_STATUS_PERMISSION => Status::NO_PERMISSION,
        rsmi_status_t::RSMI_STATUS_INVALID_ARGS
        | rsmi_status_t::RSMI_STATUS_INPUT_OUT_OF_BOUNDS => Status::INVALID_ARGUMENT,
        rsmi_status_t::RSMI_STATUS_OUT_OF_RESOURCES => Status::MEMORY,
        _ => Status::NOT_SUPPORTED,
    })
}

/// The number, name and text of each status that release 550 has; clients print the text.
#[rustfmt::skip]
const TEXTS: &[(i32, &str, &CStr)] = &[
    (0, "NVML_SUCCESS", c"Success"),
    (1, "NVML_ERROR_UNINITIALIZED", c"Uninitialized"),
    (2, "NVML_ERROR_INVALID_ARGUMENT", c"Invalid Argument"),
    (3, "NVML_ERROR_NOT_SUPPORTED", c"Not Supported"),
    (4, "NVML_ERROR_NO_PERMISSION", c"Insufficient Permissions"),
    (5, "NVML_ERROR_ALREADY_INITIALIZED", c"Already Initialized"),
    (6, "NVML_ERROR_NOT_FOUND", c"Not Found"),
    (7, "NVML_ERROR_INSUFFICIENT_SIZE", c"Insufficient Size"),
    (8, "NVML_ERROR_INSUFFICIENT_POWER", c"Insufficient External Power"),
    (9, "NVML_ERROR_DRIVER_NOT_LOADED", c"Driver Not Loaded"),
    (10, "NVML_ERROR_TIMEOUT", c"Timeout"),
    (11, "NVML_ERROR_IRQ_ISSUE", c"Interrupt Request Issue"),
    (12, "NVML_ERROR_LIBRARY_NOT_FOUND", c"NVML Shared Library Not Found"),
    (13, "NVML_ERROR_FUNCTION_NOT_FOUND", c"Function Not Found"),
    (14, "NVML_ERROR_CORRUPTED_INFOROM", c"Corrupted infoROM"),
    (15, "NVML_ERROR_GPU_IS_LOST", c"GPU is lost"),
    (16, "NVML_ERROR_RESET_REQUIRED", c"GPU requires reset"),
    (17, "NVML_ERROR_OPERATING_SYSTEM", c"GPU access blocked by the operating system"),
    (18, "NVML_ERROR_LIB_RM_VERSION_MISMATCH", c"Driver/library version mismatch"),
    (19, "NVML_ERROR_IN_USE", c"In use by another client"),
    (20, "NVML_ERROR_MEMORY", c"Insufficient Memory"),
    (21, "NVML_ERROR_NO_DATA", c"No data"),
    (22, "NVML_ERROR_VGPU_ECC_NOT_SUPPORTED", c"vGPU ECC not supported"),
    (23, "NVML_ERROR_INSUFFICIENT_RESOURCES", c"Insufficient Resources"),
    (24, "NVML_ERROR_FREQ_NOT_SUPPORTED", c"Invalid Frequency"),
    (25, "NVML_ERROR_ARGUMENT_VERSION_MISMATCH", c"Argument version mismatch"),
    (26, "NVML_ERROR_DEPRECATED", c"Requested functionality has been deprecated"),
    (27, "NVML_ERROR_NOT_READY", c"System is not in ready state"),
    (28, "NVML_ERROR_GPU_NOT_FOUND", c"No supported GPUs were found"),
    (29, "NVML_ERROR_INVALID_STATE", c"Resource not in correct state to perform requested operation"),
];

pub(crate) fn text(status: Status) -> &'static CStr {
    let found = TEXTS.iter().find(|(number, ..)| *number == status.0);
    found.map_or(c"Unknown Error", |(.., text)| *text)
}

fn name(status: Status) -> &'static str {
    let found = TEXTS.iter().find(|(number, ..)| *number == status.0);
    found.map_or("unknown", |(_, name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_not_supported_and_a_refusal_is_told() {
        let refused = rsmi_status_t::RSMI_STATUS_PERMISSION;
        assert_eq!(read::<()>(Err(refused)), Err(Status::NOT_SUPPORTED));
        assert_eq!(changed(Err(refused)), Err(Status::NO_PERMISSION));
        let memory = rsmi_status_t::RSMI_STATUS_OUT_OF_RESOURCES;
        assert_eq!(
            (read::<()>(Err(memory)), changed(Err(memory))),
            (Err(Status(20)), Err(Status(20)))
        );
        for number in 0..64 {
            let status = rsmi_status_t(number);
            let Err(Status(read)) = read::<()>(Err(status)) else {
                panic!("{status:?} is no error")
            };
            let Err(Status(changed)) = changed(Err(status)) else {
                panic!("{status:?} is no error")
            };
            assert!([3, 20].contains(&read) && [2, 3, 4, 20].contains(&changed), "{status:?}");
        }
    }

    #[test]
    fn the_texts_are_in_the_order_of_their_numbers() {
        assert!(TEXTS.iter().map(|(number, ..)| *number).eq(0..30));
        assert_eq!((text(Status(0)), text(Status(29))), (c"Success", TEXTS[29].2));
        for unknown in [-1, 30, 999] {
            assert_eq!(
                (text(Status(unknown)), name(Status(unknown))),
                (c"Unknown Error", "unknown")
            );
        }
    }
}
