//! Both sides of what a device is: ids, names, places, partitions and links.

use super::super::*;
use super::sides::*;
use super::{Handle, NEW, device, text};
use crate::kernel::metrics::tests::bytes;
use crate::types::*;
use std::borrow::Cow;

const UNEXPECTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;

/// A question of a number of 16 bits: its file, and AMD SMI's function or the place in its struct.
macro_rules! id {
    ($($question:ident: $file:literal, $function:ident $(at $at:literal)?;)*) => {$(
        impl Tested for $question {
            fn kernel() -> Tried {
                reads(&[($file, b"0x123\n")], |at| Self.kernel(at), 0x123, NONE, REFUSED)
            }

            fn amdsmi() -> Tried {
                answers(id!(@ $function $($at)?), |at| Self.amdsmi(at), 0x123)
            }
        }
    )*};
    (@ $function:ident) => { devices!($function() out: u16 = 0x123) };
    (@ $function:ident $at:literal) => { devices!($function() { $at => 0x123_u32 }) };
}

id! {
    Revision: "revision", amdsmi_get_gpu_revision;
    SubsystemId: "subsystem_device", amdsmi_get_gpu_subsystem_id;
    SubsystemVendorId: "subsystem_vendor", amdsmi_get_gpu_asic_info at 516;
    XgmiPhysicalId: "xgmi_physical_id", amdsmi_get_gpu_asic_info at 788;
}

/// Where there is no such file, KFD knows the id.
macro_rules! id_that_kfd_knows {
    ($($question:ident: $file:literal, $by_kfd:expr, $function:ident $(at $at:literal)?;)*) => {$(
        impl Tested for $question {
            fn kernel() -> Tried {
                let (with, without) = (Machine::new(&[($file, b"0x123\n")]), Machine::new(&[]));
                let told = |machine: &Machine| $question.kernel(&machine.gpu());
                always((told(&with), 0x123), (told(&without), $by_kfd))
            }

            fn amdsmi() -> Tried {
                answers(id!(@ $function $($at)?), |at| Self.amdsmi(at), 0x123)
            }
        }
    )*};
}

id_that_kfd_knows! {
    DeviceId: "device", 29857, amdsmi_get_gpu_id;
    VendorId: "vendor", 4098, amdsmi_get_gpu_asic_info at 256;
}

impl Tested for UniqueId {
    fn kernel() -> Tried {
        let (with, without) =
            (Machine::new(&[("unique_id", b"75f93d936fe58a3e\n")]), Machine::new(&[]));
        let told = |machine: &Machine| Self.kernel(&machine.gpu());
        always((told(&with), 0x75f9_3d93_6fe5_8a3e), (told(&without), 0x1234))
    }

    fn amdsmi() -> Tried {
        let devices =
            devices!(amdsmi_get_gpu_enumeration_info() { 16 => text::<256>(b"GPU-75f93d93") });
        answers(devices, |at| Self.amdsmi(at), 0x75f9_3d93)
    }
}

const NO_NODE: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INIT_ERROR;

impl Tested for RenderMinor {
    fn kernel() -> Tried {
        let node: Files = &[("drm/renderD128/dev", b"")];
        let other: Files = &[("drm/renderD131/dev", b"")];
        let told = |files| Self.kernel(&Machine::new(files).gpu());
        assert_eq!(told(other), Told::Value(131), "KFD's is not there");
        tried(told(node), 128, told(&[]), Told::Fails(NO_NODE))
    }

    fn amdsmi() -> Tried {
        answers(
            devices!(amdsmi_get_gpu_enumeration_info() { 0 => 128_u32 }),
            |at| Self.amdsmi(at),
            128,
        )
    }
}

impl Tested for CardIndex {
    fn kernel() -> Tried {
        let told = |files| Self.kernel(&Machine::new(files).gpu());
        always((told(&[("drm/card7/dev", b"")]), 7), (told(&[]), u32::MAX))
    }

    fn amdsmi() -> Tried {
        answers(devices!(amdsmi_get_gpu_enumeration_info() { 4 => 7_u32 }), |at| Self.amdsmi(at), 7)
    }
}

/// What KFD always tells: the values of both GPUs.
macro_rules! of_kfd {
    ($($question:ident: $first:expr, $second:expr, $function:ident $(at $at:literal)? = $number:expr, $told:expr;)*) => {$(
        impl Tested for $question {
            fn kernel() -> Tried {
                let machine = Machine::new(&[]);
                let state = machine.state();
                let [first, second] = state.gpus() else { panic!("two GPUs") };
                always(($question.kernel(first), $first), ($question.kernel(second), $second))
            }

            fn amdsmi() -> Tried {
                answers(of_kfd!(@ $function $($at)? = $number), |at| Self.amdsmi(at), $told)
            }
        }
    )*};
    (@ $function:ident = $number:expr) => { devices!($function() out: u64 = $number) };
    (@ $function:ident $at:literal = $number:expr) => { devices!($function() { $at => $number }) };
}

of_kfd! {
    PciId: 0x300, 0x800, amdsmi_get_gpu_bdf_id = 0x300, 0x300;
    Guid: 51140, 22683, amdsmi_get_gpu_kfd_info at 0 = 51140_u64, 51140;
    NodeId: 1, 2, amdsmi_get_gpu_kfd_info at 8 = 1_u32, 1;
}

impl Tested for PartitionId {
    fn kernel() -> Tried {
        let nodes = "class/kfd/kfd/topology/nodes/1/properties";
        let id = |location: u32| {
            let text = format!("domain 0\ndrm_render_minor 128\nlocation_id {location}\n");
            Self.kernel(&Machine::new(&[(nodes, text.as_bytes())]).gpu())
        };
        assert_eq!(id(0x302), Told::Value(2), "an older driver's place");
        always((id(0x3000_0300), 3), (id(0x300), 0))
    }

    fn amdsmi() -> Tried {
        answers(devices!(amdsmi_get_gpu_kfd_info() { 12 => 3_u32 }), |at| Self.amdsmi(at), 3)
    }
}

impl Tested for HiveId {
    fn kernel() -> Tried {
        let properties: Files = &[(
            "class/kfd/kfd/topology/nodes/1/properties",
            b"domain 0\ndrm_render_minor 128\nlocation_id 768\n",
        )];
        let told = |files| Self.kernel(&Machine::new(files).gpu());
        always((told(&[]), 77), (told(properties), 0))
    }

    fn amdsmi() -> Tried {
        answers(devices!(amdsmi_get_xgmi_info() { 8 => 77_u64 }), |at| Self.amdsmi(at), 77)
    }
}

impl Tested for TargetGraphicsVersion {
    fn kernel() -> Tried {
        let properties: Files = &[(
            "class/kfd/kfd/topology/nodes/1/properties",
            b"domain 0\ndrm_render_minor 128\nlocation_id 768\n",
        )];
        let told = |files| Self.kernel(&Machine::new(files).gpu());
        tried(told(&[]), 90402, told(properties), Told::Fails(NONE))
    }

    fn amdsmi() -> Tried {
        answers(
            devices!(amdsmi_get_gpu_asic_info() { 800 => 0x90a_u64 }),
            |at| Self.amdsmi(at),
            90_010,
        )
    }
}

impl Tested for FirmwareVersion {
    fn kernel() -> Tried {
        let block = rsmi_fw_block_t::RSMI_FW_BLOCK_SMC;
        let files: Files = &[("fw_version/smc_fw_version", b"0x00550a00\n")];
        reads(files, |at| Self { block }.kernel(at), 0x55_0a00, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let block = rsmi_fw_block_t::RSMI_FW_BLOCK_SMC;
        let devices = devices!(amdsmi_get_fw_info() { 0 => 1_u8, 8 => 77_u32, 16 => 0x222_u64 });
        answers(devices, |at| Self { block }.amdsmi(at), 0x222)
    }
}

impl Tested for NumaAffinity {
    fn kernel() -> Tried {
        reads(&[("numa_node", b"-1\n")], |at| Self.kernel(at), -1, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        answers(
            devices!(amdsmi_get_gpu_topo_numa_affinity() out: i32 = -1),
            |at| Self.amdsmi(at),
            -1,
        )
    }
}

fn owned(text: Told<Cow<[u8]>>) -> Told<Vec<u8>> {
    text.map(Cow::into_owned)
}

impl Tested for Sku {
    fn kernel() -> Tried {
        reads(&[("product_number", b"102-D67301-00\n")], |at| Self.kernel(at), 0x102, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_board_info() { 0 => text::<256>(b"102-D67301-00") });
        answers(devices, |at| Self.amdsmi(at), 0x102)
    }
}

impl Tested for SerialNumber {
    fn kernel() -> Tried {
        let files: Files = &[("serial_number", b"PCB01 x\n")];
        reads(files, |at| owned(Self.kernel(at)), b"PCB01".to_vec(), NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_board_info() { 256 => text::<256>(b"PCB01\n") });
        answers(devices, |at| owned(Self.amdsmi(at)), b"PCB01".to_vec())
    }
}

impl Tested for VbiosVersion {
    fn kernel() -> Tried {
        let files: Files = &[("vbios_version", b"113-D1630400-100\n")];
        reads(files, |at| owned(Self.kernel(at)), b"113-D1630400-100".to_vec(), NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_vbios_info() { 512 => text::<256>(b"113-D16304") });
        answers(devices, |at| owned(Self.amdsmi(at)), b"113-D16304".to_vec())
    }
}

impl Tested for Brand {
    fn kernel() -> Tried {
        let told = |vbios: &[u8]| Self.kernel(&Machine::new(&[("vbios_version", vbios)]).gpu());
        assert_eq!(told(b"113-D6730100-100\n"), Told::Value(None), "of no brand");
        let refused = Self.kernel(&Machine::refusing(&[("vbios_version", b"")]).gpu());
        assert_eq!(refused, Told::Value(None), "as the original takes it");
        let none = Self.kernel(&Machine::new(&[]).gpu());
        tried(told(b"113-D1630400-100\n"), Some(&b"mi50"[..]), none, Told::Fails(NONE))
    }

    fn amdsmi() -> Tried {
        let devices =
            devices!(amdsmi_get_gpu_vbios_info() { 512 => text::<256>(b"113-D1630400-100") });
        answers(devices, |at| Self.amdsmi(at), Some(&b"mi50"[..]))
    }
}

/// A vendor and a device that no list of names has: their ids stand for them.
const NOBODY: Files = &[("vendor", b"0xfffe\n"), ("device", b"0x7\n")];

impl Tested for DeviceName {
    fn kernel() -> Tried {
        let told = |files| owned(Self.kernel(&Machine::new(files).gpu()));
        let product: Files = &[("product_name", b"AMD Instinct MI300X\n")];
        always((told(product), b"AMD Instinct MI300X".to_vec()), (told(NOBODY), b"0xfffe".to_vec()))
    }

    fn amdsmi() -> Tried {
        let [succeeds, fails] =
            devices!(amdsmi_get_gpu_board_info() { 768 => text::<256>(b"AMD Instinct MI300X ") });
        let told = [succeeds, fails].map(|device| owned(Self.amdsmi(&device)));
        let [name, none] = told;
        // pci.ids may know it.
        tried(name, b"AMD Instinct MI300X".to_vec(), none, Told::Unknown)
    }
}

impl Tested for MarketName {
    fn kernel() -> Tried {
        // To have a name takes libdrm and a GPU.
        let told = |files| owned(Self.kernel(&Machine::new(files).gpu()));
        assert!(matches!(told(&[("drm/renderD999/dev", b"")]), Told::Fails(why) if why != NONE));
        no(told(&[]), Told::Fails(NONE))
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_asic_info() { 0 => text::<256>(b"MI300X") });
        answers(devices, |at| owned(Self.amdsmi(at)), b"MI300X".to_vec())
    }
}

impl Tested for VendorName {
    fn kernel() -> Tried {
        let told = |files| owned(Self.kernel(&Machine::new(files).gpu()));
        let other: Files = &[("vendor", b"0xfffd\n")];
        always((told(NOBODY), b"0xfffe".to_vec()), (told(other), b"0xfffd".to_vec()))
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_vendor_name() text(usize) b"AMD\0");
        answers(devices, |at| owned(Self.amdsmi(at)), b"AMD".to_vec())
    }
}

impl Tested for SubsystemName {
    fn kernel() -> Tried {
        let files: Files =
            &[NOBODY[0], NOBODY[1], ("subsystem_vendor", b"0x9\n"), ("subsystem_device", b"0x8\n")];
        let told = |files| owned(Self.kernel(&Machine::new(files).gpu()));
        tried(told(files), b"0xfffe".to_vec(), told(NOBODY), Told::Fails(NONE))
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_subsystem_name() text(usize) b"OAM\0");
        answers(devices, |at| owned(Self.amdsmi(at)), b"OAM".to_vec())
    }
}

impl Tested for VramVendor {
    fn kernel() -> Tried {
        let files: Files = &[("mem_info_vram_vendor", b"hynix\n")];
        reads(files, |at| owned(Self.kernel(at)), b"hynix".to_vec(), NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_vram_vendor() text(u32) b"HYNIX\0");
        answers(devices, |at| owned(Self.amdsmi(at)), b"hynix".to_vec())
    }
}

impl Tested for ComputePartition {
    fn kernel() -> Tried {
        let files: Files = &[("current_compute_partition", b"DPX\n")];
        let odd: Files = &[("current_compute_partition", b"XPX\n")];
        let odd = Self.kernel(&Machine::new(odd).gpu());
        assert_eq!(odd, Told::Fails(rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION));
        reads(files, |at| Self.kernel(at), b"DPX".to_vec(), NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_compute_partition() text(u32) b"DPX\0");
        answers(devices, |at| Self.amdsmi(at), b"DPX".to_vec())
    }
}

impl Tested for MemoryPartition {
    fn kernel() -> Tried {
        let files: Files = &[("current_memory_partition", b"NPS4\n")];
        reads(files, |at| Self.kernel(at), b"NPS4".to_vec(), NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_memory_partition() text(u32) b"NPS4\0");
        answers(devices, |at| Self.amdsmi(at), b"NPS4".to_vec())
    }
}

impl Tested for MemoryPartitionCapabilities {
    fn kernel() -> Tried {
        let files: Files = &[("available_memory_partition", b"NPS1, NPS4\n")];
        reads(files, |at| Self.kernel(at), b"NPS1, NPS4".to_vec(), NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_memory_partition_config() { 0 => 0b1001_u32 });
        answers(devices, |at| Self.amdsmi(at), b"NPS1, NPS8".to_vec())
    }
}

impl Tested for SetComputePartition {
    fn kernel() -> Tried {
        let files: Files = &[
            ("available_compute_partition", b"SPX, DPX\n"),
            ("current_compute_partition", b"SPX\n"),
        ];
        let set = |mode| Self { mode }.kernel(&Machine::new(files).gpu());
        let unavailable = rsmi_status_t::RSMI_STATUS_SETTING_UNAVAILABLE;
        assert_eq!((set(b"CPX"), set(b"SPX")), (Told::Fails(unavailable), Told::Value(())));
        let machine = Machine::new(files);
        let told = Self { mode: b"DPX" }.kernel(&machine.gpu());
        assert_eq!(machine.content("current_compute_partition"), "DPX");
        let none = Self { mode: b"DPX" }.kernel(&Machine::new(&[]).gpu());
        tried(told, (), none, Told::Fails(NONE))
    }

    fn amdsmi() -> Tried {
        // CPX, the last of them.
        let devices = devices!(amdsmi_set_gpu_compute_partition(number: u32 = 5));
        answers(devices, |at| Self { mode: b"CPX" }.amdsmi(at), ())
    }
}

impl Tested for SetMemoryPartition {
    fn kernel() -> Tried {
        let files: Files = &[("current_memory_partition", b"NPS1\n")];
        let mode = rsmi_memory_partition_type_t::RSMI_MEMORY_PARTITION_NPS4;
        let same = rsmi_memory_partition_type_t::RSMI_MEMORY_PARTITION_NPS1;
        let machine = Machine::new(files);
        let told = Self { mode }.kernel(&machine.gpu());
        // It takes effect when the driver is loaded again.
        assert_eq!(told, Told::Fails(rsmi_status_t::RSMI_STATUS_AMDGPU_RESTART_ERR));
        assert_eq!(machine.content("current_memory_partition"), "NPS4");
        let none = Self { mode }.kernel(&Machine::new(&[]).gpu());
        let same = Self { mode: same }.kernel(&Machine::new(files).gpu());
        tried(same, (), none, Told::Fails(NONE))
    }

    fn amdsmi() -> Tried {
        let mode = rsmi_memory_partition_type_t::RSMI_MEMORY_PARTITION_NPS4;
        let devices = devices!(amdsmi_set_gpu_memory_partition(bit: u32 = 4));
        answers(devices, |at| Self { mode }.amdsmi(at), ())
    }
}

impl Tested for RunningXcds {
    fn kernel() -> Tried {
        let table = bytes((1, 5), &[("current_gfxclks", &[2100, 0, 1900, 0xFFFF, 5])]);
        reads(&[("gpu_metrics", &table)], |at| Self.kernel(at), 2, NONE, UNEXPECTED)
    }

    fn amdsmi() -> Tried {
        answers(devices!(amdsmi_get_gpu_xcd_counter() out: u16 = 6), |at| Self.amdsmi(at), 6)
    }
}
