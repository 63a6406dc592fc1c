//! What belongs to no AMD card: the module, the buses, and the cards of others.

use super::{device_directory, line};
use crate::description::{Description, OtherCard};
use crate::files::Files;
use crate::machine::Card;
use std::path::Path;

pub(super) fn write(files: &mut Files, machine: &Description) {
    let buses = ["bus/pci/devices", "bus/event_source/devices"];
    // Every kernel has these; libamd_smi looks for network cards and switches in them, and in that of
    // SCSI.
    let classes = ["class/hwmon", "class/net"].into_iter();
    let scsi = machine.scsi.then_some("class/scsi_host");
    for directory in buses.into_iter().chain(classes).chain(scsi) {
        files.directory(directory);
    }
    // It comes with the first driver of a graphics card, whosever.
    if machine.driver.is_some() || !machine.other.is_empty() {
        files.read_only("class/drm/version", "drm 1.1.0 20060810\n");
    }
    let Some(driver) = &machine.driver else { return };
    files.read_only("module/amdgpu/initstate", line(&driver.initstate));
    files.read_only("module/amdgpu/refcnt", line(machine.gpu.len()));
    if let Some(version) = &driver.version {
        files.read_only("module/amdgpu/version", line(version));
    }
    files.link("module/amdgpu/drivers/pci:amdgpu", "bus/pci/drivers/amdgpu");
    files.link("bus/pci/drivers/amdgpu/module", "module/amdgpu");
}

/// A device as the PCI bus itself shows it, whatever its driver.
pub(super) struct PciDevice<'a> {
    pub address: crate::value::PciAddress,
    pub vendor: u16,
    pub device: u16,
    pub class: u32,
    pub revision: u8,
    pub subsystem: (u16, u16),
    pub driver: Option<&'a str>,
}

impl PciDevice<'_> {
    pub(super) fn write(&self, files: &mut Files, dir: &Path) {
        let Self { address, vendor, device, class, revision, subsystem, driver } = *self;
        let (sub_vendor, sub_device) = subsystem;
        let mut put = |name: &str, text: String| files.read_only(dir.join(name), text);
        put("vendor", format!("{vendor:#06x}\n"));
        put("device", format!("{device:#06x}\n"));
        put("subsystem_vendor", format!("{sub_vendor:#06x}\n"));
        put("subsystem_device", format!("{sub_device:#06x}\n"));
        put("revision", format!("{revision:#04x}\n"));
        put("class", format!("{class:#08x}\n"));
        let (base, sub, interface) = (class >> 16, class >> 8 & 0xff, class & 0xff);
        let alias = format!(
            "pci:v{vendor:08X}d{device:08X}sv{sub_vendor:08X}sd{sub_device:08X}bc{base:02X}sc{sub:02X}i{interface:02X}\n"
        );
        let driver_line = driver.map_or(String::new(), |driver| format!("DRIVER={driver}\n"));
        put(
            "uevent",
            format!(
                "{driver_line}PCI_CLASS={class:X}\nPCI_ID={vendor:04X}:{device:04X}\nPCI_SUBSYS_ID={sub_vendor:04X}:{sub_device:04X}\nPCI_SLOT_NAME={address}\nMODALIAS={alias}"
            ),
        );
        put("modalias", alias);
        put("enable", "1\n".into());
        files.link(dir.join("subsystem"), "bus/pci");
        files.link(format!("bus/pci/devices/{address}"), dir);
        if let Some(driver) = driver {
            let home = format!("bus/pci/drivers/{driver}");
            files.link(dir.join("driver"), &home);
            files.link(format!("{home}/{address}"), dir);
        }
    }
}

/// A pair of DRM nodes, in the directory of its device and in /sys/class/drm.
pub(super) fn drm_nodes(files: &mut Files, device: &Path, card: Card) {
    let mut node = |name: String, minor: u32| {
        let dir = device.join("drm").join(&name);
        files.read_only(dir.join("dev"), format!("226:{minor}\n"));
        let uevent = format!("MAJOR=226\nMINOR={minor}\nDEVNAME=dri/{name}\nDEVTYPE=drm_minor\n");
        files.read_only(dir.join("uevent"), uevent);
        files.link(dir.join("device"), device);
        files.link(dir.join("subsystem"), "class/drm");
        files.link(format!("class/drm/{name}"), &dir);
        files.link(format!("dev/char/226:{minor}"), &dir);
    };
    node(format!("card{}", card.card), card.card);
    if let Some(render) = card.render {
        node(format!("renderD{render}"), render);
    }
}

pub(super) fn write_other(files: &mut Files, other: &OtherCard, card: Card) {
    let dir = device_directory(other.pci, &[]);
    let device = PciDevice {
        address: other.pci,
        vendor: other.vendor,
        device: other.device,
        class: 0x03_0000,
        revision: 0,
        subsystem: (other.vendor, other.device),
        driver: Some(&other.driver),
    };
    device.write(files, &dir);
    drm_nodes(files, &dir, card);
}
