//! The only code that knows libamd_smi.

mod buffer;
mod copies;
mod identify;
mod installed;
mod load;
mod symbols;

pub(crate) use buffer::Plain;
pub(crate) use identify::Release;
pub(crate) use symbols::{Handle, Symbols};

use crate::config::Config;
use crate::kernel::kfd::PARTITION_BITS;
use crate::log;
use crate::status::{self, Reply, Result};
use crate::types::rsmi_status_t;
use identify::{Identity, Version};
use load::Opened;
use once_cell::sync::OnceCell;
use parking_lot::RwLock;
use std::cell::Cell;
use std::ffi::{CStr, c_char};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// AMDSMI_INIT_AMD_GPUS. rsmi's flags have other meanings there and are never passed on.
const INIT_AMD_GPUS: u64 = 2;
const STATUS_SUCCESS: u32 = 0;
const STATUS_NOT_FOUND: u32 = 31;
const STATUS_NOT_INIT: u32 = 32;
/// No status of libamd_smi's: it has no such device.
const NOT_LISTED: u32 = 0x8000_0000;
/// AMDSMI_PROCESSOR_TYPE_AMD_GPU and _AMD_APU.
const PROCESSOR_TYPES: [u32; 2] = [1, 6];
/// More sockets, or processors on one, than any machine has.
const MOST: usize = 256;

thread_local! {
    /// How many calls into libamd_smi this thread is inside of.
    static INSIDE: Cell<u32> = const { Cell::new(0) };
}

/// Whether this thread is inside libamd_smi: an rsmi_init that arrives now is libamd_smi's own
/// that was bound to us, and must not start it again.
pub(crate) fn inside() -> bool {
    INSIDE.get() > 0
}

fn call<R>(ask: impl FnOnce() -> R) -> R {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            INSIDE.set(INSIDE.get() - 1);
        }
    }
    INSIDE.set(INSIDE.get() + 1);
    let _leave = Leave;
    ask()
}

/// libamd_smi in this process.
pub(crate) struct AmdSmi {
    opened: Opened,
    identity: OnceCell<Identity>,
    /// We initialised it, and so have to shut it down.
    started: AtomicBool,
}

static AMD_SMI: OnceCell<AmdSmi> = OnceCell::new();

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
    /// The process's libamd_smi, opened at the first call that succeeds.
    pub(crate) fn get(config: &Config) -> Result<&'static Self> {
        AMD_SMI.get_or_try_init(|| {
            let opened =
                call(|| load::open(config)).ok_or(rsmi_status_t::RSMI_STATUS_INIT_ERROR)?;
            Ok(Self { opened, identity: OnceCell::new(), started: AtomicBool::new(false) })
        })
    }

    fn symbols(&self) -> &Symbols {
        &self.opened.symbols
    }

    fn identity(&self) -> Identity {
        self.identity.get().copied().unwrap_or(Identity::Unknown)
    }

    /// Whether this libamd_smi counts its users. Older ones end for all when one shuts them down.
    fn counts(&self) -> bool {
        self.identity().at_least(Release::V10_0)
    }

    /// Initialises it, unless it does not count and somebody else has done so.
    fn start(&self) -> Result {
        let initialised = self.processors().is_ok();
        if initialised && !self.counts() {
            log::info(|| format!("{}: in use by somebody else", self.opened.path.display()));
        } else {
            let init = self.symbols().amdsmi_init.ok_or(rsmi_status_t::RSMI_STATUS_INIT_ERROR)?;
            // SAFETY: the signature is the same in every release.
            let status = call(|| unsafe { init(INIT_AMD_GPUS) });
            if status != STATUS_SUCCESS {
                log::error(|| {
                    format!("{}: amdsmi_init failed with {status}", self.opened.path.display())
                });
                return Err(rsmi_status_t::RSMI_STATUS_INIT_ERROR);
            }
            self.started.store(true, Ordering::Relaxed);
        }
        self.identity.get_or_init(|| self.identify());
        Ok(())
    }

    fn stop(&self) {
        if !self.started.swap(false, Ordering::Relaxed) {
            return;
        }
        if self.opened.shared && !self.counts() {
            log::info(|| "libamd_smi is left initialised: others use this copy of it".into());
            return;
        }
        if let Some(shut_down) = self.symbols().amdsmi_shut_down {
            // SAFETY: the signature is the same in every release; we had initialised it.
            call(|| unsafe { shut_down() });
        }
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
                "libamd_smi is {path}, {release} (by exported names {names:?}, by its version {told})"
            )
        });
        identity
    }

    /// What it says of itself. The struct was always 24 bytes, the text always at 16.
    fn version(&self) -> Option<Version> {
        let get = self.symbols().amdsmi_get_lib_version?;
        let (status, written) =
            // SAFETY: the buffer is larger than any release's struct.
            buffer::filled(|out: *mut [u64; 3]| call(|| unsafe { get(out.cast()) }));
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
    fn processors(&self) -> std::result::Result<Vec<Handle>, u32> {
        let symbols = self.symbols();
        let (Some(sockets), Some(processors)) =
            (symbols.amdsmi_get_socket_handles, symbols.amdsmi_get_processor_handles)
        else {
            return Err(STATUS_NOT_FOUND);
        };
        let mut found = Vec::new();
        // SAFETY: the count says how many handles the array holds.
        for socket in handles(|count, list| unsafe { sockets(count, list) })? {
            // SAFETY: as above; the socket is one that the library has just named.
            found.extend(handles(|count, list| unsafe { processors(socket, count, list) })?);
        }
        if let Some(kind) = symbols.amdsmi_get_processor_type {
            found.retain(|handle| {
                // SAFETY: the buffer takes the number.
                let (status, kind) = buffer::filled(|out| call(|| unsafe { kind(*handle, out) }));
                status != STATUS_SUCCESS || kind.is_ok_and(|kind| PROCESSOR_TYPES.contains(&kind))
            });
        }
        Ok(found)
    }

    /// A GPU's PCI address, without the partition that newer releases put into it.
    fn address(&self, handle: Handle) -> Option<u64> {
        let bdf = self.symbols().amdsmi_get_gpu_bdf_id?;
        // SAFETY: the buffer takes the number.
        let (status, bdf) = buffer::filled(|out| call(|| unsafe { bdf(handle, out) }));
        (status == STATUS_SUCCESS).then(|| bdf.ok())?.map(|bdf| bdf & !PARTITION_BITS)
    }
}

/// A list of handles out of a function that takes the array's length and leaves the list's.
fn handles(
    mut list: impl FnMut(*mut u32, *mut Handle) -> u32,
) -> std::result::Result<Vec<Handle>, u32> {
    let (result, written) = buffer::filled(|out: *mut [Handle; MOST]| {
        let (status, count) = buffer::filled(|count: *mut u32| {
            // SAFETY: the buffer is good for the count.
            unsafe { count.write(MOST as u32) };
            call(|| list(count, out.cast()))
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

/// libamd_smi from one `rsmi_init` to the `rsmi_shut_down` that matches it.
pub(crate) struct Session {
    smi: &'static AmdSmi,
    processors: RwLock<Processors>,
}

/// The list of the handles, and for each the address by which a device finds it.
#[derive(Default, PartialEq)]
struct Processors {
    handles: Vec<Handle>,
    addresses: Vec<Option<u64>>,
}

/// Which of libamd_smi's processors a device is: the n-th of those at its PCI address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) address: u64,
    pub(crate) nth: usize,
}

impl Session {
    pub(crate) fn start(config: &Config) -> Result<Self> {
        let smi = AmdSmi::get(config)?;
        smi.start()?;
        let session = Self { smi, processors: RwLock::default() };
        if let Err(status) = session.list() {
            log::error(|| format!("libamd_smi does not list its processors: status {status}"));
            smi.stop();
            return Err(rsmi_status_t::RSMI_STATUS_INIT_ERROR);
        }
        Ok(session)
    }

    /// How many processors libamd_smi has.
    pub(crate) fn count(&self) -> usize {
        self.processors.read_recursive().handles.len()
    }

    /// Whether the library has the names of this release or a later one.
    pub(crate) fn has_names_of(&self, release: Release) -> bool {
        self.smi.opened.names.at_least(release)
    }

    /// Asks libamd_smi for one value of one device; None where this release has no such function,
    /// or does not list the device.
    ///
    /// `function` picks the function out of the symbols. The reply has what libamd_smi wrote, also
    /// where it wrote it beside a failure.
    pub(crate) fn ask<F: Copy, T: Plain + PartialEq>(
        &self,
        key: Key,
        name: &str,
        function: impl FnOnce(&Symbols) -> Option<F>,
        call_it: impl Fn(F, Handle, *mut T) -> u32,
    ) -> Option<Reply<T>> {
        let function = function(self.smi.symbols())?;
        let mut answer = self.ask_once(key, |handle, out| call_it(function, handle, out));
        // Somebody else in the process has shut it down, or initialised it anew.
        if matches!(answer, (STATUS_NOT_INIT | STATUS_NOT_FOUND, _)) && self.revive() {
            answer = self.ask_once(key, |handle, out| call_it(function, handle, out));
        }
        let (status, value) = answer;
        if status == NOT_LISTED {
            return None;
        }
        log::source(|| name.to_owned());
        let Ok(value) = value else {
            log::reason(|| format!("{name} wrote more than its value"));
            return Some(Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE).into());
        };
        Some(match status::from_amdsmi(status) {
            Ok(()) => Ok(value).into(),
            Err(failed) => {
                log::reason(|| format!("{name} returned {status}"));
                Reply { status: failed, value: (value != buffer::untouched()).then_some(value) }
            }
        })
    }

    fn ask_once<T: Plain>(
        &self,
        key: Key,
        call_it: impl FnOnce(Handle, *mut T) -> u32,
    ) -> (u32, std::result::Result<T, buffer::Overrun>) {
        // Where others may have replaced the processors without our seeing it, look first: a new
        // processor may lie where an old one lay.
        if self.smi.opened.shared && !self.smi.counts() {
            let current = self.smi.processors();
            if current.as_ref().ok() != Some(&self.processors.read_recursive().handles) {
                self.revive();
            }
        }
        let handle = self.processors.read_recursive().find(key);
        buffer::filled(|out| match handle {
            Some(handle) => call(|| call_it(handle, out)),
            None => NOT_LISTED,
        })
    }

    /// Initialises libamd_smi again if it has to be, and takes its processors anew.
    fn revive(&self) -> bool {
        if self.list().is_ok() {
            return true;
        }
        log::info(|| "libamd_smi was shut down by somebody else; initialising it again".into());
        self.smi.start().is_ok() && self.list().is_ok()
    }

    fn list(&self) -> std::result::Result<(), u32> {
        let handles = self.smi.processors()?;
        let addresses = handles.iter().map(|handle| self.smi.address(*handle)).collect();
        *self.processors.write() = Processors { handles, addresses };
        Ok(())
    }
}

impl Processors {
    fn find(&self, key: Key) -> Option<Handle> {
        let here = self.addresses.iter().zip(&self.handles);
        here.filter(|(address, _)| **address == Some(key.address))
            .nth(key.nth)
            .map(|(_, found)| *found)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.smi.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_the_nth_processor_at_its_address() {
        let handles = [Handle::at(1), Handle::at(2), Handle::at(3)];
        let processors = Processors {
            handles: handles.to_vec(),
            addresses: vec![Some(0x300), Some(0x300), Some(0x800)],
        };
        let find = |address, nth| processors.find(Key { address, nth });
        assert_eq!(find(0x300, 1), Some(handles[1]));
        assert_eq!(find(0x800, 0), Some(handles[2]));
        assert_eq!((find(0x800, 1), find(0x900, 0)), (None, None));
    }

    #[test]
    fn a_thread_knows_when_it_is_inside() {
        assert!(!inside());
        assert!(call(inside));
        assert!(std::panic::catch_unwind(|| call(|| panic!("on purpose"))).is_err());
        assert!(!inside());
    }
}
