//! The functions of the list that no chapter answers: build.rs writes a line for each.

use crate::entry::{begun, exported};
use crate::status::Status;

/// A client that links to the library, or looks all functions up when it starts, wants every name. The
/// arguments are nobody's business: the caller of a C function clears them away itself.
macro_rules! unanswered {
    ($name:ident) => {
        #[unsafe(no_mangle)]
        #[allow(non_snake_case, reason = "NVML's name")]
        extern "C" fn $name() -> Status {
            exported(stringify!($name), &[], || begun(|| Err(Status::NOT_SUPPORTED)))
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/unanswered.rs"));
