//! Compute partitions and memory partitions.

use crate::ask::ask;
use crate::entry::{Null, get_fact, get_str, set, set_if};
use crate::facts::Fact;
use crate::gpu::Gpu;
use crate::question::{
    ComputePartition, MemoryPartition, MemoryPartitionCapabilities, PartitionId,
    SetComputePartition, SetMemoryPartition,
};
use crate::runtime;
use crate::status::Result;
use crate::types::{rsmi_compute_partition_type_t, rsmi_memory_partition_type_t, rsmi_status_t};
use rsmi_macros::export;
use std::ffi::c_char;

/// Reads the compute partition mode of the GPU.
///
/// The source is AMD SMI. It is sysfs `current_compute_partition` if AMD SMI cannot report the mode
/// of this device.
///
/// @param[out] compute_partition The mode, "SPX" to "CPX", ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @retval RSMI_STATUS_INVALID_ARGS `compute_partition` is a null pointer, or `len` is 0.
/// @retval RSMI_STATUS_NOT_SUPPORTED The GPU has no compute partitions.
/// @retval RSMI_STATUS_INTERNAL_EXCEPTION The library does not know the mode.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The name is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_compute_partition_get(
    dv_ind: u32,
    compute_partition: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    get_str(dv_ind, compute_partition, Null::Invalid, |gpu| ask(gpu, &ComputePartition).into())
}

/// Returns the number of the partition that the device is.
///
/// The source is the PCI address of the device in KFD; see rsmi_dev_pci_id_get().
///
/// @param[out] partition_id The number of the partition in its GPU. 0 if the device is a whole GPU.
/// @retval RSMI_STATUS_INVALID_ARGS `partition_id` is a null pointer.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_partition_id_get(
    dv_ind: u32,
    partition_id: *mut u32,
) -> rsmi_status_t {
    let read = |gpu: &Gpu| ask(gpu, &PartitionId);
    get_fact(dv_ind, partition_id, Null::Invalid, Fact::PartitionId, read)
}

/// Reads the memory partition mode of the GPU.
///
/// The source is AMD SMI. It is sysfs `current_memory_partition` if AMD SMI cannot report the mode
/// of this device.
///
/// @param[out] memory_partition The mode, "NPS1" to "NPS8", ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @retval RSMI_STATUS_INVALID_ARGS `memory_partition` is a null pointer, or `len` is 0.
/// @retval RSMI_STATUS_NOT_SUPPORTED The GPU has no memory partitions.
/// @retval RSMI_STATUS_INTERNAL_EXCEPTION The library does not know the mode.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The name is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_partition_get(
    dv_ind: u32,
    memory_partition: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    get_str(dv_ind, memory_partition, Null::Invalid, |gpu| ask(gpu, &MemoryPartition).into())
}

/// Reads which memory partition modes the GPU has, from sysfs `available_memory_partition`.
///
/// @param[out] memory_partition_caps The modes, such as "NPS1, NPS4", ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @retval RSMI_STATUS_INVALID_ARGS `memory_partition_caps` is a null pointer, or `len` is 0.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The text is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_partition_capabilities_get(
    dv_ind: u32,
    memory_partition_caps: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    get_str(dv_ind, memory_partition_caps, Null::Invalid, |gpu| {
        ask(gpu, &MemoryPartitionCapabilities).into()
    })
}

/// Sets the compute partition mode of the GPU, in sysfs `current_compute_partition`.
///
/// Afterwards the devices of the process are no longer those of the machine. Call rsmi_shut_down()
/// and rsmi_init() to find the new ones.
///
/// @param[in] compute_partition The mode. The numbers are those of the client's header; ROCm 6.2
///   changed some numbers.
/// @return RSMI_STATUS_SUCCESS, also if the GPU is in this mode already; a common status, or:
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library,
///   or does not run as root now.
/// @retval RSMI_STATUS_INVALID_ARGS `compute_partition` is not a mode that can be set. Clients
///   built for a release before ROCm 6.2 get RSMI_STATUS_INTERNAL_EXCEPTION instead.
/// @retval RSMI_STATUS_NOT_SUPPORTED The GPU has no compute partitions, or it is unknown whether
///   the header of the client is older than ROCm 6.2.
/// @retval RSMI_STATUS_SETTING_UNAVAILABLE sysfs `available_compute_partition` does not list the
///   mode.
/// @retval RSMI_STATUS_BUSY A program is using the GPU.
/// cbindgen:postfix=RSMI_COMPAT_CALL(rsmi_dev_compute_partition_set)
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_compute_partition_set(
    dv_ind: u32,
    compute_partition: rsmi_compute_partition_type_t,
) -> rsmi_status_t {
    set_if(dv_ind, still_root, |gpu| ask(gpu, &SetComputePartition::by_number(compute_partition)?))
}

/// Sets the compute partition mode that the GPU had when the library was initialised.
///
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library,
///   or does not run as root now.
/// @retval RSMI_STATUS_NOT_SUPPORTED The GPU had no compute partition mode, or one that the library
///   does not know.
/// @retval RSMI_STATUS_SETTING_UNAVAILABLE sysfs `available_compute_partition` does not list the
///   mode.
/// @retval RSMI_STATUS_BUSY A program is using the GPU.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_compute_partition_reset(dv_ind: u32) -> rsmi_status_t {
    set(dv_ind, |gpu| still_root().and_then(|()| gpu.reset_compute_partition()))
}

/// Sets the memory partition mode that the GPU gets when the driver is loaded the next time.
///
/// The function writes to sysfs `current_memory_partition` and does not reload the driver. End all
/// programs that use the GPU, then run `modprobe -r amdgpu` and `modprobe amdgpu`. The original
/// library stopped the display manager and reloaded the driver itself, while other programs were
/// using GPUs.
///
/// @param[in] memory_partition The mode.
/// @return RSMI_STATUS_SUCCESS if the GPU is in this mode already, a common status, or:
/// @retval RSMI_STATUS_AMDGPU_RESTART_ERR The driver has accepted the mode and is not reloaded yet.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_INVALID_ARGS `memory_partition` is not a mode that can be set, or the driver
///   refuses it.
/// @retval RSMI_STATUS_NOT_SUPPORTED The GPU has no memory partitions. Clients built for a release
///   before ROCm 6.3 also get this status unless the device is an MI300X or one of its kind.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_partition_set(
    dv_ind: u32,
    memory_partition: rsmi_memory_partition_type_t,
) -> rsmi_status_t {
    set(dv_ind, |gpu| ask(gpu, &SetMemoryPartition { mode: memory_partition }))
}

/// Sets the memory partition mode that the GPU had when the library was initialised.
///
/// The mode applies when the driver is loaded the next time; see rsmi_dev_memory_partition_set().
///
/// @return RSMI_STATUS_SUCCESS if the GPU is in this mode already, a common status, or:
/// @retval RSMI_STATUS_AMDGPU_RESTART_ERR The driver has accepted the mode and is not reloaded yet.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_INVALID_ARGS The driver refuses the mode.
/// @retval RSMI_STATUS_NOT_SUPPORTED The GPU had no memory partition mode, or one that the library
///   does not know. Clients built for a release before ROCm 6.3 also get this status unless the
///   device is an MI300X or one of its kind.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_memory_partition_reset(dv_ind: u32) -> rsmi_status_t {
    set(dv_ind, Gpu::reset_memory_partition)
}

/// The driver asks no questions of a set-uid program; the legacy library did.
fn still_root() -> Result {
    if runtime::is_root_now() { Ok(()) } else { Err(rsmi_status_t::RSMI_STATUS_PERMISSION) }
}
