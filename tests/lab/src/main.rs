//! `lab`: runs the real AMD libraries on a made-up machine, beside ours.

mod answers;
mod archive;
mod cinstall;
mod cleanroot;
mod clients;
mod compare;
mod compile;
mod conform;
mod differences;
mod fetch;
mod fidelity;
mod first_hour;
mod header;
mod headers;
mod hip;
mod index;
mod info;
mod inside;
mod install;
mod interpose;
mod kit;
mod lab;
mod machine;
mod matrix;
mod memcheck;
mod migrate;
mod namespace;
mod nvml;
mod pairwise;
mod rccl;
mod report;
mod setters;
mod sources;
mod speed;
mod state;
mod terminal;
mod tool;
mod wheels;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::{Args, Parser, Subcommand};
use rustix::fs::Mode;
use rustix::process::umask;

use crate::cinstall::Cinstall;
use crate::clients::Clients;
use crate::conform::Conform;
use crate::fidelity::Fidelity;
use crate::first_hour::FirstHour;
use crate::headers::Headers;
use crate::info::Info;
use crate::install::Install;
use crate::lab::Lab;
use crate::matrix::Matrix;
use crate::migrate::Migrate;
use crate::namespace::Run;
use crate::setters::Setters;
use crate::sources::Sources;
use crate::speed::Bench;

/// What timeout(1) says too.
const TIME_WAS_UP: u8 = 124;

/// The real AMD libraries on a made-up machine, beside ours.
#[derive(Parser)]
#[command(name = "lab")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch the root and the real libraries from the Debian archive
    Fetch,
    /// Build our library and the C programs
    Build,
    /// Compare our header with AMD's own
    Header,
    /// See that programs compiled with each rocm_smi.h get its structs, and not a byte more
    Headers(Headers),
    /// Compare what libamd_smi is taken for with AMD's own Python bindings
    Wheels,
    /// See that rsmi_compat.h finds devices by each of their names
    Index,
    /// Compare what rsmi_info says over the real librocm_smi64 and over ours
    Info(Info),
    /// Compare what every function answers over the real librocm_smi64 and over ours
    Conform(Conform),
    /// Compare what AMD SMI and the kernel answer, by each policy
    Sources(Sources),
    /// Compare what the real libamd_smi and the stand-in for it answer
    Fidelity(Fidelity),
    /// Measure every function over the real librocm_smi64 and over ours
    Bench(Bench),
    /// See under valgrind that nothing undefined reaches a client
    Memcheck,
    /// Show that libamd_smi's own rsmi_* functions and ours leave each other alone
    Interpose,
    /// All that CI runs: every comparison, of setters on one machine
    All,
    /// Compare what the setters of the real librocm_smi64 and of ours write
    Setters(Setters),
    /// Compare processes, counters, events and iterators, which have state of their own
    State,
    /// Compare what real programs do over the real librocm_smi64 and over ours
    Clients(Clients),
    /// See that all rsmi_* of Debian's librccl are ours; fetches half of ROCm
    Rccl(OnPackage),
    /// Compile a HIP program with Debian's hipcc and run it; fetches the compiler
    Hip(OnPackage),
    /// See that an unchanged program says the same by every way onto our library
    Migrate(Migrate),
    /// See that programs which know only NVML see our GPUs; fetches 0.5 GB once
    Nvml,
    /// See that MATRIX.md tells what answers each function
    Matrix(Matrix),
    /// Run a command on a machine
    Enter(Enter),
    /// Install in each way into a clean root, and build and run clients there
    Install(Install),
    /// Type what README prints, as a user of a bare Debian 13; takes a quarter of an hour
    FirstHour(FirstHour),
    /// Install by cargo-c, with Debian's own cargo, in a clean root; not part of CI
    Cinstall(Cinstall),
    /// What `enter` starts in its own namespace
    #[command(hide = true)]
    Inside { spec: String },
}

#[derive(Args)]
struct OnPackage {
    /// On a system with nothing of ours but our Debian package
    #[arg(long)]
    deb: bool,
}

#[derive(Args)]
struct Enter {
    /// A machine of the simulator, or the path of a machine file
    #[arg(long, default_value = "mi300x-2")]
    machine: String,
    /// /sys is in memory, as the kernel's is
    #[arg(long)]
    in_memory: bool,
    /// Leave out the machine's nodes in /dev/dri
    #[arg(long)]
    no_dri: bool,
    /// Be an ordinary user inside
    #[arg(long)]
    user: bool,
    /// Be the guest of a hypervisor
    #[arg(long)]
    guest: bool,
    /// Show a file or directory of this host inside
    #[arg(long, value_name = "HOST:PATH", value_parser = bind)]
    bind: Vec<(PathBuf, PathBuf)>,
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// The directory to start in
    #[arg(long, default_value = "/")]
    cwd: PathBuf,
    /// Kill the command after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

fn bind(text: &str) -> Result<(PathBuf, PathBuf), String> {
    let (host, inside) = text.split_once(':').ok_or("it is HOST:PATH")?;
    let host = std::path::absolute(host).map_err(|error| error.to_string())?;
    if !inside.starts_with('/') {
        return Err("PATH is absolute, as it is seen inside".into());
    }
    Ok((host, inside.into()))
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it is NAME=VALUE")?;
    Ok((name.into(), value.into()))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is a number of seconds")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    // What root makes here, an ordinary user inside shall be able to read.
    umask(Mode::from_raw_mode(0o022));
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("lab: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    if let Command::Inside { spec } = cli.command {
        return Ok(ExitCode::from(inside::enter(&spec)));
    }
    let lab = Lab::locate()?;
    match cli.command {
        Command::Inside { .. } => unreachable!("it needs no lab, and was handled above"),
        Command::Fetch => {
            for line in fetch::fetch(&lab)? {
                println!("{line}");
            }
        }
        Command::Build => compile::build(&lab)?,
        Command::Header => {
            fetch::fetch(&lab)?;
            header::run(&lab)?;
        }
        Command::Headers(headers) => {
            prepare(&lab)?;
            headers.run(&lab)?;
        }
        Command::Wheels => wheels::run(&lab)?,
        Command::Index => {
            prepare(&lab)?;
            index::run(&lab)?;
        }
        Command::Info(info) => {
            if info.is_about_this_computer() {
                compile::build_ours(&lab)?;
            } else {
                prepare(&lab)?;
            }
            info.run(&lab)?;
        }
        Command::Conform(conform) => {
            prepare(&lab)?;
            conform.run(&lab)?;
        }
        Command::Sources(sources) => {
            prepare(&lab)?;
            sources.run(&lab)?;
        }
        Command::Fidelity(fidelity) => {
            fetch::fetch(&lab)?;
            fidelity.run(&lab)?;
        }
        Command::Bench(bench) => {
            prepare(&lab)?;
            bench.run(&lab)?;
        }
        Command::Memcheck => {
            prepare(&lab)?;
            memcheck::run(&lab)?;
        }
        Command::Interpose => {
            if env::var_os(interpose::LIBRARY).is_none() {
                prepare(&lab)?;
            }
            ensure!(interpose::run(&lab)?, "not every case of interposition passed");
        }
        Command::Setters(setters) => {
            // Another build of ours is there already.
            if env::var_os(interpose::LIBRARY).is_none() {
                prepare(&lab)?;
            }
            setters.run(&lab)?;
        }
        Command::All => all(&lab)?,
        Command::State => {
            prepare(&lab)?;
            state::run(&lab)?;
        }
        Command::Clients(clients) => {
            prepare(&lab)?;
            clients.run(&lab)?;
        }
        Command::Hip(on) => {
            prepare(&lab)?;
            hip::run(&lab, on.deb)?;
        }
        Command::Rccl(on) => {
            prepare(&lab)?;
            rccl::run(&lab, on.deb)?;
        }
        Command::Migrate(migrate) => {
            prepare(&lab)?;
            migrate.run(&lab)?;
        }
        Command::Nvml => {
            prepare(&lab)?;
            nvml::run(&lab)?;
        }
        Command::Matrix(matrix) => {
            prepare(&lab)?;
            matrix.run(&lab)?;
        }
        Command::Install(install) => {
            prepare(&lab)?;
            install.run(&lab)?;
        }
        Command::FirstHour(first_hour) => first_hour.run(&lab)?,
        Command::Cinstall(cinstall) => {
            prepare(&lab)?;
            cinstall.run(&lab)?;
        }
        Command::Enter(enter) => return enter.run(&lab),
    }
    Ok(ExitCode::SUCCESS)
}

/// Goes on after a failure, so that one run tells all.
fn all(lab: &Lab) -> Result<()> {
    let start = Instant::now();
    for line in fetch::fetch(lab)? {
        println!("{line}");
    }
    compile::build(lab)?;
    let parts: [(&str, &dyn Fn() -> Result<()>); 16] = [
        ("header", &|| header::run(lab)),
        ("wheels", &|| wheels::run(lab)),
        ("index", &|| index::run(lab)),
        ("fidelity", &|| Fidelity::default().run(lab)),
        ("info", &|| Info::default().run(lab)),
        ("interpose", &|| {
            ensure!(interpose::run(lab)?, "not every case of interposition passed");
            Ok(())
        }),
        ("memcheck", &|| memcheck::run(lab)),
        ("state", &|| state::run(lab)),
        ("setters", &|| Setters::on_one_machine().run(lab)),
        ("conform", &|| Conform::default().run(lab)),
        ("sources", &|| Sources::default().run(lab)),
        ("matrix", &|| Matrix::default().run(lab)),
        ("headers", &|| Headers::default().run(lab)),
        ("migrate", &|| Migrate::default().run(lab)),
        ("clients", &|| Clients::default().run(lab)),
        ("nvml", &|| nvml::run(lab)),
    ];
    let mut failed = Vec::new();
    for (name, part) in parts {
        println!("\n-- {name}");
        if let Err(error) = part() {
            println!("{name} failed: {error:#}");
            failed.push(name);
        }
    }
    println!("\nthe lab took {:.1} s", start.elapsed().as_secs_f64());
    println!("{} passed, {} failed", parts.len() - failed.len(), failed.len());
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

/// What every comparison needs; quick when there is nothing to do.
fn prepare(lab: &Lab) -> Result<()> {
    fetch::fetch(lab)?;
    compile::build(lab)
}

impl Enter {
    fn run(self, lab: &Lab) -> Result<ExitCode> {
        let run = Run {
            machine: self.machine,
            in_memory: self.in_memory,
            root: None,
            dri: !self.no_dri,
            user: self.user,
            guest: self.guest,
            env: self.env,
            binds: self.bind,
            cwd: self.cwd,
            argv: self.command,
            timeout: self.timeout,
        };
        match run.interact(lab)? {
            Some(status) => Ok(ExitCode::from(namespace::exit_code(status))),
            None => {
                eprintln!("lab: the time was up");
                Ok(ExitCode::from(TIME_WAS_UP))
            }
        }
    }
}
