//! The file of each release exports what that release does, under its SONAME, with its versions.

mod common;

use object::read::elf::ElfFile64;
use object::{Endianness, Object as _, ObjectSymbol as _, ObjectSymbolTable as _};
use rsmi_simulator_releases::{Error, RELEASES, write};
use std::collections::BTreeSet;
use std::fs;

type Elf<'data> = ElfFile64<'data, Endianness>;

#[test]
fn each_release_exports_its_own_names() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for release in RELEASES {
        let path = dir.path().join(release.file_name());
        write(&common::built("libamd_smi.so"), release, &path).unwrap_or_else(|e| panic!("{e}"));
        let data = fs::read(&path).expect("read");
        let elf = Elf::parse(&*data).expect("an ELF file");
        let who = release.name;

        let symbols = elf.dynamic_symbol_table().expect("it has one").symbols();
        let found: BTreeSet<&str> = symbols
            .filter(|symbol| symbol.is_definition())
            .map(|symbol| symbol.name().expect("UTF-8"))
            .filter(|name| *name != "AMDSMI_1")
            .collect();
        let mut expected: BTreeSet<&str> = release.exports().collect();
        expected.extend(["rsmi_init", "rsmi_is_P2P_accessible"]);
        assert_eq!(found, expected, "{who}");

        let versions = elf.elf_section_table().versions(elf.endian(), &*data).expect("readable");
        let versions = versions.expect("it needs the C library's");
        for symbol in elf.dynamic_symbols().filter(|symbol| symbol.is_definition()) {
            let name = symbol.name().expect("UTF-8");
            let index = versions.version_index(elf.endian(), symbol.index());
            let version = versions.version(index.index()).expect("in the table");
            let version = version.map_or(&b""[..], |version| version.name());
            let versioned = cfg!(target_arch = "x86_64")
                && release.symbol_version
                && (name.starts_with("amdsmi_") || name == "AMDSMI_1");
            let wanted: &[u8] = if versioned { b"AMDSMI_1" } else { b"" };
            if name != "AMDSMI_1" {
                assert_eq!(version, wanted, "{who}: {name}");
            }
        }
        // Only one release can be made of a file.
        let again = write(&path, release, &dir.path().join("again.so"));
        assert!(matches!(again, Err(Error::NotTheStandIn { .. })), "{who}");
    }
}

/// The linker must not have bound them: whoever has the names first in the process is called.
#[test]
fn its_own_rsmi_functions_are_called_by_their_names() {
    let data = fs::read(common::built("libamd_smi.so")).expect("read");
    let elf = Elf::parse(&*data).expect("an ELF file");
    let relocations = elf.dynamic_relocations().expect("it has some");
    let symbols = elf.dynamic_symbol_table().expect("it has one");
    let called: BTreeSet<&str> = relocations
        .filter_map(|(_, relocation)| match relocation.target() {
            object::RelocationTarget::Symbol(index) => {
                symbols.symbol_by_index(index).ok()?.name().ok()
            }
            _ => None,
        })
        .collect();
    for name in ["rsmi_init", "rsmi_is_P2P_accessible"] {
        assert!(called.contains(name), "{name} is bound already");
    }
}

#[test]
fn what_is_not_the_stand_in_is_refused() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (text, to) = (dir.path().join("text.so"), dir.path().join("to.so"));
    fs::write(&text, "not an ELF file\n").expect("written");
    let error = write(&text, &RELEASES[0], &to).expect_err("it is text").to_string();
    assert!(error.contains("text.so is not the stand-in as it was linked"), "{error}");
    assert!(!to.exists());
}
