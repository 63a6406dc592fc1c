//! The sizes of rocm_smi.h's structs and the numbers of its enumerators, as debug information has
//! them: what the program was compiled with, and no guess.

use super::evidence::{Evidence, is_telling_enumerator, is_telling_struct};
use crate::elf::{self, Elf, Kind};
use anyhow::{Result, ensure};
use gimli::Section as _;
use gimli::{AttributeValue, DebuggingInformationEntry, EndianSlice, LittleEndian, UnitType};
use memchr::memmem;
use object::elf::ET_REL;
use object::read::elf::FileHeader;
use object::{Object, ObjectSection};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

type Slice<'a> = EndianSlice<'a, LittleEndian>;
type Dwarf<'a> = gimli::Dwarf<Slice<'a>>;
type Unit<'a> = gimli::Unit<Slice<'a>>;
type Entry<'abbrev, 'unit, 'a> = DebuggingInformationEntry<'abbrev, 'unit, Slice<'a>>;

/// What a section may hold when it is unpacked; more takes more memory than the answer is worth.
const LARGEST: u64 = 1 << 30;

/// Where separate debug information is kept.
const DEBUG: &str = "/usr/lib/debug";

/// Evidence of the file's own debug information, or of the separate file that belongs to it.
pub fn evidence(path: &Path, elf: &Elf<'_>) -> Result<Vec<Evidence>> {
    // The names in an object file's debug information are not in their places yet.
    if elf.elf_header().e_type(object::LittleEndian) == ET_REL {
        return Ok(Vec::new());
    }
    if elf.section_by_name(".debug_info").is_some() {
        return seen(path, elf);
    }
    for beside in separate(path, elf) {
        let Ok((Kind::Elf, data)) = elf::open(&beside) else { continue };
        let Ok(debug) = elf::parse(&data) else { continue };
        if belongs(elf, &debug, &beside) && debug.section_by_name(".debug_info").is_some() {
            return seen(&beside, &debug);
        }
    }
    Ok(Vec::new())
}

/// The files that may have the debug information, as gdb looks for them.
fn separate(path: &Path, elf: &Elf<'_>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let directory = real.parent().unwrap_or(Path::new("/"));
    if let Ok(Some((name, _))) = elf.gnu_debuglink() {
        let name = Path::new(OsStr::from_bytes(name)).file_name().unwrap_or_default();
        files.extend([directory.join(name), directory.join(".debug").join(name)]);
        let below = directory.strip_prefix("/").unwrap_or(directory);
        files.push(Path::new(DEBUG).join(below).join(name));
    }
    if let Ok(Some([first, rest @ ..])) = elf.build_id() {
        let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
        files.push(Path::new(DEBUG).join(format!(".build-id/{first:02x}/{rest}.debug")));
    }
    // It may well be called as the file itself.
    files.retain(|file| *file != real);
    files
}

/// Whether the debug information is of this build: the same build id, else the checksum that
/// .gnu_debuglink has of it.
fn belongs(elf: &Elf<'_>, debug: &Elf<'_>, file: &Path) -> bool {
    if let (Ok(Some(one)), Ok(Some(other))) = (elf.build_id(), debug.build_id()) {
        return one == other;
    }
    let Ok(Some((_, expected))) = elf.gnu_debuglink() else { return false };
    let Ok(mut file) = std::fs::File::open(file) else { return false };
    let mut checksum = Checksum(crc32fast::Hasher::new());
    std::io::copy(&mut file, &mut checksum).is_ok() && checksum.0.finalize() == expected
}

struct Checksum(crc32fast::Hasher);

impl std::io::Write for Checksum {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn seen(path: &Path, elf: &Elf<'_>) -> Result<Vec<Evidence>> {
    let load = |id: gimli::SectionId| -> Result<Cow<'_, [u8]>> {
        let Some(section) = elf.section_by_name(id.name()) else { return Ok(Cow::Borrowed(&[])) };
        let packed = section.compressed_data()?;
        let size = packed.uncompressed_size;
        ensure!(size <= LARGEST, "{} has {} MB", id.name(), size >> 20);
        Ok(packed.decompress()?)
    };
    let sections = gimli::DwarfSections::load(load)?;
    let dwarf = sections.borrow(|section| EndianSlice::new(section, LittleEndian));
    let named = [dwarf.debug_str.reader().slice(), dwarf.debug_info.reader().slice()];
    if !named.iter().any(|bytes| memmem::find(bytes, b"rsmi_").is_some()) {
        return Ok(Vec::new());
    }
    let mut sizes = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        let unit = dwarf.unit(header)?;
        let mut entries = unit.entries();
        while let Some((_, entry)) = entries.next_dfs()? {
            let Some(name) = name(&dwarf, &unit, entry)? else { continue };
            match entry.tag() {
                gimli::DW_TAG_typedef | gimli::DW_TAG_structure_type => {
                    if is_telling_struct(&name)
                        && let Some(size) = size(&dwarf, &unit, entry)?
                    {
                        sizes.insert((name, size));
                    }
                }
                gimli::DW_TAG_enumerator if is_telling_enumerator(&name) => {
                    let value = entry.attr_value(gimli::DW_AT_const_value)?;
                    numbers.extend(value.and_then(|value| value.udata_value()).map(|n| (name, n)));
                }
                _ => {}
            }
        }
    }
    let sizes = sizes.iter().filter_map(|(name, size)| Evidence::of_size(path, name, *size));
    let numbers = numbers.iter().filter_map(|(name, n)| Evidence::of_number(path, name, *n));
    Ok(sizes.chain(numbers).collect())
}

fn name(dwarf: &Dwarf<'_>, unit: &Unit<'_>, entry: &Entry<'_, '_, '_>) -> Result<Option<String>> {
    let Some(value) = entry.attr_value(gimli::DW_AT_name)? else { return Ok(None) };
    // A name that cannot be read is none that we look for.
    let name = dwarf.attr_string(unit, value).ok();
    Ok(name.and_then(|name| Some(std::str::from_utf8(name.slice()).ok()?.to_owned())))
}

/// As many names for names as a type may have.
const MOST_STEPS: usize = 16;

/// The size of a struct, or of the struct that a typedef names.
fn size<'a>(dwarf: &Dwarf<'a>, unit: &Unit<'a>, entry: &Entry<'_, '_, 'a>) -> Result<Option<u64>> {
    size_of(dwarf, unit, entry, MOST_STEPS)
}

fn size_of<'a>(
    dwarf: &Dwarf<'a>,
    unit: &Unit<'a>,
    entry: &Entry<'_, '_, 'a>,
    steps: usize,
) -> Result<Option<u64>> {
    if let Some(size) = entry.attr_value(gimli::DW_AT_byte_size)? {
        return Ok(size.udata_value());
    }
    let Some(steps) = steps.checked_sub(1) else { return Ok(None) };
    let of = match entry.attr_value(gimli::DW_AT_type)? {
        None => entry.attr_value(gimli::DW_AT_signature)?,
        of => of,
    };
    match of {
        Some(AttributeValue::UnitRef(offset)) => size_of(dwarf, unit, &unit.entry(offset)?, steps),
        Some(AttributeValue::DebugInfoRef(offset)) => {
            let mut headers = dwarf.units();
            while let Some(header) = headers.next()? {
                if let Some(offset) = offset.to_unit_offset(&header) {
                    let unit = dwarf.unit(header)?;
                    return size_of(dwarf, &unit, &unit.entry(offset)?, steps);
                }
            }
            Ok(None)
        }
        Some(AttributeValue::DebugTypesRef(signature)) => {
            let mut headers: Vec<gimli::UnitHeader<Slice<'a>>> = Vec::new();
            let mut units = dwarf.units();
            while let Some(header) = units.next()? {
                headers.push(header);
            }
            let mut units = dwarf.type_units();
            while let Some(header) = units.next()? {
                headers.push(header);
            }
            for header in headers {
                let (UnitType::Type { type_signature, type_offset }
                | UnitType::SplitType { type_signature, type_offset }) = header.type_()
                else {
                    continue;
                };
                if type_signature == signature {
                    let unit = dwarf.unit(header)?;
                    return size_of(dwarf, &unit, &unit.entry(type_offset)?, steps);
                }
            }
            Ok(None)
        }
        _ => Ok(None),
    }
}
