//! The only code that knows libamd_smi.

mod buffer;
mod copies;
mod hazards;
mod identify;
mod installed;
mod library;
mod load;
mod session;
mod symbols;

pub(crate) use buffer::Plain;
pub(crate) use identify::Release;
pub(crate) use library::in_use;
pub(crate) use session::{Session, be_told_of_exit, in_child};
pub(crate) use symbols::{Handle, Symbols};

use crate::log;
use crate::status::{self, Reply};
use crate::types::rsmi_status_t;
use library::AmdSmi;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const STATUS_SUCCESS: u32 = 0;
const STATUS_NOT_FOUND: u32 = 31;
const STATUS_NOT_INIT: u32 = 32;

thread_local! {
    /// How many calls into libamd_smi this thread is inside of.
    static INSIDE: Cell<u32> = const { Cell::new(0) };
}

/// Whether this thread is inside libamd_smi: an rsmi_init that arrives now is libamd_smi's own
/// that was bound to us, and must not start it again.
pub(crate) fn inside() -> bool {
    INSIDE.get() > 0
}

/// How many calls are under way, on all threads.
static CALLS: AtomicU32 = AtomicU32::new(0);

fn call<R>(ask: impl FnOnce() -> R) -> R {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            CALLS.fetch_sub(1, Ordering::Release);
            INSIDE.set(INSIDE.get() - 1);
        }
    }
    INSIDE.set(INSIDE.get() + 1);
    CALLS.fetch_add(1, Ordering::Acquire);
    let _leave = Leave;
    ask()
}

/// A device as libamd_smi has it: the n-th of the processors at its PCI address.
pub(crate) struct Device {
    pub(crate) session: Arc<Session>,
    /// Without the partition.
    pub(crate) address: u64,
    pub(crate) nth: usize,
    /// It is a part of a GPU.
    pub(crate) is_partition: bool,
}

impl Device {
    /// Asks libamd_smi for one value of the device; None where there is no libamd_smi that works,
    /// where this release has no such function, or does not list the device.
    ///
    /// `function` picks the function out of the symbols. The reply has what libamd_smi wrote, also
    /// where it wrote it beside a failure.
    pub(crate) fn ask<F: Copy, T: Plain + PartialEq>(
        &self,
        name: &'static str,
        function: impl FnOnce(&Symbols) -> Option<F>,
        call_it: impl Fn(F, Handle, *mut T) -> u32,
    ) -> Option<Reply<T>> {
        let smi = self.session.library()?;
        // Before 6.4 a partition was answered for out of the whole GPU's files.
        if self.is_partition && !smi.opened.names.at_least(Release::V6_4_0) {
            return None;
        }
        let function = function(smi.symbols())?;
        let mut answer = self.ask_once(smi, |handle, out| call_it(function, handle, out))?;
        // Somebody else in the process has shut it down, or initialised it anew.
        if matches!(answer.0, STATUS_NOT_INIT | STATUS_NOT_FOUND) && smi.revive() {
            answer = self.ask_once(smi, |handle, out| call_it(function, handle, out))?;
        }
        session::called(name);
        let (status, value) = answer;
        log::source(|| name.to_owned());
        let Ok(value) = value else {
            log::reason(|| format!("{name} wrote more than its value"));
            return Some(Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE).into());
        };
        Some(match status::from_amdsmi(status) {
            Ok(()) => Ok(value).into(),
            Err(failed) => {
                log::reason(|| format!("{name} returned {}", status::amdsmi_text(status)));
                Reply { status: failed, value: (value != buffer::untouched()).then_some(value) }
            }
        })
    }

    /// None where it does not list the device.
    fn ask_once<T: Plain>(
        &self,
        smi: &AmdSmi,
        call_it: impl FnOnce(Handle, *mut T) -> u32,
    ) -> Option<(u32, Result<T, buffer::Overrun>)> {
        smi.look();
        let handle = smi.processors().find(self.address, self.nth)?;
        Some(buffer::filled(|out| call(|| call_it(handle, out))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_knows_when_it_is_inside() {
        assert!(!inside());
        assert!(call(inside));
        assert!(std::panic::catch_unwind(|| call(|| panic!("on purpose"))).is_err());
        assert!(!inside());
    }
}
