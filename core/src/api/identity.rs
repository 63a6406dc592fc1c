//! Devices, and their ids and names.

use crate::ask::ask;
use crate::client;
use crate::entry::{Null, finish, get_fact, get_str, put_str, with_gpu};
use crate::facts::Fact;
use crate::gpu::Gpu;
use crate::out::member;
use crate::question::{
    Brand, CardIndex, DeviceId, DeviceName, Guid, MarketName, NodeId, PartitionId, PciId,
    RenderMinor, Revision, SerialNumber, Sku, SubsystemId, SubsystemName, SubsystemVendorId,
    UniqueId, VendorId, VendorName, VramVendor, XgmiPhysicalId,
};
use crate::runtime;
use crate::status::{Reply, Result};
use crate::support::Question::Function;
use crate::types::{rsmi_device_identifiers_t, rsmi_status_t};
use rsmi_generations::Generation;
use rsmi_macros::export;
use std::borrow::Cow;
use std::ffi::c_char;

/// Returns the number of devices. A device is a GPU or a partition of a GPU.
///
/// The devices have the indices 0 to `*num_devices` - 1, in the order of their PCI addresses. The
/// partitions of one GPU are in the order of the driver.
///
/// @param[out] num_devices The number of devices. It is 0 before rsmi_init() and after the last
///   rsmi_shut_down().
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `num_devices` is a null pointer.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_num_monitor_devices(num_devices: *mut u32) -> rsmi_status_t {
    if num_devices.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let count = runtime::with(|state| state.count());
    num_devices.put(count);
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// Reads the PCI device id.
///
/// The source is sysfs `device`. For clients built for ROCm 7, the source is KFD if that file does
/// not exist, as for a partition.
///
/// @param[out] id The PCI device id. For clients built for ROCm 7, 0xFFFF if no source reports the
///   id.
/// @retval RSMI_STATUS_INVALID_ARGS `id` is a null pointer. Clients built for a release before ROCm
///   7 get RSMI_STATUS_NOT_SUPPORTED instead if the device does not report the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED No source reports the id.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_id_get(dv_ind: u32, id: *mut u16) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_dev_id_get"));
    get_fact(dv_ind, id, null, Fact::Id, |gpu| client::or_write(ask(gpu, &DeviceId), u16::MAX))
}

/// Reads the SKU (stock keeping unit) of the board, from sysfs `product_number`.
///
/// @param[out] sku The start of the part number, read as a hexadecimal number: 0x102 for
///   "102-D67301-00".
/// @retval RSMI_STATUS_INVALID_ARGS `sku` is a null pointer, and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_UNEXPECTED_SIZE The number needs more than 16 bits.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_sku_get(dv_ind: u32, sku: *mut u16) -> rsmi_status_t {
    get_fact(dv_ind, sku, Null::Asks(Function("rsmi_dev_sku_get")), Fact::Sku, |gpu| ask(gpu, &Sku))
}

/// Reads the PCI vendor id.
///
/// The source is sysfs `vendor`. For clients built for ROCm 7, the source is KFD if that file does
/// not exist, as for a partition.
///
/// @param[out] id The PCI vendor id: 0x1002 for AMD. For clients built for ROCm 7, 0xFFFF if no
///   source reports the id.
/// @retval RSMI_STATUS_INVALID_ARGS `id` is a null pointer. Clients built for a release before ROCm
///   7 get RSMI_STATUS_NOT_SUPPORTED instead if the device does not report the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED No source reports the id.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_vendor_id_get(dv_ind: u32, id: *mut u16) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_dev_vendor_id_get"));
    get_fact(dv_ind, id, null, Fact::VendorId, |gpu| {
        client::or_write(ask(gpu, &VendorId), u16::MAX)
    })
}

/// Reads the PCI revision id, from sysfs `revision`.
///
/// @param[out] revision The PCI revision id.
/// @retval RSMI_STATUS_INVALID_ARGS `revision` is a null pointer, and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_revision_get(dv_ind: u32, revision: *mut u16) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_revision_get"));
    get_fact(dv_ind, revision, null, Fact::Revision, |gpu| ask(gpu, &Revision))
}

/// Reads the name of the device.
///
/// The source is the product name in sysfs `product_name`. If the board has no product name, it is
/// the name of the PCI device id in pci.ids. If pci.ids does not list the id, the name is the id in
/// hexadecimal.
///
/// @param[out] name The name, ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @retval RSMI_STATUS_INVALID_ARGS `name` is a null pointer, or `len` is 0. Clients built for a
///   release before ROCm 7 get RSMI_STATUS_NOT_SUPPORTED for a null pointer if the device does not
///   report the value.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The name is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_name_get(
    dv_ind: u32,
    name: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_dev_name_get"));
    get_str(dv_ind, name, null, |gpu| or_nothing(ask(gpu, &DeviceName)))
}

/// Reads the brand of the device, by its VBIOS version in sysfs `vbios_version`.
///
/// The brand is "mi25", "mi50" or "mi60" if the VBIOS version stands for one of these. Otherwise it
/// is the name that rsmi_dev_name_get() returns.
///
/// @param[out] brand The brand, ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @retval RSMI_STATUS_INVALID_ARGS `brand` is a null pointer, and the device reports the value; or
///   `len` is 0.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report its VBIOS version.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The brand is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL. For a name of rsmi_dev_name_get(), it returns
///   RSMI_STATUS_SUCCESS instead.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_brand_get(
    dv_ind: u32,
    brand: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_brand_get"));
    if brand.is_null() {
        return null.answer(dv_ind);
    }
    if brand.is_empty() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    finish(with_gpu(dv_ind, |gpu| {
        if let Some(known) = ask(gpu, &Brand)? {
            return put_str(brand, known);
        }
        // What becomes of the name is not told: the original returns success in any case.
        let _ = put_str(brand, &ask(gpu, &DeviceName).unwrap_or_default());
        Ok(())
    }))
}

/// Reads the name of the vendor: the name of the PCI vendor id in pci.ids, or the id in hexadecimal
/// if pci.ids does not list it.
///
/// @param[out] name The name, ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @retval RSMI_STATUS_INVALID_ARGS `name` is a null pointer, or `len` is 0. Clients built for a
///   release before ROCm 7 get RSMI_STATUS_NOT_SUPPORTED for a null pointer if the device does not
///   report the value.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The name is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_vendor_name_get(
    dv_ind: u32,
    name: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_dev_vendor_name_get"));
    get_str(dv_ind, name, null, |gpu| or_nothing(ask(gpu, &VendorName)))
}

/// Reads the marketing name of the device, from libdrm_amdgpu.
///
/// @param[out] market_name The name. The function fills the rest of the buffer with zeros. If there
///   is no name, it writes an empty text.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @retval RSMI_STATUS_INVALID_ARGS `market_name` is a null pointer, or `len` is 0.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The name is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no render node in /dev/dri.
/// @retval RSMI_STATUS_FAIL_LOAD_MODULE libdrm_amdgpu cannot be opened.
/// @retval RSMI_STATUS_DRM_ERROR The render node cannot be opened, or libdrm has no name for the
///   device.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_market_name_get(
    dv_ind: u32,
    market_name: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    if market_name.is_null() || market_name.is_empty() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    finish(with_gpu(dv_ind, |gpu| {
        let name = ask(gpu, &MarketName);
        match name {
            Ok(_) => market_name.clear(),
            Err(_) => _ = market_name.put(b""),
        }
        put_str(market_name, &name?)
    }))
}

/// Reads the maker of the VRAM, from sysfs `mem_info_vram_vendor`.
///
/// @param[out] brand The name of the maker, ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @retval RSMI_STATUS_INVALID_ARGS `brand` is a null pointer, and the device reports the value; or
///   `len` is 0.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The name is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_vram_vendor_get(
    dv_ind: u32,
    brand: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_vram_vendor_get"));
    get_str(dv_ind, brand, null, |gpu| ask(gpu, &VramVendor).into())
}

/// Reads the serial number of the board, from sysfs `serial_number`.
///
/// @param[out] serial_num The serial number, ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @retval RSMI_STATUS_INVALID_ARGS `serial_num` is a null pointer, and the device reports the
///   value; or `len` is 0.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The serial number is longer than `len - 1` bytes. The
///   function writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_serial_number_get(
    dv_ind: u32,
    serial_num: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_serial_number_get"));
    get_str(dv_ind, serial_num, null, |gpu| ask(gpu, &SerialNumber).into())
}

/// Reads the PCI subsystem device id, from sysfs `subsystem_device`.
///
/// @param[out] id The PCI subsystem device id.
/// @retval RSMI_STATUS_INVALID_ARGS `id` is a null pointer, and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_subsystem_id_get(dv_ind: u32, id: *mut u16) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_subsystem_id_get"));
    get_fact(dv_ind, id, null, Fact::SubsystemId, |gpu| ask(gpu, &SubsystemId))
}

/// Reads the name of the PCI subsystem: its name in pci.ids, or its id in hexadecimal if pci.ids
/// does not list it.
///
/// @param[out] name The name, ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @retval RSMI_STATUS_INVALID_ARGS `name` is a null pointer, and the device reports the value; or
///   `len` is 0.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The name is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_subsystem_name_get(
    dv_ind: u32,
    name: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_subsystem_name_get"));
    get_str(dv_ind, name, null, |gpu| or_nothing(ask(gpu, &SubsystemName)))
}

/// Reads the number of the render node of the device: 128 for /dev/dri/renderD128.
///
/// The source is the directory `drm` of the device in sysfs.
///
/// @param[out] minor The number. 0 if the device has no render node.
/// @retval RSMI_STATUS_INVALID_ARGS `minor` is a null pointer.
/// @retval RSMI_STATUS_INIT_ERROR The device has no render node.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_drm_render_minor_get(
    dv_ind: u32,
    minor: *mut u32,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_drm_render_minor_get"));
    get_fact(dv_ind, minor, null, Fact::RenderMinor, |gpu| {
        Reply::or_write(ask(gpu, &RenderMinor), 0)
    })
}

/// Reads the PCI subsystem vendor id, from sysfs `subsystem_vendor`.
///
/// @param[out] id The PCI subsystem vendor id.
/// @retval RSMI_STATUS_INVALID_ARGS `id` is a null pointer, and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_subsystem_vendor_id_get(
    dv_ind: u32,
    id: *mut u16,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_subsystem_vendor_id_get"));
    get_fact(dv_ind, id, null, Fact::SubsystemVendorId, |gpu| ask(gpu, &SubsystemVendorId))
}

/// Reads the unique id of the device.
///
/// The source is sysfs `unique_id`. It is KFD if that file does not exist. For clients built for a
/// release before ROCm 6.3, it is KFD only for a partition.
///
/// @param[out] id The unique id. UINT64_MAX if no source reports the id; for clients built for a
///   release before ROCm 6.3, the function then writes nothing.
/// @retval RSMI_STATUS_INVALID_ARGS `id` is a null pointer. Clients built for a release before ROCm
///   7 get RSMI_STATUS_NOT_SUPPORTED instead if the device does not report the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED No source reports the id.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_unique_id_get(dv_ind: u32, id: *mut u64) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_dev_unique_id_get"));
    get_fact(dv_ind, id, null, Fact::UniqueId, |gpu| {
        let unique = ask(gpu, &UniqueId);
        if client::generation() < Generation::V6_3 {
            unique.into()
        } else {
            Reply::or_write(unique, u64::MAX)
        }
    })
}

/// Reads the physical id of the device in its XGMI hive, from sysfs `xgmi_physical_id`.
///
/// @param[out] id The physical id. For clients built for ROCm 7, 0xFFFF if the function fails.
/// @retval RSMI_STATUS_INVALID_ARGS `id` is a null pointer, and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_xgmi_physical_id_get(dv_ind: u32, id: *mut u16) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_xgmi_physical_id_get"));
    get_fact(dv_ind, id, null, Fact::XgmiPhysicalId, |gpu| {
        client::or_write(ask(gpu, &XgmiPhysicalId), u16::MAX)
    })
}

/// Reads the id that KFD gave the GPU, from `gpu_id` of its node in the KFD topology.
///
/// @param[out] guid The id.
/// @retval RSMI_STATUS_INVALID_ARGS `guid` is a null pointer.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_guid_get(dv_ind: u32, guid: *mut u64) -> rsmi_status_t {
    get_fact(dv_ind, guid, Null::Invalid, Fact::Guid, |gpu| ask(gpu, &Guid))
}

/// Reads the number of the device's node in the KFD topology.
///
/// @param[out] node_id The number of the node.
/// @retval RSMI_STATUS_INVALID_ARGS `node_id` is a null pointer.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_node_id_get(dv_ind: u32, node_id: *mut u32) -> rsmi_status_t {
    get_fact(dv_ind, node_id, Null::Invalid, Fact::NodeId, |gpu| ask(gpu, &NodeId))
}

/// Reads all numbers by which the system identifies the device.
///
/// @param[out] identifiers The numbers. The function leaves `reserved` unchanged.
/// @retval RSMI_STATUS_INVALID_ARGS `identifiers` is a null pointer.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_device_identifiers_get(
    dv_ind: u32,
    identifiers: *mut rsmi_device_identifiers_t,
) -> rsmi_status_t {
    if identifiers.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    match with_gpu(dv_ind, |gpu| all_identifiers(gpu, dv_ind)) {
        Ok(numbers) => {
            // What was there stays in the reserved part.
            member!(identifiers => card_index).put(numbers.card_index);
            member!(identifiers => drm_render_minor).put(numbers.drm_render_minor);
            member!(identifiers => bdfid).put(numbers.bdfid);
            member!(identifiers => kfd_gpu_id).put(numbers.kfd_gpu_id);
            member!(identifiers => partition_id).put(numbers.partition_id);
            member!(identifiers => smi_device_id).put(numbers.smi_device_id);
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// On failure, a client also gets an empty text.
fn or_nothing(name: Result<Cow<'_, [u8]>>) -> Reply<Cow<'_, [u8]>> {
    Reply::or_write(name, Cow::Borrowed(b""))
}

/// All numbers of a device.
fn all_identifiers(gpu: &Gpu, dv_ind: u32) -> Result<rsmi_device_identifiers_t> {
    Ok(rsmi_device_identifiers_t {
        card_index: ask(gpu, &CardIndex)?,
        drm_render_minor: ask(gpu, &RenderMinor).unwrap_or(0),
        bdfid: ask(gpu, &PciId)?,
        kfd_gpu_id: ask(gpu, &Guid)?,
        partition_id: ask(gpu, &PartitionId)?,
        smi_device_id: dv_ind,
        reserved: [0; 10],
    })
}
