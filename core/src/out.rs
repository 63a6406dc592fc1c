//! A client's pointers, as safe code has them. Only `#[export]` makes them, out of the arguments of a
//! call, for which the client answers: each pointer is null, or good for what the header says.

use crate::put::{Put, put};
use crate::types::RSMI_UTILIZATION_COUNTER_TYPE;
use std::ffi::{CStr, c_char};
use std::marker::PhantomData;

/// The place for one value: null, or good for the struct of the caller's header.
#[derive(Debug)]
pub(crate) struct Out<T>(*mut T);

impl<T> Clone for Out<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Out<T> {}

impl<T> Out<T> {
    /// # Safety
    /// `at` is null, or good for the struct of the caller's header while the call lasts. It need not be
    /// aligned: some clients pack their structs.
    pub(crate) unsafe fn new(at: *mut T) -> Self {
        Self(at)
    }

    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// For who writes the structs of other headers than the newest.
    pub(crate) fn pointer(self) -> *mut T {
        self.0
    }
}

impl<T: Put> Out<T> {
    /// Writes the value and leaves its padding as it is; a null pointer is passed over.
    pub(crate) fn put(self, value: T) {
        if !self.is_null() {
            // SAFETY: not null, and then good for the value.
            unsafe { put(self.0, value) };
        }
    }
}

impl<T: Given> Out<T> {
    /// What the client has put there.
    pub(crate) fn given(self) -> Option<T> {
        // SAFETY: not null, and then the client's, of a type of which every value is one.
        (!self.is_null()).then(|| unsafe { self.0.read_unaligned() })
    }
}

/// What a client may give where it takes an answer.
///
/// # Safety
/// Whatever the bytes are, they are a value of the type.
pub(crate) unsafe trait Given: Copy {}

// SAFETY: every number is one.
unsafe impl Given for u32 {}
// SAFETY: a number that no header lists is one too.
unsafe impl Given for RSMI_UTILIZATION_COUNTER_TYPE {}
// SAFETY: it is never followed.
unsafe impl<T> Given for *mut T {}

/// The place of one member: `member!(out => a.b)`.
macro_rules! member {
    ($out:expr => $($member:tt).+) => {{
        let out = $out;
        // What lies beyond a null pointer has no place.
        #[allow(unsafe_code)]
        // SAFETY: not null, and then the member lies in what the pointer is good for.
        let member = (!out.is_null()).then(|| unsafe { &raw mut (*out.pointer()).$($member).+ });
        #[allow(unsafe_code)]
        // SAFETY: null, or within what the pointer is good for.
        unsafe { $crate::out::Out::new(member.unwrap_or(::std::ptr::null_mut())) }
    }};
}
pub(crate) use member;

/// The places for as many values as the client says.
#[derive(Debug)]
pub(crate) struct Array<T> {
    first: *mut T,
    room: u32,
}

impl<T> Clone for Array<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Array<T> {}

impl<T> Array<T> {
    /// # Safety
    /// `first` is null, or good for `room` structs of the caller's header while the call lasts.
    pub(crate) unsafe fn new(first: *mut T, room: u32) -> Self {
        Self { first, room: if first.is_null() { 0 } else { room } }
    }

    /// # Safety
    /// As for `new`, with what `room` points to; it is null or good for reading.
    pub(crate) unsafe fn counted(first: *mut T, room: *mut u32) -> Self {
        // SAFETY: as this function demands. No client has a count for an array that is not there.
        unsafe {
            let room = if first.is_null() { None } else { Out::new(room).given() };
            Self::new(first, room.unwrap_or(0))
        }
    }

    pub(crate) fn is_null(self) -> bool {
        self.first.is_null()
    }

    /// How many values the client takes; 0 where it takes none.
    pub(crate) fn room(self) -> u32 {
        self.room
    }

    /// The first places, as many as there are.
    pub(crate) fn places(self) -> impl Iterator<Item = Out<T>> {
        // SAFETY: each lies within the room.
        (0..self.room as usize).map(move |at| unsafe { Out::new(self.first.add(at)) })
    }

    /// For who writes the structs of other headers than the newest.
    pub(crate) fn pointer(self) -> *mut T {
        self.first
    }
}

/// The place for a text: null, or good for so many bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    first: *mut c_char,
    len: usize,
}

impl Text {
    /// # Safety
    /// `first` is null, or good for writing `len` bytes while the call lasts.
    pub(crate) unsafe fn new(first: *mut c_char, len: usize) -> Self {
        Self { first, len }
    }

    pub(crate) fn is_null(self) -> bool {
        self.first.is_null()
    }

    /// Without room for the NUL there is no room at all.
    pub(crate) fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Writes as much of `text` as fits, and a NUL; whether all of it did.
    pub(crate) fn put(self, text: &[u8]) -> bool {
        if self.is_null() || self.is_empty() {
            return false;
        }
        let fits = text.len().min(self.len - 1);
        // SAFETY: `fits` bytes and the NUL are at most `len`, and a client's buffer is not our string.
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr().cast(), self.first, fits);
            self.first.add(fits).write(0);
        }
        text.len() < self.len
    }

    /// Writes NULs to the end.
    pub(crate) fn clear(self) {
        if !self.is_null() {
            // SAFETY: not null, and then good for `len` bytes.
            unsafe { self.first.write_bytes(0, self.len) };
        }
    }
}

/// A text of the client's: null, or one that ends in NUL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'call> {
    first: *const c_char,
    call: PhantomData<&'call [u8]>,
}

impl<'call> Words<'call> {
    /// # Safety
    /// `first` is null, or a text that ends in NUL and stays as it is while the call lasts.
    pub(crate) unsafe fn new(first: *const c_char) -> Self {
        Self { first, call: PhantomData }
    }

    /// Without the NUL; None for a null pointer.
    pub(crate) fn bytes(self) -> Option<&'call [u8]> {
        // SAFETY: not null, and then a text that lasts as long as the call.
        (!self.first.is_null()).then(|| unsafe { CStr::from_ptr(self.first) }.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::rsmi_version_t;
    use std::ptr;

    #[test]
    fn strings_are_cut_and_ended() {
        let write = |len: usize| {
            let mut buffer = [b'#'; 8];
            // SAFETY: the buffer is longer than any `len` used below.
            let text = unsafe { Text::new(buffer.as_mut_ptr().cast(), len) };
            (text.put(b"abcd"), buffer)
        };
        assert_eq!(write(0), (false, *b"########"));
        assert_eq!(write(1), (false, *b"\0#######"));
        assert_eq!(write(4), (false, *b"abc\0####"));
        assert_eq!(write(5), (true, *b"abcd\0###"));
        assert_eq!(write(8), (true, *b"abcd\0###"));
        let mut buffer = [b'#'; 4];
        // SAFETY: the buffer is longer than that.
        unsafe { Text::new(buffer.as_mut_ptr().cast(), 3) }.clear();
        assert_eq!(buffer, *b"\0\0\0#");
    }

    #[test]
    fn nothing_is_written_through_null() {
        // SAFETY: null pointers are what this is about.
        let (out, text, array, words) = unsafe {
            (
                Out::<rsmi_version_t>::new(ptr::null_mut()),
                Text::new(ptr::null_mut(), 8),
                Array::<u32>::new(ptr::null_mut(), 8),
                Words::new(ptr::null()),
            )
        };
        assert!(out.is_null() && member!(out => minor).is_null());
        out.put(rsmi_version_t { major: 1, minor: 2, patch: 3, build: ptr::null() });
        member!(out => minor).put(7);
        text.clear();
        assert!(!text.put(b"abcd"));
        assert_eq!((array.room(), array.places().count(), words.bytes()), (0, 0, None));
    }

    #[test]
    fn an_array_has_as_many_places_as_the_client_says() {
        let (mut values, mut room) = ([0_u32; 4], 3);
        // SAFETY: the array is longer than that.
        let array = unsafe { Array::counted(values.as_mut_ptr(), &raw mut room) };
        assert_eq!(array.room(), 3);
        array.places().zip(1..).for_each(|(place, value)| place.put(value));
        assert_eq!(values, [1, 2, 3, 0]);
        // SAFETY: as above.
        let uncounted = unsafe { Array::counted(values.as_mut_ptr(), ptr::null_mut()) };
        assert_eq!(uncounted.room(), 0);
    }

    #[test]
    fn a_member_is_written_alone_wherever_it_lies() {
        let mut bytes = [0xA5_u8; size_of::<rsmi_version_t>() + 1];
        // SAFETY: the struct has room behind the first byte, where it is not aligned.
        let out = unsafe { Out::<rsmi_version_t>::new(bytes.as_mut_ptr().add(1).cast()) };
        member!(out => minor).put(0);
        let written: Vec<_> = (0..bytes.len()).filter(|at| bytes[*at] != 0xA5).collect();
        assert_eq!(written, [5, 6, 7, 8]);
    }
}
