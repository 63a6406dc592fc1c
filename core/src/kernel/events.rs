//! What happens to a GPU, as KFD reports it: a stream of lines for each device that is listened to.

use super::descriptor::{Descriptor, Waker};
use super::file::errno;
use crate::log;
use crate::status::{self, Result};
use crate::types::rsmi_status_t;
use parking_lot::Mutex;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

pub(super) const KFD: &str = "/dev/kfd";

/// `struct kfd_ioctl_get_version_args`.
#[repr(C)]
#[derive(Default)]
struct GetVersion {
    major: u32,
    minor: u32,
}

/// `struct kfd_ioctl_smi_events_args`.
#[repr(C)]
struct SmiEvents {
    gpu_id: u32,
    stream: u32,
}

const GET_VERSION: libc::c_ulong = 0x8008_4B01;
const SMI_EVENTS: libc::c_ulong = 0xC008_4B1F;

/// The first minor version of KFD's interface that has events.
const FIRST_WITH_EVENTS: u32 = 3;

/// The longest line that KFD writes, and so the longest piece of one that is an event.
pub(crate) const LONGEST_LINE: usize = 95;

/// A device that is listened to, until this is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    stream: Descriptor,
    /// What was read and not told yet.
    left: Mutex<Vec<u8>>,
    /// The process stays one of KFD's as long as this is open.
    _kfd: Descriptor,
    /// Wakes who waits for events when listening ends.
    ended: Waker,
}

impl Listener {
    /// Begins to listen. Nothing is reported before a mask is set.
    pub(crate) fn start(gpu_id: u32) -> Result<Self> {
        log::source(|| format!("KFD's events of GPU {gpu_id}"));
        let kfd = super::open(libc::AT_FDCWD, KFD, libc::O_RDWR).map_err(|errno| {
            failed(KFD, errno);
            rsmi_status_t::RSMI_STATUS_FILE_ERROR
        })?;
        let mut version = GetVersion::default();
        // SAFETY: the request writes this struct.
        let told = unsafe { libc::ioctl(kfd.as_raw_fd(), GET_VERSION, &raw mut version) };
        if told < 0 || version.minor < FIRST_WITH_EVENTS {
            log::reason(|| "this KFD reports no events".into());
            return Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
        }
        let mut events = SmiEvents { gpu_id, stream: 0 };
        // SAFETY: the request reads and writes this struct.
        if unsafe { libc::ioctl(kfd.as_raw_fd(), SMI_EVENTS, &raw mut events) } < 0 {
            return Err(failed("KFD's events", errno()));
        }
        let stream = i32::try_from(events.stream).unwrap_or(0);
        if stream < 1 {
            log::reason(|| "KFD gave no stream of events".into());
            return Err(rsmi_status_t::RSMI_STATUS_NO_DATA);
        }
        // SAFETY: KFD has just given us this descriptor.
        let stream = unsafe { OwnedFd::from_raw_fd(stream) };
        // SAFETY: the descriptor is open. KFD makes it inheritable.
        unsafe { libc::fcntl(stream.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
        let ended = Waker::new().map_err(|errno| failed("eventfd", errno))?;
        let (stream, kfd) = (Descriptor::new(stream), Descriptor::new(kfd));
        Ok(Self { stream, left: Mutex::default(), _kfd: kfd, ended })
    }

    /// Nobody listens any more: whoever waits is woken.
    pub(crate) fn end(&self) {
        self.ended.wake();
    }

    /// The one thread of a child of fork is here; another may have been taking lines in the parent.
    pub(crate) fn in_child(&self) {
        if self.left.is_locked() {
            // SAFETY: whoever holds it is not in the child.
            unsafe { self.left.force_unlock() };
            // It may have been in the middle of a change.
            std::mem::forget(std::mem::take(&mut *self.left.lock()));
        }
    }

    /// Chooses what is reported: bit `n - 1` stands for event `n`.
    pub(crate) fn set_mask(&self, mask: u64) -> Result {
        log::source(|| "KFD's events".into());
        let bytes = mask.to_ne_bytes();
        let stream = self.stream.get().map_err(|errno| failed("KFD's events", errno))?;
        // SAFETY: the pointer and length are those of a live array.
        let written = unsafe { libc::write(stream, bytes.as_ptr().cast(), bytes.len()) };
        if written < 0 { Err(failed("KFD's mask of events", errno())) } else { Ok(()) }
    }

    /// Up to `most` lines, without waiting for any.
    pub(crate) fn lines(&self, most: usize) -> Vec<Vec<u8>> {
        log::source(|| "KFD's events".into());
        let mut left = self.left.lock();
        let mut lines = Vec::new();
        while lines.len() < most {
            match take_line(&mut left) {
                Some(line) => lines.push(line),
                None if self.read(&mut left) => {}
                None => break,
            }
        }
        lines
    }

    /// Reads on; false where there is nothing now. KFD never waits, but says EAGAIN.
    fn read(&self, left: &mut Vec<u8>) -> bool {
        let mut chunk = [0u8; 4096];
        let Ok(stream) = self.stream.get() else { return false };
        loop {
            // SAFETY: the buffer is as long as we say; read writes no more.
            let count = unsafe { libc::read(stream, chunk.as_mut_ptr().cast(), chunk.len()) };
            match usize::try_from(count) {
                Ok(count) => {
                    left.extend_from_slice(&chunk[..count]);
                    return count > 0;
                }
                Err(_) if errno() == libc::EINTR => {}
                Err(_) => return false,
            }
        }
    }
}

/// The first line without its end, or a piece of it that is as long as a line can be.
fn take_line(left: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = left.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n');
    match end {
        Some(end) => {
            let mut line: Vec<u8> = left.drain(..=end).collect();
            line.pop();
            Some(line)
        }
        None if left.len() >= LONGEST_LINE => Some(left.drain(..LONGEST_LINE).collect()),
        None => None,
    }
}

/// Waits until one of them has something to read or ends, for ever without a time; returns which have
/// something to read.
pub(crate) fn wait<'all>(
    listeners: impl IntoIterator<Item = &'all Listener>,
    time: Option<Duration>,
) -> Result<Vec<bool>> {
    let wanted = libc::POLLIN | libc::POLLRDNORM;
    let mut waiting = Vec::new();
    for listener in listeners {
        for fd in [listener.stream.get(), listener.ended.descriptor()] {
            let fd = fd.map_err(|errno| failed("KFD's events", errno))?;
            waiting.push(libc::pollfd { fd, events: wanted, revents: 0 });
        }
    }
    let time = time.map_or(-1, |time| i32::try_from(time.as_millis()).unwrap_or(i32::MAX));
    // SAFETY: the array is as long as we say.
    let ready = unsafe { libc::poll(waiting.as_mut_ptr(), waiting.len() as libc::nfds_t, time) };
    if ready < 0 {
        return Err(failed("poll", errno()));
    }
    Ok(waiting.iter().step_by(2).map(|it| it.revents & wanted != 0).collect())
}

pub(super) fn failed(what: &str, errno: i32) -> rsmi_status_t {
    log::reason(|| format!("{what}: {}", std::io::Error::from_raw_os_error(errno)));
    status::from_errno(errno)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;

    /// Who plays KFD, and who hears what that writes.
    pub(crate) fn listener() -> (UnixStream, Listener) {
        let (kfd, stream) = UnixStream::pair().unwrap();
        stream.set_nonblocking(true).unwrap();
        let copy = kfd.try_clone().unwrap();
        let (stream, copy) = (Descriptor::new(stream.into()), Descriptor::new(copy.into()));
        let ended = Waker::new().unwrap();
        (kfd, Listener { stream, left: Mutex::default(), _kfd: copy, ended })
    }

    #[test]
    fn lines_are_told_once_and_the_rest_is_kept() {
        let (mut kfd, listener) = listener();
        assert_eq!(wait([&listener], Some(Duration::ZERO)), Ok(vec![false]));
        kfd.write_all(b"1 a:b\n2 10:2\n3 ").unwrap();
        assert_eq!(wait([&listener], None), Ok(vec![true]));
        assert_eq!(listener.lines(1), [b"1 a:b"]);
        assert_eq!(listener.lines(9), [b"2 10:2"]);
        kfd.write_all(b"4\n").unwrap();
        assert_eq!(listener.lines(9), [b"3 4"]);
        assert!(listener.lines(9).is_empty());
    }

    #[test]
    fn a_mask_is_written_as_the_kernel_reads_it() {
        use std::io::Read as _;
        let (mut kfd, listener) = listener();
        assert_eq!(listener.set_mask(0x8001), Ok(()));
        let mut mask = [0; 8];
        kfd.read_exact(&mut mask).unwrap();
        assert_eq!(u64::from_ne_bytes(mask), 0x8001);
    }

    #[test]
    fn in_a_child_half_a_line_of_the_parents_is_forgotten() {
        let (mut kfd, listener) = listener();
        kfd.write_all(b"1 a:b\n2 ").unwrap();
        assert_eq!(listener.lines(9), [b"1 a:b"]);
        listener.in_child();
        kfd.write_all(b"x\n").unwrap();
        assert_eq!(listener.lines(9), [b"2 x"], "nobody was taking lines");
        std::mem::forget(listener.left.lock());
        listener.in_child();
        assert!(listener.lines(9).is_empty() && !listener.left.is_locked());
    }

    #[test]
    fn who_waits_is_woken_when_listening_ends() {
        let (_kfd, listener) = listener();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| wait([&listener], None));
            std::thread::sleep(Duration::from_millis(50));
            assert!(!waiting.is_finished());
            listener.end();
            assert_eq!(waiting.join().unwrap(), Ok(vec![false]));
        });
    }

    #[test]
    fn a_line_without_an_end_is_cut() {
        let mut left = vec![b'x'; LONGEST_LINE + 2];
        assert_eq!(take_line(&mut left).map(|line| line.len()), Some(LONGEST_LINE));
        assert_eq!(take_line(&mut left), None);
        let mut left = [vec![b'x'; LONGEST_LINE - 1], vec![b'\n', b'1']].concat();
        assert_eq!(take_line(&mut left).map(|line| line.len()), Some(LONGEST_LINE - 1));
        assert_eq!(left, b"1");
    }

    #[test]
    fn requests_are_those_of_the_kernel() {
        let request = |direction: u64, number: u64, size: usize| {
            direction << 30 | (size as u64) << 16 | u64::from(b'K') << 8 | number
        };
        assert_eq!(GET_VERSION, request(2, 0x01, size_of::<GetVersion>()));
        assert_eq!(SMI_EVENTS, request(3, 0x1F, size_of::<SmiEvents>()));
    }
}
