//! What a device is: ids, names and addresses, which cannot change while the library is initialised.
//!
//! All of it is read from the kernel's files at rsmi_init: libamd_smi needs /dev/dri for half of it,
//! and takes longer over the other half than the legacy library did.

use super::{Gpu, NOT_SUPPORTED};
use crate::generation::Generation;
use crate::kernel::kfd::Node;
use crate::kernel::pci_ids::{self, Wanted};
use crate::kernel::{Dir, drm, number};
use crate::map;
use crate::status::{Reply, Result};
use crate::types::{rsmi_device_identifiers_t, rsmi_status_t};
use once_cell::sync::OnceCell;

/// What cannot change while the library is initialised, as the files said at rsmi_init.
pub(super) struct Identity {
    device: Result<u16>,
    vendor: Result<u16>,
    revision: Result<u16>,
    subdevice: Result<u16>,
    subvendor: Result<u16>,
    sku: Result<u16>,
    xgmi: Result<u16>,
    unique: Result<u64>,
    product: Result<Vec<u8>>,
    serial: Result<Vec<u8>>,
    vbios: Result<Vec<u8>>,
    vram_vendor: Result<Vec<u8>>,
    numa_node: Result<i32>,
    render_minor: u32,
}

/// Names out of pci.ids and libdrm, looked up when they are first asked for.
#[derive(Default)]
pub(super) struct Names {
    market: OnceCell<Vec<u8>>,
    device: OnceCell<Vec<u8>>,
    vendor: OnceCell<Vec<u8>>,
    subsystem: OnceCell<Vec<u8>>,
}

impl Identity {
    pub(super) fn read(device: &Dir, node: &Node, generation: Generation) -> Self {
        let id = |name| -> Result<u16> {
            let value = number::lenient(&device.word(name)?, 16);
            u16::try_from(value).map_err(|_| rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE)
        };
        let from_kfd = |name| node.property(name).ok_or(NOT_SUPPORTED);
        // Partitions have no such files; only clients of ROCm 7 were told of KFD's ids.
        let id_or_kfd = |name, property| match id(name) {
            Err(_) if generation.is_seven() => from_kfd(property).map(|id| id as u16),
            id => id,
        };
        Self {
            device: id_or_kfd("device", "device_id"),
            vendor: id_or_kfd("vendor", "vendor_id"),
            revision: id("revision"),
            subdevice: id("subsystem_device"),
            subvendor: id("subsystem_vendor"),
            sku: id("product_number"),
            xgmi: id("xgmi_physical_id"),
            unique: device.number("unique_id", 16).or_else(|status| match status {
                // The file is there and says nonsense: the original gives up.
                rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION => Err(status),
                _ => from_kfd("unique_id"),
            }),
            product: device.line("product_name"),
            serial: device.word("serial_number"),
            vbios: device.word("vbios_version"),
            vram_vendor: device.word("mem_info_vram_vendor"),
            numa_node: device.word("numa_node").and_then(|text| number::int(&text)),
            render_minor: render_minor(device),
        }
    }
}

/// The number of the device's render node; 0 where it has none.
fn render_minor(device: &Dir) -> u32 {
    let names = device.join("drm").names().unwrap_or_default();
    names
        .iter()
        .filter_map(|name| name.strip_prefix("renderD")?.parse().ok())
        .find(|minor| *minor != 0)
        .unwrap_or(0)
}

impl Gpu {
    pub(crate) fn id(&self) -> Reply<u16> {
        self.or_write(self.identity.device, u16::MAX)
    }

    pub(crate) fn vendor_id(&self) -> Reply<u16> {
        self.or_write(self.identity.vendor, u16::MAX)
    }

    pub(crate) fn revision(&self) -> Result<u16> {
        self.identity.revision
    }

    /// What the board's part number begins with, read as a hexadecimal number.
    pub(crate) fn sku(&self) -> Result<u16> {
        self.identity.sku
    }

    pub(crate) fn xgmi_physical_id(&self) -> Reply<u16> {
        self.or_write(self.identity.xgmi, u16::MAX)
    }

    pub(crate) fn subsystem_id(&self) -> Result<u16> {
        self.identity.subdevice
    }

    pub(crate) fn subsystem_vendor_id(&self) -> Result<u16> {
        self.identity.subvendor
    }

    pub(crate) fn unique_id(&self) -> Reply<u64> {
        Reply::or_write(self.identity.unique, u64::MAX)
    }

    pub(crate) fn serial_number(&self) -> Result<Vec<u8>> {
        self.identity.serial.clone()
    }

    pub(crate) fn vbios_version(&self) -> Result<Vec<u8>> {
        self.identity.vbios.clone()
    }

    /// The product name that the board's data hold, else the device's in pci.ids. Without the ids to
    /// look it up by, the name is empty, as are the other two.
    pub(crate) fn name(&self) -> Reply<Vec<u8>> {
        if let Ok(name) = &self.identity.product
            && name.first().is_some_and(|first| matches!(first, b' '..=b'~'))
        {
            return Ok(name.clone()).into();
        }
        Self::listed(&self.names.device, || {
            Ok(Wanted::Device { vendor: self.identity.vendor?, device: self.identity.device? })
        })
    }

    /// The name that libdrm knows. libamd_smi answers with another one where libdrm has none, and
    /// in its older releases always.
    pub(crate) fn market_name(&self) -> Result<Vec<u8>> {
        let name = self.names.market.get_or_try_init(|| match self.identity.render_minor {
            0 => Err(NOT_SUPPORTED),
            minor => drm::marketing_name(minor),
        });
        name.cloned()
    }

    pub(crate) fn vram_vendor(&self) -> Result<Vec<u8>> {
        self.identity.vram_vendor.clone()
    }

    pub(crate) fn vendor_name(&self) -> Reply<Vec<u8>> {
        Self::listed(&self.names.vendor, || Ok(Wanted::Vendor { vendor: self.identity.vendor? }))
    }

    pub(crate) fn subsystem_name(&self) -> Reply<Vec<u8>> {
        Self::listed(&self.names.subsystem, || {
            Ok(Wanted::Subsystem {
                vendor: self.identity.vendor?,
                device: self.identity.device?,
                subvendor: self.identity.subvendor?,
                subdevice: self.identity.subdevice?,
            })
        })
    }

    /// A name out of pci.ids, looked up once.
    fn listed(
        known: &OnceCell<Vec<u8>>,
        wanted: impl FnOnce() -> Result<Wanted>,
    ) -> Reply<Vec<u8>> {
        let name = known.get_or_try_init(|| wanted().map(pci_ids::name)).cloned();
        Reply::or_write(name, Vec::new())
    }

    /// The brand that the vbios version stands for, None where the name has to serve.
    pub(crate) fn brand(&self) -> Result<Option<&'static [u8]>> {
        let vbios = self.identity.vbios.as_ref().map_err(|status| *status)?;
        let sku = if vbios.len() == 16 { &vbios[4..10] } else { &[] };
        Ok(map::find(map::BRANDS, &sku))
    }

    pub(crate) fn pci_id(&self) -> u64 {
        self.node.bdf_id()
    }

    pub(crate) fn drm_render_minor(&self) -> Reply<u32> {
        let minor = self.identity.render_minor;
        let status = if minor == 0 {
            rsmi_status_t::RSMI_STATUS_INIT_ERROR
        } else {
            rsmi_status_t::RSMI_STATUS_SUCCESS
        };
        Reply { status, value: Some(minor) }
    }

    pub(crate) fn guid(&self) -> u64 {
        self.node.gpu_id
    }

    pub(crate) fn node_id(&self) -> u32 {
        self.node.index
    }

    /// All numbers of the device, `dv_ind` among them.
    pub(crate) fn identifiers(&self, dv_ind: u32) -> rsmi_device_identifiers_t {
        rsmi_device_identifiers_t {
            card_index: self.card().unwrap_or(u32::MAX),
            drm_render_minor: self.identity.render_minor,
            bdfid: self.pci_id(),
            kfd_gpu_id: self.guid(),
            partition_id: self.partition_id(),
            smi_device_id: dv_ind,
            reserved: [0; 10],
        }
    }

    pub(crate) fn numa_affinity(&self) -> Result<i32> {
        match self.identity.numa_node {
            // They were told of an exception where there is no such file.
            Err(_) if !self.generation.is_seven() => {
                Err(rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION)
            }
            node => node,
        }
    }
}
