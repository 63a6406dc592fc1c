//! The releases of ROCm below /opt. It needs nothing of this crate: the command has this file too.

use std::path::{Path, PathBuf};

/// Every `/opt/rocm-*`, oldest first, 6.10 behind 6.9; what names no release is before all that do.
pub(crate) fn releases(opt: &Path) -> Vec<(Option<Vec<u32>>, PathBuf)> {
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
