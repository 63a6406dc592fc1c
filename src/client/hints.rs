//! What the machine and the process have, which makes one of the open generations likely.

use super::evidence::{self, Facts};
use crate::conf::{self, Conf};
use crate::config::Config;
use crate::door;
use crate::object::{self, Dynamic};
use rsmi_generations::{self as generations, Open};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The first hint that picks some of those that are open, and the words for it.
pub(super) fn first(facts: &Facts, open: Open) -> Option<(Open, String)> {
    let picks = |hint: &(Open, String)| {
        let both = open.and(hint.0);
        !both.is_empty() && both != open
    };
    let loaded = loaded();
    loaded
        .hip
        .into_iter()
        .chain(distribution(facts))
        .find(&picks)
        .or_else(|| release().filter(&picks))
        .or_else(|| loaded.legacy.into_iter().find(&picks))
}

/// The line of the distribution's package, which speaks for the distribution's own programs.
fn distribution(facts: &Facts) -> Option<(Open, String)> {
    let open = Conf::get().abi_of_usr?;
    let program = if facts.is_silent() { program() } else { facts.path.clone() };
    is_the_distributions(&program)
        .then(|| (open, format!("{} says abi-of-usr = {open}", conf::PATH)))
}

/// The program that the process runs: the script, if it runs one.
fn program() -> PathBuf {
    let script = evidence::scripts().into_iter().next();
    script.or_else(|| std::fs::read_link("/proc/self/exe").ok()).unwrap_or_default()
}

fn is_the_distributions(path: &Path) -> bool {
    path.starts_with("/usr") && !path.starts_with("/usr/local")
}

/// The release of ROCm that is installed.
fn release() -> Option<(Open, String)> {
    let root = Config::get().rocm_path.as_deref().unwrap_or(Path::new("/opt/rocm"));
    let file = root.join(".info/version");
    let open = Open::of_release(release_in(&file)?.trim())?;
    Some((open, format!("{} is of {open}", file.display())))
}

/// "6.2.4" of the text "6.2.4-120".
fn release_in(file: &Path) -> Option<String> {
    const MOST: u64 = 256;
    // Not even a pipe may make us wait.
    let file =
        std::fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(file).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    file.take(MOST).read_to_string(&mut text).ok()?;
    Some(text.split(['-', '+', '\n']).next()?.to_owned())
}

/// What the names of libraries in the process hint at.
#[derive(Default)]
struct Loaded {
    hip: Option<(Open, String)>,
    /// The oldest legacy name under which the process has us: who tries them all began with that.
    legacy: Option<(Open, String)>,
}

fn loaded() -> Loaded {
    let own = door::own_base();
    let (mut hip, mut legacy) = (None, None);
    // Nothing is allocated under the loader's lock.
    door::each_object(|info| {
        let name = object::file_name(info);
        if let Some(open) = generations::hint_of_hip(name) {
            hip = Some(open);
        } else if let Some(open) = generations::of_linked_library(name)
            && (info.dlpi_addr as usize == own || needs_us(info))
            && legacy.is_none_or(|known: Open| open.oldest() < known.oldest())
        {
            legacy = Some(open);
        }
        true
    });
    let says = |name: &str, open: Open| (open, format!("{name} of {open} is in the process"));
    Loaded {
        hip: hip.map(|open| says("libamdhip64.so", open)),
        legacy: legacy.map(|open| says("librocm_smi64.so", open)),
    }
}

/// Whether an object is linked to this library: the real librocm_smi64 may be there too.
fn needs_us(info: &libc::dl_phdr_info) -> bool {
    let Some(dynamic) = Dynamic::of(info) else { return false };
    dynamic.needed().any(|name| name.to_bytes().starts_with(b"librsmi_compat.so"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsmi_generations::Generation::V6_2;

    #[test]
    fn the_distributions_programs_lie_below_usr() {
        for (path, is) in [
            ("/usr/bin/rocm-smi", true),
            ("/usr/libexec/x.py", true),
            ("/usr/local/bin/x", false),
            ("/home/a/usr/x", false),
            ("", false),
        ] {
            assert_eq!(is_the_distributions(Path::new(path)), is, "{path}");
        }
    }

    #[test]
    fn the_release_of_rocm_is_what_its_file_begins_with() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("version");
        let open = |text: &[u8]| {
            std::fs::write(&file, text).unwrap();
            Open::of_release(release_in(&file)?.trim())
        };
        assert_eq!(open(b"6.2.4-120\n"), Some(Open::only(V6_2)));
        assert_eq!(open(b"6.2\n"), Some(Open::only(V6_2)));
        assert_eq!(open(b"\xff\xfe"), None);
        assert_eq!(open(b""), None);
        assert_eq!(release_in(directory.path()), None);
        assert_eq!(release_in(Path::new("/dev/zero")), None);
    }
}
