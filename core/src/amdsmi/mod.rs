//! The only code that knows libamd_smi.

pub(crate) mod abi;
mod buffer;
mod call;
mod copies;
mod counter;
mod guard;
mod hazards;
mod identify;
mod library;
mod load;
mod notification;
mod session;
mod symbols;

pub(crate) use buffer::{Room, Written};
pub(crate) use counter::Counter;
pub(crate) use identify::Release;
pub(crate) use library::in_use;
pub(crate) use session::{Session, be_told_of_exit, in_child};
pub(crate) use symbols::{Handle, Symbols};

use crate::kernel::{kfd, sleep};
use crate::layout::Member;
use crate::log;
use crate::status;
use crate::told::Told;
use crate::types::rsmi_status_t;
use buffer::{Overrun, Plain, filled_by};
use call::{Call, Pick};
use identify::Identity;
use library::AmdSmi;
use std::cell::Cell;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const STATUS_SUCCESS: u32 = 0;
const STATUS_INTERNAL_EXCEPTION: u32 = 16;
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

/// Calls a function of libamd_smi. Where it throws, libamd_smi is not called any more in this process:
/// what it was doing is half done.
///
/// # Safety
/// The pointers among the arguments are good for what the function does with them.
unsafe fn call<F: Call<A>, A>(function: F, arguments: A) -> u32 {
    // SAFETY: as this function demands.
    enter(|| unsafe { function.call(arguments) }).unwrap_or_else(|| {
        session::is_gone();
        log::error(|| "a C++ exception left libamd_smi, which is not called any more".into());
        STATUS_INTERNAL_EXCEPTION
    })
}

fn enter<R>(ask: impl FnOnce() -> R) -> R {
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

/// Reads what a function has written that succeeded, and nothing of another.
fn of_success<T>(read: impl Fn(&Written) -> Option<T>) -> impl Fn(u32, &Written) -> Option<T> {
    move |status, written| if status == STATUS_SUCCESS { read(written) } else { None }
}

/// A device as libamd_smi has it: the n-th of the processors at its PCI address.
pub(crate) struct Device {
    pub(crate) session: Arc<Session>,
    /// Without the partition.
    pub(crate) address: u64,
    pub(crate) nth: usize,
    /// It is a part of a GPU.
    pub(crate) is_partition: bool,
    /// The device's directory, by which the kernel says whether the GPU sleeps.
    pub(crate) directory: String,
}

impl Device {
    /// Asks a function about this device. `arguments` makes what the function takes, of the device's
    /// handle and of places that it may write; `read` reads the answer there, None where it says that
    /// the value is not available.
    pub(crate) fn ask<F, A, T>(
        &self,
        pick: Pick<F>,
        arguments: impl Fn(Handle, &Room) -> A,
        read: impl Fn(&Written) -> Option<T>,
    ) -> Told<T>
    where
        F: Call<A>,
    {
        self.told(pick, |smi| self.handle(smi), &arguments, of_success(read))
    }

    /// Asks a function that writes one number.
    pub(crate) fn number<F, T>(&self, pick: Pick<F>) -> Told<T>
    where
        F: Call<(Handle, *mut T)>,
        T: Plain + PartialEq,
    {
        self.ask(pick, |handle, room| (handle, room.number(0)), |written| written.number(0))
    }

    /// Asks a function that writes one struct for a number in it.
    pub(crate) fn member<F>(&self, pick: Pick<F>, member: &Member<Release>) -> Told<u64>
    where
        F: Call<(Handle, *mut c_void)>,
    {
        let record = |handle, room: &Room| (handle, room.record(0));
        self.ask(pick, record, |written| written.told(member, 0))
    }

    /// As `ask`, where the function writes its values also where something else of it fails.
    pub(crate) fn ask_anyway<F, A, T>(
        &self,
        pick: Pick<F>,
        arguments: impl Fn(Handle, &Room) -> A,
        read: impl Fn(&Written) -> Option<T>,
    ) -> Told<T>
    where
        F: Call<A>,
    {
        self.told(pick, |smi| self.handle(smi), &arguments, |_, written| read(written))
    }

    /// As `ask`, about this device and another.
    pub(crate) fn ask_with<F, A, T>(
        &self,
        other: &Self,
        pick: Pick<F>,
        arguments: impl Fn(Handle, Handle, &Room) -> A,
        read: impl Fn(&Written) -> Option<T>,
    ) -> Told<T>
    where
        F: Call<A>,
    {
        let both = |smi: &AmdSmi| Some((self.handle(smi)?, other.handle(smi)?));
        let arguments = |(own, others): (Handle, Handle), room: &Room| arguments(own, others, room);
        self.told(pick, both, &arguments, of_success(read))
    }

    /// Has a function change something. In a virtual machine, where newer releases refuse what the
    /// original let through to the driver, nothing is told.
    pub(crate) fn set<F, A>(&self, pick: Pick<F>, arguments: impl Fn(Handle) -> A) -> Told<()>
    where
        F: Call<A>,
    {
        if kfd::is_vm_guest() {
            log::reason(|| "AMD SMI is not asked to change anything in a virtual machine".into());
            return Told::Unknown;
        }
        self.ask(pick, |handle, _| arguments(handle), |_| Some(()))
    }

    /// The release that answers; None for one that nobody knows, and where there is none.
    pub(crate) fn release(&self) -> Option<Release> {
        self.session.release()
    }

    /// As that of the session.
    pub(crate) fn has_known_lists(&self) -> bool {
        self.session.has_known_lists()
    }

    /// The device's handle; None where it is not listed.
    fn handle(&self, smi: &AmdSmi) -> Option<Handle> {
        smi.processors().find(self.address, self.nth)
    }

    fn told<F, A, W: Copy, T>(
        &self,
        pick: Pick<F>,
        whom: impl Fn(&AmdSmi) -> Option<W>,
        arguments: &impl Fn(W, &Room) -> A,
        read: impl Fn(u32, &Written) -> Option<T>,
    ) -> Told<T>
    where
        F: Call<A>,
    {
        if let Err(status) = sleep::awake(|| sleep::is_suspended(&self.directory)) {
            return Told::Fails(status);
        }
        let Some(smi) = self.session.library() else { return Told::Unknown };
        // Before 6.4 a partition was answered for out of the whole GPU's files.
        if self.is_partition && !smi.opened.names.at_least(Release::V6_4_0) {
            log::reason(|| "before ROCm 6.4 AMD SMI did not know partitions".into());
            return Told::Unknown;
        }
        self.session.ask(smi, pick, whom, arguments, read)
    }
}

impl Session {
    fn release(&self) -> Option<Release> {
        match self.library()?.identity() {
            Identity::Known(release) => Some(release),
            Identity::Unknown => None,
        }
    }

    /// Whether the elements of its lists are as long as they ever were: of a release that nobody knows
    /// they may be longer.
    pub(crate) fn has_known_lists(&self) -> bool {
        let known = self.release().is_some();
        if !known {
            log::reason(|| "nobody knows how long the elements of this AMD SMI's lists are".into());
        }
        known
    }

    /// Asks a function that is about no device.
    pub(crate) fn ask_all<F, A, T>(
        &self,
        pick: Pick<F>,
        arguments: impl Fn(&Room) -> A,
        read: impl Fn(&Written) -> Option<T>,
    ) -> Told<T>
    where
        F: Call<A>,
    {
        let Some(smi) = self.library() else { return Told::Unknown };
        let arguments = |(), room: &Room| arguments(room);
        self.ask(smi, pick, |_| Some(()), &arguments, of_success(read))
    }

    fn ask<F, A, W: Copy, T>(
        &self,
        smi: &AmdSmi,
        pick: Pick<F>,
        whom: impl Fn(&AmdSmi) -> Option<W>,
        arguments: &impl Fn(W, &Room) -> A,
        read: impl Fn(u32, &Written) -> Option<T>,
    ) -> Told<T>
    where
        F: Call<A>,
    {
        let symbol = pick(smi.symbols());
        let Some(function) = symbol.function else {
            log::reason(|| format!("this AMD SMI has no {}", symbol.name));
            return Told::Unknown;
        };
        let release = self.release();
        log::detail("calls", "calls", || symbol.name.to_owned());
        let once = || {
            smi.look();
            let whom = whom(smi)?;
            Some(filled_by(
                release,
                |room| {
                    let arguments = arguments(whom, room);
                    // SAFETY: the signature is that of the function in every release; the handles
                    // are libamd_smi's, the places are the room's, and the rest are numbers.
                    unsafe { call(function, arguments) }
                },
                |status, written| {
                    written.map(|written| {
                        let value = read(*status, &written);
                        written.log_members();
                        let lacks = value.is_none() && written.lacks();
                        (value, lacks)
                    })
                },
            ))
        };
        let mut answer = once();
        // Somebody else in the process has shut it down, or initialised it anew.
        if matches!(answer, Some((STATUS_NOT_INIT | STATUS_NOT_FOUND, _))) && smi.revive() {
            answer = once();
        }
        let Some((status, written)) = answer else {
            log::reason(|| "AMD SMI does not list the device".into());
            return Told::Unknown;
        };
        session::called(symbol.name);
        log::source(|| symbol.name.to_owned());
        match (written, status::from_amdsmi(status)) {
            (Err(Overrun), _) => {
                log::reason(|| format!("{} wrote more than its value", symbol.name));
                Told::Fails(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE)
            }
            (Ok((Some(value), _)), _) => Told::Value(value),
            (Ok((None, true)), _) => {
                log::reason(|| {
                    format!("nobody knows where this AMD SMI writes what {} tells", symbol.name)
                });
                Told::Unknown
            }
            (Ok((None, false)), Err(failed)) => {
                log::reason(|| format!("{} returned {}", symbol.name, status::amdsmi_text(status)));
                Told::Fails(failed)
            }
            (Ok((None, false)), Ok(())) => {
                log::reason(|| format!("{} reports it as not available", symbol.name));
                Told::Fails(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED)
            }
        }
    }
}

#[cfg(test)]
impl Device {
    /// Of a libamd_smi that has these functions.
    pub(crate) fn fake(symbols: Symbols, release: Option<Release>) -> Self {
        const ADDRESS: u64 = 0x300;
        let session = Arc::new(Session::over(AmdSmi::fake(symbols, release, ADDRESS)));
        // It was never joined, and must not leave.
        std::mem::forget(Arc::clone(&session));
        let directory = String::new();
        Self { session, address: ADDRESS, nth: 0, is_partition: false, directory }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_knows_when_it_is_inside() {
        assert!(!inside());
        assert!(enter(inside));
        assert!(std::panic::catch_unwind(|| enter(|| panic!("on purpose"))).is_err());
        assert!(!inside());
    }
}
