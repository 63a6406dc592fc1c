//! Whether files could not be opened because the process or the system has no descriptor left: then
//! they are not missing, and nothing may be made of it that lasts.

use std::cell::Cell;

thread_local! {
    static STARVED: Cell<bool> = const { Cell::new(false) };
}

/// An open has failed so.
pub(super) fn note(errno: i32) {
    if matches!(errno, libc::EMFILE | libc::ENFILE) {
        STARVED.set(true);
    }
}

/// What this returns, and whether it was short of descriptors.
pub(crate) fn watch<T>(read: impl FnOnce() -> T) -> (T, bool) {
    let before = STARVED.replace(false);
    let value = read();
    (value, STARVED.replace(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_missing_is_none_of_these() {
        assert_eq!(watch(|| note(libc::ENOENT)), ((), false));
        let outer = watch(|| {
            note(libc::EMFILE);
            assert_eq!(watch(|| 1), (1, false));
            2
        });
        assert_eq!(outer, (2, true));
        assert_eq!(watch(|| note(libc::ENFILE)), ((), true));
    }
}
