//! An object that is loaded into this process, as its headers in memory tell of it.

use libc::dl_phdr_info;
use std::ffi::{CStr, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

const DT_NULL: u64 = 0;
const DT_NEEDED: u64 = 1;
const DT_PLTRELSZ: u64 = 2;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;
const DT_RELA: u64 = 7;
const DT_RELASZ: u64 = 8;
const DT_PLTREL: u64 = 20;
const DT_JMPREL: u64 = 23;
const DT_RELACOUNT: u64 = 0x6fff_fff9;

/// A relocation with an addend, as both ABIs have it (Elf64_Rela).
#[repr(C)]
pub(crate) struct Relocation {
    offset: u64,
    /// The symbol's index above, the kind below.
    info: u64,
    addend: i64,
}

impl Relocation {
    pub(crate) fn kind(&self) -> u64 {
        self.info & 0xffff_ffff
    }
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

/// Its program headers, while the loader shows it.
pub(crate) fn headers(info: &dl_phdr_info) -> &[libc::Elf64_Phdr] {
    // SAFETY: the loader gives as many program headers as it says.
    unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) }
}

/// Its path, as the loader has it: empty of the program itself.
pub(crate) fn path(info: &dl_phdr_info) -> PathBuf {
    if info.dlpi_name.is_null() {
        return PathBuf::new();
    }
    // SAFETY: the loader's name of an object is NUL-terminated.
    let name = unsafe { CStr::from_ptr(info.dlpi_name) };
    PathBuf::from(OsStr::from_bytes(name.to_bytes()))
}

/// The last part of its path.
pub(crate) fn file_name(info: &dl_phdr_info) -> &[u8] {
    if info.dlpi_name.is_null() {
        return &[];
    }
    // SAFETY: the loader's name of an object is NUL-terminated, and lives as long as the object.
    let path = unsafe { CStr::from_ptr(info.dlpi_name) }.to_bytes();
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// Shows each ELF note of the object: its owner with the NUL, its type, and what it holds.
pub(crate) fn each_note(info: &dl_phdr_info, mut look: impl FnMut(&[u8], u32, &[u8])) {
    for header in headers(info).iter().filter(|header| header.p_type == libc::PT_NOTE) {
        let start = (info.dlpi_addr + header.p_vaddr) as *const u8;
        // SAFETY: a note segment lies inside what is loaded of the object, readable.
        let mut rest = unsafe { std::slice::from_raw_parts(start, header.p_memsz as usize) };
        let align = if header.p_align == 8 { 8 } else { 4 };
        while let Some((note, behind)) = split_note(rest, align) {
            look(note.name, note.kind, note.content);
            rest = behind;
        }
    }
}

struct Note<'bytes> {
    name: &'bytes [u8],
    kind: u32,
    content: &'bytes [u8],
}

/// The first note, and what is behind it; None at the end, and where the rest is no note.
fn split_note(bytes: &[u8], align: usize) -> Option<(Note<'_>, &[u8])> {
    const HEAD: usize = 12;
    let word = |at: usize| Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?));
    let (name_size, size, kind) = (word(0)? as usize, word(4)? as usize, word(8)?);
    let name = bytes.get(HEAD..HEAD.checked_add(name_size)?)?;
    let start = (HEAD + name_size).next_multiple_of(align);
    let content = bytes.get(start..start.checked_add(size)?)?;
    let behind = bytes.get((start + size).next_multiple_of(align)..).unwrap_or_default();
    Some((Note { name, kind, content }, behind))
}

/// Its dynamic section.
pub(crate) struct Dynamic<'object> {
    info: &'object dl_phdr_info,
    section: *const [u64; 2],
}

impl<'object> Dynamic<'object> {
    /// None of an object without one.
    pub(crate) fn of(info: &'object dl_phdr_info) -> Option<Self> {
        let header = headers(info).iter().find(|header| header.p_type == libc::PT_DYNAMIC)?;
        Some(Self { info, section: (info.dlpi_addr + header.p_vaddr) as *const [u64; 2] })
    }

    /// The values of all entries with this tag.
    pub(crate) fn values(&self, wanted: u64) -> impl Iterator<Item = u64> {
        // SAFETY: the dynamic section of a loaded object ends with DT_NULL, where we stop.
        let entry = |at: usize| unsafe { *self.section.add(at) };
        let entries = (0..).map(entry).take_while(|[tag, _]| *tag != DT_NULL);
        entries.filter(move |[tag, _]| *tag == wanted).map(|[_, value]| value)
    }

    pub(crate) fn value(&self, wanted: u64) -> Option<u64> {
        self.values(wanted).next()
    }

    /// The address that an entry gives.
    pub(crate) fn address(&self, wanted: u64) -> Option<u64> {
        let (value, base) = (self.value(wanted)?, self.info.dlpi_addr);
        // glibc has relocated it; an offset would be below the object.
        Some(if value < base { value + base } else { value })
    }

    /// The names of the libraries that it is linked to.
    pub(crate) fn needed(&self) -> impl Iterator<Item = &'object CStr> {
        let strings = self.address(DT_STRTAB);
        self.values(DT_NEEDED).filter_map(move |offset| {
            // SAFETY: DT_NEEDED is an offset into the object's table of NUL-terminated names.
            Some(unsafe { CStr::from_ptr((strings? + offset) as *const c_char) })
        })
    }

    /// The relocations that are not of its procedure linkage table, without those that only move
    /// addresses of its own, where the linker has counted them.
    pub(crate) fn relocations(&self) -> &'object [Relocation] {
        let relocations = self.table(self.address(DT_RELA), self.value(DT_RELASZ));
        let relative = self.value(DT_RELACOUNT).unwrap_or(0) as usize;
        relocations.get(relative..).unwrap_or(relocations)
    }

    fn linkage_relocations(&self) -> &'object [Relocation] {
        if self.value(DT_PLTREL) != Some(DT_RELA) {
            return &[];
        }
        self.table(self.address(DT_JMPREL), self.value(DT_PLTRELSZ))
    }

    fn table(&self, start: Option<u64>, bytes: Option<u64>) -> &'object [Relocation] {
        let (Some(start), Some(bytes)) = (start, bytes) else { return &[] };
        let count = bytes as usize / size_of::<Relocation>();
        // SAFETY: the dynamic section says where the object's relocations are mapped.
        unsafe { std::slice::from_raw_parts(start as *const Relocation, count) }
    }

    /// The name of the symbol that a relocation is about; None of one about no symbol.
    pub(crate) fn symbol_of(&self, relocation: &Relocation) -> Option<&'object CStr> {
        let index = (relocation.info >> 32) as usize;
        let symbols = self.address(DT_SYMTAB).filter(|_| index != 0)? as *const Symbol;
        let strings = self.address(DT_STRTAB)?;
        // SAFETY: a relocation's index lies in the object's table of symbols.
        let name = unsafe { (*symbols.add(index)).name };
        // SAFETY: a symbol's name is an offset into the table of NUL-terminated names.
        Some(unsafe { CStr::from_ptr((strings + u64::from(name)) as *const c_char) })
    }

    /// Shows the names of the symbols that its code and data refer to.
    pub(crate) fn each_symbol_referred_to(&self, mut look: impl FnMut(&CStr)) {
        for relocation in self.linkage_relocations().iter().chain(self.relocations()) {
            if let Some(name) = self.symbol_of(relocation) {
                look(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door;

    #[test]
    fn notes_are_read_one_by_one() {
        let note = |content: &[u8]| {
            let mut note = Vec::new();
            for word in [4, content.len() as u32, 7] {
                note.extend(u32::to_ne_bytes(word));
            }
            note.extend(b"abc\0");
            note.extend(content);
            note.resize(note.len().next_multiple_of(4), 0);
            note
        };
        let bytes = [note(b"x"), note(b"")].concat();
        let (first, rest) = split_note(&bytes, 4).unwrap();
        assert_eq!((first.name, first.kind, first.content), (&b"abc\0"[..], 7, &b"x"[..]));
        let (second, rest) = split_note(rest, 4).unwrap();
        assert_eq!((second.content, rest), (&b""[..], &b""[..]));
        assert!(split_note(rest, 4).is_none());
        let mut damaged = note(b"x");
        damaged[4] = 0xff;
        assert!(split_note(&damaged, 4).is_none());
    }

    #[test]
    fn this_program_refers_to_functions_of_the_c_library() {
        let mut found = false;
        door::each_object(|info| {
            let dynamic = Dynamic::of(info).expect("a test is linked dynamically");
            assert!(dynamic.needed().any(|name| name.to_bytes().starts_with(b"libc.so")));
            dynamic.each_symbol_referred_to(|name| found |= name == c"dl_iterate_phdr");
            false
        });
        assert!(found);
    }
}
