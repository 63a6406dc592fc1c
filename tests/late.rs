//! Whoever asks and shuts down while the process ends is answered, and libamd_smi, whose objects may
//! be gone by then, is let be.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const PATTERNS: [&str; 7] = [
    "handler first",
    "handler before the question",
    "handler between the questions",
    "handler last",
    "the handler asks first",
    "destructor",
    "another thread ends the process",
];

struct Stage {
    place: tempfile::TempDir,
    library: PathBuf,
}

#[test]
fn nothing_that_a_process_does_while_it_ends_ends_it_badly() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    let sysfs = unsafe { common::set_up_without_amdsmi(place.path(), common::MACHINE) };
    assert!(sysfs.is_dir());
    // The directory of the library that cargo put beside this test.
    let library = env::current_exe().unwrap().parent().unwrap().to_owned();
    let stage = Stage { place, library };
    let amdsmi = stage.compile("libamd_smi.so", "libamd_smi.c", &["-shared", "-fPIC"]);
    let program = stage.linked("program", "program.c", &["-pthread"]);
    let plug_in = stage.linked("plugin.so", "plugin.c", &["-shared", "-fPIC"]);
    let handler = stage.linked("handler.so", "plugin.c", &["-shared", "-fPIC", "-DHANDLER"]);
    let mut bad = Vec::new();
    for log in ["error", "debug"] {
        let mut check = |what: &str, command: &mut Command| {
            command.env("RSMI_COMPAT_AMDSMI", &amdsmi).env("RSMI_COMPAT_LOG", log);
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).replace('\n', ", ");
            let ended = "count 0, id 0, cap 0, mode 0, shut down 0, again 8, ";
            if !output.status.success() || !said.starts_with("init 0, ") || !said.ends_with(ended) {
                bad.push(format!("{what}, log {log}: {}: {said}", output.status));
            }
        };
        for pattern in PATTERNS {
            check(pattern, Command::new(&program).arg(pattern));
        }
        check("a plug-in's destructor", Command::new(&program).arg("plug-in").arg(&plug_in));
        check("a plug-in's handler", Command::new(&program).arg("plug-in").arg(&handler));
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

impl Stage {
    fn compile(&self, name: &str, source: &str, more: &[&str]) -> PathBuf {
        let to = self.place.path().join(name);
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/late");
        let mut compile = Command::new("cc");
        compile.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&to);
        compile.arg(sources.join(source)).args(more);
        assert!(compile.status().expect("a C compiler, cc").success(), "{source}");
        to
    }

    /// Linked to the library.
    fn linked(&self, name: &str, source: &str, more: &[&str]) -> PathBuf {
        let name_of_ours = self.place.path().join("librsmi_compat.so.1");
        if fs::symlink_metadata(&name_of_ours).is_err() {
            let ours = self.library.join("librsmi_compat.so");
            std::os::unix::fs::symlink(ours, &name_of_ours).unwrap();
        }
        let (ours, search) = (name_of_ours.display(), self.place.path().display());
        let mut all: Vec<&str> = more.to_vec();
        let (ours, search) = (ours.to_string(), format!("-Wl,-rpath,{search}"));
        all.extend([ours.as_str(), search.as_str(), "-ldl"]);
        self.compile(name, source, &all)
    }
}
