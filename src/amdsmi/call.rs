//! Calls of libamd_smi's functions, whatever their arguments.

use super::symbols::Symbol;

/// A C function that takes these arguments.
pub(crate) trait Call<Arguments>: Copy {
    /// # Safety
    /// The pointers among the arguments are good for what the function does with them.
    unsafe fn call(self, arguments: Arguments) -> u32;
}

/// One block of unsafe code for each number of arguments, and none for each function.
macro_rules! call {
    ($($name:ident: $type:ident),*) => {
        impl<$($type),*> Call<($($type,)*)> for unsafe extern "C" fn($($type),*) -> u32 {
            unsafe fn call(self, ($($name,)*): ($($type,)*)) -> u32 {
                // SAFETY: as the caller of this function promises.
                unsafe { self($($name),*) }
            }
        }
    };
}

call!(a: A);
call!(a: A, b: B);
call!(a: A, b: B, c: C);
call!(a: A, b: B, c: C, d: D);

/// Picks a function out of the symbols.
pub(crate) type Pick<F> = fn(&super::Symbols) -> Symbol<F>;
