//! A C++ exception that leaves libamd_smi ends there, where Rust would end the process.
//!
//! Every call goes through a function of ours that has a landing pad, as a `catch (...)` of C++ has:
//! the unwinder asks its personality, which takes every exception but the forced unwinding of a thread
//! that is cancelled. The unwinder is that of libgcc_s, which Rust's standard library brings; no C++
//! library is needed. On other processors than x86-64 a call is a plain one, and an exception ends the
//! process.

/// A number or a pointer, as a call passes it.
pub(crate) trait Register: Copy {
    fn bits(self) -> u64;
}

macro_rules! register {
    ($($number:ty),*) => {$(
        impl Register for $number {
            fn bits(self) -> u64 {
                self as u64
            }
        }
    )*};
}
register!(i32, u32, u64, usize);

impl<T> Register for *mut T {
    fn bits(self) -> u64 {
        self.expose_provenance() as u64
    }
}

impl Register for super::Handle {
    fn bits(self) -> u64 {
        self.address() as u64
    }
}

/// What the call returned; None where it threw.
///
/// # Safety
/// The function takes at most four numbers or pointers, no more of them than are filled in, and what
/// they point to is good for what it does.
#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn guarded(function: *const (), arguments: [u64; 4]) -> Option<u32> {
    let [a, b, c, d] = arguments;
    // SAFETY: as this function demands; a function does not look at what it does not take.
    let returned = unsafe { landing::rsmi_compat_guarded(function, a, b, c, d) };
    u32::try_from(returned).ok()
}

#[cfg(target_arch = "x86_64")]
mod landing {
    use std::ffi::{c_int, c_void};

    const SEARCH_PHASE: c_int = 1;
    const HANDLER_FRAME: c_int = 4;
    const FORCE_UNWIND: c_int = 8;

    const HANDLER_FOUND: c_int = 6;
    const INSTALL_CONTEXT: c_int = 7;
    const CONTINUE_UNWIND: c_int = 8;

    /// Where the landing pad finds the exception.
    const RAX: c_int = 0;

    #[allow(unused_doc_comments, reason = "cbindgen reads it")]
    /// cbindgen:ignore
    unsafe extern "C" {
        fn _Unwind_SetGR(context: *mut c_void, register: c_int, value: usize);
        fn _Unwind_SetIP(context: *mut c_void, address: usize);
        fn _Unwind_DeleteException(exception: *mut c_void);

        pub(super) fn rsmi_compat_guarded(
            function: *const (),
            a: u64,
            b: u64,
            c: u64,
            d: u64,
        ) -> u64;
        fn rsmi_compat_thrown();
    }

    // The function returns eax, or more than 32 bits where the callee threw.
    std::arch::global_asm!(
        ".pushsection .text.rsmi_compat_guarded,\"ax\",@progbits",
        ".globl rsmi_compat_guarded",
        ".hidden rsmi_compat_guarded",
        ".globl rsmi_compat_thrown",
        ".hidden rsmi_compat_thrown",
        ".p2align 4",
        ".type rsmi_compat_guarded,@function",
        "rsmi_compat_guarded:",
        ".cfi_startproc",
        ".cfi_personality 0x1b, {personality}",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "mov r11, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "mov rdx, rcx",
        "mov rcx, r8",
        // A function of variable arguments would look at it.
        "xor eax, eax",
        "call r11",
        "mov eax, eax",
        "pop rbp",
        ".cfi_remember_state",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_restore_state",
        "rsmi_compat_thrown:",
        "mov rdi, rax",
        "call {end}",
        "movabs rax, 0x100000000",
        "pop rbp",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_endproc",
        ".size rsmi_compat_guarded, . - rsmi_compat_guarded",
        ".popsection",
        personality = sym personality,
        end = sym end,
    );

    /// Takes every exception for the landing pad.
    unsafe extern "C" fn personality(
        _version: c_int,
        actions: c_int,
        _class: u64,
        exception: *mut c_void,
        context: *mut c_void,
    ) -> c_int {
        if actions & FORCE_UNWIND != 0 {
            return CONTINUE_UNWIND;
        }
        if actions & SEARCH_PHASE != 0 {
            return HANDLER_FOUND;
        }
        if actions & HANDLER_FRAME == 0 {
            return CONTINUE_UNWIND;
        }
        // SAFETY: the unwinder calls this with a context of the frame that the landing pad is in.
        unsafe {
            _Unwind_SetGR(context, RAX, exception.expose_provenance());
            _Unwind_SetIP(context, rsmi_compat_thrown as *const () as usize);
        }
        INSTALL_CONTEXT
    }

    /// The exception goes; whoever made it frees it.
    unsafe extern "C" fn end(exception: *mut c_void) {
        // SAFETY: the unwinder has just given it to the landing pad, and nobody else has it.
        unsafe { _Unwind_DeleteException(exception) };
    }
}

/// As above, without a landing pad.
///
/// # Safety
/// As above.
#[cfg(not(target_arch = "x86_64"))]
pub(super) unsafe fn guarded(function: *const (), arguments: [u64; 4]) -> Option<u32> {
    type Any = unsafe extern "C" fn(u64, u64, u64, u64) -> u32;
    // SAFETY: all that a function takes is in registers, and it does not look at more of them.
    let function: Any = unsafe { std::mem::transmute(function) };
    let [a, b, c, d] = arguments;
    // SAFETY: as this function demands.
    Some(unsafe { function(a, b, c, d) })
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::guarded;
    use std::ffi::{c_int, c_void};
    use std::sync::atomic::{AtomicU32, Ordering};

    /// The head of an exception, as every language has it.
    #[repr(C, align(16))]
    struct Exception {
        class: u64,
        cleanup: unsafe extern "C" fn(c_int, *mut Exception),
        private: [u64; 6],
    }

    #[allow(unused_doc_comments, reason = "cbindgen reads it")]
    /// cbindgen:ignore
    unsafe extern "C-unwind" {
        fn _Unwind_RaiseException(exception: *mut c_void) -> c_int;
    }

    static CLEANED: AtomicU32 = AtomicU32::new(0);

    unsafe extern "C" fn cleanup(_reason: c_int, exception: *mut Exception) {
        CLEANED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: it was made below, and is given back once.
        drop(unsafe { Box::from_raw(exception) });
    }

    struct Dropped;

    impl Drop for Dropped {
        fn drop(&mut self) {
            CLEANED.fetch_add(100, Ordering::Relaxed);
        }
    }

    unsafe extern "C-unwind" fn throws(_: u64) -> u32 {
        let _object = Dropped;
        let class = u64::from_be_bytes(*b"TESTC++\0");
        let exception = Box::new(Exception { class, cleanup, private: [0; 6] });
        // SAFETY: the exception is whole, and somebody above takes it.
        unsafe { _Unwind_RaiseException(Box::into_raw(exception).cast()) as u32 }
    }

    unsafe extern "C" fn adds(a: u64, b: u32, c: u64, d: u32) -> u32 {
        (a + u64::from(b) + c + u64::from(d)) as u32
    }

    #[test]
    fn what_is_thrown_ends_at_the_call() {
        for nth in 1..=3 {
            // SAFETY: it takes a number.
            let returned = unsafe { guarded(throws as *const (), [0; 4]) };
            assert_eq!(returned, None);
            assert_eq!(CLEANED.load(Ordering::Relaxed), nth * 101, "objects and the exception");
        }
    }

    #[test]
    fn what_is_passed_and_returned_arrives() {
        // SAFETY: it takes four numbers.
        let returned = unsafe { guarded(adds as *const (), [1, 20, 300, 4000]) };
        assert_eq!(returned, Some(4321));
        // SAFETY: as above.
        let all_ones = unsafe { guarded(adds as *const (), [u32::MAX.into(), 0, 0, 0]) };
        assert_eq!(all_ones, Some(u32::MAX), "no status is taken for an exception");
    }
}
