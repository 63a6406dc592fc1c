//! Whether the dynamic loader finds what was installed, and what is left to do where it does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::geteuid;

/// What the loader knows of the directory of libraries.
pub struct Loader {
    lib: PathBuf,
    searched: bool,
    root: bool,
}

impl Loader {
    /// To be asked while the directory is there.
    pub fn of(lib: PathBuf) -> Loader {
        let real = fs::canonicalize(&lib).unwrap_or_else(|_| lib.clone());
        let searched = directories().contains(&real);
        Loader { lib, searched, root: geteuid().is_root() }
    }

    /// After an installation: has the loader look again, or says who has to do what.
    pub fn installed(&self) -> String {
        let lib = self.lib.display();
        match (self.searched, self.root) {
            (true, true) => self.look_again(),
            (true, false) => "run `ldconfig` as root, which makes it known to all programs".into(),
            (false, true) => format!(
                "the dynamic loader does not search {lib} (that of RHEL does not search \
                 /usr/local/lib): for programs linked with -lrsmi_compat, run as root\n  \
                 echo {lib} > /etc/ld.so.conf.d/rsmi-compat.conf && ldconfig"
            ),
            (false, false) => format!(
                "the dynamic loader does not search {lib}: programs linked with -lrsmi_compat \
                 need LD_LIBRARY_PATH={lib}"
            ),
        }
    }

    /// After a removal, where there is something to say.
    pub fn removed(&self) -> Option<String> {
        match (self.searched, self.root) {
            (true, true) => Some(self.look_again()),
            (true, false) => Some("run `ldconfig` as root, which makes it forgotten".into()),
            (false, _) => None,
        }
    }

    fn look_again(&self) -> String {
        let done = ldconfig().stdout(Stdio::null()).stderr(Stdio::null()).status();
        if done.is_ok_and(|status| status.success()) {
            format!("ran ldconfig, since the dynamic loader searches {}", self.lib.display())
        } else {
            "`ldconfig` failed: run it as root, to see why".into()
        }
    }
}

/// It is not in everybody's PATH.
fn ldconfig() -> Command {
    let full = Path::new("/sbin/ldconfig");
    let mut command = Command::new(if full.exists() { full } else { Path::new("ldconfig") });
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// Those that the loader searches, as ldconfig reads its configuration; it changes nothing here.
fn directories() -> Vec<PathBuf> {
    let listed = ldconfig().args(["-v", "-N", "-X"]).stderr(Stdio::null()).output();
    let listed = listed.map(|output| output.stdout).unwrap_or_default();
    let listed = String::from_utf8_lossy(&listed);
    listed.lines().filter_map(directory).map(|path| path.canonicalize().unwrap_or(path)).collect()
}

/// A directory's line is `/usr/lib:`, in newer ones with ` (from FILE:LINE)` behind; its libraries
/// are indented.
fn directory(line: &str) -> Option<PathBuf> {
    let path = line.split_once(": (").map_or(line, |(path, _)| path);
    let path = path.strip_suffix(':').unwrap_or(path);
    path.starts_with('/').then(|| path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_ldconfig_names_a_directory_or_a_library() {
        let new = "/usr/local/lib: (from /etc/ld.so.conf.d/libc.conf:2)";
        assert_eq!(directory(new), Some("/usr/local/lib".into()));
        assert_eq!(directory("/usr/lib64:"), Some("/usr/lib64".into()));
        assert_eq!(directory("\tlibm.so.6 -> libm.so.6"), None);
    }

    #[test]
    fn the_loader_searches_where_its_own_libc_is() {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let libc = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
        let libc = libc.map(Path::new).find(|path| path.ends_with("libc.so.6")).unwrap();
        assert!(Loader::of(libc.parent().unwrap().into()).searched, "{}", libc.display());
        let place = tempfile::tempdir().unwrap();
        assert!(!Loader::of(place.path().into()).searched);
    }

    #[test]
    fn who_installs_reads_what_is_left_to_do() {
        let said = |searched, root| Loader { lib: "/x/lib".into(), searched, root }.installed();
        assert!(said(true, false).contains("run `ldconfig` as root"));
        let line = "echo /x/lib > /etc/ld.so.conf.d/rsmi-compat.conf && ldconfig";
        assert!(said(false, true).ends_with(line));
        assert!(said(false, false).ends_with("need LD_LIBRARY_PATH=/x/lib"));
        assert!(Loader { lib: "/x".into(), searched: false, root: true }.removed().is_none());
    }
}
