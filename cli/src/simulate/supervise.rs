//! Waits for the program, hands signals on to it, and ends as it did.

use anyhow::{Context, Result};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, getpid, kill_process, setrlimit, waitid,
};
use signal_hook::consts::{
    SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH,
};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::emulate_default_handler;
use signal_hook::low_level::siginfo::{Cause, Origin};
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus};

const HANDED_ON: [c_int; 8] =
    [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH];

/// From its making on no signal ends this process, so that what it made is taken away in the end.
pub(super) struct Supervisor {
    signals: SignalsInfo<WithOrigin>,
}

impl Supervisor {
    pub(super) fn new() -> Result<Self> {
        // What we were told to ignore, as nohup(1) does, the program shall ignore too.
        let heeded = HANDED_ON.into_iter().filter(|signal| !is_ignored(*signal));
        let signals = SignalsInfo::<WithOrigin>::new(heeded.chain([SIGCHLD]));
        Ok(Self { signals: signals.context("cannot wait for signals")? })
    }

    pub(super) fn run(mut self, mut command: Command) -> Result<ExitStatus> {
        let mut child = command.spawn().context("cannot start this command again")?;
        loop {
            for origin in self.signals.wait() {
                hand_on(&origin, &child);
            }
            stop_with(&child);
            if let Some(status) = child.try_wait().context("cannot wait for the program")? {
                return Ok(status);
            }
        }
    }
}

/// After Ctrl-Z the program puts the terminal in order before it stops; whoever waits for us, a shell
/// mostly, has the terminal back after that.
fn stop_with(child: &Child) {
    let pid = Pid::from_child(child);
    let look = |at| waitid(WaitId::Pid(pid), at | WaitIdOptions::NOHANG).ok().flatten();
    let status = look(WaitIdOptions::STOPPED);
    if status.is_some_and(|status| status.stopping_signal() == Some(SIGTSTP)) {
        let _ = kill_process(getpid(), Signal::STOP);
        // A shell has both go on, and until we do, the program may have been stopped again.
        let since = WaitIdOptions::STOPPED | WaitIdOptions::CONTINUED | WaitIdOptions::NOWAIT;
        if look(since).is_none() {
            let _ = kill_process(pid, Signal::CONT);
        }
    }
}

fn hand_on(origin: &Origin, child: &Child) {
    if let Some(signal) = for_program(origin.signal, origin.cause) {
        // It may have ended by now, which is told next.
        let _ = kill_process(Pid::from_child(child), signal);
    }
}

/// What the kernel sends, for Ctrl-C say, it sends to the program as well.
fn for_program(signal: c_int, cause: Cause) -> Option<Signal> {
    let ours = signal == SIGCHLD || !matches!(cause, Cause::Sent(_));
    Signal::from_named_raw(signal).filter(|_| !ours)
}

fn is_ignored(signal: c_int) -> bool {
    let mut now = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: with no new action it only tells the old one, which there is room for.
    let told = unsafe { libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr()) } == 0;
    // SAFETY: a sigaction of zeros is one, and the call above may have written another.
    told && unsafe { now.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// The same exit status; or the same signal, without a second core.
pub(super) fn end_like(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal() {
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
        let _ = emulate_default_handler(signal);
        return ExitCode::from(128u8.saturating_add(u8::try_from(signal).unwrap_or(u8::MAX)));
    }
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use signal_hook::low_level::siginfo::Sent;

    #[test]
    fn only_what_somebody_sent_is_handed_on() {
        let sent = Cause::Sent(Sent::User);
        assert_eq!(for_program(SIGINT, sent), Some(Signal::INT));
        assert_eq!(for_program(SIGINT, Cause::Kernel), None);
        assert_eq!(for_program(SIGCHLD, sent), None);
    }
}
