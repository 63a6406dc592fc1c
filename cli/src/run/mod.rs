//! `rsmi-compat run`: a program on our library, without root and without changing the system.

mod program;

pub use program::{interpreters, locate};

use crate::audit::{self, Proven};
use crate::elf::{self, Kind};
use crate::generation;
use crate::installation::Installation;
use crate::nvml;
use crate::out::eprintln;
use crate::source::Sources;
use anyhow::{Context, Result, ensure};
use clap::Args;
use object::{Object, ObjectSymbol};
use program::Program;
use rsmi_generations::{Open, Policy};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The command's own failure, as with env(1) and nohup(1).
pub const FAILED: u8 = 125;
pub const NOT_EXECUTABLE: u8 = 126;
pub const NOT_FOUND: u8 = 127;

/// Run a program on AMD SMI, by our librocm_smi64
///
/// Whatever the program loads under a name of librocm_smi64, by whatever path, is our library; the
/// programs that it starts inherit this, but for set-uid ones. It needs no root and changes nothing
/// on the system.
#[derive(Args)]
#[command(after_help = "Exit status: the program's own; 125 if this command fails itself, 126 if \
    the program cannot be run on our library, 127 if there is no such program.\n\n\
    Environment: sets LD_LIBRARY_PATH, LD_AUDIT and, with --preload, LD_PRELOAD (what was there \
    stays, behind), by their options RSMI_COMPAT_ABI, RSMI_COMPAT_AMDSMI, \
    RSMI_COMPAT_NVML, RSMI_COMPAT_POWER_FALLBACK and RSMI_COMPAT_SOURCE, without RSMI_COMPAT_ABI behind what is there RSMI_COMPAT_ABI_OF, \
    which is what the debug information and the Python bindings of the program's files prove, \
    where it is not set ROCM_SMI_LIB_PATH, by which the rocm-smi command finds the library, and \
    where it is not set and no ROCm is in /opt ROCM_PATH, by which other programs find it.")]
pub struct Run {
    /// The ROCm release whose rocm_smi.h the program was built with, if you know it
    ///
    /// 5, 6.0, 6.2, 6.3, 6.4 or 7.0; 6 is any of 6.0 to 6.4; several, with commas, are any of them.
    /// Without it, what its files prove counts, and its structs are filled as far as all releases
    /// have them that are left.
    #[arg(long, value_name = "RELEASES", value_parser = generation::Releases)]
    #[arg(hide_possible_values = true)]
    abi: Option<Open>,
    /// The libamd_smi to use
    #[arg(long, value_name = "PATH")]
    amdsmi: Option<PathBuf>,
    /// Give the current power where a card does not report the average
    #[arg(long)]
    power_fallback: bool,
    /// Which source the library asks: AMD SMI, the kernel, or both to log where they disagree
    #[arg(long, value_parser = Sources)]
    source: Option<Policy>,
    /// Give AMD's GPUs to a program that knows only NVML, such as nvitop or gpustat
    ///
    /// Whatever it loads as libnvidia-ml.so is a library of ours. The command refuses this on a
    /// machine with NVIDIA's driver, unless it is --nvml=force.
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true)]
    #[arg(value_enum, default_missing_value = "alone")]
    nvml: Option<nvml::When>,
    /// Load the library at once, for programs that look for rsmi functions in the process
    #[arg(long)]
    preload: bool,
    /// Say on stderr what the program is run with
    #[arg(short, long)]
    verbose: bool,
    /// The program and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    command: Vec<OsString>,
}

impl Run {
    pub fn run(&self) -> Result<ExitCode> {
        let (name, arguments) = self.command.split_first().context("no program was named")?;
        let environment = self.environment()?;
        if let Some(when) = self.nvml {
            if let Err(error) = nvml::look(when, &nvml::sysfs(), &self.command) {
                crate::complain(&error);
                return Ok(ExitCode::from(NOT_EXECUTABLE));
            }
        }
        let program = match Program::find(name) {
            Ok(program) => program,
            Err(refusal) => {
                crate::complain(&refusal.error);
                return Ok(ExitCode::from(if refusal.found { NOT_EXECUTABLE } else { NOT_FOUND }));
            }
        };
        let settings = environment.into_iter().chain(self.abi(&program, arguments)?);
        let mut command = Command::new(&program.path);
        command.arg0(name).args(arguments);
        for (variable, value) in settings {
            if self.verbose {
                eprintln!("rsmi-compat: {variable}={}", value.to_string_lossy());
            }
            command.env(variable, value);
        }
        Ok(become_program(&mut command, name))
    }

    fn environment(&self) -> Result<Vec<(&'static str, OsString)>> {
        let installation = Installation::find()?;
        let in_front = |variable: &'static str, ours: PathBuf| {
            (variable, before(ours.as_os_str(), std::env::var_os(variable).as_deref()))
        };
        let drop_in = installation.drop_in()?;
        let library = drop_in.join("librocm_smi64.so.1");
        let mut environment =
            vec![in_front("LD_LIBRARY_PATH", drop_in), in_front("LD_AUDIT", installation.audit()?)];
        if self.preload {
            environment.push(in_front("LD_PRELOAD", library.clone()));
        }
        // The rocm-smi command looks for the file itself, so no loader could send it to ours.
        let is_unset = |name: &str| std::env::var_os(name).is_none_or(|value| value.is_empty());
        if is_unset("ROCM_SMI_LIB_PATH") {
            environment.push(("ROCM_SMI_LIB_PATH", library.into()));
        }
        if is_unset("ROCM_PATH") {
            match a_rocm() {
                None => environment.push(("ROCM_PATH", installation.rocm()?.into())),
                // By the same variable programs find the compiler of that one.
                Some(rocm) if self.verbose => eprintln!(
                    "rsmi-compat: ROCM_PATH stays unset, since {} is there",
                    rocm.display()
                ),
                Some(_) => {}
            }
        }
        if self.nvml.is_some() {
            environment.push((nvml::VARIABLE, installation.nvml()?.into()));
        }
        if let Some(path) = &self.amdsmi {
            environment.push(("RSMI_COMPAT_AMDSMI", libamd_smi(path)?.into()));
        }
        if self.power_fallback {
            environment.push(("RSMI_COMPAT_POWER_FALLBACK", "1".into()));
        }
        if let Some(source) = self.source {
            environment.push(("RSMI_COMPAT_SOURCE", source.name().into()));
        }
        Ok(environment)
    }

    /// What is said here, or what the environment says already, of every caller; else what is
    /// proven of single files and the library cannot see.
    fn abi(
        &self,
        program: &Program,
        arguments: &[OsString],
    ) -> Result<Option<(&'static str, OsString)>> {
        if let Some(abi) = self.abi {
            return Ok(Some(("RSMI_COMPAT_ABI", abi.to_string().into())));
        }
        let said = std::env::var_os("RSMI_COMPAT_ABI");
        if generation::of_variable(said.as_deref())?.is_some() {
            return Ok(said.map(|said| ("RSMI_COMPAT_ABI", said)));
        }
        let mut files = program.files.clone();
        files.extend(given_files(arguments));
        let proven = audit::proven(&files);
        if self.verbose {
            for Proven { file, open, because } in &proven {
                eprintln!("rsmi-compat: {} is of {open}: {because}", file.display());
            }
        }
        let there = std::env::var_os("RSMI_COMPAT_ABI_OF").unwrap_or_default();
        let list = with_proven(there, &proven);
        Ok(list.map(|list| ("RSMI_COMPAT_ABI_OF", list)))
    }
}

/// A ROCm where programs look for one.
fn a_rocm() -> Option<PathBuf> {
    let entries = std::fs::read_dir("/opt").into_iter().flatten().flatten();
    let is_one = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        (name == "rocm" || name.starts_with("rocm-")) && path.is_dir()
    };
    entries.map(|entry| entry.path()).filter(is_one).min()
}

/// Scripts and programs among the first arguments: an interpreter's script, or what a launcher
/// starts.
fn given_files(arguments: &[OsString]) -> impl Iterator<Item = PathBuf> {
    /// As far as the library looks for scripts.
    const MOST: usize = 8;
    const LARGEST: u64 = 1 << 20;
    let is_given = |path: &PathBuf| match elf::open(path) {
        Ok((Kind::Elf, data)) => elf::interpreter(&data).is_ok_and(|loader| loader.is_some()),
        Ok((Kind::Script | Kind::Text, _)) => {
            std::fs::metadata(path).is_ok_and(|file| file.len() <= LARGEST)
        }
        _ => false,
    };
    arguments.iter().take(MOST).map(PathBuf::from).filter(is_given)
}

/// What is proven, behind what is there already; None if there is nothing to add. A path with a
/// colon cannot stand in the list.
fn with_proven(there: OsString, proven: &[Proven]) -> Option<OsString> {
    let mut list = there;
    let mut added = false;
    for Proven { file, open, .. } in proven {
        let mut entry = OsString::from(format!("{open}="));
        entry.push(file);
        let entries = list.as_bytes().split(|byte| *byte == b':');
        if entry.as_bytes().contains(&b':')
            || entries.into_iter().any(|known| known == entry.as_bytes())
        {
            continue;
        }
        if !list.is_empty() {
            list.push(":");
        }
        list.push(entry);
        added = true;
    }
    added.then_some(list)
}

/// Returns only if this process cannot become the program, and says why.
pub fn become_program(command: &mut Command, name: &OsStr) -> ExitCode {
    let error = command.exec();
    let found = error.kind() != io::ErrorKind::NotFound;
    crate::complain(&anyhow::Error::new(error).context(name.to_string_lossy().into_owned()));
    ExitCode::from(if found { NOT_EXECUTABLE } else { NOT_FOUND })
}

/// Ours, and behind it what was there, in which ours need not be again.
pub fn before(ours: &OsStr, there: Option<&OsStr>) -> OsString {
    let mut list = ours.to_owned();
    let there = there.filter(|there| !there.is_empty());
    for entry in there.iter().flat_map(|there| std::env::split_paths(there)) {
        // An empty entry means the current directory.
        if entry.as_os_str() != ours {
            list.push(":");
            list.push(entry);
        }
    }
    list
}

/// The path as the library wants it, of a file that is a libamd_smi.
fn libamd_smi(path: &Path) -> Result<PathBuf> {
    let check = || {
        let (kind, data) = elf::open(path)?;
        ensure!(kind == Kind::Elf, "is no ELF file");
        let elf = elf::parse(&data)?;
        let mut symbols = elf.dynamic_symbols();
        let exports = symbols.any(|symbol| symbol.name() == Ok("amdsmi_init"));
        ensure!(exports, "is no libamd_smi: it has no amdsmi_init");
        Ok(std::path::absolute(path)?)
    };
    check().with_context(|| format!("--amdsmi {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_proven_comes_behind_what_is_there() {
        let of = |file: &str, open: &str| Proven {
            file: file.into(),
            open: Open::parse(open).unwrap(),
            because: String::new(),
        };
        let proven = [of("/a", "6.4"), of("/x:y", "5"), of("/b c", "6.3,6.4")];
        let list = |there: &str| {
            super::with_proven(there.into(), &proven).map(|l| l.into_string().unwrap())
        };
        assert_eq!(list("").as_deref(), Some("6.4=/a:6.3,6.4=/b c"));
        assert_eq!(list("5=/a").as_deref(), Some("5=/a:6.4=/a:6.3,6.4=/b c"));
        // Again within itself, nothing piles up.
        assert_eq!(list("6.4=/a:6.3,6.4=/b c"), None);
    }

    #[test]
    fn what_was_there_stays_behind_ours() {
        let before = |there: Option<&str>| {
            super::before(OsStr::new("/p/x"), there.map(OsStr::new)).into_string().unwrap()
        };
        assert_eq!(before(None), "/p/x");
        assert_eq!(before(Some("")), "/p/x");
        assert_eq!(before(Some("/a:/b c")), "/p/x:/a:/b c");
        assert_eq!(before(Some("/a::")), "/p/x:/a::");
        assert_eq!(before(Some("/p/x:/a")), "/p/x:/a");
    }
}
