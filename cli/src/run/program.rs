//! What is to be run: found as a shell finds it, and checked for whether it can be run on our
//! library at all, so that nobody wonders why nothing changed.

use crate::elf::{self, Kind};
use anyhow::{Context, Error, Result, anyhow, bail, ensure};
use object::LittleEndian;
use object::elf::{ET_DYN, ET_EXEC};
use object::read::elf::FileHeader;
use rustix::fs::{Access, AtFlags, CWD, StatVfsMountFlags};
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A program that the dynamic loader starts.
#[derive(Debug)]
pub struct Program {
    /// What is executed.
    pub path: PathBuf,
    /// The files that tell which library it wants: the script, if it is one, and the program.
    pub files: Vec<PathBuf>,
}

/// Why it cannot be run.
#[derive(Debug)]
pub struct Refusal {
    pub error: Error,
    /// There is such a file.
    pub found: bool,
}

/// As many interpreters of interpreters as Linux follows.
const MOST_INTERPRETERS: usize = 5;

impl Program {
    pub fn find(name: &OsStr) -> std::result::Result<Self, Refusal> {
        let path = locate(name)?;
        let mut files = Vec::new();
        match check(&path, &mut files, 0) {
            Ok(()) => Ok(Self { path, files }),
            Err(error) => {
                Err(Refusal { error: error.context(path.display().to_string()), found: true })
            }
        }
    }
}

/// By its path, or by name in PATH.
pub fn locate(name: &OsStr) -> std::result::Result<PathBuf, Refusal> {
    let missing = |error| Refusal { error, found: false };
    if name.as_bytes().contains(&b'/') {
        let path = PathBuf::from(name);
        return match path.try_exists() {
            Ok(true) => Ok(path),
            Ok(false) => Err(missing(anyhow!("{}: there is no such file", path.display()))),
            Err(error) => {
                let found = error.kind() == std::io::ErrorKind::PermissionDenied;
                Err(Refusal { error: Error::new(error).context(path.display().to_string()), found })
            }
        };
    }
    let mut second = None;
    let list = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    for directory in std::env::split_paths(&list) {
        let path = directory.join(name);
        if !name.is_empty() && path.is_file() {
            if may_execute(&path) {
                return Ok(path);
            }
            second.get_or_insert(path);
        }
    }
    // A file that may not be executed is found after all, to be refused with a reason.
    second.ok_or_else(|| {
        missing(anyhow!("{}: there is no such program in PATH", name.to_string_lossy()))
    })
}

fn may_execute(path: &Path) -> bool {
    rustix::fs::accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).is_ok()
}

/// Collects the files that tell which library the program wants; fails if it would not get ours.
fn check(path: &Path, files: &mut Vec<PathBuf>, depth: usize) -> Result<()> {
    let metadata = std::fs::metadata(path)?;
    ensure!(!metadata.is_dir(), "is a directory, not a program");
    ensure!(metadata.is_file(), "is not a regular file");
    ensure!(may_execute(path), "may not be executed (see chmod(1), and mount(8) for noexec)");
    let (kind, data) = match elf::open(path) {
        Ok(opened) => opened,
        // Executable and not readable: what there is to know stays unknown, and it may be run.
        Err(error) if is_denied(&error) => {
            return secure(path, &metadata);
        }
        Err(error) => return Err(error),
    };
    files.push(path.to_owned());
    match kind {
        Kind::Elf => {
            dynamic(path, &data)?;
            secure(path, &metadata)
        }
        Kind::Script => {
            ensure!(depth < MOST_INTERPRETERS, "its interpreter is a script of a script, too deep");
            for interpreter in interpreters(path)? {
                check(&interpreter, files, depth + 1)
                    .with_context(|| format!("its interpreter {}", interpreter.display()))?;
            }
            Ok(())
        }
        // As a shell, env(1) and nohup(1) do.
        Kind::Text => Ok(()),
        Kind::Other => bail!("is neither an ELF program nor a script"),
    }
}

fn is_denied(error: &Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::PermissionDenied)
}

/// The loader of glibc must start it: nobody else heeds LD_AUDIT.
fn dynamic(path: &Path, data: &elf::Data) -> Result<()> {
    let header = elf::header(data)?;
    let kind = header.e_type(LittleEndian);
    ensure!(kind == ET_DYN || kind == ET_EXEC, "is an ELF file, but not a program");
    let Some(loader) = elf::interpreter(data)? else {
        let name = path.file_name().unwrap_or_default().as_bytes();
        // The dynamic loader as a command.
        if name.starts_with(b"ld-linux") || name == b"ld.so" {
            return Ok(());
        }
        bail!(
            "is statically linked: it loads no library, and so not ours; get a dynamically linked \
             build of it"
        );
    };
    let loader = Path::new(OsStr::from_bytes(loader));
    let name = loader.file_name().unwrap_or_default().as_bytes();
    ensure!(
        !name.starts_with(b"ld-musl"),
        "is linked with musl ({}), and cannot load a library that needs glibc, as ours and \
         libamd_smi do; get a build of it for glibc",
        loader.display()
    );
    ensure!(loader.exists(), "needs the dynamic loader {}, which is not there", loader.display());
    Ok(())
}

/// A program with more rights than its caller is started without the caller's libraries.
fn secure(path: &Path, metadata: &std::fs::Metadata) -> Result<()> {
    const SET_UID: u32 = 0o4000;
    const SET_GID: u32 = 0o2010;
    let mounted = rustix::fs::statvfs(path)?;
    if mounted.f_flag.contains(StatVfsMountFlags::NOSUID) {
        return Ok(());
    }
    let user = rustix::process::geteuid().as_raw();
    let group = rustix::process::getegid().as_raw();
    let way_out = "the dynamic loader ignores our settings for it; run a copy of it without them, \
                   or install our library system-wide";
    let mode = metadata.mode();
    if mode & SET_UID != 0 && metadata.uid() != user {
        bail!("is a set-uid program (of user {}): {way_out}", metadata.uid());
    }
    // Without the group's x the bit means something else.
    if mode & SET_GID == SET_GID && metadata.gid() != group {
        bail!("is a set-gid program (of group {}): {way_out}", metadata.gid());
    }
    let mut value = [0_u8; 64];
    let capable = rustix::fs::getxattr(path, "security.capability", &mut value[..]).is_ok();
    if capable && !rustix::process::getuid().is_root() {
        bail!("has file capabilities (see getcap(8)): {way_out}");
    }
    Ok(())
}

/// What runs a script: the program that its first line names and, if that is env(1), the one that
/// env is to find.
pub fn interpreters(script: &Path) -> Result<Vec<PathBuf>> {
    /// As much as Linux reads.
    const LONGEST: u64 = 256;
    let mut start = Vec::new();
    std::fs::File::open(script)?.take(LONGEST).read_to_end(&mut start)?;
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_prefix(b"#!").unwrap_or_default().trim_ascii();
    let mut words = line.splitn(2, |byte| b" \t".contains(byte));
    let interpreter = words.next().unwrap_or_default();
    ensure!(!interpreter.is_empty(), "its first line (#!) names no interpreter");
    let interpreter = PathBuf::from(OsString::from_vec(interpreter.to_vec()));
    ensure!(interpreter.exists(), "its interpreter {} is not there", interpreter.display());
    let mut found = vec![interpreter];
    if found.iter().any(|path| path.file_name() == Some(OsStr::new("env"))) {
        let arguments = words.next().unwrap_or_default();
        let mut words = arguments.split(|byte| b" \t".contains(byte));
        let program =
            words.find(|word| !word.is_empty() && !word.starts_with(b"-") && !word.contains(&b'='));
        if let Some(program) = program {
            let program = OsStr::from_bytes(program);
            found.push(locate(program).map_err(|refusal| refusal.error)?);
        }
    }
    Ok(found)
}
