//! A thread that is cancelled ends after the call that it is in.
//!
//! pthread_cancel would unwind it from the midst of a read, through frames of Rust, which ends the
//! process.

use std::ffi::c_int;

#[allow(unused_doc_comments, reason = "cbindgen reads it")]
/// cbindgen:ignore
unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
}

const DISABLE: c_int = 1;

/// This thread is not cancelled, as long as this lives.
pub(crate) struct Uncancelled(c_int);

impl Uncancelled {
    pub(crate) fn begin() -> Self {
        let mut before = DISABLE;
        // SAFETY: the pointer is to such a value.
        unsafe { pthread_setcancelstate(DISABLE, &raw mut before) };
        Self(before)
    }
}

impl Drop for Uncancelled {
    fn drop(&mut self) {
        let mut before = DISABLE;
        // SAFETY: as above; the state is the one that was.
        unsafe { pthread_setcancelstate(self.0, &raw mut before) };
    }
}
