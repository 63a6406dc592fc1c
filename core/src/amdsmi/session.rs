//! When libamd_smi is opened and initialised, and when it is shut down again.
//!
//! The first question that needs it opens it. One thread does that; who comes meanwhile waits, but
//! not for longer than `PATIENCE` after it began: an amdsmi_init that never returns keeps nobody
//! else, since every question has another source. The lock is never held over a call.

use super::library::AmdSmi;
use super::{CALLS, hazards, inside};
use crate::config::Config;
use crate::kernel::Dir;
use crate::log;
use once_cell::race::OnceBox;
use parking_lot::{Condvar, Mutex, const_mutex};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long opening, initialising and shutting down may keep others.
const PATIENCE: Duration = Duration::from_secs(1);

enum Phase {
    Stopped,
    /// One thread initialises it or shuts it down, since then.
    Moving(Instant),
    Running(&'static AmdSmi),
    /// It could not be opened or initialised, as this session found out.
    Failed(u64),
}

struct Life {
    phase: Phase,
    /// The sessions that use it.
    users: usize,
}

static LIFE: Mutex<Life> = const_mutex(Life { phase: Phase::Stopped, users: 0 });
static MOVED: Condvar = Condvar::new();

/// libamd_smi must not be called any more in this process.
static GONE: AtomicBool = AtomicBool::new(false);

/// The process ends: from now on libamd_smi's objects are destroyed, while handlers that were
/// registered earlier, destructors and plug-ins may still call us.
///
/// Handlers run in the opposite order of their registration, and C++ registers an object's destructor
/// when the object is made. So this is said anew whenever libamd_smi may have made one: each time, the
/// last registration comes first.
pub(crate) fn be_told_of_exit() {
    extern "C" fn exiting() {
        GONE.store(true, Ordering::Relaxed);
    }
    // SAFETY: the handler does nothing but store, and we stay loaded for ever.
    unsafe { libc::atexit(exiting) };
}

/// libamd_smi must not be called any more.
pub(super) fn is_gone() {
    GONE.store(true, Ordering::Relaxed);
}

/// After a call of a function: the first may have made objects.
pub(super) fn called(function: &'static str) {
    /// Those that were called already, by the addresses of their names.
    static CALLED: [AtomicUsize; 128] = [const { AtomicUsize::new(0) }; 128];
    let function = function.as_ptr().addr();
    for slot in &CALLED {
        match slot.compare_exchange(0, function, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return be_told_of_exit(),
            Err(known) if known == function => return,
            Err(_) => {}
        }
    }
}

/// The one thread of a child of fork is here. Where another was inside libamd_smi in the parent, its
/// locks are taken for ever, and what it was changing is half changed.
pub(crate) fn in_child() {
    let moving = || match LIFE.try_lock() {
        Some(life) => matches!(life.phase, Phase::Moving(_)),
        None => true,
    };
    if CALLS.load(Ordering::Acquire) > 0 || moving() {
        GONE.store(true, Ordering::Relaxed);
    }
}

/// What one `rsmi_init` and the `rsmi_shut_down` that matches it have of libamd_smi.
pub(crate) struct Session {
    number: u64,
    /// How many GPUs the kernel has.
    gpus: usize,
    joined: OnceBox<Joined>,
}

impl Session {
    pub(crate) fn new(gpus: usize) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { number, gpus, joined: OnceBox::new() }
    }

    /// Over one that is there already.
    #[cfg(test)]
    pub(super) fn over(smi: &'static AmdSmi) -> Self {
        Self { number: 0, gpus: 1, joined: OnceBox::with_value(Box::new(Joined(smi))) }
    }

    /// libamd_smi, initialised; None where there is none that works.
    pub(super) fn library(&self) -> Option<&'static AmdSmi> {
        if GONE.load(Ordering::Relaxed) {
            log::reason(|| {
                "libamd_smi cannot be asked any more: the process ends, or was forked while a call \
                 was inside it, or an exception left it"
                    .into()
            });
            return None;
        }
        // A question that libamd_smi itself asks must not wait for it.
        if inside() {
            return None;
        }
        if let Some(joined) = self.joined.get() {
            return Some(joined.0);
        }
        let joined = join(self.number, || self.begin())?;
        // Where another thread of this session was faster, its place serves, and this one is left.
        Some(self.joined.get_or_init(|| Box::new(joined)).0)
    }

    fn begin(&self) -> Option<&'static AmdSmi> {
        let config = Config::get();
        let hazard = log::aside(|| hazards::find(&Dir::new(config.sysfs())));
        if let Some(why) = hazard {
            log::warn(|| hazards::text(&why));
            return None;
        }
        let smi = AmdSmi::get(config)?;
        called("dlopen");
        let started = smi.start();
        called("amdsmi_init");
        if !started {
            return None;
        }
        let there = smi.processors().handles.len();
        if there != self.gpus {
            log::warn(|| format!("KFD has {} GPUs, libamd_smi {there}", self.gpus));
        }
        Some(smi)
    }
}

/// A user of libamd_smi, until it is dropped.
struct Joined(&'static AmdSmi);

fn join(session: u64, begin: impl FnOnce() -> Option<&'static AmdSmi>) -> Option<Joined> {
    let mut life = LIFE.lock();
    loop {
        match life.phase {
            Phase::Running(smi) => {
                life.users += 1;
                return Some(Joined(smi));
            }
            Phase::Failed(by) if by == session => return None,
            Phase::Moving(since) => {
                if MOVED.wait_until(&mut life, since + PATIENCE).timed_out()
                    && matches!(life.phase, Phase::Moving(_))
                {
                    log::reason(|| "another thread is still initialising libamd_smi".into());
                    return None;
                }
            }
            Phase::Stopped | Phase::Failed(_) => break,
        }
    }
    life.phase = Phase::Moving(Instant::now());
    drop(life);
    let smi = begin();
    let mut life = LIFE.lock();
    life.phase = smi.map_or(Phase::Failed(session), Phase::Running);
    life.users = usize::from(smi.is_some());
    MOVED.notify_all();
    smi.map(Joined)
}

impl Drop for Joined {
    fn drop(&mut self) {
        if GONE.load(Ordering::Relaxed) {
            return;
        }
        let mut life = LIFE.lock();
        life.users -= 1;
        if life.users > 0 {
            return;
        }
        life.phase = Phase::Moving(Instant::now());
        drop(life);
        self.0.stop();
        called("amdsmi_shut_down");
        LIFE.lock().phase = Phase::Stopped;
        MOVED.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amdsmi::Symbols;

    fn fake() -> &'static AmdSmi {
        AmdSmi::fake(Symbols::none(), None, 0)
    }

    fn is_stopped() -> bool {
        matches!(LIFE.lock().phase, Phase::Stopped)
    }

    // The life of libamd_smi is the process's: one test goes through it.
    #[test]
    fn the_first_opens_it_and_the_last_shuts_it_down() {
        assert!(is_stopped());
        assert!(join(1, || None).is_none(), "there is none");
        assert!(join(1, || panic!("the session knows")).is_none());
        let first = join(2, || Some(fake())).expect("another session looks again");
        let second = join(3, || panic!("it is open")).expect("it is shared");
        assert!(std::ptr::eq(first.0, second.0) && LIFE.lock().users == 2);
        drop(first);
        assert!(!is_stopped() && LIFE.lock().users == 1);
        drop(second);
        assert!(is_stopped());
        // While one thread opens it, others wait for it, and not for ever.
        let third = join(4, || {
            std::thread::scope(|scope| {
                let began = Instant::now();
                let waits = scope.spawn(|| join(5, || panic!("another does it")).is_none());
                assert!(waits.join().expect("it waits"), "and goes on without");
                assert!(began.elapsed() >= PATIENCE / 2);
            });
            Some(fake())
        });
        drop(third);
        assert!(is_stopped());
    }

    #[test]
    fn a_session_is_asked_only_from_outside_of_libamd_smi() {
        let session = Session::over(fake());
        assert!(session.library().is_some());
        assert!(
            super::super::enter(|| session.library()).is_none(),
            "libamd_smi must not wait for it"
        );
        // It was never joined, and must not leave.
        std::mem::forget(session);
    }
}
