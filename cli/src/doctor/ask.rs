//! Asking the library in a process of its own, with a limit of time, and again without the call
//! that ended it.

use super::ask_inside::{About, Device, Told, skipped};
use super::log::Log;
use anyhow::{Context, Result, bail};
use rustix::fs::{MemfdFlags, memfd_create};
use serde::Serialize;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How many times as long as one function for one device all of them together may take.
const ALL: u32 = 6;

/// As many calls may end the process before the rest is left unasked.
const MOST_FAILURES: usize = 8;

/// A call that did not return.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    pub function: String,
    pub device: Option<u32>,
    pub how: String,
}

/// What the library answers.
#[derive(Default)]
pub struct Answers {
    pub init: Option<u32>,
    pub about: About,
    pub devices: Vec<Device>,
    pub log: Log,
    pub failures: Vec<Failure>,
    /// Why not everything was asked.
    pub unfinished: Option<String>,
}

/// Never fails: what could not be asked is part of the answer.
pub fn ask(library: &Path, patience: Duration) -> Answers {
    let mut answers = Answers::default();
    let until = Instant::now() + patience * ALL;
    loop {
        let skip = answers.failures.iter().map(|f| skipped(&f.function, f.device)).collect();
        match once(library, skip, Limits { one: patience, until }, &mut answers) {
            Ok(None) => return answers,
            Ok(Some(failure)) => {
                let hopeless = failure.device.is_none() && failure.function == "rsmi_init";
                let late = Instant::now() >= until;
                if hopeless || late || answers.failures.len() + 1 >= MOST_FAILURES {
                    answers.unfinished = Some(format!("{}: {}", failure.function, failure.how));
                    answers.failures.push(failure);
                    return answers;
                }
                answers.failures.push(failure);
            }
            Err(error) => {
                answers.unfinished = Some(format!("{error:#}"));
                return answers;
            }
        }
    }
}

/// How long a call may take, and when everything must be over.
struct Limits {
    one: Duration,
    until: Instant,
}

/// One process, to its end: its last call, if it did not come back.
fn once(
    library: &Path,
    skip: Vec<String>,
    Limits { one, until }: Limits,
    answers: &mut Answers,
) -> Result<Option<Failure>> {
    let own = std::env::current_exe().context("cannot tell where this command is")?;
    let mut command = Command::new(own);
    command.arg("doctor-ask").arg(library);
    command.args(skip.iter().flat_map(|call| ["--skip", call]));
    command.env("RSMI_COMPAT_LOG", "debug");
    // A file takes every line of the log; from a full pipe, lines are left out.
    let mut log = memfd_create("log", MemfdFlags::CLOEXEC).map(File::from).context("no memory")?;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log.try_clone()?);
    let mut child = command.spawn().context("cannot start a process to ask the library in")?;
    let Some(out) = child.stdout.take() else {
        bail!("the process that asks the library has no pipe");
    };
    let (sender, receiver) = mpsc::channel();
    // The thread ends with the pipe; nobody waits for it where a grandchild keeps that open.
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let mut last = None;
    let mut done = false;
    let mut late = false;
    let mut started = false;
    loop {
        let left = until.saturating_duration_since(Instant::now()).min(one);
        match receiver.recv_timeout(left) {
            Ok(line) => match serde_json::from_str(&line) {
                Ok(Told::Starting) => started = true,
                Ok(Told::Done) => done = true,
                Ok(told) => note(told, answers, &mut last),
                // libamd_smi prints what it likes.
                Err(_) => {}
            },
            Err(RecvTimeoutError::Timeout) => {
                late = true;
                let _ = child.kill();
                break;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = ended(&mut child, until)?;
    let mut text = Vec::new();
    log.rewind()?;
    log.read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    if !started {
        bail!(
            "{}",
            text.lines().last().unwrap_or("the process that asks the library says nothing")
        );
    }
    // The same calls again, but for those that did not return.
    answers.log.answers.clear();
    answers.log.read(&text);
    if done {
        return Ok(None);
    }
    let how = if late { "does not return".to_owned() } else { how(status) };
    let (function, device) = last.unwrap_or(("rsmi_init".to_owned(), None));
    Ok(Some(Failure { function, device, how }))
}

/// A process that has closed its stdout is about to end, or is made to.
fn ended(child: &mut std::process::Child, until: Instant) -> Result<ExitStatus> {
    let patience = (Instant::now() + Duration::from_secs(5)).min(until);
    while Instant::now() < patience {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    Ok(child.wait()?)
}

fn note(told: Told, answers: &mut Answers, last: &mut Option<(String, Option<u32>)>) {
    match told {
        Told::Init { status, devices: _ } => answers.init = Some(status),
        Told::Library(about) => answers.about = about,
        Told::Device(device) => {
            // Asked again, it says the same.
            if answers.devices.iter().all(|known| known.index != device.index) {
                answers.devices.push(device);
            }
        }
        Told::Calling { function, device } => *last = Some((function, device)),
        Told::Starting | Told::Done => {}
    }
}

fn how(status: ExitStatus) -> String {
    match status.signal() {
        Some(libc::SIGABRT) => "aborts the process".into(),
        Some(libc::SIGSEGV) => "crashes the process (SIGSEGV)".into(),
        Some(signal) => format!("ends the process (signal {signal})"),
        None => format!("ends the process ({status})"),
    }
}
