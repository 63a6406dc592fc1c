//! Version 1.9, which has no layout: each member that is reported comes with a word that says what it is.

use super::layout::{Layout, Member};
use std::collections::BTreeMap;

/// A member, and how the kernel numbers it and its unit.
struct Attribute {
    id: u64,
    unit: u64,
    member: Member,
}

const NONE: u64 = 0;
const CLOCK: u64 = 1;
const TEMPERATURE: u64 = 2;
const POWER: u64 = 3;
const TIME: u64 = 4;
const TENS_OF_NANOSECONDS: u64 = 5;
const SPEED: u64 = 6;
const TENTHS_OF_SPEED: u64 = 7;
const BANDWIDTH: u64 = 8;
const DATA: u64 = 9;
const PERCENT: u64 = 10;

macro_rules! attributes {
    ($($id:literal $name:literal $bytes:literal x $count:literal $unit:ident,)*) => {
        /// What the description may say of a card.
        const ATTRIBUTES: &[Attribute] = &[$(Attribute {
            id: $id,
            unit: $unit,
            member: Member { name: $name, offset: 0, bytes: $bytes, count: $count },
        }),*];
        const MEMBERS: &[Member] =
            &[$(Member { name: $name, offset: 0, bytes: $bytes, count: $count }),*];
    };
}

attributes! {
    0 "temperature_hotspot" 2 x 1 TEMPERATURE,
    1 "temperature_mem" 2 x 1 TEMPERATURE,
    2 "temperature_vrsoc" 2 x 1 TEMPERATURE,
    3 "curr_socket_power" 2 x 1 POWER,
    4 "average_gfx_activity" 2 x 1 PERCENT,
    5 "average_umc_activity" 2 x 1 PERCENT,
    6 "mem_max_bandwidth" 8 x 1 BANDWIDTH,
    7 "energy_accumulator" 8 x 1 NONE,
    8 "system_clock_counter" 8 x 1 TIME,
    9 "accumulation_counter" 8 x 1 NONE,
    10 "prochot_residency_acc" 8 x 1 NONE,
    11 "ppt_residency_acc" 8 x 1 NONE,
    12 "socket_thm_residency_acc" 8 x 1 NONE,
    13 "vr_thm_residency_acc" 8 x 1 NONE,
    14 "hbm_thm_residency_acc" 8 x 1 NONE,
    15 "gfxclk_lock_status" 4 x 1 NONE,
    16 "pcie_link_width" 2 x 1 NONE,
    17 "pcie_link_speed" 2 x 1 TENTHS_OF_SPEED,
    18 "xgmi_link_width" 2 x 1 NONE,
    19 "xgmi_link_speed" 2 x 1 SPEED,
    20 "gfx_activity_acc" 8 x 1 PERCENT,
    21 "mem_activity_acc" 8 x 1 PERCENT,
    22 "pcie_bandwidth_acc" 8 x 2 PERCENT,
    23 "pcie_bandwidth_inst" 8 x 2 BANDWIDTH,
    24 "pcie_l0_to_recov_count_acc" 8 x 1 NONE,
    25 "pcie_replay_count_acc" 8 x 1 NONE,
    26 "pcie_replay_rover_count_acc" 8 x 1 NONE,
    27 "pcie_nak_sent_count_acc" 8 x 1 NONE,
    28 "pcie_nak_rcvd_count_acc" 8 x 1 NONE,
    29 "xgmi_read_data_acc" 8 x 8 DATA,
    30 "xgmi_write_data_acc" 8 x 8 DATA,
    31 "xgmi_link_status" 2 x 8 NONE,
    32 "firmware_timestamp" 8 x 1 TENS_OF_NANOSECONDS,
    33 "current_gfxclk" 2 x 8 CLOCK,
    34 "current_socclk" 2 x 4 CLOCK,
    35 "current_vclk0" 2 x 4 CLOCK,
    36 "current_dclk0" 2 x 4 CLOCK,
    37 "current_uclk" 2 x 2 CLOCK,
    38 "num_partition" 2 x 1 NONE,
    39 "pcie_lc_perf_other_end_recovery" 8 x 1 NONE,
    40 "gfx_busy_inst" 4 x 8 PERCENT,
    41 "jpeg_busy" 2 x 40 PERCENT,
    42 "vcn_busy" 2 x 4 PERCENT,
    43 "gfx_busy_acc" 8 x 8 PERCENT,
    44 "gfx_below_host_limit_ppt_acc" 8 x 8 NONE,
    45 "gfx_below_host_limit_thm_acc" 8 x 8 NONE,
    46 "gfx_low_utilization_acc" 8 x 8 NONE,
    47 "gfx_below_host_limit_total_acc" 8 x 8 NONE,
    48 "temperature_hbm" 2 x 12 TEMPERATURE,
    49 "temperature_mid" 2 x 2 TEMPERATURE,
    50 "temperature_aid" 2 x 2 TEMPERATURE,
    51 "temperature_xcd" 2 x 8 TEMPERATURE,
}

/// Of 4 bytes on MI300, and of 8 on the cards after it: here where a value needs them.
const NARROW: [u64; 11] = [9, 10, 11, 12, 13, 14, 20, 21, 27, 28, 39];

/// Its place is where a layout would be; its size is that of its beginning.
pub(super) const LAYOUT: Layout =
    Layout { format: 1, content: 9, size: 8, xcp: None, members: MEMBERS };

type Values = BTreeMap<String, Vec<i64>>;

/// Packed, in the order of the numbers. What earlier versions had for each partition is the whole
/// card's here, one partition after the other.
pub(super) fn encode(values: &Values, xcp: &[Values]) -> Vec<u8> {
    let mut bytes = vec![0, 0, LAYOUT.format, LAYOUT.content, 0, 0, 0, 0];
    let mut count = 0i32;
    for Attribute { id, unit, member } in ATTRIBUTES {
        let of_partitions = xcp.iter().filter_map(|values| values.get(member.name)).flatten();
        let given = values.get(member.name).into_iter().flatten().chain(of_partitions);
        let given: Vec<_> = given.take(member.count).collect();
        if given.is_empty() {
            continue;
        }
        let narrow = || given.iter().all(|value| **value <= u32::MAX.into());
        let bytes_each = if NARROW.contains(id) && narrow() { 4 } else { member.bytes };
        // Unsigned types have the even numbers.
        let kind = 2 * u64::from(bytes_each.ilog2());
        let word = unit << 24 | kind << 20 | id << 10 | given.len() as u64;
        bytes.extend(word.to_le_bytes());
        for value in given {
            bytes.extend(&value.to_le_bytes()[..bytes_each]);
        }
        count += 1;
    }
    let size = bytes.len() as u16;
    bytes[..2].copy_from_slice(&size.to_le_bytes());
    bytes[4..8].copy_from_slice(&count.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use crate::metrics::Metrics;

    #[test]
    fn each_member_is_told_with_its_number_type_unit_and_count() {
        let text = "version = '1.9'\nenergy_accumulator = 0x123456789abc\n\
                    current_gfxclk = [2100, -1]\nxcp = [{ vcn_busy = 1 }, { vcn_busy = [2, 3] }]";
        let metrics: Metrics = toml::from_str(text).expect("a good table");
        let bytes = metrics.encode().expect("a table");
        let mut expected = vec![8 + 16 + 12 + 14, 0, 1, 9, 3, 0, 0, 0];
        let word = |unit: u64, kind: u64, id: u64, count: u64| {
            (unit << 24 | kind << 20 | id << 10 | count).to_le_bytes()
        };
        expected.extend(word(0, 6, 7, 1));
        expected.extend(0x1234_5678_9abc_u64.to_le_bytes());
        expected.extend(word(1, 2, 33, 2));
        expected.extend([0x34, 0x08, 0xff, 0xff]);
        expected.extend(word(10, 2, 42, 3));
        expected.extend([1, 0, 2, 0, 3, 0]);
        assert_eq!(bytes, expected);
    }

    #[test]
    fn an_accumulator_is_as_wide_as_its_value() {
        let encoded = |value: u64| {
            let text = format!("version = '1.9'\nppt_residency_acc = {value}");
            let metrics: Metrics = toml::from_str(&text).expect("a good table");
            metrics.encode().expect("a table")
        };
        let word = |kind: u64| (kind << 20 | 11 << 10 | 1).to_le_bytes();
        let end = |value: u64| encoded(value)[8..].to_vec();
        assert_eq!(end(5), [&word(4)[..], &5_u32.to_le_bytes()].concat());
        let wide = u64::from(u32::MAX) + 1;
        assert_eq!(end(wide), [&word(6)[..], &wide.to_le_bytes()].concat());
    }

    #[test]
    fn what_the_card_tells_elsewhere_is_in_it_too() {
        let machine = "about = 'x'\n[cpu]\nnodes = 1\ncores = 8\nmemory = 1\n[driver]\n[[gpu]]\n\
                       chip = 'mi300x'\npci = '0000:c1:00.0'\npower.input = 321.0\n\
                       metrics.version = '1.9'\n";
        let machine = crate::load::load("m.toml", machine, crate::machine::CHIPS);
        let machine = machine.unwrap_or_else(|error| panic!("{error}"));
        let bytes = crate::tree::metrics(&machine.gpu[0]).encode().expect("a table");
        let power = [1, 0x0c, 0x20, 3, 0, 0, 0, 0, 65, 1];
        assert!(bytes.windows(10).any(|part| part == power), "{bytes:?}");
    }
}
