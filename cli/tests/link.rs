//! `link` and `unlink`, in a root directory of the test's own, with an installation in it.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use support::{Said, bare_rsmi_compat, scratch};
use tempfile::TempDir;

const NAMES: [&str; 4] =
    ["librocm_smi64.so", "librocm_smi64.so.1", "librocm_smi64.so.7", "librsmi_compat.so.1"];

/// A system with as much of us as these commands look at.
struct System {
    root: TempDir,
}

impl System {
    fn new() -> System {
        let root = scratch();
        let prefix = root.path().join("usr/local");
        fs::create_dir_all(prefix.join("bin")).unwrap();
        fs::create_dir_all(prefix.join("lib/rsmi-compat")).unwrap();
        fs::hard_link(env!("CARGO_BIN_EXE_rsmi-compat"), prefix.join("bin/rsmi-compat")).unwrap();
        fs::write(prefix.join("lib/librsmi_compat.so.1"), "").unwrap();
        for name in NAMES {
            fs::write(prefix.join("lib/rsmi-compat").join(name), "").unwrap();
        }
        fs::write(prefix.join("lib/rsmi-compat/librsmi_compat_audit.so"), "").unwrap();
        System { root }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.root.path().join(below)
    }

    fn say(&self, word: &str) -> Said {
        let command = self.path("usr/local/bin/rsmi-compat");
        Said::of(bare_rsmi_compat(&command).args([word, "--root"]).arg(self.root.path()))
    }

    #[track_caller]
    fn does(&self, word: &str) -> String {
        let said = self.say(word);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
        said.out
    }

    /// What is below /opt: where links lead to, and what is in files.
    fn opt(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        walk(&self.path("opt"), self.root.path(), &mut found);
        found
    }
}

fn walk(place: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(place).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if let Ok(target) = path.read_link() {
            found.insert(name, format!("-> {}", target.display()));
        } else if path.is_dir() {
            found.insert(name, "directory".into());
            walk(&path, root, found);
        } else {
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn each_name_is_linked_and_goes_again() {
    let system = System::new();
    assert!(system.does("link").ends_with("opt/rocm/lib: 4 links to /usr/local/lib/rsmi-compat\n"));
    let there = system.opt();
    assert_eq!(there.len(), NAMES.len() + 2, "{there:?}");
    for name in NAMES {
        let target = &there[&format!("opt/rocm/lib/{name}")];
        assert_eq!(*target, format!("-> /usr/local/lib/rsmi-compat/{name}"));
    }
    // Once more, and from where it was before.
    let link = system.path("opt/rocm/lib/librocm_smi64.so");
    fs::remove_file(&link).unwrap();
    symlink("/opt/old/lib/rsmi-compat/librocm_smi64.so", &link).unwrap();
    system.does("link");
    assert_eq!(system.opt(), there);
    assert!(system.does("unlink").ends_with("opt/rocm/lib: 4 links removed\n"));
    assert_eq!(system.opt(), BTreeMap::new());
    assert!(system.path("opt").exists(), "it is the system's");
    assert!(system.does("unlink").ends_with("opt/rocm/lib: 0 links removed\n"));
}

#[test]
fn what_is_not_ours_stays_and_nothing_is_linked() {
    let lib = "opt/rocm/lib";
    type Put = fn(&Path);
    let others: [(&str, Put); 4] = [
        ("librocm_smi64.so.7", |path| fs::write(path, "the real one").unwrap()),
        ("librocm_smi64.so", |path| symlink("librocm_smi64.so.7", path).unwrap()),
        ("librocm_smi64.so.1", |path| symlink("/gone/librocm_smi64.so.1", path).unwrap()),
        ("librsmi_compat.so.1", |path| fs::create_dir(path).unwrap()),
    ];
    for (name, put) in others {
        let system = System::new();
        fs::create_dir_all(system.path(lib)).unwrap();
        put(&system.path(lib).join(name));
        let before = system.opt();
        system.say("link").refuses(2, &[name, "is no link of ours: nothing was linked"]);
        assert_eq!(system.opt(), before);
        system.does("unlink");
        assert_eq!(system.opt(), before);
    }
}

#[test]
fn libraries_of_others_beside_ours_stay() {
    let system = System::new();
    fs::create_dir_all(system.path("opt/rocm/lib")).unwrap();
    fs::write(system.path("opt/rocm/lib/libamd_smi.so"), "theirs").unwrap();
    let before = system.opt();
    system.does("link");
    assert_eq!(system.opt().len(), before.len() + NAMES.len());
    system.does("unlink");
    assert_eq!(system.opt(), before);
}

/// As update-alternatives has it: the link's target is meant below that root, and not on this machine.
#[test]
fn no_link_leads_out_of_the_root() {
    let system = System::new();
    let outside = scratch();
    let within = system.path(outside.path().strip_prefix("/").unwrap().to_str().unwrap());
    fs::create_dir_all(&within).unwrap();
    fs::create_dir_all(system.path("opt")).unwrap();
    symlink(outside.path(), system.path("opt/rocm")).unwrap();
    system.does("link");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    assert_eq!(fs::read_dir(within.join("lib")).unwrap().count(), NAMES.len());
    system.does("unlink");
    assert!(within.exists() && !within.join("lib").exists());
}

#[test]
fn a_root_without_us_is_refused() {
    let (system, other) = (System::new(), scratch());
    let mut command = bare_rsmi_compat(&system.path("usr/local/bin/rsmi-compat"));
    let said = Said::of(command.args(["link", "--root"]).arg(other.path()));
    said.refuses(2, &["install rsmi-compat in it"]);
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
    let nowhere = other.path().join("nowhere");
    let said = Said::of(
        bare_rsmi_compat(&system.path("usr/local/bin/rsmi-compat"))
            .args(["link", "--root"])
            .arg(nowhere),
    );
    said.refuses(2, &["nowhere", "No such file"]);
}

/// A directory that takes no more links: what was made before goes again.
#[test]
fn half_of_it_is_none() {
    let system = System::new();
    // A link of ours that is to be led elsewhere, by a new one beside it whose name is too long.
    let long = format!("librocm_smi64.so.{}", "9".repeat(255 - 17));
    fs::write(system.path("usr/local/lib/rsmi-compat").join(&long), "").unwrap();
    fs::create_dir_all(system.path("opt/rocm/lib")).unwrap();
    let link = system.path("opt/rocm/lib").join(&long);
    symlink(format!("/x/rsmi-compat/{long}"), link).unwrap();
    let before = system.opt();
    system.say("link").refuses(2, &["cannot write"]);
    assert_eq!(system.opt(), before);
}
