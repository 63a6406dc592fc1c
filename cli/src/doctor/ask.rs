//! Asking the library in a process of its own, with a limit of time, and again without the function
//! that ended it.

use super::ask_inside::{About, Device, Told};
use super::log::Log;
use anyhow::{Context, Result, bail};
use rsmi_generations::Policy;
use rustix::fs::{MemfdFlags, memfd_create};
use serde::Serialize;
use std::collections::BTreeSet;
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

/// Of these, what is kept for asking the kernel alone.
const KEPT: u32 = 2;

/// As many functions may end the process before the rest is asked of the kernel alone.
const MOST_FAILURES: usize = 3;

/// A call that did not return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    pub function: String,
    pub device: Option<u32>,
    pub how: String,
    /// It had to be ended.
    #[serde(skip)]
    pub hangs: bool,
}

/// What the library answers.
#[derive(Default)]
pub struct Answers {
    pub init: Option<u32>,
    pub about: About,
    pub devices: Vec<Device>,
    pub log: Log,
    pub failures: Vec<Failure>,
    /// Not all functions were asked as the user's programs ask them.
    pub gave_up: bool,
    /// Why not everything was asked.
    pub unfinished: Option<String>,
}

impl Answers {
    pub fn take(&mut self, heard: &Heard) {
        self.init = heard.init.or(self.init);
        if let Some(about) = &heard.about {
            self.about = about.clone();
        }
        for device in &heard.devices {
            // Asked again, it says the same.
            if self.devices.iter().all(|known| known.index != device.index) {
                self.devices.push(device.clone());
            }
        }
        // The same calls again, but for those that did not return.
        self.log.answers.clear();
        self.log.read(&heard.log);
    }
}

/// How the library is asked.
pub struct Asking<'a> {
    library: &'a Path,
    /// How long a call may take.
    patience: Duration,
    until: Instant,
}

/// What one process said.
#[derive(Default)]
pub struct Heard {
    pub init: Option<u32>,
    pub about: Option<About>,
    pub devices: Vec<Device>,
    pub log: String,
    pub end: End,
}

/// How one process ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum End {
    #[default]
    Done,
    /// Its last call did not come back.
    Failed(Failure),
    /// All that was left of the time is used up.
    OutOfTime,
}

impl<'a> Asking<'a> {
    pub fn new(library: &'a Path, patience: Duration) -> Self {
        Self { library, patience, until: Instant::now() + patience * ALL }
    }

    /// What programs are answered. Never fails: what could not be asked is part of the answer.
    pub fn as_set(&self) -> Answers {
        let mut answers = Answers::default();
        let until = self.until.checked_sub(self.patience * KEPT).unwrap_or(self.until);
        loop {
            let skip = answers.failures.iter().map(|failure| failure.function.as_str()).collect();
            let heard = match self.once(None, &skip, until) {
                Ok(heard) => heard,
                Err(error) => {
                    answers.unfinished = Some(format!("{error:#}"));
                    return answers;
                }
            };
            answers.take(&heard);
            match heard.end {
                End::Done => return answers,
                End::OutOfTime => {
                    answers.unfinished = Some(OUT_OF_TIME.into());
                    return answers;
                }
                End::Failed(failure) => {
                    let hopeless = failure.function == INIT;
                    if hopeless {
                        answers.unfinished = Some(format!("{}: {}", failure.function, failure.how));
                    }
                    answers.gave_up =
                        hopeless || failure.hangs || answers.failures.len() + 1 >= MOST_FAILURES;
                    answers.failures.push(failure);
                    if answers.gave_up {
                        return answers;
                    }
                }
            }
        }
    }

    /// What a source answers, with what each call writes; without the functions of `skip`, to which
    /// those are added that did not return. Why it was not heard to its end comes instead.
    pub fn of(
        &self,
        source: Policy,
        skip: &mut BTreeSet<String>,
        failures: &mut Vec<Failure>,
    ) -> Result<Heard, String> {
        loop {
            let skipped = skip.iter().map(String::as_str).collect();
            let heard = self.once(Some(source), &skipped, self.until);
            let heard = heard.map_err(|error| format!("{error:#}"))?;
            let failure = match heard.end {
                End::Done => return Ok(heard),
                End::OutOfTime => return Err(OUT_OF_TIME.into()),
                End::Failed(failure) => failure,
            };
            let whose = if source == Policy::Kernel { "the library" } else { "libamd_smi" };
            let why = format!("{whose} {} at {}", failure.how, failure.function);
            let end = failure.hangs || failure.function == INIT;
            skip.insert(failure.function.clone());
            failures.push(failure);
            if end || failures.len() >= MOST_FAILURES {
                return Err(why);
            }
        }
    }

    /// One process, to its end.
    fn once(&self, source: Option<Policy>, skip: &BTreeSet<&str>, until: Instant) -> Result<Heard> {
        let own = std::env::current_exe().context("cannot tell where this command is")?;
        let mut command = Command::new(own);
        command.arg("doctor-ask").arg(self.library);
        command.args(skip.iter().flat_map(|function| ["--skip", function]));
        command.env("RSMI_COMPAT_LOG", "debug").env("RSMI_COMPAT_LOG_FORMAT", "json");
        if let Some(source) = source {
            // `trace` has who is asked first.
            command.arg("--values").env("RSMI_COMPAT_LOG", "trace");
            command.env("RSMI_COMPAT_SOURCE", source.name());
        }
        // A file takes every line of the log; from a full pipe, lines are left out.
        let log = memfd_create("log", MemfdFlags::CLOEXEC).map(File::from);
        let mut log = log.context("no memory")?;
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
        let mut heard = Heard::default();
        let mut last = None;
        let (mut started, mut done, mut late) = (false, false, None);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match receiver.recv_timeout(left.min(self.patience)) {
                // Of what libamd_smi prints, nothing can be read.
                Ok(line) => match serde_json::from_str(&line) {
                    Ok(Told::Starting) => started = true,
                    Ok(Told::Done) => done = true,
                    Ok(Told::Init { status, devices: _ }) => heard.init = Some(status),
                    Ok(Told::Library(about)) => heard.about = Some(about),
                    Ok(Told::Device(device)) => heard.devices.push(device),
                    Ok(Told::Calling { function, device }) => last = Some((function, device)),
                    Err(_) => {}
                },
                Err(RecvTimeoutError::Timeout) => {
                    late = Some(left < self.patience);
                    let _ = child.kill();
                    break;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = ended(&mut child)?;
        let mut text = Vec::new();
        log.rewind()?;
        log.read_to_end(&mut text)?;
        heard.log = String::from_utf8_lossy(&text).into_owned();
        if !started {
            let said = heard.log.lines().last();
            bail!("{}", said.unwrap_or("the process that asks the library says nothing"));
        }
        if done {
            return Ok(heard);
        }
        if late == Some(true) {
            heard.end = End::OutOfTime;
            return Ok(heard);
        }
        let hangs = late.is_some();
        let how = if hangs { "does not return".to_owned() } else { how(status) };
        let (function, device) = last.unwrap_or((INIT.to_owned(), None));
        heard.end = End::Failed(Failure { function, device, how, hangs });
        Ok(heard)
    }
}

const INIT: &str = "rsmi_init";
const OUT_OF_TIME: &str = "it takes too long, see --patience";

/// A process that has closed its stdout is about to end, or is made to.
fn ended(child: &mut std::process::Child) -> Result<ExitStatus> {
    let patience = Instant::now() + Duration::from_secs(5);
    while Instant::now() < patience {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    Ok(child.wait()?)
}

fn how(status: ExitStatus) -> String {
    match status.signal() {
        Some(libc::SIGABRT) => "aborts the process".into(),
        Some(libc::SIGSEGV) => "crashes the process (SIGSEGV)".into(),
        Some(signal) => format!("ends the process (signal {signal})"),
        None => format!("ends the process ({status})"),
    }
}
