//! What is installed, which is a hint of what the machine's programs were compiled with.

use crate::{Open, conf};
use std::path::{Path, PathBuf};

/// The file that names the release of the ROCm below this directory.
pub fn release_file(rocm: &Path) -> PathBuf {
    rocm.join(".info/version")
}

/// The names of libamd_smi, newest first; .so.0 is what Debian called 6.1.2 and 6.4.3. The bare name,
/// which may be a developer's leftover, comes last.
pub const LIBAMD_SMI: [&str; 6] = [
    "libamd_smi.so.27",
    "libamd_smi.so.26",
    "libamd_smi.so.25",
    "libamd_smi.so.24",
    "libamd_smi.so.0",
    "libamd_smi.so",
];

/// Where libraries lie below the directory in ROCM_PATH.
pub fn libraries_of(rocm: &Path) -> [PathBuf; 2] {
    ["lib", "lib64"].map(|lib| rocm.join(lib))
}

/// Where they lie below /opt, whatever the release.
pub fn libraries_below(opt: &Path) -> [PathBuf; 2] {
    ["rocm/lib", "rocm/core/lib"].map(|lib| opt.join(lib))
}

/// Behind the release in the file of our own directory that looks as ROCm's does.
pub const OURS: &str = "-rsmi-compat";

/// The generation of the release that such a file names: "6.2.4-120". Ours hints at nothing.
pub fn release_of_rocm(file: &Path) -> Option<Open> {
    const MOST: u64 = 256;
    let content = conf::start(file, MOST).ok()??;
    let text = std::str::from_utf8(&content).ok()?;
    if text.contains(OURS) {
        return None;
    }
    Open::of_release(text.split(['-', '+', '\n']).next()?.trim())
}

/// Whether a file is of the distribution, for whose programs its package speaks.
pub fn is_the_distributions(path: &Path) -> bool {
    path.starts_with("/usr") && !path.starts_with("/usr/local")
}

/// The releases of ROCm below /opt: every `/opt/rocm-*`, oldest first, 6.10 behind 6.9; what names no
/// release is before all that do.
pub fn releases(opt: &Path) -> Vec<(Option<Vec<u32>>, PathBuf)> {
    let entries = std::fs::read_dir(opt).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .filter_map(|entry| {
            let path = entry.path();
            let name = path.file_name()?.to_string_lossy().into_owned();
            Some((numbers(name.strip_prefix("rocm-")?), path))
        })
        .collect();
    found.sort();
    found
}

fn numbers(release: &str) -> Option<Vec<u32>> {
    release.split(['.', '-']).map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Generation::V6_2;

    #[test]
    fn the_distributions_programs_lie_below_usr() {
        for (path, is) in [
            ("/usr/bin/rocm-smi", true),
            ("/usr/libexec/x.py", true),
            ("/usr/local/bin/x", false),
            ("/home/a/usr/x", false),
            ("", false),
        ] {
            assert_eq!(is_the_distributions(Path::new(path)), is, "{path}");
        }
    }

    #[test]
    fn the_release_of_rocm_is_what_its_file_begins_with() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("version");
        let open = |text: &[u8]| {
            std::fs::write(&file, text).unwrap();
            release_of_rocm(&file)
        };
        assert_eq!(open(b"6.2.4-120\n"), Some(Open::only(V6_2)));
        assert_eq!(open(b"6.2\n"), Some(Open::only(V6_2)));
        assert_eq!(open(b"7.2.4-rsmi-compat\n"), None);
        assert_eq!(open(b"\xff\xfe"), None);
        assert_eq!(open(b""), None);
        assert_eq!(release_of_rocm(directory.path()), None);
        assert_eq!(release_of_rocm(Path::new("/dev/zero")), None);
    }

    #[test]
    fn releases_are_numbers_and_not_text() {
        let opt = std::env::temp_dir().join(format!("rsmi-compat-opt-{}", std::process::id()));
        for name in ["rocm-6.10.0", "rocm-6.9.3", "rocm-10.0.0", "rocm-6.9", "rocm-old", "rocm"] {
            std::fs::create_dir_all(opt.join(name)).unwrap();
        }
        let found = releases(&opt);
        std::fs::remove_dir_all(&opt).unwrap();
        let names: Vec<_> = found.iter().map(|(_, path)| path.file_name().unwrap()).collect();
        assert_eq!(names, ["rocm-old", "rocm-6.9", "rocm-6.9.3", "rocm-6.10.0", "rocm-10.0.0"]);
        assert_eq!(found[0].0, None);
    }
}
