//! The tables that the kernel documents, member by member, and those that are cut or unknown.

use super::*;
use crate::kernel::tests::Scratch;
use std::ops::Range;

/// A table of a version, of which member `name` has these numbers and all others are all ones.
pub(crate) fn table(version: (u8, u8), members: &[(&str, &[u64])]) -> Table<'static> {
    Table::parse(bytes(version, members).leak()).expect("a good table")
}

/// The file of it.
pub(crate) fn bytes(version: (u8, u8), members: &[(&str, &[u64])]) -> Vec<u8> {
    let layout = LAYOUTS.iter().find(|layout| layout.version == version).expect("a version");
    let mut bytes = vec![0xFF; layout.size];
    bytes[..2].copy_from_slice(&(layout.size as u16).to_le_bytes());
    (bytes[2], bytes[3]) = version;
    let places = spans(layout);
    for (name, numbers) in members {
        let (_, span, width) = places.iter().find(|place| place.0 == *name).expect("a member");
        for (slot, number) in bytes[span.clone()].chunks_exact_mut(*width).zip(*numbers) {
            slot.copy_from_slice(&number.to_le_bytes()[..*width]);
        }
    }
    bytes
}

/// Every member's name, bytes and width; of partitions with the number, `1.vcn_busy`.
fn spans(layout: &Layout) -> Vec<(String, Range<usize>, usize)> {
    let members = layout.members.iter().copied().flatten();
    let mut spans: Vec<_> =
        members.map(|m| (m.name.to_owned(), m.at..m.at + m.width * m.count, m.width)).collect();
    if let Some(partitions) = &layout.partitions {
        for nth in 0..RSMI_MAX_NUM_XCP {
            let start = partitions.at + nth * partitions.stride;
            spans.extend(partitions.members.iter().map(|m| {
                let at = start + m.at;
                (format!("{nth}.{}", m.name), at..at + m.width * m.count, m.width)
            }));
        }
    }
    spans
}

/// Of the versions whose every member a client can see: the bytes that are nobody's.
const PADDING: &[(u8, &[(usize, usize)])] = &[
    (0, &[(4, 8), (76, 80)]),
    (1, &[(78, 80)]),
    (2, &[(78, 80)]),
    (3, &[(78, 80), (110, 112)]),
    (4, &[(282, 288)]),
    (5, &[(354, 360)]),
    (6, &[(76, 80), (308, 312), (1660, 1664)]),
    (7, &[(84, 88), (280, 288), (340, 344), (2204, 2208)]),
    (8, &[(84, 88), (280, 288), (340, 344), (3868, 3872)]),
];

#[test]
fn every_byte_of_a_table_is_a_member_or_padding() {
    for (content, padding) in PADDING {
        let layout = LAYOUTS.iter().find(|layout| layout.version == (1, *content)).unwrap();
        let mut spans: Vec<_> =
            spans(layout).into_iter().map(|(_, span, _)| (span.start, span.end)).collect();
        spans.push((layout.size, layout.size));
        spans.sort_unstable();
        let mut gaps = Vec::new();
        let mut past = 4;
        for (start, end) in spans {
            assert!(start >= past, "1.{content}: {start} overlaps");
            if start > past {
                gaps.push((past, start));
            }
            past = end;
        }
        assert_eq!(gaps, *padding, "1.{content}");
    }
}

#[test]
fn an_apus_tables_are_as_long_as_the_kernels() {
    let long = |version| LAYOUTS.iter().find(|layout| layout.version == version).unwrap().size;
    let versions = [(2, 0), (2, 1), (2, 2), (2, 3), (2, 4), (3, 0)];
    assert_eq!(versions.map(long), [120, 120, 128, 152, 168, 264]);
}

#[test]
fn members_are_aligned_and_inside_and_told_once() {
    for layout in LAYOUTS {
        let spans = spans(layout);
        for (name, span, width) in &spans {
            assert_eq!(span.start % width, 0, "{:?} {name}", layout.version);
            assert!(span.end <= layout.size, "{:?} {name}", layout.version);
            assert_eq!(spans.iter().filter(|other| other.0 == *name).count(), 1, "{name}");
        }
    }
}

#[test]
fn a_number_goes_where_its_name_says() {
    let of = |version, members| table(version, members).metrics();
    let old = of((1, 0), &[("energy_accumulator", &[5]), ("pcie_link_width", &[16])]);
    assert_eq!((old.energy_accumulator, old.pcie_link_width), (5, 16));
    assert_eq!((old.pcie_link_speed, old.gfx_activity_acc), (u16::MAX, u32::MAX));

    let new = of(
        (1, 8),
        &[
            ("current_gfxclks", &[2100, 2090]),
            ("current_dclk0s", &[1, 2, 3, 4]),
            ("1.jpeg_busy", &[7; 40]),
            ("7.gfx_below_host_limit_total_acc", &[1, 2, 3, 4, 5, 6, 7, 8]),
            ("ppt_residency_acc", &[9]),
            ("vram_max_bandwidth", &[10]),
        ],
    );
    assert_eq!(new.current_gfxclks[..3], [2100, 2090, u16::MAX]);
    assert_eq!((new.current_gfxclk, new.current_dclk0, new.current_dclk1), (2100, 1, 2));
    assert_eq!(new.xcp_stats[1].jpeg_busy, [7; 40]);
    assert_eq!(new.xcp_stats[7].gfx_below_host_limit_total_acc, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(new.xcp_stats[0].gfx_below_host_limit_acc, [u64::MAX; 8]);
    assert_eq!((new.ppt_residency_acc, new.vram_max_bandwidth), (9, 10));
    assert_eq!(new.vr_thm_residency_acc, u64::MAX, "as wide as the client has it");
    assert_eq!(new.common_header.structure_size, 3872);

    let first = of((1, 6), &[("0.vcn_busy", &[1, 2, 3, 4]), ("7.gfx_busy_acc", &[8])]);
    assert_eq!(first.xcp_stats[0].vcn_busy, [1, 2, 3, 4]);
    assert_eq!(first.xcp_stats[7].gfx_busy_acc[0], 8);
}

#[test]
fn units_are_rsmis() {
    let ticks = table((1, 3), &[("firmware_timestamp", &[77])]).metrics();
    assert_eq!(ticks.firmware_timestamp, 770);
    assert_eq!(table((1, 3), &[]).metrics().firmware_timestamp, u64::MAX);
    // What would be less than a watt is watts.
    for (told, watts) in [(0, 0), (18, 18), (999, 999), (1000, 1), (15_678, 16), (65_535, u16::MAX)]
    {
        for version in [(2, 0), (2, 1), (2, 4)] {
            let apu = table(version, &[("average_socket_power", &[told])]).metrics();
            assert_eq!(apu.average_socket_power, watts, "{version:?} {told}");
        }
    }
    for (version, told, percent) in [
        ((2, 1), 49, 0),
        ((2, 2), 8775, 88),
        ((2, 3), 49, 49),
        ((2, 4), 8775, 88),
        ((3, 0), 300, 3),
        ((3, 0), 65_535, u16::MAX),
    ] {
        let apu = table(version, &[("average_gfx_activity", &[told])]).metrics();
        assert_eq!(apu.average_gfx_activity, percent, "{version:?} {told}");
    }
    for (told, degrees) in [(6325, 63), (63, 63), (0, 0), (65_535, u16::MAX)] {
        let apu = table((2, 0), &[("temperature_edge", &[told])]).metrics();
        assert_eq!(apu.temperature_edge, degrees, "{told}");
    }
    let apu = |milliwatts| {
        table((3, 0), &[("average_socket_power", &[milliwatts])]).metrics().average_socket_power
    };
    assert_eq!((apu(65_535), apu(120_000), apu(u32::MAX.into())), (66, 120, u16::MAX));
}

#[test]
fn a_table_cut_short_is_none_and_a_longer_one_is_read() {
    for layout in LAYOUTS {
        let mut bytes = table(layout.version, &[]).bytes.to_vec();
        bytes.push(0);
        assert!(Table::parse(&bytes).is_some(), "{:?}", layout.version);
        bytes.truncate(layout.size - 1);
        assert!(Table::parse(&bytes).is_none(), "{:?}", layout.version);
    }
    assert!(Table::parse(&[]).is_none());
}

#[test]
fn an_unknown_version_is_not_guessed() {
    let mut bytes = vec![0; 8192];
    for version in [(0, 0), (0, 1), (1, 10), (1, 200), (2, 5), (3, 1), (4, 0), (255, 255)] {
        (bytes[2], bytes[3]) = version;
        assert!(Table::parse(&bytes).is_none(), "{version:?}");
        assert!(!is_known(header_of(&bytes).unwrap()), "{version:?}");
    }
}

#[test]
fn a_file_says_what_is_wrong_with_it() {
    let good = table((1, 3), &[]).bytes;
    let scratch = Scratch::new("metrics", &[("short/gpu_metrics", &good[..60])]);
    let short = scratch.0.join("short");
    let read = |device| Table::look(device, |_| ());
    assert_eq!(read(&short).err(), Some(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA));
    let header = header(&short).unwrap();
    assert_eq!((header.structure_size, header.content_revision), (120, 3));
    assert_eq!(read(&scratch.0).err(), Some(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED));
}

#[test]
fn single_members_are_found_by_name() {
    let table = table((1, 7), &[("current_uclk", &[900]), ("3.vcn_busy", &[5, 6, 7, 8])]);
    assert_eq!(table.get::<u16>("current_uclk", None), Some(900));
    assert_eq!(table.get::<[u16; 4]>("vcn_busy", Some(3)), Some([5, 6, 7, 8]));
    assert_eq!(table.get::<[u16; 4]>("vcn_busy", None), None);
    assert_eq!(table.get::<u16>("temperature_edge", None), None, "not in this version");
    assert!(table.lines().iter().any(|line| line == "current_uclk = 900"));
    assert!(table.lines().iter().any(|line| line == "partition 3: vcn_busy = 5, 6, 7, 8"));
}
