//! The headers, the ways to compile with them and the roads onto the library, as data.

use rsmi_generations::Generation::{self, V5, V6_0, V6_2, V6_3, V6_4, V7_0};
use rsmi_generations::Open;

use crate::kit::{DROP_IN, PREFIX};

/// A rocm_smi.h that programs are compiled with.
#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    pub name: &'static str,
    pub generation: Generation,
    pub text: Text,
    /// The release of the real library that is asked what belongs into its structs.
    pub real: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// AMD's own, of the release of that name.
    Amd,
    /// None that is at hand: `clients/outputs/between.h`, with this number.
    Between(u32),
    Ours,
}

pub static HEADERS: [Header; 7] = [
    Header { name: "5.2.3", generation: V5, text: Text::Amd, real: "5.2.3" },
    Header { name: "6.1.2", generation: V6_0, text: Text::Amd, real: "6.1.2" },
    Header { name: "6.2", generation: V6_2, text: Text::Between(62), real: "6.1.2" },
    Header { name: "6.3", generation: V6_3, text: Text::Between(63), real: "6.4.1" },
    Header { name: "6.4.1", generation: V6_4, text: Text::Amd, real: "6.4.1" },
    Header { name: "7.2.4", generation: V7_0, text: Text::Amd, real: "7.2.4" },
    Header { name: "ours", generation: V7_0, text: Text::Ours, real: "7.2.4" },
];

impl Header {
    pub fn named(name: &str) -> Option<&'static Header> {
        HEADERS.iter().find(|header| header.name == name)
    }
}

/// How a program is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    pub name: &'static str,
    pub cxx: bool,
    pub flags: &'static [&'static str],
    /// It has debug information, which says what it was compiled with.
    pub debug: bool,
}

const fn build(name: &'static str, cxx: bool, flags: &'static [&'static str]) -> Build {
    Build { name, cxx, flags, debug: false }
}

const fn with_debug(build: Build) -> Build {
    Build { debug: true, ..build }
}

/// The first of these is the one that takes every road.
pub static BUILDS: [Build; 8] = [
    build("c", false, &["-O1", "-g0"]),
    with_debug(build("c-g", false, &["-O0"])),
    build("c-stripped", false, &["-g0", "-s"]),
    build("c-lto", false, &["-O2", "-flto", "-g0"]),
    build("cxx", true, &["-O1", "-g0"]),
    with_debug(build("cxx-g", true, &["-O0"])),
    build("cxx-stripped", true, &["-g0", "-s"]),
    build("cxx-lto", true, &["-O2", "-flto", "-g0"]),
];

/// What the linker is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// A library of AMD's with that number in its name.
    Soname(u32),
    /// Likewise, and the program uses a function that came with that release.
    Names(u32),
    /// Ours by that name, in that directory below the prefix.
    Ours { directory: &'static str, name: &'static str },
    /// Ours, with the word which header it is: by `-L…/abi-6.4` and that name.
    Word { name: &'static str },
    /// Likewise, by pkg-config.
    PkgConfig,
    /// Nothing: a plug-in whose references are left open.
    PlugIn,
    /// Nothing: it finds its functions by dlsym.
    LookedUp,
}

/// What the library can know of a program that comes by a road.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Nothing,
    /// Nothing but a hint.
    Hint(Open),
    /// It is of one of these.
    OneOf(Open),
    /// Which header it is.
    Header,
    /// Likewise, if it has debug information.
    HeaderIfDebug,
}

/// A way onto the library.
#[derive(Debug)]
pub struct Road {
    pub name: &'static str,
    pub link: Link,
    pub env: &'static [(&'static str, &'static str)],
    /// What LD_PRELOAD has besides.
    pub preload: &'static str,
    /// Under `rsmi-compat run`.
    pub by_command: bool,
    /// Somebody says in RSMI_COMPAT_ABI which header it is.
    pub said: bool,
    /// Files of the real library, and where they are installed.
    pub real: &'static [(&'static str, &'static str)],
    pub known: Known,
    /// The generations whose programs come by it.
    pub of: Open,
    /// Programs in every build come by it, not only those in the first.
    pub all_builds: bool,
}

const DROP_IN_PATH: &[(&str, &str)] = &[("LD_LIBRARY_PATH", DROP_IN)];
const LIB_PATH: &[(&str, &str)] = &[("LD_LIBRARY_PATH", "/opt/rsmi-compat/lib")];
const NEWEST_NAME: &str = "/opt/rsmi-compat/lib/rsmi-compat/librocm_smi64.so.7";
const PLAIN_NAME: &str = "/opt/rsmi-compat/lib/librsmi_compat.so.1";
const ELSEWHERE: &str = "/opt/rocm/lib/librocm_smi64.so";

const SINCE_6_0: Open = Open::since(V6_0);

const fn road(name: &'static str, link: Link) -> Road {
    Road {
        name,
        link,
        env: DROP_IN_PATH,
        preload: "",
        by_command: false,
        said: false,
        real: &[],
        known: Known::Nothing,
        of: Open::ALL,
        all_builds: false,
    }
}

const fn known(known: Known, of: Open, road: Road) -> Road {
    Road { known, of, ..road }
}

const fn ours(directory: &'static str, name: &'static str) -> Link {
    Link::Ours { directory, name }
}

/// By dlopen of that name.
const fn opened(name: &'static str, env: &'static [(&'static str, &'static str)]) -> Road {
    Road { env, ..road(name, Link::LookedUp) }
}

/// A variable for the loader, and the name that the program opens.
macro_rules! opens {
    ($path:expr, $name:expr) => {
        &[("LD_LIBRARY_PATH", $path), ("LIBRARY", $name)]
    };
}

pub static ROADS: [Road; 33] = [
    road("linked, .so.1", Link::Soname(1)),
    known(Known::OneOf(Open::only(V5)), Open::only(V5), road("linked, .so.5", Link::Soname(5))),
    known(Known::OneOf(Open::only(V6_0)), Open::only(V6_0), road("linked, .so.6", Link::Soname(6))),
    known(Known::OneOf(SINCE_6_0), SINCE_6_0, road("linked, .so.7", Link::Soname(7))),
    known(Known::OneOf(SINCE_6_0), SINCE_6_0, road("a name of 6.0", Link::Names(60))),
    known(
        Known::OneOf(Open::since(V6_2)),
        Open::since(V6_2),
        road("a name of 6.2", Link::Names(62)),
    ),
    known(
        Known::OneOf(Open::since(V6_3)),
        Open::since(V6_3),
        road("a name of 6.3", Link::Names(63)),
    ),
    known(
        Known::OneOf(Open::since(V6_4)),
        Open::since(V6_4),
        road("a name of 6.4", Link::Names(64)),
    ),
    Road { env: LIB_PATH, all_builds: true, ..road("relinked", ours("lib", "rsmi_compat")) },
    road("relinked by the old name", ours("lib/rsmi-compat", "rocm_smi64")),
    Road {
        known: Known::Header,
        env: LIB_PATH,
        all_builds: true,
        ..road("relinked with the word", Link::Word { name: "rsmi_compat" })
    },
    Road {
        known: Known::Header,
        ..road("relinked by the old name with the word", Link::Word { name: "rocm_smi64" })
    },
    Road { known: Known::Header, env: LIB_PATH, ..road("relinked by pkg-config", Link::PkgConfig) },
    Road { known: Known::Header, said: true, ..road("linked, .so.1, and said", Link::Soname(1)) },
    Road {
        known: Known::OneOf(Open::range(V6_0, V6_4)),
        of: Open::range(V6_0, V6_4),
        env: &[("LD_LIBRARY_PATH", DROP_IN), ("RSMI_COMPAT_ABI", "6")],
        ..road("linked, .so.1, and said to be of 6", Link::Soname(1))
    },
    Road {
        env: &[],
        preload: "/opt/rsmi-compat/lib/rsmi-compat/librocm_smi64.so.1",
        ..road("preloaded by path", Link::Soname(1))
    },
    Road {
        known: Known::Hint(SINCE_6_0),
        env: &[],
        preload: NEWEST_NAME,
        ..road("preloaded for a plug-in that names no library", Link::PlugIn)
    },
    Road {
        env: LIB_PATH,
        preload: "librsmi_compat.so.1",
        real: &[("librocm_smi64.so.7", "/usr/lib/x86_64-linux-gnu/librocm_smi64.so.1")],
        ..road("preloaded by name, the real one installed", Link::Soname(1))
    },
    Road {
        env: &[],
        preload: PLAIN_NAME,
        real: &[("librocm_smi64.so.7", "/usr/lib/x86_64-linux-gnu/librocm_smi64.so.1")],
        ..road("preloaded by path, the real one installed", Link::Soname(1))
    },
    Road {
        env: &[],
        by_command: true,
        known: Known::HeaderIfDebug,
        all_builds: true,
        ..road("the command", Link::Soname(1))
    },
    Road {
        env: &[],
        by_command: true,
        known: Known::HeaderIfDebug,
        real: &[("librocm_smi64.so.7", "/usr/lib/x86_64-linux-gnu/librocm_smi64.so.1")],
        ..road("the command, the real one installed", Link::Soname(1))
    },
    Road {
        by_command: true,
        known: Known::HeaderIfDebug,
        ..opened("the command, dlopen of an absolute path", &[("LIBRARY", ELSEWHERE)])
    },
    Road {
        by_command: true,
        known: Known::HeaderIfDebug,
        real: &[("librocm_smi64.so.7", ELSEWHERE)],
        ..opened("the command, dlopen of the real one's path", &[("LIBRARY", ELSEWHERE)])
    },
    Road { all_builds: true, ..opened("dlopen of .so", opens!(DROP_IN, "librocm_smi64.so")) },
    opened("dlopen of .so.1", opens!(DROP_IN, "librocm_smi64.so.1")),
    opened("dlopen of .so.1.0", opens!(DROP_IN, "librocm_smi64.so.1.0")),
    opened("dlopen of our name", opens!(LIB, "librsmi_compat.so.1")),
    opened(
        "dlopen of an absolute path",
        opens!("", "/opt/rsmi-compat/lib/rsmi-compat/librocm_smi64.so.1"),
    ),
    known(
        Known::Hint(Open::only(V5)),
        Open::ALL,
        opened("dlopen of .so.5", opens!(DROP_IN, "librocm_smi64.so.5")),
    ),
    known(
        Known::Hint(Open::only(V6_0)),
        Open::ALL,
        opened("dlopen of .so.6", opens!(DROP_IN, "librocm_smi64.so.6")),
    ),
    known(
        Known::Hint(SINCE_6_0),
        Open::ALL,
        opened("dlopen of .so.7", opens!(DROP_IN, "librocm_smi64.so.7")),
    ),
    Road {
        known: Known::Header,
        said: true,
        ..opened("dlopen of .so, and said", opens!(DROP_IN, "librocm_smi64.so"))
    },
    Road {
        known: Known::Header,
        said: true,
        ..opened("dlopen of .so.5, and said", opens!(DROP_IN, "librocm_smi64.so.5"))
    },
];

const LIB: &str = "/opt/rsmi-compat/lib";
const _: () = assert!(PREFIX.len() + 4 == LIB.len());

/// What is open for a program, and whose layout and words it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub open: Open,
    pub speaks: Generation,
}

impl Standing {
    pub const fn only(generation: Generation) -> Self {
        Self { open: Open::only(generation), speaks: generation }
    }

    pub fn of(open: Open) -> Self {
        Self { open, speaks: open.newest().unwrap_or(V7_0) }
    }

    pub fn is_proven(self) -> bool {
        self.open.one().is_some()
    }
}

impl Road {
    /// What the library shall make of a program that comes by this road.
    pub fn standing(&self, header: &Header, build: &Build) -> Standing {
        // Our own says so at each call, or by its note.
        if header.text == Text::Ours {
            return Standing::only(header.generation);
        }
        match self.known {
            Known::Header => Standing::only(header.generation),
            Known::HeaderIfDebug if build.debug => Standing::only(header.generation),
            Known::OneOf(open) => Standing::of(open),
            Known::Hint(open) => Standing { open: Open::ALL, ..Standing::of(open) },
            Known::Nothing | Known::HeaderIfDebug => Standing::of(Open::ALL),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_road_has_a_name_of_its_own_and_somebody_who_takes_it() {
        let names: HashSet<_> = ROADS.iter().map(|road| road.name).collect();
        assert_eq!(names.len(), ROADS.len());
        for road in &ROADS {
            assert!(HEADERS.iter().any(|header| road.of.has(header.generation)), "{}", road.name);
        }
    }
}
