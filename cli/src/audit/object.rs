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
use object::read::elf::{ProgramHeader, SectionHeader};
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};
use rsmi_generations::{self as generations, Generation, Open};
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
    /// Those of them that it does not do without.
    strong: BTreeSet<String>,
    /// What the notes of our header and of `abi-…` say.
    of_header: Option<Open>,
    of_linking: Option<Open>,
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
        found.notes_of_ours(&elf);
        found.constants(&elf)?;
        if found.uses() {
            found.gather(path, &elf);
        }
        Ok(found)
    }

    /// What it may call under rocm_smi.h's own names.
    pub fn functions(&self) -> BTreeSet<String> {
        self.plain()
            .chain(self.names.functions.iter().map(String::as_str))
            .map(str::to_owned)
            .collect()
    }

    /// Whether it has anything to do with rocm_smi_lib. Some look functions up in a library whose path
    /// somebody else tells them.
    pub fn uses(&self) -> bool {
        let looks_up = self.defines.is_empty() && self.names.functions.len() > 1;
        looks_up
            || !self.imports.is_empty()
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
                if !symbol.is_weak() {
                    self.strong.insert(name.to_owned());
                }
            } else if symbol.kind() == object::SymbolKind::Text && symbol.is_global() {
                self.defines.insert(name.to_owned());
            }
        }
        // A static archive's member is wanted in .symtab and defined there.
        self.imports.retain(|name| !self.defines.contains(name));
    }

    /// The notes by which an object says itself what it was compiled with.
    fn notes_of_ours(&mut self, elf: &Elf<'_>) {
        for segment in elf.elf_program_headers() {
            let Ok(Some(mut notes)) = segment.notes(LittleEndian, elf.data()) else { continue };
            while let Ok(Some(note)) = notes.next() {
                let &[bits] = note.desc() else { continue };
                let open = Open::from_bits(bits);
                if note.name_bytes() != generations::NOTE_NAME || open.is_empty() {
                    continue;
                }
                let place = match note.n_type(LittleEndian).0 {
                    generations::NOTE_OF_HEADER => &mut self.of_header,
                    generations::NOTE_OF_LINKING => &mut self.of_linking,
                    _ => continue,
                };
                *place = Some(place.map_or(open, |before| before.or(open)));
            }
        }
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

    /// Calls by the names that our header gives the functions whose bytes changed: certain, and all
    /// of the object if there are no such calls by plain names. Else other parts are of other headers.
    fn marked_calls(&mut self, path: &Path) -> Option<Evidence> {
        let marked = self.imports.iter().filter(|name| generations::marked_name(name).is_some());
        let count = marked.count();
        let newest = Open::only(Generation::NEWEST);
        let says = format!("{count} functions by the names that our header gives them, and so");
        if count == 0 {
            return None;
        }
        if self.plain().any(|name| generations::MARKED.contains(&name)) {
            self.notes.push(format!("calls {says} that part of it is of {newest}"));
            return None;
        }
        Some(Evidence::proof(path, newest, format!("it calls {says} was compiled with it")))
    }

    /// `rsmi_*` of rocm_smi.h that it is linked to by their own names.
    fn plain(&self) -> impl Iterator<Item = &str> {
        let plain = |name: &&str| {
            !name.starts_with("rsmi_compat_") && generations::marked_name(name).is_none()
        };
        self.imports.iter().map(String::as_str).filter(plain)
    }

    /// What tells the generation, proof in the library's own order.
    fn gather(&mut self, path: &Path, elf: &Elf<'_>) {
        let mut evidence = Vec::new();
        if let Some(open) = self.of_linking {
            let says = format!("it was linked by abi-{open}");
            evidence.push(Evidence::proof(path, open, says));
        }
        if let Some(open) = self.of_header.filter(|_| self.plain().next().is_none()) {
            evidence.push(Evidence::proof(path, open, "it has the note of our header".into()));
        }
        match dwarf::evidence(path, elf) {
            Ok(seen) => evidence.extend(seen),
            Err(error) => self.notes.push(format!("its debug information is not read: {error:#}")),
        }
        evidence.extend(self.needed.iter().filter_map(|name| Evidence::of_needed(path, name)));
        // What it does without, if there is none, it has declared itself, as its header may not.
        let strong = self.plain().filter(|name| self.strong.contains(*name));
        evidence.extend(Evidence::of_imports(path, strong));
        evidence.extend(self.marked_calls(path));
        let runpath = self.runpath.iter().flatten().map(|path| ("RUNPATH", path));
        let paths = runpath.chain(self.rpath.iter().map(|path| ("RPATH", path)));
        evidence.extend(paths.filter_map(|(what, text)| Evidence::of_path(path, what, text)));
        let comment = elf.section_by_name(".comment").and_then(|section| section.data().ok());
        let comment = String::from_utf8_lossy(comment.unwrap_or_default()).into_owned();
        evidence.extend(Evidence::of_compiler(path, &comment));
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
