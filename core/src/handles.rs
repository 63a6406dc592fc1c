//! Things that a client holds by a number which is never given to another.
//!
//! Without a lock: a table is replaced by one with an entry more or less. So nobody waits, and a
//! child of fork finds it whole.

use arc_swap::ArcSwapOption;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The next number, for all tables and for the life of the process: a number of one table, or from
/// before a shutdown, is unknown to every other.
static NEXT: AtomicUsize = AtomicUsize::new(1);

/// The live ones of a kind.
pub(crate) struct Handles<T>(ArcSwapOption<BTreeMap<usize, Arc<T>>>);

impl<T> Handles<T> {
    pub(crate) const fn new() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    pub(crate) fn add(&self, thing: T) -> usize {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let thing = Arc::new(thing);
        self.change(|things| {
            things.insert(number, Arc::clone(&thing));
        });
        number
    }

    /// None for a number that is not live.
    pub(crate) fn get(&self, number: usize) -> Option<Arc<T>> {
        self.0.load().as_ref()?.get(&number).cloned()
    }

    pub(crate) fn remove(&self, number: usize) -> Option<Arc<T>> {
        self.get(number)?;
        // Of two that remove it at once, one finds it in the table that was replaced.
        let before = self.change(|things| {
            things.remove(&number);
        });
        before?.get(&number).cloned()
    }

    fn change(
        &self,
        change: impl Fn(&mut BTreeMap<usize, Arc<T>>),
    ) -> Option<Arc<BTreeMap<usize, Arc<T>>>> {
        self.0.rcu(|things| {
            let mut things = things.as_deref().cloned().unwrap_or_default();
            change(&mut things);
            Some(Arc::new(things))
        })
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
        assert_eq!((letters.remove(a).as_deref(), letters.remove(a)), (Some(&'a'), None));
        assert_ne!(letters.add('b'), a);
    }

    #[test]
    fn of_those_that_remove_one_at_once_one_has_it() {
        let letters = Handles::new();
        for _ in 0..100 {
            let a = letters.add('a');
            let remove = || letters.remove(a).is_some();
            let removed = std::thread::scope(|scope| {
                [scope.spawn(remove), scope.spawn(remove)].map(|thread| thread.join().unwrap())
            });
            assert_eq!(removed.iter().filter(|had_it| **had_it).count(), 1);
        }
    }
}
