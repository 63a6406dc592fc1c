//! gpu_metrics: the whole table as the client's generation shows it, and the questions that it
//! answers.

use super::{BUSY, Gpu, NOT_SUPPORTED};
use crate::client::{self, Metrics};
use crate::kernel::metrics::{self, Table};
use crate::log::{self, Level};
use crate::spare::{Spare, Spares};
use crate::status::Result;
use crate::types::{
    RSMI_UTILIZATION_COUNTER_TYPE, metrics_table_header_t, rsmi_gpu_metrics_t, rsmi_status_t,
};
use rsmi_generations::Generation;
use std::mem::MaybeUninit;

const UNEXPECTED_DATA: rsmi_status_t = rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;

/// The format of a card's table; those above are of APUs.
const CARD: u8 = 1;

/// The version that never tells of partitions.
const DESCRIBES_ITSELF: (u8, u8) = (1, 9);

impl Gpu {
    /// All of the table.
    pub(crate) fn metrics_info(&self) -> Result<Spare<Metrics>> {
        let mut metrics = spare_metrics();
        let version = self.table(|table| {
            metrics.gap = match table.version() {
                (1, 1..=3) => table.unnamed(Metrics::GAP).unwrap_or(0),
                _ => 0,
            };
            table.fill(&mut metrics.members);
            let partition = self.partition_id() as usize;
            show(&mut metrics.members, table, client::generation(), partition);
            table.version()
        })?;
        let shown = &mut metrics.members;
        if version == DESCRIBES_ITSELF && shown.num_partition == u16::MAX {
            shown.num_partition = self.partitions(shown).unwrap_or(u16::MAX);
        }
        Ok(metrics)
    }

    /// The members that there is a question of their own for. Only a card's table has them, and in
    /// rsmi's units: APUs tell of energy and of links nothing, and of activity some in percent, some
    /// in hundredths of one. To the original all their tables were strange data.
    ///
    /// None of them is of a partition.
    #[inline(never)]
    pub(super) fn card_metrics<T>(
        &self,
        look: impl FnOnce(&rsmi_gpu_metrics_t) -> Result<T>,
    ) -> Result<T> {
        let mut metrics = spare_metrics();
        let shown = &mut metrics.members;
        let (format, content) = self.table(|table| {
            if table.version().0 == CARD {
                table.fill_device(shown);
                show(shown, table, client::generation(), self.partition_id() as usize);
            }
            table.version()
        })?;
        if format != CARD {
            log::reason(|| format!("gpu_metrics {format}.{content} does not have it"));
            return Err(self.unread(UNEXPECTED_DATA));
        }
        look(shown)
    }

    /// Size and version of the table; NOT_SUPPORTED for a version that is not known.
    pub(crate) fn metrics_header(&self) -> Result<metrics_table_header_t> {
        match metrics::header(&self.device) {
            Ok(header) if metrics::is_known(header) => Ok(header),
            Ok(header) => {
                let (format, content) = (header.format_revision, header.content_revision);
                log::reason(|| format!("gpu_metrics {format}.{content} is not known"));
                Err(NOT_SUPPORTED)
            }
            Err(UNEXPECTED_DATA) => Err(NOT_SUPPORTED),
            Err(status) => Err(status),
        }
    }

    /// Writes the table to the log.
    pub(crate) fn log_metrics(&self) -> Result {
        let log = |table: &Table<'_>| {
            if log::enabled(Level::Info) {
                let (format, content) = table.version();
                let device = self.device.path().display();
                log::info(|| format!("{device}: gpu_metrics {format}.{content}"));
                for line in table.lines() {
                    log::info(|| line);
                }
            }
        };
        Table::look(&self.device, log).map_err(strange)
    }

    /// How many compute chips run: those whose clock is told, and is not 0. Since ROCm 6.3 the first
    /// that is not told ends the list.
    pub(crate) fn running_xcds(&self) -> Result<u16> {
        self.card_metrics(|metrics| {
            let all = client::generation() < Generation::V6_3;
            let clocks = metrics.current_gfxclks.iter();
            let told = clocks.take_while(|clock| all || **clock != u16::MAX);
            Ok(told.filter(|clock| ![0, u16::MAX].contains(*clock)).count() as u16)
        })
    }

    /// How busy the graphics core, the memory controller and the video engines are, in percent.
    pub(crate) fn activity(&self) -> Result<[u16; 3]> {
        self.card_metrics(|metrics| {
            Ok([
                metrics.average_gfx_activity,
                metrics.average_umc_activity,
                metrics.average_mm_activity,
            ])
        })
    }

    /// The counters of utilization, and their time in ns.
    pub(crate) fn utilization(&self) -> Result<Utilization> {
        self.card_metrics(|metrics| {
            Ok(Utilization {
                gfx: metrics.gfx_activity_acc,
                memory: metrics.mem_activity_acc,
                timestamp: metrics.system_clock_counter,
            })
        })
    }

    /// One member, by its names in the versions of the table, NOT_SUPPORTED where this one has it
    /// under none. From 1.6 on the partitions tell of the video engines.
    pub(crate) fn metric<T: metrics::Slot + Default>(&self, names: &[&str]) -> Result<T> {
        let partition = Some(self.partition_id() as usize);
        let find = |table: &Table<'_>| {
            let found = names
                .iter()
                .find_map(|name| table.get(name, None).or_else(|| table.get(name, partition)));
            found.ok_or_else(|| {
                let (format, content) = table.version();
                log::reason(|| format!("gpu_metrics {format}.{content} does not have it"));
                NOT_SUPPORTED
            })
        };
        Table::look(&self.device, find).map_err(strange)?
    }

    fn table<T>(&self, look: impl FnOnce(&Table<'_>) -> T) -> Result<T> {
        Table::look(&self.device, look).map_err(|status| self.unread(status))
    }

    /// What clients of the device's generation are told of a table that cannot be read.
    fn unread(&self, status: rsmi_status_t) -> rsmi_status_t {
        // EIO: to the original, a table that is empty.
        let refused = status == rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE;
        let status = if refused { UNEXPECTED_DATA } else { status };
        match client::generation() {
            _ if status == BUSY => status,
            Generation::V5 if status == UNEXPECTED_DATA => NOT_SUPPORTED,
            Generation::V5 => status,
            // Whatever was wrong with the file, they were told of strange data.
            generation if !generation.is_seven() => UNEXPECTED_DATA,
            // And they are told that there is none.
            _ if status != UNEXPECTED_DATA => NOT_SUPPORTED,
            _ => status,
        }
    }

    /// How many partitions the card has by its mode: each a compute chip in the last of them.
    fn partitions(&self, metrics: &rsmi_gpu_metrics_t) -> Option<u16> {
        let chips = metrics.current_gfxclks.iter().filter(|clock| **clock != u16::MAX).count();
        let count = |mode: &[u8]| {
            Ok(match mode {
                b"SPX" => Some(1),
                b"DPX" => Some(2),
                b"TPX" => Some(3),
                b"QPX" => Some(4),
                b"CPX" if chips > 0 => Some(chips as u16),
                _ => None,
            })
        };
        log::aside(|| self.device.look_at_word("current_compute_partition", count)).ok()?
    }
}

/// Whatever was wrong with the file, but that nobody may read it now.
fn strange(status: rsmi_status_t) -> rsmi_status_t {
    if status == BUSY { BUSY } else { UNEXPECTED_DATA }
}

/// What a client is to see, still to be filled in.
pub(crate) fn spare_metrics() -> Spare<Metrics> {
    // SAFETY: the struct holds nothing but integers, of which zeros are a value.
    const NONE: Metrics = unsafe { MaybeUninit::zeroed().assume_init() };
    static METRICS: Spares<Metrics> = Spares::new(NONE);
    METRICS.take(&NONE)
}

/// Turns what a table tells into what the library of the client's generation showed: they differ in
/// what they put where the table has nothing.
fn show(
    shown: &mut rsmi_gpu_metrics_t,
    table: &Table<'_>,
    generation: Generation,
    partition: usize,
) {
    let each_clock = table.has("current_gfxclks");
    let is_1_3 = table.version() == (1, 3);
    match generation {
        Generation::V5 => match table.version() {
            (1, 0) => {
                shown.gfx_activity_acc = 0;
                shown.mem_activity_acc = 0;
                shown.temperature_hbm.fill(0);
            }
            // The firmware's time is that of the readings.
            (1, 2 | 3) if shown.firmware_timestamp != u64::MAX => {
                shown.system_clock_counter = shown.firmware_timestamp;
            }
            _ => {}
        },
        Generation::V6_0 | Generation::V6_2 => {
            if is_1_3 {
                shown.current_socket_power = shown.average_socket_power;
            } else if each_clock {
                shown.average_gfxclk_frequency = shown.current_gfxclk;
                shown.average_socclk_frequency = shown.current_socclk;
                shown.average_vclk0_frequency = shown.current_vclk0;
                shown.average_vclk1_frequency = shown.current_vclk1;
                shown.average_dclk0_frequency = shown.current_dclk0;
                shown.average_dclk1_frequency = shown.current_dclk1;
            }
        }
        Generation::V6_3 | Generation::V6_4 | Generation::V7_0 if is_1_3 => {
            shown.current_gfxclks[0] = shown.current_gfxclk;
            shown.current_socclks[0] = shown.current_socclk;
            shown.current_vclk0s[0] = shown.current_vclk0;
            shown.current_dclk0s[0] = shown.current_dclk0;
            shown.vcn_activity[0] = shown.average_mm_activity;
            if generation >= Generation::V6_4 {
                shown.xcp_stats[0].vcn_busy[0] = shown.average_mm_activity;
            }
        }
        Generation::V6_3 | Generation::V6_4 => {
            if let Some(partition) = shown.xcp_stats.get(partition) {
                if partition.vcn_busy[0] != u16::MAX {
                    shown.vcn_activity = partition.vcn_busy;
                }
                if partition.jpeg_busy[0] != u16::MAX {
                    let engines = shown.jpeg_activity.len();
                    shown.jpeg_activity.copy_from_slice(&partition.jpeg_busy[..engines]);
                }
            }
        }
        Generation::V7_0 => {}
    }
}

/// How much parts of a device have done, in a unit of the firmware's.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Utilization {
    pub(crate) gfx: u32,
    pub(crate) memory: u32,
    /// ns
    pub(crate) timestamp: u64,
}

impl Utilization {
    /// One counter; INVALID_ARGS for one that rsmi does not list.
    pub(crate) fn counter(&self, kind: RSMI_UTILIZATION_COUNTER_TYPE) -> Result<u64> {
        let count = match kind {
            RSMI_UTILIZATION_COUNTER_TYPE::RSMI_COARSE_GRAIN_GFX_ACTIVITY => self.gfx,
            RSMI_UTILIZATION_COUNTER_TYPE::RSMI_COARSE_GRAIN_MEM_ACTIVITY => self.memory,
            _ => {
                log::reason(|| "there is no such counter".into());
                return Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS);
            }
        };
        if count == u32::MAX {
            log::reason(|| "the firmware does not report it".into());
            return Err(NOT_SUPPORTED);
        }
        Ok(count.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::metrics::tests::table;

    fn shown(table: &Table<'_>, generation: Generation, partition: usize) -> rsmi_gpu_metrics_t {
        let mut shown = table.metrics();
        show(&mut shown, table, generation, partition);
        shown
    }

    const SINCE_6: [Generation; 5] =
        [Generation::V6_0, Generation::V6_2, Generation::V6_3, Generation::V6_4, Generation::V7_0];

    #[test]
    fn version_1_3_is_shown_as_each_generation_did() {
        let table = table(
            (1, 3),
            &[
                ("average_socket_power", &[77]),
                ("average_mm_activity", &[5]),
                ("current_vclk0", &[700]),
                ("system_clock_counter", &[1000]),
                ("firmware_timestamp", &[99]),
            ],
        );
        for generation in SINCE_6 {
            let shown = shown(&table, generation, 0);
            let old = generation < Generation::V6_3;
            assert_eq!(shown.current_socket_power, if old { 77 } else { u16::MAX });
            assert_eq!(shown.vcn_activity[0], if old { u16::MAX } else { 5 });
            assert_eq!(shown.current_vclk0s[0], if old { u16::MAX } else { 700 });
            let partition = generation >= Generation::V6_4;
            assert_eq!(shown.xcp_stats[0].vcn_busy[0], if partition { 5 } else { u16::MAX });
            assert_eq!(shown.system_clock_counter, 1000);
        }
        assert_eq!(shown(&table, Generation::V5, 0).system_clock_counter, 990);
    }

    #[test]
    fn versions_of_many_clocks_are_shown_as_each_generation_did() {
        let table = table(
            (1, 7),
            &[
                ("current_gfxclks", &[2100]),
                ("current_vclk0s", &[1, 2, 3, 4]),
                ("0.vcn_busy", &[u16::MAX.into(), 9]),
                ("1.vcn_busy", &[11, 12, 13, 14]),
                ("1.jpeg_busy", &[15; 32]),
            ],
        );
        for generation in SINCE_6 {
            let first = shown(&table, generation, 0);
            let second = shown(&table, generation, 1);
            let old = generation < Generation::V6_3;
            assert_eq!((first.current_gfxclk, first.current_vclk1), (2100, 2));
            assert_eq!(first.average_gfxclk_frequency, if old { 2100 } else { u16::MAX });
            assert_eq!(first.average_vclk1_frequency, if old { 2 } else { u16::MAX });
            let own = [Generation::V6_3, Generation::V6_4].contains(&generation);
            assert_eq!(second.vcn_activity[3], if own { 14 } else { u16::MAX });
            assert_eq!(second.jpeg_activity[31], if own { 15 } else { u16::MAX });
            assert_eq!(first.vcn_activity, [u16::MAX; 4], "the first engine is not reported");
            assert_eq!(shown(&table, generation, 8).vcn_activity, [u16::MAX; 4]);
        }
    }

    #[test]
    fn five_knew_nothing_but_zeros_of_what_1_0_lacks() {
        let table = table((1, 0), &[("temperature_hotspot", &[61])]);
        let five = shown(&table, Generation::V5, 0);
        assert_eq!((five.temperature_hotspot, five.gfx_activity_acc), (61, 0));
        assert_eq!((five.mem_activity_acc, five.temperature_hbm), (0, [0; 4]));
        assert_eq!(shown(&table, Generation::V7_0, 0).gfx_activity_acc, u32::MAX);
    }

    #[test]
    fn a_counter_that_is_not_reported_is_no_number() {
        let utilization = Utilization { gfx: u32::MAX, memory: 7, timestamp: 0 };
        let counter = |kind| utilization.counter(RSMI_UTILIZATION_COUNTER_TYPE(kind));
        assert_eq!(counter(0), Err(NOT_SUPPORTED));
        assert_eq!(counter(1), Ok(7));
        for kind in [2, 100, u32::MAX] {
            assert_eq!(counter(kind), Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS), "{kind}");
        }
    }
}
