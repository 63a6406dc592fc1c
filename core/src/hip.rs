//! Which devices a HIP program sees, in which order, and how it writes their addresses.
//!
//! ROCm's runtimes number GPUs by their nodes in KFD's topology. ROCR_VISIBLE_DEVICES picks from
//! those; HIP_VISIBLE_DEVICES, or in its absence CUDA_VISIBLE_DEVICES, picks from what is left. The
//! two parsers have little in common, and what is written here is what each of them does, oddities
//! included. GPU_DEVICE_ORDINAL is read for OpenCL alone.

use crate::config::{self, Config};
use crate::gpu::Gpu;
use std::collections::BTreeSet;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

/// The values of the variables, as far as they are set.
#[derive(Default)]
struct Environment {
    rocr: Option<Vec<u8>>,
    hip: Option<Vec<u8>>,
    cuda: Option<Vec<u8>>,
}

impl Environment {
    fn of_process() -> Self {
        let variable = |name| config::variable(name).map(OsStringExt::into_vec);
        Self {
            rocr: variable("ROCR_VISIBLE_DEVICES"),
            hip: variable("HIP_VISIBLE_DEVICES"),
            cuda: variable("CUDA_VISIBLE_DEVICES"),
        }
    }
}

/// The indices of the devices that a HIP program sees if it starts now, in its order.
pub(crate) fn devices(gpus: &[Gpu]) -> Vec<usize> {
    // A simulated machine has no /dev of its own.
    let dri = Config::get().sysfs.is_none().then_some(Path::new("/dev/dri"));
    let mut seen: Vec<usize> = (0..gpus.len()).filter(|at| gpus[*at].is_for_hip(dri)).collect();
    seen.sort_by_key(|at| gpus[*at].node_id());
    let ids: Vec<u64> = seen.iter().map(|at| gpus[*at].kfd_unique_id().unwrap_or(0)).collect();
    visible(&ids, &Environment::of_process()).into_iter().map(|at| seen[at]).collect()
}

/// The places in `ids`, unique ids in KFD's order, of what the variables leave.
fn visible(ids: &[u64], environment: &Environment) -> Vec<usize> {
    let all = (0..ids.len()).collect();
    let left = environment.rocr.as_deref().map_or(all, |list| by_rocr(ids, list));
    let ids: Vec<u64> = left.iter().map(|at| ids[*at]).collect();
    match by_hip(&ids, environment) {
        Some(chosen) => chosen.into_iter().map(|at| left[at]).collect(),
        None => left,
    }
}

/// ROCR_VISIBLE_DEVICES: the list ends before the first entry that names no device or one again; an
/// empty entry that it comes to makes the runtime fail.
fn by_rocr(ids: &[u64], list: &[u8]) -> Vec<usize> {
    let mut chosen = Vec::new();
    // An empty list has no entry, and a comma at its end begins none. No more are looked at than
    // there are devices.
    let list = list.strip_suffix(b",").unwrap_or(list);
    let entries = list.split(|byte| *byte == b',').filter(|_| !list.is_empty()).take(ids.len());
    for entry in entries {
        let entry = trim(entry).to_ascii_uppercase();
        let device = match entry.first() {
            None => return Vec::new(),
            Some(b'G') => by_rocr_id(ids, &entry),
            Some(_) => integer(&entry).and_then(|number| usize::try_from(number).ok()),
        };
        match device.filter(|at| *at < ids.len() && !chosen.contains(at)) {
            Some(at) => chosen.push(at),
            None => break,
        }
    }
    chosen
}

/// The one device whose "GPU-" and unique id, in capitals, begins with the entry.
fn by_rocr_id(ids: &[u64], entry: &[u8]) -> Option<usize> {
    const SHORTEST: usize = "GPU-X".len();
    let matches = |id: u64| id != 0 && format!("GPU-{id:016X}").as_bytes().starts_with(entry);
    let mut found = (0..ids.len()).filter(|at| matches(ids[*at]));
    let first = found.next().filter(|_| entry.len() >= SHORTEST);
    first.filter(|_| found.next().is_none())
}

/// HIP_VISIBLE_DEVICES or CUDA_VISIBLE_DEVICES, None where neither says anything: the list ends
/// before the first entry that names no device; one that is named again counts once.
fn by_hip(ids: &[u64], environment: &Environment) -> Option<Vec<usize>> {
    let said = |list: &Option<Vec<u8>>| {
        let list = list.as_deref()?;
        // Set to nothing, a variable counts as a blank, which names no device.
        let list = if list.is_empty() { b" " } else { unquoted(list) };
        (!list.is_empty()).then(|| list.to_owned())
    };
    let list = said(&environment.hip).or_else(|| said(&environment.cuda))?;
    let list = list.strip_suffix(b",").unwrap_or(&list);
    let mut chosen = Vec::new();
    let mut named = BTreeSet::new();
    for entry in list.split(|byte| *byte == b',') {
        let entry = std::str::from_utf8(entry).unwrap_or_default();
        let device = by_hip_id(ids, entry).or_else(|| {
            // As the runtime writes numbers itself: no sign, no blank, no zero in front.
            let number: usize = entry.parse().ok()?;
            (number.to_string() == entry).then_some(number)
        });
        let Some(at) = device.filter(|at| *at < ids.len()) else { break };
        if named.insert(at) {
            chosen.push(at);
        }
    }
    Some(chosen)
}

/// The first device in whose "GPU-" and unique id, in small letters, the entry is contained.
fn by_hip_id(ids: &[u64], entry: &str) -> Option<usize> {
    let name = |id: u64| if id == 0 { "GPU-XX".to_owned() } else { format!("GPU-{id:016x}") };
    let known = || ids.iter().position(|id| name(*id).contains(entry));
    if entry.contains("GPU-") { known() } else { None }
}

/// What stands between quotes, if the whole value does; blanks around them do not matter.
fn unquoted(value: &[u8]) -> &[u8] {
    let blank = |byte: &u8| *byte == b' ';
    let start = value.iter().position(|byte| !blank(byte)).unwrap_or(0);
    let end = value.iter().rposition(|byte| !blank(byte)).map_or(0, |last| last + 1);
    let inner = value.get(start..end).and_then(|text| text.strip_prefix(b"\""));
    inner.and_then(|text| text.strip_suffix(b"\"")).unwrap_or(value)
}

/// Without the white space at both ends, as C++ has it.
fn trim(text: &[u8]) -> &[u8] {
    let mut text = text.trim_ascii();
    // The vertical tab is white space to C alone.
    while let Some(inner) = text.strip_prefix(b"\x0B").or_else(|| text.strip_suffix(b"\x0B")) {
        text = inner.trim_ascii();
    }
    text
}

/// A whole number as strtol reads it with base 0, cut to 32 bits as the runtime cuts it.
fn integer(text: &[u8]) -> Option<i32> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.strip_prefix("0X") {
        Some(digits) => (16, digits),
        None if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        None => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    // Too many digits become the largest number, or the smallest.
    let most = if negative { i64::MIN } else { i64::MAX };
    let number = i64::from_str_radix(digits, radix)
        .map_or(most, |number| if negative { -number } else { number });
    Some(number as i32)
}

/// Domain, bus, device and function of "0000:c1:00.0", in the places of a BDF id. The domain and
/// the function are 0 where they are left out; letters may be large.
pub(crate) fn parse_pci_bus_id(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let number = |text: &str, digits: usize, most: u64| {
        let fits =
            (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u64::from_str_radix(text, 16).ok().filter(|number| fits && *number <= most)
    };
    let (address, function) = text.split_once('.').unwrap_or((text, "0"));
    let (rest, device) = address.rsplit_once(':')?;
    let (domain, bus) = rest.rsplit_once(':').unwrap_or(("0", rest));
    Some(
        number(domain, 8, u32::MAX.into())? << 32
            | number(bus, 2, 0xFF)? << 8
            | number(device, 2, 0x1F)? << 3
            | number(function, 1, 7)?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [u64; 4] = [0xAB01, 0xAB02_0000_0000_0000, 0, 0xCD03];

    fn see(variables: &[(&str, &str)]) -> Vec<usize> {
        let find = |name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.as_bytes().to_vec())
        };
        let environment = Environment { rocr: find("ROCR"), hip: find("HIP"), cuda: find("CUDA") };
        visible(&IDS, &environment)
    }

    #[test]
    fn without_variables_all_are_seen_in_kfds_order() {
        assert_eq!(see(&[]), [0, 1, 2, 3]);
    }

    #[test]
    fn rocr_takes_numbers_as_c_reads_them() {
        for (list, expected) in [
            ("2,0", &[2, 0][..]),
            (" 3 ,\t1", &[3, 1]),
            ("0x2,01,+3", &[2, 1, 3]),
            ("3,", &[3]),
            ("1,2,1,3", &[1, 2]),
            ("1,4,0", &[1]),
            ("-1,0", &[]),
            ("1,2a,0", &[1]),
            ("08", &[]),
            ("4294967297", &[1]),
            ("99999999999999999999", &[]),
            ("", &[]),
            ("none", &[]),
            // What is behind as many entries as there are devices is not looked at.
            ("0,1,2,3,,", &[0, 1, 2, 3]),
        ] {
            assert_eq!(see(&[("ROCR", list)]), expected, "{list:?}");
        }
    }

    #[test]
    fn an_empty_entry_makes_rocr_fail() {
        for list in ["0,,1", ",0", " ", "0, ,1", ","] {
            assert_eq!(see(&[("ROCR", list)]), [0usize; 0], "{list:?}");
        }
    }

    #[test]
    fn rocr_takes_the_beginning_of_one_id() {
        for (list, expected) in [
            ("GPU-000000000000ab01", &[0][..]),
            ("gpu-Ab02", &[1]),
            ("3,GPU-AB", &[3, 1]),
            // The ids are 16 digits wide: two begin with zeros.
            ("GPU-0", &[]),
            ("GPU-000000000000A", &[0]),
            ("GPU-", &[]),
            ("GPU-000000000000AB01F", &[]),
            ("GPU-XX", &[]),
            ("GPU-AB,GPU-AB02,0", &[1]),
        ] {
            assert_eq!(see(&[("ROCR", list)]), expected, "{list:?}");
        }
    }

    #[test]
    fn hip_takes_numbers_only_as_it_writes_them_itself() {
        for (list, expected) in [
            ("2,0", &[2, 0][..]),
            ("1,1,0", &[1, 0]),
            ("3,", &[3]),
            ("0, 1", &[0]),
            ("01", &[]),
            ("+1", &[]),
            ("-1", &[]),
            ("1,4,0", &[1]),
            ("0,,1", &[0]),
            ("", &[]),
            (" ", &[]),
            ("\"1,2\"", &[1, 2]),
            (" \"1\" ", &[1]),
            ("\"1,2", &[]),
        ] {
            assert_eq!(see(&[("HIP", list)]), expected, "{list:?}");
        }
    }

    #[test]
    fn hip_takes_a_part_of_an_id_in_small_letters() {
        for (list, expected) in [
            ("GPU-000000000000ab01", &[0][..]),
            ("GPU-AB02", &[]),
            ("GPU-ab02,GPU-000000000000cd", &[1, 3]),
            // Several match: the first counts.
            ("GPU-0", &[0]),
            ("GPU-XX", &[2]),
            ("GPU-", &[0]),
            ("ab02", &[]),
        ] {
            assert_eq!(see(&[("HIP", list)]), expected, "{list:?}");
        }
    }

    #[test]
    fn cuda_counts_where_hip_says_nothing() {
        assert_eq!(see(&[("CUDA", "3")]), [3]);
        assert_eq!(see(&[("HIP", "2"), ("CUDA", "3")]), [2]);
        assert_eq!(see(&[("HIP", ""), ("CUDA", "3")]), [0usize; 0]);
        assert_eq!(see(&[("HIP", "\"\""), ("CUDA", "3")]), [3]);
        assert_eq!(see(&[("CUDA", "")]), [0usize; 0]);
    }

    #[test]
    fn hip_numbers_what_rocr_leaves() {
        assert_eq!(see(&[("ROCR", "3,1,0"), ("HIP", "2,0")]), [0, 3]);
        assert_eq!(see(&[("ROCR", "3,1"), ("HIP", "2")]), [0usize; 0]);
        assert_eq!(see(&[("ROCR", "3,1"), ("HIP", "GPU-ab02")]), [1]);
        assert_eq!(see(&[("ROCR", ""), ("HIP", "0")]), [0usize; 0]);
    }

    #[test]
    fn addresses_are_read_with_and_without_their_ends() {
        let parse = |text: &str| parse_pci_bus_id(text.as_bytes());
        assert_eq!(parse("0000:c1:00.0"), Some(0xC100));
        assert_eq!(parse("0001:C1:1F.7"), Some(0x1_0000_C1FF));
        assert_eq!(parse("c1:00.1"), Some(0xC101));
        assert_eq!(parse("c1:00"), Some(0xC100));
        assert_eq!(parse("10000:e1:00.0"), Some(0x1_0000_0000_E100));
        for wrong in [
            "",
            ":",
            "c1",
            "0000:c1:00.",
            "0000:c1:00.8",
            "0000:c1:20.0",
            "0000:1c1:00.0",
            "000000001:c1:00.0",
            "0000:c1:00.0 ",
            " 0000:c1:00.0",
            "0000:+1:00.0",
            "x:c1:00.0",
            "0:0:c1:00.0",
            "0000:c1:00.00",
        ] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
