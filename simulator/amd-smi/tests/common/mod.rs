//! What the tests run on: a machine written out, a file of each release, and programs over both.
#![allow(dead_code, reason = "each test uses a part of it")]

use rsmi_simulator::Machine;
use rsmi_simulator_releases::{RELEASES, write};
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};
use tempfile::TempDir;

const MACHINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/machine.toml");
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

pub struct Stage {
    place: TempDir,
}

/// How a program came out.
pub struct Outcome {
    /// Nothing if the time was up.
    pub success: Option<bool>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Stage {
    pub fn new() -> Self {
        Self::of(Path::new(MACHINE))
    }

    /// With the tree of another machine.
    pub fn of(machine: &Path) -> Self {
        let place = tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .expect("a temporary directory");
        let stage = Self { place };
        let machine = Machine::from_file(machine).unwrap_or_else(|e| panic!("{e}"));
        machine.write_tree(&stage.sys()).expect("the tree is written");
        fs::create_dir(stage.at("lib")).expect("a directory");
        symlink(built("librsmi_compat.so"), stage.at("lib/librsmi_compat.so.1")).expect("a link");
        symlink("librsmi_compat.so.1", stage.at("lib/librsmi_compat.so")).expect("a link");
        for release in RELEASES {
            let to = stage.amd_smi(release.name);
            write(&built("libamd_smi.so"), release, &to).unwrap_or_else(|e| panic!("{e}"));
        }
        stage
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub fn sys(&self) -> PathBuf {
        self.at("sys")
    }

    pub fn amd_smi(&self, release: &str) -> PathBuf {
        self.at(&format!("libamd_smi-{release}.so"))
    }

    /// Compiles a program against our own header and library.
    pub fn compile(&self, name: &str, sources: &[PathBuf], more: &[&str]) -> PathBuf {
        let program = self.at(name);
        let output = Command::new("cc")
            .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1"])
            .args(more)
            .arg("-I")
            .arg(Path::new(WORKSPACE).join("include"))
            .args(sources)
            .arg("-L")
            .arg(self.at("lib"))
            .args(["-lrsmi_compat", "-ldl", "-o"])
            .arg(&program)
            .output()
            .expect("there is a C compiler");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        program
    }

    /// A program over our library, which finds the machine and that release of libamd_smi.
    pub fn over(&self, program: &Path, release: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("LD_LIBRARY_PATH", self.at("lib"))
            .env("RSMI_COMPAT_AMDSMI", self.amd_smi(release))
            .env("RSMI_COMPAT_SYSFS", self.sys())
            .env("RSMI_SIM_MACHINE", MACHINE);
        command
    }
}

/// A program of the lab that asks every function in every odd way, and the lines that it prints.
pub fn sweep(stage: &Stage) -> PathBuf {
    let clients = Path::new(WORKSPACE).join("tests/lab/clients");
    let sources = ["sweep.c", "probe.c", "shape.c"].map(|name| clients.join(name));
    stage.compile("sweep", &sources, &["-DRSMI_GENERATION=70"])
}

/// The answers by the names of the probes.
pub fn answers(text: &str) -> BTreeMap<&str, &str> {
    text.lines().filter_map(|line| line.split_once(": ")).collect()
}

/// Runs a program to its end, or until the time is up.
pub fn run(mut command: Command, limit: Duration) -> Outcome {
    let out = tempfile::tempfile().expect("a file");
    let err = tempfile::tempfile().expect("a file");
    command
        .stdin(Stdio::null())
        .stdout(out.try_clone().expect("a second handle"))
        .stderr(err.try_clone().expect("a second handle"));
    let start = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let success = wait(&mut child, start + limit);
    Outcome { success, stdout: contents(out), stderr: contents(err), took: start.elapsed() }
}

fn wait(child: &mut Child, deadline: Instant) -> Option<bool> {
    loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            return Some(status.success());
        }
        if Instant::now() >= deadline {
            child.kill().expect("it is our child");
            child.wait().expect("it was killed");
            return None;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn contents(mut file: fs::File) -> String {
    use std::io::{Read as _, Seek as _};
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("it can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What cargo put beside this test.
pub fn built(name: &str) -> PathBuf {
    let path = env::current_exe().expect("this test has a path").with_file_name(name);
    assert!(path.exists(), "{} was not built", path.display());
    path
}
