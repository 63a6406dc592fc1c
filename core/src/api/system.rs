//! Processes that use GPUs, from KFD.

use crate::ask::ask;
use crate::entry::{finish, put};
use crate::question::{ComputeProcess, ComputeProcessGpus, ComputeProcesses};
use crate::runtime;
use crate::types::{rsmi_process_info_t, rsmi_status_t};
use rsmi_macros::export;

/// Lists the processes that use GPUs, from KFD in sysfs `class/kfd/kfd/proc`.
///
/// @param[out] procs The processes, or a null pointer. The function writes `process_id` and
///   `pasid`, and leaves the other members unchanged.
/// @param[in,out] num_items In: how many elements `procs` has. Out: the number of processes.
/// @return RSMI_STATUS_SUCCESS, a common status, or:
/// @retval RSMI_STATUS_INVALID_ARGS `num_items` is a null pointer.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE There are more processes than `procs` has elements. The
///   function writes the first ones, and leaves `num_items` unchanged.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compute_process_info_get(
    procs: *mut rsmi_process_info_t,
    num_items: *mut u32,
) -> rsmi_status_t {
    if num_items.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    // SAFETY: the C contract of this module, and not null.
    let room = if procs.is_null() { 0 } else { unsafe { num_items.read_unaligned() } };
    let found = runtime::with(|state| ask(state, &ComputeProcesses { wanted: room }));
    let found = match found {
        Ok(found) => found,
        Err(status) => return status,
    };
    for (at, process) in found.iter().take(room as usize).enumerate() {
        // SAFETY: the C contract of this module: `procs` takes `num_items`, and `at` is below that.
        unsafe {
            let item = procs.add(at);
            put(&raw mut (*item).process_id, process.pid);
            put(&raw mut (*item).pasid, process.pasid.unwrap_or_default());
        }
    }
    if !procs.is_null() && found.len() > room as usize {
        return rsmi_status_t::RSMI_STATUS_INSUFFICIENT_SIZE;
    }
    // SAFETY: the C contract of this module, and not null.
    unsafe { put(num_items, found.len() as u32) };
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// Reads what a process uses of all GPUs together, from KFD in sysfs `class/kfd/kfd/proc`.
///
/// @param[in] pid The process id.
/// @param[out] proc The use of VRAM in bytes, of the SDMA engines in microseconds, and of the
///   compute units in percent. If the function fails, it may have written some members.
/// @return RSMI_STATUS_SUCCESS, a common status, or:
/// @retval RSMI_STATUS_INVALID_ARGS `proc` is a null pointer.
/// @retval RSMI_STATUS_NOT_FOUND KFD does not list the process.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compute_process_info_by_pid_get(
    pid: u32,
    proc: *mut rsmi_process_info_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { usage(pid, None, proc) }
}

/// Reads what a process uses of one device, from KFD in sysfs `class/kfd/kfd/proc`.
///
/// @param[in] pid The process id.
/// @param[in] dv_ind The index of the device, from 0.
/// @param[out] proc The use of VRAM in bytes, of the SDMA engines in microseconds, and of the
///   compute units in percent. If the function fails, it may have written some members.
/// @return RSMI_STATUS_SUCCESS, a common status, or:
/// @retval RSMI_STATUS_INVALID_ARGS `proc` is a null pointer.
/// @retval RSMI_STATUS_NOT_FOUND KFD does not list the process.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compute_process_info_by_device_get(
    pid: u32,
    dv_ind: u32,
    proc: *mut rsmi_process_info_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { usage(pid, Some(dv_ind), proc) }
}

/// Lists the devices on which a process has queues, from KFD in sysfs `class/kfd/kfd/proc`.
///
/// @param[in] pid The process id.
/// @param[out] dv_indices The indices of the devices, or a null pointer.
/// @param[in,out] num_devices In: how many elements `dv_indices` has. Out: the number of devices.
/// @return RSMI_STATUS_SUCCESS, a common status, or:
/// @retval RSMI_STATUS_INVALID_ARGS `num_devices` is a null pointer.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE There are more devices than `dv_indices` has elements. The
///   function writes the first ones, and leaves `num_devices` unchanged.
/// @retval RSMI_STATUS_NOT_FOUND KFD does not list the process.
/// @retval RSMI_STATUS_UNEXPECTED_SIZE The process has queues on more devices than there are.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compute_process_gpus_get(
    pid: u32,
    dv_indices: *mut u32,
    num_devices: *mut u32,
) -> rsmi_status_t {
    if num_devices.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let devices =
        runtime::with(|state| Ok((ask(state, &ComputeProcessGpus { pid })?, state.count())));
    let (devices, there) = match devices {
        Ok(devices) => devices,
        Err(status) => return status,
    };
    if !dv_indices.is_null() {
        // SAFETY: the C contract of this module, and not null.
        let room = unsafe { num_devices.read_unaligned() } as usize;
        for (at, device) in devices.iter().take(room).enumerate() {
            // SAFETY: the C contract of this module: `at` is below what `dv_indices` takes.
            unsafe { put(dv_indices.add(at), *device) };
        }
        if room < devices.len() {
            return rsmi_status_t::RSMI_STATUS_INSUFFICIENT_SIZE;
        }
    }
    // SAFETY: the C contract of this module, and not null.
    unsafe { put(num_devices, devices.len() as u32) };
    if devices.len() > there as usize {
        return rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE;
    }
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// What a process uses of one device or of all.
///
/// # Safety
/// `out` is null or good for writing the struct.
unsafe fn usage(pid: u32, device: Option<u32>, out: *mut rsmi_process_info_t) -> rsmi_status_t {
    if out.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let asked = runtime::with(|state| ask(state, &ComputeProcess { pid, device }));
    let (report, result) = match asked {
        Ok(told) => told,
        Err(status) => return status,
    };
    // SAFETY: as this function demands, and not null.
    unsafe {
        if report.found {
            put(&raw mut (*out).process_id, pid);
        }
        if let Some(pasid) = report.pasid {
            put(&raw mut (*out).pasid, pasid);
        }
        if let Some(usage) = report.usage {
            put(&raw mut (*out).vram_usage, usage.vram);
            put(&raw mut (*out).sdma_usage, usage.sdma);
            put(&raw mut (*out).cu_occupancy, usage.cu_occupancy);
        }
    }
    finish(result)
}
