//! The machine's /sys and /dev: its own files, and round them what this computer has otherwise.

use anyhow::{Context, Result};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_bind_recursive, mount_change};
use std::fs::{self, File};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::Path;

/// Directories of which the machine has its own and this computer keeps the rest.
const SHARED: &[&str] = &["", "devices", "devices/virtual", "class", "bus", "module"];

/// What belongs to the graphics cards of this computer, which are not there now.
const HIDDEN: &[&str] = &[
    "class/drm",
    "class/hwmon",
    "class/kfd",
    "bus/pci",
    "devices/virtual/drm",
    "devices/virtual/kfd",
    "module/amdgpu",
    "module/amdkcl",
    "module/amdttm",
];

/// Needs mounts of its own; /sys and /dev are covered last.
pub(super) fn build(place: &Path, nodes: &[String]) -> Result<()> {
    let all = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", all).context("/")?;
    let (sys, dev) = (place.join("sys"), place.join("dev"));
    for directory in SHARED {
        rest_of_sys(directory, &sys)?;
    }
    devices(&dev, nodes)?;
    bind(&sys, Path::new("/sys"))?;
    bind(&dev, Path::new("/dev"))
}

/// Lays what this computer has in a directory of /sys and the machine has not into the machine's.
fn rest_of_sys(directory: &str, sys: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(Path::new("/sys").join(directory)) else { return Ok(()) };
    for entry in entries.flatten() {
        let below = Path::new(directory).join(entry.file_name());
        let place = sys.join(&below);
        if HIDDEN.iter().any(|hidden| below == Path::new(hidden)) || place.exists() {
            continue;
        }
        lay(&entry, &place)?;
    }
    Ok(())
}

/// A directory that has all of this computer's devices but for its GPUs, and those of the machine.
fn devices(dev: &Path, nodes: &[String]) -> Result<()> {
    fs::create_dir(dev).context("dev")?;
    mount("simulate", dev, "tmpfs", MountFlags::empty(), Some(c"mode=0755")).context("tmpfs")?;
    for entry in fs::read_dir("/dev")?.flatten() {
        let name = entry.file_name();
        if name != "kfd" && name != "dri" {
            lay(&entry, &dev.join(name))?;
        }
    }
    for node in nodes {
        let node = dev.join(node);
        fs::create_dir_all(node.parent().unwrap_or(dev))?;
        empty_file(&node, 0o666)?;
    }
    Ok(())
}

/// The same thing in another place.
fn lay(entry: &fs::DirEntry, place: &Path) -> Result<()> {
    let kind = entry.file_type()?;
    if kind.is_symlink() {
        return Ok(symlink(fs::read_link(entry.path())?, place)?);
    }
    if kind.is_dir() {
        fs::create_dir(place)?;
    } else {
        empty_file(place, 0o600)?;
    }
    bind(&entry.path(), place)
}

fn empty_file(path: &Path, mode: u32) -> Result<()> {
    let mut new = File::options();
    new.write(true).create_new(true).mode(mode);
    new.open(path).with_context(|| path.display().to_string())?;
    Ok(())
}

/// Binds recursively: of a tree that has mounts in it, the kernel gives no part to a user.
fn bind(from: &Path, to: &Path) -> Result<()> {
    mount_bind_recursive(from, to).with_context(|| format!("mount {}", from.display()))
}
