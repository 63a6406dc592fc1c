//! How one device reaches another.

use super::State;
use crate::client;
use crate::gpu::Gpu;
use crate::kernel::kfd;
use crate::log;
use crate::status::Result;
use crate::types::{RSMI_IO_LINK_TYPE, rsmi_status_t};
use rsmi_generations::Generation;

enum Way {
    Direct {
        weight: u64,
    },
    /// Over the CPU nodes of both: the weights at the ends, and between two different ones.
    ByCpus {
        kind: RSMI_IO_LINK_TYPE,
        ends: u64,
        same: bool,
        between: Option<u64>,
    },
}

impl State {
    /// The hops and the kind of link from one device to another.
    pub(crate) fn link_type(&self, from: &Gpu, to: &Gpu) -> Result<(u64, RSMI_IO_LINK_TYPE)> {
        match self.way(from, to)? {
            Way::Direct { .. } => Ok((1, RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_XGMI)),
            Way::ByCpus { same: true, kind, .. } => Ok((2, kind)),
            Way::ByCpus { between, kind, .. } => {
                let hops = if between.is_some() { 3 } else { 4 };
                Ok((hops, kind))
            }
        }
    }

    /// The weight of the way from one device to another.
    pub(crate) fn link_weight(&self, from: &Gpu, to: &Gpu) -> Result<u64> {
        /// What stands for CPU nodes that no link joins.
        const UNLINKED: u64 = 10;
        Ok(match self.way(from, to)? {
            Way::Direct { weight } => weight,
            Way::ByCpus { ends, same: true, .. } => ends,
            Way::ByCpus { ends, between, .. } => ends + between.unwrap_or(UNLINKED),
        })
    }

    fn way(&self, from: &Gpu, to: &Gpu) -> Result<Way> {
        let no_way = |why: &str| {
            log::reason(|| why.into());
            Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED)
        };
        if let Some(link) = from.node().gpus().get(&to.node().index) {
            return if link.kind == kfd::LINK_XGMI {
                Ok(Way::Direct { weight: link.weight })
            } else {
                no_way("the devices are linked, but not by XGMI")
            };
        }
        let kind = match from.node().cpu() {
            Some((_, link)) if link.kind == kfd::LINK_PCIE => {
                Some(RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_PCIEXPRESS)
            }
            // What leads over CPUs is no way to a later client unless it begins with PCIe.
            Some((_, link))
                if link.kind == kfd::LINK_XGMI && client::generation() == Generation::V5 =>
            {
                Some(RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_XGMI)
            }
            _ => None,
        };
        match (from.node().cpu(), kind) {
            (Some((cpu, link)), Some(kind)) => {
                let (other, other_weight) =
                    to.node().cpu().map_or((0, 0), |(node, link)| (node, link.weight));
                Ok(Way::ByCpus {
                    kind,
                    ends: link.weight + other_weight,
                    same: cpu == other,
                    between: self.topology.between_cpus(cpu, other),
                })
            }
            _ => no_way("the device is not on PCIe"),
        }
    }
}
