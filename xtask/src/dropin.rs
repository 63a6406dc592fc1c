//! The drop-in names: small libraries, which need ours and bear a legacy SONAME.
//!
//! The loader takes two files for two libraries, whatever is in them; so each legacy name is a file
//! of its own, and the one core behind them is loaded once. They are filters of the core: they have
//! its functions for the linker, and the loader finds the core's in front of theirs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use rsmi_generations::{Generation, NOTE_NAME, NOTE_OF_LINKING, Open};

use crate::layout::SONAME;
use crate::run;

/// The major versions that the original bore: releases before 4, 5, 6.0, from 6.1, and from 7.2 again.
pub const MAJORS: [u32; 4] = [1, 5, 6, 7];

/// Links beside them, for those who ask for a full version.
pub const LINKS: [(&str, &str); 2] = [
    ("librocm_smi64.so.1.0", "librocm_smi64.so.1"),
    ("librocm_smi64.so.7.8", "librocm_smi64.so.7"),
];

pub fn soname(major: u32) -> String {
    format!("librocm_smi64.so.{major}")
}

/// Links the small library of that name; `rpath` leads from its directory to that of the core.
pub fn link(core: &Path, soname: &str, rpath: Option<&str>, directory: &Path) -> Result<PathBuf> {
    let file = directory.join(soname);
    let scratch = tempfile::tempdir()?;
    let source = scratch.path().join("functions.c");
    std::fs::write(&source, functions(core)?)?;
    let mut cc = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    cc.args(["-shared", "-fPIC", "-O2", PROTECTION, "-nostdlib", "-x", "c"]).arg(&source);
    cc.args(["-x", "none", "-Wl,--build-id=none", "-Wl,-z,noexecstack"]);
    cc.args([format!("-Wl,-soname,{soname}"), format!("-Wl,--filter,{SONAME}")]);
    if let Some(rpath) = rpath {
        cc.args(["-Wl,--enable-new-dtags".to_owned(), format!("-Wl,-rpath,{rpath}")]);
    }
    // The linker writes the core's SONAME as DT_NEEDED too, though nothing of it is used.
    cc.arg("-Wl,--no-as-needed").arg(core).arg("-o").arg(&file);
    run::run(&mut cc)?;
    Ok(file)
}

/// A function for each one of the core's. Where a loader knows no filters they are called, and
/// return RSMI_STATUS_INIT_ERROR.
fn functions(core: &Path) -> Result<String> {
    let listed = run::output(
        Command::new("readelf").env("LC_ALL", "C").args(["-W", "--dyn-syms"]).arg(core),
    )?;
    let names: Vec<&str> = listed.lines().filter_map(exported).collect();
    ensure!(!names.is_empty(), "{} exports no function of rocm_smi.h", core.display());
    let line =
        |name: &&str| format!("unsigned {name}(void);\nunsigned {name}(void) {{ return 8; }}\n");
    Ok(names.iter().map(line).collect())
}

/// `   12: 00000000000a1b20    53 FUNC    GLOBAL DEFAULT   14 rsmi_init@@RSMI_COMPAT_1`
fn exported(line: &str) -> Option<&str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [_, _, _, "FUNC", "GLOBAL", "DEFAULT", section, name] = words[..] else { return None };
    let name = name.split('@').next()?;
    (section != "UND" && name.starts_with("rsmi_")).then_some(name)
}

/// One object without these marks would take them from everything that it is linked into.
const PROTECTION: &str = if cfg!(target_arch = "x86_64") {
    "-fcf-protection=full"
} else {
    "-mbranch-protection=standard"
};

/// The object of `abi-6.4` and its like: nothing but a note, which the linker copies into whatever is
/// linked with it, and by which the library knows what that was compiled with.
pub const NOTE: &str = "rsmi_compat_abi.o";

/// What stands in `abi-6.4` for librocm_smi64.so and librsmi_compat.so: the note, and the library. It
/// is for the linker, which looks for both where it found this.
pub fn linker_script(soname: &str) -> String {
    format!("/* For the linker only: programs load {soname}. */\nINPUT({NOTE} {soname})\n")
}

/// Where the word of a generation is found, below the drop-in directory.
pub fn word_directory(generation: Generation) -> String {
    format!("abi-{generation}")
}

/// Compiles the note of a generation.
pub fn note(generation: Generation, directory: &Path) -> Result<PathBuf> {
    let bits = Open::only(generation).bits();
    let name = NOTE_NAME.escape_ascii().to_string().replace("\\x00", "\\\\0");
    let source = directory.join("note.c");
    let text = format!(
        "__asm__(\".pushsection .note.rsmi_compat, \\\"a\\\", %note\\n\"\n\
         \".balign 4\\n.long {}, 1, {NOTE_OF_LINKING}\\n.ascii \\\"{name}\\\"\\n\"\n\
         \".byte {bits}, 0, 0, 0\\n.popsection\\n\");\n",
        NOTE_NAME.len()
    );
    std::fs::write(&source, text)?;
    let file = directory.join(NOTE);
    let mut cc = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    cc.args(["-c", PROTECTION]).arg(&source).arg("-o").arg(&file);
    run::run(&mut cc)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_library_exports_is_read() {
        let of = |rest: &str| format!("    12: 0000000000002040    53 {rest}");
        assert_eq!(
            exported(&of("FUNC    GLOBAL DEFAULT   14 rsmi_init@@RSMI_COMPAT_1")),
            Some("rsmi_init")
        );
        for other in [
            "FUNC    GLOBAL DEFAULT  UND rsmi_init",
            "OBJECT  GLOBAL DEFAULT   14 rsmi_data",
            "FUNC    LOCAL  DEFAULT   14 rsmi_init",
            "FUNC    GLOBAL DEFAULT   14 other@@RSMI_COMPAT_1",
        ] {
            assert_eq!(exported(&of(other)), None, "{other}");
        }
        assert_eq!(exported("Symbol table '.dynsym' contains 3 entries:"), None);
    }
}
