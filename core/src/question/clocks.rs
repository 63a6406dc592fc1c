//! Clocks, the PCIe link's levels, the load, and the performance level.

use super::{Agreement, Between, First, Question, Why, equal, setter};
use crate::amdsmi;
use crate::amdsmi::Written;
use crate::amdsmi::abi::{frequencies, pcie_bandwidth};
use crate::gpu::{self, Gpu, Throughput};
use crate::kernel::dpm::Table;
use crate::map;
use crate::status::Result;
use crate::told::Told;
use crate::types::{
    RSMI_MAX_NUM_FREQUENCIES, rsmi_clk_type_t, rsmi_dev_perf_level_t, rsmi_freq_ind_t,
    rsmi_frequencies_t, rsmi_pcie_bandwidth_t, rsmi_status_t,
};

/// Percent.
#[derive(Debug)]
pub(crate) struct BusyPercent;

impl Question<'_> for BusyPercent {
    type Value = u32;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u32> {
        at.ask(
            |s| s.amdsmi_get_gpu_busy_percent,
            |handle, room| (handle, room.number(0)),
            |written| written.number(0).filter(|percent| *percent != u32::MAX),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<u32> {
        at.busy_percent().into()
    }

    equal!();

    // A load may be anything between two readings.
    const BETWEEN: Option<Between<u32>> = Some(|_, _, _| true);
}

/// The levels as libamd_smi writes them.
fn levels(written: &Written) -> Option<rsmi_frequencies_t> {
    let number = |member| written.raw(member, 0);
    let mut levels = rsmi_frequencies_t {
        has_deep_sleep: number(&frequencies::has_deep_sleep)? & 1 == 1,
        num_supported: number(&frequencies::num_supported)? as u32,
        current: number(&frequencies::current)? as u32,
        frequency: [0; RSMI_MAX_NUM_FREQUENCIES],
    };
    let there = RSMI_MAX_NUM_FREQUENCIES.min(levels.num_supported as usize);
    for (nth, frequency) in levels.frequency[..there].iter_mut().enumerate() {
        *frequency = written.raw(&frequencies::frequency, nth)?;
    }
    Some(levels)
}

/// Without the numbers by which a level can be chosen.
fn table(levels: rsmi_pcie_bandwidth_t) -> Table {
    Table::of(levels, Ok(()))
}

/// The levels of a clock in Hz, as far as they are known, and how that ended.
#[derive(Debug)]
pub(crate) struct Clock {
    pub(crate) kind: rsmi_clk_type_t,
}

impl Question<'_> for Clock {
    type Value = Table;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Table> {
        // It has more kinds, some of which it writes nonsense for.
        if map::find(map::CLOCK_FILES, &self.kind).is_none() {
            return Told::Unknown;
        }
        at.ask(
            |s| s.amdsmi_get_clk_freq,
            |handle, room| (handle, self.kind.0, room.record(0)),
            |written| {
                let transfer_rate = levels(written)?;
                let lanes = [0; RSMI_MAX_NUM_FREQUENCIES];
                Some(table(rsmi_pcie_bandwidth_t { transfer_rate, lanes }))
            },
        )
        .unless_failed(Table::failed)
    }

    fn kernel(&self, at: &Gpu) -> Told<Table> {
        at.clock(self.kind).into()
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        at.clock(self.kind).ok().and_then(|table| odd(&table))
    }

    const AGREE: Agreement<Table> = SAME_LEVELS;
}

/// It ends the process over a table that it does not understand, or without a star.
fn odd(table: &Table) -> Option<String> {
    const NOT_THERE: Result = Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
    let understood = table.is_plain() || table.outcome == NOT_THERE;
    (!understood).then(|| "the table of levels is not as it expects it".into())
}

/// Which of them is the current one may have changed meanwhile.
const SAME_LEVELS: Agreement<Table> =
    Agreement::new("equal, but for which level is the current one", |amdsmi, kernel| {
        let told = |table: &Table| {
            let levels = &table.levels;
            (levels.transfer_rate.num_supported, levels.transfer_rate.frequency, levels.lanes)
        };
        amdsmi.outcome.is_err() || kernel.outcome.is_err() || told(amdsmi) == told(kernel)
    });

/// Chooses levels of a clock, one bit each.
#[derive(Debug)]
pub(crate) struct SetClock {
    pub(crate) kind: rsmi_clk_type_t,
    pub(crate) mask: u64,
}

impl Question<'_> for SetClock {
    type Value = ();
    const FIRST: First =
        First::Kernel(Why::Differs("10.1 refuses bits of levels that do not exist"));

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        if map::find(map::CLOCK_FILES, &self.kind).is_none() {
            return Told::Unknown;
        }
        at.set(|s| s.amdsmi_set_clk_freq, |handle| (handle, self.kind.0, self.mask))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_clock(self.kind, self.mask).into()
    }

    setter!();
}

/// The levels of the PCIe link: transfers a second, and lanes.
#[derive(Debug)]
pub(crate) struct PciBandwidth;

impl Question<'_> for PciBandwidth {
    type Value = Table;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Table> {
        at.ask(
            |s| s.amdsmi_get_gpu_pci_bandwidth,
            |handle, room| (handle, room.record(0)),
            |written| {
                let transfer_rate = levels(written)?;
                let mut lanes = [0; RSMI_MAX_NUM_FREQUENCIES];
                for (nth, lanes) in lanes.iter_mut().enumerate() {
                    *lanes = written.raw(&pcie_bandwidth::lanes, nth).unwrap_or(0) as u32;
                }
                Some(table(rsmi_pcie_bandwidth_t { transfer_rate, lanes }))
            },
        )
        .unless_failed(Table::failed)
    }

    fn kernel(&self, at: &Gpu) -> Told<Table> {
        Told::Value(at.pci_bandwidth())
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        odd(&at.pci_bandwidth())
    }

    const AGREE: Agreement<Table> = SAME_LEVELS;
}

/// Chooses levels of the PCIe link, one bit each.
#[derive(Debug)]
pub(crate) struct SetPciBandwidth {
    pub(crate) mask: u64,
}

impl Question<'_> for SetPciBandwidth {
    type Value = ();
    const FIRST: First = First::Kernel(Why::Differs(
        "10.1 sets the performance level to auto afterwards; statuses differ",
    ));

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        at.set(|s| s.amdsmi_set_gpu_pci_bandwidth, |handle| (handle, self.mask))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_pci_bandwidth(self.mask).into()
    }

    setter!();
}

/// What went over the PCIe link within a second.
#[derive(Debug)]
pub(crate) struct PciThroughput;

impl Question<'_> for PciThroughput {
    type Value = Throughput;
    const FIRST: First = First::Kernel(Why::Polled);
    // The driver keeps who asks for a second.
    const ASKED: super::Asked = super::Asked::Once;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Throughput> {
        at.ask(
            |s| s.amdsmi_get_gpu_pci_throughput,
            |handle, room| (handle, room.number(0), room.number(8), room.number(16)),
            |written| {
                Some(Throughput {
                    sent: written.number(0)?,
                    received: written.number(8)?,
                    max_packet_size: written.number(16)?,
                })
            },
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Throughput> {
        gpu::traffic_is_counted(at.device());
        gpu::throughput(at.device()).into()
    }

    equal!();
}

/// How often something was sent over the PCIe link again.
#[derive(Debug)]
pub(crate) struct PciReplayCounter;

impl Question<'_> for PciReplayCounter {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        at.number(|s| s.amdsmi_get_gpu_pci_replay_counter)
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        at.pci_replay_counter().into()
    }

    equal!();

    const BETWEEN: Option<Between<u64>> =
        Some(|amdsmi, before, after| (before..=after).contains(&amdsmi));
}

#[derive(Debug)]
pub(crate) struct PerfLevel;

impl Question<'_> for PerfLevel {
    type Value = rsmi_dev_perf_level_t;
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        at.number(|s| s.amdsmi_get_gpu_perf_level).map(rsmi_dev_perf_level_t)
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        at.perf_level().into()
    }

    equal!();
}

#[derive(Debug)]
pub(crate) struct SetPerfLevel {
    pub(crate) level: rsmi_dev_perf_level_t,
}

impl Question<'_> for SetPerfLevel {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        if !map::PERF_LEVELS.iter().any(|(_, level)| *level == self.level) {
            return Told::Unknown;
        }
        at.set(|s| s.amdsmi_set_gpu_perf_level, |handle| (handle, self.level.0))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_perf_level(self.level).into()
    }

    setter!();
}

/// Sets the mode in which run times repeat, with an upper limit of the graphics clock in MHz.
#[derive(Debug)]
pub(crate) struct SetDeterminism {
    pub(crate) highest: u64,
}

impl Question<'_> for SetDeterminism {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        at.set(|s| s.amdsmi_set_gpu_perf_determinism_mode, |handle| (handle, self.highest))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_determinism(self.highest).into()
    }

    setter!();
}

/// Sets both limits of a clock, in MHz.
#[derive(Debug)]
pub(crate) struct SetClockRange {
    pub(crate) kind: rsmi_clk_type_t,
    pub(crate) min: u64,
    pub(crate) max: u64,
}

impl Question<'_> for SetClockRange {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    // Since 10.0 there are only two calls, one for each limit, each with a commit of its own.
    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        at.set(|s| s.amdsmi_set_gpu_clk_range, |handle| (handle, self.min, self.max, self.kind.0))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_clock_range(self.kind, self.min, self.max).into()
    }

    setter!();
}

/// Sets one limit of a clock, in MHz.
#[derive(Debug)]
pub(crate) struct SetClockLimit {
    pub(crate) kind: rsmi_clk_type_t,
    pub(crate) end: rsmi_freq_ind_t,
    pub(crate) value: u64,
}

impl Question<'_> for SetClockLimit {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        at.set(
            |s| s.amdsmi_set_gpu_clk_limit,
            |handle| (handle, self.kind.0, self.end.0, self.value),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_clock_limit(self.kind, self.end, self.value).into()
    }

    setter!();
}
