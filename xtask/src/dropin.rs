//! The drop-in names: small libraries without a symbol, which need ours and bear a legacy SONAME.
//!
//! The loader takes two files for two libraries, whatever is in them; so each legacy name is a file
//! of its own, and the one core behind them is loaded once. They are no filters (DT_FILTER), which
//! would have its functions for the linker: glibc 2.31 ends a process that opens one.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use rsmi_generations::{Generation, NOTE_NAME, NOTE_OF_LINKING, Open};

use crate::run;

/// The major versions that the original bore: 5, 6 in ROCm 6.0, 7 from 6.1 on; 1 in distributions, and
/// from 7.2 on. Those of ROCm 3 and 4 are left out: their structs are shorter than any that we write.
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
    let mut cc = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    cc.args(["-shared", "-nostdlib", "-Wl,--build-id=none", "-Wl,-z,noexecstack"]);
    cc.arg(format!("-Wl,-soname,{soname}"));
    if let Some(rpath) = rpath {
        cc.args(["-Wl,--enable-new-dtags".to_owned(), format!("-Wl,-rpath,{rpath}")]);
    }
    // The linker writes the core's SONAME as DT_NEEDED, though nothing of it is used.
    cc.arg("-Wl,--no-as-needed").arg(core).arg("-o").arg(&file);
    run::run(&mut cc)?;
    Ok(file)
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
