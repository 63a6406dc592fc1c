//! Machines of the simulator, written out once per process for all its runs.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rsmi_simulator::Machine;
use rustix::fs::statvfs;
use tempfile::TempDir;

const PREFIX: &str = "rsmi-lab-";
const LOCK: &str = "lock";
const CPUINFO: &str = "cpuinfo";
const CPUINFO_OF_A_GUEST: &str = "cpuinfo-of-a-guest";

/// A machine on disk. Runs read it through an overlay, so that none of them changes it.
pub struct Written {
    pub sys: PathBuf,
    pub drm_facts: PathBuf,
    pub kfd: bool,
    /// The names of the nodes in /dev/dri.
    pub dri: Vec<String>,
    place: TempDir,
    /// Locked as long as the machine is in use.
    _lock: File,
}

impl Written {
    /// A /proc/cpuinfo that tells of a hypervisor or does not, whatever this host is.
    pub fn cpuinfo(&self, guest: bool) -> PathBuf {
        self.place.path().join(if guest { CPUINFO_OF_A_GUEST } else { CPUINFO })
    }
}

/// The names of the built-in machines.
pub fn names() -> Vec<&'static str> {
    Machine::names().collect()
}

/// Writes a built-in machine, or the one that a file describes.
pub fn write(name: &str) -> Result<Arc<Written>> {
    let is_file = name.contains('/') || name.ends_with(".toml");
    let machine = if is_file { Machine::from_file(Path::new(name)) } else { Machine::named(name) }?;
    let (place, lock) = place()?;
    let host = fs::read_to_string("/proc/cpuinfo").context("cannot read /proc/cpuinfo")?;
    fs::write(place.path().join(CPUINFO), cpuinfo(&host, false))?;
    fs::write(place.path().join(CPUINFO_OF_A_GUEST), cpuinfo(&host, true))?;
    let sys = place.path().join("sys");
    fs::create_dir(&sys)?;
    machine.write_tree(&sys).with_context(|| format!("cannot write the machine {name}"))?;
    let drm_facts = machine.drm_facts(place.path())?;
    let dri = machine
        .cards()
        .iter()
        .flat_map(|card| {
            let render = card.render.map(|number| format!("renderD{number}"));
            [Some(format!("card{}", card.card)), render]
        })
        .flatten()
        .collect();
    let kfd = machine.has_kfd();
    Ok(Arc::new(Written { sys, drm_facts, kfd, dri, place, _lock: lock }))
}

/// A directory for a machine, which goes when the lab ends; if the lab is killed, the next
/// one finds its lock open and cleans up.
fn place() -> Result<(TempDir, File)> {
    let parent = memory_or_disk();
    for entry in fs::read_dir(&parent)?.flatten() {
        let abandoned = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok());
        if abandoned {
            // Somebody else's, or just being removed: not our business then.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let place = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
    // It gets its name when it is locked: between the two it would look abandoned.
    let unnamed = place.path().join("lock.new");
    let lock = File::create(&unnamed)?;
    lock.lock()?;
    fs::rename(unnamed, place.path().join(LOCK))?;
    Ok((place, lock))
}

/// A machine is thousands of small files: in memory they are made a hundred times as fast.
/// But many a container has next to no /dev/shm.
fn memory_or_disk() -> PathBuf {
    const ENOUGH: u64 = 512 << 20;
    let memory = PathBuf::from("/dev/shm");
    match statvfs(&memory) {
        Ok(space) if space.f_bavail * space.f_frsize >= ENOUGH => memory,
        _ => env::temp_dir(),
    }
}

/// The host's /proc/cpuinfo as it reads on bare metal, or in a guest.
pub fn cpuinfo(host: &str, guest: bool) -> String {
    let mut text = String::with_capacity(host.len() + 64);
    for line in host.split_inclusive('\n') {
        if line.starts_with("flags") {
            let line = line.replace(" hypervisor", "");
            text += line.trim_end();
            text += if guest { " hypervisor\n" } else { "\n" };
        } else {
            text += line;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_tells_of_a_hypervisor_or_not_whatever_the_host_is() {
        let metal = "processor\t: 0\nflags\t\t: fpu sse lm\nbugs\t\t:\n";
        let guest = "processor\t: 0\nflags\t\t: fpu sse lm hypervisor\nbugs\t\t:\n";
        let inner = "processor\t: 0\nflags\t\t: fpu hypervisor sse lm\nbugs\t\t:\n";
        for host in [metal, guest, inner] {
            assert_eq!(cpuinfo(host, false), metal);
            assert_eq!(cpuinfo(host, true), guest);
        }
    }
}
