//! What this library offers beyond rocm_smi.h, and rsmi_compat.h declares.

use crate::amdsmi;
use crate::client;
use crate::entry::{Null, finish, get, get_str, put, put_str, text};
use crate::gpu::{ADDRESS_BITS, Gpu};
use crate::hip;
use crate::log;
use crate::runtime::{self, State};
use crate::status::Result;
use crate::types::{rsmi_status_t, rsmi_version_t};
use rsmi_macros::export;
use std::ffi::c_char;
use std::os::unix::ffi::OsStrExt;

/// Room for the longest text of rsmi_compat_dev_pci_bus_id_get(), its NUL included.
pub const RSMI_COMPAT_PCI_BUS_ID_SIZE: usize = 17;

/// The version of this library; rsmi_version_get() tells that of the API. `build` is the whole
/// version as a text, which is static.
///
/// Works without rsmi_init(). Returns RSMI_STATUS_INVALID_ARGS for a null pointer.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_version_get(version: *mut rsmi_version_t) -> rsmi_status_t {
    if version.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let answer = rsmi_version_t { major: MAJOR, minor: MINOR, patch: PATCH, build: FULL.as_ptr() };
    // SAFETY: not null, and then the client's to be written.
    unsafe { put(version, answer) };
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

const MAJOR: u32 = number(env!("CARGO_PKG_VERSION_MAJOR"));
const MINOR: u32 = number(env!("CARGO_PKG_VERSION_MINOR"));
const PATCH: u32 = number(env!("CARGO_PKG_VERSION_PATCH"));
const FULL: &std::ffi::CStr = match std::ffi::CStr::from_bytes_with_nul(
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes(),
) {
    Ok(text) => text,
    Err(_) => panic!("a version has no NUL"),
};

/// A number of the version, which cargo gives as a text.
const fn number(text: &str) -> u32 {
    match u32::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => panic!("a version is made of numbers"),
    }
}

/// The path of the libamd_smi that answers, as the dynamic loader has it.
///
/// Returns RSMI_STATUS_NOT_FOUND while none was opened: before the first question that needs one,
/// such as rsmi_dev_compute_partition_get(), or where there is none. A path longer than `len - 1` bytes is cut, and
/// RSMI_STATUS_INSUFFICIENT_SIZE returned; RSMI_STATUS_INVALID_ARGS for a null pointer or no room.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_amdsmi_path_get(
    path: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let answer = || amdsmi().map(|(path, _)| path.as_os_str().as_bytes().to_vec());
    // SAFETY: the C contract of this module.
    unsafe { tell(path, len, answer) }
}

/// The ROCm release that the libamd_smi in use is of, "6.1.2" or "10.1"; "unknown" for one that is
/// newer than this library, or none that was released: of those only what never changed is asked.
///
/// A number stands for the following releases too whose libamd_smi is the same. Returns what
/// rsmi_compat_amdsmi_path_get() does.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_amdsmi_release_get(
    release: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let known = |release: amdsmi::Release| release.to_string().into_bytes();
    let answer = || amdsmi().map(|(_, release)| release.map_or(b"unknown".to_vec(), known));
    // SAFETY: the C contract of this module.
    unsafe { tell(release, len, answer) }
}

fn amdsmi() -> Result<(&'static std::path::Path, Option<amdsmi::Release>)> {
    amdsmi::in_use().ok_or_else(|| {
        log::reason(|| "no libamd_smi was opened so far".into());
        rsmi_status_t::RSMI_STATUS_NOT_FOUND
    })
}

/// The ROCm release whose struct layouts, numbers and statuses the caller gets, as RSMI_COMPAT_ABI
/// names it: "5", "6.0", "6.2", "6.3", "6.4" or "7.0".
///
/// Each object of a process (the program, a library, a plug-in) is a caller of its own. While
/// nothing proves which release's rocm_smi.h a caller was compiled with, several are open: this
/// function returns the newest, or the likely one, and structs are filled only as far as those of
/// all open releases agree. A text longer than `len - 1` bytes is cut, and
/// RSMI_STATUS_INSUFFICIENT_SIZE returned; RSMI_STATUS_INVALID_ARGS for a null pointer or no room.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_generation_get(
    generation: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let answer = || Ok(client::generation().name().as_bytes().to_vec());
    // SAFETY: the C contract of this module.
    unsafe { tell(generation, len, answer) }
}

/// What shows which rocm_smi.h the caller was compiled with: "RSMI_COMPAT_ABI=6.0", "it is linked to
/// librocm_smi64.so.5". Where several releases are open the text begins with them:
/// "6.3,6.4,7.0 are open: …". For people; the words may change.
///
/// Returns what rsmi_compat_generation_get() does.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_generation_evidence_get(
    evidence: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let answer = || Ok(client::finding().text().into_bytes());
    // SAFETY: the C contract of this module.
    unsafe { tell(evidence, len, answer) }
}

/// Writes a text that belongs to no device.
///
/// # Safety
/// `out` is null or good for writing `len` bytes.
unsafe fn tell(
    out: *mut c_char,
    len: usize,
    answer: impl FnOnce() -> Result<Vec<u8>>,
) -> rsmi_status_t {
    if out.is_null() || len == 0 {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    // SAFETY: not null, and then good for `len` bytes, which are one at least.
    finish(answer().and_then(|text| unsafe { put_str(out, len, &text) }))
}

/// The index of the device at a PCI address, as hipDeviceGetPCIBusId() writes it: "0000:c1:00.0".
/// Capital letters will do; the domain is 0 if it is left out, and so is the function.
///
/// Where partitions of a GPU share one address, as some drivers have it, the first of them is
/// found; rsmi_compat_index_from_hip_device() tells them apart. Returns RSMI_STATUS_NOT_FOUND where
/// no device has the address, and before rsmi_init(); RSMI_STATUS_INVALID_ARGS for a null pointer
/// and for a text that is no address.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_index_from_pci_bus_id(
    pci_bus_id: *const c_char,
    dv_ind: *mut u32,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    let Some(address) = unsafe { text(pci_bus_id) }.and_then(hip::parse_pci_bus_id) else {
        log::reason(|| "that is no PCI address".into());
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    };
    let here = |gpu: &Gpu| gpu.pci_id() & ADDRESS_BITS == address;
    // SAFETY: the C contract of this module.
    unsafe { find(dv_ind, |state| state.gpus().iter().position(here)) }
}

/// The index of the device that HIP calls `hip_device`, in a program that starts HIP now.
///
/// HIP numbers the devices by their nodes in KFD's topology, partitions included, without those
/// that have no render node in /dev/dri; then ROCR_VISIBLE_DEVICES picks from them, and then
/// HIP_VISIBLE_DEVICES, or CUDA_VISIBLE_DEVICES where that is not set, by the rules of ROCm 6.1 and
/// later. The environment is read at each call; a set-uid program has none. A GPU for which this
/// ROCm has no code, and which HIP skips for that reason, is counted.
///
/// Returns RSMI_STATUS_NOT_FOUND where HIP has no such device, and before rsmi_init();
/// RSMI_STATUS_INVALID_ARGS for a null pointer.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_index_from_hip_device(
    hip_device: u32,
    dv_ind: *mut u32,
) -> rsmi_status_t {
    let wanted = |state: &State| hip::devices(state.gpus()).get(hip_device as usize).copied();
    // SAFETY: the C contract of this module.
    unsafe { find(dv_ind, wanted) }
}

/// The index of the device with a unique id: the one that rsmi_dev_unique_id_get() or
/// rsmi_compat_dev_unique_id_get() tells, "GPU-" and 16 hexadecimal digits to ROCm's runtimes.
///
/// Partitions may have the id of their GPU in common; then the first of them is found. Returns
/// RSMI_STATUS_NOT_FOUND where no device has the id, and before rsmi_init();
/// RSMI_STATUS_INVALID_ARGS for a null pointer.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_index_from_unique_id(
    unique_id: u64,
    dv_ind: *mut u32,
) -> rsmi_status_t {
    // KFD writes 0 where it has no id.
    let has = |gpu: &Gpu| {
        let told = [gpu.kfd_unique_id(), gpu.unique_id().result()];
        unique_id != 0 && told.contains(&Ok(unique_id))
    };
    // SAFETY: the C contract of this module.
    unsafe { find(dv_ind, |state| state.gpus().iter().position(has)) }
}

/// Writes the index of the device that is looked for.
///
/// # Safety
/// `dv_ind` is null or good for writing.
unsafe fn find(dv_ind: *mut u32, look: impl FnOnce(&State) -> Option<usize>) -> rsmi_status_t {
    if dv_ind.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    match runtime::with(look) {
        Some(at) => {
            // SAFETY: not null, and then the client's to be written.
            unsafe { put(dv_ind, at as u32) };
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        None => {
            log::reason(|| "there is no such device".into());
            rsmi_status_t::RSMI_STATUS_NOT_FOUND
        }
    }
}

/// The PCI address of a device as hipDeviceGetPCIBusId() writes it, "0000:c1:00.0", out of KFD's
/// topology; RSMI_COMPAT_PCI_BUS_ID_SIZE bytes are enough for any. The function's number of a
/// partition is the driver's choice: that of the partition, or 0.
///
/// A text longer than `len - 1` bytes is cut, and RSMI_STATUS_INSUFFICIENT_SIZE returned;
/// RSMI_STATUS_INVALID_ARGS for a null pointer, no room, or an index that no device has.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_dev_pci_bus_id_get(
    dv_ind: u32,
    pci_bus_id: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let read = |gpu: &Gpu| Ok(gpu.pci_bus_id().into_bytes());
    // SAFETY: the C contract of this module.
    unsafe { get_str::<Result<Vec<u8>>>(dv_ind, pci_bus_id, len, Null::Invalid, read) }
}

/// The number that HIP gives a device, in a program that starts HIP now; see
/// rsmi_compat_index_from_hip_device().
///
/// Returns RSMI_STATUS_NOT_FOUND where HIP does not see the device; RSMI_STATUS_INVALID_ARGS for a
/// null pointer, or an index that no device has.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_dev_hip_device_get(
    dv_ind: u32,
    hip_device: *mut u32,
) -> rsmi_status_t {
    if let Err(status) = runtime::with(|state| state.gpu(dv_ind).map(drop)) {
        return status;
    }
    let seen_at =
        |state: &State| hip::devices(state.gpus()).into_iter().position(|at| at == dv_ind as usize);
    // SAFETY: the C contract of this module.
    unsafe { find(hip_device, seen_at) }
}

/// The unique id by which ROCm's runtimes know a device, from KFD: the number in "GPU-" and 16
/// hexadecimal digits, which ROCR_VISIBLE_DEVICES takes. It is the same for programs of every
/// generation, and of a partition it may be that of its GPU.
///
/// Returns RSMI_STATUS_NOT_SUPPORTED where KFD has none; RSMI_STATUS_INVALID_ARGS for a null
/// pointer, or an index that no device has.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_dev_unique_id_get(
    dv_ind: u32,
    unique_id: *mut u64,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, unique_id, Null::Invalid, Gpu::kfd_unique_id) }
}
