//! The processes that compute on the GPUs, as KFD lists them.
//!
//! libamd_smi has lost the id of the address space and counts compute units in another unit.

use crate::client;
use crate::entry::{finish, put};
use crate::kernel::processes::{Processes, Report};
use crate::runtime;
use crate::types::{rsmi_process_info_t, rsmi_status_t};
use rsmi_macros::export;

/// The processes and their address spaces; the other members are left alone.
///
/// `num_items` says how many `procs` takes, and becomes the number of processes; a null `procs` asks
/// for that alone. Returns RSMI_STATUS_INSUFFICIENT_SIZE where there are more, after those that fit.
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
    let found = runtime::with(|state| Processes::below(&state.sysfs()).list(room as usize));
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

/// What a process uses of all GPUs together: bytes, microseconds of the copy engines, percent of the
/// compute units.
///
/// Returns RSMI_STATUS_NOT_FOUND where KFD has no such process.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_compute_process_info_by_pid_get(
    pid: u32,
    proc: *mut rsmi_process_info_t,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { usage(pid, None, proc) }
}

/// What a process uses of one GPU; as `rsmi_compute_process_info_by_pid_get`.
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

/// The devices on which a process has queues.
///
/// `num_devices` says how many `dv_indices` takes, and becomes the number of devices; a null
/// `dv_indices` asks for that alone. Returns RSMI_STATUS_INSUFFICIENT_SIZE where there are more,
/// after those that fit, RSMI_STATUS_NOT_FOUND where KFD has no such process,
/// RSMI_STATUS_UNEXPECTED_SIZE after rsmi_shut_down, when there is no device left to have queues on.
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
    let devices = runtime::with(|state| {
        let ids = Processes::below(&state.sysfs()).gpus(pid)?;
        let devices: Vec<u32> = ids.into_iter().filter_map(|id| state.index_of(id)).collect();
        Ok((devices, state.count()))
    });
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
    let generation = client::generation();
    let (report, result) = runtime::with(|state| {
        let places = match device {
            Some(device) => state.place(device).map(|place| vec![place]),
            None => Ok(state.places()),
        };
        match places {
            Ok(places) => Processes::below(&state.sysfs()).report(pid, &places, generation),
            Err(status) => (Report::default(), Err(status)),
        }
    });
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
