//! One file of the kernel's: opened and read in bounded time and memory, and why that failed.

use super::starved;
use crate::status;
use crate::types::rsmi_status_t;
use std::ffi::CString;
use std::fmt;
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

/// Opens what is there, below a directory or by its whole path; no child of the host inherits it,
/// and nobody waits for the other end of a pipe.
pub(super) fn open(at: RawFd, path: &str, flags: i32) -> Result<OwnedFd, i32> {
    let path = CString::new(path).map_err(|_| libc::ENOENT)?;
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

/// open, fstat, read, close: four system calls.
pub(super) fn read(at: RawFd, path: &str) -> Result<Vec<u8>, Failure> {
    let file = open(at, path, libc::O_RDONLY).map_err(Failure::Open)?;
    if !is_regular(&file) {
        return Err(Failure::NoFile);
    }
    let mut content = Vec::with_capacity(4096);
    loop {
        content.reserve(1024);
        let room = content.spare_capacity_mut();
        // SAFETY: the buffer is as long as we say; read writes no more.
        let count = unsafe { libc::read(file.as_raw_fd(), room.as_mut_ptr().cast(), room.len()) };
        match usize::try_from(count) {
            Ok(0) => return Ok(content),
            Ok(count) => {
                let (asked, filled) = (room.len(), content.len() + count);
                // SAFETY: read has just filled these bytes.
                unsafe { content.set_len(filled) };
                if filled > MOST {
                    return Err(Failure::TooLong);
                }
                // The kernel gives all of an attribute that fits; asking again would only cost.
                if count < asked {
                    return Ok(content);
                }
            }
            Err(_) => match errno() {
                libc::EINTR => {}
                errno => return Err(Failure::Read(errno)),
            },
        }
    }
}

pub(super) fn is_regular(file: &impl AsRawFd) -> bool {
    // SAFETY: the struct is plain data, all zeros is a value of it.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: fstat writes only the struct that it is given.
    let told = unsafe { libc::fstat(file.as_raw_fd(), &raw mut stat) };
    told == 0 && stat.st_mode & libc::S_IFMT == libc::S_IFREG
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
