//! What must stand in each struct: the rules, said here once more and without the library's own code.

use std::collections::BTreeMap;
use std::ops::Range;

use rsmi_generations::Generation::{self, V5, V6_0, V6_2, V6_3, V6_4, V7_0};
use rsmi_generations::Open;

use super::roads::{Header, Standing};
use crate::namespace::Outcome;

/// What a program said: of "PART/OUTPUT" the status and the bytes, and of "end" how it ended.
pub type Answers = BTreeMap<String, String>;

pub enum Verdict {
    Right,
    /// Something was written that must not be, or in another way than may ever be listed.
    Wrong(String),
    /// Where, what the original has there and what ours.
    Different(Vec<(String, String, String)>),
}

/// What is to be known about one output of a program.
pub struct Case<'a> {
    pub header: &'a Header,
    pub standing: Standing,
    pub output: &'a str,
    /// What the real library of that header says of it.
    pub real: &'a str,
    /// What the real library says of it whose generation's words the program gets.
    pub spoken: &'a str,
    /// How the machine's cards were partitioned before.
    pub partitions: &'a str,
    pub ours: Option<&'a str>,
}

/// Lines of `PART/OUTPUT: TEXT`, and how the program ended.
pub fn read(outcome: &Outcome) -> Answers {
    let text = outcome.text();
    let line = |line: &str| {
        let (key, value) = line.split_once(':')?;
        let known = key == "end" || key.contains('/') && !key.contains([' ', '.']);
        known.then(|| (key.to_owned(), value.trim().to_owned()))
    };
    let mut answers: Answers = text.lines().filter_map(line).collect();
    let last = text.lines().next_back().unwrap_or_default();
    let last = last.split(':').next().unwrap_or_default();
    let end = match (outcome.status, outcome.signal) {
        (Some(0), _) => return answers,
        (Some(status), _) => format!("status {status}, {}", outcome.errors().trim()),
        (None, Some(signal)) => format!("dies (signal {signal}) at {last}"),
        (None, None) => format!("hangs at {last}"),
    };
    // What it was at when it died is no answer.
    answers.retain(|key, value| key != last || value.contains(' '));
    answers.insert("end".into(), end);
    answers
}

/// A struct: None where a byte was left alone.
struct Struct {
    status: String,
    bytes: Vec<Option<u8>>,
}

impl Struct {
    fn read(text: &str) -> Result<Struct, String> {
        if text.contains("BEYOND") {
            let end =
                text.rfind("BEYOND").and_then(|at| text[at..].find(' ').map(|length| at + length));
            return Err(format!(
                "written outside of the struct: {}",
                &text[..end.unwrap_or(text.len())]
            ));
        }
        let (status, bytes) = text.split_once(' ').unwrap_or((text, ""));
        let byte = |pair: &[u8]| match pair {
            b".." => Ok(None),
            pair => std::str::from_utf8(pair)
                .ok()
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .map(Some)
                .ok_or("what was written depends on what was there, or on where it lay".to_owned()),
        };
        let bytes = bytes.trim().as_bytes().chunks(2).map(byte).collect::<Result<_, _>>()?;
        Ok(Struct { status: status.to_owned(), bytes })
    }

    fn number(&self, at: usize, size: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at + size)?;
        bytes.iter().rev().try_fold(0, |number, byte| Some(number << 8 | u64::from((*byte)?)))
    }

    fn put(&mut self, at: usize, number: u64, size: usize) {
        for (byte, new) in self.bytes.iter_mut().skip(at).zip(number.to_le_bytes()).take(size) {
            *byte = Some(new);
        }
    }
}

/// The bytes of rsmi_gpu_metrics_t by generation.
fn metrics_size(generation: Generation) -> usize {
    match generation {
        V5 => 96,
        V6_0 | V6_2 => 424,
        V6_3 => 1832,
        V6_4 => 2368,
        V7_0 => 4544,
    }
}

/// How many bytes of an output mean the same to all that are open.
fn reach(output: &str, open: Open) -> usize {
    let mixed_with_five = open.has(V5) && open.one().is_none();
    match output {
        "metrics" => {
            let sizes = || open.iter().map(metrics_size);
            let (least, most) = (sizes().min().unwrap_or(96), sizes().max().unwrap_or(96));
            // From 6.3 on the structs of partitions begin at 480, each time of another size.
            if least == most { most } else { least.min(480) }
        }
        "bandwidth" if mixed_with_five => 392,
        _ if output.ends_with("-clock") && mixed_with_five => 264,
        // One event, in the shorter of both structs.
        "events" if open.straddles(V6_4) => 72,
        _ => usize::MAX,
    }
}

/// What rsmi_version_get says to a client of each generation.
pub fn version(generation: Generation) -> [u32; 3] {
    match generation {
        V5 => [5, 0, 0],
        V6_0 => [7, 2, 0],
        V6_2 => [7, 3, 0],
        V6_3 => [7, 5, 0],
        V6_4 => [7, 6, 0],
        V7_0 => [7, 8, 0],
    }
}

/// The header of a table of gpu_metrics of which only so many bytes are shown: the newest version
/// whose members all lie there, and how long its table is.
fn header_within(header: u64, bytes: usize) -> u64 {
    let (format, content) = (header >> 16 & 0xff, header >> 24);
    let of = |size: u64, content: u64| size | format << 16 | content << 24;
    match (format, content) {
        (1, 2..) if bytes < 424 => of(96, 1),
        (1, 6..) => of(360, 5),
        (2, 2..) if bytes < 424 => of(120, 1),
        _ => header,
    }
}

/// What belongs into a struct of 6.3, of which no real library is at hand: its partitions are those
/// of 6.4 without the last member, and its events those of 6.1.
pub fn of_6_3(of_6_4: &Answers, of_6_1: &Answers) -> Answers {
    const PARTITIONS: usize = 480;
    let mut answers = of_6_4.clone();
    let whole = |text: &&mut String| {
        text.split_once(' ').is_some_and(|(_, hex)| hex.len() == 2 * metrics_size(V6_4))
    };
    if let Some(text) = answers.get_mut("own/metrics").filter(whole) {
        let (status, hex) = text.split_once(' ').expect("it was looked at");
        let part = |range: Range<usize>| &hex[2 * range.start..2 * range.end];
        let partition = |nth: usize| PARTITIONS + nth * 232;
        let partitions: String =
            (0..8_usize).map(|nth| part(partition(nth)..partition(nth) + 168)).collect();
        let last = part(2336..2344);
        *text = format!("{status} {}{partitions}{last}", part(0..PARTITIONS));
    }
    answers.extend(of_6_1.get("own/events").map(|text| ("own/events".to_owned(), text.clone())));
    answers
}

pub fn judge(case: &Case) -> Verdict {
    let Some(ours) = case.ours else { return Verdict::Wrong("not said".into()) };
    if case.output.starts_with("partition/") || case.output == "notified" {
        return of_text(case, ours);
    }
    match (Struct::read(case.real), Struct::read(ours)) {
        (_, Err(wrong)) => Verdict::Wrong(wrong),
        (Err(wrong), _) => Verdict::Wrong(format!("the original: {wrong}")),
        (Ok(real), Ok(ours)) => of_struct(case, real, &ours),
    }
}

/// Who may mean two things by a number sets nothing.
fn of_text(case: &Case, ours: &str) -> Verdict {
    let is_set = case.output.starts_with("partition/") && case.output != "partition/before";
    let expected = match is_set && case.standing.open.straddles(V6_2) {
        true => format!("2 {}", case.partitions).trim().to_owned(),
        false => case.real.to_owned(),
    };
    if ours == expected {
        return Verdict::Right;
    }
    Verdict::Different(vec![(String::new(), expected, ours.to_owned())])
}

fn of_struct(case: &Case, real: Struct, ours: &Struct) -> Verdict {
    let Standing { open, speaks } = case.standing;
    let size = real.bytes.len();
    if ours.bytes.len() != size {
        return Verdict::Wrong(format!("{} bytes, not {size}", ours.bytes.len()));
    }
    let reach = reach(case.output, open).min(size);
    if ours.bytes[reach..].iter().any(Option::is_some) {
        return Verdict::Wrong(format!("written behind byte {reach}"));
    }
    let otherwise = speaks_otherwise(case);
    let [of, as_in] = [case.header.generation, speaks].map(|it| format!("as in {it}"));
    if otherwise && case.output.ends_with("-firmware") {
        // Its number is another block's.
        return match case.real == case.ours.unwrap_or_default() {
            true => Verdict::Right,
            false => Verdict::Different(vec![(String::new(), of, as_in)]),
        };
    }
    let mut expected = match otherwise.then(|| Struct::read(case.spoken)) {
        Some(Ok(spoken)) => spoken,
        Some(Err(wrong)) => return Verdict::Wrong(wrong),
        None => real,
    };
    expected.bytes.truncate(reach);
    expected.bytes.resize(size, None);
    if speaks != V5 && (case.output == "bandwidth" || case.output.ends_with("-clock")) {
        // Padding, which the original copies with the struct.
        for at in (1..4).chain(12..16) {
            expected.bytes[at] = expected.bytes[at].filter(|_| ours.bytes[at].is_some());
        }
    }
    match case.output {
        "metrics" if reach < metrics_size(speaks) => {
            if let Some(header) = expected.number(0, 4) {
                expected.put(0, header_within(header, reach), 4);
            }
            if expected.number(472, 2).is_some_and(|partitions| partitions != 0xffff) {
                expected.put(472, 0, 2);
            }
        }
        "version" => {
            for (at, number) in version(speaks).into_iter().enumerate() {
                expected.put(4 * at, number.into(), 4);
            }
        }
        // Only clients of 7.0 know the bytes behind the text.
        "events" if !case.standing.is_proven() => {
            for (byte, ours) in expected.bytes.iter_mut().zip(&ours.bytes) {
                *byte = byte.filter(|byte| *byte != 0 || ours.is_some());
            }
        }
        _ => {}
    }
    match differences(&expected, ours) {
        Verdict::Right if otherwise && case.real != case.spoken => {
            Verdict::Different(vec![(String::new(), of, as_in)])
        }
        verdict => verdict,
    }
}

/// Whether a client that nothing identifies gets here what one of another generation would get, and
/// that is something else: the words of events; and, since ROCm 6 began with a new struct for clocks,
/// new numbers of firmware and other tables, all that across this border.
fn speaks_otherwise(case: &Case) -> bool {
    let Standing { open, speaks } = case.standing;
    let of = case.header.generation;
    let across = (of == V5) != (speaks == V5);
    open.one().is_none()
        && of != speaks
        && match case.output {
            "events" => true,
            "bandwidth" => across,
            // These have the layout of ROCm 5 still, as far as that goes.
            "metrics" | "voltages" => speaks == V5,
            output => across && (output.ends_with("-clock") || output.ends_with("-firmware")),
        }
}

/// Each run of bytes in which they differ.
fn differences(real: &Struct, ours: &Struct) -> Verdict {
    let mut found = Vec::new();
    if real.status != ours.status {
        found.push(("/status".to_owned(), real.status.clone(), ours.status.clone()));
    }
    let mut at = 0;
    while at < real.bytes.len() {
        let differs = |at: &usize| real.bytes.get(*at) != ours.bytes.get(*at);
        let end = (at..real.bytes.len()).find(|at| !differs(at)).unwrap_or(real.bytes.len());
        if end > at {
            found.push((format!("@{at}..{end}"), hex(real, at..end), hex(ours, at..end)));
        }
        at = end + 1;
    }
    if found.is_empty() { Verdict::Right } else { Verdict::Different(found) }
}

fn hex(of: &Struct, range: Range<usize>) -> String {
    let byte = |byte: &Option<u8>| byte.map_or("..".to_owned(), |byte| format!("{byte:02x}"));
    of.bytes.get(range).unwrap_or_default().iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with this answer of a program of 6.1 that nothing identifies.
    fn judged(output: &str, open: Open, real: &str, ours: &str) -> String {
        let header = Header::named("6.1.2").expect("it is in the list");
        let standing = Standing::of(open);
        let ours = Some(ours);
        let case = Case { header, standing, output, real, spoken: real, partitions: "SPX", ours };
        match judge(&case) {
            Verdict::Right => "right".into(),
            Verdict::Wrong(text) => text,
            Verdict::Different(all) => format!("{all:?}"),
        }
    }

    #[test]
    fn a_byte_is_the_originals_or_untouched_behind_what_all_have() {
        let proven = |ours| judged("voltages", Open::only(V6_0), "0 0102..04", ours);
        assert_eq!(proven("0 0102..04"), "right");
        assert_eq!(proven("2 0102..04"), r#"[("/status", "0", "2")]"#);
        assert_eq!(proven("0 010200.."), r#"[("@2..4", "..04", "00..")]"#);
        assert!(proven("0 01??..04").contains("depends on"));
        assert!(proven("BEYOND+4 0 0102..04").contains("outside"));
        let long = |bytes: &str| format!("0 {}{}", "07".repeat(264), bytes.repeat(16));
        let clock = |bytes| judged("soc-clock", Open::ALL, &long("07"), &long(bytes));
        assert_eq!(clock(".."), "right");
        assert_eq!(clock("07"), "written behind byte 264");
    }

    #[test]
    fn a_cut_table_is_of_the_newest_version_that_fits() {
        for (size, format, content, bytes, told) in [
            (120, 1, 3, 96, (96, 1)),
            (96, 1, 1, 96, (96, 1)),
            (80, 1, 0, 96, (80, 0)),
            (120, 1, 3, 424, (120, 3)),
            (3872, 1, 8, 480, (360, 5)),
            (168, 2, 4, 96, (120, 1)),
        ] {
            let header = |size: u64, content: u64| size | format << 16 | content << 24;
            assert_eq!(header_within(header(size, content), bytes), header(told.0, told.1));
        }
    }

    #[test]
    fn what_may_mean_two_things_is_refused() {
        let set = |open, ours| judged("partition/DPX", open, "0 DPX", ours);
        assert_eq!(set(Open::only(V6_0), "0 DPX"), "right");
        assert_eq!(set(Open::ALL, "2 SPX"), "right");
        assert_ne!(set(Open::ALL, "0 DPX"), "right");
    }

    #[test]
    fn who_dies_has_not_answered() {
        let outcome = Outcome {
            status: None,
            signal: Some(11),
            timed_out: false,
            stdout: b"own/version: 0 07\nnoise: 1\nown/metrics:".to_vec(),
            stderr: Vec::new(),
        };
        let expected = [("own/version", "0 07"), ("end", "dies (signal 11) at own/metrics")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(read(&outcome), expected.into());
    }
}
