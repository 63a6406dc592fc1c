//! An object that is loaded into this process, as its headers in memory tell of it.

use libc::dl_phdr_info;
use std::ffi::{CStr, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

const DT_NULL: u64 = 0;
const DT_NEEDED: u64 = 1;
const DT_PLTRELSZ: u64 = 2;
const DT_HASH: u64 = 4;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;
const DT_RELA: u64 = 7;
const DT_RELASZ: u64 = 8;
const DT_PLTREL: u64 = 20;
const DT_JMPREL: u64 = 23;
const DT_GNU_HASH: u64 = 0x6fff_fef5;
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

const STB_WEAK: u8 = 2;
const SHN_UNDEF: u16 = 0;

/// A symbol of an object, its own or one that it refers to.
pub(crate) struct Reference<'object> {
    pub(crate) name: &'object CStr,
    /// It does without, if there is none.
    pub(crate) is_weak: bool,
    /// It has one itself.
    pub(crate) is_own: bool,
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
    let notes = headers(info).iter().filter(|header| header.p_type == libc::PT_NOTE);
    // The loader maps what PT_LOAD says, and does not compare: tools that change programs have left
    // notes elsewhere.
    for header in notes.filter(|header| is_readable(info, header.p_vaddr, header.p_memsz)) {
        let start = (info.dlpi_addr + header.p_vaddr) as *const u8;
        // SAFETY: it lies inside what is loaded of the object, readable.
        let mut rest = unsafe { std::slice::from_raw_parts(start, header.p_memsz as usize) };
        let align = if header.p_align == 8 { 8 } else { 4 };
        while let Some((note, behind)) = split_note(rest, align) {
            look(note.name, note.kind, note.content);
            rest = behind;
        }
    }
}

/// Whether so many bytes from there on, as the object counts them, are loaded of it and readable.
pub(crate) fn is_readable(info: &dl_phdr_info, start: u64, bytes: u64) -> bool {
    let has = |segment: &libc::Elf64_Phdr| {
        let end = start.checked_add(bytes).zip(segment.p_vaddr.checked_add(segment.p_memsz));
        segment.p_type == libc::PT_LOAD
            && segment.p_flags & libc::PF_R != 0
            && segment.p_vaddr <= start
            && end.is_some_and(|(end, last)| end <= last)
    };
    headers(info).iter().any(has)
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
        Some(self.reference(relocation)?.name)
    }

    fn reference(&self, relocation: &Relocation) -> Option<Reference<'object>> {
        self.symbol((relocation.info >> 32) as usize)
    }

    fn symbol(&self, index: usize) -> Option<Reference<'object>> {
        let symbols = self.address(DT_SYMTAB).filter(|_| index != 0)? as *const Symbol;
        let strings = self.address(DT_STRTAB)?;
        // SAFETY: what refers to a symbol has its index in the object's table of symbols.
        let (name, info, section) = unsafe {
            let symbol = &raw const *symbols.add(index);
            ((*symbol).name, (*symbol).info, (*symbol).section)
        };
        // SAFETY: a symbol's name is an offset into the table of NUL-terminated names.
        let name = unsafe { CStr::from_ptr((strings + u64::from(name)) as *const c_char) };
        Some(Reference { name, is_weak: info >> 4 == STB_WEAK, is_own: section != SHN_UNDEF })
    }

    /// Whether it has a symbol of that name for others, which a look into its own tables shows. The
    /// loader is not asked: its lock a thread may have for as long as it opens a library.
    pub(crate) fn defines(&self, name: &CStr) -> bool {
        if let Some(table) = self.address(DT_GNU_HASH) {
            self.has_by_gnu_hash(table, name)
        } else if let Some(table) = self.address(DT_HASH) {
            self.has_by_hash(table, name)
        } else {
            false
        }
    }

    fn has_by_gnu_hash(&self, table: u64, name: &CStr) -> bool {
        const HEAD: usize = 4;
        let table = table as *const u32;
        // SAFETY: the loader, too, finds the object's symbols by this table, which has that head.
        let word = |at: usize| unsafe { *table.add(at) };
        let (count, first, filters) = (word(0), word(1), word(2));
        let hash = name
            .to_bytes()
            .iter()
            .fold(5381_u32, |hash, byte| hash.wrapping_mul(33).wrapping_add(u32::from(*byte)));
        if count == 0 {
            return false;
        }
        // The filters have two words each.
        let buckets = HEAD + 2 * filters as usize;
        let chains = buckets + count as usize;
        let mut symbol = word(buckets + (hash % count) as usize);
        while symbol >= first {
            let known = word(chains + (symbol - first) as usize);
            if known | 1 == hash | 1 && self.is_own_symbol(symbol, name) {
                return true;
            }
            if known & 1 != 0 {
                break;
            }
            symbol += 1;
        }
        false
    }

    fn has_by_hash(&self, table: u64, name: &CStr) -> bool {
        const HEAD: usize = 2;
        let table = table as *const u32;
        // SAFETY: as in `has_by_gnu_hash`.
        let word = |at: usize| unsafe { *table.add(at) };
        let (count, hash) = (
            word(0),
            name.to_bytes().iter().fold(0_u32, |hash, byte| {
                let hash = (hash << 4).wrapping_add(u32::from(*byte));
                let high = hash & 0xf000_0000;
                (hash ^ high >> 24) & !high
            }),
        );
        if count == 0 {
            return false;
        }
        let mut symbol = word(HEAD + (hash % count) as usize);
        while symbol != 0 {
            if self.is_own_symbol(symbol, name) {
                return true;
            }
            symbol = word(HEAD + count as usize + symbol as usize);
        }
        false
    }

    fn is_own_symbol(&self, index: u32, name: &CStr) -> bool {
        self.symbol(index as usize).is_some_and(|symbol| symbol.is_own && symbol.name == name)
    }

    /// Shows the symbols that its code and data refer to.
    pub(crate) fn each_symbol_referred_to(&self, mut look: impl FnMut(Reference<'_>)) {
        for relocation in self.linkage_relocations().iter().chain(self.relocations()) {
            if let Some(reference) = self.reference(relocation) {
                look(reference);
            }
        }
    }

    /// The name of the symbol whose address the loader writes there, or will at the first call.
    pub(crate) fn symbol_at(&self, place: u64) -> Option<&'object CStr> {
        let offset = place.checked_sub(self.info.dlpi_addr)?;
        let mut all = self.linkage_relocations().iter().chain(self.relocations());
        self.symbol_of(all.find(|relocation| relocation.offset == offset)?)
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
    fn the_c_library_has_its_functions() {
        let mut seen = false;
        door::each_object(|info| {
            if !file_name(info).starts_with(b"libc.so") {
                return true;
            }
            let dynamic = Dynamic::of(info).expect("it is a library");
            seen = dynamic.defines(c"dl_iterate_phdr") && dynamic.defines(c"qsort");
            assert!(!dynamic.defines(c"rsmi_init") && !dynamic.defines(c""));
            let table = dynamic.address(DT_HASH);
            assert!(table.is_none_or(|table| {
                dynamic.has_by_hash(table, c"qsort") && !dynamic.has_by_hash(table, c"rsmi_init")
            }));
            false
        });
        assert!(seen);
    }

    #[test]
    fn this_program_refers_to_functions_of_the_c_library() {
        let mut found = false;
        door::each_object(|info| {
            let dynamic = Dynamic::of(info).expect("a test is linked dynamically");
            assert!(dynamic.needed().any(|name| name.to_bytes().starts_with(b"libc.so")));
            assert!(!dynamic.defines(c"dl_iterate_phdr"));
            dynamic.each_symbol_referred_to(|symbol| found |= symbol.name == c"dl_iterate_phdr");
            false
        });
        assert!(found);
    }
}
