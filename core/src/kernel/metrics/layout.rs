//! Where each version of the table keeps each member.
//!
//! Members are called as `rsmi_gpu_metrics_t` calls them, also where the kernel has another name
//! (`curr_socket_power`, `mem_max_bandwidth`; `current_gfxclk` and its like where it is an array;
//! an APU's `vclk`, `dclk` and `temperature_gfx`, which hwmon calls the edge's). Those that no client can see are left out: padding, and most of
//! what an APU tells of its processor cores.

use super::slot::{Copy, Put, Slot};
use super::units::{
    counted, degrees, hundredths, likely_percent, likely_watts, nanoseconds, watts,
};
use crate::types::{amdgpu_xcp_metrics_t, rsmi_gpu_metrics_t};
use std::mem::MaybeUninit;

/// One member of a table: where its numbers are, and where they go.
pub(super) struct Member<T: 'static> {
    pub(super) name: &'static str,
    pub(super) at: usize,
    pub(super) width: usize,
    pub(super) count: usize,
    /// None where the table has rsmi's unit.
    pub(super) convert: Option<Convert>,
    pub(super) put: Put<T>,
    pub(super) copy: Copy<T>,
}

/// Into rsmi's unit: the number, all ones of 64 bits where it is not reported, and what stands for
/// that in its width.
pub(super) type Convert = fn(u64, u64) -> u64;

/// One version of the table.
pub(super) struct Layout {
    pub(super) version: (u8, u8),
    pub(super) size: usize,
    pub(super) members: &'static [&'static [Member<rsmi_gpu_metrics_t>]],
    pub(super) partitions: Option<Partitions>,
    /// Where the fabric's clock is, which no client can see.
    pub(super) fabric_clock: Option<usize>,
}

impl Layout {
    /// How many bytes of `rsmi_gpu_metrics_t` this version's members take, up to the last.
    pub(super) fn reach(&self) -> usize {
        if self.partitions.is_some() {
            return size_of::<rsmi_gpu_metrics_t>();
        }
        let mut filled = MaybeUninit::<rsmi_gpu_metrics_t>::zeroed();
        // SAFETY: the struct holds nothing but integers, of which zeros are a value.
        let metrics = unsafe { filled.assume_init_mut() };
        for member in self.members.iter().copied().flatten() {
            (member.put)(metrics, &mut std::iter::repeat_n(u64::MAX, member.count));
        }
        // SAFETY: the struct was zeroed, its padding too, and lives as long as this function.
        let bytes = unsafe {
            std::slice::from_raw_parts(filled.as_ptr().cast::<u8>(), size_of_val(&filled))
        };
        bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
    }
}

/// What is told of each partition, one after the other.
pub(super) struct Partitions {
    pub(super) at: usize,
    pub(super) stride: usize,
    pub(super) members: &'static [Member<amdgpu_xcp_metrics_t>],
}

/// `name @ offset: type`, or `type[count]`, and `by` the conversion into rsmi's unit if there is one.
macro_rules! members {
    ($of:ty { $($name:ident @ $at:literal: $number:ident $([$count:literal])? $(by $convert:ident)?),* $(,)? }) => {
        &[$(Member {
            name: stringify!($name),
            at: $at,
            width: size_of::<$number>(),
            count: 1 $(* $count)?,
            convert: members!(@convert $($convert)?),
            put: |of: &mut $of, numbers| of.$name.fill(numbers),
            copy: |of: &mut $of, bytes, width| of.$name.copy(bytes, width),
        }),*]
    };
    (@convert) => { None };
    (@convert $convert:ident) => { Some($convert) };
}

const V1_0: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    system_clock_counter @ 8: u64,
    temperature_edge @ 16: u16,
    temperature_hotspot @ 18: u16,
    temperature_mem @ 20: u16,
    temperature_vrgfx @ 22: u16,
    temperature_vrsoc @ 24: u16,
    temperature_vrmem @ 26: u16,
    average_gfx_activity @ 28: u16,
    average_umc_activity @ 30: u16,
    average_mm_activity @ 32: u16,
    average_socket_power @ 34: u16,
    energy_accumulator @ 36: u32,
    average_gfxclk_frequency @ 40: u16,
    average_socclk_frequency @ 42: u16,
    average_uclk_frequency @ 44: u16,
    average_vclk0_frequency @ 46: u16,
    average_dclk0_frequency @ 48: u16,
    average_vclk1_frequency @ 50: u16,
    average_dclk1_frequency @ 52: u16,
    current_gfxclk @ 54: u16,
    current_socclk @ 56: u16,
    current_uclk @ 58: u16,
    current_vclk0 @ 60: u16,
    current_dclk0 @ 62: u16,
    current_vclk1 @ 64: u16,
    current_dclk1 @ 66: u16,
    throttle_status @ 68: u32,
    current_fan_speed @ 72: u16,
    pcie_link_width @ 74: u8,
    pcie_link_speed @ 75: u8,
});

/// What 1.1, 1.2 and 1.3 begin with.
const V1_1: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    temperature_edge @ 4: u16,
    temperature_hotspot @ 6: u16,
    temperature_mem @ 8: u16,
    temperature_vrgfx @ 10: u16,
    temperature_vrsoc @ 12: u16,
    temperature_vrmem @ 14: u16,
    average_gfx_activity @ 16: u16,
    average_umc_activity @ 18: u16,
    average_mm_activity @ 20: u16,
    average_socket_power @ 22: u16,
    energy_accumulator @ 24: u64 by counted,
    system_clock_counter @ 32: u64,
    average_gfxclk_frequency @ 40: u16,
    average_socclk_frequency @ 42: u16,
    average_uclk_frequency @ 44: u16,
    average_vclk0_frequency @ 46: u16,
    average_dclk0_frequency @ 48: u16,
    average_vclk1_frequency @ 50: u16,
    average_dclk1_frequency @ 52: u16,
    current_gfxclk @ 54: u16,
    current_socclk @ 56: u16,
    current_uclk @ 58: u16,
    current_vclk0 @ 60: u16,
    current_dclk0 @ 62: u16,
    current_vclk1 @ 64: u16,
    current_dclk1 @ 66: u16,
    throttle_status @ 68: u32,
    current_fan_speed @ 72: u16,
    pcie_link_width @ 74: u16,
    pcie_link_speed @ 76: u16,
    gfx_activity_acc @ 80: u32,
    mem_activity_acc @ 84: u32,
    temperature_hbm @ 88: u16[4],
});

const SINCE_1_2: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    firmware_timestamp @ 96: u64 by nanoseconds,
});

const SINCE_1_3: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    voltage_soc @ 104: u16,
    voltage_gfx @ 106: u16,
    voltage_mem @ 108: u16,
    indep_throttle_status @ 112: u64,
});

const V1_4: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    temperature_hotspot @ 4: u16,
    temperature_mem @ 6: u16,
    temperature_vrsoc @ 8: u16,
    current_socket_power @ 10: u16,
    average_gfx_activity @ 12: u16,
    average_umc_activity @ 14: u16,
    vcn_activity @ 16: u16[4],
    energy_accumulator @ 24: u64 by counted,
    system_clock_counter @ 32: u64,
    throttle_status @ 40: u32,
    gfxclk_lock_status @ 44: u32,
    pcie_link_width @ 48: u16,
    pcie_link_speed @ 50: u16,
    xgmi_link_width @ 52: u16,
    xgmi_link_speed @ 54: u16,
    gfx_activity_acc @ 56: u32,
    mem_activity_acc @ 60: u32,
    pcie_bandwidth_acc @ 64: u64 by counted,
    pcie_bandwidth_inst @ 72: u64,
    pcie_l0_to_recov_count_acc @ 80: u64 by counted,
    pcie_replay_count_acc @ 88: u64 by counted,
    pcie_replay_rover_count_acc @ 96: u64 by counted,
    xgmi_read_data_acc @ 104: u64[8] by counted,
    xgmi_write_data_acc @ 168: u64[8] by counted,
    firmware_timestamp @ 232: u64 by nanoseconds,
    current_gfxclks @ 240: u16[8],
    current_socclks @ 256: u16[4],
    current_vclk0s @ 264: u16[4],
    current_dclk0s @ 272: u16[4],
    current_uclk @ 280: u16,
});

const V1_5: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    temperature_hotspot @ 4: u16,
    temperature_mem @ 6: u16,
    temperature_vrsoc @ 8: u16,
    current_socket_power @ 10: u16,
    average_gfx_activity @ 12: u16,
    average_umc_activity @ 14: u16,
    vcn_activity @ 16: u16[4],
    jpeg_activity @ 24: u16[32],
    energy_accumulator @ 88: u64 by counted,
    system_clock_counter @ 96: u64,
    throttle_status @ 104: u32,
    gfxclk_lock_status @ 108: u32,
    pcie_link_width @ 112: u16,
    pcie_link_speed @ 114: u16,
    xgmi_link_width @ 116: u16,
    xgmi_link_speed @ 118: u16,
    gfx_activity_acc @ 120: u32,
    mem_activity_acc @ 124: u32,
    pcie_bandwidth_acc @ 128: u64 by counted,
    pcie_bandwidth_inst @ 136: u64,
    pcie_l0_to_recov_count_acc @ 144: u64 by counted,
    pcie_replay_count_acc @ 152: u64 by counted,
    pcie_replay_rover_count_acc @ 160: u64 by counted,
    pcie_nak_sent_count_acc @ 168: u32,
    pcie_nak_rcvd_count_acc @ 172: u32,
    xgmi_read_data_acc @ 176: u64[8] by counted,
    xgmi_write_data_acc @ 240: u64[8] by counted,
    firmware_timestamp @ 304: u64 by nanoseconds,
    current_gfxclks @ 312: u16[8],
    current_socclks @ 328: u16[4],
    current_vclk0s @ 336: u16[4],
    current_dclk0s @ 344: u16[4],
    current_uclk @ 352: u16,
});

const V1_6: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    temperature_hotspot @ 4: u16,
    temperature_mem @ 6: u16,
    temperature_vrsoc @ 8: u16,
    current_socket_power @ 10: u16,
    average_gfx_activity @ 12: u16,
    average_umc_activity @ 14: u16,
    energy_accumulator @ 16: u64 by counted,
    system_clock_counter @ 24: u64,
    accumulation_counter @ 32: u32,
    prochot_residency_acc @ 36: u32,
    ppt_residency_acc @ 40: u32,
    socket_thm_residency_acc @ 44: u32,
    vr_thm_residency_acc @ 48: u32,
    hbm_thm_residency_acc @ 52: u32,
    gfxclk_lock_status @ 56: u32,
    pcie_link_width @ 60: u16,
    pcie_link_speed @ 62: u16,
    xgmi_link_width @ 64: u16,
    xgmi_link_speed @ 66: u16,
    gfx_activity_acc @ 68: u32,
    mem_activity_acc @ 72: u32,
    pcie_bandwidth_acc @ 80: u64 by counted,
    pcie_bandwidth_inst @ 88: u64,
    pcie_l0_to_recov_count_acc @ 96: u64 by counted,
    pcie_replay_count_acc @ 104: u64 by counted,
    pcie_replay_rover_count_acc @ 112: u64 by counted,
    pcie_nak_sent_count_acc @ 120: u32,
    pcie_nak_rcvd_count_acc @ 124: u32,
    xgmi_read_data_acc @ 128: u64[8] by counted,
    xgmi_write_data_acc @ 192: u64[8] by counted,
    firmware_timestamp @ 256: u64 by nanoseconds,
    current_gfxclks @ 264: u16[8],
    current_socclks @ 280: u16[4],
    current_vclk0s @ 288: u16[4],
    current_dclk0s @ 296: u16[4],
    current_uclk @ 304: u16,
    num_partition @ 306: u16,
});

/// What 1.7 and 1.8 have before the partitions.
const V1_7: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    temperature_hotspot @ 4: u16,
    temperature_mem @ 6: u16,
    temperature_vrsoc @ 8: u16,
    current_socket_power @ 10: u16,
    average_gfx_activity @ 12: u16,
    average_umc_activity @ 14: u16,
    vram_max_bandwidth @ 16: u64,
    energy_accumulator @ 24: u64 by counted,
    system_clock_counter @ 32: u64,
    accumulation_counter @ 40: u32,
    prochot_residency_acc @ 44: u32,
    ppt_residency_acc @ 48: u32,
    socket_thm_residency_acc @ 52: u32,
    vr_thm_residency_acc @ 56: u32,
    hbm_thm_residency_acc @ 60: u32,
    gfxclk_lock_status @ 64: u32,
    pcie_link_width @ 68: u16,
    pcie_link_speed @ 70: u16,
    xgmi_link_width @ 72: u16,
    xgmi_link_speed @ 74: u16,
    gfx_activity_acc @ 76: u32,
    mem_activity_acc @ 80: u32,
    pcie_bandwidth_acc @ 88: u64 by counted,
    pcie_bandwidth_inst @ 96: u64,
    pcie_l0_to_recov_count_acc @ 104: u64 by counted,
    pcie_replay_count_acc @ 112: u64 by counted,
    pcie_replay_rover_count_acc @ 120: u64 by counted,
    pcie_nak_sent_count_acc @ 128: u32,
    pcie_nak_rcvd_count_acc @ 132: u32,
    xgmi_read_data_acc @ 136: u64[8] by counted,
    xgmi_write_data_acc @ 200: u64[8] by counted,
    xgmi_link_status @ 264: u16[8],
    firmware_timestamp @ 288: u64 by nanoseconds,
    current_gfxclks @ 296: u16[8],
    current_socclks @ 312: u16[4],
    current_vclk0s @ 320: u16[4],
    current_dclk0s @ 328: u16[4],
    current_uclk @ 336: u16,
    num_partition @ 338: u16,
});

const AFTER_PARTITIONS_1_6: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    pcie_lc_perf_other_end_recovery @ 1656: u32,
});

const AFTER_PARTITIONS_1_7: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    pcie_lc_perf_other_end_recovery @ 2200: u32,
});

const AFTER_PARTITIONS_1_8: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    pcie_lc_perf_other_end_recovery @ 3864: u32,
});

const PARTITION_1_6: &[Member<amdgpu_xcp_metrics_t>] = members!(amdgpu_xcp_metrics_t {
    gfx_busy_inst @ 0: u32[8],
    jpeg_busy @ 32: u16[32],
    vcn_busy @ 96: u16[4],
    gfx_busy_acc @ 104: u64[8] by counted,
});

const PARTITION_1_7: &[Member<amdgpu_xcp_metrics_t>] = members!(amdgpu_xcp_metrics_t {
    gfx_busy_inst @ 0: u32[8],
    jpeg_busy @ 32: u16[32],
    vcn_busy @ 96: u16[4],
    gfx_busy_acc @ 104: u64[8] by counted,
    gfx_below_host_limit_acc @ 168: u64[8] by counted,
});

const PARTITION_1_8: &[Member<amdgpu_xcp_metrics_t>] = members!(amdgpu_xcp_metrics_t {
    gfx_busy_inst @ 0: u32[8],
    jpeg_busy @ 32: u16[40],
    vcn_busy @ 112: u16[4],
    gfx_busy_acc @ 120: u64[8] by counted,
    gfx_below_host_limit_ppt_acc @ 184: u64[8] by counted,
    gfx_below_host_limit_thm_acc @ 248: u64[8] by counted,
    gfx_low_utilization_acc @ 312: u64[8] by counted,
    gfx_below_host_limit_total_acc @ 376: u64[8] by counted,
});

const V2_0: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    system_clock_counter @ 8: u64,
    temperature_edge @ 16: u16 by degrees,
    average_gfx_activity @ 40: u16 by hundredths,
    average_mm_activity @ 42: u16 by hundredths,
    average_socket_power @ 44: u16 by likely_watts,
    average_gfxclk_frequency @ 68: u16,
    average_socclk_frequency @ 70: u16,
    average_uclk_frequency @ 72: u16,
    average_vclk0_frequency @ 76: u16,
    average_dclk0_frequency @ 78: u16,
    current_gfxclk @ 80: u16,
    current_socclk @ 82: u16,
    current_uclk @ 84: u16,
    current_vclk0 @ 88: u16,
    current_dclk0 @ 90: u16,
    throttle_status @ 112: u32,
});

/// What 2.1 to 2.4 begin with.
const V2_1: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    temperature_edge @ 4: u16 by degrees,
    system_clock_counter @ 32: u64,
    average_socket_power @ 40: u16 by likely_watts,
    average_gfxclk_frequency @ 64: u16,
    average_socclk_frequency @ 66: u16,
    average_uclk_frequency @ 68: u16,
    average_vclk0_frequency @ 72: u16,
    average_dclk0_frequency @ 74: u16,
    current_gfxclk @ 76: u16,
    current_socclk @ 78: u16,
    current_uclk @ 80: u16,
    current_vclk0 @ 84: u16,
    current_dclk0 @ 86: u16,
    throttle_status @ 108: u32,
});

/// In the tables that several APUs have.
const BEFORE_2_3: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    average_gfx_activity @ 28: u16 by hundredths,
    average_mm_activity @ 30: u16 by hundredths,
});

/// In those of Van Gogh alone.
const SINCE_2_3: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    average_gfx_activity @ 28: u16 by likely_percent,
    average_mm_activity @ 30: u16 by likely_percent,
});

const SINCE_2_2: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    indep_throttle_status @ 120: u64,
});

const V3_0: &[Member<rsmi_gpu_metrics_t>] = members!(rsmi_gpu_metrics_t {
    temperature_edge @ 4: u16 by degrees,
    average_gfx_activity @ 42: u16 by hundredths,
    system_clock_counter @ 104: u64,
    average_socket_power @ 112: u32 by watts,
    average_gfxclk_frequency @ 174: u16,
    average_socclk_frequency @ 176: u16,
    average_vclk0_frequency @ 184: u16,
    average_uclk_frequency @ 186: u16,
});

const fn layout(
    version: (u8, u8),
    size: usize,
    members: &'static [&'static [Member<rsmi_gpu_metrics_t>]],
) -> Layout {
    Layout { version, size, members, partitions: None, fabric_clock: None }
}

const fn apu(
    version: (u8, u8),
    size: usize,
    members: &'static [&'static [Member<rsmi_gpu_metrics_t>]],
    fabric_clock: usize,
) -> Layout {
    Layout { version, size, members, partitions: None, fabric_clock: Some(fabric_clock) }
}

const fn partitioned(
    version: (u8, u8),
    size: usize,
    members: &'static [&'static [Member<rsmi_gpu_metrics_t>]],
    partitions: Partitions,
) -> Layout {
    Layout { version, size, members, partitions: Some(partitions), fabric_clock: None }
}

const fn partitions(
    at: usize,
    stride: usize,
    members: &'static [Member<amdgpu_xcp_metrics_t>],
) -> Partitions {
    Partitions { at, stride, members }
}

/// Every version but 1.9, which describes itself.
#[rustfmt::skip]
pub(super) static LAYOUTS: &[Layout] = &[
    layout((1, 0), 80, &[V1_0]),
    layout((1, 1), 96, &[V1_1]),
    layout((1, 2), 104, &[V1_1, SINCE_1_2]),
    layout((1, 3), 120, &[V1_1, SINCE_1_2, SINCE_1_3]),
    layout((1, 4), 288, &[V1_4]),
    layout((1, 5), 360, &[V1_5]),
    partitioned((1, 6), 1664, &[V1_6, AFTER_PARTITIONS_1_6], partitions(312, 168, PARTITION_1_6)),
    partitioned((1, 7), 2208, &[V1_7, AFTER_PARTITIONS_1_7], partitions(344, 232, PARTITION_1_7)),
    partitioned((1, 8), 3872, &[V1_7, AFTER_PARTITIONS_1_8], partitions(344, 440, PARTITION_1_8)),
    apu((2, 0), 120, &[V2_0], 86),
    apu((2, 1), 120, &[V2_1, BEFORE_2_3], 82),
    apu((2, 2), 128, &[V2_1, BEFORE_2_3, SINCE_2_2], 82),
    apu((2, 3), 152, &[V2_1, SINCE_2_3, SINCE_2_2], 82),
    apu((2, 4), 168, &[V2_1, SINCE_2_3, SINCE_2_2], 82),
    apu((3, 0), 264, &[V3_0], 182),
];
