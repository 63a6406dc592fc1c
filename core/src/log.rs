//! RSMI_COMPAT_LOG: what was called, what answered, and why not; silent unless asked for.

use std::cell::RefCell;
use std::ffi::{OsStr, c_int};
use std::fmt::{Debug, Display, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Level {
    Error = 1,
    Warn,
    Info,
    Debug,
    Trace,
}

impl Level {
    pub(crate) fn parse(text: &OsStr) -> Option<Self> {
        Some(match text.to_str()? {
            "error" => Self::Error,
            "warn" => Self::Warn,
            "info" => Self::Info,
            "debug" => Self::Debug,
            "trace" => Self::Trace,
            _ => return None,
        })
    }
}

static LEVEL: AtomicU8 = AtomicU8::new(0);

pub(crate) fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

static AS_JSON: AtomicBool = AtomicBool::new(false);

/// Whether each line is an object of JSON, and not text for people.
pub(crate) fn set_json(json: bool) {
    AS_JSON.store(json, Ordering::Relaxed);
}

fn is_json() -> bool {
    #[cfg(test)]
    if tests::HERE.get().is_some() {
        return tests::AS_JSON_HERE.get();
    }
    AS_JSON.load(Ordering::Relaxed)
}

pub(crate) fn enabled(level: Level) -> bool {
    #[cfg(test)]
    if let Some(here) = tests::HERE.get() {
        return here >= level;
    }
    LEVEL.load(Ordering::Relaxed) >= level as u8
}

pub(crate) fn error(message: impl FnOnce() -> String) {
    line(Level::Error, "error", message);
}

pub(crate) fn warn(message: impl FnOnce() -> String) {
    line(Level::Warn, "warn", message);
}

pub(crate) fn info(message: impl FnOnce() -> String) {
    line(Level::Info, "info", message);
}

pub(crate) fn trace(message: impl FnOnce() -> String) {
    line(Level::Trace, "trace", message);
}

fn line(level: Level, name: &str, message: impl FnOnce() -> String) {
    record(level, name, || {
        let message = message();
        (vec![("message", message.clone())], message)
    });
}

/// Members for JSON, and their text for people.
type Record = (Vec<(&'static str, String)>, String);

fn record(level: Level, name: &str, made: impl FnOnce() -> Record) {
    if !enabled(level) {
        return;
    }
    let (members, text) = made();
    if is_json() {
        let quoted: Vec<_> = members.iter().map(|(name, value)| (*name, string(value))).collect();
        write_json(name, &quoted);
    } else {
        write_text(name, &text);
    }
}

fn write_text(name: &str, text: &str) {
    write(libc::STDERR_FILENO, format!("rsmi-compat: {name}: {text}").into_bytes());
}

/// Who of the two sources is asked first, and why.
pub(crate) fn asks(question: &dyn Debug, first: &dyn Display) {
    record(Level::Trace, "trace", || {
        let (question, first) = (format!("{question:?}"), first.to_string());
        let text = format!("asks {question}; first {first}");
        (vec![("asks", question), ("first", first)], text)
    });
}

/// Something about the question of the call under way: JSON has it under that name, and a text behind
/// those words.
pub(crate) fn detail(name: &'static str, words: &str, detail: impl FnOnce() -> String) {
    record(Level::Trace, "trace", || {
        let detail = detail();
        let text = format!("{words} {detail}");
        (vec![(name, detail)], text)
    });
}

/// That the two sources disagree.
pub(crate) fn disagree(question: &dyn Debug, amdsmi: &dyn Debug, kernel: &dyn Debug) {
    record(Level::Warn, "warn", || {
        let [question, amdsmi, kernel] =
            [question, amdsmi, kernel].map(|shown| format!("{shown:?}"));
        let values = format!("AMD SMI {amdsmi}, kernel {kernel}");
        let text = format!("the sources disagree on {question}: {values}");
        (vec![("disagree", question), ("amdsmi", amdsmi), ("kernel", kernel)], text)
    });
}

/// One object of these members, whose values are JSON already. Where it is longer than a pipe takes, the
/// first member stays, and it says so.
fn write_json(level: &str, members: &[(&str, String)]) {
    let object = |members: &[(&str, String)]| {
        let mut line = format!("{{\"level\":\"{level}\"");
        for (name, value) in members {
            let _ = write!(line, ",\"{name}\":{value}");
        }
        line.push('}');
        line.into_bytes()
    };
    let mut line = object(members);
    if line.len() >= LONGEST && !is_file(libc::STDERR_FILENO) {
        let first = members.first().filter(|(_, value)| value.len() < LONGEST / 2);
        let mut few: Vec<(&str, String)> = first.cloned().into_iter().collect();
        few.push(("cut", "true".into()));
        line = object(&few);
    }
    write(libc::STDERR_FILENO, line);
}

/// A text as JSON has it.
fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// What a pipe takes as a whole; a longer line is cut, unless it goes to a file.
const LONGEST: usize = libc::PIPE_BUF;

/// The end of a line that is cut.
const CUT: &[u8] = " …".as_bytes();

/// One write(2) a line, so that lines of several threads stay whole. A line that would have to wait
/// is left out, and a stderr that nobody reads any more is no error.
fn write(fd: c_int, mut line: Vec<u8>) {
    #[cfg(test)]
    if fd == libc::STDERR_FILENO && tests::HERE.get().is_some() {
        return tests::LINES.with_borrow_mut(|lines| lines.push(line));
    }
    if line.len() >= LONGEST && !is_file(fd) {
        line.truncate(LONGEST - 1 - CUT.len());
        line.extend_from_slice(CUT);
    }
    line.push(b'\n');
    let mut there = libc::pollfd { fd, events: libc::POLLOUT, revents: 0 };
    // SAFETY: the array has one element.
    let ready = unsafe { libc::poll(&raw mut there, 1, 0) };
    if ready != 1 || there.revents & libc::POLLOUT == 0 {
        return;
    }
    without_sigpipe(|| {
        // SAFETY: the pointer and length are those of a live vector.
        unsafe { libc::write(fd, line.as_ptr().cast(), line.len()) };
    });
}

fn is_file(fd: c_int) -> bool {
    let mut about = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: there is room for a stat.
    let known = unsafe { libc::fstat(fd, about.as_mut_ptr()) } == 0;
    // SAFETY: a stat of zeros is one, and fstat fills it in.
    known && unsafe { about.assume_init() }.st_mode & libc::S_IFMT == libc::S_IFREG
}

/// Does what may raise SIGPIPE on this thread, and takes that back: the host's handlers and its mask
/// stay as they are.
fn without_sigpipe(act: impl FnOnce()) {
    // SAFETY: signal sets are plain data, which sigemptyset fills in.
    let (mut pipe, mut before, mut pending): (libc::sigset_t, libc::sigset_t, libc::sigset_t) =
        unsafe { (std::mem::zeroed(), std::mem::zeroed(), std::mem::zeroed()) };
    // SAFETY: the sets are ours, and SIGPIPE is a signal.
    let was_pending = unsafe {
        libc::sigemptyset(&raw mut pipe);
        libc::sigaddset(&raw mut pipe, libc::SIGPIPE);
        libc::sigpending(&raw mut pending);
        libc::sigismember(&raw const pending, libc::SIGPIPE) == 1
    };
    // SAFETY: both sets are ours.
    if unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const pipe, &raw mut before) } != 0 {
        return;
    }
    act();
    if !was_pending {
        let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the set and the time are ours; nothing is asked about the signal.
        while unsafe { libc::sigtimedwait(&raw const pipe, std::ptr::null_mut(), &raw const now) }
            == -1
            && std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR)
        {}
    }
    // SAFETY: the set is the one that was in force.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut()) };
}

/// What the call that is under way on this thread has told about its answer.
#[derive(Default)]
struct Notes {
    sources: Vec<String>,
    reason: String,
}

thread_local! {
    static NOTES: RefCell<Notes> = RefCell::default();
}

/// A thread that ends, and the one that ends the process, still calls when it has no notes any more.
fn notes<T: Default>(use_them: impl FnOnce(&mut Notes) -> T) -> T {
    NOTES.try_with(|notes| use_them(&mut notes.borrow_mut())).unwrap_or_default()
}

/// What a file says, as one line that is plain to be somebody else's words.
pub(crate) fn quoted(text: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(text))
}

/// `1, 2, 3`.
pub(crate) fn list(numbers: impl IntoIterator<Item: ToString>) -> String {
    let texts: Vec<_> = numbers.into_iter().map(|number| number.to_string()).collect();
    texts.join(", ")
}

/// Names what answers the call under way: an amdsmi function, a file, own state.
pub(crate) fn source(name: impl FnOnce() -> String) {
    if enabled(Level::Debug) {
        let name = name();
        trace(|| name.clone());
        notes(|notes| notes.sources.push(name));
    }
}

/// Names what was read earlier and answers the call under way too; once a call.
pub(crate) fn kept(name: &str) {
    if !enabled(Level::Debug) {
        return;
    }
    let source_name = format!("{name} (kept)");
    if !notes(|notes| notes.sources.contains(&source_name)) {
        source(|| source_name);
    }
}

/// Reads what is kept for all calls: that this one is the first to need it says nothing of it.
pub(crate) fn aside<T>(read: impl FnOnce() -> T) -> T {
    let before = notes(std::mem::take);
    let value = read();
    notes(|notes| *notes = before);
    value
}

/// Says why the call under way fails. The last word counts.
pub(crate) fn reason(text: impl FnOnce() -> String) {
    if enabled(Level::Debug) {
        let text = text();
        notes(|notes| notes.reason = text);
    }
}

/// One exported call, from its arguments to its status.
pub(crate) struct Call {
    name: String,
    arguments: Vec<(String, String)>,
    began: Instant,
}

impl Call {
    pub(crate) fn begin(name: &str, arguments: &[(&str, &dyn Debug)]) -> Self {
        notes(std::mem::take);
        let shown =
            |(argument, value): &(&str, &dyn Debug)| ((*argument).to_owned(), format!("{value:?}"));
        let arguments = arguments.iter().map(shown).collect();
        Self { name: name.to_owned(), arguments, began: Instant::now() }
    }

    pub(crate) fn end(self, status: u32, status_name: &str) {
        let micros = self.began.elapsed().as_nanos() as f64 / 1000.0;
        let notes = notes(std::mem::take);
        let because = Some(&notes.reason).filter(|reason| status != 0 && !reason.is_empty());
        if is_json() {
            let argument =
                |(name, value): &(String, String)| format!("{}:{}", string(name), string(value));
            let arguments: Vec<_> = self.arguments.iter().map(argument).collect();
            let from: Vec<_> = notes.sources.iter().map(|source| string(source)).collect();
            let mut members = vec![
                ("call", string(&self.name)),
                ("arguments", format!("{{{}}}", arguments.join(","))),
                ("status", (status as i32).to_string()),
                ("name", string(status_name)),
                ("us", format!("{micros:.1}")),
                ("from", format!("[{}]", from.join(","))),
            ];
            members.extend(because.map(|reason| ("because", string(reason))));
            write_json("debug", &members);
            return;
        }
        let arguments: Vec<_> =
            self.arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let from = if notes.sources.is_empty() {
            String::new()
        } else {
            format!(", from {}", notes.sources.join(", "))
        };
        let why = because.map_or(String::new(), |reason| format!(", because {reason}"));
        line(Level::Debug, "debug", || {
            let (name, arguments) = (&self.name, arguments.join(", "));
            format!(
                "{name}({arguments}) = {} {status_name}, {micros:.1} us{from}{why}",
                status as i32
            )
        });
    }
}

#[cfg(test)]
pub(crate) mod tests;
