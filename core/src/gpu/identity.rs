//! What a device is: ids, names and addresses, which cannot change while the library is initialised.
//!
//! All of it is read at rsmi_init.

use super::{Gpu, KFD, NOT_SUPPORTED};
use crate::client;
use crate::kernel::kfd::Node;
use crate::kernel::pci_ids::{self, Wanted};
use crate::kernel::{Dir, drm, number, sleep};
use crate::log;
use crate::map;
use crate::status::Result;
use crate::types::rsmi_status_t;
use once_cell::race::OnceBox;
use rsmi_generations::Generation;

/// What cannot change while the library is initialised, as the files said at rsmi_init.
pub(super) struct Identity {
    device: KeptTwice<u16>,
    vendor: KeptTwice<u16>,
    revision: Kept<u16>,
    subdevice: Kept<u16>,
    subvendor: Kept<u16>,
    sku: Kept<u16>,
    xgmi: Kept<u16>,
    unique: KeptTwice<u64>,
    product: Kept<Vec<u8>>,
    serial: Kept<Vec<u8>>,
    vbios: Kept<Vec<u8>>,
    vram_vendor: Kept<Vec<u8>>,
    numa_node: Kept<i32>,
    /// Partitions have no files of their own.
    has_files: bool,
    render_minor: u32,
}

/// A value and where it came from, which the log tells at each answer.
struct Kept<T> {
    from: &'static str,
    value: Result<T>,
}

/// A value of the device's own files, and what KFD says of it.
struct KeptTwice<T> {
    own: Kept<T>,
    kfd: Kept<T>,
}

impl<T: Clone> KeptTwice<T> {
    /// Of the device's own files; where they have none and `may_ask_kfd`, of KFD.
    fn get(&self, may_ask_kfd: bool) -> Result<T> {
        if self.own.value.is_err() && may_ask_kfd { self.kfd.get() } else { self.own.get() }
    }
}

impl<T: Clone> Kept<T> {
    /// Out of a file of the device's directory.
    fn read(from: &'static str, read: impl FnOnce(&'static str) -> Result<T>) -> Self {
        let file = from.strip_prefix("device/").unwrap_or(from);
        Self { from, value: read(file) }
    }

    fn of_kfd(node: &Node, property: &str, convert: impl FnOnce(u64) -> T) -> Self {
        Self { from: KFD, value: node.property(property).map(convert).ok_or(NOT_SUPPORTED) }
    }

    fn get(&self) -> Result<T> {
        log::kept(self.from);
        self.value.clone()
    }
}

impl Kept<Vec<u8>> {
    /// Without a copy: a handler of a signal, which asks for a name, must not allocate.
    fn text(&self) -> Result<&[u8]> {
        log::kept(self.from);
        self.value.as_deref().map_err(|status| *status)
    }
}

/// Names out of pci.ids and libdrm, looked up when they are first asked for.
#[derive(Default)]
pub(super) struct Names {
    market: OnceBox<Vec<u8>>,
    device: OnceBox<Vec<u8>>,
    vendor: OnceBox<Vec<u8>>,
    subsystem: OnceBox<Vec<u8>>,
}

impl Identity {
    pub(super) fn read(device: &Dir, node: &Node) -> Self {
        let id = |name| -> Result<u16> {
            let value = number::lenient(&device.word(name)?, 16);
            u16::try_from(value).map_err(|_| rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE)
        };
        let id_and_kfds = |from, property| KeptTwice {
            own: Kept::read(from, id),
            kfd: Kept::of_kfd(node, property, |id| id as u16),
        };
        let word = |name: &str| device.word(name);
        Self {
            device: id_and_kfds("device/device", "device_id"),
            vendor: id_and_kfds("device/vendor", "vendor_id"),
            revision: Kept::read("device/revision", id),
            subdevice: Kept::read("device/subsystem_device", id),
            subvendor: Kept::read("device/subsystem_vendor", id),
            sku: Kept::read("device/product_number", id),
            xgmi: Kept::read("device/xgmi_physical_id", id),
            unique: KeptTwice {
                own: Kept::read("device/unique_id", |name| some_id(device.number(name, 16)?)),
                kfd: {
                    let kfd = Kept::of_kfd(node, "unique_id", |id| id);
                    Kept { value: kfd.value.and_then(some_id), ..kfd }
                },
            },
            has_files: device.has("device"),
            product: Kept::read("device/product_name", |name| device.line(name)),
            serial: Kept::read("device/serial_number", word),
            vbios: Kept::read("device/vbios_version", word),
            vram_vendor: Kept::read("device/mem_info_vram_vendor", word),
            numa_node: Kept::read("device/numa_node", |name| number::int(&device.word(name)?)),
            render_minor: render_minor(device, node.render_minor),
        }
    }
}

/// An APU has none, and says 0.
fn some_id(id: u64) -> Result<u64> {
    if id == 0 { Err(NOT_SUPPORTED) } else { Ok(id) }
}

/// The number of the device's render node, which should be the one that KFD knows; 0 where it has
/// none.
fn render_minor(device: &Dir, expected: u32) -> u32 {
    if expected != 0 && device.has(&format!("drm/renderD{expected}")) {
        return expected;
    }
    let names = device.join("drm").names().unwrap_or_default();
    names
        .iter()
        .filter_map(|name| name.strip_prefix("renderD")?.parse().ok())
        .find(|minor| *minor != 0)
        .unwrap_or(0)
}

impl Identity {
    /// Only clients built for ROCm 7 get KFD's ids of a partition.
    fn device(&self) -> Result<u16> {
        self.device.get(client::generation().is_seven())
    }

    fn vendor(&self) -> Result<u16> {
        self.vendor.get(client::generation().is_seven())
    }

    fn unique(&self) -> Result<u64> {
        // The file is there and says nonsense: the original gives up.
        let nonsense = self.unique.own.value == Err(rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION);
        // Before ROCm 6.3 KFD was not asked; but a partition, which was no device, has no files.
        let later = client::generation() >= Generation::V6_3 || !self.has_files;
        self.unique.get(later && !nonsense)
    }
}

/// The brand that the version of a VBIOS stands for.
pub(crate) fn brand_of(vbios: &[u8]) -> Option<&'static [u8]> {
    let sku = if vbios.len() == 16 { &vbios[4..10] } else { &[] };
    map::find(map::BRANDS, &sku)
}

impl Gpu {
    pub(crate) fn id(&self) -> Result<u16> {
        self.identity.device()
    }

    pub(crate) fn vendor_id(&self) -> Result<u16> {
        self.identity.vendor()
    }

    pub(crate) fn revision(&self) -> Result<u16> {
        self.identity.revision.get()
    }

    /// What the board's part number begins with, read as a hexadecimal number.
    pub(crate) fn sku(&self) -> Result<u16> {
        self.identity.sku.get()
    }

    pub(crate) fn xgmi_physical_id(&self) -> Result<u16> {
        self.identity.xgmi.get()
    }

    pub(crate) fn subsystem_id(&self) -> Result<u16> {
        self.identity.subdevice.get()
    }

    pub(crate) fn subsystem_vendor_id(&self) -> Result<u16> {
        self.identity.subvendor.get()
    }

    pub(crate) fn unique_id(&self) -> Result<u64> {
        self.identity.unique()
    }

    /// Whether there is a file of the board's data that cannot be read.
    pub(crate) fn refuses_the_board(&self) -> bool {
        const BOARD: [&str; 5] =
            ["product_name", "product_number", "serial_number", "fru_id", "manufacturer"];
        BOARD.iter().any(|file| self.device.refuses(file))
    }

    pub(crate) fn serial_number(&self) -> Result<&[u8]> {
        self.identity.serial.text()
    }

    pub(crate) fn vbios_version(&self) -> Result<&[u8]> {
        self.identity.vbios.text()
    }

    /// The product name that the board's data hold, else the device's in pci.ids.
    /// Without the ids there is no name, nor are there the other two.
    pub(crate) fn name(&self) -> Result<&[u8]> {
        let begins = |name: &&[u8]| name.first().is_some_and(|it| matches!(it, b' '..=b'~'));
        if let Some(name) = self.identity.product.text().ok().filter(begins) {
            return Ok(name);
        }
        Self::listed(&self.names.device, || {
            Ok(Wanted::Device { vendor: self.identity.vendor()?, device: self.identity.device()? })
        })
    }

    /// The name that libdrm knows.
    pub(crate) fn market_name(&self) -> Result<&[u8]> {
        let name = self.names.market.get_or_try_init(|| match self.identity.render_minor {
            0 => Err(NOT_SUPPORTED),
            minor => {
                // To open the render node wakes the GPU.
                sleep::awake(|| self.device.is_suspended())?;
                drm::marketing_name(minor).map(Box::new)
            }
        });
        name.map(Vec::as_slice)
    }

    pub(crate) fn vram_vendor(&self) -> Result<&[u8]> {
        self.identity.vram_vendor.text()
    }

    pub(crate) fn vendor_name(&self) -> Result<&[u8]> {
        Self::listed(&self.names.vendor, || Ok(Wanted::Vendor { vendor: self.identity.vendor()? }))
    }

    pub(crate) fn subsystem_name(&self) -> Result<&[u8]> {
        Self::listed(&self.names.subsystem, || {
            Ok(Wanted::Subsystem {
                vendor: self.identity.vendor()?,
                device: self.identity.device()?,
                subvendor: self.identity.subvendor.get()?,
                subdevice: self.identity.subdevice.get()?,
            })
        })
    }

    /// A name out of pci.ids, looked up once.
    fn listed(known: &OnceBox<Vec<u8>>, wanted: impl FnOnce() -> Result<Wanted>) -> Result<&[u8]> {
        log::source(|| "pci.ids".into());
        let name = known.get_or_try_init(|| wanted().map(pci_ids::name).map(Box::new));
        name.map(Vec::as_slice)
    }

    /// The brand that the vbios version stands for, None where the name has to serve.
    pub(crate) fn brand(&self) -> Result<Option<&'static [u8]>> {
        let vbios = match self.identity.vbios.text() {
            // One that the driver does not tell stands for no brand, as in the original.
            Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE) => &[],
            vbios => vbios?,
        };
        Ok(brand_of(vbios))
    }

    pub(crate) fn pci_id(&self) -> u64 {
        log::kept(KFD);
        self.node.bdf_id
    }

    pub(crate) fn drm_render_minor(&self) -> Result<u32> {
        log::kept("device/drm");
        match self.identity.render_minor {
            0 => Err(rsmi_status_t::RSMI_STATUS_INIT_ERROR),
            minor => Ok(minor),
        }
    }

    pub(crate) fn guid(&self) -> u64 {
        log::kept(KFD);
        self.node.gpu_id
    }

    pub(crate) fn node_id(&self) -> u32 {
        log::kept(KFD);
        self.node.index
    }

    pub(crate) fn numa_affinity(&self) -> Result<i32> {
        match self.identity.numa_node.get() {
            // They were told of an exception where there is no such file.
            Err(_) if !client::generation().is_seven() => {
                Err(rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION)
            }
            node => node,
        }
    }
}
