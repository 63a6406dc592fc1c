//! What is asked of one GPU.

use super::Answer;
use crate::ask::ask;
use crate::entry;
use crate::gpu;
use crate::question::{AveragePower, BusyPercent};
use crate::question::{
    BadPages, Clock, CurrentSocketPower, DeviceId, DeviceName, Energy, ErrorCount, ErrorFeatures,
    FanRpms, FanSpeed, FanSpeedMax, MarketName, MemoryBusy, MemoryTotal, MemoryUsage, MetricsTable,
    NumaAffinity, PartitionId, PciBandwidth, PciId, PciReplayCounter, Power, PowerCap,
    PowerCapDefault, PowerCapRange, SerialNumber, SetClockRange, SetPerfLevel, SetPowerCap,
    SubsystemId, SubsystemVendorId, TargetGraphicsVersion, Temperature, UniqueId, VbiosVersion,
    VendorId,
};
use crate::runtime::{self, State};
use crate::types::{
    rsmi_clk_type_t, rsmi_dev_perf_level_t, rsmi_error_count_t, rsmi_frequencies_t,
    rsmi_gpu_block_t, rsmi_gpu_metrics_t, rsmi_memory_type_t, rsmi_retired_page_record_t,
    rsmi_status_t, rsmi_temperature_metric_t, rsmi_temperature_type_t,
};

/// One GPU, or one partition of one.
#[derive(Clone, Copy)]
pub struct Gpu<'s> {
    pub(super) state: &'s State,
    pub(super) gpu: &'s gpu::Gpu,
    pub(super) index: u32,
}

/// What a clock, or a link, may run at, from the lowest to the highest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// In Hz, or in transfers a second.
    pub frequencies: Vec<u64>,
    /// Of a link, how many lanes each level has.
    pub lanes: Vec<u32>,
    /// The one in use, or the clock of a core that sleeps; none where the driver marks none.
    pub current: Option<u64>,
    pub current_lanes: Option<u32>,
}

impl Levels {
    /// Without the level of deep sleep, which nobody can choose.
    fn of(table: &rsmi_frequencies_t, lanes: &[u32]) -> Self {
        let count = (table.num_supported as usize).min(table.frequency.len());
        let levels = &table.frequency[..count];
        let asleep = usize::from(table.has_deep_sleep && count > 0);
        let current = table.current as usize;
        Self {
            frequencies: levels[asleep..].to_vec(),
            lanes: lanes.get(asleep..count).unwrap_or_default().to_vec(),
            current: levels.get(current).copied(),
            current_lanes: lanes.get(current).copied().filter(|_| current < count),
        }
    }
}

impl<'s> Gpu<'s> {
    pub fn index(&self) -> u32 {
        self.index
    }

    /// What people call it: the name on its box, else the one in the list of PCI ids.
    pub fn name(&self) -> Answer<Vec<u8>> {
        let market = ask(self.gpu, &MarketName).map(|name| name.into_owned());
        market.or_else(|_| ask(self.gpu, &DeviceName).map(|name| name.into_owned()))
    }

    pub fn serial_number(&self) -> Answer<Vec<u8>> {
        ask(self.gpu, &SerialNumber).map(|text| text.into_owned())
    }

    pub fn vbios_version(&self) -> Answer<Vec<u8>> {
        ask(self.gpu, &VbiosVersion).map(|text| text.into_owned())
    }

    pub fn unique_id(&self) -> Answer<u64> {
        ask(self.gpu, &UniqueId)
    }

    /// Which part of its GPU it is; 0 for a whole one.
    pub fn partition(&self) -> u32 {
        ask(self.gpu, &PartitionId).unwrap_or(0)
    }

    /// The domain in the upper half, then bus, device and function, and the partition's bits.
    pub fn pci_id(&self) -> Answer<u64> {
        ask(self.gpu, &PciId)
    }

    /// The device's id and its vendor's.
    pub fn device_ids(&self) -> Answer<(u16, u16)> {
        Ok((ask(self.gpu, &DeviceId)?, ask(self.gpu, &VendorId)?))
    }

    /// The board's id and its vendor's.
    pub fn subsystem_ids(&self) -> Answer<(u16, u16)> {
        Ok((ask(self.gpu, &SubsystemId)?, ask(self.gpu, &SubsystemVendorId)?))
    }

    /// The version of its instruction set, in decimal digits: 942 of gfx942.
    pub fn graphics_version(&self) -> Answer<u64> {
        ask(self.gpu, &TargetGraphicsVersion)
    }

    pub fn numa_node(&self) -> Answer<i32> {
        ask(self.gpu, &NumaAffinity)
    }

    /// The current power in µW, or the average where there is no other.
    pub fn power(&self) -> Answer<u64> {
        ask(self.gpu, &Power).map(|(power, _)| power)
    }

    pub fn current_power(&self) -> Answer<u64> {
        ask(self.gpu, &CurrentSocketPower)
    }

    pub fn average_power(&self) -> Answer<u64> {
        ask(self.gpu, &AveragePower { sensor: 0 })
    }

    /// What it has used so far, in µJ.
    pub fn energy(&self) -> Answer<u64> {
        let (steps, _) = ask(self.gpu, &Energy)?;
        Ok((steps as f64 * f64::from(gpu::ENERGY_RESOLUTION)) as u64)
    }

    /// In µW, as all caps.
    pub fn power_cap(&self) -> Answer<u64> {
        ask(self.gpu, &PowerCap { sensor: 0 })
    }

    pub fn default_power_cap(&self) -> Answer<u64> {
        ask(self.gpu, &PowerCapDefault)
    }

    /// The lowest cap and the highest.
    pub fn power_cap_range(&self) -> Answer<(u64, u64)> {
        let (max, min) = ask(self.gpu, &PowerCapRange { sensor: 0 })?;
        Ok((min?, max))
    }

    pub fn set_power_cap(&self, cap: u64) -> Answer {
        self.change(|gpu| ask(gpu, &SetPowerCap { sensor: 0, cap }))
    }

    /// In m°C.
    pub fn temperature(
        &self,
        place: rsmi_temperature_type_t,
        metric: rsmi_temperature_metric_t,
    ) -> Answer<i64> {
        ask(self.gpu, &Temperature { place: place.0, metric })
    }

    /// The speed that is set, and the highest.
    pub fn fan(&self, sensor: u32) -> Answer<(u64, u64)> {
        let speed = ask(self.gpu, &FanSpeed { sensor })?;
        let highest = ask(self.gpu, &FanSpeedMax { sensor })?;
        Ok((u64::try_from(speed).unwrap_or(0), highest))
    }

    pub fn fan_rpms(&self, sensor: u32) -> Answer<u64> {
        let rpms = ask(self.gpu, &FanRpms { sensor })?;
        u64::try_from(rpms).map_err(|_| rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA)
    }

    /// In percent.
    pub fn busy(&self) -> Answer<u32> {
        ask(self.gpu, &BusyPercent)
    }

    pub fn memory_busy(&self) -> Answer<u64> {
        ask(self.gpu, &MemoryBusy)
    }

    pub fn memory_total(&self, kind: rsmi_memory_type_t) -> Answer<u64> {
        ask(self.gpu, &MemoryTotal { kind })
    }

    pub fn memory_usage(&self, kind: rsmi_memory_type_t) -> Answer<u64> {
        ask(self.gpu, &MemoryUsage { kind })
    }

    pub fn clock(&self, kind: rsmi_clk_type_t) -> Answer<Levels> {
        let table = ask(self.gpu, &Clock { kind })?;
        table.outcome?;
        Ok(Levels::of(&table.levels.transfer_rate, &[]))
    }

    /// Keeps the graphics clock between these, in MHz.
    pub fn set_graphics_clocks(&self, min: u64, max: u64) -> Answer {
        let kind = rsmi_clk_type_t::RSMI_CLK_TYPE_SYS;
        self.change(|gpu| ask(gpu, &SetClockRange { kind, min, max }))
    }

    /// Leaves the clocks to the driver again.
    pub fn reset_clocks(&self) -> Answer {
        let level = rsmi_dev_perf_level_t::RSMI_DEV_PERF_LEVEL_AUTO;
        self.change(|gpu| ask(gpu, &SetPerfLevel { level }))
    }

    pub fn pcie_link(&self) -> Answer<Levels> {
        let table = ask(self.gpu, &PciBandwidth)?;
        table.outcome?;
        Ok(Levels::of(&table.levels.transfer_rate, &table.levels.lanes))
    }

    pub fn pcie_replays(&self) -> Answer<u64> {
        ask(self.gpu, &PciReplayCounter)
    }

    /// What `of` takes out of the firmware's table, which is too long for a short stack.
    pub fn metric<T>(&self, of: impl FnOnce(&rsmi_gpu_metrics_t) -> T) -> Answer<T> {
        ask(self.gpu, &MetricsTable).map(|metrics| of(&metrics.members))
    }

    /// The blocks whose errors are found and corrected, one bit each.
    pub fn guarded_blocks(&self) -> Answer<u64> {
        ask(self.gpu, &ErrorFeatures)
    }

    /// Errors since the driver was loaded.
    pub fn errors(&self, block: rsmi_gpu_block_t) -> Answer<rsmi_error_count_t> {
        ask(self.gpu, &ErrorCount { block })
    }

    /// Pages of memory that are used no more, or soon will not be.
    pub fn bad_pages(&self) -> Answer<Vec<rsmi_retired_page_record_t>> {
        let pages = ask(self.gpu, &BadPages { most: u32::MAX })?;
        pages.outcome.map(|()| pages.records)
    }

    /// As every setter: for root alone, and not in a virtual machine.
    fn change(&self, change: impl FnOnce(&gpu::Gpu) -> Answer) -> Answer {
        if !runtime::is_root() {
            return Err(rsmi_status_t::RSMI_STATUS_PERMISSION);
        }
        entry::on_bare_metal()?;
        change(self.gpu)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::RSMI_MAX_NUM_FREQUENCIES;

    fn table(count: u32, current: u32, has_deep_sleep: bool) -> rsmi_frequencies_t {
        let mut frequency = [0; RSMI_MAX_NUM_FREQUENCIES];
        frequency[..3].copy_from_slice(&[10, 20, 30]);
        rsmi_frequencies_t { has_deep_sleep, num_supported: count, current, frequency }
    }

    #[test]
    fn the_level_of_sleep_is_none_that_can_be_chosen() {
        let levels =
            |count, current, asleep| Levels::of(&table(count, current, asleep), &[1, 2, 3]);
        let whole = levels(3, 1, false);
        assert_eq!((whole.frequencies, whole.lanes), (vec![10, 20, 30], vec![1, 2, 3]));
        assert_eq!((whole.current, whole.current_lanes), (Some(20), Some(2)));
        let asleep = levels(3, 0, true);
        assert_eq!((asleep.frequencies, asleep.lanes), (vec![20, 30], vec![2, 3]));
        assert_eq!((asleep.current, levels(3, 2, true).current), (Some(10), Some(30)));
        let unmarked = levels(2, 2, false);
        assert_eq!((unmarked.current, unmarked.current_lanes), (None, None));
        assert_eq!(levels(0, 0, true), Levels::default());
    }
}
