//! How devices reach each other.

use super::{First, Question, Why, equal};
use crate::amdsmi;
use crate::gpu::Gpu;
use crate::runtime::State;
use crate::told::Told;
use crate::types::RSMI_IO_LINK_TYPE;

/// The nearest CPU's number in KFD's topology.
#[derive(Debug)]
pub(crate) struct NumaNode;

impl Question<'_> for NumaNode {
    type Value = u32;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u32> {
        at.number(|s| s.amdsmi_topo_get_numa_node_number)
    }

    fn kernel(&self, at: &Gpu) -> Told<u32> {
        at.numa_node_number().into()
    }

    equal!();
}

/// The weight of the way to another device.
#[derive(Debug)]
pub(crate) struct LinkWeight<'s> {
    pub(crate) state: &'s State,
    pub(crate) to: &'s Gpu,
}

impl Question<'_> for LinkWeight<'_> {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        at.ask_with(
            self.to.amdsmi(),
            |s| s.amdsmi_topo_get_link_weight,
            |own, other, room| (own, other, room.number(0)),
            |written| written.number(0),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        self.state.link_weight(at, self.to).into()
    }

    equal!();
}

/// The hops and the kind of link to another device.
#[derive(Debug)]
pub(crate) struct LinkType<'s> {
    pub(crate) state: &'s State,
    pub(crate) to: &'s Gpu,
}

impl Question<'_> for LinkType<'_> {
    type Value = (u64, RSMI_IO_LINK_TYPE);
    const FIRST: First = First::Kernel(Why::AtInit);

    // The number is rocm_smi.h's in every release, whatever amdsmi.h calls it.
    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        at.ask_with(
            self.to.amdsmi(),
            |s| s.amdsmi_topo_get_link_type,
            |own, other, room| (own, other, room.number(0), room.number(8)),
            |written| Some((written.number(0)?, RSMI_IO_LINK_TYPE(written.number(8)?))),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        self.state.link_type(at, self.to).into()
    }

    equal!();
}

/// The lowest and the highest bandwidth of the XGMI link to another device, in MB/s.
#[derive(Debug)]
pub(crate) struct LinkBandwidth<'s> {
    pub(crate) to: &'s Gpu,
}

impl Question<'_> for LinkBandwidth<'_> {
    type Value = (u64, u64);
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        at.ask_with(
            self.to.amdsmi(),
            |s| s.amdsmi_get_minmax_bandwidth_between_processors,
            |own, other, room| (own, other, room.number(0), room.number(8)),
            |written| Some((written.number(0)?, written.number(8)?)),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        at.bandwidth_to(self.to).into()
    }

    equal!();
}

/// Whether this device can use the other's memory.
#[derive(Debug)]
pub(crate) struct P2pAccess<'s> {
    pub(crate) to: &'s Gpu,
}

impl Question<'_> for P2pAccess<'_> {
    type Value = bool;
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<bool> {
        at.ask_with(
            self.to.amdsmi(),
            |s| s.amdsmi_is_P2P_accessible,
            |own, other, room| (own, other, room.boolean(0)),
            |written| written.number::<u8>(0).map(|accessible| accessible != 0),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<bool> {
        Told::Value(at.reaches(self.to))
    }

    equal!();
}
