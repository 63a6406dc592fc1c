//! What lives between rsmi_init and rsmi_shut_down: the count of its users, and the devices.
//!
//! Calls share the lock, initialising and shutting down have it alone. A fork waits for the calls
//! that are under way, so that the child finds the state whole and libamd_smi's own locks free;
//! the child goes on with what its parent had, as with the original, and may initialise again.

use crate::amdsmi::{self, Session};
use crate::client;
use crate::config::Config;
use crate::door;
use crate::facts;
use crate::gpu::{self, Gpu};
use crate::handles::Handles;
use crate::kernel::Dir;
use crate::kernel::events::Listener;
use crate::kernel::kfd::{self, PARTITION_BITS, Topology};
use crate::kernel::perf::Counter;
use crate::kernel::processes::Place;
use crate::log;
use crate::status::Result;
use crate::types::{RSMI_IO_LINK_TYPE, rsmi_init_flags_t, rsmi_status_t};
use crate::walk::Walk;
use once_cell::sync::OnceCell;
use parking_lot::lock_api::{RawRwLock as _, RawRwLockTimed as _};
use parking_lot::{MutexGuard, RawRwLock, RwLock, const_rwlock};
use rsmi_generations::Generation;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// The library while somebody uses it.
pub(crate) struct State {
    users: i32,
    /// The first user asked for BUSY instead of waiting.
    never_waits: bool,
    gpus: Vec<Gpu>,
    /// Where processes may use something: the devices as the last rsmi_init found them. As with the
    /// original, questions about processes are answered after rsmi_shut_down too.
    places: Vec<Place>,
    topology: Topology,
    pub(crate) walks: Handles<Walk>,
    pub(crate) counters: Handles<Counter>,
}

static RUNTIME: RwLock<State> = const_rwlock(State::new());

/// Who the process was when the library was last initialised. As with the original that counts
/// until the next time, and before the first anybody passes for root.
static USER: AtomicU32 = AtomicU32::new(ROOT);
const ROOT: u32 = 0;

/// Whether the client may change anything.
pub(crate) fn is_root() -> bool {
    USER.load(Ordering::Relaxed) == ROOT
}

thread_local! {
    /// Whether this thread is asking something already, and so has its share of the lock.
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
    // A thread that comes anew waits behind one that wants to initialise or shut down, else those
    // would never have their turn; a thread that is asking must not wait for itself.
    let outer = Outer(ASKING.replace(true));
    let share = || if outer.0 { RUNTIME.read_recursive() } else { RUNTIME.read() };
    let state = share();
    if state.users == 0 && !outer.0 && !amdsmi::inside() && init_is_taken() {
        drop(state);
        adopt();
        return ask(&share());
    }
    ask(&state)
}

/// A libamd_smi that came first in the process has answered the client's rsmi_init; its other
/// calls reach us, who have to be initialised all the same.
fn adopt() {
    let mut state = RUNTIME.write();
    if state.users == 0 && state.enter(0).is_ok() {
        log::info(|| {
            "rsmi_init went to a libamd_smi in the process; initialising at this call".into()
        });
    }
}

pub(crate) fn init(flags: u64) -> Result {
    if amdsmi::inside() {
        // The last resort, where neither the door nor DEEPBIND kept libamd_smi's own call away.
        log::error(|| "libamd_smi's own rsmi_init arrived at ours; refused".into());
        return Err(rsmi_status_t::RSMI_STATUS_INIT_ERROR);
    }
    REACHED.store(true, Ordering::Relaxed);
    RUNTIME.write().enter(flags)
}

/// Whether a client's rsmi_init has ever arrived here.
static REACHED: AtomicBool = AtomicBool::new(false);

/// Whether the client's rsmi_init goes elsewhere.
fn init_is_taken() -> bool {
    !REACHED.load(Ordering::Relaxed) && door::taken_by_libamd_smi()
}

pub(crate) fn shut_down() -> Result {
    let mut state = RUNTIME.write();
    if state.users == 0 && init_is_taken() {
        return Ok(());
    }
    state.leave()
}

impl State {
    const fn new() -> Self {
        Self {
            users: 0,
            never_waits: false,
            gpus: Vec::new(),
            places: Vec::new(),
            topology: Topology::none(),
            walks: Handles::new(),
            counters: Handles::new(),
        }
    }

    fn enter(&mut self, flags: u64) -> Result {
        if self.users == i32::MAX {
            return Err(rsmi_status_t::RSMI_STATUS_REFCOUNT_OVERFLOW);
        }
        if self.users == 0 {
            self.start(flags)?;
        }
        self.users += 1;
        Ok(())
    }

    fn leave(&mut self) -> Result {
        match self.users {
            0 => return Err(rsmi_status_t::RSMI_STATUS_INIT_ERROR),
            1 => {
                facts::KNOWN.forget();
                *self = Self { places: std::mem::take(&mut self.places), ..Self::new() };
                door::unsettle();
            }
            _ => self.users -= 1,
        }
        Ok(())
    }

    fn start(&mut self, flags: u64) -> Result {
        stay_whole_over_fork();
        // SAFETY: geteuid reads a number and cannot fail.
        USER.store(unsafe { libc::geteuid() }, Ordering::Relaxed);
        let config = Config::get();
        client::look_again();
        let sysfs = Dir::new(config.sysfs());
        let mut topology = Topology::read(&sysfs, kfd::is_vm_guest).inspect_err(|_| {
            log::error(|| {
                let root = sysfs.path().display();
                format!("{root} has no KFD topology: is the amdgpu driver loaded?")
            });
        })?;
        let nodes = std::mem::take(&mut topology.gpus);
        let session = Arc::new(Session::new(nodes.len()));
        let mut gpus: Vec<Gpu> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let address = node.bdf_id & !PARTITION_BITS;
            let nth = gpus.iter().filter(|gpu| gpu.pci_id() & !PARTITION_BITS == address).count();
            let is_partition = nth > 0 || node.bdf_id != address;
            let session = Arc::clone(&session);
            let amdsmi = amdsmi::Device { session, address, nth, is_partition };
            gpus.push(Gpu::new(&sysfs, node, Some(amdsmi)));
        }
        log::info(|| format!("{} devices", gpus.len()));
        self.never_waits = flags & rsmi_init_flags_t::RSMI_INIT_FLAG_RESRV_TEST1.0 != 0;
        self.places = gpus.iter().map(Gpu::place).collect();
        self.gpus = gpus;
        self.topology = topology;
        door::settle();
        Ok(())
    }

    pub(crate) fn count(&self) -> u32 {
        log::kept(gpu::KFD);
        self.gpus.len() as u32
    }

    pub(crate) fn gpu(&self, dv_ind: u32) -> Result<&Gpu> {
        self.gpus.get(dv_ind as usize).ok_or_else(|| {
            log::reason(|| format!("there are {} devices", self.gpus.len()));
            rsmi_status_t::RSMI_STATUS_INVALID_ARGS
        })
    }

    /// All devices, by their indices.
    pub(crate) fn gpus(&self) -> &[Gpu] {
        log::kept(gpu::KFD);
        &self.gpus
    }

    /// The directory that stands for /sys.
    pub(crate) fn sysfs(&self) -> Dir {
        Dir::new(Config::get().sysfs())
    }

    /// The device that KFD knows by this number.
    pub(crate) fn index_of(&self, gpu_id: u64) -> Option<u32> {
        log::kept(gpu::KFD);
        let at = self.places.iter().position(|place| place.gpu_id == gpu_id)?;
        Some(at as u32)
    }

    /// Where a process may use something of one device.
    pub(crate) fn place(&self, dv_ind: u32) -> Result<Place> {
        log::kept(gpu::KFD);
        self.gpu(dv_ind).map(Gpu::place)
    }

    /// Where a process may use something: all devices, in the order of KFD's numbers.
    pub(crate) fn places(&self) -> Vec<Place> {
        log::kept(gpu::KFD);
        let mut places = self.places.clone();
        places.sort_by_key(|place| place.gpu_id);
        places
    }

    /// The devices that are listened to.
    pub(crate) fn listeners(&self) -> Vec<(u32, Arc<Listener>)> {
        let listened = |(at, gpu): (usize, &Gpu)| Some((at as u32, gpu.listener()?));
        self.gpus.iter().enumerate().filter_map(listened).collect()
    }

    /// The device for this call alone, where the client wants to be told that it is not.
    pub(crate) fn claim<'gpu>(&self, gpu: &'gpu Gpu) -> Result<Option<MutexGuard<'gpu, ()>>> {
        if !self.never_waits {
            return Ok(None);
        }
        let claim = gpu.claimed.try_lock();
        claim.map(Some).ok_or(rsmi_status_t::RSMI_STATUS_BUSY)
    }

    /// The hops and the kind of link from one device to another.
    pub(crate) fn link_type(&self, from: &Gpu, to: &Gpu) -> Result<(u64, RSMI_IO_LINK_TYPE)> {
        match self.way(from, to)? {
            Way::Direct { .. } => Ok((1, RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_XGMI)),
            Way::ByCpus { same: true, kind, .. } => Ok((2, kind)),
            Way::ByCpus { between, kind, .. } => {
                let hops = if between.is_some() { 3 } else { 4 };
                Ok((hops, kind))
            }
        }
    }

    /// The weight of the way from one device to another.
    pub(crate) fn link_weight(&self, from: &Gpu, to: &Gpu) -> Result<u64> {
        /// What stands for CPU nodes that no link joins.
        const UNLINKED: u64 = 10;
        Ok(match self.way(from, to)? {
            Way::Direct { weight } => weight,
            Way::ByCpus { ends, same: true, .. } => ends,
            Way::ByCpus { ends, between, .. } => ends + between.unwrap_or(UNLINKED),
        })
    }

    fn way(&self, from: &Gpu, to: &Gpu) -> Result<Way> {
        let no_way = |why: &str| {
            log::reason(|| why.into());
            Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED)
        };
        if let Some(link) = from.node().gpus().get(&to.node().index) {
            return if link.kind == kfd::LINK_XGMI {
                Ok(Way::Direct { weight: link.weight })
            } else {
                no_way("the devices are linked, but not by XGMI")
            };
        }
        let kind = match from.node().cpu() {
            Some((_, link)) if link.kind == kfd::LINK_PCIE => {
                Some(RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_PCIEXPRESS)
            }
            // What leads over CPUs is no way to a later client unless it begins with PCIe.
            Some((_, link))
                if link.kind == kfd::LINK_XGMI && client::generation() == Generation::V5 =>
            {
                Some(RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_XGMI)
            }
            _ => None,
        };
        match (from.node().cpu(), kind) {
            (Some((cpu, link)), Some(kind)) => {
                let (other, other_weight) =
                    to.node().cpu().map_or((0, 0), |(node, link)| (node, link.weight));
                Ok(Way::ByCpus {
                    kind,
                    ends: link.weight + other_weight,
                    same: cpu == other,
                    between: self.topology.between_cpus(cpu, other),
                })
            }
            _ => no_way("the device is not on PCIe"),
        }
    }
}

/// How one device reaches another.
enum Way {
    Direct {
        weight: u64,
    },
    /// Over the CPU nodes of both: the weights at the ends, and between two different ones.
    ByCpus {
        kind: RSMI_IO_LINK_TYPE,
        ends: u64,
        same: bool,
        between: Option<u64>,
    },
}

thread_local! {
    /// Whether this thread's fork has the lock.
    static LOCKED_FOR_FORK: Cell<bool> = const { Cell::new(false) };
}

fn stay_whole_over_fork() {
    static ONCE: OnceCell<()> = OnceCell::new();
    ONCE.get_or_init(|| {
        // SAFETY: the handlers only touch our lock, and we stay loaded for ever.
        unsafe { libc::pthread_atfork(Some(before_fork), Some(in_parent), Some(in_child)) };
    });
}

unsafe extern "C" fn before_fork() {
    // A fork from inside libamd_smi, which starts helpers of its own, holds the lock already; one
    // that cannot have it soon goes on without, rather than stop the host.
    let locked = !amdsmi::inside()
        && !ASKING.get()
        // SAFETY: unlocked below, on this thread, in whichever process.
        && unsafe { RUNTIME.raw() }.try_lock_exclusive_for(Duration::from_secs(1));
    LOCKED_FOR_FORK.set(locked);
}

unsafe extern "C" fn in_parent() {
    if LOCKED_FOR_FORK.take() {
        // SAFETY: locked by this thread in before_fork.
        unsafe { RUNTIME.raw().unlock_exclusive() };
    }
}

unsafe extern "C" fn in_child() {
    client::in_child();
    if LOCKED_FOR_FORK.take() || !(amdsmi::inside() || ASKING.get()) {
        // The threads that may wait for the lock are not in the child, where unlocking would want
        // to wake them.
        // SAFETY: the child has this one thread, and no guard of the lock is alive on it.
        let raw = std::ptr::from_ref(unsafe { RUNTIME.raw() }).cast_mut();
        // SAFETY: as above; a RawRwLock is one atomic word.
        unsafe { raw.write(RawRwLock::INIT) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;

    #[test]
    fn users_are_counted_and_the_count_does_not_overflow() {
        let mut state = State::new();
        assert_eq!(state.leave(), Err(rsmi_status_t::RSMI_STATUS_INIT_ERROR));
        state.users = i32::MAX;
        assert_eq!(state.enter(0), Err(rsmi_status_t::RSMI_STATUS_REFCOUNT_OVERFLOW));
        assert_eq!(state.users, i32::MAX);
        state.users = 2;
        assert_eq!((state.leave(), state.users), (Ok(()), 1));
        assert_eq!((state.leave(), state.users), (Ok(()), 0));
        assert_eq!(state.leave(), Err(rsmi_status_t::RSMI_STATUS_INIT_ERROR));
    }

    #[test]
    fn facts_are_known_until_the_last_user_leaves() {
        // No other test keeps facts of this device.
        let known = || facts::KNOWN.get::<u16>(63, Fact::Id, Generation::NEWEST);
        let mut state = State::new();
        state.users = 1;
        facts::KNOWN.keep(63, Fact::Id, Generation::NEWEST, 7);
        assert_eq!((state.leave(), known()), (Ok(()), None));
    }

    #[test]
    fn where_processes_may_be_is_known_after_the_last_user() {
        let mut state = State::new();
        let place = |gpu_id| Place { gpu_id, compute_units: 1 };
        (state.users, state.places) = (1, vec![place(12), place(11)]);
        assert_eq!(state.leave(), Ok(()));
        assert_eq!((state.index_of(11), state.index_of(13)), (Some(1), None));
        let places: Vec<u64> = state.places().iter().map(|place| place.gpu_id).collect();
        assert_eq!(places, [11, 12]);
    }
}
