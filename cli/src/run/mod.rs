//! `rsmi-compat run`: a program on our library, without root and without changing the system.

mod program;

pub use program::locate;

use crate::audit;
use crate::elf::{self, Kind};
use crate::generation::Generation;
use crate::installation::Installation;
use anyhow::{Context, Result, ensure};
use clap::Args;
use object::{Object, ObjectSymbol};
use program::Program;
use std::ffi::{OsStr, OsString};
use std::io;
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
    stays, behind), RSMI_COMPAT_ABI, RSMI_COMPAT_AMDSMI and RSMI_COMPAT_POWER_FALLBACK, and where \
    it is not set ROCM_SMI_LIB_PATH, by which the rocm-smi command finds the library.")]
pub struct Run {
    /// The ROCm release whose rocm_smi.h the program was built with; guessed if not given
    #[arg(long, value_name = "RELEASE")]
    abi: Option<Generation>,
    /// The libamd_smi to use
    #[arg(long, value_name = "PATH")]
    amdsmi: Option<PathBuf>,
    /// Give the current power where a card does not report the average
    #[arg(long)]
    power_fallback: bool,
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
        let program = match Program::find(name) {
            Ok(program) => program,
            Err(refusal) => {
                crate::complain(&refusal.error);
                return Ok(ExitCode::from(if refusal.found { NOT_EXECUTABLE } else { NOT_FOUND }));
            }
        };
        let abi = self.abi(&program);
        let settings = environment.into_iter().chain(abi.map(|abi| ("RSMI_COMPAT_ABI", abi)));
        let mut command = Command::new(&program.path);
        command.arg0(name).args(arguments);
        for (variable, value) in settings {
            if self.verbose {
                eprintln!("rsmi-compat: {variable}={}", value.display());
            }
            command.env(variable, value);
        }
        let error = command.exec();
        let found = error.kind() != io::ErrorKind::NotFound;
        crate::complain(&anyhow::Error::new(error).context(format!("{}", name.display())));
        Ok(ExitCode::from(if found { NOT_EXECUTABLE } else { NOT_FOUND }))
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
        if std::env::var_os("ROCM_SMI_LIB_PATH").is_none_or(|path| path.is_empty()) {
            environment.push(("ROCM_SMI_LIB_PATH", library.into()));
        }
        if let Some(path) = &self.amdsmi {
            environment.push(("RSMI_COMPAT_AMDSMI", libamd_smi(path)?.into()));
        }
        if self.power_fallback {
            environment.push(("RSMI_COMPAT_POWER_FALLBACK", "1".into()));
        }
        Ok(environment)
    }

    /// What is said here, else what the environment says already, else what the program's files
    /// show. Without any the library itself decides.
    fn abi(&self, program: &Program) -> Option<OsString> {
        let said = std::env::var_os("RSMI_COMPAT_ABI").filter(|said| !said.is_empty());
        if self.abi.is_none() && said.is_some() {
            return said;
        }
        let abi = self.abi.or_else(|| audit::generation(&program.files));
        abi.map(|abi| abi.name().into())
    }
}

/// Ours, and behind it what was there, unless that begins with ours already.
fn before(ours: &OsStr, there: Option<&OsStr>) -> OsString {
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
