//! One file of the kernel's: opened and read in bounded time and memory, and why that failed.

use super::starved;
use crate::status;
use crate::types::rsmi_status_t;
use smallvec::SmallVec;
use std::ffi::c_char;
use std::fmt;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// No file of the kernel's that is read here has as many bytes.
const MOST: usize = 1 << 20;

/// Why a file was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Open(i32),
    /// The driver let the file be opened, and did not answer.
    Read(i32),
    /// What has its name is a directory, a pipe or a device.
    NoFile,
    TooLong,
}

impl Failure {
    pub(super) fn status(self) -> rsmi_status_t {
        match self {
            Self::Open(errno) => status::from_errno(errno),
            Self::Read(errno) => status::from_read(errno),
            // The legacy library tests for a directory first, and takes it for no file at all.
            Self::NoFile => rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED,
            Self::TooLong => rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errno = |errno: i32| status::errno_text(errno);
        match self {
            Self::Open(number) => write!(to, "{}", errno(*number)),
            Self::Read(libc::EPERM) => {
                write!(to, "its read fails with {}: the GPU is in reset, or suspended", errno(1))
            }
            Self::Read(number) => write!(to, "its read fails with {}", errno(*number)),
            Self::NoFile => write!(to, "it is no regular file"),
            Self::TooLong => write!(to, "it has more than {MOST} bytes"),
        }
    }
}

/// A path as C has it. The usual one takes no memory of the heap.
pub(super) struct Path(SmallVec<[u8; 256]>);

impl Path {
    /// The parts with slashes between them; the errno where one of them can be no name.
    pub(super) fn of(parts: &[&str]) -> Result<Self, i32> {
        let mut path = SmallVec::new();
        for part in parts {
            if part.as_bytes().contains(&0) {
                return Err(libc::ENOENT);
            }
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(part.as_bytes());
        }
        path.push(0);
        Ok(Self(path))
    }

    fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }

    /// Whether something has this path.
    pub(super) fn exists(&self) -> bool {
        self.look() == 0
    }

    /// Whether nothing has this path, which costs less than to try to open it.
    pub(super) fn is_missing(&self) -> bool {
        self.look() != 0 && errno() == libc::ENOENT
    }

    fn look(&self) -> i32 {
        let mut stat = MaybeUninit::<libc::stat>::uninit();
        // SAFETY: the path ends in NUL; no more than the struct is written.
        unsafe { libc::stat(self.as_ptr(), stat.as_mut_ptr()) }
    }
}

/// Opens what is there, below a directory or by its whole path; no child of the host inherits it,
/// and nobody waits for the other end of a pipe.
pub(super) fn open(at: RawFd, path: &str, flags: i32) -> Result<OwnedFd, i32> {
    open_path(at, &Path::of(&[path])?, flags)
}

pub(super) fn open_path(at: RawFd, path: &Path, flags: i32) -> Result<OwnedFd, i32> {
    // SAFETY: the path is NUL-terminated; the flags need no mode.
    let fd = unsafe { libc::openat(at, path.as_ptr(), flags | libc::O_CLOEXEC | libc::O_NONBLOCK) };
    if fd < 0 {
        let errno = errno();
        starved::note(errno);
        return Err(errno);
    }
    // SAFETY: it has just been opened, and is nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// What a file has: on the stack as far as the kernel's attributes go, which are a page at most.
pub(super) type Room = SmallVec<[u8; PAGE]>;

const PAGE: usize = 4096;

/// Which file a descriptor is open on, and who may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) device: libc::dev_t,
    pub(super) inode: libc::ino_t,
    pub(super) mode: libc::mode_t,
    owner: (libc::uid_t, libc::gid_t),
    /// No directory has it any longer.
    pub(super) is_gone: bool,
}

impl Stat {
    /// Of any number; None for one that is no descriptor.
    pub(super) fn of(fd: RawFd) -> Option<Self> {
        let mut stat = MaybeUninit::<libc::stat>::uninit();
        // SAFETY: fstat takes any number, and writes only the struct that it is given.
        if unsafe { libc::fstat(fd, stat.as_mut_ptr()) } != 0 {
            return None;
        }
        // SAFETY: fstat has filled it in.
        let stat = unsafe { stat.assume_init() };
        Some(Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            mode: stat.st_mode,
            owner: (stat.st_uid, stat.st_gid),
            is_gone: stat.st_nlink == 0,
        })
    }
}

/// A regular file.
pub(super) struct File {
    pub(super) fd: OwnedFd,
    pub(super) stat: Stat,
}

impl File {
    pub(super) fn open(at: RawFd, path: &Path) -> Result<Self, Failure> {
        let fd = open_path(at, path, libc::O_RDONLY).map_err(Failure::Open)?;
        match Stat::of(fd.as_raw_fd()) {
            Some(stat) if stat.mode & libc::S_IFMT == libc::S_IFREG => Ok(Self { fd, stat }),
            _ => Err(Failure::NoFile),
        }
    }

    pub(super) fn read(&self, room: &mut Room) -> Result<(), Failure> {
        fill(self.fd.as_raw_fd(), room)
    }
}

/// All of a file, from its beginning, wherever others have read to.
pub(super) fn fill(fd: RawFd, room: &mut Room) -> Result<(), Failure> {
    room.clear();
    loop {
        let (filled, free) = (room.len(), room.capacity() - room.len());
        // SAFETY: the room has as many bytes behind those that are filled.
        let place = unsafe { room.as_mut_ptr().add(filled) };
        // SAFETY: as above; pread writes no more.
        let count = unsafe { libc::pread(fd, place.cast(), free, filled as libc::off_t) };
        match usize::try_from(count) {
            Ok(count) => {
                // SAFETY: pread has just filled these bytes.
                unsafe { room.set_len(filled + count) };
                if filled + count > MOST {
                    return Err(Failure::TooLong);
                }
                // The kernel gives all of an attribute that fits; asking again would only cost.
                if count < free {
                    return Ok(());
                }
                room.reserve(PAGE);
            }
            Err(_) => match errno() {
                libc::EINTR => {}
                errno => return Err(Failure::Read(errno)),
            },
        }
    }
}

/// open, fstat, read, close: four system calls.
#[cfg(test)]
pub(super) fn read(at: RawFd, path: &str) -> Result<Vec<u8>, Failure> {
    let mut room = Room::new();
    File::open(at, &Path::of(&[path]).map_err(Failure::Open)?)?.read(&mut room)?;
    Ok(room.to_vec())
}

pub(super) fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_errno() {
        assert_eq!(read(libc::AT_FDCWD, "/proc/self/mem"), Err(Failure::Read(libc::EIO)));
        let text = Failure::Read(libc::EIO).to_string();
        assert!(text.contains("EIO") && text.contains("os error 5"), "{text}");
        let text = Failure::Read(libc::EPERM).to_string();
        assert!(text.contains("EPERM") && text.contains("suspended"), "{text}");
        assert!(Failure::Open(libc::EACCES).to_string().starts_with("EACCES"));
    }

    #[test]
    fn a_file_is_read_whole_up_to_the_longest() {
        use std::io::Write;
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        file.write_all(&vec![b'x'; MOST]).unwrap();
        assert_eq!(read(libc::AT_FDCWD, &path).map(|bytes| bytes.len()), Ok(MOST));
        file.write_all(b"x").unwrap();
        assert_eq!(read(libc::AT_FDCWD, &path), Err(Failure::TooLong));
    }

    #[test]
    fn only_a_regular_file_is_one() {
        for path in ["/dev/zero", "/proc/self", "/dev/null"] {
            assert_eq!(read(libc::AT_FDCWD, path), Err(Failure::NoFile), "{path}");
        }
        let absent = read(libc::AT_FDCWD, "/proc/self/absent");
        assert_eq!(absent, Err(Failure::Open(libc::ENOENT)));
    }
}
