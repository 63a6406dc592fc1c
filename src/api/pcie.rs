//! PCIe: address, link and NUMA node.

use crate::entry::{Null, get, with_gpu};
use crate::gpu::Gpu;
use crate::runtime;
use crate::support::Question::Files;
use crate::types::{rsmi_pcie_bandwidth_t, rsmi_status_t};
use rsmi_macros::export;

/// The levels of the PCIe link: transfers a second and lanes, and which of them is current.
///
/// From sysfs `pp_dpm_pcie`; where that is of no use and the device is on PCIe, made up of every
/// speed and width, with the current ones from `gpu_metrics`.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device has `pp_dpm_pcie`, else
/// RSMI_STATUS_NOT_SUPPORTED. Returns RSMI_STATUS_UNEXPECTED_DATA, and all ones as the current
/// level, where none is marked.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_pci_bandwidth_get(
    dv_ind: u32,
    bandwidth: *mut rsmi_pcie_bandwidth_t,
) -> rsmi_status_t {
    if bandwidth.is_null() {
        return Null::Asks(Files(&["pp_dpm_pcie"])).answer(dv_ind);
    }
    match with_gpu(dv_ind, |gpu| Ok(gpu.pci_bandwidth())) {
        Ok(table) => {
            // SAFETY: not null, and then good for the struct of the client's generation.
            unsafe { runtime::generation().put_bandwidth(bandwidth, &table.levels) };
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
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, bdfid, Null::Asks(Files(&[])), |gpu| Ok(gpu.pci_id())) }
}

/// The NUMA node that the device is nearest to, from sysfs `numa_node`; -1 for none.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_topo_numa_affinity_get(
    dv_ind: u32,
    numa_node: *mut i32,
) -> rsmi_status_t {
    let null = Null::AskedBeforeSeven(Files(&["numa_node"]));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, numa_node, null, Gpu::numa_affinity) }
}
