//! Memory for when there is none: a call goes on to its end, and returns OUT_OF_RESOURCES.
//!
//! Rust ends the process where an allocation fails, with a line on stderr. Here such an allocation is
//! served from a reserve, and noted for its thread; the boundary turns the note into the status. What
//! a call has taken from the reserve goes back to it when it is freed. The reserve lies in the
//! library's zeroed pages, which take no memory until they are used.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the library allocates with.
#[derive(Debug)]
pub struct Allocator;

thread_local! {
    /// An allocation of this thread's has failed since the call began.
    static SHORT: Cell<bool> = const { Cell::new(false) };
}

/// A call begins, perhaps in a handler of a signal that came in the midst of another.
pub(crate) fn begin() -> Interrupted {
    Interrupted(SHORT.replace(false))
}

/// Whether an allocation had failed in the call that was interrupted.
pub(crate) struct Interrupted(bool);

impl Interrupted {
    pub(crate) fn goes_on(self) {
        SHORT.set(self.0);
    }
}

/// Whether an allocation of this thread's has failed since the call began.
pub(crate) fn was_short() -> bool {
    SHORT.get()
}

// SAFETY: what System does not give comes from RESERVE, which keeps the contract too: blocks that are
// aligned, large enough, and nobody else's until they are given back, each to where it came from.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        let block = unsafe { System.alloc(layout) };
        if block.is_null() { short(layout) } else { block }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract.
        let block = unsafe { System.alloc_zeroed(layout) };
        if !block.is_null() {
            return block;
        }
        let block = short(layout);
        if !block.is_null() {
            // SAFETY: the block has room for the layout.
            unsafe { ptr::write_bytes(block, 0, layout.size()) };
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if RESERVE.has(block) {
            RESERVE.give_back(block, layout);
        } else {
            // SAFETY: whatever RESERVE has not came from System.
            unsafe { System.dealloc(block, layout) };
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !RESERVE.has(block) {
            // SAFETY: whatever RESERVE has not came from System.
            let grown = unsafe { System.realloc(block, layout, size) };
            if !grown.is_null() {
                return grown;
            }
        }
        let Ok(new) = Layout::from_size_align(size, layout.align()) else { return ptr::null_mut() };
        // SAFETY: `new` is a layout of the size that the caller asks for, which is not 0.
        let moved = unsafe { self.alloc(new) };
        if !moved.is_null() {
            // SAFETY: both blocks have room for the smaller of the two, and are not the same; the old
            // one is the caller's to free.
            unsafe {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}

#[cold]
fn short(layout: Layout) -> *mut u8 {
    // At a thread's end there may be nobody left to note it for.
    let _ = SHORT.try_with(|short| short.set(true));
    RESERVE.take(layout)
}

static RESERVE: Reserve = Reserve::new();

/// Every allocation of a whole rsmi_init on a machine with eight GPUs fits.
const SIZE: usize = 1 << 20;
const UNIT: usize = 64;
const UNITS: usize = SIZE / UNIT;

#[repr(C, align(4096))]
struct Blocks([u8; SIZE]);

/// Blocks of whole units, the first that are free in a row.
struct Reserve {
    blocks: UnsafeCell<Blocks>,
    taken: UnsafeCell<[bool; UNITS]>,
    busy: AtomicBool,
}

// SAFETY: `taken` is touched by who holds `busy` alone, and a block by whom it was given to.
unsafe impl Sync for Reserve {}

impl Reserve {
    const fn new() -> Self {
        Self {
            blocks: UnsafeCell::new(Blocks([0; SIZE])),
            taken: UnsafeCell::new([false; UNITS]),
            busy: AtomicBool::new(false),
        }
    }

    fn start(&self) -> *mut u8 {
        self.blocks.get().cast()
    }

    fn has(&self, block: *mut u8) -> bool {
        (block as usize).wrapping_sub(self.start() as usize) < SIZE
    }

    /// Null where it has no room either.
    fn take(&self, layout: Layout) -> *mut u8 {
        let units = layout.size().div_ceil(UNIT).max(1);
        let step = layout.align().div_ceil(UNIT);
        if units > UNITS || layout.align() > align_of::<Blocks>() {
            return ptr::null_mut();
        }
        let found = self.with(|taken| {
            let mut at = 0;
            while at + units <= UNITS {
                match taken[at..at + units].iter().rposition(|taken| *taken) {
                    Some(last) => at = (at + last + 1).next_multiple_of(step),
                    None => {
                        taken[at..at + units].fill(true);
                        return Some(at);
                    }
                }
            }
            None
        });
        // SAFETY: the units lie within the blocks.
        found.map_or(ptr::null_mut(), |at| unsafe { self.start().add(at * UNIT) })
    }

    fn give_back(&self, block: *mut u8, layout: Layout) {
        let at = (block as usize - self.start() as usize) / UNIT;
        let units = layout.size().div_ceil(UNIT).max(1);
        self.with(|taken| taken[at..at + units].fill(false));
    }

    fn with<T>(&self, work: impl FnOnce(&mut [bool; UNITS]) -> T) -> T {
        // Held for less than a microsecond, and by nobody who waits for anything.
        while self.busy.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_err()
        {
            std::thread::yield_now();
        }
        // SAFETY: `busy` is ours.
        let done = work(unsafe { &mut *self.taken.get() });
        self.busy.store(false, Ordering::Release);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn blocks_are_aligned_apart_and_used_again() {
        static OURS: Reserve = Reserve::new();
        let mut blocks = Vec::new();
        for (size, align) in [(1, 1), (64, 8), (65, 64), (100, 256), (4096, 4096), (0, 1)] {
            let block = OURS.take(layout(size, align));
            assert!(OURS.has(block) && block as usize % align == 0, "{size} {align}");
            blocks.push((block as usize, layout(size, align)));
        }
        blocks.sort_by_key(|(block, _)| *block);
        for pair in blocks.windows(2) {
            assert!(pair[0].0 + pair[0].1.size().max(1) <= pair[1].0, "{pair:?}");
        }
        for (block, layout) in &blocks {
            OURS.give_back(*block as *mut u8, *layout);
        }
        let all = layout(SIZE, 64);
        let block = OURS.take(all);
        assert!(!block.is_null() && OURS.take(layout(1, 1)).is_null());
        OURS.give_back(block, all);
        assert!(OURS.take(layout(SIZE + 1, 1)).is_null() && OURS.take(layout(1, 8192)).is_null());
    }

    #[test]
    fn what_the_system_cannot_give_is_noted_and_moves_back_out() {
        let (old, size) = (layout(1000, 8), 5000);
        begin();
        let block = short(old);
        assert!(was_short() && RESERVE.has(block));
        // SAFETY: the block is ours, of that layout; the new one is freed with its own.
        unsafe {
            ptr::write_bytes(block, 7, 1000);
            let moved = Allocator.realloc(block, old, size);
            assert!(!RESERVE.has(moved));
            assert!((0..1000).all(|at| *moved.add(at) == 7));
            Allocator.dealloc(moved, layout(size, 8));
        }
        let outer = begin();
        assert!(!was_short());
        outer.goes_on();
        assert!(was_short(), "the call that was interrupted is told");
        begin();
    }

    #[test]
    fn threads_do_not_share_a_block() {
        static OURS: Reserve = Reserve::new();
        std::thread::scope(|scope| {
            for mark in 0..4u8 {
                scope.spawn(move || {
                    for _ in 0..200 {
                        let size = 700 + usize::from(mark);
                        let block = OURS.take(layout(size, 8));
                        assert!(!block.is_null());
                        // SAFETY: the block is this thread's alone.
                        unsafe {
                            ptr::write_bytes(block, mark, size);
                            assert!((0..size).all(|at| *block.add(at) == mark));
                        }
                        OURS.give_back(block, layout(size, 8));
                    }
                });
            }
        });
    }
}
