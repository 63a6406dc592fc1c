//! The ways as data: which build of the program, what is in its environment, what else is there.

use super::{DEBIAN, NEWEST};

/// One way to get a program onto our library.
pub struct Mode {
    pub name: &'static str,
    /// What somebody does for it, in a few words of Markdown.
    pub line: &'static str,
    pub program: Program,
    pub env: &'static [(&'static str, &'static str)],
    /// Under `rsmi-compat run`.
    pub by_command: bool,
    /// Files of the real library, and where they are installed.
    pub real: &'static [(&'static str, &'static str)],
}

/// A build of rsmi_info.
#[derive(Clone, Copy)]
pub enum Program {
    /// As it was built for the real library of that release.
    Unmodified(&'static str),
    /// With our header, linked with -lrsmi_compat.
    Recompiled,
    /// With AMD's header, linked with that library.
    Relinked(&'static str),
    /// With its references open, to what the loader's steps have opened.
    PlugIn(&'static [&'static str]),
    /// Likewise, in a program that has objects of the C++ library inside itself.
    PlugInOfCxx(&'static [&'static str]),
}

impl Program {
    /// The real library that it must agree with.
    pub fn release(self) -> &'static str {
        match self {
            Program::Unmodified(release) => release,
            // Our own header is the newest.
            _ => NEWEST.0,
        }
    }

    pub fn generation(self) -> &'static str {
        if self.release() == DEBIAN.0 { DEBIAN.1 } else { NEWEST.1 }
    }
}

const DROP_IN: (&str, &str) = ("LD_LIBRARY_PATH", "/opt/rsmi-compat/lib/rsmi-compat");
const LIB: (&str, &str) = ("LD_LIBRARY_PATH", "/opt/rsmi-compat/lib");

/// The real library where Debian's package puts it.
const INSTALLED: &[(&str, &str)] =
    &[("librocm_smi64.so.7", "/usr/lib/x86_64-linux-gnu/librocm_smi64.so.7")];

/// The real library where ROCm puts it.
const ROCM: &[(&str, &str)] = &[("librocm_smi64.so.7", "/opt/rocm/lib/librocm_smi64.so")];

const UNMODIFIED: Program = Program::Unmodified(NEWEST.0);

const fn mode(
    name: &'static str,
    line: &'static str,
    program: Program,
    env: &'static [(&'static str, &'static str)],
) -> Mode {
    Mode { name, line, program, env, by_command: false, real: &[] }
}

const fn with(real: &'static [(&'static str, &'static str)], mode: Mode) -> Mode {
    Mode { real, ..mode }
}

const fn by_command(mode: Mode) -> Mode {
    Mode { by_command: true, ..mode }
}

/// By dlopen, with the drop-in directory in LD_LIBRARY_PATH.
const fn opened(name: &'static str, line: &'static str, steps: &'static [&'static str]) -> Mode {
    mode(name, line, Program::PlugIn(steps), &[DROP_IN])
}

pub const MODES: &[Mode] = &[
    mode("recompiled", "with our header, `-lrsmi_compat`", Program::Recompiled, &[LIB]),
    mode("relinked", "AMD's header, `-lrsmi_compat`", Program::Relinked("rsmi_compat"), &[LIB]),
    mode(
        "relinked by the old name",
        "AMD's header, `-L…/rsmi-compat -lrocm_smi64`",
        Program::Relinked("rocm_smi64"),
        &[LIB],
    ),
    mode("linked, .so.7", "`LD_LIBRARY_PATH=…/rsmi-compat`", UNMODIFIED, &[DROP_IN]),
    mode(
        "linked, .so.1",
        "`LD_LIBRARY_PATH=…/rsmi-compat`",
        Program::Unmodified(DEBIAN.0),
        &[DROP_IN],
    ),
    mode(
        "preloaded by path",
        "`LD_PRELOAD=…/rsmi-compat/librocm_smi64.so.7`",
        UNMODIFIED,
        &[("LD_PRELOAD", "/opt/rsmi-compat/lib/rsmi-compat/librocm_smi64.so.7")],
    ),
    with(
        INSTALLED,
        mode(
            "preloaded by path, the real one installed",
            "`LD_PRELOAD=…/librsmi_compat.so.1`",
            UNMODIFIED,
            &[("LD_PRELOAD", "/opt/rsmi-compat/lib/librsmi_compat.so.1")],
        ),
    ),
    mode(
        "preloaded by name",
        "`LD_PRELOAD=librocm_smi64.so.7`, the directory known to the loader",
        UNMODIFIED,
        &[DROP_IN, ("LD_PRELOAD", "librocm_smi64.so.7")],
    ),
    with(
        INSTALLED,
        mode(
            "preloaded by name, the real one installed",
            "`LD_PRELOAD=librsmi_compat.so.1`, the directory known to the loader",
            UNMODIFIED,
            &[LIB, ("LD_PRELOAD", "librsmi_compat.so.1")],
        ),
    ),
    mode(
        "preloaded for a plug-in that names no library",
        "`LD_PRELOAD=…/librsmi_compat.so.1`",
        Program::PlugIn(&[]),
        &[("LD_PRELOAD", "/opt/rsmi-compat/lib/librsmi_compat.so.1")],
    ),
    by_command(mode("the command", "`rsmi-compat run program`", UNMODIFIED, &[])),
    with(
        INSTALLED,
        by_command(mode(
            "the command, the real one installed",
            "`rsmi-compat run program`",
            UNMODIFIED,
            &[],
        )),
    ),
    by_command(mode(
        "the command, dlopen of an absolute path",
        "`rsmi-compat run program`",
        Program::PlugIn(&["+/opt/rocm/lib/librocm_smi64.so"]),
        &[],
    )),
    with(
        ROCM,
        by_command(mode(
            "the command, dlopen of the real one's path",
            "`rsmi-compat run program`",
            Program::PlugIn(&["+/opt/rocm/lib/librocm_smi64.so"]),
            &[],
        )),
    ),
    opened("dlopen of .so", "`LD_LIBRARY_PATH=…/rsmi-compat`", &["+librocm_smi64.so"]),
    opened("dlopen of .so.1", "`LD_LIBRARY_PATH=…/rsmi-compat`", &["+librocm_smi64.so.1"]),
    opened("dlopen of .so.1.0", "`LD_LIBRARY_PATH=…/rsmi-compat`", &["+librocm_smi64.so.1.0"]),
    opened("dlopen of .so.5", "`LD_LIBRARY_PATH=…/rsmi-compat`", &["+librocm_smi64.so.5"]),
    opened("dlopen of .so.6", "`LD_LIBRARY_PATH=…/rsmi-compat`", &["+librocm_smi64.so.6"]),
    opened("dlopen of .so.7", "`LD_LIBRARY_PATH=…/rsmi-compat`", &["+librocm_smi64.so.7"]),
    mode(
        "dlopen of an absolute path",
        "the path of a file in `…/rsmi-compat`",
        Program::PlugIn(&["+/opt/rsmi-compat/lib/rsmi-compat/librocm_smi64.so.1"]),
        &[],
    ),
    opened(
        "dlclose, and dlopen again",
        "`LD_LIBRARY_PATH=…/rsmi-compat`",
        &["+librocm_smi64.so.1", "-librocm_smi64.so.1", "+librocm_smi64.so.1"],
    ),
    opened(
        "several names, one copy",
        "`LD_LIBRARY_PATH=…/rsmi-compat`",
        &[
            "+librocm_smi64.so.1",
            "+librocm_smi64.so.6",
            "+librocm_smi64.so",
            "+/opt/rsmi-compat/lib/librsmi_compat.so.1",
            "=",
        ],
    ),
    mode(
        "dlopen by a C++ program, the C++ library's objects copied into it",
        "`LD_LIBRARY_PATH=…/rsmi-compat`",
        Program::PlugInOfCxx(&["+librocm_smi64.so.1"]),
        &[DROP_IN],
    ),
    opened(
        "beside the real one, which somebody else uses",
        "`LD_LIBRARY_PATH=…/rsmi-compat`",
        &["./lab/rsmi/7.2.4/librocm_smi64.so.7", "+librocm_smi64.so.1"],
    ),
    opened(
        "beside a libamd_smi that the program uses itself",
        "`LD_LIBRARY_PATH=…/rsmi-compat`",
        &[".{amdsmi}", "+librocm_smi64.so.1"],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_way_has_a_name_of_its_own() {
        let names: HashSet<_> = MODES.iter().map(|mode| mode.name).collect();
        assert_eq!(names.len(), MODES.len());
    }
}
