//! Sends every road to librocm_smi64 to rsmi-compat: an audit library for the dynamic loader.
//!
//! `rsmi-compat run` names this library in LD_AUDIT (rtld-audit(7)). The loader then asks it about
//! each library that is to be loaded, by DT_NEEDED or dlopen, by bare name or by path. Whatever is
//! called `librocm_smi64.so`, `librocm_smi64.so.1`, `/opt/rocm/lib/librocm_smi64.so.7.8` and so on
//! is answered with the library of that name in this library's own directory. Where the user has asked
//! for that, whatever is called libnvidia-ml.so is answered with the file that RSMI_COMPAT_NVML names.
//! Everything else goes its way, libamd_smi above all.
//!
//! It works inside somebody's dynamic loader: after `la_version` it allocates nothing, it never
//! prints and never panics. Where it cannot work it bows out, and the program runs without it.

mod names;

use libc::{c_char, c_uint};
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// What we know of the interface; a loader that knows less offers less.
const NEWEST: c_uint = 2;

/// The name as the program gave it, before any search.
const LA_SER_ORIG: c_uint = 1;

static DIRECTORY: OnceLock<Directory> = OnceLock::new();

/// The libraries that stand in for librocm_smi64.
struct Directory {
    /// `librocm_smi64.so`.
    bare: Option<CString>,
    /// `librocm_smi64.so.N`, by N.
    numbered: Vec<(u32, CString)>,
    /// What stands in for NVML's library, where it is to.
    nvml: Option<CString>,
}

impl Directory {
    fn read(path: &Path) -> Option<Self> {
        let mut bare = None;
        let mut numbered = Vec::new();
        for entry in std::fs::read_dir(path).ok()?.flatten() {
            let file = entry.file_name();
            let Some(version) = names::version(file.as_bytes()) else { continue };
            let full = CString::new(path.join(&file).into_os_string().into_vec()).ok()?;
            match names::major(version) {
                None => bare = Some(full),
                // Not .so.1.0, which is a link to .so.1.
                Some(major) if names::is_major_alone(version) => numbered.push((major, full)),
                Some(_) => {}
            }
        }
        numbered.sort_unstable();
        (bare.is_some() || !numbered.is_empty()).then_some(Self { bare, numbered, nvml: None })
    }

    /// What is loaded instead of this name, if it is one of librocm_smi64's, or NVML's.
    fn instead(&self, name: &[u8]) -> Option<&CStr> {
        let name = Path::new(OsStr::from_bytes(name));
        if names::is_nvml(name.file_name()?.as_bytes()) {
            return self.nvml.as_deref();
        }
        let version = names::version(name.file_name()?.as_bytes())?;
        let numbered = match names::major(version) {
            None => None,
            // ROCm 3 and 4 had shorter structs than any that the library writes.
            Some(2..=4) => return None,
            // A number that we lack goes to the next lower one that there is.
            Some(major) => self.numbered.iter().rev().find(|(ours, _)| *ours <= major),
        };
        let first = || self.numbered.first();
        match (numbered, &self.bare) {
            (Some((_, path)), _) | (None, Some(path)) => Some(path),
            (None, None) => first().map(|(_, path)| path),
        }
        .map(CString::as_c_str)
    }
}

/// The directory that this library was loaded from.
fn own_directory() -> Option<PathBuf> {
    // Not by dladdr: before glibc 2.34 that is libdl's, which crashes in an audit library.
    let list = std::env::var_os("LD_AUDIT")?;
    let own = |path: &&[u8]| path.ends_with(b"/librsmi_compat_audit.so");
    let path = list.as_bytes().split(|byte| *byte == b':').find(own)?;
    // A program may change its directory; a path that depends on it is of no use.
    let path = Path::new(OsStr::from_bytes(path));
    path.is_absolute().then(|| path.parent().map(Path::to_owned)).flatten()
}

/// What `rsmi-compat run --nvml` names. Without it a program finds NVIDIA's own library, or none.
fn nvml() -> Option<CString> {
    let path = std::env::var_os("RSMI_COMPAT_NVML").filter(|path| Path::new(path).is_absolute())?;
    CString::new(path.into_vec()).ok()
}

/// Called once, before anything of the program is loaded. To answer 0 is to bow out.
#[unsafe(no_mangle)]
pub extern "C" fn la_version(offered: c_uint) -> c_uint {
    let Some(directory) = own_directory().and_then(|path| Directory::read(&path)) else { return 0 };
    let _ = DIRECTORY.set(Directory { nvml: nvml(), ..directory });
    offered.min(NEWEST)
}

/// Called for each library that is searched for; what it returns is looked for instead.
///
/// # Safety
/// `name` is null or a NUL-terminated string, as the loader has it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn la_objsearch(
    name: *const c_char,
    _cookie: *mut usize,
    flag: c_uint,
) -> *const c_char {
    if name.is_null() || flag != LA_SER_ORIG {
        return name;
    }
    // SAFETY: the loader's name is NUL-terminated, and is not changed while we look.
    let asked = unsafe { CStr::from_ptr(name) };
    let directory = DIRECTORY.get();
    directory.and_then(|directory| directory.instead(asked.to_bytes())).map_or(name, CStr::as_ptr)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(files: &[&str]) -> (PathBuf, Directory) {
        let path = std::env::temp_dir().join(format!(
            "rsmi-rtld-audit-{}-{}",
            std::process::id(),
            files.len()
        ));
        std::fs::create_dir_all(&path).unwrap();
        for file in files {
            std::fs::write(path.join(file), "").unwrap();
        }
        let read = Directory::read(&path).unwrap();
        std::fs::remove_dir_all(&path).unwrap();
        (path, read)
    }

    #[test]
    fn every_name_is_answered_with_one_that_is_there() {
        let files = [
            "librocm_smi64.so",
            "librocm_smi64.so.1",
            "librocm_smi64.so.1.0",
            "librocm_smi64.so.5",
            "librocm_smi64.so.6",
            "librocm_smi64.so.7",
            "librocm_smi64.so.7.8",
            "librsmi_compat_audit.so",
        ];
        let (path, directory) = directory(&files);
        let instead = |name: &str| {
            let found = directory.instead(name.as_bytes())?;
            let found = Path::new(OsStr::from_bytes(found.to_bytes()));
            assert_eq!(found.parent(), Some(path.as_path()));
            Some(found.file_name().unwrap().to_str().unwrap().to_owned())
        };
        let cases = [
            ("librocm_smi64.so", "librocm_smi64.so"),
            ("/opt/rocm/lib/librocm_smi64.so", "librocm_smi64.so"),
            ("/opt/rocm-6.2.4/lib/librocm_smi64.so.7.3.60204", "librocm_smi64.so.7"),
            ("./librocm_smi64.so.1.0", "librocm_smi64.so.1"),
            ("librocm_smi64.so.5", "librocm_smi64.so.5"),
            ("librocm_smi64.so.0", "librocm_smi64.so"),
            ("librocm_smi64.so.12", "librocm_smi64.so.7"),
            ("librocm_smi64.so.99999999999999999999", "librocm_smi64.so.7"),
        ];
        for (asked, answer) in cases {
            assert_eq!(instead(asked).as_deref(), Some(answer), "{asked}");
        }
        let others = [
            "libamd_smi.so.26",
            "librocm_smi64.so.4",
            "/opt/rocm/lib/librocm_smi64.so.2.8.30600",
            "/x/librocm_smi64.sox",
            "",
            "librocm_smi64.so.",
            "/librocm_smi64",
        ];
        for other in others {
            assert_eq!(instead(other), None, "{other}");
        }
    }

    #[test]
    fn nvml_is_answered_where_the_user_has_asked() {
        let (_, mut directory) = directory(&["librocm_smi64.so", "librocm_smi64.so.1"]);
        let names = ["libnvidia-ml.so.1", "/usr/lib/libnvidia-ml.so", "libnvidia-ml.so.550.163.01"];
        for name in names {
            assert_eq!(directory.instead(name.as_bytes()), None, "{name}");
        }
        directory.nvml = Some(c"/p/nvml/libnvidia-ml.so.1".to_owned());
        for name in names {
            let found = directory.instead(name.as_bytes());
            assert_eq!(found, Some(c"/p/nvml/libnvidia-ml.so.1"), "{name}");
        }
        for other in ["libnvidia-ml.so.x", "libnvidia-mlx.so", "libnvidia-ml", "libcuda.so.1"] {
            assert_eq!(directory.instead(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn without_a_name_the_next_best_answers() {
        let (_, directory) = directory(&["librocm_smi64.so.6"]);
        for asked in ["librocm_smi64.so", "librocm_smi64.so.1", "librocm_smi64.so.7"] {
            let found = directory.instead(asked.as_bytes()).unwrap();
            assert!(found.to_bytes().ends_with(b"/librocm_smi64.so.6"), "{asked}");
        }
    }
}
