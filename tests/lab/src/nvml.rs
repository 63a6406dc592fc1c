//! `lab nvml`: programs that know only NVML, as their makers released them, over `rsmi-compat run --nvml`.
//!
//! They come from PyPI, crates.io and Debian. tests/lab/clients/nvml/check.py asks each Python client what
//! the rsmi face is asked beside it. A machine's files stand in the place of /sys, so that the values stay
//! as they are; only what measures over a time runs on a machine whose values move.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::archive::Archive;
use crate::compare::in_parallel;
use crate::lab::Lab;
use crate::namespace::Run;
use crate::{kit, tool};

/// Each with as many of pynvml's 125 fields as have a value there at least.
const MACHINES: [(&str, usize); 5] =
    [("mi300x-2", 55), ("mi250x-4", 55), ("navi31", 47), ("apu", 40), ("mi300x-cpx-nps4", 55)];

const WITHOUT_A_GPU: &str = "kfd-no-gpu";

/// The checks of check.py for the packages of requirements.txt.
const CHECKS: [&str; 5] = ["readme", "gpustat", "nvitop", "py3nvml", "scalene"];

/// Those that measure over a time.
const WINDOWS: [&str; 2] = ["zeus", "codecarbon"];

const REQUIREMENTS: &str = "tests/lab/clients/nvml/requirements.txt";

/// It has a module of the name that nvidia-ml-py has too.
const PYNVML: &str = "pynvml==11.5.3";

/// As many of its 42 questions have an answer on an APU.
const LEAST_OF_WRAPPER: usize = 27;

const NVTOP: (&str, &str) = ("trixie", "nvtop");
const NVTOP_PLACE: &str = "/nvtop";
const NVTOP_PATIENCE: Duration = Duration::from_secs(30);

pub fn run(lab: &Lab) -> Result<()> {
    kit::stage(lab)?;
    let list = fs::read_to_string(lab.workspace.join(REQUIREMENTS))?;
    let clients = Clients {
        packages: packages(lab, "packages", &["--requirement", REQUIREMENTS], &list)?,
        pynvml: packages(lab, "pynvml", &["--no-deps", PYNVML], PYNVML)?,
        wrapper: wrapper(lab)?,
        nvtop: nvtop(lab)?,
    };
    let told = in_parallel(&MACHINES, |(machine, least)| clients.on(lab, machine, *least))?;
    for ((machine, _), lines) in MACHINES.iter().zip(told) {
        println!("{machine}: {}", lines.join(", "));
    }
    for check in WINDOWS {
        let words = [&*kit::file(lab, "bin/rsmi-compat").display().to_string()]
            .map(str::to_owned)
            .into_iter()
            .chain(["simulate", "--machine", "mi300x-2", "--"].map(str::to_owned));
        values(&clients.check(lab, words.collect(), &clients.packages, check, None)?)?;
        println!("mi300x-2: {check}'s window is the difference of the energy counter");
    }
    clients.without_a_gpu(lab)
}

/// Where the clients are.
struct Clients {
    packages: PathBuf,
    pynvml: PathBuf,
    wrapper: PathBuf,
    nvtop: PathBuf,
}

impl Clients {
    /// All of them on one machine, and what is to be told of it.
    fn on(&self, lab: &Lab, machine: &str, least: usize) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for check in CHECKS {
            let text = self.check(lab, Vec::new(), &self.packages, check, Some(machine))?;
            lines.push(format!("{check} {}", values(&text)?));
        }
        let text = self.check(lab, Vec::new(), &self.pynvml, "fields", Some(machine))?;
        let fields = values(&text)?;
        ensure!(fields >= least, "{machine}: only {fields} of pynvml's fields have a value");
        lines.push(format!("{fields} fields"));
        lines.push(self.in_rust(lab, machine)?);
        lines.push(self.in_c(lab, machine)?);
        Ok(lines)
    }

    /// One check of check.py: what it prints.
    fn check(
        &self,
        lab: &Lab,
        before: Vec<String>,
        packages: &Path,
        check: &str,
        machine: Option<&str>,
    ) -> Result<String> {
        let script = lab.workspace.join("tests/lab/clients/nvml/check.py");
        let mut words = before;
        words.extend(by_command(lab));
        words.extend(["python3".to_owned(), script.display().to_string(), check.to_owned()]);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env("PYTHONPATH", packages).env("PYTHONDONTWRITEBYTECODE", "1");
        at(lab, &mut command, machine)?;
        tool::output(&mut command)
            .with_context(|| format!("{check} on {}", machine.unwrap_or("a machine that moves")))
    }

    /// The crate decodes every answer, and the memory is that of the rsmi face.
    fn in_rust(&self, lab: &Lab, machine: &str) -> Result<String> {
        let mut words = by_command(lab);
        words.push(self.wrapper.display().to_string());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        at(lab, &mut command, Some(machine))?;
        let text =
            tool::output(&mut command).with_context(|| format!("nvml-wrapper, {machine}"))?;
        let mut failed = text.lines().filter(|line| line.contains(" failed: "));
        let unwelcome = failed.find(|line| !line.ends_with(" failed: NotSupported"));
        ensure!(unwelcome.is_none(), "nvml-wrapper on {machine}: {unwelcome:?}");
        // The further partitions of a GPU have few files of their own.
        let is_answer = |line: &&str| line.starts_with("0 ") && line.contains(" = ");
        let answered = text.lines().filter(is_answer).count();
        ensure!(answered >= LEAST_OF_WRAPPER, "nvml-wrapper on {machine}: {answered} answers");
        Ok(format!("nvml-wrapper {answered}"))
    }

    /// nvtop, in a snapshot: each GPU once, by its name.
    fn in_c(&self, lab: &Lab, machine: &str) -> Result<String> {
        let libraries = format!("{NVTOP_PLACE}/usr/lib/x86_64-linux-gnu");
        let program = format!("{NVTOP_PLACE}/usr/bin/nvtop");
        let command = format!("{}/bin/rsmi-compat", kit::PREFIX);
        let words = [&*command, "run", "--nvml", "--", &*program, "--snapshot"];
        let mut run = kit::install(lab, Run::new(machine, words))?
            .env("LD_LIBRARY_PATH", libraries)
            .env("TERM", "dumb")
            .timeout(NVTOP_PATIENCE);
        // Its own way to AMD's GPUs goes through these.
        run.dri = false;
        run.binds.push((self.nvtop.clone(), NVTOP_PLACE.into()));
        let outcome = run.output(lab)?;
        let errors = outcome.errors();
        ensure!(outcome.success(), "nvtop on {machine}: {}", errors.trim());
        let shown: Vec<BTreeMap<String, Value>> = serde_json::from_str(&outcome.text())
            .with_context(|| format!("nvtop on {machine}: {}", outcome.text()))?;
        let names = shown.iter().filter_map(|gpu| gpu.get("device_name")?.as_str());
        let makers = ["AMD", "Instinct", "Radeon"];
        let count = names.filter(|name| makers.iter().any(|word| name.contains(word))).count();
        ensure!(count > 0 && count == shown.len(), "nvtop on {machine}: {shown:?}");
        Ok(format!("nvtop {count}"))
    }

    /// nvmlInit says that there is no driver, in the words of the client.
    fn without_a_gpu(&self, lab: &Lab) -> Result<()> {
        match self.check(lab, Vec::new(), &self.packages, "readme", Some(WITHOUT_A_GPU)) {
            Err(error) if format!("{error:#}").contains("NVMLError_DriverNotLoaded") => {
                println!("{WITHOUT_A_GPU}: the driver is not loaded");
                Ok(())
            }
            Err(error) => Err(error),
            Ok(text) => bail!("{WITHOUT_A_GPU}: a client sees a GPU: {text}"),
        }
    }
}

fn by_command(lab: &Lab) -> Vec<String> {
    let command = kit::file(lab, "bin/rsmi-compat").display().to_string();
    [&*command, "run", "--nvml", "--"].map(str::to_owned).to_vec()
}

/// The machine's files, in the place of /sys; without libamd_smi, whose devices this host does not have.
fn at(lab: &Lab, command: &mut Command, machine: Option<&str>) -> Result<()> {
    if let Some(machine) = machine {
        command.env("RSMI_COMPAT_SYSFS", &lab.machine(machine)?.sys);
        command.env("RSMI_COMPAT_SOURCE", "kernel");
    }
    Ok(())
}

/// How many values a check has compared.
fn values(text: &str) -> Result<usize> {
    let line = text.lines().rfind(|line| line.starts_with("values "));
    let count = line.and_then(|line| line.strip_prefix("values ")?.parse().ok());
    count.filter(|count| *count > 0).with_context(|| format!("no values in {text}"))
}

/// What pip takes of these arguments, fetched once for this Python into a directory of that name.
fn packages(lab: &Lab, name: &str, arguments: &[&str], made_of: &str) -> Result<PathBuf> {
    let version = tool::output(Command::new("python3").arg("--version"))?;
    let made_of = format!("{version}{made_of}");
    let place = lab.cache.join("nvml").join(name);
    let stamp = place.join(".made-of");
    let _lock = lab.lock()?;
    if fs::read_to_string(&stamp).is_ok_and(|there| there == made_of) {
        return Ok(place);
    }
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    tool::output(
        Command::new("python3")
            .current_dir(&lab.workspace)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--root-user-action=ignore", "--target"])
            .arg(&place)
            .args(arguments),
    )
    .context("it takes pip: install python3 and python3-pip")?;
    fs::write(stamp, made_of)?;
    Ok(place)
}

/// The client in Rust.
fn wrapper(lab: &Lab) -> Result<PathBuf> {
    let _lock = lab.lock()?;
    let target = lab.cache.join("nvml/wrapper");
    tool::output(
        tool::cargo()
            .args(["rustc", "--locked", "--quiet", "--manifest-path"])
            .arg(lab.workspace.join("tests/lab/clients/nvml/wrapper/Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            .args(["--", "-Cstrip=symbols"]),
    )
    .context("cannot build the client of the crate nvml-wrapper")?;
    Ok(target.join("debug/through-nvml-wrapper"))
}

/// Debian's nvtop with what it depends on, unpacked; the root has its own libc.
fn nvtop(lab: &Lab) -> Result<PathBuf> {
    let (suite, package) = NVTOP;
    let place = lab.cache.join("nvml/nvtop");
    let _lock = lab.lock()?;
    if place.is_dir() {
        return Ok(place);
    }
    let state = lab.cache.join("nvml/apt");
    let archive = Archive::open(&state, &[suite])?;
    let partial = lab.cache.join("nvml/nvtop.partial");
    if partial.exists() {
        fs::remove_dir_all(&partial)?;
    }
    fs::create_dir_all(&partial)?;
    for deb in archive.download_closure(suite, &[package])? {
        let name = deb.file_name().unwrap_or_default().to_string_lossy();
        let of_root = ["libc6_", "libc-bin_", "libgcc-s1_", "gcc-", "libdrm"];
        if !of_root.iter().any(|start| name.starts_with(start)) {
            tool::output(Command::new("dpkg-deb").arg("--extract").args([&deb, &partial]))?;
        }
    }
    fs::rename(&partial, &place)?;
    fs::remove_dir_all(state)?;
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_without_values_is_none() {
        assert_eq!(values("a warning\nvalues 12\n").unwrap(), 12);
        for text in ["", "values 0\n", "values x\n"] {
            assert!(values(text).is_err(), "{text}");
        }
    }
}
