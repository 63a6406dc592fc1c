//! A double of read(2) and pread(2) for the whole program, in which reads of a file can hang.

use std::ffi::{CString, c_int, c_long, c_void};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const NONE: u32 = 0;
const ALL: u32 = 1;
const ONE: u32 = 2;

/// Which reads of the file begin to hang.
static HANGING: AtomicU32 = AtomicU32::new(NONE);
/// How many hang.
static HUNG: AtomicUsize = AtomicUsize::new(0);
/// Hangs have numbers; those up to this one are over.
static OVER: AtomicUsize = AtomicUsize::new(0);
static NUMBER: AtomicUsize = AtomicUsize::new(0);
static FILE: Mutex<String> = Mutex::new(String::new());

/// Reads of a file hang until it ends.
pub struct Hang(());

impl Hang {
    /// All reads of files of this name.
    pub fn on(file: &str) -> Self {
        Self::begin(file, ALL)
    }

    /// The next read of such a file.
    pub fn once(file: &str) -> Self {
        Self::begin(file, ONE)
    }

    fn begin(file: &str, how: u32) -> Self {
        *FILE.lock().unwrap() = format!("/{file}");
        NUMBER.fetch_add(1, Ordering::SeqCst);
        HANGING.store(how, Ordering::SeqCst);
        Self(())
    }

    /// Until one hangs.
    pub fn wait(&self) {
        while HUNG.load(Ordering::SeqCst) == 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn end(self) {
        HANGING.store(NONE, Ordering::SeqCst);
        OVER.store(NUMBER.load(Ordering::SeqCst), Ordering::SeqCst);
        while HUNG.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

fn stall(fd: c_int) {
    if HANGING.load(Ordering::SeqCst) == NONE {
        return;
    }
    let mut link = [0_u8; 512];
    let path = CString::new(format!("/proc/self/fd/{fd}")).unwrap();
    // SAFETY: the path ends in NUL; no more is written than the buffer holds.
    let length = unsafe { libc::readlink(path.as_ptr(), link.as_mut_ptr().cast(), link.len()) };
    let is_it = {
        let file = FILE.lock().unwrap();
        link[..usize::try_from(length).unwrap_or(0)].ends_with(file.as_bytes())
    };
    let hangs = |how| match how {
        ALL => Some(ALL),
        ONE => Some(NONE),
        _ => None,
    };
    if !is_it || HANGING.fetch_update(Ordering::SeqCst, Ordering::SeqCst, hangs).is_err() {
        return;
    }
    let number = NUMBER.load(Ordering::SeqCst);
    HUNG.fetch_add(1, Ordering::SeqCst);
    while OVER.load(Ordering::SeqCst) < number {
        thread::sleep(Duration::from_millis(1));
    }
    HUNG.fetch_sub(1, Ordering::SeqCst);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn read(fd: c_int, buffer: *mut c_void, count: usize) -> isize {
    stall(fd);
    // SAFETY: the caller's own arguments.
    unsafe { libc::syscall(libc::SYS_read, fd as c_long, buffer, count) as isize }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pread64(fd: c_int, buffer: *mut c_void, count: usize, offset: i64) -> isize {
    stall(fd);
    // SAFETY: as above.
    unsafe { libc::syscall(libc::SYS_pread64, fd as c_long, buffer, count, offset) as isize }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pread(fd: c_int, buffer: *mut c_void, count: usize, offset: i64) -> isize {
    // SAFETY: as above.
    unsafe { pread64(fd, buffer, count, offset) }
}
