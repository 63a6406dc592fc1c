//! gpu_metrics: the whole table, and the questions that it answers.

use super::{Agreement, Between, First, Question, Why, equal};
use crate::amdsmi::abi::{gpu_metrics, utilization_counter, xcp_metrics};
use crate::amdsmi::{self, Release, Written};
use crate::client::Metrics;
use crate::gpu::{Gpu, Utilization, spare_metrics};
use crate::layout::Member;
use crate::log;
use crate::spare::Spare;
use crate::told::Told;
use crate::types::{amdgpu_xcp_metrics_t, metrics_table_header_t, rsmi_gpu_metrics_t};

/// A member of rocm_smi's struct, of one of AMD SMI's. What the release lacks is all ones, as is what
/// is not reported; a counter that AMD SMI has wider loses its upper bits.
trait Slot: Copy {
    /// `nth` is the first number; `at` is where the struct begins.
    fn read(written: &Written, at: usize, member: &'static Member<Release>, nth: usize) -> Self;
}

macro_rules! slot {
    ($($number:ty),*) => {$(
        impl Slot for $number {
            fn read(written: &Written, at: usize, member: &'static Member<Release>, nth: usize) -> Self {
                match written.within(at, member, nth) {
                    None | Some(u64::MAX) => Self::MAX,
                    Some(number) => number as Self,
                }
            }
        }
    )*};
}
slot!(u16, u32, u64);

impl<T: Slot, const N: usize> Slot for [T; N] {
    fn read(written: &Written, at: usize, member: &'static Member<Release>, _: usize) -> Self {
        std::array::from_fn(|nth| T::read(written, at, member, nth))
    }
}

macro_rules! read {
    ($written:ident, $at:expr, $layout:ident, $type:ident { $($member:ident),* $(,)? } $($rest:tt)*) => {
        $type { $($member: Slot::read($written, $at, &$layout::$member, 0),)* $($rest)* }
    };
}

fn header(written: &Written) -> Option<metrics_table_header_t> {
    let header = written.number::<u32>(0)?;
    Some(metrics_table_header_t {
        structure_size: header as u16,
        format_revision: (header >> 16) as u8,
        content_revision: (header >> 24) as u8,
    })
}

fn partition(written: &Written, nth: usize) -> amdgpu_xcp_metrics_t {
    let stats = gpu_metrics::xcp_stats.place(written.release()).and_then(|place| place.at(nth));
    // Where there are none, no member is found.
    let at = stats.unwrap_or(usize::MAX / 2);
    read!(
        written,
        at,
        xcp_metrics,
        amdgpu_xcp_metrics_t {
            gfx_busy_inst,
            jpeg_busy,
            vcn_busy,
            gfx_busy_acc,
            gfx_below_host_limit_acc,
            gfx_below_host_limit_ppt_acc,
            gfx_below_host_limit_thm_acc,
            gfx_low_utilization_acc,
            gfx_below_host_limit_total_acc,
        }
    )
}

fn table(written: &Written) -> Option<rsmi_gpu_metrics_t> {
    let common_header = header(written)?;
    Some(read!(written, 0, gpu_metrics, rsmi_gpu_metrics_t {
        temperature_edge,
        temperature_hotspot,
        temperature_mem,
        temperature_vrgfx,
        temperature_vrsoc,
        temperature_vrmem,
        average_gfx_activity,
        average_umc_activity,
        average_mm_activity,
        average_socket_power,
        energy_accumulator,
        system_clock_counter,
        average_gfxclk_frequency,
        average_socclk_frequency,
        average_uclk_frequency,
        average_vclk0_frequency,
        average_dclk0_frequency,
        average_vclk1_frequency,
        average_dclk1_frequency,
        current_gfxclk,
        current_socclk,
        current_uclk,
        current_vclk0,
        current_dclk0,
        current_vclk1,
        current_dclk1,
        throttle_status,
        current_fan_speed,
        pcie_link_width,
        pcie_link_speed,
        gfx_activity_acc,
        mem_activity_acc,
        temperature_hbm,
        firmware_timestamp,
        voltage_soc,
        voltage_gfx,
        voltage_mem,
        indep_throttle_status,
        current_socket_power,
        vcn_activity,
        gfxclk_lock_status,
        xgmi_link_width,
        xgmi_link_speed,
        pcie_bandwidth_acc,
        pcie_bandwidth_inst,
        pcie_l0_to_recov_count_acc,
        pcie_replay_count_acc,
        pcie_replay_rover_count_acc,
        xgmi_read_data_acc,
        xgmi_write_data_acc,
        current_gfxclks,
        current_socclks,
        current_vclk0s,
        current_dclk0s,
        jpeg_activity,
        pcie_nak_sent_count_acc,
        pcie_nak_rcvd_count_acc,
        accumulation_counter,
        prochot_residency_acc,
        ppt_residency_acc,
        socket_thm_residency_acc,
        vr_thm_residency_acc,
        hbm_thm_residency_acc,
        num_partition,
        pcie_lc_perf_other_end_recovery,
        vram_max_bandwidth,
        xgmi_link_status,
    }
        common_header,
        xcp_stats: std::array::from_fn(|nth| partition(written, nth)),
    ))
}

/// The whole table. Of a release that nobody knows it is not read: most of it has moved once.
#[derive(Debug)]
pub(crate) struct MetricsTable;

impl Question<'_> for MetricsTable {
    type Value = Spare<Metrics>;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        if !at.has_known_lists() {
            return Told::Unknown;
        }
        at.ask(
            |s| s.amdsmi_get_gpu_metrics_info,
            |handle, room| (handle, room.record(0)),
            |written| {
                table(written).map(|members| {
                    let mut metrics = spare_metrics();
                    (metrics.members, metrics.gap) = (members, 0);
                    metrics
                })
            },
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        at.metrics_info().into()
    }

    // The rest moves.
    const AGREE: Agreement<Self::Value> =
        Agreement::new("equal in the format", |amdsmi, kernel| {
            let format = |metrics: &Metrics| metrics.members.common_header.format_revision;
            format(amdsmi) == format(kernel)
        });
}

/// Size and version of the table.
#[derive(Debug)]
pub(crate) struct MetricsHeader;

impl Question<'_> for MetricsHeader {
    type Value = metrics_table_header_t;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        at.ask(
            |s| s.amdsmi_get_gpu_metrics_header_info,
            |handle, room| (handle, room.record(0)),
            header,
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        at.metrics_header().into()
    }

    equal!();
}

/// How many compute chips run.
#[derive(Debug)]
pub(crate) struct RunningXcds;

impl Question<'_> for RunningXcds {
    type Value = u16;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u16> {
        at.number(|s| s.amdsmi_get_gpu_xcd_counter)
    }

    fn kernel(&self, at: &Gpu) -> Told<u16> {
        at.running_xcds().into()
    }

    equal!();
}

/// How busy the graphics core, the memory controller and the video engines are, in percent.
#[derive(Debug)]
pub(crate) struct Activity;

impl Question<'_> for Activity {
    type Value = [u16; 3];
    const FIRST: First = First::Kernel(Why::Polled);

    // These three never moved.
    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        at.ask(
            |s| s.amdsmi_get_gpu_metrics_info,
            |handle, room| (handle, room.record(0)),
            |written| {
                header(written)?;
                let member = |member| u16::read(written, 0, member, 0);
                Some([
                    member(&gpu_metrics::average_gfx_activity),
                    member(&gpu_metrics::average_umc_activity),
                    member(&gpu_metrics::average_mm_activity),
                ])
            },
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        at.activity().into()
    }

    equal!();

    // A load may be anything between two readings.
    const BETWEEN: Option<Between<Self::Value>> = Some(|_, _, _| true);
}

/// How much the graphics core and the memory have done, and when.
#[derive(Debug)]
pub(crate) struct UtilizationCount;

impl Question<'_> for UtilizationCount {
    type Value = Utilization;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Utilization> {
        // COARSE_GRAIN_GFX_ACTIVITY and COARSE_GRAIN_MEM_ACTIVITY.
        const KINDS: [u32; 2] = [0, 1];
        const COUNTERS: usize = 8;
        let size = match at.release() {
            Some(release) if release < Release::V6_3_0 => 16,
            Some(_) => 56,
            None => {
                log::reason(|| "nobody knows how long this AMD SMI's counters are".into());
                return Told::Unknown;
            }
        };
        at.ask(
            |s| s.amdsmi_get_utilization_count,
            |handle, room| {
                for kind in KINDS {
                    room.put(COUNTERS + size * kind as usize, kind);
                }
                let counters = room.bytes(COUNTERS, size * KINDS.len());
                (handle, counters, KINDS.len() as u32, room.number(0))
            },
            |written| {
                let count = |nth| {
                    let count =
                        written.within(COUNTERS + size * nth, &utilization_counter::value, 0);
                    count.map(|count| if count == u64::MAX { u32::MAX } else { count as u32 })
                };
                Some(Utilization {
                    gfx: count(0)?,
                    memory: count(1)?,
                    timestamp: written.number(0)?,
                })
            },
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Utilization> {
        at.utilization().into()
    }

    equal!();

    // It keeps gpu_metrics for up to 100 ms.
    const BETWEEN: Option<Between<Utilization>> =
        Some(|amdsmi, _, after| amdsmi.timestamp <= after.timestamp);
}
