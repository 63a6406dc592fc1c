//! Structs of others as data: where each member is, since which version of who writes them.

use std::fmt::Display;

/// Where a member is since a version of its writer; None where the struct has it no longer.
#[derive(Debug)]
pub(crate) struct Place<V: 'static> {
    pub(crate) since: V,
    offset: Option<usize>,
    /// Of one number, in bytes.
    pub(crate) width: usize,
    /// How many numbers there are, one after the other.
    pub(crate) count: usize,
}

impl<V> Place<V> {
    pub(crate) const fn new(since: V, offset: usize, width: usize, count: usize) -> Self {
        Self { since, offset: Some(offset), width, count }
    }

    pub(crate) const fn gone(since: V) -> Self {
        Self { since, offset: None, width: 0, count: 0 }
    }

    /// Where the n-th number is.
    pub(crate) fn at(&self, nth: usize) -> Option<usize> {
        let offset = self.offset.filter(|_| nth < self.count)?;
        Some(offset + nth * self.width)
    }
}

/// A member of a struct, with its places, oldest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member<V: 'static> {
    pub(crate) name: &'static str,
    pub(crate) places: &'static [Place<V>],
}

impl<V: Copy + Ord> Member<V> {
    /// Its place as this version of the writer has it. Of a version that nobody knows only what
    /// never moved has one: that is the rule for every release that does not exist yet.
    pub(crate) fn place(&self, writer: Option<V>) -> Option<&'static Place<V>> {
        let place = match (writer, self.places) {
            (Some(version), places) => places.iter().rev().find(|place| place.since <= version),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        place.filter(|place| place.offset.is_some())
    }
}

impl<V: Display> Member<V> {
    /// The versions that have it: `since 6.1.2 until 7.0`.
    pub(crate) fn versions(&self) -> String {
        let since =
            self.places.first().map_or(String::new(), |first| format!("since {}", first.since));
        match self.places.last().filter(|last| last.offset.is_none()) {
            Some(gone) => format!("{since} until {}", gone.since),
            None => since,
        }
    }
}

/// Members of structs: `struct = c_name { member { SINCE: type @ offset, … } … }`.
macro_rules! layouts {
    ($version:ident: $($layout:ident = $c:ident { $($member:ident { $($since:ident: $place:tt),+ $(,)? })* })*) => {
        $(pub(crate) mod $layout {
            use super::$version;
            use crate::layout::{Member, Place};

            $(#[allow(non_upper_case_globals)]
            pub(crate) static $member: Member<$version> = Member {
                name: stringify!($member),
                places: &[$($crate::layout::layouts!(@place $version::$since, $place)),+],
            };)*
        })*

        /// Every member that is listed here, beside the name that C has for its struct.
        #[cfg(test)]
        #[allow(dead_code, reason = "of what no header has, nothing can be held against one")]
        pub(crate) static ALL: &[(&str, &[&$crate::layout::Member<$version>])] =
            &[$((stringify!($c), &[$(&$layout::$member),*])),*];
    };
    (@place $since:expr, gone) => { Place::gone($since) };
    (@place $since:expr, ($type:ident @ $at:literal)) => {
        Place::new($since, $at, size_of::<$type>(), 1)
    };
    (@place $since:expr, ([$width:literal; $count:literal] @ $at:literal)) => {
        Place::new($since, $at, $width, $count)
    };
    (@place $since:expr, ($type:ident[$count:literal] @ $at:literal)) => {
        Place::new($since, $at, size_of::<$type>(), $count)
    };
}
pub(crate) use layouts;

#[cfg(test)]
mod tests {
    use super::*;

    static MOVED: Member<u8> =
        Member { name: "moved", places: &[Place::new(1, 0, 4, 1), Place::new(3, 8, 8, 2)] };
    static STAYED: Member<u8> = Member { name: "stayed", places: &[Place::new(2, 4, 2, 1)] };
    static LEFT: Member<u8> =
        Member { name: "left", places: &[Place::new(1, 4, 2, 1), Place::gone(2)] };

    #[test]
    fn a_member_is_where_the_version_has_it() {
        let at = |member: &Member<u8>, version| member.place(version).and_then(|place| place.at(0));
        assert_eq!((at(&MOVED, Some(2)), at(&MOVED, Some(9))), (Some(0), Some(8)));
        assert_eq!((at(&STAYED, Some(1)), at(&STAYED, Some(2))), (None, Some(4)));
        assert_eq!((at(&LEFT, Some(1)), at(&LEFT, Some(2))), (Some(4), None));
    }

    #[test]
    fn of_a_version_that_nobody_knows_only_what_never_moved_is_read() {
        let is_read = |member: &Member<u8>| member.place(None).is_some();
        assert_eq!((is_read(&MOVED), is_read(&STAYED), is_read(&LEFT)), (false, true, false));
    }

    #[test]
    fn a_member_names_the_versions_that_have_it() {
        let versions = [&MOVED, &STAYED, &LEFT].map(Member::versions);
        assert_eq!(versions, ["since 1", "since 2", "since 1 until 2"]);
    }

    #[test]
    fn the_nth_number_lies_within_its_member() {
        let place = MOVED.place(Some(3)).unwrap();
        assert_eq!((place.at(1), place.at(2)), (Some(16), None));
    }
}
