//! Who calls: the generations that the caller's rocm_smi.h may be of, and what follows from that.
//!
//! No call says which header its caller was compiled with, though structs and numbers changed six
//! times. So each caller has a set of generations that are still *open*:
//!
//! - **Proof** closes generations: what the caller's own object says of itself ([`evidence`]), what
//!   a person said. Only proof decides **how far we write**: the bytes that every open generation
//!   has in the same place.
//! - **Hints** say what the machine has ([`hints`]). They pick among what proof left open, and never
//!   make a write longer.
//! - The newest generation that is left is the one whose **layout, numbers, statuses and version**
//!   the caller gets, all of them.
//!
//! The door passes on the address that a call returns to, so each object of the process is a caller
//! of its own ([`callers`]). Code without an object (a JIT's), and objects that say nothing about
//! themselves (libffi, an interpreter), are "the process".

mod callers;
mod evidence;
mod hints;
mod metrics;
mod numbers;
mod shapes;
mod through;

pub(crate) use metrics::Metrics;

pub(crate) use crate::caller::Client;

use crate::caller;
use crate::log;
use crate::status::{Reply, Result};
use rsmi_generations::{Generation, Open};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

/// What stands for the address of a call under a marked name: see `rsmi_generations::MARKED`.
pub(crate) const MARKED_CALL: usize = 1;

/// What was found out about a caller, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) client: Client,
    /// What said so, strongest first.
    pub(crate) because: Vec<String>,
}

impl Finding {
    /// "6.3,6.4,7.0 are open: …", or what settles it.
    pub(crate) fn text(&self) -> String {
        let because = if self.because.is_empty() {
            "nothing says otherwise".to_owned()
        } else {
            self.because.join("; ")
        };
        match self.client.open.one() {
            Some(_) => because,
            None => format!("{} are open: {because}", self.client.open),
        }
    }
}

thread_local! {
    /// The address to which the call under way on this thread returns.
    static CALLER: Cell<usize> = const { Cell::new(0) };
}

/// While a call is under way; then the one that it interrupted is again, if a signal came in between.
pub(crate) struct Call {
    caller: usize,
    before: Option<Client>,
}

/// A call begins; `address` is to which it returns, 0 where that is not known.
pub(crate) fn enter(address: usize) -> Call {
    let before = caller::set(Some(callers::client_at(address)));
    Call { caller: CALLER.replace(address), before }
}

impl Drop for Call {
    fn drop(&mut self) {
        CALLER.set(self.caller);
        caller::set(self.before);
    }
}

/// The caller of the call under way.
pub(crate) fn current() -> Client {
    caller::current().unwrap_or_else(|| callers::client_at(0))
}

/// What is written on failure: `instead` for clients of ROCm 7, nothing for older ones.
pub(crate) fn or_write<T>(result: Result<T>, instead: T) -> Reply<T> {
    if generation().is_seven() { Reply::or_write(result, instead) } else { result.into() }
}

/// As `current`, looked at closely: for what writes further for one caller than for another, or
/// where a number means another thing. An object that took the place of one that was unloaded is
/// not taken for it, nor is who called through an object taken for that one.
pub(crate) fn proven() -> Client {
    let address = CALLER.get();
    let client = through::widened(callers::client_now_at(address), address);
    caller::set(Some(client));
    client
}

/// The generation whose layout, numbers and words the caller of the call under way gets.
pub(crate) fn generation() -> Generation {
    current().speaks
}

/// What was found out about the caller of the call under way.
pub(crate) fn finding() -> Finding {
    callers::find_out(CALLER.get())
}

/// The one thread of a child of fork is here; another may have been writing in the parent.
pub(crate) fn in_child() {
    callers::in_child();
}

/// What the process has loaded is looked at anew, if that has changed.
pub(crate) fn look_again() {
    callers::look_again();
}

/// Bindings of the process say of which generations their structs are.
pub(crate) fn bindings_are_of(open: Open) {
    evidence::bindings_are_of(open);
    callers::forget();
}

/// Says once that structs are cut for want of proof.
fn cut_is_logged(name: &str, bytes: usize) {
    static SAID: AtomicBool = AtomicBool::new(false);
    if log::enabled(log::Level::Warn) && !SAID.swap(true, Ordering::Relaxed) {
        let open = current().open;
        log::warn(|| {
            format!(
                "nothing says which rocm_smi.h the caller was compiled with ({open} are open), so \
                 structs are filled only as far as all of these have them: {name} up to byte \
                 {bytes}. RSMI_COMPAT_ABI says it; `rsmi-compat audit` looks for it"
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::{pack, unpack};
    use Generation::{V5, V6_2, V6_4, V7_0};

    #[test]
    fn hints_pick_among_what_is_open() {
        let client = |open, hinted| Client::new(open, hinted);
        assert_eq!(client(Open::ALL, Open::ALL).speaks, V7_0);
        let five = client(Open::ALL, Open::only(V5));
        assert_eq!((five.open, five.speaks), (Open::ALL, V5));
        let since = Open::since(V6_2);
        assert_eq!(client(since, Open::range(V5, V6_4)).speaks, V6_4);
        assert_eq!(client(since, Open::only(V5)).speaks, V7_0, "proof has closed it");
    }

    #[test]
    fn a_client_survives_being_packed() {
        for bits in 1..=Open::ALL.bits() {
            for generation in Generation::ALL {
                let client = Client::new(Open::from_bits(bits), Open::only(generation));
                for by_hand in [false, true] {
                    let client = Client { by_hand, ..client };
                    assert_eq!(unpack(pack(client)), Some(client));
                }
            }
        }
        assert_eq!(unpack(0), None);
    }

    #[test]
    fn a_finding_reads_as_a_sentence() {
        let finding = |open, because: &[&str]| {
            let because = because.iter().map(|text| (*text).to_owned()).collect();
            Finding { client: Client::new(open, Open::ALL), because }.text()
        };
        assert_eq!(finding(Open::only(V5), &["RSMI_COMPAT_ABI=5"]), "RSMI_COMPAT_ABI=5");
        assert_eq!(finding(Open::since(V6_4), &["a", "b"]), "6.4,7.0 are open: a; b");
        let nothing = "5,6.0,6.2,6.3,6.4,7.0 are open: nothing says otherwise";
        assert_eq!(finding(Open::ALL, &[]), nothing);
    }
}
