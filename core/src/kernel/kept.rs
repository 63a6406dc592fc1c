//! Descriptors that stay open on files that are asked for again and again: reading one is a quarter
//! of opening, reading and closing it.
//!
//! The process's descriptors are not ours alone. Each is looked at before it is used and before it is
//! closed: a host that closes what it does not know may have another file under the number by then.
//! They have high numbers, and few of them, so that they are in nobody's way. A child of fork has its
//! own. The file is looked at, too: where its directory has lost it, or who may read it has changed,
//! it is opened anew.

use super::file::{Failure, File, Room, Stat, fill};
use once_cell::race::OnceBox;
use std::cell::{Cell, UnsafeCell};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

/// So many files of a directory have descriptors.
const FILES: usize = 64;

/// So many threads can read one of them at once: two reads over one descriptor would wait for each
/// other in the kernel.
const LANES: usize = 4;

/// The driver of some APUs fills it with zeros when it is read again.
const NEVER: &str = "gpu_metrics";

/// File systems that tell of an open file whether a directory still has it: sysfs, which refuses to
/// read one that has gone, and those of simulated machines, tmpfs, ext4, XFS and Btrfs.
const HONEST: [libc::c_long; 5] = [
    0x6265_6572,
    libc::TMPFS_MAGIC,
    libc::EXT4_SUPER_MAGIC,
    libc::XFS_SUPER_MAGIC,
    libc::BTRFS_SUPER_MAGIC,
];

/// The files of one directory.
pub(super) struct Kept([OnceBox<Entry>; FILES]);

struct Entry {
    name: Box<str>,
    asked: AtomicBool,
    /// It can have no descriptor that is kept.
    never: AtomicBool,
    missing: AtomicBool,
    lanes: [Lane; LANES],
}

/// A descriptor of a file's, used by one thread at a time.
#[derive(Default)]
#[repr(align(64))]
struct Lane {
    taken: AtomicBool,
    open: UnsafeCell<Option<Open>>,
}

// SAFETY: what is in the cell is touched by who has taken the lane alone.
unsafe impl Sync for Lane {}

struct Open {
    fd: RawFd,
    stat: Stat,
    flags: i32,
    /// Which of a line of processes has opened it, each the child of the one before.
    process: u32,
}

/// How many there are.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// How many forks lie between this process and the first.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// A child of fork has descriptors of its own: over its parent's it would wait for the parent's reads.
pub(crate) fn in_child() {
    PROCESS.fetch_add(1, Ordering::Relaxed);
}

thread_local! {
    /// The lane that nobody else was in.
    static LANE: Cell<usize> = const { Cell::new(0) };
}

impl Default for Kept {
    fn default() -> Self {
        Self([const { OnceBox::new() }; FILES])
    }
}

impl Kept {
    /// Reads a file that `open` opens; it is told whether the file was missing the last time.
    pub(super) fn read(
        &self,
        name: &str,
        room: &mut Room,
        open: &dyn Fn(bool) -> Result<File, Failure>,
    ) -> Result<(), Failure> {
        let Some(entry) = self.entry(name) else { return open(false)?.read(room) };
        let open = || entry.note(open(entry.missing.load(Ordering::Relaxed)));
        let lane = if entry.is_asked_again() { entry.lane() } else { None };
        let Some(mut lane) = lane else { return open()?.read(room) };
        let kept = lane.open();
        if let Some(open) = kept {
            if open.is() == Is::Ours {
                match fill(open.fd, room) {
                    // The driver has left, or the number has another meaning since the look at it.
                    Err(Failure::Read(
                        libc::ENODEV | libc::ESTALE | libc::EBADF | libc::ESPIPE | libc::EISDIR,
                    )) => {}
                    read => return read,
                }
            }
            *kept = None;
        }
        let file = open()?;
        file.read(room)?;
        match Open::keep(&file) {
            Ok(open) => *kept = Some(open),
            Err(Unkept::Never) => entry.never.store(true, Ordering::Relaxed),
            Err(Unkept::Full) => {}
        }
        Ok(())
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        if name == NEVER {
            return None;
        }
        let hash = |hash: usize, byte: u8| hash.wrapping_mul(31).wrapping_add(byte.into());
        let first = name.bytes().fold(0, hash);
        (0..FILES).find_map(|nth| {
            let place = &self.0[first.wrapping_add(nth) % FILES];
            let entry = place.get_or_init(|| Box::new(Entry::new(name)));
            (*entry.name == *name).then_some(entry)
        })
    }
}

impl Entry {
    fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            asked: AtomicBool::new(false),
            never: AtomicBool::new(false),
            missing: AtomicBool::new(false),
            lanes: Default::default(),
        }
    }

    fn note(&self, opened: Result<File, Failure>) -> Result<File, Failure> {
        let missing = matches!(opened, Err(Failure::Open(libc::ENOENT)));
        self.missing.store(missing, Ordering::Relaxed);
        opened
    }

    /// Whether a descriptor is worth it.
    fn is_asked_again(&self) -> bool {
        let again = self.asked.load(Ordering::Relaxed);
        if !again {
            self.asked.store(true, Ordering::Relaxed);
        }
        again && !self.never.load(Ordering::Relaxed)
    }

    /// One that nobody uses; None where there is none.
    fn lane(&self) -> Option<Taken<'_>> {
        let first = LANE.get();
        let free = |nth: &usize| !self.lanes[*nth].taken.swap(true, Ordering::Acquire);
        let found = (first..first + LANES).map(|nth| nth % LANES).find(free)?;
        LANE.set(found);
        Some(Taken(&self.lanes[found]))
    }
}

/// A lane, for one read.
struct Taken<'lane>(&'lane Lane);

impl Taken<'_> {
    fn open(&mut self) -> &mut Option<Open> {
        // SAFETY: the lane is taken, and by nobody else.
        unsafe { &mut *self.0.open.get() }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.0.taken.store(false, Ordering::Release);
    }
}

/// What a number stands for now.
#[derive(Debug, PartialEq, Eq)]
enum Is {
    Ours,
    /// Ours, on a file that is to be opened anew.
    Old,
    /// Nobody's, or the host's.
    Lost,
}

enum Unkept {
    /// Not this one.
    Never,
    /// There are too many already.
    Full,
}

impl Open {
    fn is(&self) -> Is {
        match Stat::of(self.fd) {
            None => Is::Lost,
            Some(now) if (now.device, now.inode) != (self.stat.device, self.stat.inode) => Is::Lost,
            Some(now) if now != self.stat || now.is_gone => Is::Old,
            Some(_) if self.process != PROCESS.load(Ordering::Relaxed) => Is::Old,
            Some(_) => Is::Ours,
        }
    }

    fn keep(file: &File) -> Result<Self, Unkept> {
        // Whoever the process becomes, it may read what anybody may.
        if file.stat.mode & libc::S_IROTH == 0 || !is_honest(&file.fd) {
            return Err(Unkept::Never);
        }
        let fd = high(file.fd.as_raw_fd())?;
        Ok(Self { fd, stat: file.stat, flags: flags(fd), process: PROCESS.load(Ordering::Relaxed) })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // The host may have the same file open under the number, but not as we opened it.
        if self.is() != Is::Lost && flags(self.fd) == self.flags {
            // SAFETY: the descriptor is ours, and nobody uses it after this.
            unsafe { libc::close(self.fd) };
        }
        KEPT.fetch_sub(1, Ordering::Relaxed);
    }
}

fn flags(fd: RawFd) -> i32 {
    // SAFETY: the command takes any number, and no pointer.
    unsafe { libc::fcntl(fd, libc::F_GETFL) }
}

fn is_honest(file: &impl AsRawFd) -> bool {
    let mut system = MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: no more than the struct is written.
    if unsafe { libc::fstatfs(file.as_raw_fd(), system.as_mut_ptr()) } != 0 {
        return false;
    }
    // SAFETY: fstatfs has filled it in.
    let system = unsafe { system.assume_init() };
    HONEST.contains(&system.f_type)
}

/// Where hosts that have few descriptors have none.
const HIGH: usize = 1024;

/// Another number of a file: from 1024 on where the limit allows that, else among the last eighth of
/// the numbers, from the top downwards. An eighth of all is ours at most.
fn high(fd: RawFd) -> Result<RawFd, Unkept> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to such a value.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return Err(Unkept::Never);
    }
    let limit = limit.rlim_cur.min(i32::MAX as libc::rlim_t) as usize;
    let most = limit / 8;
    let more = |kept: usize| (kept < most).then_some(kept + 1);
    let kept = KEPT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    let kept = kept.map_err(|_| Unkept::Full)?;
    let from = |least: usize| {
        // SAFETY: the command takes any number, and no pointer.
        let number = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, least as libc::c_int) };
        (number >= 0).then_some(number)
    };
    let found = if limit >= 2 * HIGH {
        from(HIGH)
    } else {
        // Those above have been taken before.
        (limit - most..limit - kept).rev().find_map(from)
    };
    found.ok_or_else(|| {
        KEPT.fetch_sub(1, Ordering::Relaxed);
        Unkept::Never
    })
}

#[cfg(test)]
mod tests {
    use super::super::file::Path;
    use super::super::tests::Scratch;
    use super::*;
    use std::fs::{File as Other, remove_file, rename, write};
    use std::path::PathBuf;

    struct Watched {
        kept: Kept,
        scratch: Scratch,
    }

    impl Watched {
        /// A file that has been asked for again.
        fn new(name: &str) -> Self {
            let scratch = Scratch::new(name, &[("file", b"1"), ("gpu_metrics", b"7")]);
            let watched = Self { kept: Kept::default(), scratch };
            assert_eq!((watched.ask("file"), watched.number()), (Ok(b"1".to_vec()), None));
            assert_eq!(watched.ask("file"), Ok(b"1".to_vec()));
            watched
        }

        fn path(&self, name: &str) -> PathBuf {
            self.scratch.0.path().join(name)
        }

        fn ask(&self, name: &str) -> Result<Vec<u8>, Failure> {
            let mut room = Room::new();
            let path = Path::of(&[self.path(name).to_str().unwrap()]).unwrap();
            self.kept.read(name, &mut room, &|_| File::open(libc::AT_FDCWD, &path))?;
            Ok(room.to_vec())
        }

        /// The number under which the file is open.
        fn number(&self) -> Option<RawFd> {
            let mut lane = self.kept.entry("file")?.lane()?;
            lane.open().as_ref().map(|open| open.fd)
        }
    }

    #[test]
    fn a_file_that_stays_open_says_what_its_path_says() {
        let file = Watched::new("kept");
        let number = file.number().expect("it is open");
        write(file.path("file"), b"23").unwrap();
        assert_eq!((file.ask("file"), file.number()), (Ok(b"23".to_vec()), Some(number)));
        write(file.path("new"), b"4").unwrap();
        rename(file.path("new"), file.path("file")).unwrap();
        assert_eq!(file.ask("file"), Ok(b"4".to_vec()));
        remove_file(file.path("file")).unwrap();
        assert_eq!(file.ask("file"), Err(Failure::Open(libc::ENOENT)));
        write(file.path("file"), b"5").unwrap();
        assert_eq!(file.ask("file"), Ok(b"5".to_vec()));
        for _ in 0..3 {
            assert_eq!(file.ask("gpu_metrics"), Ok(b"7".to_vec()));
        }
        assert!(file.kept.entry("gpu_metrics").is_none());
    }

    #[test]
    fn a_number_that_the_host_took_is_the_hosts() {
        let file = Watched::new("kept-taken");
        let number = file.number().expect("it is open");
        let hosts = Other::open("/proc/self/maps").unwrap();
        // SAFETY: both are open; as a host does, the number is given to another file.
        assert_eq!(unsafe { libc::dup2(hosts.as_raw_fd(), number) }, number);
        assert_eq!(file.ask("file"), Ok(b"1".to_vec()));
        assert!(Stat::of(number).is_some(), "it was closed under the host");
        let own = file.number().filter(|own| *own != number).expect("it is open again");
        // The host opens the same file, in its own way, under the number.
        let same = Other::options().write(true).open(file.path("file")).unwrap();
        // SAFETY: as above.
        assert_eq!(unsafe { libc::dup2(same.as_raw_fd(), own) }, own);
        drop(file);
        for left in [number, own] {
            // SAFETY: the test opened them.
            assert_eq!(unsafe { libc::close(left) }, 0, "it was closed under the host");
        }
    }

    #[test]
    fn a_number_that_the_host_closed_is_opened_again() {
        let file = Watched::new("kept-closed");
        // SAFETY: as a host does that closes what it does not know.
        unsafe { libc::close(file.number().expect("it is open")) };
        assert_eq!(file.ask("file"), Ok(b"1".to_vec()));
        assert!(file.number().is_some());
    }

    #[test]
    fn each_thread_has_a_descriptor_of_its_own() {
        let file = Watched::new("kept-threads");
        let entry = file.kept.entry("file").unwrap();
        let first = entry.lane().unwrap();
        assert_eq!(file.ask("file"), Ok(b"1".to_vec()));
        let more: Vec<_> = std::iter::from_fn(|| entry.lane()).collect();
        assert_eq!(more.len(), LANES - 1);
        assert_eq!(file.ask("file"), Ok(b"1".to_vec()), "it waits for none");
        drop((first, more));
        let open = |lane: &Lane| Taken(lane).open().is_some();
        assert_eq!(entry.lanes.iter().filter(|lane| open(lane)).count(), 2);
    }

    #[test]
    fn what_not_everybody_may_read_does_not_stay_open() {
        use std::os::unix::fs::PermissionsExt;
        let file = Watched::new("kept-mode");
        let mode = |mode| std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(file.path("file"), mode(0o600)).unwrap();
        assert_eq!((file.ask("file"), file.number()), (Ok(b"1".to_vec()), None));
        let more = |nth| format!("more{nth}");
        for nth in 0..2 * FILES {
            write(file.path(&more(nth)), b"8").unwrap();
            assert_eq!(file.ask(&more(nth)), Ok(b"8".to_vec()), "there is no more room for it");
        }
    }
}
