//! What a device is: ids and addresses, which cannot change while the library is initialised, and the
//! versions of its firmware.

use super::agreement::converted;
use super::{First, Question, Why, equal};
use crate::amdsmi::abi::{asic_info, enumeration_info, fw_info, kfd_info};
use crate::amdsmi::{self, Release};
use crate::gpu::Gpu;
use crate::kernel::number;
use crate::layout::Member;
use crate::log;
use crate::map;
use crate::told::Told;
use crate::types::rsmi_fw_block_t;

/// A number of asic_info, which is there also where AMD SMI cannot open /dev/dri.
fn asic_number(at: &amdsmi::Device, member: &'static Member<Release>) -> Told<u64> {
    at.ask_anyway(
        |s| s.amdsmi_get_gpu_asic_info,
        |handle, room| (handle, room.record(0)),
        |written| written.told(member, 0),
    )
}

fn asic_id(at: &amdsmi::Device, member: &'static Member<Release>) -> Told<u16> {
    // 6.1.2 has all ones of 16 bits in its wider members too.
    asic_number(at, member).filter(|id| *id < u16::MAX.into()).map(|id| id as u16)
}

#[derive(Debug)]
pub(crate) struct DeviceId;

impl Question<'_> for DeviceId {
    type Value = u16;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u16> {
        at.number(|s| s.amdsmi_get_gpu_id)
    }

    fn kernel(&self, at: &Gpu) -> Told<u16> {
        at.id().into()
    }

    equal!();
}

#[derive(Debug)]
pub(crate) struct VendorId;

impl Question<'_> for VendorId {
    type Value = u16;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u16> {
        asic_id(at, &asic_info::vendor_id)
    }

    fn kernel(&self, at: &Gpu) -> Told<u16> {
        at.vendor_id().into()
    }

    equal!();
}

#[derive(Debug)]
pub(crate) struct Revision;

impl Question<'_> for Revision {
    type Value = u16;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u16> {
        at.number(|s| s.amdsmi_get_gpu_revision)
    }

    fn kernel(&self, at: &Gpu) -> Told<u16> {
        at.revision().into()
    }

    equal!();
}

#[derive(Debug)]
pub(crate) struct SubsystemId;

impl Question<'_> for SubsystemId {
    type Value = u16;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u16> {
        at.number(|s| s.amdsmi_get_gpu_subsystem_id)
    }

    fn kernel(&self, at: &Gpu) -> Told<u16> {
        at.subsystem_id().into()
    }

    equal!();
}

#[derive(Debug)]
pub(crate) struct SubsystemVendorId;

impl Question<'_> for SubsystemVendorId {
    type Value = u16;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u16> {
        asic_id(at, &asic_info::subvendor_id)
    }

    fn kernel(&self, at: &Gpu) -> Told<u16> {
        at.subsystem_vendor_id().into()
    }

    equal!();
}

/// The number of the socket on the board.
#[derive(Debug)]
pub(crate) struct XgmiPhysicalId;

impl Question<'_> for XgmiPhysicalId {
    type Value = u16;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u16> {
        asic_id(at, &asic_info::oam_id)
    }

    fn kernel(&self, at: &Gpu) -> Told<u16> {
        at.xgmi_physical_id().into()
    }

    equal!();
}

#[derive(Debug)]
pub(crate) struct UniqueId;

impl Question<'_> for UniqueId {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::AtInit);

    // Not asic_serial, which older releases write in decimal or hexadecimal digits.
    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        at.ask(
            |s| s.amdsmi_get_gpu_enumeration_info,
            |handle, room| (handle, room.record(0)),
            |written| {
                let digits = written.words(&enumeration_info::hip_uuid)?.strip_prefix(b"GPU-")?;
                let id = converted("the hexadecimal digits behind GPU- to a number", || {
                    number::unsigned(digits, 16)
                });
                id.ok().filter(|id| ![0, u64::MAX].contains(id))
            },
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        at.unique_id().into()
    }

    equal!();
}

/// The number of the render node.
#[derive(Debug)]
pub(crate) struct RenderMinor;

impl Question<'_> for RenderMinor {
    type Value = u32;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u32> {
        at.member(|s| s.amdsmi_get_gpu_enumeration_info, &enumeration_info::drm_render)
            .map(|minor| minor as u32)
    }

    fn kernel(&self, at: &Gpu) -> Told<u32> {
        at.drm_render_minor().into()
    }

    equal!();
}

/// The number of the card, as in /dev/dri/card1.
#[derive(Debug)]
pub(crate) struct CardIndex;

impl Question<'_> for CardIndex {
    type Value = u32;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u32> {
        at.member(|s| s.amdsmi_get_gpu_enumeration_info, &enumeration_info::drm_card)
            .map(|card| card as u32)
    }

    fn kernel(&self, at: &Gpu) -> Told<u32> {
        Told::Value(at.card().unwrap_or(u32::MAX))
    }

    equal!();
}

/// Domain, partition, bus, device and function.
#[derive(Debug)]
pub(crate) struct PciId;

impl Question<'_> for PciId {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        at.number(|s| s.amdsmi_get_gpu_bdf_id)
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        Told::Value(at.pci_id())
    }

    equal!();
}

/// KFD's number of the device.
#[derive(Debug)]
pub(crate) struct Guid;

impl Question<'_> for Guid {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        at.member(|s| s.amdsmi_get_gpu_kfd_info, &kfd_info::kfd_id)
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        Told::Value(at.guid())
    }

    equal!();
}

/// The number of the device's node in KFD's topology.
#[derive(Debug)]
pub(crate) struct NodeId;

impl Question<'_> for NodeId {
    type Value = u32;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u32> {
        at.member(|s| s.amdsmi_get_gpu_kfd_info, &kfd_info::node_id).map(|node| node as u32)
    }

    fn kernel(&self, at: &Gpu) -> Told<u32> {
        Told::Value(at.node_id())
    }

    equal!();
}

/// The graphics version for which compilers build: 90010 for gfx90a.
#[derive(Debug)]
pub(crate) struct TargetGraphicsVersion;

impl Question<'_> for TargetGraphicsVersion {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::AtInit);

    // It writes 0x90a.
    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        asic_number(at, &asic_info::target_graphics_version).map(|name| {
            converted("0x90a to 90010", || {
                let major = format!("{:x}", name >> 8).parse().unwrap_or(0);
                major * 10_000 + (name >> 4 & 0xF) * 100 + (name & 0xF)
            })
        })
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        at.target_graphics_version().into()
    }

    equal!();
}

/// The version of a block of firmware; the block is numbered as in the newest header.
#[derive(Debug)]
pub(crate) struct FirmwareVersion {
    pub(crate) block: rsmi_fw_block_t,
}

impl Question<'_> for FirmwareVersion {
    type Value = u64;
    const FIRST: First = First::Amdsmi;

    // It lists all that it knows, which is all but MES.
    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        const ENTRY: usize = 32;
        let Some(wanted) = map::find(map::FIRMWARE_IDS, &self.block) else {
            log::reason(|| "AMD SMI has no number for that block".into());
            return Told::Unknown;
        };
        if !at.has_known_lists() {
            return Told::Unknown;
        }
        at.ask(
            |s| s.amdsmi_get_fw_info,
            |handle, room| (handle, room.record(0)),
            |written| {
                let count = written.raw(&fw_info::num_fw_info, 0)? as usize;
                (0..count).map(|nth| nth * ENTRY).find_map(|at| {
                    let id = written.within(at, &fw_info::fw_id, 0)?;
                    (id == u64::from(wanted))
                        .then(|| written.within(at, &fw_info::fw_version, 0))?
                })
            },
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        at.firmware_version(self.block).into()
    }

    equal!();
}

/// The NUMA node of the device's PCI slot; -1 without one.
#[derive(Debug)]
pub(crate) struct NumaAffinity;

impl Question<'_> for NumaAffinity {
    type Value = i32;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<i32> {
        at.number(|s| s.amdsmi_get_gpu_topo_numa_affinity)
    }

    fn kernel(&self, at: &Gpu) -> Told<i32> {
        at.numa_affinity().into()
    }

    equal!();
}
