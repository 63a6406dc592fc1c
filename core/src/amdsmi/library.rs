//! The libamd_smi of this process: what it is, whether it is initialised, which processors it has.

use super::identify::{self, Identity, Release, Version};
use super::load::{self, Opened};
use super::symbols::{Handle, Symbols};
use super::{STATUS_NOT_FOUND, STATUS_SUCCESS, buffer, call, enter, hazards};
use crate::config::Config;
use crate::kernel::Dir;
use crate::kernel::kfd::PARTITION_BITS;
use crate::log;
use crate::status::amdsmi_text;
use arc_swap::ArcSwap;
use once_cell::race::{OnceBox, OnceRef};
use std::ffi::{CStr, c_char};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// AMDSMI_INIT_AMD_GPUS. rsmi's flags have other meanings there and are never passed on.
const INIT_AMD_GPUS: u64 = 2;
/// AMDSMI_PROCESSOR_TYPE_AMD_GPU and _AMD_APU.
const PROCESSOR_TYPES: [u32; 2] = [1, 6];
/// More sockets, or processors on one, than any machine has.
const MOST: usize = 256;

/// libamd_smi in this process.
pub(super) struct AmdSmi {
    pub(super) opened: Opened,
    identity: OnceBox<Identity>,
    /// We initialised it, and so have to shut it down.
    started: AtomicBool,
    processors: ArcSwap<Processors>,
}

/// The list of the handles, and for each the address by which a device finds it.
#[derive(Default)]
pub(super) struct Processors {
    pub(super) handles: Vec<Handle>,
    addresses: Vec<Option<u64>>,
}

static AMD_SMI: OnceRef<AmdSmi> = OnceRef::new();

/// The libamd_smi that was opened: its file, and the ROCm release that it is known to be of.
pub(crate) fn in_use() -> Option<(&'static Path, Option<Release>)> {
    let smi = AMD_SMI.get()?;
    let release = match smi.identity() {
        Identity::Known(release) => Some(release),
        Identity::Unknown => None,
    };
    Some((&smi.opened.path, release))
}

impl AmdSmi {
    /// The process's libamd_smi, opened at the first call that succeeds; for one thread at a time.
    pub(super) fn get(config: &Config) -> Option<&'static Self> {
        if let Some(smi) = AMD_SMI.get() {
            return Some(smi);
        }
        let opened = enter(|| load::open(config))?;
        Some(AMD_SMI.get_or_init(|| {
            Box::leak(Box::new(Self {
                opened,
                identity: OnceBox::new(),
                started: AtomicBool::new(false),
                processors: ArcSwap::default(),
            }))
        }))
    }

    /// One that has these functions and one processor, and is known to be of that release.
    #[cfg(test)]
    pub(super) fn fake(symbols: Symbols, release: Option<Release>, address: u64) -> &'static Self {
        let names = release.map_or(identify::ByName::Newest, identify::ByName::One);
        let opened = Opened { path: "fake".into(), symbols, names, shared: false };
        let identity = release.map_or(Identity::Unknown, Identity::Known);
        let handles = vec![Handle::at(1)];
        let processors = Processors { handles, addresses: vec![Some(address)] };
        Box::leak(Box::new(Self {
            opened,
            identity: OnceBox::with_value(Box::new(identity)),
            started: AtomicBool::new(true),
            processors: ArcSwap::from_pointee(processors),
        }))
    }

    pub(super) fn symbols(&self) -> &Symbols {
        &self.opened.symbols
    }

    pub(super) fn identity(&self) -> Identity {
        self.identity.get().copied().unwrap_or(Identity::Unknown)
    }

    /// Whether this libamd_smi counts its users. Older ones end for all when one shuts them down.
    fn counts(&self) -> bool {
        self.identity().at_least(Release::V10_0)
    }

    /// Initialises it and lists its processors; false where that fails.
    pub(super) fn start(&self) -> bool {
        if !self.initialise() {
            return false;
        }
        if let Err(status) = self.list() {
            log::warn(|| {
                format!("libamd_smi does not list its processors: status {}", amdsmi_text(status))
            });
            self.stop();
            return false;
        }
        true
    }

    /// Initialises it, unless it does not count and somebody else has done so.
    fn initialise(&self) -> bool {
        let initialised = self.handles().is_ok();
        if initialised && !self.counts() {
            log::info(|| format!("{}: in use by somebody else", self.opened.path.display()));
        } else {
            let Some(init) = self.symbols().amdsmi_init.function else { return false };
            if self.opened.names.at_least(Release::V7_12) {
                if let Some(why) = hazards::find_for_switches(&Dir::new(Config::get().sysfs())) {
                    log::warn(|| hazards::text(&why));
                    return false;
                }
            }
            // SAFETY: the signature is the same in every release.
            let status = unsafe { call(init, (INIT_AMD_GPUS,)) };
            if status != STATUS_SUCCESS {
                log::warn(|| {
                    let (path, status) = (self.opened.path.display(), amdsmi_text(status));
                    format!("{path}: amdsmi_init failed with {status}")
                });
                return false;
            }
            self.started.store(true, Ordering::Relaxed);
        }
        self.identity.get_or_init(|| Box::new(self.identify()));
        true
    }

    pub(super) fn stop(&self) {
        if !self.started.swap(false, Ordering::Relaxed) {
            return;
        }
        if self.opened.shared && !self.counts() {
            log::info(|| "libamd_smi is left initialised: others use this copy of it".into());
            return;
        }
        if let Some(shut_down) = self.symbols().amdsmi_shut_down.function {
            // SAFETY: the signature is the same in every release; we had initialised it.
            unsafe { call(shut_down, ()) };
        }
    }

    /// The processors as they were last listed.
    pub(super) fn processors(&self) -> Arc<Processors> {
        self.processors.load_full()
    }

    /// Where others may have replaced the processors without our seeing it, looks first: a new
    /// processor may lie where an old one lay.
    pub(super) fn look(&self) {
        if self.opened.shared && !self.counts() {
            let current = self.handles();
            if current.as_ref().ok() != Some(&self.processors().handles) {
                self.revive();
            }
        }
    }

    /// Initialises libamd_smi again if it has to be, and takes its processors anew.
    pub(super) fn revive(&self) -> bool {
        if self.list().is_ok() {
            return true;
        }
        log::info(|| "libamd_smi was shut down by somebody else; initialising it again".into());
        self.initialise() && self.list().is_ok()
    }

    fn list(&self) -> Result<(), u32> {
        let handles = self.handles()?;
        let addresses = handles.iter().map(|handle| self.address(*handle)).collect();
        self.processors.store(Arc::new(Processors { handles, addresses }));
        Ok(())
    }

    fn identify(&self) -> Identity {
        let version = self.version();
        let identity = identify::identity(self.opened.names, version);
        log::info(|| {
            let path = self.opened.path.display();
            let names = self.opened.names;
            let told = version.map_or("none that is understood".into(), |told| told.to_string());
            let release = match identity {
                Identity::Known(release) => format!("ROCm {release}"),
                Identity::Unknown => {
                    "of no release that is known; only what never changed is asked".into()
                }
            };
            format!(
                "libamd_smi is {path}, {release} (by exported names {names}, by its version {told})"
            )
        });
        identity
    }

    /// What it says of itself. The struct was always 24 bytes, the text always at 16.
    fn version(&self) -> Option<Version> {
        let get = self.symbols().amdsmi_get_lib_version.function?;
        let (status, written) =
            // SAFETY: the buffer is larger than any release's struct.
            buffer::filled(|out: *mut [u64; 3]| unsafe { call(get, (out.cast(),)) });
        if status != STATUS_SUCCESS {
            return None;
        }
        let [first, second, text] = written.ok()?;
        let text = text as usize as *const c_char;
        if text.is_null() || text.addr() == 0xA5A5_A5A5_A5A5_A5A5 {
            return None;
        }
        // SAFETY: the library has written its pointer to a static, NUL-terminated text there.
        let text = unsafe { CStr::from_ptr(text) };
        let words = [first as u32, (first >> 32) as u32, second as u32, (second >> 32) as u32];
        Version::read(words, text.to_str().ok())
    }

    /// The GPUs, in its order: those of the first socket, of the second, and so on.
    fn handles(&self) -> Result<Vec<Handle>, u32> {
        let symbols = self.symbols();
        let (Some(sockets), Some(processors)) = (
            symbols.amdsmi_get_socket_handles.function,
            symbols.amdsmi_get_processor_handles.function,
        ) else {
            return Err(STATUS_NOT_FOUND);
        };
        let mut found = Vec::new();
        // SAFETY: the count says how many handles the array holds.
        for socket in handles(|count, list| unsafe { call(sockets, (count, list)) })? {
            // SAFETY: as above; the socket is one that the library has just named.
            found
                .extend(handles(|count, list| unsafe { call(processors, (socket, count, list)) })?);
        }
        if let Some(kind) = symbols.amdsmi_get_processor_type.function {
            found.retain(|handle| {
                // SAFETY: the buffer takes the number.
                let (status, kind) = buffer::filled(|out| unsafe { call(kind, (*handle, out)) });
                status != STATUS_SUCCESS || kind.is_ok_and(|kind| PROCESSOR_TYPES.contains(&kind))
            });
        }
        Ok(found)
    }

    /// A GPU's PCI address, without the partition that newer releases put into it.
    fn address(&self, handle: Handle) -> Option<u64> {
        let bdf = self.symbols().amdsmi_get_gpu_bdf_id.function?;
        // SAFETY: the buffer takes the number.
        let (status, bdf) = buffer::filled(|out| unsafe { call(bdf, (handle, out)) });
        (status == STATUS_SUCCESS).then(|| bdf.ok())?.map(|bdf| bdf & !PARTITION_BITS)
    }
}

impl Processors {
    /// The n-th of those at this PCI address.
    pub(super) fn find(&self, address: u64, nth: usize) -> Option<Handle> {
        let here = self.addresses.iter().zip(&self.handles);
        here.filter(|(at, _)| **at == Some(address)).nth(nth).map(|(_, found)| *found)
    }
}

/// A list of handles out of a function that takes the array's length and leaves the list's.
fn handles(mut list: impl FnMut(*mut u32, *mut Handle) -> u32) -> Result<Vec<Handle>, u32> {
    let (result, written) = buffer::filled(|out: *mut [Handle; MOST]| {
        let (status, count) = buffer::filled(|count: *mut u32| {
            // SAFETY: the buffer is good for the count.
            unsafe { count.write(MOST as u32) };
            list(count, out.cast())
        });
        (status, count)
    });
    match (result, written) {
        ((STATUS_SUCCESS, Ok(count)), Ok(written)) => {
            Ok(written[..MOST.min(count as usize)].to_vec())
        }
        ((STATUS_SUCCESS, _), _) => Err(STATUS_NOT_FOUND),
        ((status, _), _) => Err(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn sockets(count: *mut u32, list: *mut Handle) -> u32 {
        // SAFETY: the list has room for more.
        unsafe {
            assert_eq!(count.read(), MOST as u32);
            list.cast::<[Handle; 2]>().write([Handle::at(16), Handle::at(32)]);
            count.write(2);
        }
        0
    }

    /// Two processors a socket, of which the second of the second socket is a CPU.
    unsafe extern "C" fn processors(socket: Handle, count: *mut u32, list: *mut Handle) -> u32 {
        let first = socket.address();
        // SAFETY: as above.
        unsafe {
            list.cast::<[Handle; 2]>().write([Handle::at(first + 1), Handle::at(first + 2)]);
            count.write(2);
        }
        0
    }

    unsafe extern "C" fn kind(processor: Handle, kind: *mut u32) -> u32 {
        // SAFETY: the buffer takes the number.
        unsafe { kind.write(if processor.address() == 34 { 3 } else { 1 }) };
        0
    }

    /// The second of a socket is a partition, whose number is in its address.
    unsafe extern "C" fn bdf(processor: Handle, bdf: *mut u64) -> u32 {
        let address = processor.address() as u64;
        // SAFETY: as above.
        unsafe { bdf.write((address & 0xf0) << 4 | (address & 2) << 28) };
        0
    }

    unsafe extern "C" fn refuses(_: *mut u32, _: *mut Handle) -> u32 {
        10
    }

    #[test]
    fn the_processors_of_all_sockets_are_listed_but_cpus() {
        let mut symbols = Symbols::none();
        symbols.amdsmi_get_socket_handles.function = Some(sockets);
        symbols.amdsmi_get_processor_handles.function = Some(processors);
        symbols.amdsmi_get_processor_type.function = Some(kind);
        symbols.amdsmi_get_gpu_bdf_id.function = Some(bdf);
        let smi = AmdSmi::fake(symbols, None, 0);
        let all = [17, 18, 33].map(Handle::at);
        assert_eq!(smi.handles(), Ok(all.to_vec()));
        assert!(smi.revive(), "it lists them");
        let processors = smi.processors();
        assert_eq!(processors.handles, all);
        // A partition has the address of its GPU.
        assert_eq!(processors.find(0x100, 0), Some(all[0]));
        assert_eq!(
            (processors.find(0x100, 1), processors.find(0x200, 0)),
            (Some(all[1]), Some(all[2]))
        );
        assert_eq!(processors.find(0x200, 1), None);
    }

    #[test]
    fn what_others_have_replaced_is_listed_anew() {
        let smi = |names, shared| {
            let mut symbols = Symbols::none();
            symbols.amdsmi_get_socket_handles.function = Some(sockets);
            symbols.amdsmi_get_processor_handles.function = Some(processors);
            let smi = AmdSmi {
                opened: Opened { path: "fake".into(), symbols, names, shared },
                identity: OnceBox::new(),
                started: AtomicBool::new(true),
                processors: ArcSwap::default(),
            };
            smi.identity.set(Box::new(Identity::Known(Release::V6_1_2))).expect("it is new");
            smi.look();
            smi.processors().handles.len()
        };
        let old = identify::ByName::One(Release::V6_1_2);
        assert_eq!((smi(old, true), smi(old, false)), (4, 0), "nobody else uses the second");
    }

    #[test]
    fn a_libamd_smi_that_lists_nothing_is_none() {
        let smi = AmdSmi::fake(Symbols::none(), None, 0);
        assert_eq!(smi.handles(), Err(STATUS_NOT_FOUND));
        assert!(!smi.revive() && !smi.start(), "nor can it be initialised");
        let mut symbols = Symbols::none();
        symbols.amdsmi_get_socket_handles.function = Some(refuses);
        symbols.amdsmi_get_processor_handles.function = Some(processors);
        assert_eq!(AmdSmi::fake(symbols, None, 0).handles(), Err(10), "it says why");
    }

    #[test]
    fn who_counts_its_users_is_shut_down_in_any_case() {
        let newest = AmdSmi::fake(Symbols::none(), Some(Release::V10_1), 0);
        let older = AmdSmi::fake(Symbols::none(), Some(Release::V7_0), 0);
        assert!(newest.counts() && !older.counts());
        assert!(newest.started.load(Ordering::Relaxed));
        newest.stop();
        assert!(!newest.started.load(Ordering::Relaxed));
    }

    #[test]
    fn a_device_is_the_nth_processor_at_its_address() {
        let handles = [Handle::at(1), Handle::at(2), Handle::at(3)];
        let processors = Processors {
            handles: handles.to_vec(),
            addresses: vec![Some(0x300), Some(0x300), Some(0x800)],
        };
        assert_eq!(processors.find(0x300, 1), Some(handles[1]));
        assert_eq!(processors.find(0x800, 0), Some(handles[2]));
        assert_eq!((processors.find(0x800, 1), processors.find(0x900, 0)), (None, None));
    }
}
