//! An object that was compiled with our header says so, where that makes a difference.

use object::elf::NoteType;
use object::read::elf::{ElfFile64, SectionHeader as _};
use object::{Endianness, Object as _, ObjectSection as _, ObjectSymbol as _};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

const CALLS_ALL: &str = r#"
    #include "rocm_smi/rocm_smi.h"
    void *volatile all[] = {
        (void *)rsmi_init,
        (void *)rsmi_dev_compute_partition_set,
        (void *)rsmi_dev_firmware_version_get,
        (void *)rsmi_dev_gpu_clk_freq_get,
        (void *)rsmi_dev_gpu_metrics_info_get,
        (void *)rsmi_dev_pci_bandwidth_get,
        (void *)rsmi_event_notification_get,
        (void *)rsmi_version_get,
    };
"#;

fn compilers() -> impl Iterator<Item = &'static str> {
    ["cc"].into_iter().chain(needs::program("c++").then_some("c++"))
}

/// What a compiler makes of a source.
fn object_of(compiler: &str, flags: &[&str], source: &str) -> Vec<u8> {
    let directory = tempfile::tempdir().expect("there is room");
    let file = directory.path().join(if compiler == "c++" { "source.cc" } else { "source.c" });
    fs::write(&file, source).expect("there is room");
    let made = directory.path().join("made.o");
    let include = concat!("-I", env!("CARGO_MANIFEST_DIR"), "/include");
    let mut command = Command::new(compiler);
    command.args(["-c", include]).args(flags).arg(&file).arg("-o").arg(&made);
    assert!(command.status().expect("there is a compiler").success(), "{command:?}");
    fs::read(made).expect("it was made")
}

fn wanted(object: &[u8]) -> BTreeSet<String> {
    let elf = ElfFile64::<Endianness>::parse(object).expect("it is an ELF file");
    let undefined = elf.symbols().filter(|symbol| symbol.is_undefined());
    undefined.map(|symbol| symbol.name().expect("UTF-8").to_owned()).collect()
}

/// The notes of our name: their type, and what they hold.
fn notes(object: &[u8]) -> Vec<(NoteType, Vec<u8>)> {
    let elf = ElfFile64::<Endianness>::parse(object).expect("it is an ELF file");
    let endian = elf.endian();
    let mut found = Vec::new();
    for section in elf.sections() {
        let notes = section.elf_section_header().notes(endian, object).expect("it can be read");
        let Some(mut notes) = notes else { continue };
        while let Some(note) = notes.next().expect("a good note") {
            if note.name() == b"rsmi_compat" {
                found.push((note.n_type(endian), note.desc().to_owned()));
            }
        }
        let name = section.name().expect("UTF-8");
        if name == ".note.rsmi_compat" {
            let flags = section.elf_section_header().sh_flags(endian);
            assert!(flags.contains(object::elf::SHF_ALLOC), "strip would take it away");
        }
    }
    found
}

#[test]
fn calls_have_the_headers_own_name() {
    let marked = rsmi_generations::MARKED.map(|name| format!("rsmi_compat_7_0_{name}"));
    let plain = rsmi_generations::MARKED.map(str::to_owned);
    for compiler in compilers() {
        let made = object_of(compiler, &["-O2"], CALLS_ALL);
        let all = wanted(&made);
        assert!(marked.iter().all(|name| all.contains(name)), "{compiler}: {all:?}");
        assert!(!plain.iter().any(|name| all.contains(name)), "{compiler}: {all:?}");
        assert!(all.contains("rsmi_init"), "{compiler}: where nothing differs the name stays");

        let all = wanted(&object_of(compiler, &["-DRSMI_COMPAT_UNMARKED"], CALLS_ALL));
        assert!(plain.iter().all(|name| all.contains(name)), "{compiler}: {all:?}");
        assert!(!marked.iter().any(|name| all.contains(name)), "{compiler}: {all:?}");
    }
}

#[test]
fn who_only_includes_the_header_has_a_note() {
    let source = "#include \"rocm_smi/rocm_smi.h\"\n#include \"rsmi_compat.h\"\n";
    let newest = rsmi_generations::Open::only(rsmi_generations::Generation::NEWEST);
    let note = (NoteType(rsmi_generations::NOTE_OF_HEADER), vec![newest.bits()]);
    for compiler in compilers() {
        let made = object_of(compiler, &[], source);
        assert_eq!(notes(&made), std::slice::from_ref(&note), "{compiler}");
        assert_eq!(wanted(&made), BTreeSet::new(), "{compiler}");
        let without = object_of(compiler, &["-DRSMI_COMPAT_UNMARKED"], source);
        assert_eq!(notes(&without), [], "{compiler}");
    }
}
