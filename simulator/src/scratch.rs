//! A directory to write a machine into, in memory where there is room, that goes away with its owner.

use rustix::fs::{FlockOperation, flock, statvfs};
use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const LOCK: &str = "lock";

/// Removed when it is dropped; if its owner is killed, by the next one that is made.
#[derive(Debug)]
pub struct Scratch {
    place: TempDir,
    /// Locked as long as the directory is in use.
    _lock: File,
}

impl Scratch {
    /// # Errors
    /// There is no place for it.
    pub fn new(prefix: &str) -> io::Result<Self> {
        let parent = memory_or_disk();
        for entry in fs::read_dir(&parent)?.flatten() {
            let abandoned = entry.file_name().to_string_lossy().starts_with(prefix)
                && File::open(entry.path().join(LOCK)).is_ok_and(|lock| {
                    flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok()
                });
            if abandoned {
                // Somebody else's, or just being removed: not our business then.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let place = tempfile::Builder::new().prefix(prefix).tempdir_in(parent)?;
        // It gets its name when it is locked: between the two it would look abandoned.
        let unnamed = place.path().join("lock.new");
        let lock = File::create(&unnamed)?;
        flock(&lock, FlockOperation::LockExclusive)?;
        fs::rename(unnamed, place.path().join(LOCK))?;
        Ok(Self { place, _lock: lock })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        self.place.path()
    }
}

/// A machine is thousands of small files: in memory they are made a hundred times as fast.
/// But many a container has next to no /dev/shm.
fn memory_or_disk() -> PathBuf {
    const ENOUGH: u64 = 512 << 20;
    let memory = PathBuf::from("/dev/shm");
    match statvfs(&memory) {
        Ok(space) if space.f_bavail * space.f_frsize >= ENOUGH => memory,
        _ => env::temp_dir(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_abandoned_is_cleaned_up_and_what_is_in_use_is_not() {
        const PREFIX: &str = "rsmi-scratch-test-";
        let used = Scratch::new(PREFIX).expect("a directory");
        let abandoned = used.path().with_file_name(format!("{PREFIX}abandoned"));
        fs::create_dir_all(abandoned.join("sys")).expect("made");
        fs::write(abandoned.join(LOCK), "").expect("written");
        let next = Scratch::new(PREFIX).expect("a directory");
        assert!(!abandoned.exists());
        assert!(used.path().exists());
        let path = next.path().to_owned();
        drop(next);
        assert!(!path.exists());
    }
}
