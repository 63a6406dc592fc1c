//! Processes that use GPUs, from KFD.

use crate::ask::ask;
use crate::entry::finish;
use crate::out::{Out, member};
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
#[export(procs: num_items)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compute_process_info_get(
    procs: *mut rsmi_process_info_t,
    num_items: *mut u32,
) -> rsmi_status_t {
    if num_items.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let found = runtime::with(|state| ask(state, &ComputeProcesses { wanted: procs.room() }));
    let found = match found {
        Ok(found) => found,
        Err(status) => return status,
    };
    for (process, item) in found.iter().zip(procs.places()) {
        member!(item => process_id).put(process.pid);
        member!(item => pasid).put(process.pasid.unwrap_or_default());
    }
    if !procs.is_null() && found.len() > procs.room() as usize {
        return rsmi_status_t::RSMI_STATUS_INSUFFICIENT_SIZE;
    }
    num_items.put(found.len() as u32);
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
    usage(pid, None, proc)
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
    usage(pid, Some(dv_ind), proc)
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
#[export(dv_indices: num_devices)]
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
        for (device, place) in devices.iter().zip(dv_indices.places()) {
            place.put(*device);
        }
        if (dv_indices.room() as usize) < devices.len() {
            return rsmi_status_t::RSMI_STATUS_INSUFFICIENT_SIZE;
        }
    }
    num_devices.put(devices.len() as u32);
    if devices.len() > there as usize {
        return rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE;
    }
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// What a process uses of one device or of all.
fn usage(pid: u32, device: Option<u32>, out: Out<rsmi_process_info_t>) -> rsmi_status_t {
    if out.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let asked = runtime::with(|state| ask(state, &ComputeProcess { pid, device }));
    let (report, result) = match asked {
        Ok(told) => told,
        Err(status) => return status,
    };
    if report.found {
        member!(out => process_id).put(pid);
    }
    if let Some(pasid) = report.pasid {
        member!(out => pasid).put(pasid);
    }
    if let Some(usage) = report.usage {
        member!(out => vram_usage).put(usage.vram);
        member!(out => sdma_usage).put(usage.sdma);
        member!(out => cu_occupancy).put(usage.cu_occupancy);
    }
    finish(result)
}
