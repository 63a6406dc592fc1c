//! Clocks, the PCIe link's levels, and the performance level.

use super::{Gpu, INVALID_ARGS, NOT_SUPPORTED};
use crate::client;
use crate::kernel::dpm::Table;
use crate::kernel::{kfd, metrics};
use crate::log;
use crate::map;
use crate::status::Result;
use crate::types::{
    rsmi_clk_type_t, rsmi_dev_perf_level_t, rsmi_gpu_metrics_t, rsmi_pcie_bandwidth_t,
    rsmi_status_t,
};
use rsmi_generations::Generation;

impl Gpu {
    /// The levels of a clock in Hz.
    ///
    /// Where the driver marks no level, since the clock is between two, the nearest to what
    /// gpu_metrics tells is the current one.
    pub(crate) fn clock(&self, kind: rsmi_clk_type_t) -> Result<Table> {
        let file = map::find(map::CLOCK_FILES, &kind).ok_or(INVALID_ARGS)?;
        let mut table = self.levels(file);
        if table.is_unmarked() {
            if let Some(now) = self.clock_now(kind) {
                table.mark_nearest(|frequency, _| frequency.abs_diff(now * 1_000_000));
            }
        }
        Ok(table)
    }

    /// MHz, as gpu_metrics tells it.
    fn clock_now(&self, kind: rsmi_clk_type_t) -> Option<u64> {
        metrics::Table::look(&self.device, |table| table.clock(kind)).ok()?
    }

    /// A function of its own, so that the room for the file is on the stack no longer than it is read.
    #[inline(never)]
    pub(super) fn levels(&self, file: &str) -> Table {
        match self.device.look_at_lines(file, |lines| Ok(Table::read(lines))) {
            Ok(table) => table,
            // What they were told of an empty table.
            Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA)
                if client::generation() == Generation::V5 =>
            {
                Table::failed(rsmi_status_t::RSMI_STATUS_NOT_YET_IMPLEMENTED)
            }
            Err(status) => Table::failed(status),
        }
    }

    pub(crate) fn perf_level(&self) -> Result<rsmi_dev_perf_level_t> {
        let word = self.device.word("power_dpm_force_performance_level")?;
        let unknown = rsmi_dev_perf_level_t::RSMI_DEV_PERF_LEVEL_UNKNOWN;
        Ok(map::find(map::PERF_LEVELS, &word.as_slice()).unwrap_or(unknown))
    }

    /// The PCIe link's levels: transfers a second and lanes.
    pub(crate) fn pci_bandwidth(&self) -> Table {
        const FILE: &str = "pp_dpm_pcie";
        let mut table = self.levels(FILE);
        if table.is_unmarked() {
            if let Some((speed, width)) = self.link_now() {
                let hertz = u64::from(speed) * TENTH;
                table.mark_nearest(|rate, lanes| (rate.abs_diff(hertz), lanes.abs_diff(width)));
            }
        }
        let there = table.is_whole() || self.device.refuses(FILE);
        let over_pcie = self.node.cpu().is_some_and(|(_, link)| link.kind == kfd::LINK_PCIE);
        if there || !over_pcie || client::generation() == Generation::V5 {
            return table;
        }
        let levels = table.levels;
        match self.card_metrics(|metrics| made_up(levels, metrics)) {
            Ok(levels) => Table::of(levels, Ok(())),
            Err(status) => Table::of(levels, Err(status)),
        }
    }

    /// The speed of the PCIe link in 0.1 GT/s and its lanes: by gpu_metrics, else by the bus.
    #[inline(never)]
    fn link_now(&self) -> Option<(u32, u32)> {
        let by_metrics = || {
            let link = |table: &metrics::Table<'_>| {
                let member = |name| table.get::<u16>(name, None).unwrap_or(u16::MAX);
                (member("pcie_link_speed").into(), member("pcie_link_width").into())
            };
            metrics::Table::look(&self.device, link).ok()
        };
        // `16.0 GT/s PCIe`
        let by_bus = || {
            let word = |file| String::from_utf8(self.device.word(file).ok()?).ok();
            let speed: f64 = word("current_link_speed")?.parse().ok()?;
            Some(((speed * 10.0) as u32, word("current_link_width")?.parse().ok()?))
        };
        let is_one = |(speed, width): &(u32, u32)| {
            map::PCIE_SPEEDS.contains(speed) && map::PCIE_WIDTHS.contains(width)
        };
        by_metrics().filter(is_one).or_else(by_bus).filter(is_one)
    }
}

/// Transfers a second in a unit of gpu_metrics' link speeds.
const TENTH: u64 = 100_000_000;

/// The speeds of which, with all widths, there are no more levels than fit.
const SPEEDS_THAT_FIT: usize = 4;

/// Where only gpu_metrics tells the link: every speed up to the fourth generation with every width,
/// as the original has it; of a later generation the link alone.
fn made_up(
    mut levels: rsmi_pcie_bandwidth_t,
    metrics: &rsmi_gpu_metrics_t,
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
    let (speeds, widths, current) = if speed < SPEEDS_THAT_FIT {
        (&map::PCIE_SPEEDS[..SPEEDS_THAT_FIT], &map::PCIE_WIDTHS[..], speed * widths + width)
    } else {
        (&map::PCIE_SPEEDS[speed..=speed], &map::PCIE_WIDTHS[width..=width], 0)
    };
    let told = speeds.iter().flat_map(|speed| widths.iter().map(move |width| (*speed, *width)));
    for (at, (speed, width)) in told.enumerate() {
        levels.transfer_rate.frequency[at] = u64::from(speed) * TENTH;
        levels.lanes[at] = width;
    }
    levels.transfer_rate.current = current as u32;
    levels.transfer_rate.num_supported = (speeds.len() * widths.len()) as u32;
    Ok(levels)
}
