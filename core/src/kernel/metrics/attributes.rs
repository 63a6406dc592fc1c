//! Version 1.9: a table that says of every member what it is, how wide, and how many.

use super::layout::Convert;
use super::slot::{Copy, Put};
use super::units::{counted, nanoseconds, widened};
use super::{Place, Reading};
use crate::types::{amdgpu_xcp_metrics_t, rsmi_gpu_metrics_t};

pub(super) const VERSION: (u8, u8) = (1, 9);

/// An attribute that clients can see.
struct Known {
    id: u64,
    name: &'static str,
    convert: Option<Convert>,
    place: Place,
}

macro_rules! known {
    ($of:ident as $place:expr; $($id:literal: $name:ident $(by $convert:ident)?,)*) => {
        &[$(Known {
            id: $id,
            name: stringify!($name),
            convert: known!(@convert $($convert)?),
            place: {
                const PUT: Put<$of> = |of, numbers| {
                    super::slot::Slot::fill(&mut of.$name, numbers);
                };
                const COPY: Copy<$of> = |of, bytes, width| {
                    super::slot::Slot::copy(&mut of.$name, bytes, width)
                };
                $place(PUT, COPY)
            },
        }),*]
    };
    (@convert) => { None };
    (@convert $convert:ident) => { Some($convert) };
}

/// The kernel's numbers for the attributes of a device. Of HBM's temperatures clients see four.
const DEVICE: &[Known] = known! { rsmi_gpu_metrics_t as Place::Device;
    0: temperature_hotspot,
    1: temperature_mem,
    2: temperature_vrsoc,
    3: current_socket_power,
    4: average_gfx_activity,
    5: average_umc_activity,
    6: vram_max_bandwidth,
    7: energy_accumulator by counted,
    8: system_clock_counter,
    9: accumulation_counter,
    10: prochot_residency_acc,
    11: ppt_residency_acc,
    12: socket_thm_residency_acc,
    13: vr_thm_residency_acc,
    14: hbm_thm_residency_acc,
    15: gfxclk_lock_status,
    16: pcie_link_width,
    17: pcie_link_speed,
    18: xgmi_link_width,
    19: xgmi_link_speed,
    20: gfx_activity_acc,
    21: mem_activity_acc,
    22: pcie_bandwidth_acc by counted,
    23: pcie_bandwidth_inst,
    24: pcie_l0_to_recov_count_acc by counted,
    25: pcie_replay_count_acc by counted,
    26: pcie_replay_rover_count_acc by counted,
    27: pcie_nak_sent_count_acc,
    28: pcie_nak_rcvd_count_acc,
    29: xgmi_read_data_acc by counted,
    30: xgmi_write_data_acc by counted,
    31: xgmi_link_status,
    32: firmware_timestamp by nanoseconds,
    33: current_gfxclks,
    34: current_socclks,
    35: current_vclk0s,
    36: current_dclk0s,
    37: current_uclk,
    38: num_partition,
    39: pcie_lc_perf_other_end_recovery,
    48: temperature_hbm,
};

/// The attributes that earlier versions had for each partition. Here they are the whole device's,
/// and stand in the first one, where libamd_smi has them too.
const PARTITION: &[Known] = known! { amdgpu_xcp_metrics_t as first_partition;
    40: gfx_busy_inst,
    41: jpeg_busy,
    42: vcn_busy,
    43: gfx_busy_acc,
    44: gfx_below_host_limit_ppt_acc,
    45: gfx_below_host_limit_thm_acc,
    46: gfx_low_utilization_acc,
    47: gfx_below_host_limit_total_acc,
};

const fn first_partition(
    put: Put<amdgpu_xcp_metrics_t>,
    copy: Copy<amdgpu_xcp_metrics_t>,
) -> Place {
    Place::Partition(0, put, copy)
}

/// Calls with each member that clients can see, until that returns true; None if the table ends before
/// it should, or is not packed as its version is.
pub(super) fn each<'table>(
    table: &'table [u8],
    with: &mut dyn FnMut(&Reading<'table>) -> bool,
) -> Option<()> {
    let mut rest = table.get(4..)?;
    let mut take = |bytes: usize| {
        let (taken, after) = rest.split_at_checked(bytes)?;
        rest = after;
        Some(taken)
    };
    let count = i32::from_le_bytes(take(4)?.try_into().ok()?);
    for _ in 0..u32::try_from(count).ok()? {
        let encoding = u64::from_le_bytes(take(8)?.try_into().ok()?);
        let (numbers, id) = (encoding & 0x3FF, encoding >> 10 & 0x3FF);
        let kind = encoding >> 20 & 0xF;
        // 8, 16, 32 and 64 bits, each without a sign and with one. A type that is none of these
        // cannot be stepped over.
        let width = (kind < 8).then(|| 1 << (kind / 2))?;
        let bytes = take(numbers as usize * width)?;
        if let Some(known) = DEVICE.iter().chain(PARTITION).find(|known| known.id == id) {
            let reading = Reading {
                name: known.name,
                bytes,
                width,
                sum: is_total(known.name),
                widen: if kind % 2 == 0 { widened } else { signed },
                convert: known.convert,
                place: known.place,
            };
            if with(&reading) {
                break;
            }
        }
    }
    Some(())
}

/// Where a table has the number of each part of the card for a member that has room for one, the
/// whole card's is their sum; of clocks and the like it is the first.
fn is_total(name: &str) -> bool {
    name.starts_with("pcie_") && (name.ends_with("_acc") || name.ends_with("_inst"))
        || SCALARS.contains(&name)
}

/// Counters of the card with one number in the client's struct.
const SCALARS: [&str; 9] = [
    "energy_accumulator",
    "accumulation_counter",
    "prochot_residency_acc",
    "ppt_residency_acc",
    "socket_thm_residency_acc",
    "vr_thm_residency_acc",
    "hbm_thm_residency_acc",
    "gfx_activity_acc",
    "mem_activity_acc",
];

fn signed(number: u64, none: u64) -> u64 {
    if number > none / 2 { number | !none } else { number }
}

#[cfg(test)]
mod tests {
    use crate::kernel::metrics::Table;
    use crate::types::rsmi_gpu_metrics_t;

    /// A table of attributes: id, type, numbers.
    fn table(attributes: &[(u64, u64, &[u64])]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 1, 9];
        bytes.extend((attributes.len() as i32).to_le_bytes());
        for (id, kind, numbers) in attributes {
            let encoding = 0x5A << 24 | kind << 20 | id << 10 | numbers.len() as u64;
            bytes.extend(encoding.to_le_bytes());
            for number in *numbers {
                bytes.extend(&number.to_le_bytes()[..1 << (kind / 2)]);
            }
        }
        let size = bytes.len() as u16;
        bytes[..2].copy_from_slice(&size.to_le_bytes());
        bytes
    }

    fn metrics(attributes: &[(u64, u64, &[u64])]) -> rsmi_gpu_metrics_t {
        Table::parse(&table(attributes)).expect("a good table").metrics()
    }

    #[test]
    fn every_attribute_finds_its_member() {
        let metrics = metrics(&[
            (7, 6, &[0x1234_5678_9ABC]),
            (32, 6, &[77]),
            (33, 2, &[2100, 2090]),
            (35, 2, &[1, 2, 3, 4, 5]),
            (41, 2, &[50; 40]),
            (48, 2, &[40, 41, 42, 43, 44, 45]),
        ]);
        assert_eq!(metrics.energy_accumulator, 0x1234_5678_9ABC);
        assert_eq!(metrics.firmware_timestamp, 770, "ticks of 10 ns");
        assert_eq!(metrics.current_gfxclks, [2100, 2090, !0, !0, !0, !0, !0, !0]);
        assert_eq!((metrics.current_gfxclk, metrics.current_vclk1), (2100, 2));
        assert_eq!(metrics.current_vclk0s, [1, 2, 3, 4], "the fifth has no room");
        assert_eq!(metrics.xcp_stats[0].jpeg_busy, [50; 40]);
        assert_eq!(metrics.temperature_hbm, [40, 41, 42, 43]);
        assert_eq!(metrics.temperature_edge, u16::MAX, "nobody told");
        let header = metrics.common_header;
        assert_eq!((header.format_revision, header.content_revision), (1, 9));
    }

    #[test]
    fn numbers_of_every_width_fit() {
        let metrics = metrics(&[
            (0, 6, &[61]),
            (1, 1, &[0xFF]),
            (2, 3, &[0xFFF6]),
            (7, 4, &[0xFFFF_FFFF]),
            (8, 0, &[200]),
            (20, 6, &[0x1_0000_0005]),
            (21, 5, &[0xFFFF_FFFF]),
        ]);
        assert_eq!((metrics.temperature_hotspot, metrics.temperature_mem), (61, u16::MAX));
        assert_eq!(metrics.temperature_vrsoc, 0xFFF6, "-10 degrees");
        assert_eq!((metrics.energy_accumulator, metrics.system_clock_counter), (u64::MAX, 200));
        assert_eq!((metrics.gfx_activity_acc, metrics.mem_activity_acc), (5, u32::MAX));
    }

    #[test]
    fn what_each_part_of_a_card_counts_is_added_up() {
        let metrics = metrics(&[
            (22, 6, &[1 << 40, 5]),
            (23, 6, &[7, u64::MAX]),
            (25, 6, &[u64::MAX, u64::MAX]),
            (20, 6, &[3]),
            (10, 6, &[1 << 33]),
            (29, 6, &[12]),
            (34, 2, &[1200, 1190]),
            (37, 2, &[u16::MAX.into(), 1300]),
            (48, 2, &[40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51]),
            (49, 2, &[60, 61]),
        ]);
        assert_eq!((metrics.pcie_bandwidth_acc, metrics.pcie_bandwidth_inst), ((1 << 40) + 5, 7));
        assert_eq!((metrics.pcie_replay_count_acc, metrics.gfx_activity_acc), (u64::MAX, 3));
        assert_eq!(metrics.prochot_residency_acc, 1 << 33);
        assert_eq!(metrics.xgmi_read_data_acc[..2], [12, u64::MAX]);
        assert_eq!((metrics.current_socclk, metrics.current_uclk), (1200, u16::MAX));
        assert_eq!(metrics.temperature_hbm, [40, 41, 42, 43]);
    }

    #[test]
    fn what_is_not_known_is_stepped_over() {
        let metrics =
            metrics(&[(512 + 5, 5, &[1, 2, 3]), (5, 2, &[]), (99, 7, &[4]), (4, 2, &[93])]);
        assert_eq!((metrics.average_gfx_activity, metrics.average_umc_activity), (93, u16::MAX));
    }

    #[test]
    fn a_table_that_does_not_add_up_is_none() {
        let good = table(&[(7, 6, &[1]), (33, 2, &[2100, 2090])]);
        assert!(Table::parse(&good).is_some());
        for length in 0..good.len() {
            assert!(Table::parse(&good[..length]).is_none(), "{length} bytes");
        }
        for count in [3, i32::MAX, -1] {
            let mut bad = good.clone();
            bad[4..8].copy_from_slice(&count.to_le_bytes());
            assert!(Table::parse(&bad).is_none(), "{count} attributes");
        }
        for kind in 8..16 {
            assert!(Table::parse(&table(&[(7, 6, &[1]), (99, kind, &[])])).is_none(), "{kind}");
        }
    }
}
