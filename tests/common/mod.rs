//! The library in a test's own process, over a machine of the simulator.
#![allow(dead_code, reason = "each test uses a part of it")]

use rsmi_simulator::Machine;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One MI300X, and a file that counts what goes over PCIe.
pub const MACHINE: &str = r#"
about = "One MI300X"
[driver]
[cpu]
nodes = 1
cores = 8
memory = 67000000000
[[gpu]]
chip = "mi300x"
pci = "0000:05:00.0"
pcie = { received = 1, sent = 1, max_packet = 512 }
"#;

/// In front of the C library's: setters are for root alone, but the files that are laid are those of
/// whoever runs the tests.
#[unsafe(no_mangle)]
extern "C" fn geteuid() -> libc::uid_t {
    0
}

/// By its names of ROCm 6.1.2 or later.
const EMPTY_LIBAMD_SMI: &str = "
    int amdsmi_init(unsigned long flags) { (void)flags; return 0; }
    int amdsmi_shut_down(void) { return 0; }
    int amdsmi_set_gpu_clear_sram_data(void) { return 2; }
    int amdsmi_get_socket_handles(unsigned *count, void *list) { (void)list; *count = 0; return 0; }
    int amdsmi_get_processor_handles(void) { return 2; }
";

/// Writes the machine below `place`, and has the library use it, over a libamd_smi without GPUs;
/// returns what stands for /sys.
///
/// # Safety
/// No other thread runs, and the library has not been called.
pub unsafe fn set_up(place: &Path, description: &str) -> PathBuf {
    // SAFETY: as this function demands.
    unsafe { set_up_over(place, description, EMPTY_LIBAMD_SMI) }
}

/// As `set_up`, over a libamd_smi of this source.
///
/// # Safety
/// No other thread runs, and the library has not been called.
pub unsafe fn set_up_over(place: &Path, description: &str, source: &str) -> PathBuf {
    // SAFETY: as this function demands; no other thread reads the environment.
    unsafe {
        std::env::set_var("RSMI_COMPAT_AMDSMI", libamd_smi(place, source));
        set_up_without_amdsmi(place, description)
    }
}

/// As `set_up`, over the kernel's files alone.
///
/// # Safety
/// No other thread runs, and the library has not been called.
pub unsafe fn set_up_without_amdsmi(place: &Path, description: &str) -> PathBuf {
    let (file, sysfs) = (place.join("machine.toml"), place.join("sys"));
    fs::write(&file, description).expect("the description is written");
    fs::create_dir(&sysfs).expect("the tree has a root");
    let machine = Machine::from_file(&file).unwrap_or_else(|error| panic!("{error}"));
    machine.write_tree(&sysfs).unwrap_or_else(|error| panic!("{error}"));
    // SAFETY: no other thread reads the environment.
    unsafe {
        std::env::set_var("RSMI_COMPAT_SYSFS", &sysfs);
        std::env::set_var("RSMI_COMPAT_ABI", "7.0");
    }
    sysfs
}

fn libamd_smi(place: &Path, text: &str) -> PathBuf {
    let (source, library) = (place.join("libamd_smi.c"), place.join("libamd_smi.so"));
    fs::write(&source, text).expect("the source is written");
    let mut compile = Command::new("cc");
    compile.args(["-shared", "-fPIC", "-o"]).args([&library, &source]);
    assert!(compile.status().expect("a C compiler, cc").success());
    library
}

/// The file in this process whose path has that in it.
pub fn loaded(part: &str) -> Option<String> {
    let maps = fs::read_to_string("/proc/self/maps").expect("this is Linux");
    maps.lines().find(|line| line.contains(part)).map(str::to_owned)
}

/// A program in C of this directory, compiled and linked to the library that cargo put beside the
/// test.
pub fn linked(place: &Path, source: &str) -> PathBuf {
    let library = place.join("librsmi_compat.so.1");
    std::os::unix::fs::symlink(library_here(), &library).unwrap();
    compiled(place, source, &[library, format!("-Wl,-rpath,{}", place.display()).into()])
}

/// The library that cargo put beside the test.
pub fn library_here() -> PathBuf {
    std::env::current_exe().unwrap().with_file_name("librsmi_compat.so")
}

/// A program in C of this directory.
pub fn compiled(place: &Path, source: &str, more: &[PathBuf]) -> PathBuf {
    let program = place.join(Path::new(source).with_extension(""));
    let mut compile = Command::new("cc");
    compile.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-pthread", "-o"]).arg(&program);
    compile.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(source));
    compile.args(more).arg("-ldl");
    assert!(compile.status().expect("a C compiler, cc").success());
    program
}
