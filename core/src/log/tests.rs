//! What is logged of a call, at which level, in which form; and a log that a test reads.

use super::*;
use std::cell::Cell;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd};
use std::sync::atomic::AtomicU32;

thread_local! {
    /// The level of this thread, which keeps its lines; None for the process's, which prints.
    pub(crate) static HERE: Cell<Option<Level>> = const { Cell::new(None) };
    pub(crate) static AS_JSON_HERE: Cell<bool> = const { Cell::new(false) };
    pub(crate) static LINES: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// The lines that are logged at this level while something is done.
pub(crate) fn logged(level: Level, act: impl FnOnce()) -> Vec<String> {
    logged_as(false, level, act)
}

fn logged_as(json: bool, level: Level, act: impl FnOnce()) -> Vec<String> {
    HERE.set(Some(level));
    AS_JSON_HERE.set(json);
    act();
    HERE.set(None);
    let text = |line: Vec<u8>| String::from_utf8(line).expect("text");
    LINES.take().into_iter().map(text).collect()
}

/// A call that was answered by two files, one of them kept, and failed.
fn call() {
    let call = Call::begin("rsmi_x_get", &[("dv_ind", &1), ("x", &std::ptr::null::<u8>())]);
    reason(|| "an earlier one".into());
    source(|| "/sys/a".into());
    kept("device/b");
    aside(|| {
        source(|| "/sys/c".into());
        reason(|| "of another question".into());
    });
    kept("device/b");
    reason(|| "the \"last\" word counts".into());
    call.end(2, "RSMI_STATUS_NOT_SUPPORTED");
}

#[test]
fn a_call_is_told_with_its_sources_and_its_reason() {
    let lines = logged(Level::Debug, call);
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    let (call, rest) = line.split_once(" = ").expect("what it returned");
    assert_eq!(call, "rsmi-compat: debug: rsmi_x_get(dv_ind=1, x=0x0)");
    let (status, rest) = rest.split_once(", ").expect("how long it took");
    assert_eq!(status, "2 RSMI_STATUS_NOT_SUPPORTED");
    let (time, rest) = rest.split_once(" us").expect("how long it took");
    assert!(time.parse::<f64>().is_ok_and(|time| time > 0.0 && time < 1e6), "{time}");
    assert_eq!(rest, ", from /sys/a, device/b (kept), because the \"last\" word counts");
    assert_eq!(logged(Level::Info, self::call), [""; 0], "nobody wants to know");
}

#[test]
fn what_succeeds_has_no_reason_and_may_have_no_source() {
    let lines = logged(Level::Debug, || {
        let call = Call::begin("rsmi_y", &[]);
        reason(|| "of what was tried first".into());
        call.end(0, "RSMI_STATUS_SUCCESS");
    });
    assert!(lines[0].starts_with("rsmi-compat: debug: rsmi_y() = 0 RSMI_STATUS_SUCCESS, "));
    assert!(lines[0].ends_with(" us"), "{lines:?}");
}

#[test]
fn each_level_has_its_word_and_those_below_it() {
    let all = || {
        error(|| "1".into());
        warn(|| "2".into());
        info(|| "3".into());
        trace(|| "5".into());
    };
    let words =
        ["error: 1", "warn: 2", "info: 3", "trace: 5"].map(|it| format!("rsmi-compat: {it}"));
    assert_eq!(logged(Level::Trace, all), words);
    assert_eq!(logged(Level::Error, all), words[..1]);
    assert_eq!(logged(Level::Warn, all), words[..2]);
    assert_eq!(logged(Level::Debug, all), words[..3]);
}

#[test]
fn numbers_are_listed_with_commas() {
    assert_eq!(
        (list([1, 2, 3]), list([7]), list([0; 0])),
        ("1, 2, 3".into(), "7".into(), String::new())
    );
    assert_eq!(quoted(b"a\n\xff"), "\"a\\n\u{fffd}\"");
}

#[test]
fn nothing_is_logged_unless_somebody_asks_for_it() {
    assert!(!enabled(Level::Error));
    set_level(Level::Error);
    let is_enabled = [Level::Error, Level::Warn].map(enabled);
    LEVEL.store(0, Ordering::Relaxed);
    assert_eq!(is_enabled, [true, false]);
}

#[test]
fn objects_of_json_have_all_of_a_call() {
    let lines = logged_as(true, Level::Debug, call);
    let info = logged_as(true, Level::Info, || info(|| "two \"words\"".into()));
    let line: serde_json::Value = serde_json::from_str(&lines[0]).expect("an object");
    assert_eq!((&line["level"], &line["call"]), (&"debug".into(), &"rsmi_x_get".into()));
    assert_eq!(line["arguments"], serde_json::json!({"dv_ind": "1", "x": "0x0"}));
    assert_eq!((&line["status"], &line["name"]), (&2.into(), &"RSMI_STATUS_NOT_SUPPORTED".into()));
    assert_eq!(line["from"], serde_json::json!(["/sys/a", "device/b (kept)"]));
    assert_eq!(line["because"], "the \"last\" word counts");
    assert!(line["us"].is_number());
    assert_eq!(info, [r#"{"level":"info","message":"two \"words\""}"#]);
}

fn pipe() -> (File, File) {
    let mut ends = [-1; 2];
    // SAFETY: the array has room for both.
    assert_eq!(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) }, 0);
    // SAFETY: pipe2 has just given us both.
    let [reader, writer] = ends.map(|end| unsafe { File::from_raw_fd(end) });
    (reader, writer)
}

static PIPES: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_signal: c_int) {
    PIPES.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn a_stderr_that_nobody_reads_is_no_error() {
    // SAFETY: the handler does nothing but count; no other test has a pipe that is closed.
    let before = unsafe { libc::signal(libc::SIGPIPE, count as *const () as usize) };
    let (reader, writer) = pipe();
    drop(reader);
    write(writer.as_raw_fd(), b"for nobody".to_vec());
    // The pipe is one that kills.
    // SAFETY: the pointer and length are those of a constant.
    unsafe { libc::write(writer.as_raw_fd(), b"x".as_ptr().cast(), 1) };
    // SAFETY: as it was.
    unsafe { libc::signal(libc::SIGPIPE, before) };
    assert_eq!(PIPES.load(Ordering::Relaxed), 1, "the second write alone raises the signal");
}

#[test]
fn a_full_pipe_is_not_waited_for_and_lines_stay_whole() {
    let (mut reader, writer) = pipe();
    let line = vec![b'x'; 3 * LONGEST];
    for _ in 0..1000 {
        write(writer.as_raw_fd(), line.clone());
    }
    drop(writer);
    let mut text = Vec::new();
    reader.read_to_end(&mut text).unwrap();
    let mut lines: Vec<_> = text.split(|byte| *byte == b'\n').collect();
    assert_eq!(lines.pop(), Some(&b""[..]));
    assert!(!lines.is_empty() && lines.len() < 1000, "{}", lines.len());
    assert!(lines.iter().all(|line| line.len() == LONGEST - 1 && line.ends_with(CUT)));
}

#[test]
fn a_file_takes_a_line_of_any_length() {
    let mut file = tempfile::tempfile().unwrap();
    write(file.as_raw_fd(), vec![b'x'; 3 * LONGEST]);
    let mut text = Vec::new();
    std::io::Seek::rewind(&mut file).unwrap();
    file.read_to_end(&mut text).unwrap();
    assert_eq!(text.len(), 3 * LONGEST + 1);
}

#[test]
fn texts_are_quoted_as_json_has_them() {
    assert_eq!(string("a \"b\" \\ c\n\u{7f}ä"), r#""a \"b\" \\ c\n\u007fä""#);
}

#[test]
fn levels_are_ordered_from_error_to_trace() {
    let level = |text| Level::parse(OsStr::new(text));
    assert!(level("error") < level("warn") && level("info") < level("debug"));
    assert_eq!(level("trace"), Some(Level::Trace));
    assert_eq!(level("TRACE"), None);
}
