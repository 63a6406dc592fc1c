//! What the tests of the command share: the staged tree, a directory for one test, C compiled.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Duration;

/// The repository.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in the workspace")
}

/// The installed tree, as `cargo xtask stage` writes it; made anew once for each test program.
pub fn stage() -> &'static Path {
    static STAGE: OnceLock<PathBuf> = OnceLock::new();
    STAGE.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["run", "--quiet", "--package", "xtask", "--", "stage"]);
        let staged = cargo.current_dir(workspace()).output().unwrap();
        assert!(staged.status.success(), "{}", String::from_utf8_lossy(&staged.stderr));
        Path::new(env!("CARGO_BIN_EXE_rsmi-compat"))
            .ancestors()
            .map(|directory| directory.join("stage"))
            .find(|stage| stage.join("lib/librsmi_compat.so.1").exists())
            .expect("the stage is in target/")
    })
}

/// Whether the test may go on as root; says so where it may not.
pub fn is_root() -> bool {
    // SAFETY: geteuid only reads.
    let root = unsafe { libc::geteuid() } == 0;
    if !root {
        needs::skip("only root can make such a program");
    }
    root
}

/// The command, on the staged tree, in an environment without settings of ours.
pub fn rsmi_compat() -> Command {
    stage();
    bare_rsmi_compat(Path::new(env!("CARGO_BIN_EXE_rsmi-compat")))
}

/// The command at this place.
pub fn bare_rsmi_compat(path: &Path) -> Command {
    let mut command = Command::new(path);
    let ours = std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(|name| name.starts_with("RSMI_")));
    for (name, _) in ours {
        command.env_remove(name);
    }
    // Cargo names its own directories there for its tests.
    for name in ["LD_LIBRARY_PATH", "LD_AUDIT", "LD_PRELOAD", "ROCM_PATH"] {
        command.env_remove(name);
    }
    command
}

/// How a command ended, and what it said.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = output(command);
        Self {
            code: status.code(),
            out: String::from_utf8_lossy(&stdout).into_owned(),
            err: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    /// A refusal: this exit status, nothing on stdout, one line on stderr with these words.
    #[track_caller]
    pub fn refuses(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        assert_eq!(self.out, "");
        assert_eq!(self.err.lines().count(), 1, "{}", self.err);
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in: {}", self.err);
        }
    }
}

/// What a command said. A file that a test has just written cannot be run while a program that
/// another test starts still has it open, for a moment, as each new process does.
pub fn output(command: &mut Command) -> Output {
    for _ in 0..100 {
        match command.output() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {}
            Ok(output) if output.stderr.ends_with(b"Text file busy (os error 26)\n") => {}
            output => return output.unwrap(),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{}: a file is busy all the time", command.get_program().to_string_lossy());
}

/// A directory that goes with the test.
pub fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Compiles and links C, which is given as text.
pub fn compile<I, A>(to: &Path, source: &str, arguments: I)
where
    I: IntoIterator<Item = A>,
    A: AsRef<OsStr>,
{
    let file = to.with_extension("c");
    std::fs::write(&file, source).unwrap();
    let mut compiler = Command::new("cc");
    compiler.arg("-o").arg(to).arg(&file).args(arguments);
    let done = compiler.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

pub fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
