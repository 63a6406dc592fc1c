//! A written tree that goes with the time, as the kernel's does.
//!
//! Each file that has changed is written elsewhere and then renamed, so that
//! whoever opens it sees the old value or the new one, whole. Whoever holds it
//! open goes on seeing the old one: to look again is to open again.

use crate::clock::{Clock, TICK};
use crate::files::Files;
use crate::load::Error;
use crate::machine::Machine;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Keeps a tree up to date until it is dropped.
#[derive(Debug)]
pub struct Ticker {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Machine {
    /// Writes what /sys is on the machine now, and from then on what it becomes.
    ///
    /// `dir` is to become /sys. A file beside it, in the same directory, is used
    /// to make changes ready.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn keep_alive(&self, dir: &Path, clock: Clock) -> Result<Ticker, Error> {
        let mut shown = clock.elapsed();
        self.at(shown).write_tree(dir)?;
        if !self.moves() || matches!(clock, Clock::Fixed(_)) {
            return Ok(Ticker { running: None });
        }
        let (stop, stopped) = mpsc::channel();
        let machine = self.clone();
        let (dir, ready) = (dir.to_owned(), beside(dir));
        let run = move || {
            let mut files = machine.at(shown).moving();
            loop {
                let wait = next_tick(shown).saturating_sub(clock.elapsed());
                if stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                shown = clock.elapsed();
                let now = machine.at(shown).moving();
                // Only a tree that was taken away cannot be written: then nobody looks either.
                if change(&files, &now, &dir, &ready).is_err() {
                    return;
                }
                files = now;
            }
        };
        let thread = thread::Builder::new().name("ticker".into()).spawn(run)?;
        Ok(Ticker { running: Some((stop, thread)) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            // It has nothing to tell, not even if it panicked.
            let _ = thread.join();
        }
    }
}

fn next_tick(shown: Duration) -> Duration {
    TICK * (shown.as_millis() / TICK.as_millis() + 1) as u32
}

/// Where a change is made ready: on the same file system, and not in the tree.
fn beside(dir: &Path) -> PathBuf {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    dir.with_file_name(format!(".{name}.next"))
}

fn change(before: &Files, now: &Files, dir: &Path, ready: &Path) -> io::Result<()> {
    for (path, bytes, mode) in now.changed_since(before) {
        fs::write(ready, bytes)?;
        fs::set_permissions(ready, std::os::unix::fs::PermissionsExt::from_mode(mode))?;
        fs::rename(ready, dir.join(path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LoadKind;
    use crate::scratch::Scratch;
    use std::fs::File;
    use std::io::{Read, Seek};
    use std::time::Instant;

    fn training(name: &str) -> Machine {
        let machine = Machine::named(name).expect("a built-in machine");
        machine.under(Some(LoadKind::Training), Some(3))
    }

    #[test]
    fn what_does_not_move_is_not_rebuilt_and_all_that_moves_is() {
        for name in Machine::names() {
            let machine = training(name);
            let (early, late) = (machine.at(TICK), machine.at(777 * TICK));
            let (before, after) = (early.tree(), late.tree());
            let whole: Vec<_> = after.changed_since(before).collect();
            let (before, after) = (early.moving(), late.moving());
            let moving: Vec<_> = after.changed_since(&before).collect();
            assert_eq!(whole, moving, "{name}");
            assert!(whole.is_empty() || machine.moves(), "{name}");
        }
    }

    #[test]
    fn a_reader_never_sees_half_a_file_and_sees_all_of_them_change() {
        let scratch = Scratch::new("rsmi-test-").expect("a directory");
        let dir = scratch.path().join("sys");
        let machine = training("mi300x-2");
        let ticker = machine.keep_alive(&dir, Clock::start()).expect("written");
        let card = dir.join("class/drm/card1/device");
        let sensors = fs::read_dir(card.join("hwmon")).expect("hwmon").next();
        let power = sensors.expect("one").expect("one").path().join("power1_input");
        let (metrics, busy) = (card.join("gpu_metrics"), card.join("gpu_busy_percent"));
        let mut held = File::open(&metrics).expect("always there");
        let mut first = Vec::new();
        held.read_to_end(&mut first).expect("read");
        let begin = Instant::now();
        let mut seen = [const { Vec::new() }; 3];
        while begin.elapsed() < Duration::from_millis(1500) {
            for (file, seen) in [&power, &metrics, &busy].into_iter().zip(&mut seen) {
                let bytes = fs::read(file).expect("always there");
                if file == &metrics {
                    assert_eq!(bytes.len(), 360);
                } else {
                    assert_eq!(bytes.last(), Some(&b'\n'), "{bytes:?}");
                }
                if seen.last() != Some(&bytes) {
                    seen.push(bytes);
                }
            }
        }
        let counts = seen.map(|seen| seen.len());
        assert!(counts[1] >= 8, "gpu_metrics was seen to change {} times", counts[1]);
        assert!(counts[0] >= 2 && counts[2] >= 2, "{counts:?}");
        let mut bytes = Vec::new();
        held.rewind().expect("still open");
        held.read_to_end(&mut bytes).expect("still open");
        assert_eq!(bytes, first, "what is open is not changed under the reader's hands");
        drop(ticker);
        let last = fs::read(&metrics).expect("still there");
        thread::sleep(3 * TICK);
        assert_eq!(fs::read(&metrics).expect("still there"), last, "it has ended");
        assert!(!beside(&dir).exists());
    }

    #[test]
    fn two_that_write_the_same_time_write_the_same_tree() {
        let scratch = Scratch::new("rsmi-test-").expect("a directory");
        let clock = Clock::Fixed(Duration::from_secs(99));
        let (one, two) = (scratch.path().join("one"), scratch.path().join("two"));
        for dir in [&one, &two] {
            training("mi210").keep_alive(dir, clock).expect("written");
        }
        let card = training("mi210").cards().last().expect("a card").card;
        let file = format!("class/drm/card{card}/device/gpu_metrics");
        let read = |dir: &Path| fs::read(dir.join(&file));
        assert_eq!(read(&one).expect("read"), read(&two).expect("read"));
    }
}
