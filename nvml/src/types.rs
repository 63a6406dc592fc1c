//! The structs of nvml.h that are answered, each with the versions that differ.

use crate::house::{Put, put_members};
use crate::status::Status;

/// A text of this many bytes, ended with NUL.
pub type Text<const N: usize> = [u8; N];

/// Declares a struct, its size in the ABI, and how it is written: member by member, so that padding
/// stays the client's.
macro_rules! structs {
    ($($(#[$doc:meta])* $name:ident($size:literal) { $($member:ident: $type:ty),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[allow(non_camel_case_types, reason = "the name of nvml.h")]
        pub struct $name {
            $(pub $member: $type),+
        }
        const _: () = assert!(size_of::<$name>() == $size);
        put_members!($name { $($member),+ });
    )+};
}

structs! {
    /// As the plain nvmlDeviceGetPciInfo writes it.
    nvmlPciInfo_v1_t(32) {
        bus_id_legacy: Text<16>, domain: u32, bus: u32, device: u32, pci_device_id: u32,
    }
    /// What follows was reserved, and is left as it is.
    nvmlPciInfo_v2_t(36) {
        bus_id_legacy: Text<16>, domain: u32, bus: u32, device: u32, pci_device_id: u32,
        pci_subsystem_id: u32,
    }
    nvmlPciInfo_t(68) {
        bus_id_legacy: Text<16>, domain: u32, bus: u32, device: u32, pci_device_id: u32,
        pci_subsystem_id: u32, bus_id: Text<32>,
    }
    nvmlPciInfoExt_v1_t(64) {
        version: u32, domain: u32, bus: u32, device: u32, pci_device_id: u32, pci_subsystem_id: u32,
        base_class: u32, sub_class: u32, bus_id: Text<32>,
    }
    nvmlUtilization_t(8) { gpu: u32, memory: u32 }
    nvmlMemory_t(24) { total: u64, free: u64, used: u64 }
    nvmlMemory_v2_t(40) { version: u32, total: u64, reserved: u64, free: u64, used: u64 }
    nvmlBAR1Memory_t(24) { total: u64, free: u64, used: u64 }
    nvmlProcessInfo_v1_t(16) { pid: u32, used_gpu_memory: u64 }
    nvmlProcessInfo_v2_t(24) {
        pid: u32, used_gpu_memory: u64, gpu_instance_id: u32, compute_instance_id: u32,
    }
    nvmlProcessDetail_v1_t(32) {
        pid: u32, used_gpu_memory: u64, gpu_instance_id: u32, compute_instance_id: u32,
        used_gpu_cc_protected_memory: u64,
    }
    nvmlProcessDetailList_v1_t(24) { version: u32, mode: u32, count: u32, list: *mut nvmlProcessDetail_v1_t }
    nvmlProcessUtilizationSample_t(32) {
        pid: u32, time_stamp: u64, sm_util: u32, mem_util: u32, enc_util: u32, dec_util: u32,
    }
    nvmlTemperature_v1_t(12) { version: u32, sensor_type: u32, temperature: i32 }
    nvmlFanSpeedInfo_v1_t(12) { version: u32, fan: u32, speed: u32 }
    nvmlSample_t(16) { time_stamp: u64, value: Value }
    nvmlFieldValue_t(40) {
        field_id: u32, scope_id: u32, timestamp: i64, latency_usec: i64, value_type: u32,
        status: Status, value: Value,
    }
}

/// nvmlValue_t, a union of numbers: all of its eight bytes are written.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value(pub u64);

impl Put for Value {
    unsafe fn put(self, out: *mut Self) {
        // SAFETY: as this function demands.
        unsafe { out.cast::<u64>().write_unaligned(self.0) };
    }
}

/// nvmlValueType_t.
pub mod value_type {
    pub const UNSIGNED_INT: u32 = 1;
    pub const UNSIGNED_LONG_LONG: u32 = 3;
}

/// A member that is not there, as in nvmlProcessInfo_t.
pub const NOT_AVAILABLE: u32 = u32::MAX;
