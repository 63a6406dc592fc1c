//! Opening ELF files: read piece by piece, and refused with the file's name and the reason.

use anyhow::{Context, Result, bail, ensure};
use object::LittleEndian;
use object::elf::{self, FileHeader64};
use object::read::ReadCache;
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A file whose parts are read, once, when they are asked for.
pub type Data = ReadCache<File>;
pub type Elf<'data> = ElfFile64<'data, LittleEndian, &'data Data>;

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Elf,
    /// `#!`
    Script,
    Text,
    Other,
}

pub fn open(path: &Path) -> Result<(Kind, Data)> {
    let metadata = std::fs::metadata(path)?;
    ensure!(!metadata.is_dir(), "is a directory");
    // Opening a pipe would wait for somebody to write into it.
    ensure!(metadata.is_file(), "is not a regular file");
    let mut file = File::open(path)?;
    let mut start = [0; 512];
    let mut filled = 0;
    while let Some(rest) = start.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            more => filled += more,
        }
    }
    let start = start.get(..filled).unwrap_or_default();
    let kind = if start.starts_with(&elf::ELFMAG) {
        Kind::Elf
    } else if start.starts_with(b"#!") {
        Kind::Script
    } else if start.contains(&0) || start.is_empty() {
        Kind::Other
    } else {
        Kind::Text
    };
    Ok((kind, Data::new(file)))
}

/// The processor's number in ELF files, and its name.
const MACHINES: [(object::elf::Machine, &str); 7] = [
    (elf::EM_X86_64, "x86-64"),
    (elf::EM_AARCH64, "AArch64"),
    (elf::EM_386, "i386"),
    (elf::EM_ARM, "Arm"),
    (elf::EM_PPC64, "POWER"),
    (elf::EM_RISCV, "RISC-V"),
    (elf::EM_S390, "IBM Z"),
];

/// The header, if it is of a file that this processor runs in 64 bits.
pub fn header(data: &Data) -> Result<&FileHeader64<LittleEndian>> {
    let start = object::ReadRef::read_bytes_at(data, 0, 20).unwrap_or_default();
    let [_, _, _, _, class, order, ..] = start else { bail!("is cut off within the ELF header") };
    ensure!(
        *class != elf::ELFCLASS32.0,
        "is a 32-bit program; ROCm's libraries and ours have 64 bits"
    );
    ensure!(*order == elf::ELFDATA2LSB.0, "is for a big-endian processor");
    let header = FileHeader64::<LittleEndian>::parse(data)?;
    let own = if cfg!(target_arch = "aarch64") { elf::EM_AARCH64 } else { elf::EM_X86_64 };
    let machine = header.e_machine(LittleEndian);
    let name =
        |number| MACHINES.iter().find(|(listed, _)| *listed == number).map(|(_, name)| *name);
    ensure!(
        machine == own,
        "is for another processor ({}); this command is for {}",
        name(machine).map_or_else(|| format!("ELF machine {}", machine.0), str::to_owned),
        name(own).unwrap_or_default()
    );
    Ok(header)
}

/// The dynamic loader that a program asks for; None for static programs and most libraries.
pub fn interpreter(data: &Data) -> Result<Option<&[u8]>> {
    let header = header(data)?;
    let segments = header.program_headers(LittleEndian, data)?;
    for segment in segments {
        if let Some(path) = segment.interpreter(LittleEndian, data)? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// The whole file's tables.
pub fn parse(data: &Data) -> Result<Elf<'_>> {
    header(data)?;
    Elf::parse(data).context("is damaged or cut off")
}
