//! What the machine and the process have, which makes one of the open generations likely.

use super::evidence::{self, Facts};
use crate::config::Config;
use crate::door;
use crate::object::{self, Dynamic};
use rsmi_generations::conf::Said;
use rsmi_generations::{self as generations, Open};
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
    let Said { value: open, file } = Config::get().conf.abi_of_usr.as_ref()?;
    let program = if facts.is_silent() { program() } else { facts.path.clone() };
    generations::is_the_distributions(&program)
        .then(|| (*open, format!("{} says abi-of-usr = {open}", file.display())))
}

/// The program that the process runs: the script, if it runs one.
fn program() -> PathBuf {
    let script = evidence::scripts().into_iter().next();
    script.or_else(|| std::fs::read_link("/proc/self/exe").ok()).unwrap_or_default()
}

/// The release of ROCm that is installed.
fn release() -> Option<(Open, String)> {
    let root = Config::get().rocm_path.as_deref().unwrap_or(Path::new("/opt/rocm"));
    let file = generations::release_file(root);
    let open = generations::release_of_rocm(&file)?;
    Some((open, format!("{} is of {open}", file.display())))
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
        hip = generations::hint_of_hip(name).or(hip);
        let ours = || info.dlpi_addr as usize == own || needs_us(info);
        let older = |open: &Open| legacy.is_none_or(|known: Open| open.oldest() < known.oldest());
        let named = generations::of_linked_library(name).filter(|_| ours());
        legacy = named.filter(older).or(legacy);
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
    use rsmi_generations::Generation;

    #[test]
    fn nothing_here_is_linked_to_the_library() {
        let (mut objects, mut linked) = (0, 0);
        door::each_object(|info| {
            objects += 1;
            linked += u32::from(needs_us(info));
            true
        });
        assert!(objects > 1 && linked == 0);
        let loaded = loaded();
        assert!(loaded.hip.is_none() && loaded.legacy.is_none());
    }

    #[test]
    fn a_hint_that_picks_nothing_is_none() {
        let one = Open::only(Generation::V6_3);
        assert_eq!(first(&Facts::nothing(), one), None, "there is nothing to pick");
        assert!(program().is_file(), "the test itself");
    }
}
