//! Clocks, the PCIe link's levels, and the performance level.

use super::{Gpu, NOT_SUPPORTED};
use crate::client;
use crate::kernel::dpm::Table;
use crate::kernel::kfd;
use crate::log;
use crate::map;
use crate::status::Result;
use crate::types::{
    rsmi_clk_type_t, rsmi_dev_perf_level_t, rsmi_gpu_metrics_t, rsmi_pcie_bandwidth_t,
    rsmi_status_t,
};
use rsmi_generations::Generation;

impl Gpu {
    /// The levels of a clock in Hz. libamd_smi's reader ends the process over a table that it does
    /// not understand (rising order, units, number of levels); ours fails.
    pub(crate) fn clock(&self, kind: rsmi_clk_type_t) -> Option<Table> {
        map::find(map::CLOCK_FILES, &kind).map(|file| self.levels(file))
    }

    fn levels(&self, file: &str) -> Table {
        let mut table = match self.device.lines(file) {
            Ok(lines) => Table::read(&lines),
            // What they were told of an empty table.
            Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA)
                if client::generation() == Generation::V5 =>
            {
                Table::failed(rsmi_status_t::RSMI_STATUS_NOT_YET_IMPLEMENTED)
            }
            Err(status) => Table::failed(status),
        };
        // Then it was no failure that no level is the current one.
        if client::generation() == Generation::V5 && table.levels.transfer_rate.current == u32::MAX
        {
            table.outcome = Ok(());
        }
        table
    }

    pub(crate) fn perf_level(&self) -> Result<rsmi_dev_perf_level_t> {
        let word = self.device.word("power_dpm_force_performance_level")?;
        let unknown = rsmi_dev_perf_level_t::RSMI_DEV_PERF_LEVEL_UNKNOWN;
        Ok(map::find(map::PERF_LEVELS, &word.as_slice()).unwrap_or(unknown))
    }

    /// The PCIe link's levels: transfers a second and lanes. For the clock's reason not asked of
    /// libamd_smi.
    pub(crate) fn pci_bandwidth(&self) -> Table {
        let table = self.levels("pp_dpm_pcie");
        let over_pcie = self.node.cpu().is_some_and(|(_, link)| link.kind == kfd::LINK_PCIE);
        if table.outcome.is_ok() || !over_pcie || client::generation() == Generation::V5 {
            return table;
        }
        let levels = table.levels;
        match self.card_metrics().and_then(|metrics| synthesised(levels, metrics)) {
            Ok(levels) => Table { levels, outcome: Ok(()) },
            Err(status) => Table { levels, outcome: Err(status) },
        }
    }
}

/// Every speed with every width, where only gpu_metrics tells the link.
fn synthesised(
    mut levels: rsmi_pcie_bandwidth_t,
    metrics: rsmi_gpu_metrics_t,
) -> Result<rsmi_pcie_bandwidth_t> {
    let width =
        map::PCIE_WIDTHS.iter().position(|width| *width == u32::from(metrics.pcie_link_width));
    let speed =
        map::PCIE_SPEEDS.iter().position(|speed| *speed == u32::from(metrics.pcie_link_speed));
    let (Some(width), Some(speed)) = (width, speed) else {
        log::reason(|| "gpu_metrics tells of a PCIe link that is none".into());
        return Err(NOT_SUPPORTED);
    };
    let widths = map::PCIE_WIDTHS.len();
    levels.transfer_rate.num_supported = (widths * map::PCIE_SPEEDS.len()) as u32;
    levels.transfer_rate.current = (speed * widths + width) as u32;
    for (at, speed) in map::PCIE_SPEEDS.iter().enumerate() {
        for (lane, width) in map::PCIE_WIDTHS.iter().enumerate() {
            levels.transfer_rate.frequency[at * widths + lane] = u64::from(*speed) * 100_000_000;
            levels.lanes[at * widths + lane] = *width;
        }
    }
    Ok(levels)
}
