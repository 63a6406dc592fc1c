//! A command on a terminal of its own, for programs that draw: what is on the screen, and keys.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{ioctl_tiocsctty, setsid};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::stdio::stdin;
use rustix::termios::{Winsize, tcsetwinsize};

use crate::lab::Lab;
use crate::namespace::{Run, contents, stream};

const ROWS: NonZero<u16> = NonZero::new(50).expect("it is not 0");
const COLUMNS: NonZero<u16> = NonZero::new(160).expect("it is not 0");

/// How often somebody looks at the screen.
const LOOK: Duration = Duration::from_millis(50);

/// How a program on a terminal ended, and what it left.
pub struct Ending {
    pub status: Option<i32>,
    pub signal: Option<i32>,
    /// The screen as it was when `watch` took it.
    pub screen: Option<String>,
    pub stderr: String,
}

/// What to do after a look at the screen.
pub enum Next {
    Wait,
    /// Keep what is on the screen, and type that.
    Keep(&'static str),
}

/// Runs the command until it ends, or until its time is up, with somebody who watches.
pub fn run(run: &Run, lab: &Lab, mut watch: impl FnMut(&str, Duration) -> Next) -> Result<Ending> {
    let (terminal, inside) = terminal().context("this system gives no terminal")?;
    let (stderr, to_stderr) = stream("stderr")?;
    let mut command = run.command(lab)?;
    command
        .stdin(Stdio::from(inside.try_clone()?))
        .stdout(Stdio::from(inside.try_clone()?))
        .stderr(to_stderr);
    let lead = || {
        setsid()?;
        ioctl_tiocsctty(stdin())?;
        Ok(())
    };
    // SAFETY: two system calls, which is all that a child may do before it runs the command.
    unsafe { command.pre_exec(lead) };
    let mut child = command.spawn().context("cannot start the lab's own program again")?;
    drop((command, inside));

    let start = Instant::now();
    let mut screen = vt100::Parser::new(ROWS, COLUMNS, 0);
    let mut kept = None;
    let mut terminal = File::from(terminal);
    let ended = loop {
        if !take(&mut terminal, &mut screen)? {
            break true;
        }
        if run.timeout.is_some_and(|timeout| start.elapsed() > timeout) {
            break false;
        }
        let text = screen.screen().contents();
        match watch(&text, start.elapsed()) {
            Next::Wait => {}
            Next::Keep(keys) => {
                kept = Some(text);
                terminal.write_all(keys.as_bytes())?;
            }
        }
    };
    if !ended {
        child.kill()?;
    }
    let status = child.wait()?;
    Ok(Ending {
        status: status.code().filter(|_| ended),
        signal: status.signal().filter(|_| ended),
        screen: kept,
        stderr: String::from_utf8_lossy(&contents(stderr)?).into_owned(),
    })
}

fn terminal() -> Result<(OwnedFd, OwnedFd)> {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&terminal)?;
    unlockpt(&terminal)?;
    let name = ptsname(&terminal, Vec::new())?;
    let inside = open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    let size = Winsize { ws_row: ROWS.get(), ws_col: COLUMNS.get(), ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&terminal, size)?;
    Ok((terminal, inside))
}

/// Draws what has come, if anything did; false when nobody is left to write.
fn take(terminal: &mut File, screen: &mut vt100::Parser) -> Result<bool> {
    let patience = Timespec::try_from(LOOK)?;
    let ready = poll(&mut [PollFd::new(terminal, PollFlags::IN)], Some(&patience));
    if !ready.is_ok_and(|count| count > 0) {
        return Ok(true);
    }
    let mut bytes = [0; 1 << 16];
    match terminal.read(&mut bytes) {
        Ok(0) => Ok(false),
        Ok(count) => {
            screen.process(&bytes[..count]);
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
        // The last one that had the terminal open has closed it.
        Err(error) if error.raw_os_error() == Some(libc::EIO) => Ok(false),
        Err(error) => Err(error).context("cannot read the terminal"),
    }
}
