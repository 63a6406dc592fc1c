//! The built library exports the functions of names.txt, and nothing else, under NVML's SONAME.

use object::elf::{DF_1_NODELETE, DT_FLAGS_1, DT_SONAME, DynamicFlags1};
use object::read::elf::ElfFile64;
use object::{Endianness, Object as _, ObjectSymbol as _};
use std::{env, fs};

const NAMES: &str = include_str!("../names.txt");

#[test]
fn the_functions_of_the_list_and_no_others() {
    let names: Vec<_> = NAMES.lines().collect();
    assert!(names.is_sorted(), "run `LC_ALL=C sort` on names.txt");
    let path = env::current_exe().unwrap().with_file_name("librsmi_compat_nvml.so");
    let data = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let elf = ElfFile64::<Endianness>::parse(&*data).unwrap();
    let defined = elf.dynamic_symbols().filter(|symbol| symbol.is_definition());
    let mut exports: Vec<_> = defined.map(|symbol| symbol.name().unwrap().to_owned()).collect();
    exports.sort_unstable();
    assert_eq!(exports, names);

    let table = elf.elf_dynamic_table().expect("there is a dynamic section");
    let soname = table.iter().find(|entry| entry.tag == DT_SONAME).expect("it has a name");
    assert_eq!(table.string(soname).unwrap(), b"libnvidia-ml.so.1");
    let flags = table.iter().find(|entry| entry.tag == DT_FLAGS_1).expect("it has flags");
    assert!(DynamicFlags1(flags.val).contains(DF_1_NODELETE));
}

/// A client that looks a plain name up gets its oldest layout, and one that was compiled the newest.
#[test]
fn the_list_has_every_version_that_clients_of_today_import() {
    for name in [
        "nvmlInit",
        "nvmlInit_v2",
        "nvmlDeviceGetCount_v2",
        "nvmlDeviceGetHandleByIndex_v2",
        "nvmlDeviceGetPciInfo",
        "nvmlDeviceGetPciInfo_v3",
        "nvmlEventSetWait_v2",
        "nvmlDeviceGetComputeRunningProcesses_v3",
        "nvmlInternalGetExportTable",
    ] {
        assert!(NAMES.lines().any(|line| line == name), "{name}");
    }
    assert!(NAMES.lines().count() >= 436, "nvml.h of CUDA 13.5 has as many");
}
