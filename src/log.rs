//! RSMI_COMPAT_LOG: what was called, what answered, and why not; silent unless asked for.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU8, Ordering};
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

pub(crate) fn enabled(level: Level) -> bool {
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
    if enabled(level) {
        write(&format!("rsmi-compat: {name}: {}\n", message()));
    }
}

/// One write(2) a line, so that lines of several threads stay whole. A closed stderr is no error.
fn write(text: &str) {
    // SAFETY: the pointer and length are those of a live string.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

/// What the call that is under way on this thread has told about its answer.
#[derive(Default)]
struct Notes {
    source: String,
    reason: String,
}

thread_local! {
    static NOTES: RefCell<Notes> = RefCell::default();
}

/// Names what answers the call under way: an amdsmi function, a file, own state.
pub(crate) fn source(name: impl FnOnce() -> String) {
    if enabled(Level::Debug) {
        let name = name();
        trace(|| name.clone());
        NOTES.with_borrow_mut(|notes| {
            if !notes.source.is_empty() {
                notes.source.push_str(", ");
            }
            notes.source.push_str(&name);
        });
    }
}

/// Names what was read earlier and answers the call under way too; once a call.
pub(crate) fn kept(name: &str) {
    if !enabled(Level::Debug) {
        return;
    }
    let source_name = format!("{name} (kept)");
    if !NOTES.with_borrow(|notes| notes.source.contains(&source_name)) {
        source(|| source_name);
    }
}

/// Reads what is kept for all calls: that this one is the first to need it says nothing of it.
pub(crate) fn aside<T>(read: impl FnOnce() -> T) -> T {
    let notes = NOTES.take();
    let value = read();
    NOTES.set(notes);
    value
}

/// Says why the call under way fails. The last word counts.
pub(crate) fn reason(text: impl FnOnce() -> String) {
    if enabled(Level::Debug) {
        let text = text();
        NOTES.with_borrow_mut(|notes| notes.reason = text);
    }
}

/// One exported call, from its arguments to its status.
pub(crate) struct Call {
    head: String,
    began: Instant,
}

impl Call {
    pub(crate) fn begin(name: &str, arguments: &[(&str, &dyn std::fmt::Debug)]) -> Self {
        let mut head = format!("{name}(");
        for (at, (argument, value)) in arguments.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let _ = write!(head, "{comma}{argument}={value:?}");
        }
        head.push(')');
        NOTES.take();
        Self { head, began: Instant::now() }
    }

    pub(crate) fn end(self, status: u32, status_name: &str) {
        let micros = self.began.elapsed().as_nanos() as f64 / 1000.0;
        let notes = NOTES.take();
        let source = if notes.source.is_empty() {
            String::new()
        } else {
            format!(", from {}", notes.source)
        };
        let why = if status == 0 || notes.reason.is_empty() {
            String::new()
        } else {
            format!(", because {}", notes.reason)
        };
        line(Level::Debug, "debug", || {
            format!(
                "{} = {} {status_name}, {micros:.1} us{source}{why}",
                self.head,
                status.cast_signed()
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_from_error_to_trace() {
        let level = |text| Level::parse(OsStr::new(text));
        assert!(level("error") < level("warn") && level("info") < level("debug"));
        assert_eq!(level("trace"), Some(Level::Trace));
        assert_eq!(level("TRACE"), None);
    }
}
