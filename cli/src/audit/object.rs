//! What one ELF file says about rocm_smi_lib.

use super::dwarf;
use super::evidence::Evidence;
use super::names::Names;
use crate::elf::{self, Data, Elf};
use anyhow::{Context, Result, ensure};
use memchr::memchr;
use object::elf::{
    DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_SONAME, SHF_ALLOC, SHF_EXECINSTR, SHT_DYNAMIC,
};
use object::read::elf::SectionHeader;
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(Debug, Default)]
pub struct Findings {
    /// A program has a dynamic loader; else it is a library or an object file.
    pub program: bool,
    pub soname: Option<String>,
    pub needed: Vec<String>,
    pub rpath: Vec<String>,
    pub runpath: Option<Vec<String>>,
    /// `rsmi_*` that it wants from elsewhere.
    pub imports: BTreeSet<String>,
    /// `rsmi_*` that it contains itself.
    pub defines: BTreeSet<String>,
    pub names: Names,
    pub evidence: Vec<Evidence>,
    pub notes: Vec<String>,
}

/// Constants beyond this are data, and no names.
const MOST_CONSTANTS: u64 = 1 << 30;

impl Findings {
    pub fn read(path: &Path, data: &Data) -> Result<Self> {
        let elf = elf::parse(data)?;
        ensure!(elf.sections().next().is_some(), "has no section table, and so no names to read");
        let mut found = Self { program: elf::interpreter(data)?.is_some(), ..Self::default() };
        found.dynamic(&elf).context("its dynamic section is damaged")?;
        found.symbols(&elf);
        found.constants(&elf)?;
        if found.uses() {
            found.gather(path, &elf);
        }
        Ok(found)
    }

    /// Whether it has anything to do with rocm_smi_lib.
    pub fn uses(&self) -> bool {
        !self.imports.is_empty()
            || !self.names.libraries.is_empty()
            || self.needed.iter().any(|name| is_rocm_smi(name))
    }

    fn dynamic(&mut self, elf: &Elf<'_>) -> Result<()> {
        let table = elf.elf_dynamic_table()?;
        let list = |text: &str| text.split(':').map(str::to_owned).collect::<Vec<_>>();
        for entry in table.iter() {
            if ![DT_NEEDED, DT_SONAME, DT_RPATH, DT_RUNPATH].contains(&entry.tag) {
                continue;
            }
            let text = table.string(entry).or_else(|_| long_string(elf, entry.val))?;
            let text = String::from_utf8_lossy(text).into_owned();
            match entry.tag {
                DT_NEEDED => self.needed.push(text),
                DT_SONAME => self.soname = Some(text),
                DT_RPATH => self.rpath = list(&text),
                _ => self.runpath = Some(list(&text)),
            }
        }
        Ok(())
    }

    fn symbols(&mut self, elf: &Elf<'_>) {
        for symbol in elf.dynamic_symbols().chain(elf.symbols()) {
            let Ok(name) = symbol.name() else { continue };
            if !name.starts_with("rsmi_") {
                continue;
            }
            // In .symtab the linker writes the version behind the name: rsmi_init@RSMI_COMPAT_1.
            let name = name.split('@').next().unwrap_or(name);
            if symbol.is_undefined() {
                self.imports.insert(name.to_owned());
            } else if symbol.kind() == object::SymbolKind::Text && symbol.is_global() {
                self.defines.insert(name.to_owned());
            }
        }
        // A static archive's member is wanted in .symtab and defined there.
        self.imports.retain(|name| !self.defines.contains(name));
    }

    fn constants(&mut self, elf: &Elf<'_>) -> Result<()> {
        for section in elf.sections() {
            let header = section.elf_section_header();
            let flags = header.sh_flags(LittleEndian);
            let name = section.name().unwrap_or_default();
            let constants = flags.contains(SHF_ALLOC)
                && !flags.contains(SHF_EXECINSTR)
                && (name.starts_with(".rodata")
                    || name.starts_with(".data")
                    || name.starts_with(".lrodata"));
            if constants && section.size() <= MOST_CONSTANTS {
                let bytes = section.data().with_context(|| format!("its section {name}"))?;
                self.names.scan(bytes);
            }
        }
        Ok(())
    }

    /// What tells the generation.
    fn gather(&mut self, path: &Path, elf: &Elf<'_>) {
        let imports = self.imports.iter();
        let mut evidence: Vec<_> =
            imports.filter_map(|function| Evidence::of_import(path, function)).collect();
        match dwarf::evidence(path, elf) {
            Ok(seen) => evidence.extend(seen),
            Err(error) => self.notes.push(format!("its debug information is not read: {error:#}")),
        }
        let runpath = self.runpath.iter().flatten().map(|path| ("RUNPATH", path));
        let paths = runpath.chain(self.rpath.iter().map(|path| ("RPATH", path)));
        evidence.extend(paths.filter_map(|(what, text)| Evidence::of_path(path, what, text)));
        let comment = elf.section_by_name(".comment").and_then(|section| section.data().ok());
        let comment = String::from_utf8_lossy(comment.unwrap_or_default()).into_owned();
        evidence.extend(Evidence::of_compiler(path, &comment));
        evidence.extend(self.needed.iter().filter_map(|name| Evidence::of_needed(path, name)));
        let place = path.to_string_lossy();
        evidence.extend(Evidence::of_path(path, "its place", &place));
        self.evidence = evidence;
    }
}

/// A string of the dynamic section that is longer than those that are read piece by piece: some
/// builds have a RUNPATH of many directories.
fn long_string<'data>(elf: &Elf<'data>, offset: u64) -> Result<&'data [u8]> {
    let sections = elf.elf_section_table();
    let dynamic = sections.iter().find(|section| section.sh_type(LittleEndian) == SHT_DYNAMIC);
    let dynamic = dynamic.context("there is none")?;
    let strings = sections.section(dynamic.link(LittleEndian))?;
    let strings = strings.data(LittleEndian, elf.data())?;
    let start = usize::try_from(offset).ok().and_then(|offset| strings.get(offset..));
    let start = start.context("a string lies outside its table")?;
    let end = memchr(0, start).context("a string has no end")?;
    Ok(&start[..end])
}

/// Whether a library's name, with or without a path, is one of librocm_smi64's.
pub fn is_rocm_smi(name: &str) -> bool {
    PathBuf::from(name)
        .file_name()
        .is_some_and(|file| file.to_string_lossy().starts_with("librocm_smi64.so"))
}

/// DT_NEEDED alone.
pub fn needed(elf: &Elf<'_>) -> Result<Vec<String>> {
    let mut found = Findings::default();
    found.dynamic(elf)?;
    Ok(found.needed)
}
