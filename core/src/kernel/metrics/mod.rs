//! The kernel's `gpu_metrics` file, in every version that it has had.
//!
//! It is read here and not asked of libamd_smi, which has a function for it: libamd_smi may keep
//! what it read for 100 ms, in which counters stand still; each of its releases knows other versions
//! (6.1.2 none after 1.5, 10.1 none of 2.0 to 2.3) and gives them a struct of its own; and it takes
//! longer than to read the file.
//!
//! A table is turned into the newest client's struct, which has every member that a client can see;
//! what a table does not tell is all ones there. Who shows what to which generation of clients is
//! not known here.

mod attributes;
mod layout;
mod units;

use super::Dir;
use crate::log;
use crate::status::Result;
use crate::types::{
    RSMI_MAX_NUM_XCP, amdgpu_xcp_metrics_t, metrics_table_header_t, rsmi_clk_type_t,
    rsmi_gpu_metrics_t, rsmi_status_t,
};
use layout::{Convert, LAYOUTS, Layout, Put};

pub(crate) use layout::Slot;

/// A table of a version that is known, whole.
pub(crate) struct Table<'file> {
    bytes: &'file [u8],
    /// None for the version that describes itself.
    layout: Option<&'static Layout>,
}

/// The numbers of one member, as they stand in the table.
#[derive(Clone, Copy)]
struct Reading<'table> {
    name: &'static str,
    bytes: &'table [u8],
    width: usize,
    /// All of them together are the member's one number.
    sum: bool,
    /// To 64 bits: the number, and what stands for "not reported" in its width.
    widen: Convert,
    convert: Convert,
    place: Place,
}

/// Where a member goes.
#[derive(Clone, Copy)]
enum Place {
    Device(Put<rsmi_gpu_metrics_t>),
    Partition(usize, Put<amdgpu_xcp_metrics_t>),
}

impl Reading<'_> {
    fn numbers(&self) -> impl Iterator<Item = u64> {
        let each = self.bytes.chunks_exact(self.width).map(|bytes| {
            let none = u64::MAX >> (64 - 8 * self.width);
            (self.convert)((self.widen)(little_endian(bytes), none), none)
        });
        let reported = |number: &u64| *number != u64::MAX;
        let sum = self
            .sum
            .then(|| each.clone().filter(reported).reduce(u64::wrapping_add).unwrap_or(u64::MAX));
        let each = if self.sum { None } else { Some(each) };
        sum.into_iter().chain(each.into_iter().flatten())
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The first four bytes of a device's table: its size and version, which need not be known.
pub(crate) fn header(device: &Dir) -> Result<metrics_table_header_t> {
    device.look("gpu_metrics", |bytes| {
        header_of(bytes).ok_or_else(|| {
            log::reason(|| format!("a gpu_metrics table of {} bytes has no header", bytes.len()));
            rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA
        })
    })
}

fn header_of(bytes: &[u8]) -> Option<metrics_table_header_t> {
    let [low, high, format_revision, content_revision] = *bytes.first_chunk()?;
    let structure_size = u16::from_le_bytes([low, high]);
    Some(metrics_table_header_t { structure_size, format_revision, content_revision })
}

/// Whether tables of that version can be read.
pub(crate) fn is_known(header: metrics_table_header_t) -> bool {
    let version = (header.format_revision, header.content_revision);
    version == attributes::VERSION || LAYOUTS.iter().any(|layout| layout.version == version)
}

/// The newest version of a table's format whose members all lie in the first bytes of
/// `rsmi_gpu_metrics_t`, and none that is newer than the table: what a table cut there amounts to.
pub(crate) fn revision_within(
    header: metrics_table_header_t,
    bytes: usize,
) -> metrics_table_header_t {
    let (format, content) = (header.format_revision, header.content_revision);
    let fitting = LAYOUTS.iter().filter(|layout| {
        let (of, revision) = layout.version;
        of == format && revision <= content && layout.reach() <= bytes
    });
    // The first version of each format lies inside the smallest struct.
    fitting.max_by_key(|layout| layout.version).map_or(header, |layout| metrics_table_header_t {
        structure_size: layout.size as u16,
        format_revision: layout.version.0,
        content_revision: layout.version.1,
    })
}

impl<'file> Table<'file> {
    /// Looks at the table of a device; UNEXPECTED_DATA where it cannot be made sense of.
    pub(crate) fn look<T>(device: &Dir, look: impl FnOnce(&Table<'_>) -> T) -> Result<T> {
        device.look("gpu_metrics", |bytes| {
            let length = bytes.len();
            let table = Table::parse(bytes).ok_or_else(|| {
                log::reason(|| match bytes.get(2..4) {
                    Some([format, content]) => {
                        format!(
                            "no gpu_metrics {format}.{content} that is known has {length} bytes"
                        )
                    }
                    _ => format!("a gpu_metrics table of {length} bytes has no header"),
                });
                rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA
            })?;
            Ok(look(&table))
        })
    }

    /// None if the version is not known, or the file is shorter than its version is.
    pub(crate) fn parse(bytes: &'file [u8]) -> Option<Self> {
        let header = header_of(bytes)?;
        let version = (header.format_revision, header.content_revision);
        let layout = LAYOUTS.iter().find(|layout| layout.version == version);
        let whole = match layout {
            Some(layout) => bytes.len() >= layout.size,
            None => {
                version == attributes::VERSION && attributes::each(bytes, &mut |_| false).is_some()
            }
        };
        whole.then_some(Self { bytes, layout })
    }

    pub(crate) fn header(&self) -> metrics_table_header_t {
        header_of(self.bytes).expect("a parsed table has a header")
    }

    pub(crate) fn version(&self) -> (u8, u8) {
        (self.bytes[2], self.bytes[3])
    }

    /// What the table has between its named members at this place, which is nobody's number; older
    /// clients are given it. None past the end.
    pub(crate) fn unnamed(&self, at: usize) -> Option<u16> {
        Some(u16::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?))
    }

    /// Calls with each member of the device, until that returns true.
    fn each_of_device(&self, with: &mut dyn FnMut(&Reading<'file>) -> bool) {
        let Some(layout) = self.layout else {
            let of_device = |reading: &Reading<'file>| matches!(reading.place, Place::Device(_));
            attributes::each(self.bytes, &mut |reading| of_device(reading) && with(reading));
            return;
        };
        let mut members = layout.members.iter().copied().flatten();
        members.any(|member| with(&self.reading(member, 0, Place::Device(member.put))));
    }

    /// Calls with each member of a partition, until that returns true.
    fn each_of_partition(&self, nth: usize, with: &mut dyn FnMut(&Reading<'file>) -> bool) {
        let Some(layout) = self.layout else {
            let own = |reading: &Reading<'file>| matches!(reading.place, Place::Partition(of, _) if of == nth);
            attributes::each(self.bytes, &mut |reading| own(reading) && with(reading));
            return;
        };
        if let Some(partitions) = layout.partitions.as_ref().filter(|_| nth < RSMI_MAX_NUM_XCP) {
            let start = partitions.at + nth * partitions.stride;
            partitions.members.iter().any(|member| {
                with(&self.reading(member, start, Place::Partition(nth, member.put)))
            });
        }
    }

    fn reading<T>(&self, member: &layout::Member<T>, start: usize, place: Place) -> Reading<'file> {
        Reading {
            name: member.name,
            bytes: &self.bytes[start + member.at..][..member.width * member.count],
            width: member.width,
            sum: false,
            widen: units::widened,
            convert: member.convert,
            place,
        }
    }

    /// A clock as it is now, in MHz; None where the table does not tell it. The newest APUs tell the
    /// average alone.
    pub(crate) fn clock(&self, kind: rsmi_clk_type_t) -> Option<u64> {
        let names: &[&str] = match kind {
            rsmi_clk_type_t::RSMI_CLK_TYPE_SYS => {
                &["current_gfxclks", "current_gfxclk", "average_gfxclk_frequency"]
            }
            rsmi_clk_type_t::RSMI_CLK_TYPE_SOC => {
                &["current_socclks", "current_socclk", "average_socclk_frequency"]
            }
            rsmi_clk_type_t::RSMI_CLK_TYPE_MEM => &["current_uclk", "average_uclk_frequency"],
            rsmi_clk_type_t::RSMI_CLK_TYPE_DF => return self.fabric_clock(),
            _ => return None,
        };
        let told = |name: &&str| self.find(name, None)?.numbers().find(|clock| *clock != u64::MAX);
        names.iter().find_map(told)
    }

    /// Of the fabric's clock only an APU's table tells, and no client's struct has a place for it.
    fn fabric_clock(&self) -> Option<u64> {
        let at = self.layout?.fabric_clock?;
        let clock = u16::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?);
        (clock != u16::MAX).then_some(clock.into())
    }

    /// Whether this version of the table has a member of the device.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name, None).is_some()
    }

    /// One member, of the device or of one of its partitions. Of an array, what the table has no
    /// number for is the default.
    pub(crate) fn get<T: Slot + Default>(&self, name: &str, partition: Option<usize>) -> Option<T> {
        let reading = self.find(name, partition)?;
        let mut value = T::default();
        value.fill(&mut reading.numbers());
        Some(value)
    }

    fn find(&self, name: &str, partition: Option<usize>) -> Option<Reading<'file>> {
        let mut found = None;
        let is_it = &mut |reading: &Reading<'file>| {
            let is_it = reading.name == name;
            if is_it {
                found = Some(*reading);
            }
            is_it
        };
        match partition {
            None => self.each_of_device(is_it),
            Some(nth) => self.each_of_partition(nth, is_it),
        }
        found
    }

    /// All that the table tells. What it does not tell is all ones.
    pub(crate) fn fill(&self, metrics: &mut rsmi_gpu_metrics_t) {
        self.fill_device(metrics);
        for (nth, partition) in metrics.xcp_stats.iter_mut().enumerate() {
            self.each_of_partition(nth, &mut |reading| {
                if let Place::Partition(_, put) = reading.place {
                    put(partition, &mut reading.numbers());
                }
                false
            });
        }
    }

    /// As `fill`, without what the table tells of partitions.
    pub(crate) fn fill_device(&self, metrics: &mut rsmi_gpu_metrics_t) {
        // SAFETY: the struct holds nothing but integers, of which any bits are a value.
        unsafe { std::ptr::from_mut(metrics).write_bytes(0xFF, 1) };
        metrics.common_header = self.header();
        self.each_of_device(&mut |reading| {
            if let Place::Device(put) = reading.place {
                put(metrics, &mut reading.numbers());
            }
            false
        });
        // Where a clock is told of each instance, the members of single clocks show the first.
        if self.has("current_gfxclks") {
            metrics.current_gfxclk = metrics.current_gfxclks[0];
        }
        if self.has("current_socclks") {
            metrics.current_socclk = metrics.current_socclks[0];
        }
        if self.has("current_vclk0s") {
            [metrics.current_vclk0, metrics.current_vclk1, ..] = metrics.current_vclk0s;
        }
        if self.has("current_dclk0s") {
            [metrics.current_dclk0, metrics.current_dclk1, ..] = metrics.current_dclk0s;
        }
    }

    #[cfg(test)]
    pub(crate) fn metrics(&self) -> rsmi_gpu_metrics_t {
        // SAFETY: the struct holds nothing but integers, of which zeros are a value.
        let mut metrics = unsafe { std::mem::zeroed() };
        self.fill(&mut metrics);
        metrics
    }

    /// A line for every member that the table has, for the log.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = |reading: &Reading<'file>| {
            let numbers = log::list(reading.numbers());
            lines.push(match reading.place {
                Place::Device(_) => format!("{} = {numbers}", reading.name),
                Place::Partition(nth, _) => {
                    format!("partition {nth}: {} = {numbers}", reading.name)
                }
            });
            false
        };
        self.each_of_device(&mut line);
        (0..RSMI_MAX_NUM_XCP).for_each(|nth| self.each_of_partition(nth, &mut line));
        lines
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::kernel::tests::Scratch;
    use std::ops::Range;

    /// A table of a version, of which member `name` has these numbers and all others are all ones.
    pub(crate) fn table(version: (u8, u8), members: &[(&str, &[u64])]) -> Table<'static> {
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
        Table::parse(bytes.leak()).expect("a good table")
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
        for (told, watts) in
            [(0, 0), (18, 18), (999, 999), (1000, 1), (15_678, 16), (65_535, u16::MAX)]
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
}
