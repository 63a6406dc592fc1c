//! The processes that compute on a GPU.

use super::utilization::now;
use crate::entry::{Out, put_list, versioned, with_gpu};
use crate::handle::Device;
use crate::house::{Process, Put};
use crate::status::{Result, Status, read};
use crate::types::{
    NOT_AVAILABLE, nvmlProcessDetail_v1_t, nvmlProcessDetailList_v1_t, nvmlProcessInfo_v1_t,
    nvmlProcessInfo_v2_t, nvmlProcessUtilizationSample_t,
};
use rsmi_macros::guard;

fn short(process: Process) -> nvmlProcessInfo_v1_t {
    nvmlProcessInfo_v1_t { pid: process.pid, used_gpu_memory: process.memory }
}

fn long(process: Process) -> nvmlProcessInfo_v2_t {
    nvmlProcessInfo_v2_t {
        pid: process.pid,
        used_gpu_memory: process.memory,
        gpu_instance_id: NOT_AVAILABLE,
        compute_instance_id: NOT_AVAILABLE,
    }
}

fn detail(process: Process) -> nvmlProcessDetail_v1_t {
    nvmlProcessDetail_v1_t {
        pid: process.pid,
        used_gpu_memory: process.memory,
        gpu_instance_id: NOT_AVAILABLE,
        compute_instance_id: NOT_AVAILABLE,
        used_gpu_cc_protected_memory: 0,
    }
}

fn compute<T: Put>(
    device: Device,
    (count, infos): (Out<u32>, Out<T>),
    entry: impl Fn(Process) -> T,
) -> Status {
    with_gpu(device, |gpu| {
        count.given()?;
        let processes = read(gpu.processes())?;
        put_list(count, infos, processes.into_iter().map(entry).collect())
    })
}

/// KFD lists what computes; nobody lists who draws, or shares a GPU through a service.
fn none(device: Device, count: Out<u32>) -> Status {
    with_gpu(device, |_| {
        count.given()?.put(0);
        Ok(())
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetComputeRunningProcesses(
    device: Device,
    count: Out<u32>,
    infos: Out<nvmlProcessInfo_v1_t>,
) -> Status {
    compute(device, (count, infos), short)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetComputeRunningProcesses_v2(
    device: Device,
    count: Out<u32>,
    infos: Out<nvmlProcessInfo_v2_t>,
) -> Status {
    compute(device, (count, infos), long)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetComputeRunningProcesses_v3(
    device: Device,
    count: Out<u32>,
    infos: Out<nvmlProcessInfo_v2_t>,
) -> Status {
    compute(device, (count, infos), long)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetGraphicsRunningProcesses(
    device: Device,
    count: Out<u32>,
    infos: Out<nvmlProcessInfo_v1_t>,
) -> Status {
    let _ = infos;
    none(device, count)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetGraphicsRunningProcesses_v2(
    device: Device,
    count: Out<u32>,
    infos: Out<nvmlProcessInfo_v2_t>,
) -> Status {
    let _ = infos;
    none(device, count)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetGraphicsRunningProcesses_v3(
    device: Device,
    count: Out<u32>,
    infos: Out<nvmlProcessInfo_v2_t>,
) -> Status {
    let _ = infos;
    none(device, count)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMPSComputeRunningProcesses(
    device: Device,
    count: Out<u32>,
    infos: Out<nvmlProcessInfo_v1_t>,
) -> Status {
    let _ = infos;
    none(device, count)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMPSComputeRunningProcesses_v2(
    device: Device,
    count: Out<u32>,
    infos: Out<nvmlProcessInfo_v2_t>,
) -> Status {
    let _ = infos;
    none(device, count)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMPSComputeRunningProcesses_v3(
    device: Device,
    count: Out<u32>,
    infos: Out<nvmlProcessInfo_v2_t>,
) -> Status {
    let _ = infos;
    none(device, count)
}

/// The list is asked for in a struct, by the way of using the GPU: to compute, to draw, by a service.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetRunningProcessDetailList(
    device: Device,
    list: Out<nvmlProcessDetailList_v1_t>,
) -> Status {
    const COMPUTE: u32 = 0;
    const ALL: u32 = 3;
    with_gpu(device, |gpu| {
        versioned(list, 1)?;
        let asked = list.read()?;
        let processes = match asked.mode {
            COMPUTE | ALL => read(gpu.processes())?,
            0..ALL => Vec::new(),
            _ => return Err(Status::INVALID_ARGUMENT),
        };
        let details: Vec<_> = processes.into_iter().map(detail).collect();
        put_details(list, asked, details)
    })
}

fn put_details(
    list: Out<nvmlProcessDetailList_v1_t>,
    asked: nvmlProcessDetailList_v1_t,
    details: Vec<nvmlProcessDetail_v1_t>,
) -> Result {
    let room = asked.count as usize;
    list.put(nvmlProcessDetailList_v1_t { count: details.len() as u32, ..asked });
    if details.len() > room {
        return Err(Status::INSUFFICIENT_SIZE);
    }
    let entries = Out::of_client(asked.list);
    if !details.is_empty() {
        entries.given()?;
    }
    for (at, entry) in details.into_iter().enumerate() {
        entries.nth(at).put(entry);
    }
    Ok(())
}

/// Of now, as percent of the GPU's compute units; what nobody counts is 0.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetProcessUtilization(
    device: Device,
    samples: Out<nvmlProcessUtilizationSample_t>,
    count: Out<u32>,
    last_seen: u64,
) -> Status {
    with_gpu(device, |gpu| {
        count.given()?;
        let now = now();
        let processes = read(gpu.processes())?.into_iter();
        let counted = processes.filter_map(|process| {
            let sm_util = process.busy?;
            Some(nvmlProcessUtilizationSample_t {
                pid: process.pid,
                time_stamp: now,
                sm_util,
                mem_util: 0,
                enc_util: 0,
                dec_util: 0,
            })
        });
        let counted: Vec<_> = counted.collect();
        if counted.is_empty() || last_seen >= now {
            return Err(Status::NOT_FOUND);
        }
        put_list(count, samples, counted)
    })
}
