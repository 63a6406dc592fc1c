//! How a device is linked, as KFD told it at rsmi_init.

use super::{Gpu, KFD, NOT_SUPPORTED};
use crate::kernel::kfd::{self, Link, Node};
use crate::log;
use crate::status::Result;
use crate::types::RSMI_IO_LINK_TYPE;

impl Gpu {
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// The nearest CPU's number in KFD's topology.
    pub(crate) fn numa_node_number(&self) -> Result<u32> {
        self.node.cpu().map(|(node, _)| node).ok_or(NOT_SUPPORTED)
    }

    /// The same for all devices whose links make one net; 0 for a device without such links.
    pub(crate) fn xgmi_hive_id(&self) -> u64 {
        log::kept(KFD);
        self.node.hive_id
    }

    /// The lowest and the highest bandwidth of the XGMI link to another device, in MB/s.
    pub(crate) fn bandwidth_to(&self, other: &Self) -> Result<(u64, u64)> {
        match self.node.gpus().get(&other.node.index) {
            Some(link) if link.kind == kfd::LINK_XGMI => {
                Ok((link.min_bandwidth, link.max_bandwidth))
            }
            _ => {
                log::reason(|| "no XGMI link joins the devices".into());
                Err(NOT_SUPPORTED)
            }
        }
    }

    /// Whether this device can use the other's memory.
    pub(crate) fn reaches(&self, other: &Self) -> bool {
        self.node.index == other.node.index || self.node.reaches(other.node.index)
    }

    /// How this device reaches its CPU: the hops and the kind.
    pub(crate) fn link_to_cpu(&self) -> Result<(u64, RSMI_IO_LINK_TYPE)> {
        match self.node.cpu() {
            Some((_, Link { weight: 1.., kind: kfd::LINK_XGMI, .. })) => {
                Ok((1, RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_XGMI))
            }
            Some((_, Link { weight: 1.., kind: kfd::LINK_PCIE, .. })) => {
                Ok((2, RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_PCIEXPRESS))
            }
            _ => Err(NOT_SUPPORTED),
        }
    }
}
