//! What `cargo xtask stage` lays out: complete, and the drop-in names lead to one core.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use libloading::Library;
use object::elf::{DT_NEEDED, DT_RUNPATH, DT_SONAME, DynamicTag};
use object::read::elf::ElfFile64;
use object::{Endianness, Object as _};
use pulldown_cmark::{Event, Options, Parser, Tag};
use tempfile::TempDir;

const DROPIN: &str = "lib/rsmi-compat";
const CORE: &str = "librsmi_compat.so.1";

/// The libraries of the directory that looks as ROCm's does.
const ROCM: &str = "lib/rsmi-compat/rocm/lib";

/// Staged once for all tests.
static STAGE: LazyLock<PathBuf> = LazyLock::new(|| {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("staged-by-xtask");
    let output = stage(&place);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    place
});

fn stage(place: &Path) -> std::process::Output {
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    xtask.args(["stage", "--prefix-dir"]).arg(place);
    xtask.output().expect("xtask can be run")
}

fn files(place: &Path, below: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(place).expect("it is a directory") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() && !path.is_symlink() {
            files(&path, below, found);
        } else {
            let path = path.strip_prefix(below).expect("it is below");
            found.insert(path.display().to_string());
        }
    }
}

/// The strings of this kind in an ELF file's dynamic section.
fn dynamic(path: &Path, tag: DynamicTag) -> Vec<String> {
    let data = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let elf = ElfFile64::<Endianness>::parse(&*data).expect("it is an ELF file");
    let table = elf.elf_dynamic_table().expect("there is a dynamic section");
    let entries = table.iter().filter(|entry| entry.tag == tag);
    let texts = entries.map(|entry| table.string(entry).expect("its text is there"));
    texts.map(|text| String::from_utf8(text.to_vec()).expect("it is UTF-8")).collect()
}

/// The objects of this process whose file name begins so.
fn loaded(name: &str) -> BTreeSet<String> {
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux has it");
    let paths = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    let ours = paths.filter(|path| path.rsplit('/').next().is_some_and(|it| it.starts_with(name)));
    ours.map(str::to_owned).collect()
}

fn address(library: &Library, symbol: &str) -> usize {
    // SAFETY: a function of C is called through no pointer here: the address is only compared.
    let symbol = unsafe { library.get::<extern "C" fn()>(symbol.as_bytes()) };
    *symbol.expect("every name offers the functions") as usize
}

/// Programs that find NVML by themselves believe in CUDA.
#[test]
fn nothing_leads_to_the_nvml_face() {
    let mut found = BTreeSet::new();
    files(&STAGE, &STAGE, &mut found);
    let named: Vec<_> = found.iter().filter(|path| path.contains("libnvidia-ml")).collect();
    assert_eq!(named, ["lib/rsmi-compat/nvml/libnvidia-ml.so.1"]);
    for path in found.iter().filter(|path| path.contains("modulefiles") || path.ends_with(".pc")) {
        let text = fs::read_to_string(STAGE.join(path)).expect("it is text");
        assert!(!text.contains("nvml"), "{path} names the directory");
    }
}

#[test]
fn the_tree_is_what_the_parts_expect_of_each_other() {
    let mut found = BTreeSet::new();
    files(&STAGE, &STAGE, &mut found);
    for path in [
        "bin/rsmi-compat",
        "include/rsmi_compat.h",
        "include/rocm_smi/rocm_smi.h",
        "include/rocm_smi/kfd_ioctl.h",
        "include/rocm_smi/rocm_smi64Config.h",
        "lib/librsmi_compat.so",
        "lib/librsmi_compat.so.1",
        "lib/librsmi_compat.so.1.0.0",
        "lib/rsmi-compat/librsmi_compat_audit.so",
        "lib/rsmi-compat/librsmi_compat.so.1",
        "lib/rsmi-compat/nvml/libnvidia-ml.so.1",
        "lib/rsmi-compat/simulator/libamd_smi.so",
        "lib/pkgconfig/rsmi_compat.pc",
        "lib/cmake/rsmi_compat/rsmi_compat-config.cmake",
        "lib/cmake/rsmi_compat/rsmi_compat-config-version.cmake",
        "lib/cmake/rocm_smi/rocm_smi-config.cmake",
        "lib/cmake/rocm_smi/rocm_smi-config-version.cmake",
        "share/bash-completion/completions/rsmi-compat",
        "share/man/man1/rsmi-compat.1",
        "share/man/man3/rsmi_dev_temp_metric_get.3",
        "share/man/man3/rsmi_compat_version_get.3",
        "share/man/man7/rsmi_compat.7",
        "share/doc/rsmi-compat/LICENSE",
        "share/doc/rsmi-compat/rsmi-compat.conf.example",
        "lib/rsmi-compat/rocm/.info/version",
        "lib/rsmi-compat/rocm/include/rocm_smi",
        "lib/rsmi-compat/rocm/include/rsmi_compat.h",
        "lib/rsmi-compat/rocm/lib/cmake/rocm_smi",
        "lib/rsmi-compat/rocm/lib/librsmi_compat.so.1",
        "lib/rsmi-compat/rocm/libexec/rocm_smi/rsmiBindings.py",
    ] {
        assert!(found.remove(path), "{path} is missing in {found:#?}");
        fs::metadata(STAGE.join(path)).expect("a link leads somewhere");
    }
    let names = ["", ".1", ".1.0", ".5", ".6", ".7", ".7.8"];
    for directory in [DROPIN, ROCM] {
        for path in names.map(|ending| format!("{directory}/librocm_smi64.so{ending}")) {
            assert!(found.remove(&path), "{path} is missing");
            fs::metadata(STAGE.join(path)).expect("a link leads somewhere");
        }
    }
}

/// Every link of every page that is installed, but for those to other hosts.
#[test]
fn links_lead_to_what_is_installed() {
    let mut found = BTreeSet::new();
    files(&STAGE, &STAGE, &mut found);
    let mut checked = 0;
    for page in found.iter().filter(|path| path.ends_with(".md")) {
        let path = STAGE.join(page);
        let text = fs::read_to_string(&path).expect("it is text");
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            let (Event::Start(Tag::Link { dest_url: link, .. })
            | Event::Start(Tag::Image { dest_url: link, .. })) = event
            else {
                continue;
            };
            let file = link.split('#').next().expect("there is a first");
            if !file.is_empty() && !file.contains("://") {
                let target = path.parent().expect("it is in a directory").join(file);
                assert!(target.exists(), "{page}: {link} leads nowhere");
                checked += 1;
            }
        }
    }
    assert!(checked > 30, "only {checked} links were found");
}

#[test]
fn libraries_may_be_executed_and_nothing_else_but_the_command() {
    let mut found = BTreeSet::new();
    files(&STAGE, &STAGE, &mut found);
    for path in found {
        let metadata = fs::metadata(STAGE.join(&path)).expect("a link leads somewhere");
        // A link to one.
        if metadata.is_dir() {
            continue;
        }
        // Below abi-… that is a script for the linker.
        let is_script = path.contains("/abi-") && path.ends_with(".so");
        let runs = path.contains(".so") && !is_script || path.starts_with("bin/");
        let mode = metadata.permissions().mode() & 0o7777;
        // EAR opens only a library that access(2) lets it execute.
        assert_eq!(mode, if runs { 0o755 } else { 0o644 }, "{path}");
    }
}

#[test]
fn every_word_of_a_template_was_filled_in() {
    let mut found = BTreeSet::new();
    files(&STAGE, &STAGE, &mut found);
    let filled = ["cmake/", "pkgconfig/", "modulefiles/"];
    found.retain(|path| filled.iter().any(|part| path.contains(part)));
    found.retain(|path| !STAGE.join(path).is_symlink());
    assert_eq!(found.len(), 7, "{found:?}");
    for path in found {
        let text = fs::read_to_string(STAGE.join(&path)).expect("it is text");
        let word = text.split_whitespace().find(|word| word.matches('@').count() > 1);
        assert_eq!(word, None, "{path}");
    }
}

#[test]
fn a_small_library_bears_its_name_and_finds_the_core() {
    assert_eq!(dynamic(&STAGE.join("lib").join(CORE), DT_SONAME), [CORE]);
    for major in [1, 5, 6, 7] {
        let name = format!("librocm_smi64.so.{major}");
        let path = STAGE.join(DROPIN).join(&name);
        assert_eq!(dynamic(&path, DT_SONAME), [name]);
        assert_eq!(dynamic(&path, DT_NEEDED), [CORE]);
        assert_eq!(dynamic(&path, DT_RUNPATH), ["$ORIGIN/..:$ORIGIN"]);
        let data = fs::read(&path).expect("it was read before");
        let elf = ElfFile64::<Endianness>::parse(&*data).expect("it was parsed before");
        assert_eq!(elf.dynamic_symbols().count(), 0, "{}", path.display());
    }
}

#[test]
fn all_names_are_one_core() {
    let names = ["", ".1", ".1.0", ".5", ".6", ".7", ".7.8"];
    let open = |ending| {
        let path = STAGE.join(DROPIN).join(format!("librocm_smi64.so{ending}"));
        // SAFETY: our library runs no code when it is opened.
        unsafe { Library::new(&path) }.unwrap_or_else(|error| panic!("{error}"))
    };
    let libraries = names.map(open);
    for symbol in ["rsmi_init", "rsmi_dev_gpu_metrics_info_get"] {
        let addresses: BTreeSet<_> =
            libraries.iter().map(|library| address(library, symbol)).collect();
        assert_eq!(addresses.len(), 1, "{symbol}");
    }
    assert_eq!(loaded("librsmi_compat.so").len(), 1);
    let small = loaded("librocm_smi64.so");
    assert_eq!(small.len(), 4, "a file for each legacy SONAME: {small:?}");
}

/// A program that says which of the generations are open for it.
const CLIENT: &str = r#"
#define RSMI_COMPAT_UNMARKED
#include <rsmi_compat.h>
#include <stdio.h>
int main(void) {
  char text[256];
  const char *status = 0;
  if (rsmi_status_string(RSMI_STATUS_SUCCESS, &status) != 0) return 1;
  if (rsmi_compat_generation_evidence_get(text, sizeof text) != 0) return 2;
  return puts(text) < 0;
}
"#;

/// Compiles it, and returns it with what it prints.
fn link(scratch: &Path, arguments: &[&str], libraries: &Path) -> (PathBuf, String) {
    let (source, program) = (scratch.join("client.c"), scratch.join("client"));
    fs::write(&source, CLIENT).expect("it can be written");
    let mut cc = Command::new("cc");
    cc.arg(&source).args(arguments).arg("-o").arg(&program);
    let output = cc.output().expect("cc can be run");
    assert!(output.status.success(), "{cc:?}: {}", String::from_utf8_lossy(&output.stderr));
    let mut client = Command::new(&program);
    client.env("LD_LIBRARY_PATH", libraries).env_remove("RSMI_COMPAT_ABI");
    // No hint of what this machine has.
    client.env("ROCM_PATH", scratch);
    let output = client.output().expect("the client can be run");
    assert!(output.status.success(), "{output:?}");
    (program, String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned())
}

#[test]
fn the_drop_in_directories_link_a_program() {
    let scratch = TempDir::new().expect("a scratch directory");
    for directory in [DROPIN, ROCM] {
        let place = STAGE.join(directory);
        let include = format!("-I{}", STAGE.join("include").display());
        let arguments = [&include, "-L", place.to_str().expect("UTF-8"), "-lrocm_smi64"];
        let (program, said) = link(scratch.path(), &arguments, &STAGE.join("lib"));
        assert!(dynamic(&program, DT_NEEDED).contains(&CORE.to_owned()));
        assert!(said.starts_with("5,6.0,6.2,6.3,6.4,7.0 are open"), "{said}");
    }
}

#[test]
fn what_was_not_staged_is_left_alone() {
    let place = TempDir::new().expect("a scratch directory");
    fs::write(place.path().join("precious"), "mine").expect("it can be written");
    let output = stage(place.path());
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("was not staged"), "{errors}");
    assert!(place.path().join("precious").exists());
}

/// mandoc's matters of style are no faults.
#[test]
fn every_function_has_a_page_without_fault() {
    let mut pages = BTreeSet::new();
    files(&STAGE.join("share/man/man3"), &STAGE, &mut pages);
    let symbols = include_str!("../../tests/abi/symbols.txt").lines();
    let exported: BTreeSet<String> =
        symbols.map(|name| format!("share/man/man3/{name}.3")).collect();
    let ours = pages.iter().filter(|page| page.contains("/rsmi_compat_")).cloned();
    let all: BTreeSet<String> = exported.iter().cloned().chain(ours).collect();
    assert!(exported.len() > 170 && all == pages, "{:#?}", all.symmetric_difference(&pages));
    if !needs::program("mandoc") {
        return;
    }
    let mut lint = Command::new("mandoc");
    lint.args(["-Tlint", "-W", "warning"]).args(pages.iter().map(|page| STAGE.join(page)));
    let said = lint.output().expect("mandoc runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
}
