//! Finding and opening libamd_smi; once open it stays.

use super::copies;
use super::identify::{self, ByName};
use super::symbols::Symbols;
use crate::config::Config;
use crate::door;
use crate::log;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use rsmi_generations::LIBAMD_SMI;
use std::ffi::{CStr, OsStr, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// An open libamd_smi.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) symbols: Symbols,
    pub(crate) names: ByName,
    /// It was in the process before us: somebody else uses this copy too.
    pub(crate) shared: bool,
}

/// The first candidate that is a libamd_smi we can work with.
pub(super) fn open(config: &Config) -> Option<Opened> {
    if let Some(path) = &config.amdsmi {
        let opened = try_open(path, Some("RSMI_COMPAT_AMDSMI"));
        if opened.is_some() {
            return opened;
        }
    }
    if config.sysfs.is_some() {
        log::info(|| {
            "the kernel's files answer everything: only RSMI_COMPAT_AMDSMI could name a libamd_smi \
             that knows the machine of RSMI_COMPAT_SYSFS"
                .into()
        });
        return None;
    }
    let opened = in_process()
        .iter()
        .chain(&candidates(config.rocm_path.as_deref(), Path::new("/opt")))
        .find_map(|path| try_open(path, None));
    if opened.is_none() {
        log::info(|| "no libamd_smi was found: the kernel's files answer everything".into());
    }
    opened
}

/// Where to look, in order. Bare names are the dynamic loader's to search.
fn candidates(rocm_path: Option<&Path>, opt: &Path) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    let mut found = Vec::new();
    if let Some(rocm) = rocm_path {
        directories.extend(rsmi_generations::libraries_of(rocm));
    }
    let in_directory = |directory: &PathBuf| LIBAMD_SMI.map(|name| directory.join(name));
    found.extend(directories.iter().flat_map(in_directory));
    found.extend(LIBAMD_SMI.map(PathBuf::from));
    let mut directories = rsmi_generations::libraries_below(opt).to_vec();
    directories.extend(newest_rocm(opt).map(|rocm| rocm.join("lib")));
    found.extend(directories.iter().flat_map(in_directory));
    found
}

fn newest_rocm(opt: &Path) -> Option<PathBuf> {
    let (release, path) = rsmi_generations::releases(opt).pop()?;
    release.map(|_| path)
}

/// The libraries named like libamd_smi that the process has loaded.
fn in_process() -> Vec<PathBuf> {
    let mut found = Vec::new();
    door::each_object(|info| {
        if !info.dlpi_name.is_null() {
            // SAFETY: the loader's name of an object is NUL-terminated.
            let path = unsafe { CStr::from_ptr(info.dlpi_name) };
            let path = Path::new(OsStr::from_bytes(path.to_bytes()));
            let name = path.file_name().unwrap_or_default().as_bytes();
            if name.starts_with(b"libamd_smi") {
                found.push(path.to_owned());
            }
        }
        true
    });
    found
}

fn try_open(path: &Path, named_by: Option<&str>) -> Option<Opened> {
    let refuse = |why: &str| {
        log::warn(|| format!("{} is not used: {why}", path.display()));
        None
    };
    let bare = path.parent().is_none_or(|parent| parent.as_os_str().is_empty());
    if !bare && !path.exists() {
        if let Some(variable) = named_by {
            return refuse(&format!("{variable} names it, but there is no such file"));
        }
        log::trace(|| format!("{}: no such file", path.display()));
        return None;
    }
    // SAFETY: NOLOAD only looks the library up; nothing of it runs.
    let shared = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL | libc::RTLD_NOLOAD) };
    let shared = shared.is_ok();
    let flags = flags();
    if (shared || flags & libc::RTLD_DEEPBIND == 0) && door::taken_by_another() {
        return refuse("another library of the process would answer its calls of rsmi_*");
    }
    // SAFETY: the constructors of libamd_smi run, as in any program that links it.
    let library = match unsafe { Library::open(Some(path), flags) } {
        Ok(library) => library,
        Err(error) => {
            // What the loader says stands behind libloading's own words.
            let text = std::error::Error::source(&error)
                .map_or(error.to_string(), |told| told.to_string());
            if bare && text.contains("No such file") {
                log::trace(|| text);
                return None;
            }
            return refuse(&text);
        }
    };
    // SAFETY: only asks whether the name is there.
    let has = |name: &str| unsafe { library.get::<*const ()>(name.as_bytes()) }.is_ok();
    match identify::by_name(has) {
        ByName::NotAmdSmi => refuse("it has no amdsmi_init"),
        ByName::TooOld => refuse("it is older than ROCm 6.1.2"),
        names => {
            let symbols = Symbols::load(&library);
            let path = origin(&library).unwrap_or_else(|| path.to_owned());
            // Never unloaded: clients hold no handle of it, but its threads and exit handlers do.
            std::mem::forget(library);
            Some(Opened { path, symbols, names, shared })
        }
    }
}

/// The file that the loader took for the name.
fn origin(library: &Library) -> Option<PathBuf> {
    // SAFETY: only the symbol's address is taken.
    let symbol = unsafe { library.get::<*const c_void>(b"amdsmi_init\0") }.ok()?;
    file_of(*symbol)
}

/// The file that an address was loaded from.
fn file_of(address: *const c_void) -> Option<PathBuf> {
    // SAFETY: Dl_info is plain data.
    let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: dladdr takes any address and writes the struct that it is given.
    let found = unsafe { libc::dladdr(address, &raw mut info) };
    if found == 0 || info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: the loader's name of an object is NUL-terminated.
    let name = unsafe { CStr::from_ptr(info.dli_fname) };
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

/// DEEPBIND makes libamd_smi find its own rsmi_* before ours. A sanitizer ends the process that
/// opens a library so, and libamd_smi dies in a program that has the C++ library's objects in
/// itself; both have to go without. The door still stands.
fn flags() -> c_int {
    let without = cfg!(lab_no_deepbind) || under_sanitizer() || copies::of_cxx();
    let deep = if without { 0 } else { libc::RTLD_DEEPBIND };
    RTLD_NOW | RTLD_LOCAL | deep
}

/// Whether a sanitizer's runtime is in the process. Where it is part of the program itself, its own
/// names are not to be found, but it still answers dlopen in the C library's place.
fn under_sanitizer() -> bool {
    // SAFETY: only asks where the name is.
    let find = |name: &CStr| unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    if [c"__asan_init", c"__tsan_init", c"__msan_init"].iter().any(|name| !find(name).is_null()) {
        return true;
    }
    let dlopen = file_of(find(c"dlopen"));
    let name = dlopen.as_deref().and_then(Path::file_name).unwrap_or_default().as_bytes();
    ![&b"libc.so"[..], b"libdl.so", b"ld-linux"].iter().any(|system| name.starts_with(system))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::tests::Scratch;

    #[test]
    fn the_order_is_rocm_path_then_the_loader_then_opt() {
        let scratch = Scratch::new(
            "load",
            &[("opt/rocm-7.2.0/x", b""), ("opt/rocm-7.10.0/x", b""), ("opt/rocm-old/x", b"")],
        );
        let opt = scratch.0.path().join("opt");
        let list = candidates(Some(Path::new("/r")), &opt);
        let at = |path: PathBuf| list.iter().position(|listed| *listed == path).unwrap();
        let newest = opt.join("rocm-7.10.0/lib/libamd_smi.so.27");
        assert!(at("/r/lib/libamd_smi.so.27".into()) < at("/r/lib64/libamd_smi.so.27".into()));
        assert!(at("/r/lib64/libamd_smi.so".into()) < at("libamd_smi.so.27".into()));
        assert!(at("libamd_smi.so.0".into()) < at("libamd_smi.so".into()));
        assert!(at("libamd_smi.so".into()) < at(opt.join("rocm/lib/libamd_smi.so.27")));
        assert!(at(opt.join("rocm/core/lib/libamd_smi.so")) < at(newest));
        assert!(!list.iter().any(|path| path.to_string_lossy().contains("rocm-7.2.0")));
    }

    #[test]
    fn a_library_is_taken_for_the_file_that_it_came_from() {
        // SAFETY: only asks where the name is.
        let find = |name: &CStr| unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        let file = file_of(find(c"getpid")).expect("it is of the C library");
        assert!(file.file_name().is_some_and(|name| name.as_bytes().starts_with(b"libc.so")));
        assert_eq!(file_of(std::ptr::null()), None);
        // SAFETY: the C library is there already.
        let library = unsafe { Library::open(Some("libc.so.6"), RTLD_NOW | RTLD_LOCAL) }.unwrap();
        assert_eq!(origin(&library), None, "it has no amdsmi_init");
        assert!(in_process().is_empty());
        let sanitized = !find(c"__asan_init").is_null() || !find(c"__tsan_init").is_null();
        assert_eq!(under_sanitizer(), sanitized);
        assert_eq!(flags() & (RTLD_NOW | libc::RTLD_NOLOAD), RTLD_NOW);
    }

    #[test]
    fn what_is_no_libamd_smi_is_passed_over() {
        // A class of 32 bits; a 64-bit one for another processor (AArch64 is 183).
        let mut narrow = [0; 1024];
        narrow[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
        let mut foreign = [0; 1024];
        foreign[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        foreign[16..20].copy_from_slice(&[
            3,
            0,
            if cfg!(target_arch = "aarch64") { 62 } else { 183 },
            0,
        ]);
        let files: [(&str, &[u8]); 4] = [
            ("empty.so", b""),
            ("text.so", b"not an ELF file\n"),
            ("narrow.so", &narrow),
            ("foreign.so", &foreign),
        ];
        let scratch = Scratch::new("junk", &files);
        for name in ["empty.so", "text.so", "narrow.so", "foreign.so", "absent.so", "."] {
            assert!(try_open(&scratch.0.path().join(name), None).is_none(), "{name}");
        }
        // A real library, but of something else.
        assert!(try_open(Path::new("libc.so.6"), None).is_none());
    }
}
