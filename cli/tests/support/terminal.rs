//! A program on a terminal of its own: what is on the screen, keys, and how it leaves the terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{ioctl_tiocsctty, setsid};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::stdio::stdin;
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

const PATIENCE: Duration = Duration::from_secs(60);

pub struct Terminal {
    outside: File,
    /// Kept, so that the terminal is there when the program is not.
    inside: OwnedFd,
    screen: vt100::Parser,
    pub child: Child,
}

impl Terminal {
    pub fn start(command: &mut Command, rows: u16, columns: u16) -> Self {
        let outside = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC);
        let outside = outside.expect("this system gives a terminal");
        grantpt(&outside).expect("granted");
        unlockpt(&outside).expect("unlocked");
        let name = ptsname(&outside, Vec::new()).expect("it has a name");
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let inside = open(name, flags, Mode::empty()).expect("it opens");
        let end = || Stdio::from(inside.try_clone().expect("another"));
        command.stdin(end()).stdout(end()).stderr(end()).env("TERM", "xterm-256color");
        let lead = || {
            setsid()?;
            ioctl_tiocsctty(stdin())?;
            // Whoever runs the tests in the background, or by nohup(1), ignores some of them.
            for signal in [libc::SIGINT, libc::SIGQUIT, libc::SIGHUP, libc::SIGTERM] {
                // SAFETY: SIG_DFL is a valid disposition.
                unsafe { libc::signal(signal, libc::SIG_DFL) };
            }
            Ok(())
        };
        // SAFETY: system calls alone, which is all that a child may do before it runs the program.
        unsafe { command.pre_exec(lead) };
        resize(&inside, rows, columns);
        let child = command.spawn().expect("it starts");
        let rows = std::num::NonZero::new(rows).expect("it has rows");
        let columns = std::num::NonZero::new(columns).expect("it has columns");
        let screen = vt100::Parser::new(rows, columns, 0);
        Self { outside: outside.into(), inside, screen, child }
    }

    pub fn resize(&mut self, rows: u16, columns: u16) {
        let size = (std::num::NonZero::new(rows), std::num::NonZero::new(columns));
        let (Some(high), Some(wide)) = size else { panic!("a screen of nothing") };
        self.screen.screen_mut().set_size(high, wide);
        resize(&self.inside, rows, columns);
    }

    pub fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    pub fn text(&self) -> String {
        self.screen().contents()
    }

    /// Whether what is typed is shown, and comes in lines, as a shell leaves it.
    pub fn is_in_order(&self) -> bool {
        let modes = tcgetattr(&self.inside).expect("it is a terminal").local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO)
            && !self.screen().alternate_screen()
            && !self.screen().hide_cursor()
    }

    pub fn type_in(&mut self, keys: &str) {
        self.outside.write_all(keys.as_bytes()).expect("typed");
    }

    /// Draws what comes until this is to be seen.
    #[track_caller]
    pub fn until(&mut self, what: &str, seen: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !seen(self) {
            assert!(start.elapsed() < PATIENCE, "{what} was never seen:\n{}", self.text());
            self.draw();
        }
    }

    /// How it ended, after all that it printed is drawn.
    #[track_caller]
    pub fn end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            let ended = self.child.try_wait().expect("it is ours");
            while self.draw() {}
            if let Some(status) = ended {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end:\n{}", self.text());
        }
    }

    /// False where nothing came in a moment.
    fn draw(&mut self) -> bool {
        let moment = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        let ready = poll(&mut [PollFd::new(&self.outside, PollFlags::IN)], Some(&moment));
        if !ready.is_ok_and(|count| count > 0) {
            return false;
        }
        let mut bytes = [0; 1 << 16];
        let count = self.outside.read(&mut bytes).expect("we hold its other end");
        self.screen.process(&bytes[..count]);
        true
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn resize(inside: &OwnedFd, rows: u16, columns: u16) {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(inside, size).expect("it has a size");
}
