//! The way in: this process gets mounts of its own, in which the machine is, and becomes the program.

use super::{machine, mounts};
use crate::out::eprintln;
use crate::run;
use anyhow::{Context, Result};
use rustix::fs::Mode;
use rustix::process::{Signal, getgid, getuid, set_parent_process_death_signal, umask};
use rustix::thread::{UnshareFlags, unshare_unsafe};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

const SYSFS: &str = "RSMI_COMPAT_SYSFS";

/// Returns only if there is no program to become.
pub(super) fn become_program(place: &Path, namespace: bool, command: &[OsString]) -> ExitCode {
    let Some((program, arguments)) = command.split_first() else {
        return ExitCode::from(run::FAILED);
    };
    let mut command = Command::new(program);
    command.args(arguments);
    let bound = namespace.then(|| bind(place));
    if let Some(Err(error)) = &bound {
        eprintln!(
            "rsmi-compat: no namespace here ({error:#}): our libraries see the simulated machine, \
             programs that read /sys themselves do not; to change that, {} (--no-namespace says \
             that it may stay so)",
            way_out(Path::new("/proc/sys"))
        );
    }
    match bound {
        Some(Ok(())) => command.env_remove(SYSFS),
        _ => command.env(SYSFS, place.join("sys")),
    };
    // Without whoever keeps the machine alive, there is none.
    let _ = set_parent_process_death_signal(Some(Signal::TERM));
    run::become_program(&mut command, program)
}

/// What a user may do about it, by what the system says of itself.
fn way_out(settings: &Path) -> String {
    for (file, forbids, allows) in [
        ("user/max_user_namespaces", "0", "10000"),
        // Debian's kernels, and Ubuntu's.
        ("kernel/unprivileged_userns_clone", "0", "1"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ] {
        let now = fs::read_to_string(settings.join(file)).unwrap_or_default();
        if now.trim() == forbids {
            let name = file.replace('/', ".");
            return format!("run it as root, or allow namespaces by `sysctl -w {name}={allows}`");
        }
    }
    "run it as root, or a container with CAP_SYS_ADMIN (`docker run --cap-add SYS_ADMIN \
     --security-opt apparmor=unconfined`)"
        .into()
}

/// All or nothing: what the program shall see is put over /sys and /dev at the very end.
fn bind(place: &Path) -> Result<()> {
    let nodes = machine::read_nodes(place)?;
    unshare_mounts()?;
    // What is made here has to be as open as on a real machine.
    let before = umask(Mode::empty());
    let done = mounts::build(place, &nodes);
    umask(before);
    done
}

/// Private mounts; in a user namespace, unless we are root and need none. The user stays who it is:
/// the rights over the mounts end when the program begins.
fn unshare_mounts() -> Result<()> {
    if getuid().is_root() && unshare(UnshareFlags::NEWNS).is_ok() {
        return Ok(());
    }
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS).context("unshare")?;
    fs::write("/proc/self/setgroups", "deny").context("setgroups")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1")).context("uid_map")?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1")).context("gid_map")
}

fn unshare(flags: UnshareFlags) -> rustix::io::Result<()> {
    // SAFETY: the table of file descriptors, which this could split, is not among the flags.
    unsafe { unshare_unsafe(flags) }
}

#[cfg(test)]
mod tests {
    use super::way_out;

    #[test]
    fn the_setting_that_forbids_is_named() {
        for (file, value, words) in [
            ("user/max_user_namespaces", "0\n", "`sysctl -w user.max_user_namespaces=10000`"),
            ("user/max_user_namespaces", "127000\n", "docker run"),
            ("kernel/unprivileged_userns_clone", "0\n", "kernel.unprivileged_userns_clone=1"),
            (
                "kernel/apparmor_restrict_unprivileged_userns",
                "1\n",
                "kernel.apparmor_restrict_unprivileged_userns=0",
            ),
        ] {
            let settings = tempfile::tempdir().unwrap();
            let path = settings.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, value).unwrap();
            let said = way_out(settings.path());
            assert!(said.contains(words), "{file} = {value}: {said}");
        }
    }
}
