//! The boundary: the only catch_unwind, and what the answers of most functions have in common. The
//! writes through a client's pointers are those of `crate::out`.

use crate::ask;
use crate::cancel::Uncancelled;
use crate::client;
use crate::door;
use crate::facts::Fact;
use crate::gpu::Gpu;
use crate::kernel::kfd;
use crate::log::{self, Level};
use crate::out::{Out, Text};
use crate::put::Put;
use crate::reserve;
use crate::runtime;
use crate::status::{self, Reply, Result};
use crate::support;
use crate::types::rsmi_status_t;
use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// The body of every export runs in here; `#[export]` puts it there. `caller` is the address to
/// which the call returns, as the door has it; `begin` is for the log.
pub(crate) fn exported(
    caller: usize,
    begin: impl FnOnce() -> log::Call,
    body: impl FnOnce() -> rsmi_status_t,
) -> rsmi_status_t {
    guarded(caller, begin, &RSMI, body)
}

/// What a face returns in place of an answer, and how the log shows what it returns.
pub(crate) struct Statuses<S: 'static> {
    pub(crate) out_of_memory: S,
    pub(crate) panicked: S,
    pub(crate) shown: fn(&S) -> (u32, &'static str),
}

const RSMI: Statuses<rsmi_status_t> = Statuses {
    out_of_memory: rsmi_status_t::RSMI_STATUS_OUT_OF_RESOURCES,
    panicked: rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION,
    shown: |status| (status.0, status::name(*status)),
};

/// As `exported`, for a face with statuses of its own.
pub(crate) fn guarded<S: Copy>(
    caller: usize,
    begin: impl FnOnce() -> log::Call,
    statuses: &Statuses<S>,
    body: impl FnOnce() -> S,
) -> S {
    let _uncancelled = Uncancelled::begin();
    catch_unwind(AssertUnwindSafe(|| {
        let attended = if QUIET.load(Ordering::Acquire) { None } else { Some(attend(begin)) };
        let _caller = client::enter(caller);
        let interrupted = reserve::begin();
        let status = match body() {
            _ if reserve::was_short() => statuses.out_of_memory,
            status => status,
        };
        interrupted.goes_on();
        if let Some(Attended { call: Some(call), .. }) = attended {
            let (number, name) = (statuses.shown)(&status);
            call.end(number, name);
        }
        status
    }))
    .unwrap_or_else(|panic| {
        // The payload's own drop may panic again, which nothing would catch.
        std::mem::forget(panic);
        statuses.panicked
    })
}

/// Nothing is left to prepare, nobody wants to read of calls, and every panic is ours: one look for
/// all three, at each call.
static QUIET: AtomicBool = AtomicBool::new(false);

/// A call that somebody wants to know of while it is under way.
struct Attended {
    call: Option<log::Call>,
    _inside: Inside,
}

#[cold]
fn attend(begin: impl FnOnce() -> log::Call) -> Attended {
    let inside = Inside::enter();
    prepare();
    Attended { call: log::enabled(Level::Debug).then(begin), _inside: inside }
}

/// Before anything else: the log is up, and a panic of ours prints nothing on the host's stderr.
///
/// The hook is that of our own copy of the standard library, not of a host written in Rust; but
/// where we are part of the program, as in our own tests, panics of others come here too, and go to
/// the hook that was there before.
fn prepare() {
    static BEGUN: AtomicBool = AtomicBool::new(false);
    crate::config::Config::get();
    // Nobody waits for another thread to set the hook, which a child of fork would do for ever.
    if BEGUN.swap(true, Ordering::AcqRel) {
        return;
    }
    let alone = !door::is_in_program();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if alone || Inside::is() {
            log::error(|| panic.to_string());
        } else {
            before(panic);
        }
    }));
    QUIET.store(alone && !log::enabled(Level::Debug), Ordering::Release);
}

thread_local! {
    static INSIDE: Cell<usize> = const { Cell::new(0) };
}

/// This thread is in a call of ours, as long as this lives.
struct Inside;

impl Inside {
    fn enter() -> Self {
        INSIDE.set(INSIDE.get() + 1);
        Self
    }

    fn is() -> bool {
        INSIDE.get() > 0
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(INSIDE.get() - 1);
    }
}

/// One user more of the library; the first finds the devices.
pub(crate) fn init(flags: u64) -> Result {
    let begun = runtime::init(flags);
    if begun.is_ok() && reserve::was_short() {
        // The call fails for want of memory, and so does not count.
        let _ = runtime::shut_down();
        return Err(rsmi_status_t::RSMI_STATUS_OUT_OF_RESOURCES);
    }
    begun
}

/// One user less.
pub(crate) fn shut_down() -> Result {
    let ended = runtime::shut_down();
    // What is done is done, however short memory was.
    reserve::begin();
    ended
}

/// What a function answers when its output pointer is null.
#[derive(Clone, Copy)]
pub(crate) enum Null {
    /// INVALID_ARGS, whatever the hardware.
    Invalid,
    /// "Is it supported?": NOT_SUPPORTED, or else INVALID_ARGS.
    Asks(support::Question),
    /// As `Asks`, but a client of ROCm 7 or later gets INVALID_ARGS without being asked.
    AskedBeforeSeven(support::Question),
}

impl Null {
    pub(crate) fn answer(self, dv_ind: u32) -> rsmi_status_t {
        let question = match self {
            Self::Invalid => return rsmi_status_t::RSMI_STATUS_INVALID_ARGS,
            Self::Asks(question) => question,
            Self::AskedBeforeSeven(_) if client::generation().is_seven() => {
                return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
            }
            Self::AskedBeforeSeven(question) => question,
        };
        finish(with_gpu(dv_ind, |gpu| {
            if gpu.functions().support(question) {
                return Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS);
            }
            log::reason(|| "the device lacks a file that the function depends on".into());
            Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED)
        }))
    }
}

/// Asks one device.
pub(crate) fn with_gpu<T>(dv_ind: u32, ask: impl FnOnce(&Gpu) -> Result<T>) -> Result<T> {
    runtime::with(|state| {
        let gpu = state.gpu(dv_ind)?;
        let _claim = state.claim(gpu)?;
        ask(gpu)
    })
}

/// Changes something about one device; only for who was root when the library was initialised.
pub(crate) fn set(dv_ind: u32, change: impl FnOnce(&Gpu) -> Result) -> rsmi_status_t {
    set_if(dv_ind, || Ok(()), change)
}

/// As `set`, where `check` has something to say before the device is looked for.
pub(crate) fn set_if(
    dv_ind: u32,
    check: impl FnOnce() -> Result,
    change: impl FnOnce(&Gpu) -> Result,
) -> rsmi_status_t {
    if !runtime::is_root() {
        log::reason(|| "the process was not root's when the library was initialised".into());
        return rsmi_status_t::RSMI_STATUS_PERMISSION;
    }
    finish(check().and_then(|()| with_gpu(dv_ind, change)))
}

/// As `set`, for what only bare metal can do.
pub(crate) fn set_on_metal(dv_ind: u32, change: impl FnOnce(&Gpu) -> Result) -> rsmi_status_t {
    set(dv_ind, |gpu| on_bare_metal().and_then(|()| change(gpu)))
}

/// What only bare metal can do: clients of ROCm 7 or later are told so in a virtual machine,
/// older ones go on and see what the driver says.
pub(crate) fn on_bare_metal() -> Result {
    if client::generation().is_seven() && kfd::is_vm_guest() {
        log::reason(|| "this is a virtual machine".into());
        return Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
    }
    Ok(())
}

/// A number above 100 is delivered, and called unexpected.
pub(crate) fn percentage(percent: u64) -> rsmi_status_t {
    if percent > 100 {
        log::reason(|| format!("{percent} is no percentage"));
        return rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;
    }
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// INVALID_ARGS for arguments that are not.
pub(crate) fn valid(arguments: bool) -> Result {
    if arguments { Ok(()) } else { Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS) }
}

/// Reads one value of a device into `out`.
pub(crate) fn get<T: Put, R: Into<Reply<T>>>(
    dv_ind: u32,
    out: Out<T>,
    null: Null,
    read: impl FnOnce(&Gpu) -> R,
) -> rsmi_status_t {
    if out.is_null() {
        return null.answer(dv_ind);
    }
    let reply = match with_gpu(dv_ind, |gpu| Ok(read(gpu).into())) {
        Ok(reply) => reply,
        Err(status) => return status,
    };
    if let Some(value) = reply.value {
        out.put(value);
    }
    reply.status
}

/// As `get`, for a number that stays what it is while the library is initialised.
pub(crate) fn get_fact<T, R>(
    dv_ind: u32,
    out: Out<T>,
    null: Null,
    fact: Fact,
    read: impl FnOnce(&Gpu) -> R,
) -> rsmi_status_t
where
    T: Put + Copy + Into<u64> + TryFrom<u64>,
    R: Into<Reply<T>>,
{
    get(dv_ind, out, null, |gpu: &Gpu| {
        let generation = client::generation();
        // What AMD SMI answers may be another number.
        let is_kept = ask::is_kept();
        if let Some(value) = gpu.facts.get(fact, generation).filter(|_| is_kept) {
            return Ok(value).into();
        }
        let reply = read(gpu).into();
        // The log tells the source of every answer.
        let told = reply.value.filter(|_| reply.status == rsmi_status_t::RSMI_STATUS_SUCCESS);
        if let Some(value) = told.filter(|_| is_kept && !log::enabled(Level::Debug)) {
            gpu.facts.keep(fact, generation, value.into());
        }
        reply
    })
}

/// Reads a string of a device into `out`.
///
/// A text that does not fit is cut, ended with NUL, and INSUFFICIENT_SIZE is returned.
pub(crate) fn get_str(
    dv_ind: u32,
    out: Text,
    null: Null,
    read: impl FnOnce(&Gpu) -> Reply<Cow<'_, [u8]>>,
) -> rsmi_status_t {
    if out.is_null() {
        return null.answer(dv_ind);
    }
    if out.is_empty() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    finish(with_gpu(dv_ind, |gpu| {
        let reply = read(gpu);
        let as_read = match reply.status {
            rsmi_status_t::RSMI_STATUS_SUCCESS => Ok(()),
            failed => Err(failed),
        };
        let Some(text) = reply.value else { return as_read };
        let written = put_str(out, &text);
        as_read.and(written)
    }))
}

/// Writes as much of `text` as fits, and a NUL; INSUFFICIENT_SIZE if it was cut.
pub(crate) fn put_str(out: Text, text: &[u8]) -> Result {
    if out.put(text) { Ok(()) } else { Err(rsmi_status_t::RSMI_STATUS_INSUFFICIENT_SIZE) }
}

/// A result without a value, as C has it.
pub(crate) fn finish(result: Result) -> rsmi_status_t {
    result.err().unwrap_or(rsmi_status_t::RSMI_STATUS_SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status() {
        let status = exported(0, || log::Call::begin("rsmi_test", &[]), || panic!("on purpose"));
        assert_eq!(status, rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION);
    }

    #[test]
    fn a_panic_is_known_to_be_of_a_call_of_ours_or_not() {
        let begin = || log::Call::begin("rsmi_test", &[]);
        assert!(!Inside::is());
        let status = exported(0, begin, || {
            assert!(Inside::is());
            exported(0, begin, || panic!("on purpose"));
            assert!(Inside::is());
            rsmi_status_t::RSMI_STATUS_SUCCESS
        });
        assert_eq!(status, rsmi_status_t::RSMI_STATUS_SUCCESS);
        assert!(!Inside::is());
    }

    #[test]
    fn without_devices_every_index_is_wrong() {
        let mut out = 7_u32;
        let read = |_: &Gpu| -> Result<u32> { panic!("there is none") };
        let told = [&raw mut out, std::ptr::null_mut()].map(|out| {
            // SAFETY: the place is good for the number, or null.
            let out = unsafe { Out::new(out) };
            get(0, out, Null::Invalid, read)
        });
        assert_eq!(told, [rsmi_status_t::RSMI_STATUS_INVALID_ARGS; 2]);
        assert_eq!(out, 7, "nothing was written");
        let changed = set(0, |_| panic!("there is none"));
        assert_eq!(changed, rsmi_status_t::RSMI_STATUS_INVALID_ARGS);
        let checked = set_if(0, || Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED), |_| Ok(()));
        assert_eq!(checked, rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED, "that is said first");
    }

    #[test]
    fn only_seven_is_told_of_a_virtual_machine() {
        use crate::caller::{self, Client};
        use crate::kernel::kfd::tests::IS_GUEST;
        use rsmi_generations::Generation;
        let told = |generation, is_guest| {
            IS_GUEST.set(Some(is_guest));
            let before = caller::set(Some(Client::of(generation)));
            let told = on_bare_metal();
            caller::set(before);
            IS_GUEST.set(None);
            told
        };
        let refused = Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
        assert_eq!(
            (told(Generation::V7_0, true), told(Generation::V7_0, false)),
            (refused, Ok(()))
        );
        assert_eq!(told(Generation::V6_4, true), Ok(()));
    }

    #[test]
    fn what_is_no_percentage_is_unexpected() {
        let unexpected = rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;
        let success = rsmi_status_t::RSMI_STATUS_SUCCESS;
        assert_eq!((percentage(100), percentage(101)), (success, unexpected));
        assert_eq!(
            (finish(valid(true)), valid(false)),
            (success, Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS))
        );
        assert_eq!(finish(Err(unexpected)), unexpected);
    }
}
