//! The process's environment, read while another thread may change it.
//!
//! Before glibc 2.41, getenv walks a list that a setenv of another thread frees meanwhile. Here the
//! kernel copies the list and the texts: an address that is no longer there is an error of the copy,
//! and the end of nobody. A list that changes while it is copied is copied again.

use libloading::os::unix::Library;
use once_cell::race::OnceNonZeroUsize;
use std::ffi::{OsString, c_void};
use std::num::NonZeroUsize;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::time::Duration;

/// How often a variable is looked for in a list that changes at each look.
const TRIES: u32 = 20;

/// The longest text that is a value.
const LONGEST: usize = 1 << 20;

/// The beginning of a text that is looked at; no name that is asked for is longer.
const HEAD: usize = 32;

/// So many ranges are copied at once.
const MOST: usize = 1024;

/// Whole pages are there or not. A page that is larger begins where one of these does.
const PAGE: usize = 4096;

/// The value of a variable as it is now.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    debug_assert!(name.len() < HEAD);
    for attempt in 0..TRIES {
        match look(name) {
            Look::Found(value) => return Some(OsString::from_vec(value)),
            Look::Absent => return None,
            Look::Disturbed if attempt < TRIES / 2 => std::thread::yield_now(),
            Look::Disturbed => std::thread::sleep(Duration::from_micros(100)),
        }
    }
    None
}

enum Look {
    Found(Vec<u8>),
    Absent,
    /// It is not there, in a list that changed, or that may be none any longer.
    Disturbed,
}

fn look(name: &str) -> Look {
    let start = list();
    if start == 0 {
        return Look::Absent;
    }
    let Some(texts) = texts(start) else { return Look::Disturbed };
    let heads = heads(&texts);
    let has_name = |head: &&[u8]| {
        head.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
    };
    if let Some(at) = heads.iter().position(|head| has_name(&head.as_slice())) {
        let value = text(texts[at] + name.len() + 1);
        return value.map_or(Look::Disturbed, Look::Found);
    }
    let whole = heads.iter().all(|head| !head.is_empty());
    let same = || list() == start && self::texts(start).as_ref() == Some(&texts);
    if whole && !texts.is_empty() && same() { Look::Absent } else { Look::Disturbed }
}

/// Where the list begins.
fn list() -> usize {
    // SAFETY: the variable is the C library's, or the program's copy of it, and lives as long as the
    // process. It is a word, which is written as a whole.
    unsafe { (place() as *const usize).read_volatile() }
}

/// Where the C library of this process has the address of the list. The program may have a copy of
/// that variable, which our own reference misses where we were opened with RTLD_DEEPBIND.
fn place() -> usize {
    static PLACE: OnceNonZeroUsize = OnceNonZeroUsize::new();
    #[allow(unused_doc_comments, reason = "cbindgen reads it")]
    /// cbindgen:ignore
    unsafe extern "C" {
        static environ: *const c_void;
    }
    let found = PLACE.get_or_init(|| {
        // SAFETY: the symbol is a variable, of which the address alone is used.
        let of_program = unsafe { Library::this().get::<*mut c_void>(b"environ\0") };
        let of_program = of_program.ok().map(|symbol| symbol.into_raw() as usize);
        let ours = || NonZeroUsize::new((&raw const environ) as usize);
        of_program.and_then(NonZeroUsize::new).or_else(ours).unwrap_or(NonZeroUsize::MIN)
    });
    found.get()
}

/// The addresses of all texts; None if they cannot be read to their end.
fn texts(start: usize) -> Option<Vec<usize>> {
    const SIZE: usize = size_of::<usize>();
    let mut texts = Vec::new();
    let mut at = start;
    loop {
        let mut page = [0; PAGE];
        let room = (PAGE - at % PAGE) / SIZE * SIZE;
        if copy(&[range(at, room)], &mut page[..room]) < room || texts.len() * SIZE > 16 * LONGEST {
            return None;
        }
        for word in page[..room].chunks_exact(SIZE) {
            // MSRV(1.88): as_chunks has the arrays.
            match usize::from_ne_bytes(word.try_into().unwrap_or_default()) {
                0 => return Some(texts),
                text => texts.push(text),
            }
        }
        at += room;
    }
}

/// The beginning of each text, as long as it can be read.
fn heads(texts: &[usize]) -> Vec<Vec<u8>> {
    let mut heads = Vec::with_capacity(texts.len());
    for some in texts.chunks(MOST) {
        let ranges: Vec<_> = some.iter().map(|text| range(*text, HEAD)).collect();
        let mut bytes = vec![0; some.len() * HEAD];
        if copy(&ranges, &mut bytes) == bytes.len() {
            heads.extend(bytes.chunks(HEAD).map(<[u8]>::to_vec));
        } else {
            // One of them lies at the end of what there is, or is none.
            heads.extend(some.iter().map(|text| {
                let mut head = vec![0; HEAD];
                let here = HEAD.min(PAGE - text % PAGE);
                let mut count = copy(&[range(*text, here)], &mut head[..here]);
                if count == here {
                    count += copy(&[range(text + here, HEAD - here)], &mut head[here..]);
                }
                head.truncate(count);
                head
            }));
        }
    }
    heads
}

/// What stands at an address, up to the NUL.
fn text(start: usize) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    while text.len() < LONGEST {
        let at = start + text.len();
        let mut page = [0; PAGE];
        let room = PAGE - at % PAGE;
        if copy(&[range(at, room)], &mut page[..room]) < room {
            return None;
        }
        let end = page[..room].iter().position(|byte| *byte == 0);
        text.extend_from_slice(&page[..end.unwrap_or(room)]);
        if end.is_some() {
            return Some(text);
        }
    }
    None
}

fn range(start: usize, length: usize) -> libc::iovec {
    libc::iovec { iov_base: start as *mut c_void, iov_len: length }
}

/// Copies what there is at these addresses, one after the other, up to the first that is none; how
/// many bytes.
fn copy(ranges: &[libc::iovec], to: &mut [u8]) -> usize {
    let local = range(to.as_mut_ptr() as usize, to.len());
    // SAFETY: the kernel writes into `to` alone, and fails at an address that cannot be read.
    let count = unsafe {
        let count = ranges.len() as libc::c_ulong;
        libc::process_vm_readv(libc::getpid(), &raw const local, 1, ranges.as_ptr(), count, 0)
    };
    match usize::try_from(count) {
        Ok(count) => count,
        Err(_) if std::io::Error::last_os_error().raw_os_error() == Some(libc::EFAULT) => 0,
        // Some sandboxes refuse it.
        Err(_) => copy_by_pipe(ranges, to),
    }
}

/// As `copy`, by means that every process has.
fn copy_by_pipe(ranges: &[libc::iovec], to: &mut [u8]) -> usize {
    let mut ends = [-1; 2];
    // SAFETY: the array has room for both.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) } != 0 {
        return 0;
    }
    // SAFETY: pipe2 has just given us both.
    let [reader, writer] = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
    let mut copied = 0;
    for range in ranges {
        let room = &mut to[copied..];
        let length = range.iov_len.min(room.len()).min(PAGE);
        // SAFETY: write only reads, and fails at an address that cannot be read.
        let sent = unsafe { libc::write(writer.as_raw_fd(), range.iov_base, length) };
        let Ok(sent) = usize::try_from(sent) else { break };
        // SAFETY: the room has as many bytes at least.
        let got = unsafe { libc::read(reader.as_raw_fd(), room.as_mut_ptr().cast(), sent) };
        copied += usize::try_from(got).unwrap_or(0);
        if sent < range.iov_len {
            break;
        }
    }
    copied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_what_getenv_says_it_is() {
        // Cargo's own, which no test changes.
        for name in ["CARGO_MANIFEST_DIR", "PATH", "RSMI_COMPAT_NO_SUCH", "CARGO", "CARG"] {
            assert_eq!(variable(name), std::env::var_os(name), "{name}");
        }
        assert!(variable("CARGO_MANIFEST_DIR").is_some());
    }

    #[test]
    fn what_cannot_be_read_is_no_text() {
        let pages = 3 * PAGE;
        // SAFETY: memory of our own, of which the last page is taken away again.
        let start = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let start = libc::mmap(std::ptr::null_mut(), pages, access, flags, -1, 0);
            assert_ne!(start, libc::MAP_FAILED);
            libc::munmap(start.cast::<u8>().add(2 * PAGE).cast(), PAGE);
            start as usize
        };
        let put = |at: usize, bytes: &[u8]| {
            // SAFETY: the first two pages are ours.
            unsafe {
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), (start + at) as *mut u8, bytes.len());
            }
        };
        let end = start + 2 * PAGE;
        put(2 * PAGE - 4, b"A=b\0");
        put(PAGE - 2, b"over the edge\0");
        assert_eq!(text(end - 4).as_deref(), Some(&b"A=b"[..]));
        assert_eq!(text(start + PAGE - 2).as_deref(), Some(&b"over the edge"[..]));
        assert_eq!((text(end), text(8)), (None, None));
        let lone = heads(&[end - 4, end, start + PAGE - 2, 8]);
        assert_eq!((&lone[0][..], lone[1].len(), lone[3].len()), (&b"A=b\0"[..], 0, 0));
        assert!(lone[2].starts_with(b"over the edge\0") && lone[2].len() == HEAD);
        put(2 * PAGE - 4, b"A=bc");
        assert_eq!(text(end - 4), None, "it has no end");

        let list = [start + 5, start + 6, 0].map(usize::to_ne_bytes).concat();
        put(2 * PAGE - list.len(), &list);
        assert_eq!(texts(end - list.len()), Some(vec![start + 5, start + 6]));
        assert_eq!(texts(end - list.len() / 3), Some(vec![]));
        put(2 * PAGE - 1, b"\xFF");
        assert_eq!((texts(end - list.len()), texts(end)), (None, None));
        // SAFETY: as above.
        unsafe { libc::munmap(start as *mut c_void, 2 * PAGE) };
    }

    #[test]
    fn both_ways_to_copy_give_the_same() {
        let words = *b"one two three";
        let at = words.as_ptr() as usize;
        let ranges = [range(at, 3), range(at + 4, 3), range(8, 5), range(at + 8, 5)];
        let (mut by_kernel, mut by_pipe) = ([b'#'; 16], [b'#'; 16]);
        assert_eq!((copy(&ranges, &mut by_kernel), copy_by_pipe(&ranges, &mut by_pipe)), (6, 6));
        assert_eq!((&by_kernel, by_pipe), (b"onetwo##########", by_kernel));
    }
}
