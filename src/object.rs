//! An object that is loaded into this process, as its headers in memory tell of it.

use libc::dl_phdr_info;

pub(crate) const DT_NEEDED: u64 = 1;
pub(crate) const DT_STRTAB: u64 = 5;
pub(crate) const DT_SYMTAB: u64 = 6;
pub(crate) const DT_RELA: u64 = 7;
pub(crate) const DT_RELASZ: u64 = 8;
const DT_NULL: u64 = 0;

/// Its program headers, while the loader shows it.
pub(crate) fn headers(info: &dl_phdr_info) -> &[libc::Elf64_Phdr] {
    // SAFETY: the loader gives as many program headers as it says.
    unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) }
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
}
