//! The built library exports the functions of the lists in tests/abi, and nothing else.

use object::elf::{DF_1_NODELETE, DT_FLAGS_1, DT_SONAME, DynamicFlags1, DynamicTag};
use object::read::elf::{Dynamic, ElfFile64};
use object::{Endianness, Object as _, ObjectSymbol as _};
use std::{env, fs};

type Elf<'data> = ElfFile64<'data, Endianness>;

/// Opens the library that cargo put beside this test.
fn with_library(test: impl FnOnce(&Elf<'_>, &[u8])) {
    let path =
        env::current_exe().expect("this test has a path").with_file_name("librsmi_compat.so");
    let data = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    test(&Elf::parse(&*data).expect("the library is an ELF file"), &data);
}

/// Each export with its version, as `nm -D` writes it: name, name@@default or name@older.
fn exports(elf: &Elf<'_>, data: &[u8]) -> Vec<String> {
    let versions = elf
        .elf_section_table()
        .versions(elf.endian(), data)
        .expect("the versions can be read")
        .unwrap_or_default();
    let mut exports = Vec::new();
    for symbol in elf.dynamic_symbols().filter(|symbol| !symbol.is_undefined()) {
        let name = symbol.name().expect("a name is UTF-8");
        let index = versions.version_index(elf.endian(), symbol.index());
        let version = versions.version(index.index()).expect("the version is in the table");
        let version = version.map_or(&b""[..], |version| version.name());
        let version = std::str::from_utf8(version).expect("a version is UTF-8");
        exports.push(match (version, index.is_hidden()) {
            ("", _) => name.to_owned(),
            // GNU ld lists the version itself among the symbols.
            (version, _) if version == name => continue,
            (version, false) => format!("{name}@@{version}"),
            (version, true) => format!("{name}@{version}"),
        });
    }
    exports.sort();
    exports
}

/// The one dynamic entry of this kind.
fn dynamic(elf: &Elf<'_>, tag: DynamicTag) -> Dynamic {
    let table = elf.elf_dynamic_table().expect("there is a dynamic section");
    let entries: Vec<_> = table.iter().filter(|entry| entry.tag == tag).collect();
    let [entry] = entries[..] else { panic!("{tag:?} is there {} times", entries.len()) };
    entry
}

/// The functions of rocm_smi.h, of every release.
const ORIGINAL: &str = include_str!("abi/symbols.txt");
/// What there is beside them.
const BEYOND: &str = include_str!("abi/compat-symbols.txt");

#[test]
fn the_functions_of_the_lists_and_no_others() {
    // Where there is no door, nothing can hold a version: see core/src/door.rs.
    let versioned = cfg!(all(target_arch = "x86_64", feature = "symbol-version"));
    let version = if versioned { "@@RSMI_COMPAT_1" } else { "" };
    for list in [ORIGINAL, BEYOND] {
        assert!(list.lines().is_sorted(), "run `LC_ALL=C sort` on the lists in tests/abi");
    }
    let marked = rsmi_generations::MARKED.map(|name| format!("rsmi_compat_7_0_{name}"));
    let mut expected: Vec<_> = [ORIGINAL, BEYOND]
        .iter()
        .flat_map(|list| list.lines())
        .chain(marked.iter().map(String::as_str))
        .map(|name| format!("{name}{version}"))
        .collect();
    expected.sort();
    with_library(|elf, data| {
        let exports = exports(elf, data);
        let missing: Vec<_> = expected.iter().filter(|name| !exports.contains(name)).collect();
        let extra: Vec<_> = exports.iter().filter(|name| !expected.contains(name)).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "in a list of tests/abi but not exported: {missing:?}\n\
             exported but in no list of tests/abi: {extra:?}"
        );
        assert_eq!(exports, expected, "an export or a line of a list is there twice");
    });
}

/// Programs find us by this name, and keep us after dlclose: libamd_smi could not be unloaded.
#[test]
fn the_soname_and_nodelete() {
    with_library(|elf, _| {
        let soname = dynamic(elf, DT_SONAME);
        let strings = elf.elf_dynamic_table().expect("there is a dynamic section");
        assert_eq!(strings.string(soname).expect("it is a string"), b"librsmi_compat.so.1");
        let flags = DynamicFlags1(dynamic(elf, DT_FLAGS_1).val);
        assert!(flags.contains(DF_1_NODELETE), "{flags:?} lacks NODELETE: see build.rs");
    });
}

/// cbindgen passes over a function that it cannot read.
#[test]
fn every_export_is_declared_in_its_header() {
    let headers = [
        ("rocm_smi.h", include_str!("../include/rocm_smi/rocm_smi.h"), ORIGINAL),
        ("rsmi_compat.h", include_str!("../include/rsmi_compat.h"), BEYOND),
    ];
    for (file, header, list) in headers {
        for name in list.lines() {
            assert!(header.contains(&format!(" {name}(")), "{file} does not declare {name}");
        }
    }
}

/// The original's names are its own; ours cannot clash with what it may yet get.
#[test]
fn what_is_beyond_has_our_prefix() {
    for name in ORIGINAL.lines() {
        assert!(!name.starts_with("rsmi_compat_"), "{name} stands in the wrong list");
    }
    for name in BEYOND.lines() {
        assert!(name.starts_with("rsmi_compat_"), "{name} stands in the wrong list");
    }
}
