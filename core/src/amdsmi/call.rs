//! Calls of libamd_smi's functions, whatever their arguments.

use super::guard::{Register, guarded};
use super::symbols::Symbol;

/// A C function that takes these arguments.
pub(crate) trait Call<Arguments>: Copy {
    /// What it returns; None where it throws a C++ exception.
    ///
    /// # Safety
    /// The pointers among the arguments are good for what the function does with them.
    unsafe fn call(self, arguments: Arguments) -> Option<u32>;
}

/// One block of unsafe code for each number of arguments, and none for each function.
macro_rules! call {
    ([$($filled:literal),*] $($name:ident: $type:ident),*) => {
        impl<$($type: Register),*> Call<($($type,)*)> for unsafe extern "C" fn($($type),*) -> u32 {
            unsafe fn call(self, ($($name,)*): ($($type,)*)) -> Option<u32> {
                // SAFETY: as the caller of this function promises.
                unsafe { guarded(self as *const (), [$($name.bits(),)* $($filled),*]) }
            }
        }
    };
}

call!([0, 0, 0, 0]);
call!([0, 0, 0] a: A);
call!([0, 0] a: A, b: B);
call!([0] a: A, b: B, c: C);
call!([] a: A, b: B, c: C, d: D);

/// Picks a function out of the symbols.
pub(crate) type Pick<F> = fn(&super::Symbols) -> Symbol<F>;
