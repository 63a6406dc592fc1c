//! What is installed, which is a hint of what the machine's programs were compiled with.

use crate::{Open, conf};
use std::path::{Path, PathBuf};

/// The file that names the release of the ROCm below this directory.
pub fn release_file(rocm: &Path) -> PathBuf {
    rocm.join(".info/version")
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
}
