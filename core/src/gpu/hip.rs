//! What a HIP program knows a device by.

use super::{Gpu, KFD, NOT_SUPPORTED};
use crate::log;
use crate::status::Result;
use std::io::ErrorKind;
use std::path::Path;

/// Of a BDF id the domain, bus, device and function; a HIP program sees no more of it.
pub(crate) const ADDRESS_BITS: u64 = 0xFFFF_FFFF_0000_FFFF;

impl Gpu {
    /// The PCI address as hipDeviceGetPCIBusId writes it.
    pub(crate) fn pci_bus_id(&self) -> String {
        let id = self.pci_id();
        let (domain, bus, device, function) = (id >> 32, id >> 8 & 0xFF, id >> 3 & 0x1F, id & 7);
        format!("{domain:04x}:{bus:02x}:{device:02x}.{function:x}")
    }

    /// The unique id that KFD tells; 0, which HIP takes for none, is none.
    pub(crate) fn kfd_unique_id(&self) -> Result<u64> {
        log::kept(KFD);
        let id = self.node.property("unique_id").filter(|id| *id != 0);
        id.ok_or_else(|| {
            log::reason(|| "KFD has no unique id of the device".into());
            NOT_SUPPORTED
        })
    }

    /// Whether HIP's runtime takes the node for a GPU: it has compute units, and its render node is
    /// in `dri`. Containers leave out the nodes of devices that they hide.
    pub(crate) fn is_for_hip(&self, dri: Option<&Path>) -> bool {
        let minor = self.node.render_minor;
        let missing = |dri: &Path| {
            let node = std::fs::metadata(dri.join(format!("renderD{minor}")));
            minor == 0 || node.is_err_and(|error| error.kind() == ErrorKind::NotFound)
        };
        self.node.property("simd_count").unwrap_or(0) != 0 && !dri.is_some_and(missing)
    }
}
