//! The C functions. Each has the arguments of the release that has most of them; what a function
//! takes fits a register, and what a caller did not pass is not looked at.

/// The symbol's version, which the linker takes out of the function's own assembly.
macro_rules! versioned {
    ($name:ident) => {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a directive to the assembler; nothing is executed.
        unsafe {
            std::arch::asm!(
                concat!(".symver ", stringify!($name), ", ", stringify!($name), "@@AMDSMI_1"),
                options(nomem, nostack, preserves_flags)
            );
        }
    };
}

macro_rules! export {
    ($index:literal, $name:ident $(, $argument:ident)*) => {
        #[unsafe(no_mangle)]
        pub extern "C" fn $name($($argument: u64),*) -> u32 {
            versioned!($name);
            crate::entry::called($index, &[$($argument),*])
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/exports.rs"));

/// AMD's library carries a copy of rocm_smi_lib; since 26.4 these are all that is seen of it.
#[unsafe(no_mangle)]
pub extern "C" fn rsmi_init(flags: u64) -> u32 {
    crate::log::line(|| format!("rsmi_init({flags}) = 0"));
    0
}

/// As above.
#[unsafe(no_mangle)]
pub extern "C" fn rsmi_is_P2P_accessible(from: u32, to: u32, accessible: *mut bool) -> u32 {
    const INVALID_ARGS: u32 = 1;
    let status = if accessible.is_null() { INVALID_ARGS } else { 0 };
    if !accessible.is_null() {
        // SAFETY: the caller gives us room for it.
        unsafe { accessible.write(true) };
    }
    crate::log::line(|| format!("rsmi_is_P2P_accessible({from}, {to}) = {status}"));
    status
}

/// Calls `rsmi_init` as AMD's library does: by the name, which whoever comes first in the process
/// may have bound to a function of its own.
pub fn rsmi_init_by_name(flags: u64) -> u32 {
    let status: u32;
    // SAFETY: whatever is bound to the name has its C signature.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::asm!(
            "call {function}@PLT", function = sym rsmi_init,
            in("rdi") flags, lateout("eax") status, clobber_abi("C")
        );
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        std::arch::asm!(
            "bl {function}", function = sym rsmi_init,
            inlateout("x0") flags => status, clobber_abi("C")
        );
    }
    status
}

/// Likewise.
pub fn rsmi_is_p2p_accessible_by_name(from: u32, to: u32) -> (u32, bool) {
    let status: u32;
    let mut accessible = false;
    let out = &raw mut accessible;
    // SAFETY: as above; `out` is good for the answer.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::asm!(
            "call {function}@PLT", function = sym rsmi_is_P2P_accessible,
            in("edi") from, in("esi") to, in("rdx") out, lateout("eax") status, clobber_abi("C")
        );
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        std::arch::asm!(
            "bl {function}", function = sym rsmi_is_P2P_accessible,
            inlateout("x0") u64::from(from) => status, in("x1") u64::from(to), in("x2") out,
            clobber_abi("C")
        );
    }
    (status, accessible)
}
