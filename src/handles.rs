//! Things that a client holds by a number which is never given to another.

use parking_lot::{MappedMutexGuard, Mutex, MutexGuard, const_mutex};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The next number, for all tables and for the life of the process: a number of one table, or from
/// before a shutdown, is unknown to every other.
static NEXT: AtomicUsize = AtomicUsize::new(1);

/// The live ones of a kind.
#[derive(Debug)]
pub(crate) struct Handles<T>(Mutex<BTreeMap<usize, T>>);

impl<T> Handles<T> {
    pub(crate) const fn new() -> Self {
        Self(const_mutex(BTreeMap::new()))
    }

    pub(crate) fn add(&self, thing: T) -> usize {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        self.0.lock().insert(number, thing);
        number
    }

    /// None for a number that is not live.
    pub(crate) fn get(&self, number: usize) -> Option<MappedMutexGuard<'_, T>> {
        MutexGuard::try_map(self.0.lock(), |things| things.get_mut(&number)).ok()
    }

    pub(crate) fn remove(&self, number: usize) -> Option<T> {
        self.0.lock().remove(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_never_given_twice() {
        let (letters, digits) = (Handles::new(), Handles::new());
        let a = letters.add('a');
        let one = digits.add(1);
        assert!(a != 0 && one != a);
        assert_eq!(letters.get(a).as_deref(), Some(&'a'));
        assert!(letters.get(one).is_none() && letters.get(0).is_none());
        assert_eq!((letters.remove(a), letters.remove(a)), (Some('a'), None));
        assert_ne!(letters.add('b'), a);
    }
}
