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
mod slot;
#[cfg(test)]
pub(crate) mod tests;
mod units;

use super::Dir;
use crate::log;
use crate::status::Result;
use crate::types::{
    RSMI_MAX_NUM_XCP, amdgpu_xcp_metrics_t, metrics_table_header_t, rsmi_clk_type_t,
    rsmi_gpu_metrics_t, rsmi_status_t,
};
use layout::{Convert, LAYOUTS, Layout};
use slot::{Copy, Put};

pub(crate) use slot::Slot;

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
    convert: Option<Convert>,
    place: Place,
}

/// Where a member goes.
#[derive(Clone, Copy)]
enum Place {
    Device(Put<rsmi_gpu_metrics_t>, Copy<rsmi_gpu_metrics_t>),
    Partition(usize, Put<amdgpu_xcp_metrics_t>, Copy<amdgpu_xcp_metrics_t>),
}

impl Reading<'_> {
    /// Into a struct.
    fn go<T>(&self, to: &mut T, put: Put<T>, copy: Copy<T>) {
        // What is not reported is all ones in every width.
        let as_it_stands = self.convert.is_none() && !self.sum;
        if !as_it_stands || !copy(to, self.bytes, self.width) {
            put(to, &mut self.numbers());
        }
    }

    fn numbers(&self) -> impl Iterator<Item = u64> {
        let each = self.bytes.chunks_exact(self.width).map(|bytes| {
            let none = u64::MAX >> (64 - 8 * self.width);
            let number = (self.widen)(little_endian(bytes), none);
            self.convert.map_or(number, |convert| convert(number, none))
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
    /// Looks at the table of a device; UNEXPECTED_DATA where it cannot be made sense of. The room for
    /// the file is on the stack no longer than that takes.
    #[inline(never)]
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
            let of_device = |reading: &Reading<'file>| matches!(reading.place, Place::Device(..));
            attributes::each(self.bytes, &mut |reading| of_device(reading) && with(reading));
            return;
        };
        let mut members = layout.members.iter().copied().flatten();
        members
            .any(|member| with(&self.reading(member, 0, Place::Device(member.put, member.copy))));
    }

    /// Calls with each member of a partition, until that returns true.
    fn each_of_partition(&self, nth: usize, with: &mut dyn FnMut(&Reading<'file>) -> bool) {
        let Some(layout) = self.layout else {
            let own = |reading: &Reading<'file>| matches!(reading.place, Place::Partition(of, ..) if of == nth);
            attributes::each(self.bytes, &mut |reading| own(reading) && with(reading));
            return;
        };
        if let Some(partitions) = layout.partitions.as_ref().filter(|_| nth < RSMI_MAX_NUM_XCP) {
            let start = partitions.at + nth * partitions.stride;
            partitions.members.iter().any(|member| {
                with(&self.reading(member, start, Place::Partition(nth, member.put, member.copy)))
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
                if let Place::Partition(_, put, copy) = reading.place {
                    reading.go(partition, put, copy);
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
            if let Place::Device(put, copy) = reading.place {
                reading.go(metrics, put, copy);
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
                Place::Device(..) => format!("{} = {numbers}", reading.name),
                Place::Partition(nth, ..) => {
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
