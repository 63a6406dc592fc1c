//! Accelerator partitions: how the card is cut, and the DRM nodes of the pieces.
//!
//! The first piece is the card itself. Each other piece is a platform device
//! with a pair of DRM nodes and next to no attributes, so that a library that
//! asks it for a temperature finds nothing.

use super::{host, line};
use crate::description::Gpu;
use crate::files::Files;
use crate::machine::Card;
use std::path::{Path, PathBuf};

pub(super) fn write(files: &mut Files, device: &Path, gpu: &Gpu, further: &[Card]) {
    for card in further {
        // The driver counts these devices over all cards; a minor is as unique, and steady.
        let name = format!("amdgpu_xcp_{}", card.render.unwrap_or(card.card) - 128);
        let dir = PathBuf::from("devices/platform").join(&name);
        files.read_only(dir.join("uevent"), format!("MODALIAS=platform:{name}\n"));
        files.read_only(dir.join("modalias"), format!("platform:{name}\n"));
        files.writable(dir.join("driver_override"), "(null)\n");
        files.link(dir.join("subsystem"), "bus/platform");
        files.link(format!("bus/platform/devices/{name}"), &dir);
        host::drm_nodes(files, &dir, *card);
    }
    let Some(partition) = &gpu.partition else { return };
    let mut writable = |name: &str, text: Option<String>| {
        if let Some(text) = text {
            files.writable(device.join(name), text);
        }
    };
    writable("current_compute_partition", partition.compute.map(|mode| line(mode.name())));
    writable("current_memory_partition", partition.memory.as_ref().map(line));
    let mut read_only = |name: &str, text: &Option<String>| {
        if let Some(text) = text {
            files.read_only(device.join(name), line(text));
        }
    };
    read_only("available_compute_partition", &partition.available_compute);
    read_only("available_memory_partition", &partition.available_memory);
}
