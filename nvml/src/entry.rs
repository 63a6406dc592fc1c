//! The boundary: the only place that looks at a client's pointers, and writes through them.

use crate::handle::Device;
use crate::house::{self, Gpu, Put, put};
use crate::session;
use crate::status::{MANNER, Result, Status};
use std::ffi::{CStr, c_char};
use std::fmt::{self, Debug};

/// The body of every export runs in here; `#[guard]` puts it there.
pub(crate) fn exported(
    name: &'static str,
    arguments: &[(&str, &dyn Debug)],
    body: impl FnOnce() -> Status,
) -> Status {
    Status(house::call(name, arguments, &MANNER, || body().0))
}

/// A client's pointer: null, or good for writing a value, or a list, of this type.
///
/// Only a C call makes one. Whoever calls an export has promised that its pointers are as NVML demands;
/// so what is done with them here is sound, and none of it is `unsafe` to the chapters.
#[repr(transparent)]
pub struct Out<T>(*mut T);

impl<T> Clone for Out<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Out<T> {}

/// In the log.
impl<T> Debug for Out<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:p}", self.0)
    }
}

impl<T> Out<T> {
    /// INVALID_ARGUMENT for a null pointer.
    pub(crate) fn given(self) -> Result<Self> {
        if self.is_null() { Err(Status::INVALID_ARGUMENT) } else { Ok(self) }
    }

    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }
}

impl<T: Put> Out<T> {
    /// Writes nothing through a null pointer.
    pub(crate) fn put(self, value: T) {
        if !self.is_null() {
            // SAFETY: not null, and then good for a `T`, as this type says.
            unsafe { put(self.0, value) };
        }
    }

    fn put_all(self, values: Vec<T>) {
        for (at, value) in values.into_iter().enumerate() {
            // SAFETY: the client has said that there is room for as many.
            unsafe { put(self.0.add(at), value) };
        }
    }
}

impl<T: Copy> Out<T> {
    /// What the client has written there.
    pub(crate) fn read(self) -> Result<T> {
        self.given()?;
        // SAFETY: not null, and then the client's value; it need not be aligned.
        Ok(unsafe { self.0.read_unaligned() })
    }

    /// A pointer in a client's struct, with the same contract as one in a call.
    pub(crate) fn of_client(pointer: *mut T) -> Self {
        Self(pointer)
    }

    /// The n-th of a list that has as many.
    pub(crate) fn nth(self, at: usize) -> Self {
        Self(self.0.wrapping_add(at))
    }
}

/// A client's text: null, or ended with NUL.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Text(*const c_char);

impl Text {
    pub(crate) fn read<'call>(self) -> Result<&'call [u8]> {
        if self.0.is_null() {
            return Err(Status::INVALID_ARGUMENT);
        }
        // SAFETY: not null, and then a text that ends, and stays while the call lasts.
        Ok(unsafe { CStr::from_ptr(self.0) }.to_bytes())
    }
}

/// In the log.
impl Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.read() {
            Ok(text) => write!(f, "{:?}", String::from_utf8_lossy(text)),
            Err(_) => f.write_str("null"),
        }
    }
}

/// A versioned struct begins with a word of its size and its version.
pub(crate) const fn word<T>(version: u32) -> u32 {
    size_of::<T>() as u32 | version << 24
}

/// ARGUMENT_VERSION_MISMATCH where the client's struct does not say that it is this one.
pub(crate) fn versioned<T>(out: Out<T>, version: u32) -> Result {
    let said = Out(out.0.cast::<u32>()).read()?;
    if said == word::<T>(version) { Ok(()) } else { Err(Status::ARGUMENT_VERSION_MISMATCH) }
}

pub(crate) fn finish(result: Result) -> Status {
    result.err().unwrap_or(Status::SUCCESS)
}

/// Answers a client that has called nvmlInit.
pub(crate) fn begun(answer: impl FnOnce() -> Result) -> Status {
    finish(session::ensure_begun().and_then(|()| answer()))
}

/// Asks one GPU.
pub(crate) fn with_gpu(device: Device, ask: impl FnOnce(Gpu<'_>) -> Result) -> Status {
    begun(|| {
        let index = device.index()?;
        house::with(|machine| ask(machine.gpu(index).map_err(|_| Status::INVALID_ARGUMENT)?))
    })
}

/// Reads one value of a GPU.
pub(crate) fn get<T: Put>(
    device: Device,
    out: Out<T>,
    read: impl FnOnce(Gpu<'_>) -> Result<T>,
) -> Status {
    with_gpu(device, |gpu| {
        out.given()?;
        out.put(read(gpu)?);
        Ok(())
    })
}

/// Reads two values of a GPU.
pub(crate) fn get_both<A: Put, B: Put>(
    device: Device,
    (first, second): (Out<A>, Out<B>),
    read: impl FnOnce(Gpu<'_>) -> Result<(A, B)>,
) -> Status {
    with_gpu(device, |gpu| {
        first.given()?;
        second.given()?;
        let (one, other) = read(gpu)?;
        first.put(one);
        second.put(other);
        Ok(())
    })
}

/// Reads a text of a GPU.
pub(crate) fn get_text(
    device: Device,
    (out, length): (Out<c_char>, u32),
    read: impl FnOnce(Gpu<'_>) -> Result<Vec<u8>>,
) -> Status {
    with_gpu(device, |gpu| {
        out.given()?;
        put_text((out, length), &read(gpu)?)
    })
}

/// Writes a text and a NUL, or INSUFFICIENT_SIZE and nothing: no text is cut.
pub(crate) fn put_text((out, length): (Out<c_char>, u32), text: &[u8]) -> Result {
    out.given()?;
    if text.len() >= length as usize {
        return Err(Status::INSUFFICIENT_SIZE);
    }
    for (at, byte) in text.iter().chain(b"\0").enumerate() {
        // SAFETY: the client has said that there is room for `length` bytes.
        unsafe { put(out.0.add(at).cast(), *byte) };
    }
    Ok(())
}

/// Writes a list, or how long it is: the client asks first how many there are, then for all of them.
pub(crate) fn put_list<T: Put>(count: Out<u32>, out: Out<T>, list: Vec<T>) -> Result {
    let room = count.read()? as usize;
    count.put(list.len() as u32);
    if list.is_empty() {
        return Ok(());
    }
    if list.len() > room {
        return Err(Status::INSUFFICIENT_SIZE);
    }
    out.given()?.put_all(list);
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// As a C call makes it.
    pub(crate) fn out<T>(place: &mut T) -> Out<T> {
        Out(place)
    }

    #[test]
    fn a_panic_is_not_supported_and_never_unknown() {
        assert_eq!(exported("nvmlTest", &[], || panic!("on purpose")), Status::NOT_SUPPORTED);
        assert_eq!(exported("nvmlTest", &[], || Status(7)), Status(7));
    }

    #[test]
    fn texts_are_written_whole_or_not_at_all() {
        let write = |length| {
            let mut place = [b'#' as c_char; 6];
            let status = finish(put_text((Out(place.as_mut_ptr()), length), b"abc"));
            (status.0, place.map(|byte| byte as u8))
        };
        assert_eq!(write(0), (7, *b"######"));
        assert_eq!(write(3), (7, *b"######"));
        assert_eq!(write(4), (0, *b"abc\0##"));
        let null = Out(std::ptr::null_mut());
        assert_eq!(put_text((null, 9), b"abc"), Err(Status::INVALID_ARGUMENT));
    }

    #[test]
    fn a_list_is_counted_first_and_nothing_is_written_behind_it() {
        let ask = |room, list: Vec<u32>| {
            let (mut count, mut place) = (room, [9; 4]);
            let status = finish(put_list(out(&mut count), Out(place.as_mut_ptr()), list));
            (status.0, count, place)
        };
        assert_eq!(ask(0, vec![1, 2]), (7, 2, [9; 4]));
        assert_eq!(ask(1, vec![1, 2]), (7, 2, [9; 4]));
        assert_eq!(ask(2, vec![1, 2]), (0, 2, [1, 2, 9, 9]));
        assert_eq!(ask(4, vec![1, 2]), (0, 2, [1, 2, 9, 9]));
        assert_eq!(ask(4, Vec::new()), (0, 0, [9; 4]));
        let (mut count, null) = (2, Out::<u32>(std::ptr::null_mut()));
        assert_eq!(put_list(out(&mut count), null, vec![1]), Err(Status::INVALID_ARGUMENT));
        assert_eq!(put_list(null, null, vec![1_u32]), Err(Status::INVALID_ARGUMENT));
    }

    #[test]
    fn a_struct_says_which_one_it_is() {
        let mut place = [0_u32; 3];
        assert_eq!(word::<[u32; 3]>(1), 0x0100_000C);
        for (said, answer) in [
            (0x0100_000C, Ok(())),
            (0x0200_000C, Err(Status::ARGUMENT_VERSION_MISMATCH)),
            (0, Err(Status::ARGUMENT_VERSION_MISMATCH)),
        ] {
            place[0] = said;
            assert_eq!(versioned(out(&mut place), 1), answer);
        }
        let null = Out::<[u32; 3]>(std::ptr::null_mut());
        assert_eq!(versioned(null, 1), Err(Status::INVALID_ARGUMENT));
    }
}
