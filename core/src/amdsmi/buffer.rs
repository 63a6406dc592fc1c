//! The memory that libamd_smi writes into: ours, larger than anything it knows, and watched.
//!
//! Its structs grew in almost every release under one and the same SONAME. So nothing of a client's
//! is ever passed on; libamd_smi gets the start of a block on the heap, of which the part that may
//! be written and a margin behind it hold a pattern. A changed margin means that the library writes
//! more than the release we take it for.

use super::Release;
use crate::layout::{Member, Place};
use crate::log::{self, Level};
use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_void};
use std::slice;

const SIZE: usize = 64 * 1024;
const MARGIN: usize = 4 * 1024;
const PATTERN: u8 = 0xA5;

/// A piece of the block, for its alignment.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

const LINES: usize = SIZE / size_of::<Line>();

thread_local! {
    /// The thread's block, full of the pattern; away while a call is using it, empty before the first.
    static BLOCK: Cell<Vec<Line>> = const { Cell::new(Vec::new()) };
}

/// libamd_smi wrote past the value that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Overrun;

/// Types that libamd_smi may write.
///
/// # Safety
///
/// Every bit pattern is a value of the type, and the type has no padding.
pub(crate) unsafe trait Plain: Copy {}
// SAFETY: numbers.
unsafe impl Plain for u8 {}
// SAFETY: as above.
unsafe impl Plain for u16 {}
// SAFETY: as above.
unsafe impl Plain for i32 {}
// SAFETY: as above.
unsafe impl Plain for f32 {}
// SAFETY: as above.
unsafe impl Plain for u32 {}
// SAFETY: as above.
unsafe impl Plain for u64 {}
// SAFETY: as above.
unsafe impl Plain for i64 {}
// SAFETY: an array has no padding but that of its elements.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}
// SAFETY: a pointer that is only ever passed back.
unsafe impl Plain for super::Handle {}

/// The block during one call: places for what the call writes, and for what it reads there.
pub(crate) struct Room {
    start: *mut u8,
    /// The end of the places that were handed out.
    end: Cell<usize>,
}

impl Room {
    /// The place of a number.
    pub(crate) fn number<T: Plain>(&self, at: usize) -> *mut T {
        assert!(at % align_of::<T>() == 0, "a number is aligned");
        self.place(at, size_of::<T>()).cast()
    }

    /// The place of a number, with what the call is to find there.
    pub(crate) fn put<T: Plain>(&self, at: usize, value: T) -> *mut T {
        let place: *mut T = self.number(at);
        // SAFETY: the place lies in the block, is aligned, and nobody else has the block.
        unsafe { place.write(value) };
        place
    }

    /// The place of a struct, which may grow from release to release: all that is left of the block.
    pub(crate) fn record(&self, at: usize) -> *mut c_void {
        self.place(at, SIZE - MARGIN - at).cast()
    }

    /// The place of a truth value, which libamd_smi writes as a byte.
    pub(crate) fn boolean(&self, at: usize) -> *mut bool {
        self.place(at, 1).cast()
    }

    /// The places of so many numbers.
    pub(crate) fn numbers(&self, at: usize, count: usize) -> *mut u32 {
        self.place(at, count * size_of::<u32>()).cast()
    }

    /// The place of so many bytes.
    pub(crate) fn bytes(&self, at: usize, length: usize) -> *mut c_void {
        self.place(at, length).cast()
    }

    /// The place of a text of so many bytes, NUL and all.
    pub(crate) fn text(&self, length: usize) -> *mut c_char {
        self.place(0, length).cast()
    }

    fn place(&self, at: usize, length: usize) -> *mut u8 {
        let end = at + length;
        assert!(end + MARGIN <= SIZE, "the block has room for it");
        self.end.set(self.end.get().max(end));
        self.start.wrapping_add(at)
    }
}

/// What a call has written. What it left alone is not there.
#[derive(Clone, Copy)]
pub(crate) struct Written<'block> {
    bytes: &'block [u8],
    /// Who wrote it; None for a release that nobody knows.
    release: Option<Release>,
    /// A member was asked for that this release does not have, or of which nobody knows where it is.
    lacks: &'block Cell<bool>,
    /// The members that were read, for the log.
    members: &'block RefCell<Vec<Member<Release>>>,
}

impl Written<'_> {
    /// Who wrote it; None for a release that nobody knows.
    pub(crate) fn release(&self) -> Option<Release> {
        self.release
    }

    /// A number at its place.
    pub(crate) fn number<T: Plain + PartialEq>(&self, at: usize) -> Option<T> {
        let bytes = self.bytes.get(at..at + size_of::<T>())?;
        // SAFETY: the bytes are enough for a T, and any bytes are one.
        let value = unsafe { bytes.as_ptr().cast::<T>().read_unaligned() };
        (bytes.iter().any(|byte| *byte != PATTERN)).then_some(value)
    }

    /// Where the release has a member.
    fn place(&self, member: &Member<Release>) -> Option<&'static Place<Release>> {
        let place = member.place(self.release);
        if place.is_none() {
            self.lacks.set(true);
        } else if log::enabled(Level::Trace) {
            let mut members = self.members.borrow_mut();
            if members.iter().all(|known| known.name != member.name) {
                members.push(*member);
            }
        }
        place
    }

    /// Whether a member was asked for that has no place.
    pub(crate) fn lacks(&self) -> bool {
        self.lacks.get()
    }

    /// Has the log name the members that were read, by the releases that have them.
    pub(super) fn log_members(&self) {
        let members = self.members.borrow();
        if members.is_empty() {
            return;
        }
        let mut by_release: Vec<(String, Vec<&'static str>)> = Vec::new();
        for member in members.iter() {
            let versions = member.versions();
            match by_release.iter_mut().find(|(known, _)| *known == versions) {
                Some((_, names)) => names.push(member.name),
                None => by_release.push((versions, vec![member.name])),
            }
        }
        let text =
            |(versions, names): &(String, Vec<_>)| format!("{versions}: {}", names.join(", "));
        let texts: Vec<_> = by_release.iter().map(text).collect();
        log::detail("reads", "reads", || texts.join("; "));
    }

    /// The n-th of the numbers of a member, as wide as the release has it.
    pub(crate) fn raw(&self, member: &Member<Release>, nth: usize) -> Option<u64> {
        self.within(0, member, nth)
    }

    /// As `raw`, in a struct that begins at `at`.
    pub(crate) fn within(&self, at: usize, member: &Member<Release>, nth: usize) -> Option<u64> {
        let place = self.place(member)?;
        let at = at + place.at(nth)?;
        let bytes = self.bytes.get(at..at + place.width)?;
        let number = bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        (bytes.iter().any(|byte| *byte != PATTERN)).then_some(number)
    }

    /// As `raw`; None for "not available" too, which is all ones in the width of the member.
    pub(crate) fn told(&self, member: &Member<Release>, nth: usize) -> Option<u64> {
        let width = self.place(member)?.width.min(8);
        self.raw(member, nth).filter(|number| *number != u64::MAX >> (64 - 8 * width))
    }

    /// A text of so many bytes, as far as its NUL.
    pub(crate) fn text(&self, at: usize, length: usize) -> Option<&[u8]> {
        let bytes = self.bytes.get(at..at + length)?;
        let end = bytes.iter().position(|byte| *byte == 0)?;
        Some(&bytes[..end])
    }

    /// A text that is a member; None for "not available" too.
    pub(crate) fn words(&self, member: &Member<Release>) -> Option<&[u8]> {
        let place = self.place(member)?;
        let text = self.text(place.at(0)?, place.width * place.count)?;
        (!text.is_empty() && text != b"N/A").then_some(text)
    }
}

/// Has `write` write, and `read` read what it has written, unless that is more than its places.
pub(crate) fn filled_by<R, T>(
    release: Option<Release>,
    write: impl FnOnce(&Room) -> R,
    read: impl FnOnce(&R, Result<Written<'_>, Overrun>) -> T,
) -> (R, T) {
    // A thread that ends has no block any more, and may still ask.
    let mut block = BLOCK.try_with(Cell::take).unwrap_or_default();
    // On the heap: 64 KiB would be a lot to ask of a client's stack.
    block.resize(LINES, Line([PATTERN; 64]));
    let room = Room { start: block.as_mut_ptr().cast(), end: Cell::new(0) };
    let result = write(&room);
    let (start, end) = (room.start, room.end.get());
    // SAFETY: all of the block was filled when it was made, and nobody writes it now.
    let all = unsafe { slice::from_raw_parts(start, end + MARGIN) };
    let (bytes, margin) = all.split_at(end);
    let intact = margin.iter().all(|byte| *byte == PATTERN);
    let (lacks, members) = (&Cell::new(false), &RefCell::default());
    let written =
        if intact { Ok(Written { bytes, release, lacks, members }) } else { Err(Overrun) };
    let value = read(&result, written);
    let dirty = if intact { end } else { SIZE };
    // SAFETY: the block is as long as that, and what borrowed it is gone.
    unsafe { start.write_bytes(PATTERN, dirty) };
    let _ = BLOCK.try_with(|kept| kept.set(block));
    (result, value)
}

/// Lets `write` fill a value. What it leaves alone stays 0xA5.
pub(crate) fn filled<T: Plain, R>(write: impl FnOnce(*mut T) -> R) -> (R, Result<T, Overrun>) {
    filled_by(
        None,
        |room| write(room.number(0)),
        |_, written| {
            // SAFETY: the bytes are those of a T, and any bytes are one.
            written.map(|written| unsafe { written.bytes.as_ptr().cast::<T>().read_unaligned() })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_written_shows_the_pattern() {
        assert_eq!(filled(|_: *mut u32| ()).1, Ok(0xA5A5_A5A5));
        // SAFETY: the pointer is good for the value.
        assert_eq!(filled(|out: *mut u64| unsafe { out.write(7) }).1, Ok(7));
    }

    #[test]
    fn a_value_larger_than_asked_for_is_noticed_and_harmless() {
        for beyond in [1, 8, MARGIN] {
            let (_, seen) = filled(|out: *mut u64| {
                // SAFETY: within the margin.
                unsafe { out.cast::<u8>().add(8).write_bytes(0, beyond) };
            });
            assert_eq!(seen, Err(Overrun), "{beyond} bytes");
        }
    }

    #[test]
    fn calls_may_nest() {
        let (inner, outer) = filled(|out: *mut u32| {
            // SAFETY: the pointer is good for the value.
            unsafe { out.write(1) };
            // SAFETY: as above, for the inner one.
            filled(|out: *mut u32| unsafe { out.write(2) }).1
        });
        assert_eq!((inner, outer), (Ok(2), Ok(1)));
    }
}
