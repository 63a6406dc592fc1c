//! Whether the program has objects of the C++ library inside itself.
//!
//! The linker puts data of libraries that a program refers to directly, such as `std::cout` and
//! `std::ctype<char>::id`, into the program (copy relocations), and everybody else shall use them
//! there. Whoever is opened with RTLD_DEEPBIND finds the library's own ones instead, which nobody
//! ever initialised: libamd_smi then dies over its first stream or regular expression.

use crate::door;
use crate::object::Dynamic;

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
    dynamic
        .relocations()
        .iter()
        .filter(|relocation| relocation.kind() == COPY)
        .any(|copy| dynamic.symbol_of(copy).is_some_and(|name| name.to_bytes().starts_with(b"_Z")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_program_without_cxx_has_none_of_it_inside() {
        assert!(!super::of_cxx());
    }
}
