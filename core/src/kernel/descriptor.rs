//! A descriptor that stays open over calls, in a process whose descriptors are not ours alone.
//!
//! A host may close all descriptors that it does not know, as daemons do, and open others under the
//! same numbers. So a descriptor that is kept is looked at before it is used or closed: where another
//! file has its number, that file is the host's, and is let be.

use super::file::errno;
use std::ffi::CString;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd, RawFd};

#[derive(Debug)]
pub(crate) struct Descriptor {
    fd: RawFd,
    file: Option<File>,
}

/// Which file a descriptor is open on.
#[derive(Debug, PartialEq, Eq)]
struct File {
    device: libc::dev_t,
    inode: libc::ino_t,
    /// Streams of events share one inode; their kind stands in the link's text.
    link: Vec<u8>,
}

impl File {
    fn of(fd: RawFd) -> Option<Self> {
        // SAFETY: the struct is plain data, all zeros is a value of it.
        let mut stat: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: fstat takes any number and writes only the struct that it is given.
        if unsafe { libc::fstat(fd, &raw mut stat) } != 0 {
            return None;
        }
        let mut link = vec![0; 128];
        let path = CString::new(format!("/proc/self/fd/{fd}")).ok()?;
        // SAFETY: the path ends in NUL; no more is written than the buffer holds.
        let length = unsafe { libc::readlink(path.as_ptr(), link.as_mut_ptr().cast(), link.len()) };
        link.truncate(usize::try_from(length).unwrap_or(0));
        Some(Self { device: stat.st_dev, inode: stat.st_ino, link })
    }
}

impl Descriptor {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        Self { file: File::of(fd.as_raw_fd()), fd: fd.into_raw_fd() }
    }

    /// The number, while it is still that of our file; else the errno of a closed descriptor.
    pub(crate) fn get(&self) -> Result<RawFd, i32> {
        if self.file.is_some() && File::of(self.fd) == self.file {
            Ok(self.fd)
        } else {
            Err(libc::EBADF)
        }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        if let Ok(fd) = self.get() {
            // SAFETY: the descriptor is ours, and nobody uses it after this.
            unsafe { libc::close(fd) };
        }
    }
}

/// What wakes whoever waits in poll(2) for something else.
#[derive(Debug)]
pub(crate) struct Waker(Descriptor);

impl Waker {
    pub(crate) fn new() -> Result<Self, i32> {
        use std::os::fd::FromRawFd;
        // SAFETY: eventfd takes no pointer.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(errno());
        }
        // SAFETY: eventfd has just given us this descriptor.
        Ok(Self(Descriptor::new(unsafe { OwnedFd::from_raw_fd(fd) })))
    }

    /// From now on it is ready to be read, for everybody who waits, and for ever.
    pub(crate) fn wake(&self) {
        if let Ok(fd) = self.0.get() {
            let one = 1_u64.to_ne_bytes();
            // SAFETY: the pointer and length are those of a live array.
            unsafe { libc::write(fd, one.as_ptr().cast(), one.len()) };
        }
    }

    pub(crate) fn descriptor(&self) -> Result<RawFd, i32> {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &str) -> OwnedFd {
        std::fs::File::open(path).unwrap().into()
    }

    #[test]
    fn a_file_of_the_hosts_under_our_number_is_let_be() {
        let ours = Descriptor::new(open("/dev/null"));
        let number = ours.get().unwrap();
        let hosts = open("/proc/self/maps");
        // SAFETY: both are open; as a host does, the number is given to another file.
        assert_eq!(unsafe { libc::dup2(hosts.as_raw_fd(), number) }, number);
        assert_eq!(ours.get(), Err(libc::EBADF));
        drop(ours);
        assert!(File::of(number).is_some(), "it was closed under the host");
        // SAFETY: the test opened it.
        unsafe { libc::close(number) };
    }

    #[test]
    fn what_is_still_ours_is_closed() {
        let ours = Descriptor::new(open("/proc/self/maps"));
        let number = ours.get().unwrap();
        drop(ours);
        // Another test's file may have the number by now, but none is on this one.
        assert!(File::of(number).is_none_or(|file| !file.link.ends_with(b"/maps")));
    }

    #[test]
    fn streams_are_told_apart_by_their_kind() {
        let waker = Waker::new().unwrap();
        let number = waker.descriptor().unwrap();
        // SAFETY: takes no pointer.
        let other = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        // SAFETY: both are open.
        unsafe { libc::dup2(other, number) };
        assert_eq!(waker.descriptor(), Err(libc::EBADF));
        waker.wake();
        drop(waker);
        for left in [number, other] {
            // SAFETY: the test opened them.
            assert_eq!(unsafe { libc::close(left) }, 0, "it was closed under the host");
        }
    }
}
