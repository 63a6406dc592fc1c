//! `tree`, beside a ROCm of the test's own.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Said, rsmi_compat, scratch, stage};

/// A ROCm without librocm_smi64, but for a file that a newer one has of it.
fn rocm(root: &Path) -> PathBuf {
    let rocm = root.join("rocm");
    for (file, text) in [
        (".info/version", "10.1.0-1\n"),
        ("bin/hipcc", "compiler"),
        ("include/hip/hip_runtime.h", ""),
        ("include/rocm_smi/old.h", ""),
        ("lib/libamdhip64.so.7", "hip"),
        ("lib/librocm_smi64.so", "theirs"),
        ("lib/cmake/hip/hip-config.cmake", ""),
        ("libexec/amdsmi_cli/amdsmi.py", ""),
    ] {
        fs::create_dir_all(rocm.join(file).parent().unwrap()).unwrap();
        fs::write(rocm.join(file), text).unwrap();
    }
    symlink("bin/hipcc", rocm.join("hipcc")).unwrap();
    rocm
}

fn tree(rocm: &Path, directory: &Path) -> Said {
    Said::of(rsmi_compat().arg("tree").arg("--rocm").arg(rocm).arg(directory))
}

/// Each file and link of a directory, and where links lead to.
fn found(place: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut places = vec![place.to_owned()];
    while let Some(directory) = places.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(place).unwrap().display().to_string();
            match path.read_link() {
                Ok(target) => drop(found.insert(name, target)),
                Err(_) if path.is_dir() => places.push(path),
                Err(_) => drop(found.insert(name, path)),
            }
        }
    }
    found
}

#[test]
fn everything_of_rocm_is_there_and_ours_in_front() {
    let root = scratch();
    let (rocm, made) = (rocm(root.path()), root.path().join("made"));
    let said = tree(&rocm, &made);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let ours = stage().canonicalize().unwrap().join("lib/rsmi-compat/rocm");
    let text =
        format!("{}: 12 links to {}, 7 to {}\n", made.display(), ours.display(), rocm.display());
    assert_eq!(said.out, text);
    let there = found(&made);
    for name in [
        "bin",
        "hipcc",
        "include/hip",
        "lib/libamdhip64.so.7",
        "lib/cmake/hip",
        "libexec/amdsmi_cli",
    ] {
        assert_eq!(there[name], rocm.join(name), "{name}");
    }
    assert_eq!(there[".info/version"], rocm.join(".info/version"), "it is ROCm's");
    for name in [
        "include/rocm_smi",
        "lib/cmake/rocm_smi",
        "lib/librocm_smi64.so",
        "lib/librocm_smi64.so.7",
        "lib/librsmi_compat.so.1",
        "libexec/rocm_smi/rsmiBindings.py",
    ] {
        assert_eq!(there[name], ours.join(name), "{name}");
    }
    assert!(there.keys().all(|name| made.join(name).exists()), "{there:?}");
    // A newer ROCm, and again.
    fs::write(rocm.join("lib/libnew.so"), "").unwrap();
    assert_eq!(tree(&rocm, &made).code, Some(0));
    let again = found(&made);
    assert_eq!(again.len(), there.len() + 1);
    assert_eq!(again["lib/libnew.so"], rocm.join("lib/libnew.so"));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2, "nothing else is left");
}

/// A program is linked with its library, and finds the core through it.
#[test]
fn a_program_is_built_and_run_with_it() {
    let root = scratch();
    let (made, source, program) =
        (root.path().join("made"), root.path().join("p.c"), root.path().join("p"));
    let none = root.path().join("none");
    let said = tree(&none, &made);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert!(said.out.ends_with(&format!(", no ROCm in {}\n", none.display())), "{}", said.out);
    let text = "#include <rocm_smi/rocm_smi.h>\nint main(void) { const char *t;\n\
                return rsmi_status_string(RSMI_STATUS_SUCCESS, &t); }\n";
    fs::write(&source, text).unwrap();
    let mut cc = Command::new("cc");
    cc.arg("-I").arg(made.join("include")).arg(&source).arg("-o").arg(&program);
    cc.arg("-L").arg(made.join("lib")).arg("-lrocm_smi64");
    assert!(cc.status().unwrap().success());
    let mut program = Command::new(&program);
    assert!(program.env("LD_LIBRARY_PATH", made.join("lib")).status().unwrap().success());
}

#[test]
fn what_another_made_is_left_alone() {
    let root = scratch();
    let rocm = rocm(root.path());
    let (full, file) = (root.path().join("full"), root.path().join("file"));
    fs::create_dir(&full).unwrap();
    fs::write(full.join("precious"), "mine").unwrap();
    fs::write(&file, "mine").unwrap();
    for (place, why) in [
        (&full, "was not made by this command: nothing was changed"),
        (&file, "is no directory: nothing was changed"),
        (&rocm.join("in"), "it cannot be in the ROCm that it has links to"),
        (&root.path().join("no/such"), "cannot write"),
    ] {
        let said = tree(&rocm, place);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{}", place.display());
        assert!(said.err.contains(why) && said.err.lines().count() == 1, "{}", said.err);
    }
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 3, "nothing is left of it");
    // An empty one may be filled.
    fs::remove_file(full.join("precious")).unwrap();
    assert_eq!(tree(&rocm, &full).code, Some(0));
}
