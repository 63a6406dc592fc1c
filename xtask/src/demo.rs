//! `cargo xtask demo`: a C program linked with our library, on this machine's GPUs or on simulated ones.

use std::env;
use std::fs;
use std::io::{IsTerminal, stdout};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use clap::Args;

use crate::run;
use crate::stage::Stage;
use crate::workspace;

#[derive(Args)]
pub struct Demo {
    /// Simulated GPUs, even if there are real ones
    #[arg(long)]
    simulated: bool,
    /// Which simulated machine
    #[arg(long, value_name = "NAME|FILE", default_value = "mi300x-8")]
    machine: String,
    /// What its GPUs have to do: static, idle, training or burst
    #[arg(long, value_name = "KIND", default_value = "training")]
    load: String,
}

/// Into a file or a pipe it does not go on for ever.
const FRAMES: [&str; 4] = ["--frames", "3", "--interval", "0.5"];

impl Demo {
    pub fn run(&self) -> Result<()> {
        let built = Built::new()?;
        let mut show = match !self.simulated && built.sees_gpus() {
            true => built.monitor(),
            false => {
                eprintln!("There is no AMD GPU here that can be asked: these are simulated.");
                let mut simulate = built.simulate();
                simulate.args(["--machine", &self.machine, "--load", &self.load, "--"]);
                simulate.arg(&built.monitor);
                simulate
            }
        };
        if !stdout().is_terminal() {
            show.args(FRAMES);
        }
        // Ctrl-C is for the monitor alone, which puts the terminal in order.
        let error = show.exec();
        Err(error).with_context(|| format!("cannot run {}", show.get_program().to_string_lossy()))
    }
}

/// The staged tree, and the monitor linked with what is in it.
pub struct Built {
    stage: PathBuf,
    pub monitor: PathBuf,
}

impl Built {
    pub fn new() -> Result<Self> {
        eprintln!("Building the library, the simulator and the command …");
        Stage::RELEASE.run()?;
        let target = workspace::target()?;
        let (stage, directory) = (target.join("stage"), target.join("demo"));
        fs::create_dir_all(&directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        let monitor = directory.join("rsmi_top");
        compile(&stage, &workspace::root()?.join("examples-c/rsmi_top.c"), &monitor)?;
        Ok(Self { stage, monitor })
    }

    /// `rsmi-compat simulate`, without the machine and the program.
    pub fn simulate(&self) -> Command {
        let mut command = Command::new(self.stage.join("bin/rsmi-compat"));
        command.arg("simulate");
        command
    }

    fn monitor(&self) -> Command {
        Command::new(&self.monitor)
    }

    /// The monitor itself finds a driver, a libamd_smi and a GPU.
    fn sees_gpus(&self) -> bool {
        let mut once = self.monitor();
        once.arg("--once").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        once.status().is_ok_and(|status| status.success())
    }
}

fn compile(stage: &Path, source: &Path, program: &Path) -> Result<()> {
    let lib = stage.join("lib");
    let mut rpath = std::ffi::OsString::from("-Wl,-rpath,");
    rpath.push(&lib);
    let mut cc = Command::new(env::var_os("CC").unwrap_or_else(|| "cc".into()));
    cc.args(["-std=c99", "-O2", "-isystem"]).arg(stage.join("include"));
    cc.arg("-o").arg(program).arg(source).arg("-L").arg(&lib).arg(rpath).arg("-lrsmi_compat");
    run::run(&mut cc)
}
