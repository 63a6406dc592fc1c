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
pub(crate) mod kept;
pub(crate) mod kfd;
mod listing;
pub(crate) mod memory;
pub(crate) mod metrics;
pub(crate) mod number;
pub(crate) mod overdrive;
pub(crate) mod pci_ids;
pub(crate) mod perf;
mod place;
pub(crate) mod processes;
pub(crate) mod profiles;
mod short;
pub(crate) mod sleep;
pub(crate) mod starved;

use crate::log;
use crate::status::{self, Result};
use crate::types::rsmi_status_t;
use file::{Failure, File, Room, open};
use place::Place;
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
    /// Where it is without the links of the path, of one that is asked again and again.
    place: Option<Arc<Place>>,
}

impl Dir {
    pub(crate) fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_string_lossy().into_owned(), found: None, place: None }
    }

    /// The same directory, looked up once for many reads: the way to a device leads over a dozen
    /// directories. It holds a descriptor, and so is nothing to be kept.
    pub(crate) fn found(&self) -> Self {
        let flags = libc::O_PATH | libc::O_DIRECTORY;
        let found = open(libc::AT_FDCWD, &self.path, flags).ok();
        Self { path: self.path.clone(), found: found.map(Arc::new), place: None }
    }

    /// The same directory, for reads again and again: by its place, as long as it is there.
    pub(crate) fn settled(self) -> Self {
        Self { place: Some(Arc::new(Place::new(true, true))), ..self }
    }

    /// As `settled`; whoever has it finds another where it has gone.
    pub(crate) fn settled_once(self) -> Self {
        Self { place: Some(Arc::new(Place::new(false, true))), ..self }
    }

    /// As `settled`, of files that come and go: none of them stays open.
    fn settled_loosely(self) -> Self {
        Self { place: Some(Arc::new(Place::new(true, false))), ..self }
    }

    pub(crate) fn path(&self) -> &Path {
        Path::new(&self.path)
    }

    pub(crate) fn join(&self, name: &str) -> Self {
        Self::new(format!("{}/{name}", self.path))
    }

    pub(crate) fn is_there(&self) -> bool {
        self.with_path(|path| file::Path::of(&[path]).is_ok_and(|path| path.exists()))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        match &self.found {
            Some(found) => open(found.as_raw_fd(), name, libc::O_PATH).is_ok(),
            None => {
                self.with_path(|path| file::Path::of(&[path, name]).is_ok_and(|path| path.exists()))
            }
        }
    }

    /// Whether the file is there, and cannot be read. As other readers a function of its own, so that the
    /// room for the file is on the stack no longer than it is read.
    #[inline(never)]
    pub(crate) fn refuses(&self, name: &str) -> bool {
        self.has(name) && self.look(name, |_| Ok(())).is_err()
    }

    /// The shortest path that is known to lead to it.
    fn with_path<T>(&self, with: impl FnOnce(&str) -> T) -> T {
        match &self.place {
            Some(place) => place.with(&self.path, with),
            None => with(&self.path),
        }
    }

    /// The entries' names, in the order in which the kernel lists them.
    pub(crate) fn names(&self) -> std::io::Result<Vec<String>> {
        let mut names = Vec::new();
        self.each_name("", |name| names.push(name.to_owned()))?;
        Ok(names)
    }

    /// Calls with the name of each entry of a directory below this one, or of this one, in the order in
    /// which the kernel lists them.
    fn each_name(&self, below: &str, with: impl FnMut(&str)) -> std::io::Result<()> {
        let listed = self.with_path(|path| {
            let path = if below.is_empty() {
                file::Path::of(&[path])
            } else {
                file::Path::of(&[path, below])
            };
            listing::each(libc::AT_FDCWD, &path?, with)
        });
        listed.map_err(std::io::Error::from_raw_os_error)
    }

    fn fill(&self, name: &str, room: &mut Room) -> std::result::Result<(), Failure> {
        let file =
            |at, path: &[&str]| File::open(at, &file::Path::of(path).map_err(Failure::Open)?);
        match (&self.found, &self.place) {
            (Some(found), _) => file(found.as_raw_fd(), &[name])?.read(room),
            (None, Some(place)) => place.fill(&self.path, name, room),
            (None, None) => file(libc::AT_FDCWD, &[&self.path, name])?.read(room),
        }
    }

    /// Looks at a whole file, without memory of the heap.
    #[inline]
    pub(crate) fn look<T>(&self, name: &str, look: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        let mut room = Room::new();
        self.read(name, &mut room)?;
        look(&room)
    }

    #[inline(never)]
    fn read(&self, name: &str, room: &mut Room) -> Result {
        let path = || format!("{}/{name}", self.path);
        log::source(path);
        sleep::let_sleep(name, || self.is_suspended())?;
        self.fill(name, room).map_err(|failure| {
            log::reason(|| {
                let note = if self.is_suspended() { sleep::SUSPENDED } else { "" };
                format!("{}: {failure}{note}", path())
            });
            failure.status()
        })
    }

    pub(crate) fn is_suspended(&self) -> bool {
        self.with_path(sleep::is_suspended)
    }

    /// A whole file.
    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>> {
        self.look(name, |bytes| Ok(bytes.to_vec()))
    }

    /// Looks at a whole file of text. The driver may leave runs of NULs in one, which are no text.
    #[inline]
    fn look_at_text<T>(&self, name: &str, look: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        let mut room = Room::new();
        self.read(name, &mut room)?;
        room.retain(|byte| *byte != 0);
        look(&room)
    }

    /// Looks at a file's first word.
    pub(crate) fn look_at_word<T>(
        &self,
        name: &str,
        look: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<T> {
        self.look_at_text(name, |text| {
            let mut words = text.split(|byte| number::is_space(*byte));
            look(words.find(|word| !word.is_empty()).unwrap_or_default())
        })
    }

    /// A file's first word.
    pub(crate) fn word(&self, name: &str) -> Result<Vec<u8>> {
        self.look_at_word(name, |word| Ok(word.to_vec()))
    }

    /// Looks at a file's first line, without its end.
    pub(crate) fn look_at_line<T>(
        &self,
        name: &str,
        look: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<T> {
        self.look_at_text(name, |text| {
            look(text.split(|byte| *byte == b'\n').next().unwrap_or(text))
        })
    }

    /// A file's first line, without its end.
    pub(crate) fn line(&self, name: &str) -> Result<Vec<u8>> {
        self.look_at_line(name, |line| Ok(line.to_vec()))
    }

    /// Looks at a file's lines without the blank ones at its end; a blank file is UNEXPECTED_DATA.
    pub(crate) fn look_at_lines<T>(
        &self,
        name: &str,
        look: impl FnOnce(std::str::Split<'_, char>) -> Result<T>,
    ) -> Result<T> {
        self.look_at_text(name, |text| {
            let text = String::from_utf8_lossy(text);
            let text = text.trim_end_matches(|c: char| u8::try_from(c).is_ok_and(number::is_space));
            if text.is_empty() {
                log::reason(|| format!("{}/{name} is empty", self.path));
                return Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA);
            }
            look(text.split('\n'))
        })
    }

    /// A file's lines, as `look_at_lines` has them.
    pub(crate) fn lines(&self, name: &str) -> Result<Vec<String>> {
        self.look_at_lines(name, |lines| Ok(lines.map(str::to_owned).collect()))
    }

    /// A file that holds one number.
    pub(crate) fn number(&self, name: &str, radix: u32) -> Result<u64> {
        self.number_if(name, radix, || ())
    }

    /// As `number`; `read` is called where the file can be read, whatever it has.
    pub(crate) fn number_if(&self, name: &str, radix: u32, read: impl FnOnce()) -> Result<u64> {
        self.look_at_word(name, |word| {
            read();
            if word.is_empty() {
                log::reason(|| format!("{}/{name} is empty", self.path));
                return Err(status::from_errno(libc::EINVAL));
            }
            number::unsigned(word, radix)
        })
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
        sleep::awake(|| self.is_suspended())?;
        let errno = |error: std::io::Error| {
            let errno = error.raw_os_error().unwrap_or(0);
            let note = || if self.is_suspended() { sleep::SUSPENDED } else { "" };
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
            // In memory, where there is a place for that: some tests write hundreds of files.
            let memory = Path::new("/dev/shm").to_owned();
            let place = if memory.is_dir() { memory } else { std::env::temp_dir() };
            let path = place.join(format!("rsmi-compat-{name}-{}", std::process::id()));
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
