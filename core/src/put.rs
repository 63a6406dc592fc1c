//! A value goes to a client member by member, so that nothing else of ours goes with it.
//!
//! Between the members of a struct and behind them lie bytes that belong to none. In a value of ours
//! they hold what the stack held before; in the client's they stay what they are.

/// What a client may be given.
pub trait Put: Sized {
    /// Writes the value, and no byte that is padding.
    ///
    /// # Safety
    /// `out` is good for writing the type. It need not be aligned: some clients pack their structs.
    unsafe fn put(self, out: *mut Self);
}

/// For types of which every byte is part of the value.
#[macro_export]
macro_rules! put_whole {
    ($($type:ty),+) => {$(
        impl $crate::put::Put for $type {
            unsafe fn put(self, out: *mut Self) {
                // SAFETY: as this function demands.
                unsafe { out.write_unaligned(self) };
            }
        }
    )+};
}
pub use put_whole;

/// For structs, with all their members: one that is left out does not compile.
#[macro_export]
macro_rules! put_members {
    ($type:ident { $($member:ident),+ }) => {
        impl $crate::put::Put for $type {
            unsafe fn put(self, out: *mut Self) {
                let Self { $($member),+ } = self;
                $(
                    // SAFETY: as this function demands; the member lies in the struct.
                    unsafe { $crate::put::Put::put($member, &raw mut (*out).$member) };
                )+
            }
        }
    };
}
pub use put_members;

put_whole!(bool, u8, u16, u32, u64, i8, i32, i64, usize, f32);

impl<T> Put for *const T {
    unsafe fn put(self, out: *mut Self) {
        // SAFETY: as this function demands.
        unsafe { out.write_unaligned(self) };
    }
}

impl<T> Put for *mut T {
    unsafe fn put(self, out: *mut Self) {
        // SAFETY: as this function demands.
        unsafe { out.write_unaligned(self) };
    }
}

impl<T: Put, const N: usize> Put for [T; N] {
    unsafe fn put(self, out: *mut Self) {
        for (at, value) in self.into_iter().enumerate() {
            // SAFETY: as this function demands; there are as many there.
            unsafe { value.put(out.cast::<T>().add(at)) };
        }
    }
}

/// Writes one value through a client's pointer, and leaves its padding as it is.
///
/// # Safety
/// `out` is good for writing a `T`. It need not be aligned: some clients pack their structs.
pub unsafe fn put<T: Put>(out: *mut T, value: T) {
    // SAFETY: as this function demands.
    unsafe { value.put(out) };
}

#[cfg(test)]
mod tests {
    use super::Put;
    use crate::types::{
        rsmi_frequencies_t, rsmi_od_volt_freq_data_t, rsmi_pcie_bandwidth_t, rsmi_version_t,
    };
    use std::mem::MaybeUninit;

    /// Which bytes of its place a value of zeros leaves as they are.
    fn untouched<T: Put>() -> Vec<usize> {
        // SAFETY: the types below are plain data, of which all zeros is a value.
        let value: T = unsafe { std::mem::zeroed() };
        let mut place = MaybeUninit::<T>::uninit();
        let bytes = place.as_mut_ptr().cast::<u8>();
        // SAFETY: the place is as large as that, and good for writing.
        unsafe {
            bytes.write_bytes(0xA5, size_of::<T>());
            value.put(place.as_mut_ptr());
        }
        // SAFETY: every byte was written above.
        let bytes = unsafe { std::slice::from_raw_parts(bytes, size_of::<T>()) };
        (0..bytes.len()).filter(|at| bytes[*at] == 0xA5).collect()
    }

    #[test]
    fn padding_stays_the_clients() {
        assert_eq!(untouched::<rsmi_od_volt_freq_data_t>(), [116, 117, 118, 119]);
        assert_eq!(untouched::<rsmi_version_t>(), [12, 13, 14, 15]);
        let levels = [1, 2, 3, 12, 13, 14, 15];
        assert_eq!(untouched::<rsmi_frequencies_t>(), levels);
        assert_eq!(
            untouched::<[rsmi_frequencies_t; 2]>(),
            [levels, levels.map(|at| at + 280)].concat()
        );
        let link = [&levels[..], &[412, 413, 414, 415]].concat();
        assert_eq!(untouched::<rsmi_pcie_bandwidth_t>(), link);
    }
}
