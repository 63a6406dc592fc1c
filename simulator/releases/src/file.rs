//! The file of one release, made of the stand-in, which has the names of all of them.
//!
//! Which names a library exports says which release it is, and a file exports what it was linked
//! with. So the file is changed after it was linked, in place: names that the release has not
//! become undefined, the SONAME and the symbol version are the release's, and a mark tells the
//! library itself what it is.

use crate::Release;
use object::elf::{self, FileHeader64};
use object::read::elf::{Dyn as _, FileHeader as _, SectionHeader as _, Sym as _};
use object::{Endianness, LittleEndian, U16, U32, U64};
use std::path::Path;
use std::{fs, io};

/// What is wrong with a release or a file, in one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no release is called `{name}`; there are {known}")]
    Release { name: String, known: String },
    #[error("{file}: {source}")]
    File { file: String, source: io::Error },
    #[error("{file} is not the stand-in as it was linked: {what}")]
    NotTheStandIn { file: String, what: String },
}

/// What begins the place in the stand-in that a release's name is written to.
pub const MARK: &[u8; 24] = b"libamd_smi of release: \0";
/// The size of the place, its beginning included.
pub const MARK_SIZE: usize = 40;

type Elf = FileHeader64<Endianness>;
const LITTLE: Endianness = Endianness::Little;

/// Makes the stand-in at `from` into the file of a release at `to`, which is the old file or the
/// whole new one at any time.
///
/// # Errors
/// One of the files cannot be read or written, or `from` is something else.
pub fn write(from: &Path, release: &Release, to: &Path) -> Result<(), Error> {
    let named = |path: &Path| {
        let file = path.display().to_string();
        move |source| Error::File { file, source }
    };
    let bytes = fs::read(from).map_err(named(from))?;
    let made = made(bytes, release)
        .map_err(|what| Error::NotTheStandIn { file: from.display().to_string(), what })?;
    let directory = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(named(directory))?;
    let unfinished = directory.join(format!(".{}-{}", release.name, std::process::id()));
    fs::write(&unfinished, made).map_err(named(&unfinished))?;
    fs::rename(&unfinished, to).map_err(named(to))
}

/// The release that a file was made into, from the place with the mark.
#[must_use]
pub fn stamped(place: &[u8; MARK_SIZE]) -> Option<&'static Release> {
    let name = place[MARK.len()..].split(|byte| *byte == 0).next()?;
    Release::named(std::str::from_utf8(name).ok()?).ok()
}

fn made(mut bytes: Vec<u8>, release: &Release) -> Result<Vec<u8>, String> {
    stamp(&mut bytes, release)?;
    let parts = Parts::of(&bytes)?;
    for hidden in &parts.hidden(&bytes, release)? {
        // What a symbol is, not what it is called; weak, so that no linker asks who has it.
        bytes[hidden + 4] = elf::STB_WEAK.0 << 4;
        bytes[hidden + 6..hidden + 24].fill(0);
    }
    let soname = parts.soname(&bytes, release)?;
    bytes[soname..soname + release.soname.len()].copy_from_slice(release.soname.as_bytes());
    if !release.symbol_version {
        parts.drop_versions(&mut bytes)?;
    }
    Ok(bytes)
}

fn stamp(bytes: &mut [u8], release: &Release) -> Result<(), String> {
    let mut places = bytes.windows(MARK.len()).enumerate().filter(|(_, found)| found == MARK);
    let (Some((at, _)), None) = (places.next(), places.next()) else {
        return Err("it has no place for the release's name, or several".into());
    };
    let name = release.name.as_bytes();
    let place = &mut bytes[at + MARK.len()..at + MARK_SIZE];
    if place[0] != 0 {
        return Err("it was made into a release already".into());
    }
    place[..name.len()].copy_from_slice(name);
    Ok(())
}

/// Where in the file the tables are that the loader reads.
struct Parts {
    symbols: (usize, usize),
    strings: usize,
    versions: Option<usize>,
    dynamic: (usize, usize),
}

const SYMBOL: usize = 24;
const DYNAMIC: usize = 16;

impl Parts {
    fn of(bytes: &[u8]) -> Result<Self, String> {
        let wrong = |error: object::Error| error.to_string();
        let header = Elf::parse(bytes).map_err(wrong)?;
        if header.endian().map_err(wrong)? != LITTLE {
            return Err("it is of another byte order".into());
        }
        let sections = header.sections(LITTLE, bytes).map_err(wrong)?;
        let find = |kind| {
            let found = sections.iter().find(|section| section.sh_type(LITTLE) == kind)?;
            Some((found.sh_offset(LITTLE) as usize, found.sh_size(LITTLE) as usize, found))
        };
        let needed = |kind, name| find(kind).ok_or(format!("it has no {name}"));
        let (symbols, size, section) = needed(elf::SHT_DYNSYM, ".dynsym")?;
        let strings = sections.section(section.link(LITTLE)).map_err(wrong)?;
        let (dynamic, dynamic_size, _) = needed(elf::SHT_DYNAMIC, ".dynamic")?;
        Ok(Self {
            symbols: (symbols, size),
            strings: strings.sh_offset(LITTLE) as usize,
            versions: find(elf::SHT_GNU_VERSYM).map(|(at, ..)| at),
            dynamic: (dynamic, dynamic_size),
        })
    }

    fn string<'b>(&self, bytes: &'b [u8], at: usize) -> &'b [u8] {
        let text = bytes.get(self.strings + at..).unwrap_or_default();
        text.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    /// Every symbol that is defined here: its place, its name, and its number.
    fn defined<'b>(&self, bytes: &'b [u8]) -> Vec<(usize, &'b [u8], usize)> {
        let (start, size) = self.symbols;
        let places = (start..start + size).step_by(SYMBOL).enumerate();
        let defined = places.filter_map(|(number, at)| {
            let symbol: &elf::Sym64<Endianness> = object::pod::from_bytes(bytes.get(at..)?).ok()?.0;
            let defined = symbol.st_shndx(LITTLE) != elf::SHN_UNDEF;
            defined.then(|| (at, self.string(bytes, symbol.st_name(LITTLE) as usize), number))
        });
        defined.collect()
    }

    /// The symbols that the release has not; all that it has must be there.
    fn hidden(&self, bytes: &[u8], release: &Release) -> Result<Vec<usize>, String> {
        let defined = self.defined(bytes);
        let exports: Vec<_> = release.exports().collect();
        if let Some(name) =
            exports.iter().find(|name| !defined.iter().any(|(_, has, _)| *has == name.as_bytes()))
        {
            return Err(format!("it has no {name}"));
        }
        let ours = |name: &[u8]| name.starts_with(b"amdsmi_");
        let kept = |name: &[u8]| exports.iter().any(|known| known.as_bytes() == name);
        Ok(defined
            .into_iter()
            .filter(|(_, name, _)| ours(name) && !kept(name))
            .map(|(at, ..)| at)
            .collect())
    }

    fn entries(&self, bytes: &[u8]) -> Vec<(u64, u64)> {
        let (start, size) = self.dynamic;
        let entries = bytes[start..start + size].chunks_exact(DYNAMIC);
        let entry = |entry: &[u8]| -> Option<(u64, u64)> {
            let entry: &elf::Dyn64<Endianness> = object::pod::from_bytes(entry).ok()?.0;
            Some((entry.d_tag(LITTLE).0 as u64, entry.d_val(LITTLE)))
        };
        entries.filter_map(entry).collect()
    }

    /// Where the SONAME's text is; all releases' are of one length.
    fn soname(&self, bytes: &[u8], release: &Release) -> Result<usize, String> {
        let entries = self.entries(bytes);
        let found = entries.iter().find(|(tag, _)| *tag == elf::DT_SONAME.0 as u64);
        let at = found.ok_or("it has no SONAME")?.1 as usize;
        let text = self.string(bytes, at);
        if text.len() != release.soname.len() || !text.starts_with(b"libamd_smi.so.") {
            return Err(format!("its SONAME is {}", String::from_utf8_lossy(text)));
        }
        Ok(self.strings + at)
    }

    /// Older releases have no symbol versions of their own.
    fn drop_versions(&self, bytes: &mut [u8]) -> Result<(), String> {
        const GLOBAL: [u8; 2] = [1, 0];
        if let Some(versions) = self.versions {
            let numbers: Vec<_> = self.defined(bytes).iter().map(|(.., number)| *number).collect();
            for number in numbers {
                let at = versions + number * 2;
                bytes
                    .get_mut(at..at + 2)
                    .ok_or("its versions are cut off")?
                    .copy_from_slice(&GLOBAL);
            }
        }
        let versions = [elf::DT_VERDEF.0 as u64, elf::DT_VERDEFNUM.0 as u64];
        let kept: Vec<_> =
            self.entries(bytes).into_iter().filter(|(tag, _)| !versions.contains(tag)).collect();
        let (start, size) = self.dynamic;
        bytes[start..start + size].fill(0);
        for (place, (tag, value)) in bytes[start..].chunks_exact_mut(DYNAMIC).zip(kept) {
            place[..8].copy_from_slice(&tag.to_le_bytes());
            place[8..].copy_from_slice(&value.to_le_bytes());
        }
        Ok(())
    }
}

// What a symbol looks like in the file: name u32, info u8, other u8, section u16, value and size u64.
const _: () = assert!(size_of::<elf::Sym64<LittleEndian>>() == SYMBOL);
const _: () = assert!(size_of::<(U32<LittleEndian>, [u8; 2], U16<LittleEndian>)>() == 8);
const _: () = assert!(size_of::<[U64<LittleEndian>; 2]>() == DYNAMIC);
