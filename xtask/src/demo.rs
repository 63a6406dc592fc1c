//! `cargo xtask demo`: a C program linked with our library, on this machine's GPUs or on simulated ones.

use std::env;
use std::ffi::OsString;
use std::io::{IsTerminal, stdout};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use clap::Args;

use crate::stage;
use xtask::artifacts::Build;
use xtask::elf;
use xtask::layout::Places;
use xtask::run;
use xtask::workspace;

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
    /// For the monitor, such as --width 120
    #[arg(last = true, value_name = "OPTION")]
    options: Vec<OsString>,
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
                simulate.args(["--note", &format!("simulated {}", self.machine)]);
                simulate
            }
        };
        if !stdout().is_terminal() {
            show.args(FRAMES);
        }
        show.args(&self.options);
        // Ctrl-C is for the monitor alone, which puts the terminal in order.
        let error = show.exec();
        Err(error).with_context(|| format!("cannot run {}", show.get_program().to_string_lossy()))
    }
}

/// A tree of what the monitor needs, and the monitor linked with it.
pub struct Built {
    tree: PathBuf,
    pub monitor: PathBuf,
}

impl Built {
    pub fn new() -> Result<Self> {
        // Not optimised: that is several times as fast to build, and fast enough.
        let built = Build::Demo.run()?;
        let tree = workspace::target()?.join("demo-stage");
        let monitor = tree.join("rsmi_top");
        let scratch = tempfile::tempdir()?;
        let mut table = Places::default().least(&built, scratch.path())?;
        elf::strip_all(&mut table, None, scratch.path())?;
        stage::lay_out(&table, &tree)?;
        compile(&tree, &workspace::root()?.join("examples-c/rsmi_top.c"), &monitor)?;
        Ok(Self { tree, monitor })
    }

    /// `rsmi-compat simulate`, without the machine and the program.
    pub fn simulate(&self) -> Command {
        let mut command = Command::new(self.tree.join("bin/rsmi-compat"));
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

fn compile(tree: &Path, source: &Path, program: &Path) -> Result<()> {
    let lib = tree.join("lib");
    let mut rpath = OsString::from("-Wl,-rpath,");
    rpath.push(&lib);
    let mut cc = Command::new(env::var_os("CC").unwrap_or_else(|| "cc".into()));
    cc.args(["-std=c99", "-O2", "-isystem"]).arg(tree.join("include"));
    cc.arg("-o").arg(program).arg(source).arg("-L").arg(&lib).arg(rpath).arg("-lrsmi_compat");
    run::run(&mut cc)
}
