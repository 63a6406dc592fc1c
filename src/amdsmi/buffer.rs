//! The memory that libamd_smi writes into: ours, larger than anything it knows, and watched.
//!
//! Its structs grew in almost every release under one and the same SONAME. So nothing of a client's
//! is ever passed on; libamd_smi gets the start of a block on the heap, of which the part that may
//! be written and a margin behind it hold a pattern. A changed margin means that the library writes
//! more than the release we take it for.

use std::cell::Cell;
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
    /// The thread's block, away while a call is using it; empty before the first.
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
unsafe impl Plain for u32 {}
// SAFETY: as above.
unsafe impl Plain for u64 {}
// SAFETY: as above.
unsafe impl Plain for i64 {}
// SAFETY: an array has no padding but that of its elements.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}
// SAFETY: a pointer that is only ever passed back.
unsafe impl Plain for super::Handle {}

/// Lets `write` fill a value. What it leaves alone stays 0xA5.
pub(crate) fn filled<T: Plain, R>(write: impl FnOnce(*mut T) -> R) -> (R, Result<T, Overrun>) {
    const { assert!(size_of::<T>() + MARGIN <= SIZE && align_of::<T>() <= align_of::<Line>()) };
    let watched = size_of::<T>() + MARGIN;
    // A thread that ends has no block any more, and may still ask.
    let mut block = BLOCK.try_with(Cell::take).unwrap_or_default();
    // On the heap: 64 KiB would be a lot to ask of a client's stack.
    block.resize(LINES, Line([PATTERN; 64]));
    let start: *mut u8 = block.as_mut_ptr().cast();
    // SAFETY: the block is longer than what is watched.
    unsafe { start.write_bytes(PATTERN, watched) };
    let result = write(start.cast());
    // SAFETY: these bytes lie in the block, were written above, and nobody writes them now.
    let margin = unsafe { slice::from_raw_parts(start.add(size_of::<T>()), MARGIN) };
    let intact = margin.iter().all(|byte| *byte == PATTERN);
    // SAFETY: the block is aligned and larger than a T, and any bytes are a T.
    let value = unsafe { start.cast::<T>().read() };
    let _ = BLOCK.try_with(|kept| kept.set(block));
    (result, if intact { Ok(value) } else { Err(Overrun) })
}

/// What a value reads as that nobody wrote.
pub(crate) fn untouched<T: Plain>() -> T {
    let bytes = [PATTERN; 64];
    const { assert!(size_of::<T>() <= 64) };
    // SAFETY: the bytes are enough for a T, and any bytes are one.
    unsafe { bytes.as_ptr().cast::<T>().read_unaligned() }
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
