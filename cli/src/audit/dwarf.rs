//! The sizes of rocm_smi.h's structs and the numbers of its enumerators, as debug information has
//! them: what the program was compiled with, and no guess.
//!
//! It may lie elsewhere: in a file of its own (.gnu_debuglink, the build id), of which one for
//! several programs may have a part (.gnu_debugaltlink), and in .dwo files or a .dwp beside the
//! program (-gsplit-dwarf).

use super::evidence::{Evidence, Layouts};
use crate::elf::{self, Elf, Kind};
use anyhow::{Result, anyhow, bail, ensure};
use flate2::read::ZlibDecoder;
use gimli::Section as _;
use gimli::{
    AttributeValue, DebuggingInformationEntry, DwarfPackage, DwarfPackageSections, DwarfSections,
    DwoId, EndianSlice, LittleEndian, SectionId, UnitType,
};
use memchr::memmem;
use object::elf::ET_REL;
use object::read::elf::FileHeader;
use object::{CompressedData, CompressionFormat, Object, ObjectSection};
use rsmi_generations::{is_telling_enumerator, is_telling_struct};
use ruzstd::decoding::StreamingDecoder;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::io::Read;
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
    let seen = |file: &Path, debug: &Elf<'_>| {
        let layouts = layouts(path, file, debug)?;
        Ok(layouts.evidence(file, "the debug information"))
    };
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

type Sections<'a> = DwarfSections<Cow<'a, [u8]>>;

/// A section, unpacked; an empty one where there is none of that name. A .dwo file has one for each
/// type of its own, all by one name.
fn section<'a>(elf: &Elf<'a>, name: &str) -> Result<Cow<'a, [u8]>> {
    let mut whole = Cow::Borrowed(&[][..]);
    for section in elf.sections().filter(|section| section.name() == Ok(name)) {
        let packed = section.compressed_data()?;
        let size = packed.uncompressed_size.saturating_add(whole.len() as u64);
        ensure!(size <= LARGEST, "{name} has {} MB", size >> 20);
        let part = unpacked(packed)?;
        if whole.is_empty() {
            whole = part;
        } else {
            whole.to_mut().extend_from_slice(&part);
        }
    }
    Ok(whole)
}

fn unpacked(packed: CompressedData<'_>) -> Result<Cow<'_, [u8]>> {
    // Nothing is unpacked beyond what the section says, which the caller has looked at.
    let most = packed.uncompressed_size;
    let mut content = Vec::new();
    match packed.format {
        CompressionFormat::None => return Ok(Cow::Borrowed(packed.data)),
        CompressionFormat::Zlib => {
            ZlibDecoder::new(packed.data).take(most).read_to_end(&mut content)?;
        }
        CompressionFormat::Zstandard => {
            let decoder = StreamingDecoder::new(packed.data).map_err(|error| anyhow!("{error}"))?;
            decoder.take(most).read_to_end(&mut content)?;
        }
        other => bail!("{other:?} is no way of packing that is known"),
    }
    ensure!(content.len() as u64 == most, "it is cut short");
    Ok(Cow::Owned(content))
}

// gimli hands out what it loaded.
#[allow(clippy::ptr_arg)]
fn slice<'a>(section: &'a Cow<'_, [u8]>) -> Slice<'a> {
    EndianSlice::new(section, LittleEndian)
}

/// What `file`, the debug information of `program`, has of rocm_smi.h.
fn layouts(program: &Path, file: &Path, elf: &Elf<'_>) -> Result<Layouts> {
    let sections = Sections::load(|id| section(elf, id.name()))?;
    let shared = shared(file, elf);
    let shared_elf = shared.as_ref().and_then(|data| elf::parse(data).ok());
    let sup = match &shared_elf {
        Some(elf) => Sections::load(|id| section(elf, id.name()))?,
        None => Sections::default(),
    };
    let dwarf = sections.borrow_with_sup(&sup, slice);
    let mut found = Layouts::default();
    let mut split = Vec::new();
    let named = names_ours(&dwarf) || dwarf.sup().is_some_and(names_ours);
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        // Nothing but the first entry is read of those that are elsewhere.
        let unit = dwarf.unit(header)?;
        if let Some(name) = unit.dwo_name()? {
            let name = dwarf.attr_string(&unit, name)?;
            let directory = unit.comp_dir.map(|directory| directory.slice().to_owned());
            if let Some(id) = unit.dwo_id {
                split.push((id, name.slice().to_owned(), directory.unwrap_or_default()));
            }
        } else if named {
            read_unit(&Source { dwarf: &dwarf, package: None }, &unit, &mut found)?;
        }
    }
    if !split.is_empty() {
        read_split(program, file, &dwarf, &split, &mut found)?;
    }
    Ok(found)
}

/// Whether names of rocm_smi.h are in it at all, which is soon seen.
fn names_ours(dwarf: &Dwarf<'_>) -> bool {
    let named = [dwarf.debug_str.reader().slice(), dwarf.debug_info.reader().slice()];
    let ours = |bytes: &&[u8]| {
        [&b"rsmi_"[..], b"RSMI_", b"amdgpu_xcp_"]
            .iter()
            .any(|name| memmem::find(bytes, name).is_some())
    };
    named.iter().any(ours)
}

/// The file with what several programs have in common, as dwz(1) writes it.
fn shared(file: &Path, elf: &Elf<'_>) -> Option<elf::Data> {
    let (name, id) = elf.gnu_debugaltlink().ok()??;
    let real = file.canonicalize().ok()?;
    let place = real.parent()?.join(OsStr::from_bytes(name));
    let mut files = vec![place];
    if let [first, rest @ ..] = id {
        let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
        files.push(Path::new(DEBUG).join(format!(".build-id/{first:02x}/{rest}.debug")));
    }
    files.into_iter().find_map(|file| {
        let (Kind::Elf, data) = elf::open(&file).ok()? else { return None };
        let belongs = elf::parse(&data).is_ok_and(|elf| elf.build_id() == Ok(Some(id)));
        belongs.then_some(data)
    })
}

/// The unit's id, its file's name, and the directory in which it was compiled.
type Split = (DwoId, Vec<u8>, Vec<u8>);

/// Units that lie in .dwo files, or all in one .dwp; those that are found nowhere say nothing.
fn read_split(
    program: &Path,
    file: &Path,
    dwarf: &Dwarf<'_>,
    units: &[Split],
    found: &mut Layouts,
) -> Result<()> {
    let appended = |file: &Path| {
        let mut name = file.as_os_str().to_owned();
        name.push(".dwp");
        PathBuf::from(name)
    };
    let real = program.canonicalize().unwrap_or_else(|_| program.to_owned());
    let package =
        [appended(&real), appended(file)].into_iter().find_map(|file| elf::open(&file).ok());
    let package = package.as_ref().and_then(|(_, data)| elf::parse(data).ok());
    let sections = match &package {
        Some(elf) => {
            let load =
                |id: SectionId| id.dwo_name().map_or(Ok(Cow::default()), |n| section(elf, n));
            Some(DwarfPackageSections::load(load)?)
        }
        None => None,
    };
    let empty = EndianSlice::new(&[], LittleEndian);
    let package = sections.as_ref().map(|all| all.borrow(slice, empty)).transpose()?;
    for unit in units {
        let split = match &package {
            Some(package) => package.find_cu(unit.0, dwarf)?.map(|split| (package, split)),
            None => None,
        };
        match split {
            Some((package, split)) => {
                read_all(&Source { dwarf: &split, package: Some((package, dwarf)) }, found)?;
            }
            None => read_dwo(&real, unit, found)?,
        }
    }
    Ok(())
}

/// Of the file that the compiler wrote, where it wrote it or beside the program.
fn read_dwo(program: &Path, (id, name, directory): &Split, found: &mut Layouts) -> Result<()> {
    let name = Path::new(OsStr::from_bytes(name));
    let beside = program.parent().unwrap_or(Path::new("/"));
    let places = [
        Path::new(OsStr::from_bytes(directory)).join(name),
        beside.join(name),
        beside.join(name.file_name().unwrap_or_default()),
    ];
    for place in places.iter().filter(|place| place.is_absolute()) {
        let Ok((Kind::Elf, data)) = elf::open(place) else { continue };
        let Ok(elf) = elf::parse(&data) else { continue };
        let load = |id: SectionId| id.dwo_name().map_or(Ok(Cow::default()), |n| section(&elf, n));
        let sections = Sections::load(load)?;
        let mut split = sections.borrow(slice);
        split.file_type = gimli::DwarfFileType::Dwo;
        if has_unit(&split, *id)? {
            return read_all(&Source { dwarf: &split, package: None }, found);
        }
    }
    Ok(())
}

fn has_unit(dwarf: &Dwarf<'_>, id: DwoId) -> Result<bool> {
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        if dwarf.unit(header)?.dwo_id == Some(id) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Debug information, and where type units are that it may refer to.
struct Source<'a, 'data> {
    dwarf: &'a Dwarf<'data>,
    /// A .dwp, with the debug information that it belongs to.
    package: Option<(&'a DwarfPackage<Slice<'data>>, &'a Dwarf<'data>)>,
}

fn read_all(source: &Source<'_, '_>, found: &mut Layouts) -> Result<()> {
    if names_ours(source.dwarf) {
        let mut headers = source.dwarf.units();
        while let Some(header) = headers.next()? {
            read_unit(source, &source.dwarf.unit(header)?, found)?;
        }
    }
    Ok(())
}

fn read_unit<'a>(source: &Source<'_, 'a>, unit: &Unit<'a>, found: &mut Layouts) -> Result<()> {
    let mut entries = unit.entries();
    while let Some((_, entry)) = entries.next_dfs()? {
        if entry.tag() == gimli::DW_TAG_imported_unit {
            let import = entry.attr_value(gimli::DW_AT_import)?;
            let shared = match import {
                Some(AttributeValue::DebugInfoRefSup(offset)) => {
                    Some(offset).zip(source.dwarf.sup())
                }
                _ => None,
            };
            if let Some((offset, dwarf)) = shared {
                // Of what is shared, only this is of this program.
                with_unit(dwarf, offset, |unit, _| {
                    read_unit(&Source { dwarf, package: None }, unit, found)
                })?;
            }
            continue;
        }
        let Some(name) = name(source.dwarf, unit, entry)? else { continue };
        match entry.tag() {
            gimli::DW_TAG_typedef | gimli::DW_TAG_structure_type if is_telling_struct(&name) => {
                let size = size_of(source, unit, entry, MOST_STEPS)?;
                found.sizes.extend(size.map(|size| (name, size)));
            }
            gimli::DW_TAG_enumerator if is_telling_enumerator(&name) => {
                let value = entry.attr_value(gimli::DW_AT_const_value)?;
                let number = value.and_then(|value| value.udata_value());
                found.numbers.extend(number.map(|number| (name, number)));
            }
            _ => {}
        }
    }
    Ok(())
}

fn name(dwarf: &Dwarf<'_>, unit: &Unit<'_>, entry: &Entry<'_, '_, '_>) -> Result<Option<String>> {
    let Some(value) = entry.attr_value(gimli::DW_AT_name)? else { return Ok(None) };
    // A name that cannot be read is none that we look for.
    let name = dwarf.attr_string(unit, value).ok();
    Ok(name.and_then(|name| Some(std::str::from_utf8(name.slice()).ok()?.to_owned())))
}

/// Calls with the unit that has this place of .debug_info, and with the place in it.
fn with_unit<'a, T: Default>(
    dwarf: &Dwarf<'a>,
    offset: gimli::DebugInfoOffset,
    with: impl FnOnce(&Unit<'a>, gimli::UnitOffset) -> Result<T>,
) -> Result<T> {
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        if let Some(offset) = offset.to_unit_offset(&header) {
            return with(&dwarf.unit(header)?, offset);
        }
    }
    Ok(T::default())
}

/// As many names for names as a type may have.
const MOST_STEPS: usize = 16;

/// The size of a struct, or of the struct that a typedef names.
fn size_of<'a>(
    source: &Source<'_, 'a>,
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
        Some(AttributeValue::UnitRef(offset)) => size_of(source, unit, &unit.entry(offset)?, steps),
        Some(AttributeValue::DebugInfoRef(offset)) => {
            with_unit(source.dwarf, offset, |unit, at| {
                size_of(source, unit, &unit.entry(at)?, steps)
            })
        }
        Some(AttributeValue::DebugInfoRefSup(offset)) => {
            let Some(dwarf) = source.dwarf.sup() else { return Ok(None) };
            let source = Source { dwarf, package: None };
            with_unit(dwarf, offset, |unit, at| size_of(&source, unit, &unit.entry(at)?, steps))
        }
        Some(AttributeValue::DebugTypesRef(signature)) => {
            let size = size_of_type(source, signature, steps)?;
            let Some((package, parent)) = source.package.filter(|_| size.is_none()) else {
                return Ok(size);
            };
            let Some(dwarf) = package.find_tu(signature, parent)? else { return Ok(None) };
            size_of_type(&Source { dwarf: &dwarf, package: None }, signature, steps)
        }
        _ => Ok(None),
    }
}

/// The size of the type of a unit of its own.
fn size_of_type(
    source: &Source<'_, '_>,
    signature: gimli::DebugTypeSignature,
    steps: usize,
) -> Result<Option<u64>> {
    let mut headers = Vec::new();
    let mut units = source.dwarf.units();
    while let Some(header) = units.next()? {
        headers.push(header);
    }
    let mut units = source.dwarf.type_units();
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
            let unit = source.dwarf.unit(header)?;
            return size_of(source, &unit, &unit.entry(type_offset)?, steps);
        }
    }
    Ok(None)
}
