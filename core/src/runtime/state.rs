//! The library while somebody uses it: the devices, and what clients hold.
//!
//! It is shared by reference, without a lock: what is looked up later is looked up by whoever comes,
//! and the first to find it keeps it for all.

use crate::amdsmi::{self, Session};
use crate::client;
use crate::config::Config;
use crate::gpu::{self, Claim, Counter, Gpu};
use crate::handles::Handles;
use crate::kernel::Dir;
use crate::kernel::events::Listener;
use crate::kernel::kfd::{self, PARTITION_BITS, Topology};
use crate::kernel::processes::{Place, Processes};
use crate::kernel::starved;
use crate::log;
use crate::status::Result;
use crate::types::{rsmi_init_flags_t, rsmi_status_t};
use crate::walk::Walk;
use once_cell::race::OnceBox;
use smallvec::SmallVec;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

pub(crate) struct State {
    users: AtomicI32,
    /// The first user asked for BUSY instead of waiting.
    never_waits: bool,
    gpus: Vec<Gpu>,
    session: Option<Arc<Session>>,
    /// The directory that stands for /sys, where it was read; None before.
    sysfs: Option<Dir>,
    processes: OnceBox<Processes>,
    /// Where processes may use something: the devices as the last rsmi_init found them. As with the
    /// original, questions about processes are answered after rsmi_shut_down too.
    places: Vec<Place>,
    pub(super) topology: Topology,
    pub(crate) walks: Handles<Walk>,
    pub(crate) counters: Handles<Counter>,
}

impl State {
    /// Nobody uses the library; it was used where there are places.
    pub(super) const fn unused(places: Vec<Place>) -> Self {
        Self {
            users: AtomicI32::new(0),
            never_waits: false,
            gpus: Vec::new(),
            session: None,
            sysfs: None,
            processes: OnceBox::new(),
            places,
            topology: Topology::none(),
            walks: Handles::new(),
            counters: Handles::new(),
        }
    }

    /// For one user.
    pub(super) fn start(flags: u64) -> Result<Self> {
        client::look_again();
        let sysfs = Dir::new(Config::get().sysfs());
        let (state, starved) = starved::watch(|| Self::read(&sysfs, flags));
        if starved {
            log::error(|| "too few descriptors are free to look for devices".into());
            return Err(rsmi_status_t::RSMI_STATUS_INIT_ERROR);
        }
        state.inspect_err(|_| {
            log::error(|| {
                let root = sysfs.path().display();
                format!("{root} has no KFD topology: is the amdgpu driver loaded?")
            });
        })
    }

    fn read(sysfs: &Dir, flags: u64) -> Result<Self> {
        let mut topology = Topology::read(sysfs, kfd::is_vm_guest)?;
        let nodes = std::mem::take(&mut topology.gpus);
        let session = Arc::new(Session::new(nodes.len()));
        let mut gpus: Vec<Gpu> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let address = node.bdf_id & !PARTITION_BITS;
            let nth = gpus.iter().filter(|gpu| gpu.pci_id() & !PARTITION_BITS == address).count();
            let is_partition = nth > 0 || node.bdf_id != address;
            let session = Arc::clone(&session);
            let directory = gpu::directory(sysfs, &node);
            let directory = directory.path().to_string_lossy().into_owned();
            let amdsmi = amdsmi::Device { session, address, nth, is_partition, directory };
            gpus.push(Gpu::new(sysfs, node, amdsmi));
        }
        Ok(Self {
            users: AtomicI32::new(1),
            never_waits: flags & rsmi_init_flags_t::RSMI_INIT_FLAG_RESRV_TEST1.0 != 0,
            places: gpus.iter().map(Gpu::place).collect(),
            gpus,
            session: Some(session),
            sysfs: Some(sysfs.clone()),
            topology,
            ..Self::unused(Vec::new())
        })
    }

    pub(super) fn is_used(&self) -> bool {
        self.users.load(Ordering::Acquire) > 0
    }

    /// One user more; None where there are none, and so nothing to use.
    pub(super) fn join(&self) -> Option<Result> {
        let more = |users: i32| if users > 0 { users.checked_add(1) } else { None };
        match self.users.fetch_update(Ordering::AcqRel, Ordering::Acquire, more) {
            Ok(_) => Some(Ok(())),
            Err(i32::MAX) => Some(Err(rsmi_status_t::RSMI_STATUS_REFCOUNT_OVERFLOW)),
            Err(_) => None,
        }
    }

    /// One user less, and whether that was the last; None where there are none.
    pub(super) fn leave(&self) -> Option<bool> {
        let fewer = |users: i32| (users > 0).then(|| users - 1);
        let users = self.users.fetch_update(Ordering::AcqRel, Ordering::Acquire, fewer);
        users.ok().map(|users| users == 1)
    }

    /// After the last user: what stays. Calls that are under way go on with what they have, but
    /// nobody waits for events any longer.
    pub(super) fn left(&self) -> Self {
        for gpu in &self.gpus {
            gpu.end_listening();
            if gpu.set_heard_by_amdsmi(false) {
                let _ = gpu.amdsmi().stop_listening();
            }
        }
        Self::unused(self.places.clone())
    }

    /// The one thread of a child of fork is here; another may have been at work in the parent.
    pub(super) fn in_child(&self) {
        for listener in self.gpus.iter().filter_map(Gpu::listener) {
            listener.in_child();
        }
    }

    /// AMD SMI; None while nobody uses the library.
    pub(crate) fn session(&self) -> &Option<Arc<Session>> {
        &self.session
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
    fn sysfs(&self) -> Dir {
        self.sysfs.clone().unwrap_or_else(|| Dir::new(Config::get().sysfs()))
    }

    /// KFD's list of processes.
    pub(crate) fn processes(&self) -> &Processes {
        self.processes.get_or_init(|| Box::new(Processes::below(&self.sysfs())))
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
    pub(crate) fn places(&self) -> SmallVec<[Place; 64]> {
        log::kept(gpu::KFD);
        let mut places: SmallVec<[Place; 64]> = SmallVec::from_slice(&self.places);
        places.sort_unstable_by_key(|place| place.gpu_id);
        places
    }

    /// Whether AMD SMI listens to any device.
    pub(crate) fn is_heard_by_amdsmi(&self) -> bool {
        self.gpus.iter().any(Gpu::is_heard_by_amdsmi)
    }

    /// The devices that are listened to.
    pub(crate) fn listeners(&self) -> Vec<(u32, Arc<Listener>)> {
        let listened = |(at, gpu): (usize, &Gpu)| Some((at as u32, gpu.listener()?));
        self.gpus.iter().enumerate().filter_map(listened).collect()
    }

    /// The device for this call alone, where the client wants to be told that it is not.
    pub(crate) fn claim<'gpu>(&self, gpu: &'gpu Gpu) -> Result<Option<Claim<'gpu>>> {
        if !self.never_waits {
            return Ok(None);
        }
        gpu.claim().map(Some).ok_or(rsmi_status_t::RSMI_STATUS_BUSY)
    }
}

#[cfg(test)]
impl State {
    /// Of a machine that consists of the files there.
    pub(crate) fn of(sysfs: &Dir) -> Result<Self> {
        Self::read(sysfs, 0)
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} devices", self.gpus.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::tests::Scratch;

    #[test]
    fn users_are_counted_and_the_count_does_not_overflow() {
        let state = State::unused(Vec::new());
        assert_eq!((state.join(), state.leave()), (None, None));
        state.users.store(i32::MAX, Ordering::Relaxed);
        assert_eq!(state.join(), Some(Err(rsmi_status_t::RSMI_STATUS_REFCOUNT_OVERFLOW)));
        assert_eq!(state.leave(), Some(false));
        assert_eq!(state.join(), Some(Ok(())));
        state.users.store(1, Ordering::Relaxed);
        assert_eq!((state.leave(), state.is_used(), state.join()), (Some(true), false, None));
    }

    /// Two whole GPUs and one in two parts, of which the second is told by its address.
    fn machine(name: &str) -> Scratch {
        let node =
            |location: u32| format!("domain 0\nlocation_id {location}\ndrm_render_minor 128\n");
        let nodes = [0x800, 0x300, 0x500, 0x1000_0500];
        let files: Vec<_> = (1..)
            .zip(nodes)
            .flat_map(|(nth, location)| {
                let place = format!("class/kfd/kfd/topology/nodes/{nth}");
                [
                    (format!("{place}/gpu_id"), format!("{}\n", 10 + nth)),
                    (format!("{place}/properties"), node(location)),
                ]
            })
            .collect();
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        Scratch::new(name, &files)
    }

    #[test]
    fn devices_are_numbered_by_their_addresses() {
        let machine = machine("state");
        let state = State::of(&machine.0).unwrap();
        assert!(state.is_used() && state.session().is_some());
        assert_eq!((state.count(), state.gpus().len()), (4, 4));
        let of = |at: u32| {
            let amdsmi = state.gpu(at).unwrap().amdsmi();
            (amdsmi.address, amdsmi.nth, amdsmi.is_partition)
        };
        assert_eq!([of(0), of(3)], [(0x300, 0, false), (0x800, 0, false)]);
        assert_eq!([of(1), of(2)], [(0x500, 0, false), (0x500, 1, true)], "one in two parts");
        assert_eq!(state.gpu(4).err(), Some(rsmi_status_t::RSMI_STATUS_INVALID_ARGS));
        assert_eq!((state.index_of(13), state.index_of(12)), (Some(1), Some(0)));
        assert_eq!(state.place(3).map(|place| place.gpu_id), Ok(11));
        let places: Vec<u64> = state.places().iter().map(|place| place.gpu_id).collect();
        assert_eq!(places, [11, 12, 13, 14]);
        assert!(!state.is_heard_by_amdsmi() && state.listeners().is_empty());
        state.gpu(2).unwrap().set_heard_by_amdsmi(true);
        assert!(state.is_heard_by_amdsmi());
        assert_eq!(state.sysfs().path(), machine.0.path());
    }

    #[test]
    fn a_device_is_claimed_only_by_who_does_not_wait() {
        let machine = machine("claim");
        let state = State::of(&machine.0).unwrap();
        let gpu = state.gpu(0).unwrap();
        assert!(state.claim(gpu).unwrap().is_none(), "who waits shares it");
        let impatient =
            State::read(&machine.0, rsmi_init_flags_t::RSMI_INIT_FLAG_RESRV_TEST1.0).unwrap();
        let gpu = impatient.gpu(0).unwrap();
        let claim = impatient.claim(gpu).unwrap();
        assert!(claim.is_some());
        assert_eq!(impatient.claim(gpu).err(), Some(rsmi_status_t::RSMI_STATUS_BUSY));
        drop(claim);
        assert!(impatient.claim(gpu).unwrap().is_some());
    }

    #[test]
    fn where_processes_may_be_is_known_after_the_last_user() {
        let place = |gpu_id| Place { gpu_id, compute_units: 1 };
        let state = State::unused(vec![place(12), place(11)]).left();
        assert_eq!((state.index_of(11), state.index_of(13)), (Some(1), None));
        let places: Vec<u64> = state.places().iter().map(|place| place.gpu_id).collect();
        assert_eq!(places, [11, 12]);
    }
}
