//! Identifiers: which devices there are, and what they are.

use crate::entry::{Null, finish, get_fact, get_str, put, put_str, with_gpu};
use crate::facts::Fact;
use crate::gpu::Gpu;
use crate::runtime;
use crate::support::Question::Function;
use crate::types::{rsmi_device_identifiers_t, rsmi_status_t};
use rsmi_macros::export;
use std::ffi::c_char;

/// The number of devices: GPUs, or partitions of GPUs. Their indices are 0 to one less.
///
/// 0 before `rsmi_init` and after the last `rsmi_shut_down`. Devices are in the order of their PCI
/// addresses, partitions of one GPU in the driver's.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_num_monitor_devices(num_devices: *mut u32) -> rsmi_status_t {
    if num_devices.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let count = runtime::with(|state| state.count());
    // SAFETY: not null, and then the client's to be written.
    unsafe { put(num_devices, count) };
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// The PCI device id, from sysfs `device`, else from KFD.
///
/// Returns RSMI_STATUS_NOT_SUPPORTED, and 0xFFFF as the id, where neither tells it.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_id_get(dv_ind: u32, id: *mut u16) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_dev_id_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, id, null, Fact::Id, Gpu::id) }
}

/// The SKU: what the board's part number in sysfs `product_number` begins with, read as a
/// hexadecimal number; "102-D67301-00" is 0x102.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device has a part number, else
/// RSMI_STATUS_NOT_SUPPORTED. Returns RSMI_STATUS_UNEXPECTED_SIZE for more than 16 bits.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_sku_get(dv_ind: u32, sku: *mut u16) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, sku, Null::Asks(Function("rsmi_dev_sku_get")), Fact::Sku, Gpu::sku) }
}

/// The PCI vendor id, 0x1002, from sysfs `vendor`, else from KFD.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_vendor_id_get(dv_ind: u32, id: *mut u16) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_dev_vendor_id_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, id, null, Fact::VendorId, Gpu::vendor_id) }
}

/// The PCI revision id, from sysfs `revision`.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device has one, else
/// RSMI_STATUS_NOT_SUPPORTED.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_revision_get(dv_ind: u32, revision: *mut u16) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_revision_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, revision, null, Fact::Revision, Gpu::revision) }
}

/// The product name of the board, from sysfs `product_name`; else the device's name in pci.ids;
/// else the device id in hexadecimal.
///
/// A name longer than `len - 1` bytes is cut, and RSMI_STATUS_INSUFFICIENT_SIZE returned.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_name_get(
    dv_ind: u32,
    name: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_dev_name_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_str(dv_ind, name, len, null, Gpu::name) }
}

/// The brand: "mi25", "mi50" or "mi60" where the vbios version stands for one, else the name as
/// `rsmi_dev_name_get` has it.
///
/// A name that does not fit is cut without RSMI_STATUS_INSUFFICIENT_SIZE, a brand with it.
/// Returns RSMI_STATUS_NOT_SUPPORTED where the device has no vbios version.
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
    if len == 0 {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    match with_gpu(dv_ind, |gpu| Ok((gpu.brand()?, gpu.name().value))) {
        // SAFETY: not null, and then good for `len` bytes.
        Ok((Some(known), _)) => finish(unsafe { put_str(brand, len as usize, known) }),
        Ok((None, name)) => {
            // What becomes of the name is not told: the original returns success in any case.
            // SAFETY: as above.
            let _ = unsafe { put_str(brand, len as usize, &name.unwrap_or_default()) };
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// The vendor's name in pci.ids, else the vendor id in hexadecimal.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_vendor_name_get(
    dv_ind: u32,
    name: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_dev_vendor_name_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_str(dv_ind, name, len, null, Gpu::vendor_name) }
}

/// The marketing name, as libdrm_amdgpu has it; the rest of `market_name` is filled with zeros.
///
/// A name longer than `len - 1` bytes is cut, and RSMI_STATUS_INSUFFICIENT_SIZE returned. Without a
/// name an empty one is written, and returned RSMI_STATUS_NOT_SUPPORTED where the device has no
/// render node, RSMI_STATUS_FAIL_LOAD_MODULE without libdrm_amdgpu, or RSMI_STATUS_DRM_ERROR where
/// the node may not be opened or libdrm has no name.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_market_name_get(
    dv_ind: u32,
    market_name: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    if market_name.is_null() || len == 0 {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let name = match with_gpu(dv_ind, |gpu| Ok(gpu.market_name())) {
        Ok(name) => name,
        Err(status) => return status,
    };
    // SAFETY: not null, and then good for `len` bytes, which are one at least.
    unsafe { market_name.write_bytes(0, if name.is_ok() { len as usize } else { 1 }) };
    // SAFETY: as above.
    finish(name.and_then(|name| unsafe { put_str(market_name, len as usize, &name) }))
}

/// The maker of the memory, from sysfs `mem_info_vram_vendor`.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device tells it, else
/// RSMI_STATUS_NOT_SUPPORTED. A name longer than `len - 1` bytes is cut, and
/// RSMI_STATUS_INSUFFICIENT_SIZE returned.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_vram_vendor_get(
    dv_ind: u32,
    brand: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_vram_vendor_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_str(dv_ind, brand, len as usize, null, Gpu::vram_vendor) }
}

/// The serial number of the board, from sysfs `serial_number`.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_serial_number_get(
    dv_ind: u32,
    serial_num: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_serial_number_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_str(dv_ind, serial_num, len as usize, null, Gpu::serial_number) }
}

/// The PCI subsystem id, from sysfs `subsystem_device`.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_subsystem_id_get(dv_ind: u32, id: *mut u16) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_subsystem_id_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, id, null, Fact::SubsystemId, Gpu::subsystem_id) }
}

/// The subsystem's name in pci.ids, else the subsystem id in hexadecimal.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_subsystem_name_get(
    dv_ind: u32,
    name: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_subsystem_name_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_str(dv_ind, name, len, null, Gpu::subsystem_name) }
}

/// The number of the device's DRM render node: 128 for /dev/dri/renderD128.
///
/// Returns RSMI_STATUS_INIT_ERROR, and 0, where the device has none.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_drm_render_minor_get(
    dv_ind: u32,
    minor: *mut u32,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_drm_render_minor_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, minor, null, Fact::RenderMinor, Gpu::drm_render_minor) }
}

/// The PCI subsystem vendor id, from sysfs `subsystem_vendor`.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_subsystem_vendor_id_get(
    dv_ind: u32,
    id: *mut u16,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_subsystem_vendor_id_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, id, null, Fact::SubsystemVendorId, Gpu::subsystem_vendor_id) }
}

/// The unique id, from sysfs `unique_id`, else from KFD.
///
/// Returns RSMI_STATUS_NOT_SUPPORTED, and all ones, where neither tells it.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_unique_id_get(dv_ind: u32, id: *mut u64) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_dev_unique_id_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, id, null, Fact::UniqueId, Gpu::unique_id) }
}

/// The device's place among those that XGMI links join, from sysfs `xgmi_physical_id`.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device has one, else
/// RSMI_STATUS_NOT_SUPPORTED. On failure 0xFFFF is written.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_xgmi_physical_id_get(dv_ind: u32, id: *mut u16) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_xgmi_physical_id_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, id, null, Fact::XgmiPhysicalId, Gpu::xgmi_physical_id) }
}

/// KFD's id of the GPU, from `gpu_id` of its topology node.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_guid_get(dv_ind: u32, guid: *mut u64) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, guid, Null::Invalid, Fact::Guid, |gpu| Ok(gpu.guid())) }
}

/// The number of the GPU's node in KFD's topology.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_node_id_get(dv_ind: u32, node_id: *mut u32) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, node_id, Null::Invalid, Fact::NodeId, |gpu| Ok(gpu.node_id())) }
}

/// All numbers under which the system knows the device. `reserved` is not written.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_device_identifiers_get(
    dv_ind: u32,
    identifiers: *mut rsmi_device_identifiers_t,
) -> rsmi_status_t {
    if identifiers.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    match with_gpu(dv_ind, |gpu| Ok(gpu.identifiers(dv_ind))) {
        Ok(numbers) => {
            // SAFETY: not null, and then the client's; what was there stays in the reserved part.
            let reserved = unsafe { (&raw const (*identifiers).reserved).read_unaligned() };
            // SAFETY: as above.
            unsafe { put(identifiers, rsmi_device_identifiers_t { reserved, ..numbers }) };
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}
