//! Functions that are not in rocm_smi.h. rsmi_compat.h declares them.

use crate::amdsmi;
use crate::ask;
use crate::client;
use crate::entry::{Null, finish, get, get_str, put_str};
use crate::gpu::{ADDRESS_BITS, Gpu};
use crate::hip;
use crate::log;
use crate::out::{Out, Text};
use crate::runtime::{self, State};
use crate::status::Result;
use crate::types::{rsmi_status_t, rsmi_version_t};
use rsmi_generations::{Open, POLICIES, Policy, RELEASES};
use rsmi_macros::export;
use std::ffi::c_char;
use std::os::unix::ffi::OsStrExt;

/// Size of a buffer for the longest text of rsmi_compat_dev_pci_bus_id_get(), with its NUL.
pub const RSMI_COMPAT_PCI_BUS_ID_SIZE: usize = 17;

/// Returns the version of this library. rsmi_version_get() returns the version of the API.
///
/// It works without rsmi_init().
///
/// @param[out] version The version. `build` is the whole version as a text, which belongs to the
///   library and never changes.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `version` is a null pointer.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_version_get(version: *mut rsmi_version_t) -> rsmi_status_t {
    if version.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let answer = rsmi_version_t { major: MAJOR, minor: MINOR, patch: PATCH, build: FULL.as_ptr() };
    version.put(answer);
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

/// Returns the path of the libamd_smi in use, as the dynamic loader reports it.
///
/// @param[out] path The path, ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `path` is a null pointer, or `len` is 0.
/// @retval RSMI_STATUS_NOT_FOUND The library has opened no libamd_smi: no function needed one yet,
///   such as rsmi_dev_compute_partition_get(), or there is none.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The path is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_amdsmi_path_get(
    path: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let answer = || amdsmi().map(|(path, _)| path.as_os_str().as_bytes().to_vec());
    tell(path, answer)
}

/// Returns the ROCm release of the libamd_smi in use.
///
/// A release also stands for the following releases whose libamd_smi is the same.
///
/// @param[out] release The release, such as "6.1.2" or "10.1", ending with NUL. "unknown" for a
///   libamd_smi that is newer than this library or was never released: of such a libamd_smi, this
///   library only uses what is the same in all releases.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `release` is a null pointer, or `len` is 0.
/// @retval RSMI_STATUS_NOT_FOUND The library has opened no libamd_smi: no function needed one yet,
///   such as rsmi_dev_compute_partition_get(), or there is none.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The text is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_amdsmi_release_get(
    release: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let known = |release: amdsmi::Release| release.to_string().into_bytes();
    let answer = || amdsmi().map(|(_, release)| release.map_or(b"unknown".to_vec(), known));
    tell(release, answer)
}

fn amdsmi() -> Result<(&'static std::path::Path, Option<amdsmi::Release>)> {
    amdsmi::in_use().ok_or_else(|| {
        log::reason(|| "no libamd_smi was opened so far".into());
        rsmi_status_t::RSMI_STATUS_NOT_FOUND
    })
}

/// Returns the generation of the caller: the ROCm release whose struct layouts, numbers and
/// statuses the caller gets.
///
/// Each object of a process (the program, a library, a plug-in) is a caller of its own. Until
/// something proves with which release's rocm_smi.h a caller was compiled, several generations are
/// open. Then the function returns the newest of the open generations, or the most likely one, and
/// the library only writes those members of a struct that are the same in all open generations.
///
/// @param[out] generation The generation, as in RSMI_COMPAT_ABI: "5", "6.0", "6.2", "6.3", "6.4" or
///   "7.0", ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `generation` is a null pointer, or `len` is 0.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The text is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_generation_get(
    generation: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let answer = || Ok(client::generation().name().as_bytes().to_vec());
    tell(generation, answer)
}

/// Returns what shows with which rocm_smi.h the caller was compiled, as a text for people.
///
/// The words may change with each release of this library.
///
/// @param[out] evidence The text, such as "RSMI_COMPAT_ABI=6.0" or "it is linked to
///   librocm_smi64.so.5", ending with NUL. If several generations are open, the text starts with
///   their names: "6.3,6.4,7.0 are open: …".
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `evidence` is a null pointer, or `len` is 0.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The text is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_generation_evidence_get(
    evidence: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    let answer = || Ok(client::finding().text().into_bytes());
    tell(evidence, answer)
}

/// States with which release's rocm_smi.h the structs of the process's bindings were made.
///
/// It is for bindings that an interpreter runs, such as those of Python's ctypes. Their calls come
/// from a library that has nothing to do with rocm_smi, so nothing proves how long their structs
/// are. The bindings themselves state it once, when they are loaded; from then on it is a proof for
/// each call that comes from libffi, as those of ctypes do. If several bindings of a process state different
/// releases, all of these stay open. RSMI_COMPAT_ABI overrides it.
///
/// It works without rsmi_init(), and before and after it.
///
/// @param[in] generation The release, as in RSMI_COMPAT_ABI, such as "7.0". Several releases are
///   separated by commas.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `generation` is a null pointer, or is not a release.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_bindings_generation_set(
    generation: *const c_char,
) -> rsmi_status_t {
    let words = generation.bytes().and_then(|text| std::str::from_utf8(text).ok());
    let Some(open) = words.and_then(Open::parse) else {
        log::reason(|| format!("a generation is {RELEASES}"));
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    };
    client::bindings_are_of(open);
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// Chooses which source the library asks: AMD SMI or the files of the kernel.
///
/// It holds for all of the process, from the next call on, and comes before RSMI_COMPAT_SOURCE and
/// /etc/rsmi-compat.conf. A counter, or events that the process listens to, stay with their source.
///
/// It works without rsmi_init(), and before and after it.
///
/// @param[in] source "auto": for each function the source with the values and statuses of the
///   original library. "amdsmi": AMD SMI, for everything that it has, with its precision. "kernel":
///   the files of the kernel; the library opens no libamd_smi. "both": as "auto", and the library
///   also asks the other source, and logs where the two differ.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `source` is a null pointer, or is none of these words.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_source_set(source: *const c_char) -> rsmi_status_t {
    let word = source.bytes().and_then(|text| std::str::from_utf8(text).ok());
    let Some(policy) = word.and_then(Policy::parse) else {
        log::reason(|| format!("a source is {POLICIES}"));
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    };
    ask::set_policy(policy);
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// Returns which source the library asks.
///
/// @param[out] source The word, as for rsmi_compat_source_set(): "auto", "amdsmi", "kernel" or
///   "both", ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `source` is a null pointer, or `len` is 0.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The word is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_source_get(source: *mut c_char, len: usize) -> rsmi_status_t {
    tell(source, || Ok(ask::policy().name().into()))
}

/// Writes a text that belongs to no device.
fn tell(out: Text, answer: impl FnOnce() -> Result<Vec<u8>>) -> rsmi_status_t {
    if out.is_null() || out.is_empty() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    finish(answer().and_then(|text| put_str(out, &text)))
}

/// Finds the device that has a PCI address.
///
/// If the partitions of a GPU have the same address, as with some drivers, the function returns the
/// first partition. rsmi_compat_index_from_hip_device() can return each partition.
///
/// @param[in] pci_bus_id The PCI address in the form of hipDeviceGetPCIBusId(), "0000:c1:00.0".
///   Capital letters are allowed. The domain may be left out, and so may the function; both are 0
///   then.
/// @param[out] dv_ind The index of the device.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS A pointer is null, or the text is not a PCI address.
/// @retval RSMI_STATUS_NOT_FOUND No device has the address, or the library is not initialised.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_index_from_pci_bus_id(
    pci_bus_id: *const c_char,
    dv_ind: *mut u32,
) -> rsmi_status_t {
    let Some(address) = pci_bus_id.bytes().and_then(hip::parse_pci_bus_id) else {
        log::reason(|| "that is no PCI address".into());
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    };
    let here = |gpu: &Gpu| gpu.pci_id() & ADDRESS_BITS == address;
    find(dv_ind, |state| state.gpus().iter().position(here))
}

/// Finds the device that has a HIP device number, in a program that starts HIP now.
///
/// HIP numbers the devices, partitions included, in the order of their nodes in the KFD topology.
/// It leaves out devices without a render node in /dev/dri. ROCR_VISIBLE_DEVICES chooses from
/// these, and HIP_VISIBLE_DEVICES from the result, or CUDA_VISIBLE_DEVICES if HIP_VISIBLE_DEVICES
/// is not set. The rules are those of ROCm 6.1 and later. The function reads the environment at
/// each call; in a set-uid program it does not read the environment. If HIP skips a GPU because
/// this ROCm has no code for it, the function counts the GPU nevertheless.
///
/// @param[in] hip_device The HIP device number.
/// @param[out] dv_ind The index of the device.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `dv_ind` is a null pointer.
/// @retval RSMI_STATUS_NOT_FOUND HIP has no such device, or the library is not initialised.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_index_from_hip_device(
    hip_device: u32,
    dv_ind: *mut u32,
) -> rsmi_status_t {
    let wanted = |state: &State| hip::devices(state.gpus()).get(hip_device as usize).copied();
    find(dv_ind, wanted)
}

/// Finds the device that has a unique id.
///
/// Partitions may have the id of their GPU. Then the function returns the first partition.
///
/// @param[in] unique_id The value of rsmi_dev_unique_id_get() or of
///   rsmi_compat_dev_unique_id_get(). The ROCm runtimes write it as "GPU-" and 16 hexadecimal
///   digits.
/// @param[out] dv_ind The index of the device.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `dv_ind` is a null pointer.
/// @retval RSMI_STATUS_NOT_FOUND No device has the id, or the library is not initialised.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_index_from_unique_id(
    unique_id: u64,
    dv_ind: *mut u32,
) -> rsmi_status_t {
    // KFD writes 0 where it has no id.
    let has = |gpu: &Gpu| {
        let told = [gpu.kfd_unique_id(), gpu.unique_id()];
        unique_id != 0 && told.contains(&Ok(unique_id))
    };
    find(dv_ind, |state| state.gpus().iter().position(has))
}

/// Writes the index of the device that is looked for.
fn find(dv_ind: Out<u32>, look: impl FnOnce(&State) -> Option<usize>) -> rsmi_status_t {
    if dv_ind.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    match runtime::with(look) {
        Some(at) => {
            dv_ind.put(at as u32);
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        None => {
            log::reason(|| "there is no such device".into());
            rsmi_status_t::RSMI_STATUS_NOT_FOUND
        }
    }
}

/// Returns the PCI address of a device, from the KFD topology.
///
/// @param[out] pci_bus_id The address in the form of hipDeviceGetPCIBusId(), "0000:c1:00.0", ending
///   with NUL. For a partition, the driver decides whether the last digit is the number of the
///   partition or 0.
/// @param[in] len Size of the buffer in bytes. RSMI_COMPAT_PCI_BUS_ID_SIZE is always enough.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `pci_bus_id` is a null pointer, `len` is 0, or no device has
///   the index.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The address is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_dev_pci_bus_id_get(
    dv_ind: u32,
    pci_bus_id: *mut c_char,
    len: usize,
) -> rsmi_status_t {
    get_str(dv_ind, pci_bus_id, Null::Invalid, |gpu| Ok(gpu.pci_bus_id().into_bytes()).into())
}

/// Returns the HIP device number of a device, in a program that starts HIP now.
///
/// rsmi_compat_index_from_hip_device() describes how HIP numbers the devices.
///
/// @param[out] hip_device The HIP device number.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `hip_device` is a null pointer, or no device has the index.
/// @retval RSMI_STATUS_NOT_FOUND HIP does not see the device.
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
    find(hip_device, seen_at)
}

/// Returns the unique id that the ROCm runtimes use for a device, from KFD.
///
/// The id is the same for clients of every generation. A partition may have the id of its GPU.
///
/// @param[out] unique_id The id. ROCR_VISIBLE_DEVICES takes it as "GPU-" and 16 hexadecimal digits.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `unique_id` is a null pointer, or no device has the index.
/// @retval RSMI_STATUS_NOT_SUPPORTED KFD does not report an id.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compat_dev_unique_id_get(
    dv_ind: u32,
    unique_id: *mut u64,
) -> rsmi_status_t {
    get(dv_ind, unique_id, Null::Invalid, Gpu::kfd_unique_id)
}
