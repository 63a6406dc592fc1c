//! Names that are put together, without memory of the heap.

use smallvec::SmallVec;
use std::fmt::{self, Write};
use std::ops::Deref;

/// A text that is usually short.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Short(SmallVec<[u8; 64]>);

impl Short {
    pub(super) fn of(text: fmt::Arguments<'_>) -> Self {
        let mut short = Self(SmallVec::new());
        // Nothing that is written here can fail.
        let _ = short.write_fmt(text);
        short
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Deref for Short {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_one_is_whole_too() {
        assert_eq!(&*Short::of(format_args!("temp{}_input", 2)), "temp2_input");
        let long = "x".repeat(200);
        assert_eq!(*Short::of(format_args!("{long}é")), format!("{long}é"));
    }
}
