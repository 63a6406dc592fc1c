//! Every function that rsmi is mapped onto, over every release: it answers what is described and, when
//! it lies, something else; it is set by who it is asked to be; and it survives what it is not given.

#[path = "../common/mod.rs"]
mod common;
mod rows;

use common::Stage;
use rows::{Expected, ROWS, SETTERS, Setter, What};
use rsmi_simulator_releases::{FUNCTIONS, Function, RELEASES, Release};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{fs, str};

const MACHINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/answers/machine.toml");
const DEVICE: &str = "bus/pci/devices/0000:03:00.0";
const INVAL: u32 = 1;

struct Asked {
    stage: Stage,
    client: PathBuf,
}

/// What a call returned and wrote; nothing if the release does not export it.
struct Reply {
    status: u32,
    outputs: Vec<Vec<u8>>,
}

impl Asked {
    fn new() -> Self {
        let stage = Stage::of(Path::new(MACHINE));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/asks.c");
        let client = stage.compile("asks", &[source], &["-Wl,--as-needed"]);
        Self { stage, client }
    }

    /// The replies to these calls, one for each.
    fn ask<'a>(
        &self,
        release: &Release,
        lies: bool,
        log: &str,
        lines: impl Iterator<Item = &'a str>,
    ) -> Vec<Option<Reply>> {
        let lines: Vec<&str> = lines.collect();
        let mut command = self.stage.over(&self.client, release.name);
        command.env("RSMI_SIM_MACHINE", MACHINE).env("RSMI_SIM_LOG", self.stage.at(log));
        command.arg(self.stage.amd_smi(release.name));
        if lies {
            command.env("RSMI_SIM_LIES", "1");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut input = child.stdin.take().expect("it has an input");
        let text = lines.iter().fold(String::new(), |text, line| text + line + "\n");
        let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
        let output = child.wait_with_output().expect("it ends");
        writer.join().expect("no panic").expect("it reads all of it");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {:?}: {errors}", release.name, output.status);
        let text = str::from_utf8(&output.stdout).expect("UTF-8");
        let replies: Vec<_> = text.lines().zip(&lines).map(|(line, of)| reply(line, of)).collect();
        assert_eq!(replies.len(), lines.len(), "{}: {text}", release.name);
        replies
    }
}

fn reply(line: &str, of: &str) -> Option<Reply> {
    let mut words = line.split(' ');
    assert_eq!(words.next(), of.split(' ').next(), "{line}");
    let status = words.next().expect("a status");
    if status == "missing" {
        return None;
    }
    let byte = |at: usize, word: &str| u8::from_str_radix(&word[at..at + 2], 16).expect("hex");
    let bytes = |word: &str| (0..word.len()).step_by(2).map(|at| byte(at, word)).collect();
    let outputs = words.map(bytes).collect();
    Some(Reply { status: status.parse().expect("a number"), outputs })
}

/// The function of a line.
fn name(line: &str) -> &str {
    line.split(' ').next().unwrap_or(line)
}

fn exports(release: &Release, line: &str) -> bool {
    Function::named(name(line)).is_some_and(|function| release.arguments(function).is_some())
}

fn number(bytes: &[u8], offset: usize, size: usize) -> Option<u64> {
    let bytes = bytes.get(offset..offset + size)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

fn text(bytes: &[u8], offset: usize) -> String {
    let bytes = bytes.get(offset..).unwrap_or_default();
    String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

/// What there is of it in a reply; nothing if the release has no such member.
fn found(release: &Release, what: &What, reply: &Reply) -> Option<String> {
    let output = |at: usize| reply.outputs.get(at).map_or(&[][..], Vec::as_slice);
    let shown = |number: Option<u64>| number.map_or("nothing".into(), |number| number.to_string());
    Some(match *what {
        What::Number(at, size) => shown(number(output(at), 0, size)),
        What::At(at, offset, size) => shown(number(output(at), offset, size)),
        What::Text(at) => text(output(at), 0),
        What::Member(at, of, member) => {
            let layout = release.layout(of)?;
            let field = layout.fields.iter().find(|field| field.name == member)?;
            if field.kind.starts_with("char[") {
                text(output(at), field.offset)
            } else {
                shown(number(output(at), field.offset, field.size.min(8)))
            }
        }
        What::Status => "done".into(),
    })
}

/// An enumerator, whose name has the library's before it in some releases only.
fn enumerator(release: &Release, of: &str, name: &str) -> Option<u64> {
    let found = release.number(of, &format!("AMDSMI_{name}")).or(release.number(of, name));
    found.map(|number| number as u64)
}

fn check(release: &Release, line: &str, what: &What, expected: &Expected, reply: &Reply) {
    let who = format!("{}: {line}: {what:?}", release.name);
    let status = |name: &str| {
        enumerator(release, "amdsmi_status_t", &format!("STATUS_{name}")).expect("a status") as u32
    };
    let wanted = match expected {
        Expected::Number(number) => number.to_string(),
        Expected::Text(text) => (*text).to_owned(),
        Expected::Enumerator(of, name) => match enumerator(release, of, name) {
            Some(number) => number.to_string(),
            None => panic!("{who}: there is no {name}"),
        },
        Expected::In(of_release) => return check(release, line, what, &of_release(release), reply),
        Expected::Anything => {
            assert_eq!(reply.status, 0, "{who}");
            return;
        }
        Expected::Done => "done".into(),
        Expected::Failed(name) => {
            let future = release.name == rsmi_simulator_releases::FUTURE;
            let wanted = if future && *name == "NOT_SUPPORTED" { 4711 } else { status(name) };
            assert_eq!(reply.status, wanted, "{who}");
            return;
        }
    };
    let Some(found) = found(release, what, reply) else { return };
    assert_eq!(reply.status, 0, "{who}");
    assert_eq!(found, wanted, "{who}");
}

#[test]
fn every_release_answers_what_is_described_and_lies_when_it_is_told_to() {
    let asked = Asked::new();
    let lines = || ROWS.iter().map(|row| row.line);
    let mut checked = BTreeMap::<&str, usize>::new();
    for release in RELEASES {
        let truth = asked.ask(release, false, "log-truth", lines());
        let lie = asked.ask(release, true, "log-lies", lines());
        for ((row, truth), lie) in ROWS.iter().zip(&truth).zip(&lie) {
            let exported = exports(release, row.line);
            assert_eq!(truth.is_some(), exported, "{}: {}", release.name, row.line);
            assert_eq!(lie.is_some(), exported, "{}: {}", release.name, row.line);
            let (Some(truth), Some(lie)) = (truth, lie) else { continue };
            for (what, expected_truth, expected_lie) in row.values {
                check(release, row.line, what, expected_truth, truth);
                check(release, row.line, what, expected_lie, lie);
                let both = (found(release, what, truth), found(release, what, lie));
                let same = both.0 == both.1 && truth.status == lie.status;
                let told = row.stays_true || both.0.is_none() || matches!(what, What::Status);
                assert!(!same || told, "{}: {}: {what:?} is no lie", release.name, row.line);
            }
            *checked.entry(name(row.line)).or_default() += row.values.len();
        }
    }
    let unchecked: Vec<_> = rows::ALL
        .iter()
        .filter(|name| !checked.contains_key(*name))
        .filter(|function| !SETTERS.iter().any(|setter| name(setter.line) == **function))
        .collect();
    assert!(unchecked.is_empty(), "{unchecked:?}");
}

/// The device's file in the tree.
fn in_tree(asked: &Asked, file: &str) -> PathBuf {
    let device = asked.stage.sys().join(DEVICE);
    match file.strip_prefix("hwmon/") {
        Some(file) => {
            let mut all = fs::read_dir(device.join("hwmon")).expect("it has sensors");
            all.next().expect("one").expect("readable").path().join(file)
        }
        None => device.join(file),
    }
}

/// What a setter writes in a release: the file below the device, and what into it.
fn writes(setter: &Setter) -> Vec<(&'static str, String)> {
    let line = |line: &'static str| {
        let (file, text) = line.split_once(" < ").expect("a write");
        (file, text.replace("\\n", "\n"))
    };
    setter.writes.iter().copied().map(line).collect()
}

#[test]
fn what_is_set_is_written_in_its_order_and_only_logged_by_a_liar() {
    let asked = Asked::new();
    for release in RELEASES {
        let lines: Vec<String> = SETTERS.iter().map(|setter| (setter.arguments)(release)).collect();
        // The liar: nothing is written, and everything is logged.
        let all: BTreeSet<_> = SETTERS.iter().flat_map(writes).map(|(file, _)| file).collect();
        let contents = || -> Vec<_> {
            all.iter().map(|file| fs::read(in_tree(&asked, file)).expect("read")).collect()
        };
        let before = contents();
        let log = format!("log-set-{}", release.name);
        let replies = asked.ask(release, true, &log, lines.iter().map(String::as_str));
        assert_eq!(contents(), before, "{}", release.name);
        let log = fs::read_to_string(asked.stage.at(&log)).expect("the log");
        let mut logged = log.lines().filter(|line| line.contains(" < "));
        for (setter, reply) in SETTERS.iter().zip(&replies) {
            let who = format!("{}: {}", release.name, setter.line);
            assert_eq!(reply.is_some(), exports(release, setter.line), "{who}");
            let Some(reply) = reply else { continue };
            assert_eq!(reply.status, 0, "{who}");
            for (file, text) in writes(setter) {
                let line = logged.next().unwrap_or_default();
                let file = file.replacen("hwmon/", "hwmon/hwmon3/", 1);
                assert_eq!(line, format!("0000:03:00.0/{file} < {text:?}"), "{who}");
            }
        }
        assert_eq!(logged.next(), None, "{}", release.name);
        // What is really set: each file has what was written last.
        for setter in SETTERS.iter().filter(|setter| exports(release, setter.line)) {
            let originals: Vec<_> = all.iter().zip(&before).collect();
            for (file, bytes) in &originals {
                fs::write(in_tree(&asked, file), bytes).expect("written");
            }
            if setter.only_a_lie {
                continue;
            }
            let line = (setter.arguments)(release);
            let replies = asked.ask(release, false, "log-really", [line.as_str()].into_iter());
            let who = format!("{}: {line}", release.name);
            assert_eq!(replies[0].as_ref().map(|reply| reply.status), Some(0), "{who}");
            let last: BTreeMap<_, _> = writes(setter).into_iter().collect();
            for (file, bytes) in originals {
                let there = fs::read(in_tree(&asked, file)).expect("read");
                let wanted = last.get(file).map_or(bytes.as_slice(), |text| text.as_bytes());
                assert_eq!(there, wanted, "{who}: {file}");
            }
        }
        for (file, bytes) in all.iter().zip(&before) {
            fs::write(in_tree(&asked, file), bytes).expect("written");
        }
    }
}

/// A call of a function with something in every place, but null in this one.
fn without(kinds: &[&str], function: &str, place: usize) -> String {
    let mut outputs = 0;
    let mut processors = 0;
    let mut line = function.to_owned();
    for (at, kind) in kinds.iter().enumerate() {
        let pointer = kind.ends_with('*');
        line += &match *kind {
            _ if at == place => " null".to_owned(),
            "amdsmi_processor_handle" => {
                processors += 1;
                format!(" p{}", processors - 1)
            }
            _ if pointer => {
                outputs += 1;
                format!(" o{}:0100000000000000", outputs - 1)
            }
            _ => " 0".to_owned(),
        };
    }
    line
}

#[test]
fn who_gives_no_place_for_an_answer_gets_a_status() {
    let asked = Asked::new();
    for release in RELEASES {
        let mut lines = Vec::new();
        for function in rows::ALL {
            let Some(at) = Function::named(function) else { panic!("{function}") };
            assert_eq!(FUNCTIONS[at].name, *function);
            let kinds = release.arguments(at).unwrap_or_default();
            let given = |place: &usize| {
                kinds[*place].ends_with('*') || kinds[*place] == "amdsmi_processor_handle"
            };
            lines.extend((0..kinds.len()).filter(given).map(|at| without(kinds, function, at)));
        }
        for lies in [false, true] {
            let replies = asked.ask(release, lies, "log-null", lines.iter().map(String::as_str));
            for (line, reply) in lines.iter().zip(replies) {
                let status = reply.expect("it is exported").status;
                let wanted = rows::OTHERWISE.iter().find(|(known, _)| known == line);
                let wanted = wanted.map_or(INVAL, |(_, status)| *status);
                assert_eq!(status, wanted, "{}: {line}", release.name);
            }
        }
        assert!(lines.len() > 80, "{}: {}", release.name, lines.len());
    }
}

#[test]
fn a_word_that_is_not_allowed_is_refused_in_a_line() {
    let asked = Asked::new();
    let mut command = asked.stage.over(&asked.client, "10.1");
    command.env("RSMI_SIM_MACHINE", MACHINE).env("RSMI_SIM_LIES", "yes");
    command.arg(asked.stage.amd_smi("10.1"));
    let outcome = common::run(command, std::time::Duration::from_secs(30));
    assert_eq!(outcome.success, Some(false));
    let said = "libamd_smi (simulated): RSMI_SIM_LIES is `yes`, allowed is 1\n";
    assert_eq!(outcome.stderr, said);
}
