//! The kernel's files: what amdsmi cannot tell, or tells only with /dev/dri.
//!
//! The readers fail as the legacy library's do, so that a client sees the same status: a file that
//! is missing is NOT_SUPPORTED, one that may not be read PERMISSION. What they have beyond it: a read
//! that fails has the status of its errno, and is never a number.

mod descriptor;
pub(crate) mod dpm;
pub(crate) mod drm;
pub(crate) mod events;
mod file;
pub(crate) mod hash_order;
pub(crate) mod hwmon;
pub(crate) mod kfd;
pub(crate) mod memory;
pub(crate) mod metrics;
pub(crate) mod number;
pub(crate) mod overdrive;
pub(crate) mod pci_ids;
pub(crate) mod perf;
pub(crate) mod processes;
pub(crate) mod profiles;
pub(crate) mod sleep;
pub(crate) mod starved;

use crate::log;
use crate::status::{self, Result};
use crate::types::rsmi_status_t;
use file::open;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

/// A directory of the kernel's, by its path.
#[derive(Debug, Clone)]
pub(crate) struct Dir {
    path: String,
    /// The directory itself, where it was looked up for many reads.
    found: Option<Arc<OwnedFd>>,
}

impl Dir {
    pub(crate) fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_string_lossy().into_owned(), found: None }
    }

    /// The same directory, looked up once for many reads: the way to a device leads over a dozen
    /// directories. It holds a descriptor, and so is nothing to be kept.
    pub(crate) fn found(&self) -> Self {
        let flags = libc::O_PATH | libc::O_DIRECTORY;
        let found = open(libc::AT_FDCWD, &self.path, flags).ok();
        Self { path: self.path.clone(), found: found.map(Arc::new) }
    }

    pub(crate) fn path(&self) -> &Path {
        Path::new(&self.path)
    }

    pub(crate) fn join(&self, name: &str) -> Self {
        Self { path: format!("{}/{name}", self.path), found: None }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        match &self.found {
            Some(found) => open(found.as_raw_fd(), name, libc::O_PATH).is_ok(),
            None => self.path().join(name).exists(),
        }
    }

    /// Whether the file is there, and cannot be read.
    pub(crate) fn refuses(&self, name: &str) -> bool {
        self.has(name) && self.bytes(name).is_err()
    }

    /// The entries' names, in the order in which the kernel lists them.
    pub(crate) fn names(&self) -> std::io::Result<Vec<String>> {
        let entries = std::fs::read_dir(self.path())
            .inspect_err(|error| starved::note(error.raw_os_error().unwrap_or(0)))?;
        Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
    }

    /// A whole file.
    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>> {
        let path = || format!("{}/{name}", self.path);
        log::source(path);
        sleep::let_sleep(&self.path, name)?;
        let read = match &self.found {
            Some(found) => file::read(found.as_raw_fd(), name),
            None => file::read(libc::AT_FDCWD, &path()),
        };
        read.map_err(|failure| {
            log::reason(|| format!("{}: {failure}{}", path(), sleep::note(&self.path)));
            failure.status()
        })
    }

    /// A whole file of text. The driver may leave runs of NULs in one, which are no text.
    fn text(&self, name: &str) -> Result<Vec<u8>> {
        let mut bytes = self.bytes(name)?;
        bytes.retain(|byte| *byte != 0);
        Ok(bytes)
    }

    /// A file's first word.
    pub(crate) fn word(&self, name: &str) -> Result<Vec<u8>> {
        let bytes = self.text(name)?;
        let word = bytes.split(|byte| number::is_space(*byte)).find(|word| !word.is_empty());
        Ok(word.unwrap_or_default().to_vec())
    }

    /// A file's first line, without its end.
    pub(crate) fn line(&self, name: &str) -> Result<Vec<u8>> {
        let mut bytes = self.text(name)?;
        bytes.truncate(bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len()));
        Ok(bytes)
    }

    /// A file's lines without the blank ones at its end; a blank file is UNEXPECTED_DATA.
    pub(crate) fn lines(&self, name: &str) -> Result<Vec<String>> {
        let bytes = self.text(name)?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches(|c: char| u8::try_from(c).is_ok_and(number::is_space));
        if text.is_empty() {
            log::reason(|| format!("{}/{name} is empty", self.path));
            return Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA);
        }
        Ok(text.split('\n').map(str::to_owned).collect())
    }

    /// A file that holds one number.
    pub(crate) fn number(&self, name: &str, radix: u32) -> Result<u64> {
        let word = self.word(name)?;
        if word.is_empty() {
            log::reason(|| format!("{}/{name} is empty", self.path));
            return Err(status::from_errno(libc::EINVAL));
        }
        number::unsigned(&word, radix)
    }

    /// Writes to a file. As the legacy library has it, a driver that does not take what was written
    /// makes that NOT_SUPPORTED, for whatever reason.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> Result {
        self.store(name, text.as_ref(), |_| rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED)
    }

    /// As `write`, but the status tells the driver's reason.
    pub(crate) fn write_or_why(&self, name: &str, text: impl AsRef<[u8]>) -> Result {
        self.store(name, text.as_ref(), status::from_errno)
    }

    /// One open and one write, since to the driver every write is a command of its own.
    fn store(&self, name: &str, text: &[u8], refused: fn(i32) -> rsmi_status_t) -> Result {
        let path = format!("{}/{name}", self.path);
        log::source(|| format!("\"{}\" written to {path}", text.escape_ascii()));
        sleep::awake(&self.path)?;
        let errno = |error: std::io::Error| {
            let errno = error.raw_os_error().unwrap_or(0);
            let note = || sleep::note(&self.path);
            log::reason(|| format!("{path}: {}{}", status::errno_text(errno), note()));
            errno
        };
        // Never created: what is not there is not supported. Emptied first, which means nothing to
        // the kernel, but all to the plain files of a simulated machine.
        let mut options = OpenOptions::new();
        let options = options.write(true).truncate(true).custom_flags(libc::O_NONBLOCK);
        let mut file = options.open(&path).map_err(|error| match errno(error) {
            libc::EISDIR => rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED,
            errno => status::from_errno(errno),
        })?;
        file.write_all(text).map_err(|error| refused(errno(error)))
    }
}

/// The version of the driver: its own, or where it names none, that of the kernel.
pub(crate) fn driver_version(sysfs: &Dir) -> Result<Vec<u8>> {
    sysfs.join("module/amdgpu").line("version").or_else(|_| release())
}

/// The running kernel's release, as uname has it.
pub(crate) fn release() -> Result<Vec<u8>> {
    log::source(|| "uname".into());
    // SAFETY: utsname is plain data, all zeros is a value of it.
    let mut names: libc::utsname = unsafe { std::mem::zeroed() };
    // SAFETY: the struct is good for what uname writes.
    if unsafe { libc::uname(&raw mut names) } != 0 {
        return Err(rsmi_status_t::RSMI_STATUS_UNKNOWN_ERROR);
    }
    Ok(names.release.iter().map(|byte| *byte as u8).take_while(|byte| *byte != 0).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A directory of its own for one test, gone afterwards.
    pub(crate) struct Scratch(pub(crate) Dir);

    impl Scratch {
        pub(crate) fn new(name: &str, files: &[(&str, &[u8])]) -> Self {
            let path =
                std::env::temp_dir().join(format!("rsmi-compat-{name}-{}", std::process::id()));
            for (file, content) in files {
                let file = path.join(file);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, content).unwrap();
            }
            std::fs::create_dir_all(&path).unwrap();
            Self(Dir::new(path))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(self.0.path());
        }
    }

    #[test]
    fn files_are_read_as_the_legacy_library_reads_them() {
        let scratch = Scratch::new(
            "kernel",
            &[
                ("word", b"  0x1002 more\nlines\n"),
                ("empty", b""),
                ("blank", b" \n\t\n"),
                ("lines", b"a\nb \n\n \n"),
                ("big", &[b'x'; 10_000]),
            ],
        );
        let dir = &scratch.0;
        assert_eq!(dir.word("word").unwrap(), b"0x1002");
        assert_eq!(dir.number("word", 16).unwrap(), 0x1002);
        assert_eq!(dir.line("word").unwrap(), b"  0x1002 more");
        assert_eq!(dir.word("empty").unwrap(), b"");
        assert_eq!(dir.number("empty", 10), Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS));
        assert_eq!(dir.lines("blank"), Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA));
        assert_eq!(dir.lines("lines").unwrap(), ["a", "b"]);
        assert_eq!(dir.bytes("big").unwrap().len(), 10_000);
        assert_eq!(dir.bytes("absent"), Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED));
        assert_eq!(dir.bytes("."), Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED));
    }

    #[test]
    fn a_directory_that_was_looked_up_reads_as_by_its_path() {
        let scratch = Scratch::new("found", &[("sub/word", b"one two\n")]);
        let found = scratch.0.found();
        assert!(found.found.is_some() && found.join("sub").found.is_none());
        assert_eq!(found.word("sub/word").unwrap(), b"one");
        let absent = Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
        assert_eq!((found.word("absent"), found.word("sub")), (absent.clone(), absent.clone()));
        let nowhere = scratch.0.join("absent").found();
        assert_eq!((nowhere.found.is_none(), nowhere.word("word")), (true, absent));
    }

    #[test]
    fn files_are_written_as_the_legacy_library_writes_them() {
        let scratch = Scratch::new("write", &[("level", b"auto\n"), ("sub/file", b"")]);
        let dir = &scratch.0;
        assert_eq!(dir.write("level", "manual"), Ok(()));
        assert_eq!(dir.bytes("level").unwrap(), b"manual");
        assert_eq!(dir.write("level", "c"), Ok(()));
        assert_eq!(dir.bytes("level").unwrap(), b"c");
        for (name, what) in [("absent", "a file"), ("sub", "a directory")] {
            let refused = Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
            assert_eq!(dir.write(name, "1"), refused, "{what}");
            assert_eq!(dir.write_or_why(name, "1"), refused, "{what}");
        }
        assert!(!dir.has("absent"));
        // A device that takes nothing.
        let full = Dir::new("/dev");
        assert_eq!(full.write("full", "1"), Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED));
        let why = Err(rsmi_status_t::RSMI_STATUS_UNKNOWN_ERROR);
        assert_eq!(full.write_or_why("full", "1"), why);
    }
}
