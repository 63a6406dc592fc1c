//! One run of a command on a made-up machine: what is asked for, and how it came out.

use std::env;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use crate::inside::{self, Spec};
use crate::lab::Lab;

/// A command and the circumstances in which it shall run.
#[derive(Clone, Debug)]
pub struct Run {
    /// A machine of the simulator by name, or the path of a machine file.
    pub machine: String,
    /// Another root than the lab's own, which has what the lab's has in /lab.
    pub root: Option<PathBuf>,
    /// Whether /sys is in memory, as the kernel's is, and not on the disk.
    pub in_memory: bool,
    /// Whether /dev/dri has the nodes of the machine's cards.
    pub dri: bool,
    /// As an ordinary user rather than as root.
    pub user: bool,
    /// As the guest of a hypervisor, which the real libraries ask the processor about.
    pub guest: bool,
    /// All of the environment, but for PATH, HOME and LANG.
    pub env: Vec<(String, String)>,
    /// What of this host is seen inside, and where.
    pub binds: Vec<(PathBuf, PathBuf)>,
    pub cwd: PathBuf,
    pub argv: Vec<String>,
    /// After this time everything that the command started is killed.
    pub timeout: Option<Duration>,
}

/// How a run came out: `status` when the command ended by itself, `signal` when it was ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub status: Option<i32>,
    pub signal: Option<i32>,
    pub timed_out: bool,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Run {
    pub fn new<S: Into<String>>(machine: &str, argv: impl IntoIterator<Item = S>) -> Run {
        Run {
            machine: machine.to_owned(),
            root: None,
            in_memory: false,
            dri: true,
            user: false,
            guest: false,
            env: Vec::new(),
            binds: Vec::new(),
            cwd: PathBuf::from("/"),
            argv: argv.into_iter().map(Into::into).collect(),
            timeout: None,
        }
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Run {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// Over our library as a client of that generation, which answers through that libamd_smi. It says
    /// which generation that is, so that all of each struct can be compared; what becomes of clients
    /// that do not say it, `lab headers` sees.
    #[must_use]
    pub fn over_ours(self, generation: &str, amdsmi: &str) -> Run {
        self.env("LD_LIBRARY_PATH", "/lab/ours")
            .env("RSMI_COMPAT_ABI", generation)
            .env("RSMI_COMPAT_AMDSMI", format!("/lab/amdsmi/{amdsmi}/libamd_smi.so"))
    }

    /// With our log as data, on stderr.
    #[must_use]
    pub fn logging(self, level: &str) -> Run {
        self.env("RSMI_COMPAT_LOG", level).env("RSMI_COMPAT_LOG_FORMAT", "json")
    }

    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Run {
        self.timeout = Some(timeout);
        self
    }

    /// Runs the command to its end and keeps what it printed.
    pub fn output(&self, lab: &Lab) -> Result<Outcome> {
        let mut command = self.command(lab)?;
        let (stdout, to_stdout) = stream("stdout")?;
        let (stderr, to_stderr) = stream("stderr")?;
        // A group of its own, so that a timeout reaches what the command started too.
        command.stdin(Stdio::null()).stdout(to_stdout).stderr(to_stderr).process_group(0);
        let mut child = command.spawn().context("cannot start the lab's own program again")?;
        let ended = wait(&child, self.timeout)?;
        kill_group(&child);
        let status = child.wait()?;
        let (stdout, stderr) = (contents(stdout)?, contents(stderr)?);
        if let Some(complaint) = inside::complaint(status.code(), &stderr) {
            bail!("{complaint}");
        }
        Ok(Outcome {
            status: status.code().filter(|_| ended),
            signal: status.signal().filter(|_| ended),
            timed_out: !ended,
            stdout,
            stderr,
        })
    }

    /// Runs the command on our own terminal; `None` when the time was up.
    pub fn interact(&self, lab: &Lab) -> Result<Option<ExitStatus>> {
        let mut command = self.command(lab)?;
        if self.timeout.is_some() {
            command.process_group(0);
        }
        let mut child = command.spawn().context("cannot start the lab's own program again")?;
        // Ctrl-C is meant for the command; the lab waits for what it makes of it.
        // SAFETY: SIG_IGN is a valid disposition, and the command was started before.
        unsafe {
            libc::signal(libc::SIGINT, libc::SIG_IGN);
            libc::signal(libc::SIGQUIT, libc::SIG_IGN);
        }
        let ended = wait(&child, self.timeout)?;
        if !ended {
            kill_group(&child);
        }
        let status = child.wait()?;
        Ok(ended.then_some(status))
    }

    pub fn command(&self, lab: &Lab) -> Result<Command> {
        ensure!(!self.argv.is_empty(), "there is no command to run");
        ensure!(lab.root().is_dir(), "the lab is empty: run `lab fetch` first");
        let machine = lab.machine(&self.machine)?;
        let spec = Spec {
            root: self.root.clone().unwrap_or_else(|| lab.root()),
            scratch: lab.cache.join("mnt"),
            cache: lab.cache.clone(),
            sys: machine.sys.clone(),
            in_memory: self.in_memory,
            drm_facts: machine.drm_facts.clone(),
            cpuinfo: machine.cpuinfo(self.guest),
            kfd: machine.kfd,
            dri: if self.dri { machine.dri.clone() } else { Vec::new() },
            user: self.user,
            env: self.env.clone(),
            binds: self.binds.clone(),
            cwd: self.cwd.clone(),
            argv: self.argv.clone(),
        };
        for (host, _) in &spec.binds {
            ensure!(host.exists(), "{} is not there to be bound", host.display());
        }
        let mut command = Command::new(env::current_exe().context("who am I?")?);
        command.arg("inside").arg(serde_json::to_string(&spec)?);
        Ok(command)
    }
}

impl Outcome {
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub fn errors(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// The exit code that a shell would report.
pub fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    u8::try_from(code).unwrap_or(u8::MAX)
}

/// Waits until the child has ended; false when its time was up first.
fn wait(child: &Child, timeout: Option<Duration>) -> Result<bool> {
    let pid = Pid::from_child(child);
    let handle = pidfd_open(pid, PidfdFlags::empty()).context("cannot watch the command")?;
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let left = left.map(Timespec::try_from).transpose()?;
        match poll(&mut [PollFd::new(&handle, PollFlags::IN)], left.as_ref()) {
            Ok(0) => return Ok(false),
            Ok(_) => return Ok(true),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error).context("cannot wait for the command"),
        }
    }
}

/// A file in memory takes what a command prints: a pipe would have to be drained meanwhile,
/// and whoever outlives the command would hold it open.
pub fn stream(name: &str) -> Result<(File, Stdio)> {
    let file = File::from(memfd_create(name, MemfdFlags::CLOEXEC)?);
    let stdio = Stdio::from(file.try_clone()?);
    Ok((file, stdio))
}

pub fn contents(mut file: File) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn kill_group(child: &Child) {
    // The group may be gone by now, which is all that was wanted.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
}
