//! The tree below /sys that the kernel would show on the described machine.

mod card;
mod clock;
mod host;
mod hwmon;
mod kfd;
mod numbering;
mod partition;
mod ras;
mod readings;
mod xgmi;

pub(crate) use numbering::{GpuNumbers, Numbering};
pub(crate) use readings::metrics;

use crate::description::{Description, Gpu};
use crate::files::Files;
use crate::value::PciAddress;
use std::path::{Path, PathBuf};

/// Everything, or what in the description speaks of a file that is not there.
pub(crate) fn build(machine: &Description, numbers: &Numbering) -> Result<Files, String> {
    let mut files = Files::default();
    host::write(&mut files, machine);
    if machine.kfd {
        kfd::write(&mut files, machine, numbers);
    }
    for (index, (gpu, numbers)) in machine.gpu.iter().zip(&numbers.gpus).enumerate() {
        let dir = device_directory(gpu.pci(), &gpu.bridges);
        card::write(&mut files, &dir, gpu, machine);
        if machine.driver.is_some() {
            card::write_driver(&mut files, &dir, gpu, numbers);
        }
        correct(&mut files, &dir, gpu).map_err(|file| {
            format!("gpu {index}: there is no file `{file}` below {}", dir.display())
        })?;
    }
    if machine.driver.is_some() {
        xgmi::write(&mut files, machine);
    }
    for (other, card) in machine.other.iter().zip(&numbers.others) {
        host::write_other(&mut files, other, *card);
    }
    Ok(files)
}

/// What of it is another after some time, and not much more: to build all of it ten times a second
/// would keep a processor busy.
pub(crate) fn build_moving(machine: &Description, numbers: &Numbering) -> Files {
    let mut files = Files::default();
    if machine.driver.is_none() {
        return files;
    }
    if machine.kfd {
        kfd::write_processes(&mut files, machine, numbers);
    }
    for (gpu, numbers) in machine.gpu.iter().zip(&numbers.gpus) {
        let dir = device_directory(gpu.pci(), &gpu.bridges);
        card::write_driver(&mut files, &dir, gpu, numbers);
        // What is missing here is among the files that do not move.
        let _ = correct(&mut files, &dir, gpu);
    }
    files
}

/// The places where a description contradicts the driver; the name of a file that is not there.
fn correct(files: &mut Files, dir: &Path, gpu: &Gpu) -> Result<(), String> {
    let mut missing = Vec::new();
    for (name, text) in &gpu.files {
        files.writable(dir.join(name), text.as_str());
    }
    for name in &gpu.absent {
        if !files.remove(dir.join(name)) {
            missing.push(name);
        }
    }
    for name in &gpu.read_error {
        if files.remove(dir.join(name)) {
            files.unreadable(dir.join(name));
        } else {
            missing.push(name);
        }
    }
    for (name, mode) in &gpu.mode {
        let mode = u32::from_str_radix(mode, 8).unwrap_or(0);
        if !files.set_mode(dir.join(name), mode) {
            missing.push(name);
        }
    }
    missing.first().map_or(Ok(()), |name| Err(name.to_string()))
}

/// `devices/pci0000:00/0000:00:01.1/…/0000:05:00.0`
fn device_directory(pci: PciAddress, bridges: &[PciAddress]) -> PathBuf {
    let top = bridges.first().copied().unwrap_or(pci);
    let root = PathBuf::from(format!("devices/pci{:04x}:{:02x}", top.domain, top.bus));
    bridges.iter().chain([&pci]).fold(root, |path, part| path.join(part.to_string()))
}

/// A line that ends, as each answer of the kernel does.
fn line(value: impl std::fmt::Display) -> String {
    format!("{value}\n")
}

impl Gpu {
    /// Known since the description was checked.
    pub(crate) fn pci(&self) -> PciAddress {
        self.pci.unwrap_or(PciAddress { domain: 0, bus: 0, device: 0, function: 0 })
    }
}

#[cfg(test)]
mod tests;
