//! How GPUs reach each other.

use super::{Answer, Gpu};
use crate::ask::ask;
use crate::question::{LinkType, P2pAccess};
use crate::types::RSMI_IO_LINK_TYPE;

impl<'s> Gpu<'s> {
    /// Whether it can use the memory of another.
    pub fn reaches(&self, other: &Gpu<'_>) -> Answer<bool> {
        ask(self.gpu, &P2pAccess { to: other.gpu })
    }

    /// Whether an XGMI link joins the two.
    pub fn is_joined(&self, other: &Gpu<'_>) -> bool {
        let question = LinkType { state: self.state, to: other.gpu };
        let kind = ask(self.gpu, &question).map(|(_, kind)| kind);
        self.index != other.index && kind == Ok(RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_XGMI)
    }

    /// Those that XGMI links join to it, in the order of their indices.
    pub fn peers(&self) -> Vec<Gpu<'s>> {
        let state = self.state;
        let all = (0..).zip(state.gpus()).map(|(index, gpu)| Gpu { state, gpu, index });
        all.filter(|other| self.is_joined(other)).collect()
    }
}
