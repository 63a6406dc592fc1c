//! The one way to standard output and standard error: whatever cannot be written ends the command
//! in an orderly way.

use crate::style::BAD;
use rustix::process::{Signal, getpid, kill_process};
use std::fmt::Arguments;
use std::io::{ErrorKind, Result, Write};

/// What the command exits with where standard output takes no more.
const NOT_WRITTEN: i32 = 1;

/// A line on standard output, coloured on a terminal alone.
macro_rules! println {
    () => { $crate::out::line(format_args!("")) };
    ($($text:tt)*) => { $crate::out::line(format_args!($($text)*)) };
}

/// A line on standard error; where that takes none there is nobody to say so to.
macro_rules! eprintln {
    ($($text:tt)*) => { $crate::out::complain(format_args!($($text)*)) };
}

pub(crate) use {eprintln, println};

pub fn line(text: Arguments) {
    let mut out = anstream::stdout().lock();
    or_end(writeln!(out, "{text}"));
}

pub fn complain(text: Arguments) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// All of it, at once.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    or_end(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Goes on if this was written, and ends the process if not.
pub fn or_end(written: Result<()>) {
    let Err(error) = written else { return };
    if error.kind() == ErrorKind::BrokenPipe {
        end_by_the_pipe();
    }
    // Without the number, which Rust appends.
    let why = error.to_string();
    let why = why.split_once(" (os error").map_or(why.as_str(), |(why, _)| why);
    eprintln!("{BAD}rsmi-compat:{BAD:#} cannot write to standard output: {why}");
    std::process::exit(NOT_WRITTEN);
}

/// Behind `| head` to end silently, as other commands do.
pub fn heed_the_pipe() {
    // SAFETY: it takes a handler of this process away, and nobody relies on one.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

fn end_by_the_pipe() {
    heed_the_pipe();
    let _ = kill_process(getpid(), Signal::PIPE);
}
