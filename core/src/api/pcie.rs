//! PCIe: the address, the link, its traffic, and the NUMA node.

use crate::ask::ask;
use crate::client;
use crate::entry::{Null, get, get_fact, set_on_metal, with_gpu};
use crate::facts::Fact;
use crate::question::{
    NumaAffinity, PciBandwidth, PciId, PciReplayCounter, PciThroughput, SetPciBandwidth,
};
use crate::runtime;
use crate::support::Question::Function;
use crate::types::{rsmi_pcie_bandwidth_t, rsmi_status_t};
use rsmi_macros::export;

/// Reads the levels of the PCIe link and the current level.
///
/// The source is sysfs `pp_dpm_pcie`. If that file has no levels and the device is on PCIe, the
/// levels are all combinations of the speeds and widths of PCIe, and the current level is that of
/// sysfs `gpu_metrics`. Clients built for ROCm 5 only get the levels of `pp_dpm_pcie`; the function
/// leaves the members unchanged for which there is no level.
/// If the file marks no level as current, the current level is the nearest one to the link in
/// `gpu_metrics` or on the bus. If the library makes up the levels of a link of PCIe 5.0 or later,
/// the only level is the link itself.
///
/// @param[out] bandwidth The speeds in transfers per second and the number of lanes. `current` is
///   0xFFFFFFFF if nothing reports it.
/// @retval RSMI_STATUS_INVALID_ARGS `bandwidth` is a null pointer, and the device has
///   `pp_dpm_pcie`.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the levels.
/// @retval RSMI_STATUS_UNEXPECTED_DATA Nothing reports the current level, or the text of the file is
///   not a table of levels. Clients built for ROCm 5 get RSMI_STATUS_SUCCESS in the first case.
/// @retval RSMI_STATUS_NOT_YET_IMPLEMENTED The file is empty. Only clients built for ROCm 5 get
///   this status.
/// cbindgen:postfix=RSMI_COMPAT_CALL(rsmi_dev_pci_bandwidth_get)
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_pci_bandwidth_get(
    dv_ind: u32,
    bandwidth: *mut rsmi_pcie_bandwidth_t,
) -> rsmi_status_t {
    if bandwidth.is_null() {
        return Null::Asks(Function("rsmi_dev_pci_bandwidth_get")).answer(dv_ind);
    }
    let client = client::proven();
    match with_gpu(dv_ind, |gpu| ask(gpu, &PciBandwidth)) {
        Ok(table) => {
            client.put_bandwidth(bandwidth, &table);
            crate::entry::finish(table.outcome)
        }
        Err(status) => status,
    }
}

/// Reads the PCI address of the device, from KFD.
///
/// @param[out] bdfid The address: the domain in bits 63 to 32, the partition in bits 31 to 28, the
///   bus in bits 15 to 8, the device in bits 7 to 3, and the function in bits 2 to 0.
/// @retval RSMI_STATUS_INVALID_ARGS `bdfid` is a null pointer.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_pci_id_get(dv_ind: u32, bdfid: *mut u64) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_pci_id_get"));
    get_fact(dv_ind, bdfid, null, Fact::PciId, |gpu| ask(gpu, &PciId))
}

/// Reads the NUMA node that is nearest to the device, from sysfs `numa_node`.
///
/// @param[out] numa_node The number of the NUMA node, or -1 if there is none.
/// @retval RSMI_STATUS_INVALID_ARGS `numa_node` is a null pointer. Clients built for a release
///   before ROCm 7 get RSMI_STATUS_NOT_SUPPORTED instead if the device does not report the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value. Clients built for a
///   release before ROCm 7 get RSMI_STATUS_INTERNAL_EXCEPTION instead.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_topo_numa_affinity_get(
    dv_ind: u32,
    numa_node: *mut i32,
) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Function("rsmi_topo_numa_affinity_get"));
    get(dv_ind, numa_node, null, |gpu| ask(gpu, &NumaAffinity))
}

/// Reads what the PCIe link transferred in one second, from sysfs `pcie_bw`.
///
/// The driver measures for one second before the function returns. Other calls do not have to wait
/// meanwhile. Each pointer may be null.
/// If `gpu_metrics` counts the traffic, `pcie_bandwidth_acc` of rsmi_dev_gpu_metrics_info_get()
/// returns it at once.
///
/// @param[out] sent The number of packets sent, or a null pointer.
/// @param[out] received The number of packets received, or a null pointer.
/// @param[out] max_pkt_sz The largest size of a packet in bytes, or a null pointer.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not have the file. Clients built for ROCm 7
///   also get this status if a number of packets is UINT64_MAX.
/// @retval RSMI_STATUS_UNEXPECTED_DATA The file does not hold three numbers.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_pci_throughput_get(
    dv_ind: u32,
    sent: *mut u64,
    received: *mut u64,
    max_pkt_sz: *mut u64,
) -> rsmi_status_t {
    // Without the device for this call alone: it takes a second.
    let free = with_gpu(dv_ind, |_| Ok(()));
    let told = free.and_then(|()| runtime::with(|state| ask(state.gpu(dv_ind)?, &PciThroughput)));
    let told = match told {
        Ok(told) => told,
        Err(status) => return status,
    };
    let outputs =
        [(sent, told.sent), (received, told.received), (max_pkt_sz, told.max_packet_size)];
    for (out, count) in outputs.into_iter().filter(|(out, _)| !out.is_null()) {
        out.put(count);
    }
    let asked = [(sent, told.sent), (received, told.received)];
    let unknown = asked.iter().any(|(out, count)| !out.is_null() && *count == u64::MAX);
    if unknown && client::generation().is_seven() {
        return rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED;
    }
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// Reads how many packets the PCIe link had to send again, from sysfs `pcie_replay_count`.
///
/// @param[out] counter The number of packets.
/// @retval RSMI_STATUS_INVALID_ARGS `counter` is a null pointer, and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_pci_replay_counter_get(
    dv_ind: u32,
    counter: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_pci_replay_counter_get"));
    get(dv_ind, counter, null, |gpu| ask(gpu, &PciReplayCounter))
}

/// Chooses the levels of the PCIe link that the driver may use.
///
/// The function writes to sysfs: first `manual` to `power_dpm_force_performance_level`, then the
/// numbers of the levels to `pp_dpm_pcie`.
///
/// @param[in] bw_bitmask Bit n stands for the level that `pp_dpm_pcie` numbers n. The function
///   ignores bits of levels that do not exist.
/// @retval RSMI_STATUS_PERMISSION The process did not run as root when it initialised the library.
/// @retval RSMI_STATUS_INVALID_ARGS No level of `bw_bitmask` exists.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device has no such levels, or the driver refuses the
///   change. Clients built for ROCm 7 also get this status in a virtual machine.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_pci_bandwidth_set(dv_ind: u32, bw_bitmask: u64) -> rsmi_status_t {
    set_on_metal(dv_ind, |gpu| ask(gpu, &SetPciBandwidth { mask: bw_bitmask }))
}
