//! The way in: mounts that make up a machine, private to this process, then the command.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use rustix::fs::{Gid, Mode, Uid};
use rustix::io::Errno;
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind_recursive, mount_change,
    unmount,
};
use rustix::process::{
    Resource, Rlimit, Signal, getgid, getuid, pivot_root, set_parent_process_death_signal,
    setrlimit, umask,
};
use rustix::thread::{
    UnshareFlags, set_thread_groups, set_thread_res_gid, set_thread_res_uid, unshare_unsafe,
};
use serde::{Deserialize, Serialize};

/// All that the process inside has to know.
#[derive(Serialize, Deserialize)]
pub struct Spec {
    /// The unpacked root, never written to.
    pub root: PathBuf,
    /// An empty directory, to mount on.
    pub scratch: PathBuf,
    /// Where the real libraries and our own things are.
    pub cache: PathBuf,
    /// The machine's /sys, never written to.
    pub sys: PathBuf,
    /// Whether it is copied into memory.
    pub in_memory: bool,
    /// What the machine's driver would tell libdrm.
    pub drm_facts: PathBuf,
    pub cpuinfo: PathBuf,
    pub kfd: bool,
    /// The names of the nodes in /dev/dri.
    pub dri: Vec<String>,
    pub user: bool,
    pub env: Vec<(String, String)>,
    pub binds: Vec<(PathBuf, PathBuf)>,
    pub cwd: PathBuf,
    pub argv: Vec<String>,
}

/// The status that says that it was the lab that failed, and not the command.
pub const LAB_FAILED: u8 = 125;
const NOT_FOUND: u8 = 127;
const PREFIX: &str = "lab: cannot enter the machine: ";

/// Where the stand-in for libdrm finds its answers.
pub const DRM_FACTS: &str = "/lab/drm_facts";

/// The ordinary user inside.
const USER: u32 = 1000;

/// Becomes the command; returns, with the exit code, only if that failed.
pub fn enter(spec: &str) -> u8 {
    match become_command(spec) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{PREFIX}{error:#}");
            LAB_FAILED
        }
    }
}

/// What the lab complained about, if it was the lab that failed.
pub fn complaint(status: Option<i32>, stderr: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stderr);
    (status == Some(LAB_FAILED.into()) && text.starts_with(PREFIX))
        .then(|| text.trim_start_matches("lab: ").trim_end().to_owned())
}

fn become_command(spec: &str) -> Result<u8> {
    let spec: Spec = serde_json::from_str(spec).context("this is for the lab's own use")?;
    umask(Mode::empty());
    let outside = (getuid(), getgid());
    let mapped = unshare_mounts()?;
    if mapped {
        map_user(0, outside)?;
    }
    build(&spec)?;
    if spec.user && mapped {
        // The caller may be one user only, so 0 of the outer namespace becomes 1000 here.
        unshare(UnshareFlags::NEWUSER)?;
        map_user(USER, (Uid::ROOT, Gid::ROOT))?;
    } else if spec.user {
        set_thread_groups(&[])?;
        let (uid, gid) = (Uid::from_raw(USER), Gid::from_raw(USER));
        set_thread_res_gid(gid, gid, gid)?;
        set_thread_res_uid(uid, uid, uid)?;
    }
    std::env::set_current_dir(&spec.cwd).at(spec.cwd.display())?;
    umask(Mode::from_raw_mode(0o022));
    // Real libraries crash here every now and then, and nobody reads their cores.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // Whoever kills the lab does not want to look for its children.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let home = if spec.user { "/home/user" } else { "/root" };
    let (program, arguments) = spec.argv.split_first().context("there is no command to run")?;
    let error = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", "/lab/bin:/usr/bin:/usr/sbin")
        .env("HOME", home)
        .env("LANG", "C.UTF-8")
        .envs(spec.env)
        .exec();
    eprintln!("lab: cannot run {program} inside: {error}");
    Ok(NOT_FOUND)
}

/// Private mounts, in a user namespace if it takes one; true if it did.
fn unshare_mounts() -> Result<bool> {
    if getuid().is_root() && unshare(UnshareFlags::NEWNS).is_ok() {
        return Ok(false);
    }
    match unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS) {
        Ok(()) => Ok(true),
        Err(error) => bail!(
            "this system forbids private mounts ({error}): run the lab as root, in a container \
             with CAP_SYS_ADMIN, or where user namespaces are allowed"
        ),
    }
}

fn unshare(flags: UnshareFlags) -> Result<(), Errno> {
    // SAFETY: the table of file descriptors, which this could split, is not among the flags.
    unsafe { unshare_unsafe(flags) }
}

fn map_user(inside: u32, (uid, gid): (Uid, Gid)) -> Result<()> {
    fs::write("/proc/self/setgroups", "deny").at("/proc/self/setgroups")?;
    fs::write("/proc/self/uid_map", format!("{inside} {} 1", uid.as_raw())).at("uid_map")?;
    fs::write("/proc/self/gid_map", format!("{inside} {} 1", gid.as_raw())).at("gid_map")
}

/// Mounts the machine below `scratch` and makes it the root.
fn build(spec: &Spec) -> Result<()> {
    let (top, root) = (&spec.scratch, spec.scratch.join("root"));
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).at("/")?;
    tmpfs(top)?;
    overlay(&spec.root, &root, &top.join("root-changes"))?;

    if spec.in_memory {
        tmpfs(&root.join("sys"))?;
        copy(&spec.sys, &root.join("sys"))?;
    } else {
        overlay(&spec.sys, &root.join("sys"), &top.join("sys-changes"))?;
    }
    // Processors and memory are the host's own: the machine describes cards only.
    let system = root.join("sys/devices/system");
    fs::create_dir_all(&system)?;
    bind("/sys/devices/system", system)?;
    bind("/proc", root.join("proc"))?;
    bind(&spec.cpuinfo, root.join("proc/cpuinfo"))?;
    devices(spec, &root.join("dev"))?;

    for name in ["rsmi", "amdsmi", "ours", "bin", "drm"] {
        bind(spec.cache.join(name), root.join("lab").join(name))?;
    }
    bind_file(&spec.drm_facts, &root.join(DRM_FACTS.trim_start_matches('/')))?;
    for name in ["libdrm.so.2", "libdrm_amdgpu.so.1"] {
        let real = root.join("usr/lib/x86_64-linux-gnu").join(name);
        bind(spec.cache.join("drm").join(name), real)?;
    }
    // librocm_smi64 asks for it by the name that comes with its headers.
    bind_file(
        &spec.cache.join("drm/libdrm_amdgpu.so.1"),
        &root.join("usr/lib/x86_64-linux-gnu/libdrm_amdgpu.so"),
    )?;
    for (host, inside) in &spec.binds {
        let inside = root.join(inside.strip_prefix("/").unwrap_or(inside));
        if host.is_dir() {
            fs::create_dir_all(&inside).at(inside.display())?;
            bind(host, inside)?;
        } else {
            bind_file(host, &inside)?;
        }
    }
    // With both arguments the same, the old root lies under the new one and can be let go.
    std::env::set_current_dir(&root)?;
    pivot_root(".", ".").at("the new root")?;
    unmount(".", UnmountFlags::DETACH).at("the old root")?;
    Ok(())
}

fn devices(spec: &Spec, dev: &Path) -> Result<()> {
    tmpfs(dev)?;
    for name in ["null", "zero", "full", "random", "urandom", "tty"] {
        bind_file(&Path::new("/dev").join(name), &dev.join(name))?;
    }
    // Without the host's terminals a shell inside has no job control.
    if Path::new("/dev/pts").is_dir() {
        fs::create_dir(dev.join("pts"))?;
        bind("/dev/pts", dev.join("pts"))?;
        symlink("pts/ptmx", dev.join("ptmx"))?;
    }
    for (name, target) in [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")] {
        symlink(format!("/proc/self/fd{target}"), dev.join(name))?;
    }
    // The real libraries keep their mutexes here, and another run must not meet them.
    fs::create_dir(dev.join("shm"))?;
    fs::set_permissions(dev.join("shm"), std::os::unix::fs::PermissionsExt::from_mode(0o1777))?;
    if spec.kfd {
        empty_file(&dev.join("kfd"))?;
    }
    if !spec.dri.is_empty() {
        fs::create_dir(dev.join("dri"))?;
        for name in &spec.dri {
            empty_file(&dev.join("dri").join(name))?;
        }
    }
    Ok(())
}

fn empty_file(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o666).open(path)
}

fn tmpfs(place: &Path) -> Result<()> {
    mount("lab", place, "tmpfs", MountFlags::empty(), Some(c"mode=0755")).at(place.display())
}

/// Copies what is in a directory, links as links.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).at(from.display())? {
        let entry = entry?;
        let (kind, source) = (entry.file_type()?, entry.path());
        let copy = to.join(entry.file_name());
        if kind.is_dir() {
            fs::create_dir(&copy).at(copy.display())?;
            self::copy(&source, &copy)?;
            fs::set_permissions(&copy, entry.metadata()?.permissions())?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &copy)?;
        } else {
            fs::copy(&source, &copy).at(source.display())?;
        }
    }
    Ok(())
}

/// Mounts `below` so that it is never changed: what is written goes to `changes`.
fn overlay(below: &Path, place: &Path, changes: &Path) -> Result<()> {
    let (upper, work) = (changes.join("upper"), changes.join("work"));
    for directory in [&upper, &work] {
        fs::create_dir_all(directory)?;
        fs::set_permissions(directory, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    }
    fs::create_dir_all(place)?;
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        escaped(below),
        escaped(&upper),
        escaped(&work)
    );
    let options = std::ffi::CString::new(options)?;
    mount("lab", place, "overlay", MountFlags::empty(), Some(options.as_c_str()))
        .at(format!("an overlay of {}", below.display()))
}

/// A path as the options of an overlay spell it.
fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "\\\\").replace(',', "\\,").replace(':', "\\:")
}

/// Binds recursively: of a tree that has mounts in it, the kernel gives no part to a user.
fn bind(host: impl AsRef<Path>, place: impl AsRef<Path>) -> Result<()> {
    let (host, place) = (host.as_ref(), place.as_ref());
    mount_bind_recursive(host, place).at(host.display())
}

fn bind_file(host: &Path, place: &Path) -> Result<()> {
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    match empty_file(place) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error).at(place.display()),
        _ => bind(host, place),
    }
}

/// Names the thing that an error of the system is about.
trait At<T> {
    fn at(self, thing: impl Display) -> Result<T>;
}

impl<T, E: Into<anyhow::Error>> At<T> for Result<T, E> {
    fn at(self, thing: impl Display) -> Result<T> {
        self.map_err(|error| error.into().context(thing.to_string()))
    }
}
