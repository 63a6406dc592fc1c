//! Whether the program has objects of the C++ library inside itself.
//!
//! The linker puts data of libraries that a program refers to directly, such as `std::cout` and
//! `std::ctype<char>::id`, into the program (copy relocations), and everybody else shall use them
//! there. Whoever is opened with RTLD_DEEPBIND finds the library's own ones instead, which nobody
//! ever initialised: libamd_smi then dies over its first stream or regular expression.

use crate::door;
use crate::object::{DT_RELA, DT_RELASZ, DT_STRTAB, DT_SYMTAB, Dynamic};
use std::ffi::{CStr, c_char};

/// A relocation with an addend, as both ABIs have it (Elf64_Rela).
#[repr(C)]
struct Relocation {
    offset: u64,
    /// The symbol's index above, the kind below.
    info: u64,
    addend: i64,
}

/// Elf64_Sym.
#[repr(C)]
struct Symbol {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: u64,
    size: u64,
}

const COPY: u64 = if cfg!(target_arch = "aarch64") { 1024 } else { 5 };

pub(super) fn of_cxx() -> bool {
    let mut found = false;
    // The program itself comes first.
    door::each_object(|info| {
        found = has_copies(info);
        false
    });
    found
}

fn has_copies(program: &libc::dl_phdr_info) -> bool {
    let Some(dynamic) = Dynamic::of(program) else { return false };
    let parts = (
        dynamic.address(DT_RELA),
        dynamic.value(DT_RELASZ),
        dynamic.address(DT_SYMTAB),
        dynamic.address(DT_STRTAB),
    );
    let (Some(relocations), Some(bytes), Some(symbols), Some(strings)) = parts else {
        return false;
    };
    let count = bytes as usize / size_of::<Relocation>();
    // SAFETY: DT_RELA and DT_RELASZ tell where the program's relocations are mapped.
    let relocations =
        unsafe { std::slice::from_raw_parts(relocations as *const Relocation, count) };
    relocations.iter().filter(|relocation| relocation.info & 0xffff_ffff == COPY).any(|copy| {
        let symbols = symbols as *const Symbol;
        // SAFETY: a relocation's index lies in the program's table of symbols.
        let name = unsafe { (*symbols.add((copy.info >> 32) as usize)).name };
        // SAFETY: a symbol's name is an offset into the table of NUL-terminated names.
        let name = unsafe { CStr::from_ptr((strings + u64::from(name)) as *const c_char) };
        name.to_bytes().starts_with(b"_Z")
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_program_without_cxx_has_none_of_it_inside() {
        assert!(!super::of_cxx());
    }
}
