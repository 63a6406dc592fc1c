//! Values that are too large for a thread's stack, which may be small, and needed in every other call:
//! a few are kept, and each is lent to one call at a time.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};

/// So many calls at once take no memory of the heap. In a child of fork, what its parent's other
/// threads had stays lent.
const MOST: usize = 8;

pub(crate) struct Spares<T> {
    taken: [AtomicBool; MOST],
    values: UnsafeCell<[T; MOST]>,
}

// SAFETY: a value is touched by whom it is lent to alone.
unsafe impl<T: Send> Sync for Spares<T> {}

impl<T: Copy> Spares<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self {
            taken: [const { AtomicBool::new(false) }; MOST],
            values: UnsafeCell::new([value; MOST]),
        }
    }

    /// One that nobody has, as the last call has left it; or one of the heap.
    pub(crate) fn take(&'static self, like: &T) -> Spare<T> {
        let free = self.taken.iter().position(|taken| !taken.swap(true, Ordering::Acquire));
        match free {
            Some(nth) => {
                let first = NonNull::from(&self.values).cast::<T>();
                // SAFETY: there are as many values as marks.
                Spare { value: unsafe { first.add(nth) }, taken: Some(&self.taken[nth]) }
            }
            None => Spare { value: NonNull::from(Box::leak(Box::new(*like))), taken: None },
        }
    }
}

/// A value that is lent.
pub(crate) struct Spare<T: 'static> {
    value: NonNull<T>,
    /// None of one of the heap.
    taken: Option<&'static AtomicBool>,
}

impl<T> Drop for Spare<T> {
    fn drop(&mut self) {
        match self.taken {
            Some(taken) => taken.store(false, Ordering::Release),
            // SAFETY: the value came from a box, and is nobody else's.
            None => drop(unsafe { Box::from_raw(self.value.as_ptr()) }),
        }
    }
}

impl<T> Deref for Spare<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the value lives as long as this, and is lent to nobody else.
        unsafe { self.value.as_ref() }
    }
}

impl<T> DerefMut for Spare<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { self.value.as_mut() }
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Spare<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_lent_to_one_and_there_are_always_more() {
        static SPARES: Spares<[u8; 100]> = Spares::new([0; 100]);
        let mut lent: Vec<_> = (0..MOST + 2).map(|_| SPARES.take(&[7; 100])).collect();
        assert_eq!(lent.iter().filter(|spare| spare.taken.is_none()).count(), 2);
        assert_eq!((lent[0][0], lent[MOST][99]), (0, 7));
        for (nth, spare) in lent.iter_mut().enumerate() {
            spare.fill(nth as u8);
        }
        assert!(lent.iter().enumerate().all(|(nth, spare)| **spare == [nth as u8; 100]));
        drop(lent);
        let again: Vec<_> = (0..MOST).map(|_| SPARES.take(&[7; 100])).collect();
        assert!(again.iter().all(|spare| spare.taken.is_some()));
    }
}
