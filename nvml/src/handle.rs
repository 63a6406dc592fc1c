//! nvmlDevice_t: the place of a GPU in a static array, so that no handle points to what is gone.

use crate::status::{Result, Status};
use std::fmt;
use std::ptr;

/// More than a machine has, with eight GPUs of eight partitions each.
const MOST: usize = 1024;

/// What handles point to; nobody looks at it.
static PLACES: [u64; MOST] = [0; MOST];

/// A client's handle: null, or anything.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Device(*const u64);

crate::house::put_whole!(Device);

impl Device {
    /// The handle of the GPU of this index.
    pub(crate) fn of(index: u32) -> Result<Self> {
        let place = PLACES.get(index as usize).ok_or(Status::INVALID_ARGUMENT)?;
        Ok(Self(ptr::from_ref(place)))
    }

    /// The index of the GPU that it stands for.
    pub(crate) fn index(self) -> Result<u32> {
        let offset = (self.0 as usize).wrapping_sub(PLACES.as_ptr() as usize);
        let index = offset / size_of::<u64>();
        let is_one = offset % size_of::<u64>() == 0 && index < MOST;
        if is_one { Ok(index as u32) } else { Err(Status::INVALID_ARGUMENT) }
    }
}

/// In the log.
impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index() {
            Ok(index) => write!(f, "GPU {index}"),
            Err(_) => write!(f, "{:p}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_its_index_and_junk_is_none() {
        for index in [0, 1, 1023] {
            assert_eq!(Device::of(index).unwrap().index(), Ok(index));
        }
        assert_eq!(Device::of(1024), Err(Status::INVALID_ARGUMENT));
        let first = Device::of(0).unwrap().0 as usize;
        for junk in [0, 1, usize::MAX, first + 1, first - 8, first + 8 * MOST] {
            assert_eq!(
                Device(junk as *const u64).index(),
                Err(Status::INVALID_ARGUMENT),
                "{junk:x}"
            );
        }
    }
}
