//! The speeds and widths of a PCIe link.

use super::{RSMI_MAX_NUM_FREQUENCIES, rsmi_frequencies_t};

/// The speeds and widths of the PCIe link of a device.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_pcie_bandwidth_t {
    /// The speeds in transfers per second, and the current one.
    pub transfer_rate: rsmi_frequencies_t,
    /// The number of lanes at each speed. The first transfer_rate.num_supported elements are valid.
    pub lanes: [u32; RSMI_MAX_NUM_FREQUENCIES],
}
/// An older name of rsmi_pcie_bandwidth_t.
pub type rsmi_pcie_bandwidth = rsmi_pcie_bandwidth_t;

assert_layout!(rsmi_pcie_bandwidth_t: 416 { transfer_rate: 0, lanes: 280 });
