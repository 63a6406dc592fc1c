//! How the numbers of a table come into the members of a struct.

pub(super) type Put<T> = fn(&mut T, &mut dyn Iterator<Item = u64>);

/// Takes numbers of the member's own width as they stand; false, and nothing, of any other width.
pub(super) type Copy<T> = fn(&mut T, &[u8], usize) -> bool;

/// A number of `rsmi_gpu_metrics_t`, or an array of them.
pub(crate) trait Slot {
    /// Takes numbers as long as there is room. What is too wide loses its upper bits, as a counter
    /// does that rolls over.
    fn fill(&mut self, numbers: &mut dyn Iterator<Item = u64>);

    /// As `Copy` has it.
    fn copy(&mut self, bytes: &[u8], width: usize) -> bool;
}

macro_rules! slot {
    ($($number:ty),*) => {
        $(impl Slot for $number {
            fn fill(&mut self, numbers: &mut dyn Iterator<Item = u64>) {
                if let Some(number) = numbers.next() {
                    *self = number as Self;
                }
            }

            fn copy(&mut self, bytes: &[u8], width: usize) -> bool {
                std::slice::from_mut(self).first_chunk_mut::<1>().is_some_and(|own| own.copy(bytes, width))
            }
        }

        impl<const N: usize> Slot for [$number; N] {
            fn fill(&mut self, numbers: &mut dyn Iterator<Item = u64>) {
                self.iter_mut().for_each(|slot| slot.fill(numbers));
            }

            fn copy(&mut self, bytes: &[u8], width: usize) -> bool {
                const WIDTH: usize = size_of::<$number>();
                if width == WIDTH {
                    for (slot, number) in self.iter_mut().zip(bytes.chunks_exact(WIDTH)) {
                        *slot = <$number>::from_le_bytes(number.try_into().unwrap_or([0xFF; WIDTH]));
                    }
                }
                width == WIDTH
            }
        })*
    };
}

slot!(u16, u32, u64);
