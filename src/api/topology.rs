//! How devices are linked.

use crate::client;
use crate::entry::{Null, finish, get_fact, put, with_gpu};
use crate::facts::Fact;
use crate::gpu::Gpu;
use crate::runtime;
use crate::types::{CPU_NODE_INDEX, RSMI_IO_LINK_TYPE, rsmi_status_t};
use rsmi_generations::Generation;
use rsmi_macros::export;

/// The KFD node of the CPU that the device is nearest to.
///
/// Returns RSMI_STATUS_NOT_SUPPORTED where it is linked to none.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_topo_get_numa_node_number(
    dv_ind: u32,
    numa_node: *mut u32,
) -> rsmi_status_t {
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, numa_node, Null::Invalid, Fact::NumaNode, Gpu::numa_node_number) }
}

/// The weight of the way between two devices, as KFD's topology has it: that of the XGMI link, or
/// the sum over the CPU nodes.
///
/// Returns RSMI_STATUS_NOT_SUPPORTED where there is neither an XGMI link nor PCIe.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_topo_get_link_weight(
    dv_ind_src: u32,
    dv_ind_dst: u32,
    weight: *mut u64,
) -> rsmi_status_t {
    if weight.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let answer =
        runtime::with(|state| state.link_weight(state.gpu(dv_ind_src)?, state.gpu(dv_ind_dst)?));
    match answer {
        Ok(answer) => {
            // SAFETY: not null, and then the client's to be written.
            unsafe { put(weight, answer) };
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// The lowest and the highest bandwidth between two devices that one XGMI link joins, in MB/s, as
/// KFD's topology has them.
///
/// Returns RSMI_STATUS_INVALID_ARGS for one and the same device, RSMI_STATUS_NOT_SUPPORTED where
/// there is no such link.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_minmax_bandwidth_get(
    dv_ind_src: u32,
    dv_ind_dst: u32,
    min_bandwidth: *mut u64,
    max_bandwidth: *mut u64,
) -> rsmi_status_t {
    if min_bandwidth.is_null() || max_bandwidth.is_null() || dv_ind_src == dv_ind_dst {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let answer = runtime::with(|state| state.gpu(dv_ind_src)?.bandwidth_to(state.gpu(dv_ind_dst)?));
    match answer {
        Ok((lowest, highest)) => {
            // SAFETY: not null, and then the client's to be written.
            unsafe { put(min_bandwidth, lowest) };
            // SAFETY: as above.
            unsafe { put(max_bandwidth, highest) };
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// The hops and the kind of link between two devices: RSMI_IOLINK_TYPE_XGMI with 1, or
/// RSMI_IOLINK_TYPE_PCIEXPRESS with 2 over one CPU node, 3 over two, 4 over more.
///
/// CPU_NODE_INDEX as `dv_ind_dst` asks for the way to the device's CPU node. Returns
/// RSMI_STATUS_NOT_SUPPORTED where there is neither an XGMI link nor PCIe.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_topo_get_link_type(
    dv_ind_src: u32,
    dv_ind_dst: u32,
    hops: *mut u64,
    r#type: *mut RSMI_IO_LINK_TYPE,
) -> rsmi_status_t {
    if hops.is_null() || r#type.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    // ROCm 5's header had no such index.
    let to_cpu = dv_ind_dst == CPU_NODE_INDEX && client::generation() != Generation::V5;
    let answer = if to_cpu {
        with_gpu(dv_ind_src, Gpu::link_to_cpu)
    } else {
        runtime::with(|state| state.link_type(state.gpu(dv_ind_src)?, state.gpu(dv_ind_dst)?))
    };
    match answer {
        Ok((count, kind)) => {
            // SAFETY: not null, and then the client's to be written.
            unsafe { put(hops, count) };
            // SAFETY: as above.
            unsafe { put(r#type, kind) };
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Whether one device can use the memory of another, as KFD's topology has it; over PCIe or over a
/// link between them.
///
/// Returns RSMI_STATUS_INVALID_ARGS, and false, where there is no such other device.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_is_P2P_accessible(
    dv_ind_src: u32,
    dv_ind_dst: u32,
    accessible: *mut bool,
) -> rsmi_status_t {
    if accessible.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let answer = runtime::with(|state| {
        let source = state.gpu(dv_ind_src)?;
        Ok(state.gpu(dv_ind_dst).map(|other| source.reaches(other)))
    });
    match answer {
        Ok(reached) => {
            // SAFETY: not null, and then the client's to be written.
            unsafe { put(accessible, reached.unwrap_or(false)) };
            finish(reached.map(drop))
        }
        Err(status) => status,
    }
}
