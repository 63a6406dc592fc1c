//! What a PCIe link can carry.

use super::{RSMI_MAX_NUM_FREQUENCIES, rsmi_frequencies_t};

/// The speeds and widths that the PCIe link of a device can have.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_pcie_bandwidth_t {
    /// Speeds in transfers per second, and which one is in use.
    pub transfer_rate: rsmi_frequencies_t,
    /// Number of lanes at each speed; the first transfer_rate.num_supported are valid.
    pub lanes: [u32; RSMI_MAX_NUM_FREQUENCIES],
}
/// Older spelling of rsmi_pcie_bandwidth_t.
pub type rsmi_pcie_bandwidth = rsmi_pcie_bandwidth_t;

assert_layout!(rsmi_pcie_bandwidth_t: 416 { transfer_rate: 0, lanes: 280 });
