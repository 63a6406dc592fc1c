//! The door in front of every export: a library with `rsmi_*` of its own gets its own.
//!
//! libamd_smi contains rocm_smi and calls it by the very names that we export. Where the dynamic
//! loader binds such a call to us, answering it would be wrong: the caller counts devices its own
//! way, was compiled with other structs, and from inside `amdsmi_init` would recurse for ever. So
//! the door compares the return address with the code of such libraries, and sends their calls to
//! the function of that name in the library that called, arguments untouched. The real
//! librocm_smi64, where it is in the same process, is treated alike.
//!
//! While nobody has initialised us, every call is looked at; afterwards only the range of
//! addresses in which such libraries were found, which costs two comparisons. `rsmi_init` is
//! always looked at: a library that comes later calls it first.

use crate::object::{self, Dynamic};
use once_cell::race::OnceBox;
use parking_lot::lock_api::RawMutex as _;
use parking_lot::{Mutex, MutexGuard, RawMutex, const_mutex};
use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The addresses that the doors look at closely: `[start, end)`.
#[repr(C)]
#[derive(Debug)]
pub struct Hull {
    start: AtomicUsize,
    end: AtomicUsize,
}

pub static HULL: Hull = Hull { start: AtomicUsize::new(0), end: AtomicUsize::new(usize::MAX) };

/// The function that answers a call that came from `caller`: `body`, or the one of that name in the
/// library that called.
///
/// # Safety
/// `name` is a string that ends in NUL.
pub unsafe extern "C" fn route(caller: usize, name: *const c_char, body: usize) -> usize {
    let _uncancelled = crate::cancel::Uncancelled::begin();
    std::panic::catch_unwind(|| {
        // SAFETY: as this function demands.
        let name = unsafe { CStr::from_ptr(name) };
        own_function_of(caller, name)
    })
    .ok()
    .flatten()
    .unwrap_or(body)
}

/// A library in the process that defines `rsmi_init` itself, and its code.
struct Library {
    start: AtomicUsize,
    end: AtomicUsize,
    handle: AtomicUsize,
}

/// As many as will be: the libraries are pinned, so that an entry stays true. Append-only and
/// without a lock, so that a fork in the middle leaves nothing held.
static LIBRARIES: [Library; 16] = [const {
    Library { start: AtomicUsize::new(0), end: AtomicUsize::new(0), handle: AtomicUsize::new(0) }
}; 16];

/// The last objects that were looked at and have no `rsmi_init`, by load address.
static OTHERS: [AtomicUsize; 16] = [const { AtomicUsize::new(0) }; 16];
static NEXT_OTHER: AtomicUsize = AtomicUsize::new(0);

/// From now on only calls out of the libraries found are looked at.
pub(crate) fn settle() {
    scan();
    let (mut start, mut end) = (usize::MAX, 0);
    for library in known() {
        start = start.min(library.start.load(Ordering::Relaxed));
        end = end.max(library.end.load(Ordering::Relaxed));
    }
    HULL.start.store(start, Ordering::Release);
    HULL.end.store(end, Ordering::Release);
}

/// Every call is looked at again.
pub(crate) fn unsettle() {
    HULL.start.store(0, Ordering::Release);
    HULL.end.store(usize::MAX, Ordering::Release);
}

fn known() -> impl Iterator<Item = &'static Library> {
    LIBRARIES.iter().filter(|library| library.handle.load(Ordering::Acquire) != 0)
}

/// The function `name` of the library that `caller` lies in, where that is not us.
fn own_function_of(caller: usize, name: &CStr) -> Option<usize> {
    if cfg!(lab_no_door) {
        return None;
    }
    let inside = |library: &&Library| {
        (library.start.load(Ordering::Relaxed)..library.end.load(Ordering::Relaxed))
            .contains(&caller)
    };
    let library = known().find(inside).or_else(|| recognise(caller))?;
    symbol(library.handle.load(Ordering::Acquire) as *mut c_void, name)
}

/// Finds out whether the object at `address` has an `rsmi_init` of its own, and remembers it.
fn recognise(address: usize) -> Option<&'static Library> {
    let object = Object::at(address)?;
    if object.base == own_base()
        || OTHERS.iter().any(|other| other.load(Ordering::Relaxed) == object.base)
    {
        return None;
    }
    let library = object.pin().and_then(|handle| add(&object, handle));
    if library.is_none() {
        let slot = NEXT_OTHER.fetch_add(1, Ordering::Relaxed) % OTHERS.len();
        OTHERS[slot].store(object.base, Ordering::Relaxed);
    }
    library
}

fn add(object: &Object, handle: *mut c_void) -> Option<&'static Library> {
    let (start, end) = object.code?;
    for library in &LIBRARIES {
        // The range is there before the handle that makes the entry count.
        if library.start.compare_exchange(0, start, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            library.end.store(end, Ordering::Release);
            library.handle.store(handle as usize, Ordering::Release);
            HULL.start.fetch_min(start, Ordering::AcqRel);
            HULL.end.fetch_max(end, Ordering::AcqRel);
            crate::log::info(|| {
                format!(
                    "{} has rsmi_* functions of its own; its calls stay its own",
                    object.name.to_string_lossy()
                )
            });
            return Some(library);
        }
        if library.start.load(Ordering::Acquire) == start {
            return Some(library);
        }
    }
    None
}

/// Looks at the libraries that are in the process already, by name.
fn scan() {
    let mut addresses: Vec<usize> = Vec::new();
    each_object(|info| {
        // SAFETY: the loader's name of an object is a NUL-terminated string or null.
        let name = (!info.dlpi_name.is_null()).then(|| unsafe { CStr::from_ptr(info.dlpi_name) });
        let name = name.map(CStr::to_bytes).unwrap_or_default();
        let named = [&b"amd_smi"[..], b"rocm_smi"]
            .iter()
            .any(|part| name.windows(part.len()).any(|window| window == *part));
        addresses.extend(code_of(info).filter(|_| named).map(|(start, _)| start));
        true
    });
    for address in addresses {
        if !known().any(|library| library.start.load(Ordering::Relaxed) == address) {
            recognise(address);
        }
    }
}

/// Whether a libamd_smi in the process's global scope may answer a client's `rsmi_init` in our
/// place: it comes before us there, or the client was linked to it, and so asks for its version of
/// the name.
pub(crate) fn taken_by_libamd_smi() -> bool {
    let is_libamd_smi = |address| {
        Object::at(address)
            .is_some_and(|object| object.base != own_base() && object.defines(c"amdsmi_init"))
    };
    // SAFETY: the names end in NUL.
    let versioned =
        unsafe { libc::dlvsym(libc::RTLD_DEFAULT, c"rsmi_init".as_ptr(), c"AMDSMI_1".as_ptr()) };
    symbol(libc::RTLD_DEFAULT, c"rsmi_init").is_some_and(is_libamd_smi)
        || (!versioned.is_null() && is_libamd_smi(versioned as usize))
}

/// Whether a third library of the process's global scope, such as the original, would answer a
/// libamd_smi that looks for `rsmi_*` there; its structs may be longer than those of libamd_smi.
pub(crate) fn taken_by_another() -> bool {
    let is_another = |address| {
        Object::at(address).is_some_and(|object| {
            let another_copy_of_us = object.defines(c"rsmi_compat_source_get");
            let libamd_smi = object.defines(c"amdsmi_init");
            object.base != own_base() && !another_copy_of_us && !libamd_smi
        })
    };
    symbol(libc::RTLD_DEFAULT, c"rsmi_init").is_some_and(is_another)
}

/// Whether we are no library here, but part of the program itself.
pub(crate) fn is_in_program() -> bool {
    let own = own_base as *const () as usize;
    let mut found = false;
    // The program comes first.
    each_object(|info| {
        found = code_of(info).is_some_and(|(start, end)| (start..end).contains(&own));
        false
    });
    found
}

/// The addresses of this library's code.
pub(crate) fn own_code() -> Option<(usize, usize)> {
    static CODE: OnceBox<(usize, usize)> = OnceBox::new();
    let code = CODE.get_or_try_init(|| {
        Object::at(own_base as *const () as usize)
            .and_then(|object| object.code)
            .map(Box::new)
            .ok_or(())
    });
    code.ok().copied()
}

/// Where this library is loaded.
pub(crate) fn own_base() -> usize {
    static BASE: AtomicUsize = AtomicUsize::new(0);
    let base = BASE.load(Ordering::Relaxed);
    if base != 0 {
        return base;
    }
    let base = Object::at(own_base as *const () as usize).map_or(0, |object| object.base);
    BASE.store(base, Ordering::Relaxed);
    base
}

/// A loaded object. Found by dl_iterate_phdr and not by dladdr, whose lock a thread may have for as
/// long as it opens a library; and nothing is asked of the loader while it shows its objects.
struct Object {
    /// Where its first segment is loaded.
    base: usize,
    /// Empty for the program.
    name: CString,
    /// None of an object without code.
    code: Option<(usize, usize)>,
    /// It has an `rsmi_init` itself.
    has_init: bool,
}

impl Object {
    fn at(address: usize) -> Option<Self> {
        let mut found = None;
        each_object(|info| {
            let segments = object::headers(info).iter().filter(|it| it.p_type == libc::PT_LOAD);
            let start =
                |segment: &libc::Elf64_Phdr| info.dlpi_addr as usize + segment.p_vaddr as usize;
            let has = |segment: &libc::Elf64_Phdr| {
                (start(segment)..start(segment) + segment.p_memsz as usize).contains(&address)
            };
            if segments.clone().any(has) {
                let base = segments.map(start).min().unwrap_or(0);
                // SAFETY: the loader's name of an object is a NUL-terminated string or null.
                let name = (!info.dlpi_name.is_null())
                    .then(|| unsafe { CStr::from_ptr(info.dlpi_name) }.to_owned());
                let has_init = Dynamic::of(info).is_some_and(|it| it.defines(c"rsmi_init"));
                let (name, code) = (name.unwrap_or_default(), code_of(info));
                found = Some(Self { base, name, code, has_init });
            }
            found.is_none()
        });
        found
    }

    /// A handle on the object that is never given back, if it defines `rsmi_init` itself. The loader is
    /// asked about no other: who calls may be what somebody is just opening, and waits for.
    fn pin(&self) -> Option<*mut c_void> {
        let handle = self.has_init.then(|| self.handle()).flatten()?;
        if self.owns(handle, c"rsmi_init") {
            return Some(handle);
        }
        close(handle);
        None
    }

    fn defines(&self, name: &CStr) -> bool {
        self.handle().is_some_and(|handle| {
            let owns = self.owns(handle, name);
            close(handle);
            owns
        })
    }

    /// Whether `name`, looked up from this object, is in this object and not in one it depends on.
    fn owns(&self, handle: *mut c_void, name: &CStr) -> bool {
        symbol(handle, name).and_then(Self::at).is_some_and(|found| found.base == self.base)
    }

    fn handle(&self) -> Option<*mut c_void> {
        // SAFETY: NOLOAD only looks the object up among those that are loaded; nothing runs.
        let handle =
            unsafe { libc::dlopen(self.name.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD) };
        (!handle.is_null()).then_some(handle)
    }
}

/// The extent of an object's executable segments.
pub(crate) fn code_of(info: &libc::dl_phdr_info) -> Option<(usize, usize)> {
    object::headers(info)
        .iter()
        .filter(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_X != 0)
        .map(|header| {
            let start = info.dlpi_addr as usize + header.p_vaddr as usize;
            (start, start + header.p_memsz as usize)
        })
        .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

/// Held while the loader shows its objects: its own lock for that is not free in a child that was
/// forked meanwhile. Nothing that may wait happens under it.
static LOOKING: Mutex<()> = const_mutex(());

thread_local! {
    /// Whether this thread is looking.
    static HERE: Cell<bool> = const { Cell::new(false) };
    /// Whether this thread's fork keeps others from looking.
    static FORKING: Cell<bool> = const { Cell::new(false) };
}

/// This thread looks, as long as this lives.
struct Look(Option<MutexGuard<'static, ()>>);

impl Look {
    fn begin() -> Self {
        Self((!HERE.replace(true)).then(|| LOOKING.lock()))
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        if self.0.take().is_some() {
            HERE.set(false);
        }
    }
}

/// Far more than a look takes.
const LONGEST_LOOK: Duration = Duration::from_secs(1);

/// Nobody looks while this thread forks.
pub(crate) fn before_fork() {
    // A signal handler may fork in the middle of a look of this thread's.
    let looking = if HERE.get() { None } else { LOOKING.try_lock_for(LONGEST_LOOK) };
    FORKING.set(looking.is_some());
    std::mem::forget(looking);
}

pub(crate) fn after_fork_in_parent() {
    if FORKING.take() {
        // SAFETY: before_fork has locked it on this thread.
        unsafe { LOOKING.force_unlock() };
    }
}

pub(crate) fn after_fork_in_child() {
    if FORKING.take() || !HERE.get() {
        // The threads that may wait for it are not in the child, where unlocking would wake them.
        // SAFETY: the child has this one thread, and no other guard of the lock is alive on it.
        let raw = std::ptr::from_ref(unsafe { LOOKING.raw() }).cast_mut();
        // SAFETY: as above; the raw lock is plain data.
        unsafe { raw.write(RawMutex::INIT) };
    }
}

/// Shows every loaded object until `look` answers false.
pub(crate) fn each_object(mut look: impl FnMut(&libc::dl_phdr_info) -> bool) {
    unsafe extern "C" fn visit<F: FnMut(&libc::dl_phdr_info) -> bool>(
        info: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        look: *mut c_void,
    ) -> libc::c_int {
        // SAFETY: `look` is the closure passed below, which outlives the iteration.
        let look = unsafe { &mut *look.cast::<F>() };
        // SAFETY: the loader passes a valid struct for the length of this call.
        let info = unsafe { &*info };
        libc::c_int::from(!look(info))
    }
    fn go<F: FnMut(&libc::dl_phdr_info) -> bool>(look: &mut F) {
        let _look = Look::begin();
        // SAFETY: the callback gets back the closure that it is instantiated for.
        unsafe { libc::dl_iterate_phdr(Some(visit::<F>), (&raw mut *look).cast()) };
    }
    go(&mut look);
}

fn symbol(handle: *mut c_void, name: &CStr) -> Option<usize> {
    // SAFETY: the handle came from dlopen or is RTLD_DEFAULT, the name ends in NUL.
    let address = unsafe { libc::dlsym(handle, name.as_ptr()) };
    (!address.is_null()).then_some(address as usize)
}

fn close(handle: *mut c_void) {
    // SAFETY: the handle came from a dlopen that found the object loaded; this gives back no more.
    unsafe { libc::dlclose(handle) };
}

#[cfg(test)]
mod tests;
