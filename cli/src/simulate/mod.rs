//! `rsmi-compat simulate`: any program on a machine that is not there, without root and without installing anything.

mod enter;
mod machine;
mod mounts;
mod supervise;

use crate::installation::Installation;
use crate::out::eprintln;
use crate::run::before;
use anyhow::{Context, Result, ensure};
use clap::Args;
use rsmi_simulator::machine::{DEFAULT_MACHINE, LOAD, MACHINE, SEED};
use rsmi_simulator::scratch::Scratch;
use rsmi_simulator::{Clock, EPOCH, LoadKind, Machine, TIME};
use rsmi_simulator_releases::Release;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const AMDSMI: &str = "RSMI_COMPAT_AMDSMI";
const RELEASE: &str = "RSMI_SIM_RELEASE";
const DIRECTORY: &str = "rsmi-simulate-";
const DEFAULT_LOAD: LoadKind = LoadKind::Training;

/// Run a program on a simulated machine with AMD GPUs
///
/// The program, and all that it starts, sees the machine's GPUs in /sys and /dev and asks a
/// stand-in for libamd_smi; librocm_smi64 and librsmi_compat are ours. Where the system does not
/// allow a namespace, only these libraries see the machine. Nothing is left behind.
///
/// Without a program it is a shell, that of SHELL or else /bin/sh, until you leave it by `exit`.
#[derive(Args)]
#[command(after_help = "Exit status: the program's own; 125 if this command fails itself, 126 if \
    the program cannot be run, 127 if there is no such program.\n\n\
    Environment: RSMI_COMPAT_AMDSMI names another libamd_smi than the stand-in; RSMI_SIM_TIME \
    stops the machine's time at so many seconds; RSMI_SIM_EPOCH is when it began, in seconds as \
    in /proc/uptime. LD_LIBRARY_PATH is set, what was there stays, behind.")]
pub struct Simulate {
    /// The machine: one of --list, or the path of a description
    #[arg(long, value_name = "NAME|FILE", env = MACHINE, hide_env_values = true)]
    #[arg(default_value = DEFAULT_MACHINE)]
    machine: String,
    /// What its GPUs have to do; as the machine is described, else training
    #[arg(long, value_name = "KIND", env = LOAD, hide_env_values = true)]
    #[arg(value_parser = LoadKind::ALL.map(LoadKind::name))]
    load: Option<String>,
    /// Another seed gives other values, the same seed the same
    #[arg(long, value_name = "N", env = SEED, hide_env_values = true)]
    seed: Option<u64>,
    /// The ROCm release whose libamd_smi answers
    #[arg(long, env = RELEASE, hide_env_values = true)]
    release: Option<String>,
    /// Leave /sys and /dev as they are, and point our libraries elsewhere
    #[arg(long)]
    no_namespace: bool,
    /// Print the machines that come with the command
    #[arg(long, exclusive = true)]
    list: bool,
    /// For the command itself: it is the one that becomes the program
    #[arg(long, hide = true, value_name = "DIRECTORY")]
    inside: Option<PathBuf>,
    /// The program and its arguments; without one, a shell
    #[arg(value_name = "CMD")]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

impl Simulate {
    pub fn run(&self) -> Result<ExitCode> {
        if self.list {
            return machine::list();
        }
        if let Some(place) = &self.inside {
            return Ok(enter::become_program(place, !self.no_namespace, &self.command));
        }
        let (machine, settings) = self.machine()?;
        let clock = match env::var_os(EPOCH).or(env::var_os(TIME)) {
            Some(_) => Clock::from_env()?,
            None => Clock::start(),
        };
        let release = self.release.as_deref().or(machine.release()).map(Release::named);
        let release = release.transpose()?;
        let supervisor = supervise::Supervisor::new()?;
        let place = Scratch::new(DIRECTORY).context("there is no place to write the machine to")?;
        let libraries = libraries(release, place.path())?;
        let ticker = machine.keep_alive(&place.path().join("sys"), clock)?;
        machine::write_nodes(&machine, place.path())?;
        let mut command = Command::new(env::current_exe().context("who am I?")?);
        command.arg("simulate").arg("--inside").arg(place.path());
        if self.no_namespace {
            command.arg("--no-namespace");
        }
        command.arg("--");
        match self.command.is_empty() {
            true => command.arg(self.shell(&machine)),
            false => command.args(&self.command),
        };
        for variable in [LOAD, SEED, TIME, EPOCH, RELEASE] {
            command.env_remove(variable);
        }
        let (name, time) = clock.variable();
        command.envs(settings).envs(libraries).env(name, time);
        let status = supervisor.run(command)?;
        drop((ticker, place));
        Ok(supervise::end_like(status))
    }

    /// The user's, to look around in.
    fn shell(&self, machine: &Machine) -> OsString {
        let own = env::var_os("SHELL").filter(|shell| Path::new(shell).is_file());
        let shell = own.unwrap_or_else(|| "/bin/sh".into());
        eprintln!(
            "rsmi-compat: {} on the simulated machine {} ({}); `exit` ends it",
            shell.to_string_lossy(),
            self.machine,
            machine.about()
        );
        shell
    }

    /// The machine, and what tells a process about it.
    fn machine(&self) -> Result<(Machine, Vec<(&'static str, OsString)>)> {
        let machine = Machine::find(&self.machine)?;
        let asked = self.load.as_deref().and_then(LoadKind::named);
        let load = asked.or((!machine.has_load()).then_some(DEFAULT_LOAD));
        let is_file = self.machine.contains('/') || self.machine.ends_with(".toml");
        let name = match is_file {
            true => fs::canonicalize(&self.machine)?.into_os_string(),
            false => self.machine.clone().into(),
        };
        let settings = [
            Some((MACHINE, name)),
            load.map(|load| (LOAD, load.name().into())),
            self.seed.map(|seed| (SEED, seed.to_string().into())),
        ];
        Ok((machine.under(load, self.seed), settings.into_iter().flatten().collect()))
    }
}

fn libraries(release: Option<&Release>, place: &Path) -> Result<Vec<(&'static str, OsString)>> {
    let installation = Installation::find()?;
    let drop_in = installation.drop_in()?;
    let own = installation.library();
    let own = own.parent().context("the library is in no directory")?;
    let path = before(own.as_os_str(), env::var_os("LD_LIBRARY_PATH").as_deref());
    let path = before(drop_in.as_os_str(), Some(&path));
    let mut libraries = vec![("LD_LIBRARY_PATH", path)];
    if env::var_os(AMDSMI).is_none() {
        let stand_in = drop_in.join("simulator/libamd_smi.so");
        libraries.push((AMDSMI, of_release(stand_in, release, place)?.into()));
    }
    Ok(libraries)
}

/// The stand-in as it was linked speaks the newest release; any other is made of it, since the
/// names that a file exports tell its release.
fn of_release(stand_in: PathBuf, release: Option<&Release>, place: &Path) -> Result<PathBuf> {
    ensure!(
        stand_in.is_file(),
        "{} is not there: install rsmi-compat whole, or run `cargo xtask stage` in its sources",
        stand_in.display()
    );
    let Some(release) = release else { return Ok(stand_in) };
    let made = place.join(release.file_name());
    rsmi_simulator_releases::write(&stand_in, release, &made)?;
    Ok(made)
}
