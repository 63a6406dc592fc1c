//! How a device is linked, as KFD told it at rsmi_init.

use super::{Gpu, NOT_SUPPORTED};
use crate::kernel::kfd::{self, Link, Node};
use crate::status::Result;
use crate::types::RSMI_IO_LINK_TYPE;

impl Gpu {
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// How this device reaches its CPU: the hops and the kind.
    pub(crate) fn link_to_cpu(&self) -> Result<(u64, RSMI_IO_LINK_TYPE)> {
        match self.node.cpu {
            Some((_, Link { weight: 1.., kind: kfd::LINK_XGMI })) => {
                Ok((1, RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_XGMI))
            }
            Some((_, Link { weight: 1.., kind: kfd::LINK_PCIE })) => {
                Ok((2, RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_PCIEXPRESS))
            }
            _ => Err(NOT_SUPPORTED),
        }
    }
}
