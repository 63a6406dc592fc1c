//! NVML's face: which programs it is for, which it would mislead, and whether the machine needs none.

use crate::out::eprintln;
use crate::run::locate;
use anyhow::{Result, bail};
use clap::ValueEnum;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Names the library to the audit library, for the program and for what it starts.
pub const VARIABLE: &str = "RSMI_COMPAT_NVML";

/// Whether `--nvml` goes on where NVIDIA's driver is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Not on a machine with NVIDIA's driver
    Alone,
    /// On every machine; NVIDIA's GPUs are not seen
    Force,
}

/// Tools that know only NVML, by the names of their commands.
pub const SERVED: [&str; 7] =
    ["carbontracker", "codecarbon", "gpustat", "nvitop", "py3smi", "scalene", "trackio"];

/// Programs with a way to AMD's GPUs of their own, which would count each GPU twice or take it for one
/// of NVIDIA's: by the name of the command, or of a Python package.
const HAVE_THEIR_OWN: [&str; 11] = [
    "btop",
    "hwloc-info",
    "hwloc-ls",
    "lstopo",
    "lstopo-no-graphics",
    "nvtop",
    "ray",
    "slurmd",
    "torchrun",
    "vllm",
    "sglang",
];

/// The program among a command's words that counts AMD's GPUs by itself.
pub fn counts_by_itself<'w>(words: impl Iterator<Item = &'w OsStr>) -> Option<String> {
    // An interpreter's script or module, behind its options.
    const FEW: usize = 4;
    words.take(FEW).find_map(|word| {
        let name = Path::new(word).file_name()?.to_str()?;
        let name = name.strip_suffix(".py").unwrap_or(name);
        let package = name.split('.').next().unwrap_or(name);
        HAVE_THEIR_OWN.contains(&package).then(|| package.to_owned())
    })
}

/// How many GPUs NVIDIA's driver has, where it is loaded.
pub fn other_gpus(sysfs: &Path) -> Option<usize> {
    if !sysfs.join("module/nvidia").is_dir() {
        return None;
    }
    let bound = std::fs::read_dir(sysfs.join("bus/pci/drivers/nvidia")).into_iter().flatten();
    let is_address = |name: OsString| name.to_string_lossy().contains(':');
    Some(bound.flatten().filter(|entry| is_address(entry.file_name())).count())
}

/// Those of the tools that are in PATH.
pub fn served_here() -> Vec<&'static str> {
    SERVED.into_iter().filter(|tool| locate(OsStr::new(tool)).is_ok()).collect()
}

/// Refuses, or warns, by what the machine and the program are.
pub fn look(when: When, sysfs: &Path, command: &[OsString]) -> Result<()> {
    if let Some(count) = other_gpus(sysfs) {
        let gpus = if count == 1 { "GPU" } else { "GPUs" };
        let fact = format!("this machine has NVIDIA's driver, with {count} {gpus}");
        if when != When::Force {
            bail!(
                "--nvml: {fact}; the program would see AMD's GPUs in their place, and none of \
                 them. --nvml=force goes on"
            );
        }
        eprintln!("rsmi-compat: {fact}, of which the program sees none");
    }
    if let Some(name) = counts_by_itself(command.iter().map(OsString::as_os_str)) {
        eprintln!(
            "rsmi-compat: {name} finds AMD's GPUs without NVML: with --nvml it may count each twice, \
             or take it for one of NVIDIA's"
        );
    }
    Ok(())
}

/// The directory that stands for /sys, as the library has it.
pub fn sysfs() -> PathBuf {
    let simulated = std::env::var_os("RSMI_COMPAT_SYSFS").map(PathBuf::from);
    simulated.filter(|path| path.is_absolute()).unwrap_or_else(|| "/sys".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_counts_by_itself_is_known_by_its_name() {
        let of = |words: &[&str]| counts_by_itself(words.iter().map(OsStr::new));
        assert_eq!(of(&["/usr/bin/btop"]).as_deref(), Some("btop"));
        assert_eq!(of(&["python3", "-m", "vllm.entrypoints.api"]).as_deref(), Some("vllm"));
        assert_eq!(of(&["python3", "train.py"]), None);
        assert_eq!(of(&["nvitop", "-1"]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn another_driver_is_seen_with_its_gpus() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(other_gpus(place.path()), None);
        std::fs::create_dir_all(place.path().join("module/nvidia")).unwrap();
        assert_eq!(other_gpus(place.path()), Some(0));
        let driver = place.path().join("bus/pci/drivers/nvidia");
        for entry in ["0000:01:00.0", "0000:02:00.0", "bind", "module"] {
            std::fs::create_dir_all(driver.join(entry)).unwrap();
        }
        assert_eq!(other_gpus(place.path()), Some(2));
        let refused = look(When::Alone, place.path(), &["nvitop".into()]).unwrap_err().to_string();
        assert!(refused.contains("2 GPUs") && refused.contains("--nvml=force"), "{refused}");
        assert!(look(When::Force, place.path(), &["nvitop".into()]).is_ok());
    }
}
