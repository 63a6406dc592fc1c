//! PCIe: address, link, traffic and NUMA node.

use crate::client;
use crate::entry::{Null, get, get_fact, put, set_on_metal, with_gpu};
use crate::facts::Fact;
use crate::gpu::{Gpu, throughput, traffic_is_counted};
use crate::support::Question::Function;
use crate::types::{rsmi_pcie_bandwidth_t, rsmi_status_t};
use rsmi_macros::export;

/// The levels of the PCIe link: transfers a second and lanes, and which of them is current.
///
/// From sysfs `pp_dpm_pcie`. Where that marks no level, the current one is the nearest to the link in
/// `gpu_metrics` or on the bus. Where there is no such table and the device is on PCIe, levels are made
/// up of every speed and width, with the current ones from `gpu_metrics`, for clients of ROCm 6 and
/// later; of a link of the fifth generation or later there is one, the link itself.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device has `pp_dpm_pcie`, else
/// RSMI_STATUS_NOT_SUPPORTED. All ones as the current level, and RSMI_STATUS_UNEXPECTED_DATA, where
/// nothing tells it. For a client of ROCm 5 what there is no level for stays as it was.
/// cbindgen:postfix=RSMI_COMPAT_CALL(rsmi_dev_pci_bandwidth_get)
#[export(marked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_pci_bandwidth_get(
    dv_ind: u32,
    bandwidth: *mut rsmi_pcie_bandwidth_t,
) -> rsmi_status_t {
    if bandwidth.is_null() {
        return Null::Asks(Function("rsmi_dev_pci_bandwidth_get")).answer(dv_ind);
    }
    let client = client::proven();
    match with_gpu(dv_ind, |gpu| Ok(gpu.pci_bandwidth())) {
        Ok(table) => {
            // SAFETY: not null, and then good for the struct of the caller's header.
            unsafe { client.put_bandwidth(bandwidth, &table) };
            crate::entry::finish(table.outcome)
        }
        Err(status) => status,
    }
}

/// The PCI address: domain in bits 63:32, partition in 31:28, bus in 15:8, device in 7:3,
/// function in 2:0.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_pci_id_get(dv_ind: u32, bdfid: *mut u64) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_pci_id_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_fact(dv_ind, bdfid, null, Fact::PciId, |gpu| Ok(gpu.pci_id())) }
}

/// The NUMA node that the device is nearest to, from sysfs `numa_node`; -1 for none.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_topo_numa_affinity_get(
    dv_ind: u32,
    numa_node: *mut i32,
) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_topo_numa_affinity_get"));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, numa_node, null, Gpu::numa_affinity) }
}

/// What went over the PCIe link in the last second: packets sent and received, and the size of the
/// largest packet in bytes; from sysfs `pcie_bw`. Any of the pointers may be null.
///
/// The driver takes that second to answer. Nothing else has to wait meanwhile. Where `gpu_metrics`
/// counts the traffic, `pcie_bandwidth_acc` of `rsmi_dev_gpu_metrics_info_get` tells it at once.
///
/// Returns RSMI_STATUS_UNEXPECTED_DATA where the driver tells less; RSMI_STATUS_NOT_SUPPORTED where
/// it cannot tell, which to clients of ROCm 7 includes that it says all ones.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_pci_throughput_get(
    dv_ind: u32,
    sent: *mut u64,
    received: *mut u64,
    max_pkt_sz: *mut u64,
) -> rsmi_status_t {
    let device = with_gpu(dv_ind, |gpu| Ok(gpu.device().clone()));
    let told = device.and_then(|device| {
        traffic_is_counted(&device);
        throughput(&device)
    });
    let told = match told {
        Ok(told) => told,
        Err(status) => return status,
    };
    let outputs =
        [(sent, told.sent), (received, told.received), (max_pkt_sz, told.max_packet_size)];
    for (out, count) in outputs.into_iter().filter(|(out, _)| !out.is_null()) {
        // SAFETY: not null, and then the client's to be written.
        unsafe { put(out, count) };
    }
    let asked = [(sent, told.sent), (received, told.received)];
    let unknown = asked.iter().any(|(out, count)| !out.is_null() && *count == u64::MAX);
    if unknown && client::generation().is_seven() {
        return rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED;
    }
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// How many packets had to be sent again over the PCIe link, from sysfs
/// `pcie_replay_count`.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device tells it, else
/// RSMI_STATUS_NOT_SUPPORTED.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_pci_replay_counter_get(
    dv_ind: u32,
    counter: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_pci_replay_counter_get"));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, counter, null, Gpu::pci_replay_counter) }
}

/// Chooses the levels of the PCIe link that the driver may use: bit n of `bw_bitmask` is the level
/// with the number n in `pp_dpm_pcie`. Bits of levels that are not there are ignored;
/// RSMI_STATUS_INVALID_ARGS where that is all of them.
///
/// Writes to sysfs: the performance level manual, then the numbers to `pp_dpm_pcie`. Returns
/// RSMI_STATUS_PERMISSION unless root initialised the library; RSMI_STATUS_NOT_SUPPORTED where the
/// device cannot, and to clients of ROCm 7 in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_pci_bandwidth_set(dv_ind: u32, bw_bitmask: u64) -> rsmi_status_t {
    set_on_metal(dv_ind, |gpu| gpu.set_pci_bandwidth(bw_bitmask))
}
