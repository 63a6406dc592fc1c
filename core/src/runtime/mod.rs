//! Who uses the library, from the first rsmi_init to the last rsmi_shut_down.
//!
//! No lock here is held over more than a look at the process's objects. The state of the devices is
//! shared by reference: a call goes on with the state that it began with, whoever initialises or shuts
//! down meanwhile, and a call that hangs keeps nobody else. The state counts its users itself; a state
//! without users is dead, and whoever initialises puts another in its place. So a fork has nothing to
//! wait for. Its child goes on with what its parent had, as with the original, and may initialise
//! again.

mod state;
mod ways;

pub(crate) use state::State;

use crate::amdsmi;
use crate::client;
use crate::door;
use crate::kernel::kept;
use crate::log;
use crate::status::Result;
use crate::types::rsmi_status_t;
use arc_swap::ArcSwapOption;
use std::cell::Cell;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// None until somebody initialises for the first time.
static CURRENT: ArcSwapOption<State> = ArcSwapOption::const_empty();
static NEVER_USED: State = State::unused(Vec::new());

/// Who the process was when the library was last initialised. As with the original that counts
/// until the next time, and before the first anybody passes for root.
static USER: AtomicU32 = AtomicU32::new(ROOT);
const ROOT: u32 = 0;

/// Whether the client may change anything.
pub(crate) fn is_root() -> bool {
    USER.load(Ordering::Relaxed) == ROOT
}

/// Whether the process is root's at this moment, in every way.
pub(crate) fn is_root_now() -> bool {
    // SAFETY: getuid reads a number and cannot fail.
    let user = unsafe { libc::getuid() };
    // SAFETY: as above.
    let effective = unsafe { libc::geteuid() };
    (user, effective) == (ROOT, ROOT)
}

thread_local! {
    /// Whether this thread is asking something already.
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// Asks something of the library, initialised or not.
pub(crate) fn with<T>(ask: impl FnOnce(&State) -> T) -> T {
    struct Outer(bool);
    impl Drop for Outer {
        fn drop(&mut self) {
            ASKING.set(self.0);
        }
    }
    let outer = Outer(ASKING.replace(true));
    let current = CURRENT.load();
    let state = current.as_deref().unwrap_or(&NEVER_USED);
    if !state.is_used() && !outer.0 && !amdsmi::inside() && init_is_taken() {
        adopt();
        return ask(CURRENT.load().as_deref().unwrap_or(&NEVER_USED));
    }
    ask(state)
}

/// A libamd_smi that came first in the process has answered the client's rsmi_init; its other
/// calls reach us, who have to be initialised all the same.
fn adopt() {
    if !is_used() && enter(0).is_ok() {
        log::info(|| {
            "rsmi_init went to a libamd_smi in the process; initialising at this call".into()
        });
    }
}

fn is_used() -> bool {
    CURRENT.load().as_deref().is_some_and(State::is_used)
}

pub(crate) fn init(flags: u64) -> Result {
    if amdsmi::inside() {
        // The last resort, where neither the door nor DEEPBIND kept libamd_smi's own call away.
        log::error(|| "libamd_smi's own rsmi_init arrived at ours; refused".into());
        return Err(rsmi_status_t::RSMI_STATUS_INIT_ERROR);
    }
    REACHED.store(true, Ordering::Relaxed);
    enter(flags)
}

/// Whether a client's rsmi_init has ever arrived here.
static REACHED: AtomicBool = AtomicBool::new(false);

/// Whether the client's rsmi_init goes elsewhere.
fn init_is_taken() -> bool {
    !REACHED.load(Ordering::Relaxed) && door::taken_by_libamd_smi()
}

/// Where several come at once to be the first, each reads the devices, so that nobody waits for a
/// read of another's; the first that has read them counts for all. What the others have read serves
/// where that one has left already.
fn enter(flags: u64) -> Result {
    let mut own = None;
    loop {
        let current = CURRENT.load_full();
        if let Some(joined) = current.as_deref().and_then(State::join) {
            return joined;
        }
        let state = match own.take() {
            Some(state) => state,
            None => {
                be_told();
                // Also where it fails, as with the original.
                // SAFETY: geteuid reads a number and cannot fail.
                USER.store(unsafe { libc::geteuid() }, Ordering::Relaxed);
                Arc::new(State::start(flags)?)
            }
        };
        let before = CURRENT.compare_and_swap(&current, Some(Arc::clone(&state)));
        if address(before.as_ref()) == address(current.as_ref()) {
            log::info(|| format!("{} devices", state.count()));
            settle_door();
            return Ok(());
        }
        own = Some(state);
    }
}

pub(crate) fn shut_down() -> Result {
    let current = CURRENT.load_full();
    match current.as_deref().and_then(State::leave) {
        None if init_is_taken() => Ok(()),
        None => Err(rsmi_status_t::RSMI_STATUS_INIT_ERROR),
        Some(false) => Ok(()),
        Some(true) => {
            let left = current.as_deref().map(|state| Arc::new(state.left()));
            // Where another is there already, somebody has initialised meanwhile.
            CURRENT.compare_and_swap(&current, left);
            settle_door();
            Ok(())
        }
    }
}

fn address(state: Option<&Arc<State>>) -> *const State {
    state.map_or(ptr::null(), Arc::as_ptr)
}

/// The door looks closely at every call as long as nobody uses the library, whichever of two that
/// initialise and shut down at once comes last to it.
fn settle_door() {
    loop {
        let used = is_used();
        if used {
            door::settle();
        } else {
            door::unsettle();
        }
        if is_used() == used {
            return;
        }
    }
}

/// Of forks, and of the process's end.
fn be_told() {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if !TOLD.swap(true, Ordering::Relaxed) {
        // SAFETY: we stay loaded for ever.
        unsafe { libc::pthread_atfork(Some(before_fork), Some(in_parent), Some(in_child)) };
        amdsmi::be_told_of_exit();
    }
}

unsafe extern "C" fn before_fork() {
    door::before_fork();
}

unsafe extern "C" fn in_parent() {
    door::after_fork_in_parent();
}

unsafe extern "C" fn in_child() {
    door::after_fork_in_child();
    kept::in_child();
    client::in_child();
    amdsmi::in_child();
    // What is forked in the middle of a call, as by libamd_smi, which starts helpers of its own, has
    // that call's thread.
    if !ASKING.get() {
        if let Some(state) = CURRENT.load().as_deref() {
            state.in_child();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // No test initialises: this machine may have GPUs, and may have none.
    #[test]
    fn before_anybody_initialises_there_is_nothing() {
        assert!(!is_used() && is_root(), "anybody passes for root");
        assert_eq!(with(|state| (state.count(), ASKING.get())), (0, true));
        with(|_| {
            with(|_| ());
            assert!(ASKING.get(), "the outer one still asks");
        });
        assert!(!ASKING.get());
        assert_eq!(shut_down(), Err(rsmi_status_t::RSMI_STATUS_INIT_ERROR));
    }
}
