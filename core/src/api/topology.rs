//! Connections between devices.

use crate::ask::ask;
use crate::client;
use crate::entry::{Null, finish, get_fact, with_gpu};
use crate::facts::Fact;
use crate::gpu::Gpu;
use crate::question::{LinkBandwidth, LinkType, LinkWeight, NumaNode, P2pAccess};
use crate::runtime;
use crate::types::{CPU_NODE_INDEX, RSMI_IO_LINK_TYPE, rsmi_status_t};
use rsmi_generations::Generation;
use rsmi_macros::export;

/// Reads the KFD node of the CPU that is nearest to the device.
///
/// @param[out] numa_node The number of the node in the KFD topology.
/// @retval RSMI_STATUS_INVALID_ARGS `numa_node` is a null pointer.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no link to a CPU.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_topo_get_numa_node_number(
    dv_ind: u32,
    numa_node: *mut u32,
) -> rsmi_status_t {
    get_fact(dv_ind, numa_node, Null::Invalid, Fact::NumaNode, |gpu| ask(gpu, &NumaNode))
}

/// Reads the weight of the connection between two devices, from the KFD topology.
///
/// @param[in] dv_ind_src The index of the first device.
/// @param[in] dv_ind_dst The index of the second device.
/// @param[out] weight The weight of the XGMI link. If there is none, the sum of the weights over
///   the CPU nodes.
/// @return RSMI_STATUS_SUCCESS, a common status, or:
/// @retval RSMI_STATUS_INVALID_ARGS `weight` is a null pointer.
/// @retval RSMI_STATUS_NOT_SUPPORTED Neither an XGMI link nor PCIe connects the devices.
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
    let answer = runtime::with(|state| {
        ask(state.gpu(dv_ind_src)?, &LinkWeight { state, to: state.gpu(dv_ind_dst)? })
    });
    match answer {
        Ok(answer) => {
            weight.put(answer);
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Reads the lowest and the highest bandwidth of the XGMI link between two devices, from the KFD
/// topology.
///
/// @param[in] dv_ind_src The index of the first device.
/// @param[in] dv_ind_dst The index of the second device.
/// @param[out] min_bandwidth The lowest bandwidth in MB/s.
/// @param[out] max_bandwidth The highest bandwidth in MB/s.
/// @return RSMI_STATUS_SUCCESS, a common status, or:
/// @retval RSMI_STATUS_INVALID_ARGS A pointer is null, or both indices are the same.
/// @retval RSMI_STATUS_NOT_SUPPORTED No XGMI link connects the devices.
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
    let answer = runtime::with(|state| {
        ask(state.gpu(dv_ind_src)?, &LinkBandwidth { to: state.gpu(dv_ind_dst)? })
    });
    match answer {
        Ok((lowest, highest)) => {
            min_bandwidth.put(lowest);
            max_bandwidth.put(highest);
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Reads the type of the connection between two devices and its number of hops, from the KFD
/// topology.
///
/// @param[in] dv_ind_src The index of the first device.
/// @param[in] dv_ind_dst The index of the second device, or CPU_NODE_INDEX for the CPU that is
///   nearest to the first device. For clients built for ROCm 5, CPU_NODE_INDEX is not an index.
/// @param[out] hops 1 for an XGMI link. Over CPUs: 2 over one CPU node, 3 over two CPU nodes, 4
///   over more.
/// @param[out] type RSMI_IOLINK_TYPE_XGMI or RSMI_IOLINK_TYPE_PCIEXPRESS.
/// @return RSMI_STATUS_SUCCESS, a common status, or:
/// @retval RSMI_STATUS_INVALID_ARGS A pointer is null.
/// @retval RSMI_STATUS_NOT_SUPPORTED Neither an XGMI link nor PCIe connects the devices.
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
        runtime::with(|state| {
            ask(state.gpu(dv_ind_src)?, &LinkType { state, to: state.gpu(dv_ind_dst)? })
        })
    };
    match answer {
        Ok((count, kind)) => {
            hops.put(count);
            r#type.put(kind);
            rsmi_status_t::RSMI_STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Finds out whether a device can access the memory of another device, from the KFD topology.
///
/// The connection may be an XGMI link or PCIe.
///
/// @param[in] dv_ind_src The index of the device that accesses the memory.
/// @param[in] dv_ind_dst The index of the device that has the memory.
/// @param[out] accessible Whether the first device can access the memory. False if no device has
///   the index `dv_ind_dst`.
/// @return RSMI_STATUS_SUCCESS, a common status, or:
/// @retval RSMI_STATUS_INVALID_ARGS `accessible` is a null pointer.
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
        Ok(state.gpu(dv_ind_dst).and_then(|to| ask(source, &P2pAccess { to })))
    });
    match answer {
        Ok(reached) => {
            accessible.put(reached.unwrap_or(false));
            finish(reached.map(drop))
        }
        Err(status) => status,
    }
}
