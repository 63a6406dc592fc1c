//! The binary file `gpu_metrics`, in any version that the kernel has had.

mod attributes;
mod layout;

pub(crate) use layout::{LAYOUTS, Layout, MAX_XCP, Member};

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// What a description says of a value that the firmware does not report.
const NONE: i64 = -1;

/// The members that a description gives, by the kernel's names.
///
/// A chip's description serves every version: a member that the version in use
/// does not have is left out, one that no version has is an error.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    pub version: Option<&'static Layout>,
    values: BTreeMap<String, Vec<i64>>,
    xcp: Vec<BTreeMap<String, Vec<i64>>>,
}

/// Those that have a layout, and the one that has none.
fn versions() -> impl Iterator<Item = &'static Layout> {
    LAYOUTS.iter().chain([&attributes::LAYOUT])
}

/// The numbers of every version.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = (u8, u8)> {
    versions().map(|layout| (layout.format, layout.content))
}

/// A member of a `gpu_metrics` file, as somebody reads it: what is not reported is None.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub name: &'static str,
    /// The size of one value.
    pub bytes: usize,
    pub values: Vec<Option<u64>>,
}

/// What a `gpu_metrics` file says, but for its partitions; None if no kernel writes such a file.
#[must_use]
pub fn decode(file: &[u8]) -> Option<Vec<Reading>> {
    let (format, content) = (*file.get(2)?, *file.get(3)?);
    let layout = LAYOUTS.iter().find(|it| (it.format, it.content) == (format, content))?;
    let number = |member: &Member, index: usize| {
        let at = member.offset + index * member.bytes;
        let bytes = file.get(at..at + member.bytes)?;
        let reported = bytes.iter().any(|byte| *byte != 0xFF);
        let sum = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        reported.then(|| bytes.iter().rev().fold(0, sum))
    };
    let reading = |member: &'static Member| Reading {
        name: member.name,
        bytes: member.bytes,
        values: (0..member.count.max(1)).map(|index| number(member, index)).collect(),
    };
    Some(layout.members.iter().map(reading).collect())
}

impl Metrics {
    /// Says what a member is, unless the description already did.
    pub(crate) fn suppose(&mut self, name: &str, value: impl Into<i64>) {
        self.suppose_each(name, [value.into()]);
    }

    /// The same for an array; what the version in use has no room for is left out.
    pub(crate) fn suppose_each(&mut self, name: &str, values: impl IntoIterator<Item = i64>) {
        let entry = self.values.entry(name.to_owned());
        entry.or_insert_with(|| values.into_iter().collect());
    }

    /// Says what the values of a member are that nobody has said yet.
    pub(crate) fn complete(&mut self, name: &str, values: impl IntoIterator<Item = i64>) {
        let said = self.values.entry(name.to_owned()).or_default();
        said.extend(values.into_iter().skip(said.len()));
    }

    /// Takes back what the description says of a member that it reports, so that
    /// it is supposed again.
    pub(crate) fn forget(&mut self, name: &str) {
        if self.values.get(name).is_some_and(|values| values.iter().all(|value| *value != NONE)) {
            self.values.remove(name);
        }
    }

    /// New values for a member, of those that it has; what is not reported stays so.
    pub(crate) fn change(&mut self, name: &str, new: impl Fn(i64) -> i64) {
        for value in self.values.get_mut(name).into_iter().flatten() {
            if *value != NONE {
                *value = new(*value);
            }
        }
    }

    /// The same for all members of all partitions.
    pub(crate) fn change_partitions(&mut self, new: impl Fn(&str, i64) -> i64) {
        for (name, values) in self.xcp.iter_mut().flatten() {
            for value in values.iter_mut().filter(|value| **value != NONE) {
                *value = new(name, *value);
            }
        }
    }

    /// How many values the description gives for a member.
    pub(crate) fn reported(&self, name: &str) -> usize {
        let values = self.values.get(name).into_iter().flatten();
        values.filter(|value| **value != NONE).count()
    }

    /// The whole file; nothing if the description names no version.
    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        let layout = self.version?;
        if layout == &attributes::LAYOUT {
            return Some(attributes::encode(&self.values, &self.xcp));
        }
        // What no firmware reports is all ones, padding too.
        let mut bytes = vec![0xff; layout.size];
        bytes[..2].copy_from_slice(&(layout.size as u16).to_le_bytes());
        bytes[2] = layout.format;
        bytes[3] = layout.content;
        put(&mut bytes, layout.members, &self.values);
        if let Some((start, xcp)) = layout.xcp {
            for (index, values) in self.xcp.iter().take(MAX_XCP).enumerate() {
                let from = start + index * xcp.size;
                put(&mut bytes[from..from + xcp.size], xcp.members, values);
            }
        }
        Some(bytes)
    }
}

fn put(bytes: &mut [u8], members: &[Member], values: &BTreeMap<String, Vec<i64>>) {
    for member in members {
        let given = values.get(member.name).map_or(&[][..], Vec::as_slice);
        for (index, value) in given.iter().take(member.count).enumerate() {
            let at = member.offset + index * member.bytes;
            bytes[at..at + member.bytes].copy_from_slice(&value.to_le_bytes()[..member.bytes]);
        }
    }
}

impl<'de> Deserialize<'de> for Metrics {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = Metrics;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of gpu_metrics members")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metrics, A::Error> {
                let mut metrics = Metrics::default();
                while let Some(Name(name)) = map.next_key::<Name>()? {
                    match name.as_str() {
                        "version" => metrics.version = Some(map.next_value::<Version>()?.0),
                        "xcp" => metrics.xcp = map.next_value::<Vec<XcpTable>>()?.into_values(),
                        _ => {
                            let Numbers(values) = map.next_value()?;
                            check(&name, &values, versions().map(|layout| layout.members))
                                .map_err(de::Error::custom)?;
                            metrics.values.insert(name, values);
                        }
                    }
                }
                Ok(metrics)
            }
        }
        from.deserialize_map(Table)
    }
}

/// A key of the table: `version`, `xcp`, or a member of some version.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        let mut members = versions().flat_map(|layout| layout.members);
        if ["version", "xcp"].contains(&name.as_str()) || members.any(|m| m.name == name) {
            return Ok(Self(name));
        }
        Err(de::Error::custom(format!(
            "no version of gpu_metrics has a member `{name}`; allowed are version, xcp and the kernel's names"
        )))
    }
}

struct Version(&'static Layout);

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let name = |layout: &Layout| format!("{}.{}", layout.format, layout.content);
        versions().find(|layout| name(layout) == text).map(Self).ok_or_else(|| {
            let known: Vec<_> = versions().map(name).collect();
            de::Error::custom(format!(
                "there is no gpu_metrics version `{text}`, allowed are {}",
                known.join(", ")
            ))
        })
    }
}

/// One partition's members.
struct XcpTable(BTreeMap<String, Vec<i64>>);

impl<'de> Deserialize<'de> for XcpTable {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let table = BTreeMap::<String, Numbers>::deserialize(from)?;
        let table: BTreeMap<_, _> =
            table.into_iter().map(|(name, numbers)| (name, numbers.0)).collect();
        for (name, values) in &table {
            let layouts = versions().filter_map(|layout| layout.xcp);
            check(name, values, layouts.map(|(_, xcp)| xcp.members)).map_err(de::Error::custom)?;
        }
        Ok(Self(table))
    }
}

trait IntoValues {
    fn into_values(self) -> Vec<BTreeMap<String, Vec<i64>>>;
}

impl IntoValues for Vec<XcpTable> {
    fn into_values(self) -> Vec<BTreeMap<String, Vec<i64>>> {
        self.into_iter().map(|table| table.0).collect()
    }
}

/// One number or an array of them; -1 is "not reported".
struct Numbers(Vec<i64>);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Numbers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or an array of them (-1 for one that is not reported)")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Numbers, E> {
                Ok(Numbers(vec![value]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Numbers, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Numbers(values))
            }
        }
        from.deserialize_any(OneOrMany)
    }
}

/// Some version has the member, and room for all of its values.
fn check<'a>(
    name: &str,
    values: &[i64],
    tables: impl Iterator<Item = &'a [Member]>,
) -> Result<(), String> {
    let found: Vec<_> = tables.flatten().filter(|member| member.name == name).collect();
    let Some(most) = found.iter().map(|member| member.count).max() else {
        return Err(format!("no version of gpu_metrics has a member `{name}`"));
    };
    if values.len() > most {
        return Err(format!("`{name}` has {} values, at most {most} are allowed", values.len()));
    }
    let bytes = found.iter().map(|member| member.bytes).max().unwrap_or(8);
    let limit = if bytes == 8 { i64::MAX } else { (1 << (8 * bytes)) - 1 };
    match values.iter().find(|value| !(-1..=limit).contains(*value)) {
        Some(value) => Err(format!("`{name}` = {value} is out of range, allowed is -1 to {limit}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(text: &str) -> Metrics {
        toml::from_str(text).expect("a good table")
    }

    #[test]
    fn every_version_has_the_size_that_the_kernel_gives_it() {
        let sizes = LAYOUTS.iter().map(|layout| ((layout.format, layout.content), layout.size));
        let expected = [
            ((1, 0), 80),
            ((1, 1), 96),
            ((1, 2), 104),
            ((1, 3), 120),
            ((1, 4), 288),
            ((1, 5), 360),
            ((1, 6), 1664),
            ((1, 7), 2208),
            ((1, 8), 3872),
            ((2, 0), 120),
            ((2, 1), 120),
            ((2, 2), 128),
            ((2, 3), 152),
            ((2, 4), 168),
            ((3, 0), 264),
        ];
        assert_eq!(sizes.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn members_follow_each_other_inside_the_table() {
        for layout in LAYOUTS {
            let mut end = 4;
            for member in layout.members {
                let what = format!("{} of {}.{}", member.name, layout.format, layout.content);
                assert!(member.offset >= end, "{what} overlaps");
                assert_eq!(member.offset % member.bytes, 0, "{what} is not aligned");
                end = member.offset + member.bytes * member.count;
                assert!(end <= layout.size, "{what} ends outside");
            }
            if let Some((start, xcp)) = layout.xcp {
                assert!(start + MAX_XCP * xcp.size <= layout.size);
                let last = xcp.members.last().expect("members");
                assert_eq!(last.offset + last.bytes * last.count, xcp.size);
            }
        }
    }

    #[test]
    fn a_value_is_where_the_kernel_puts_it_and_the_rest_is_all_ones() {
        let bytes = metrics("version = '1.3'\ntemperature_hotspot = 61\ntemperature_hbm = [7, 8]")
            .encode()
            .expect("a table");
        assert_eq!(bytes[..4], [120, 0, 1, 3]);
        assert_eq!(bytes[4..8], [0xff, 0xff, 61, 0]);
        assert_eq!(bytes[88..96], [7, 0, 8, 0, 0xff, 0xff, 0xff, 0xff]);
    }

    #[test]
    fn partitions_are_written_one_after_the_other() {
        let text = "version = '1.8'\nxcp = [{ vcn_busy = 1 }, { vcn_busy = [2, 3] }]";
        let bytes = metrics(text).encode().expect("a table");
        assert_eq!(bytes.len(), 3872);
        assert_eq!(bytes[344 + 112..][..4], [1, 0, 0xff, 0xff]);
        assert_eq!(bytes[344 + 440 + 112..][..4], [2, 0, 3, 0]);
    }

    #[test]
    fn a_member_of_another_version_is_left_out() {
        let with = metrics("version = '1.8'\naverage_mm_activity = 5").encode();
        assert_eq!(with, metrics("version = '1.8'").encode());
    }

    #[test]
    fn what_no_version_has_is_refused() {
        for (text, says) in [
            ("version = '1.12'", "allowed are 1.0, 1.1"),
            (
                "temperature_hotpot = 1",
                "no version of gpu_metrics has a member `temperature_hotpot`",
            ),
            ("temperature_hotspot = 65536", "allowed is -1 to 65535"),
            ("temperature_hotspot = [1, 2]", "at most 1 are allowed"),
            ("xcp = [{ nonsense = 1 }]", "no version of gpu_metrics has a member `nonsense`"),
        ] {
            let error = toml::from_str::<Metrics>(text).expect_err(text).to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
