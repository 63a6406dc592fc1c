//! What `doctor` finds, and what of it is wrong.

use super::access::{self, Driver, File, WhoAmI};
use super::ask::{Answers, Asking, Failure};
use super::ask_inside::{About, Device};
use super::calls;
use super::libraries::{Found, Libraries};
use super::log::Answer;
use super::settings::Settings;
use super::sources::Sources;
use crate::nvml;
use rsmi_generations::Policy;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Serialize)]
pub struct Report {
    pub command: &'static str,
    pub library: PathBuf,
    pub about: About,
    pub environment: BTreeMap<String, String>,
    pub settings: Settings,
    pub user: WhoAmI,
    pub driver: Driver,
    pub files: Vec<File>,
    pub libraries: Libraries,
    /// Tools in PATH that know only NVML: `rsmi-compat run --nvml` shows them the GPUs.
    pub nvml_tools: Vec<&'static str>,
    pub init: Option<u32>,
    pub devices: Vec<Device>,
    pub functions: Vec<FunctionReport>,
    /// The kernel alone was asked, since something did not return.
    pub functions_of_the_kernel: bool,
    /// They change something, or belong to a conversation of several calls.
    pub not_asked: Vec<&'static str>,
    pub did_not_return: Vec<Failure>,
    /// AMD SMI's answers beside the kernel's.
    pub sources: Sources,
    pub log: Vec<String>,
    pub problems: Vec<Problem>,
}

/// One function, for one device or for the whole machine.
#[derive(Serialize)]
pub struct FunctionReport {
    pub function: String,
    pub device: Option<u32>,
    #[serde(flatten)]
    pub answer: Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
}

#[derive(Serialize)]
pub struct Problem {
    pub severity: Severity,
    pub what: String,
    /// What to do.
    pub todo: String,
}

impl Problem {
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

const NOT_FOUND: &str = "RSMI_STATUS_NOT_FOUND";

/// Variables that change what programs see.
const VARIABLES: [&str; 8] = [
    "ROCM_PATH",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LD_AUDIT",
    "HIP_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "CUDA_VISIBLE_DEVICES",
    "HSA_OVERRIDE_GFX_VERSION",
];

fn environment() -> BTreeMap<String, String> {
    let interesting = |name: &str| name.starts_with("RSMI_") || VARIABLES.contains(&name);
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| interesting(name))
        .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
        .collect()
}

/// Where the library looks for /sys.
fn sysfs(environment: &BTreeMap<String, String>) -> &Path {
    let simulated = environment.get("RSMI_COMPAT_SYSFS").filter(|path| path.starts_with('/'));
    simulated.map_or(Path::new("/sys"), |path| Path::new(path))
}

impl Report {
    pub fn make(library: PathBuf, patience: Duration) -> Self {
        let environment = environment();
        let driver = Driver::look(sysfs(&environment));
        let settings = Settings::look();
        let asking = Asking::new(&library, patience);
        let mut answers = asking.as_set();
        let (sources, of_libamd_smi) = compare(&asking, &mut answers, settings.source);
        let functions = functions(&answers);
        let mut report = Self {
            command: env!("CARGO_PKG_VERSION"),
            library,
            about: answers.about,
            settings,
            user: WhoAmI::look(),
            driver,
            files: access::files(Path::new("/dev")),
            libraries: Libraries::look(),
            nvml_tools: nvml::served_here(),
            init: answers.init,
            devices: answers.devices,
            functions,
            functions_of_the_kernel: answers.gave_up && answers.unfinished.is_none(),
            not_asked: calls::not_asked(),
            did_not_return: answers.failures,
            sources,
            log: answers.log.complaints.into_iter().collect(),
            problems: Vec::new(),
            environment,
        };
        report.judge(answers.unfinished, of_libamd_smi);
        report
    }

    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter()
    }

    fn judge(&mut self, unfinished: Option<String>, of_libamd_smi: Option<String>) {
        let mut problems = Vec::new();
        let mut error = |what: String, todo: &str| {
            problems.push(Problem { severity: Severity::Error, what, todo: todo.into() });
        };
        if !self.driver.loaded {
            error(
                "the kernel driver amdgpu is not loaded".into(),
                "load it with `modprobe amdgpu`, or install it; in a container, it must be loaded \
                 on the host; WSL has none",
            );
        }
        match self.driver.kfd_gpus {
            None => error(
                "KFD's topology is not there".into(),
                "use a kernel with CONFIG_HSA_AMD, and in a container let /sys be seen",
            ),
            Some(0) => error(
                "KFD knows no GPU".into(),
                "see `dmesg | grep amdgpu` for why the driver took none",
            ),
            Some(_) => {}
        }
        // Where KFD knows none, that has been said.
        let missing = self.driver.not_in_kfd.iter().filter(|_| self.driver.kfd_gpus != Some(0));
        for card in missing {
            error(
                format!("the GPU {card} is missing: amdgpu drives it, but KFD does not know it"),
                "no rsmi function sees it, nor does HIP; see `dmesg | grep -e kfd -e amdgpu` for \
                 why, such as a GPU that KFD does not support, or a start of it that failed",
            );
        }
        match self.init {
            Some(0) if self.devices.is_empty() => {
                error("rsmi_init finds no device".into(), "see what else is wrong");
            }
            Some(0) => {}
            Some(status) => error(
                format!("rsmi_init fails with status {status}"),
                "see what else is wrong, and RSMI_COMPAT_LOG=debug",
            ),
            None => {}
        }
        for wrong in &self.settings.wrong {
            error(wrong.clone(), "correct the line; as it is, it counts as nothing said");
        }
        for wrong in &self.settings.variables {
            error(wrong.clone(), "correct or unset it; the library takes it as nothing said");
        }
        let is_its_fault = of_libamd_smi.is_some();
        match (of_libamd_smi, self.did_not_return.first()) {
            (Some(functions), Some(Failure { function, device, how, .. })) => error(
                format!(
                    "libamd_smi{} {how} at {function}{}; {functions}",
                    self.path(),
                    of_device(*device)
                ),
                "RSMI_COMPAT_SOURCE=kernel, or `source = kernel` in /etc/rsmi-compat.conf, keeps \
                 programs from it; report it with the output of `rsmi-compat doctor --json`",
            ),
            _ => {
                for Failure { function, device, how, .. } in &self.did_not_return {
                    error(
                        format!("{function}{} {how}", of_device(*device)),
                        "report it with the output of `rsmi-compat doctor --json`",
                    );
                }
            }
        }
        if let Some(why) = unfinished {
            error(format!("not everything could be asked: {why}"), "see above");
        }
        let there = !self.libraries.libamd_smi.is_empty();
        let is_to_be_used = self.settings.source != Policy::Kernel && !is_its_fault;
        if there && is_to_be_used && self.about.amdsmi.is_none() && !self.devices.is_empty() {
            problems.push(warning(
                "none of the libamd_smi that are there could be used".into(),
                "the kernel's files answer; see the warnings of the library below",
            ));
        }
        if self.about.amdsmi_release.as_deref() == Some("unknown") {
            problems.push(warning(
                "libamd_smi is of a release that is not known".into(),
                "look for a newer rsmi-compat; until then the kernel's files answer what they can",
            ));
        }
        if let Some(Failure { function, device, how, .. }) = self.sources.did_not_return.first() {
            problems.push(warning(
                format!(
                    "libamd_smi{} {how} at {function}{}, which asks it only where \
                     RSMI_COMPAT_SOURCE is amdsmi or both",
                    self.path(),
                    of_device(*device)
                ),
                "report it with the output of `rsmi-compat doctor --json`",
            ));
        }
        problems.extend(self.driver.suspended.iter().map(|card| {
            warning(
                format!("the GPU {card} was asleep (power/runtime_status says suspended)"),
                &format!(
                    "to read its sensors wakes it, unless RSMI_COMPAT_NO_WAKE=1 is set; any work \
                     wakes it too, and `echo on > /sys/bus/pci/devices/{card}/power/control` keeps \
                     it awake"
                ),
            )
        }));
        problems.extend(self.access_problems());
        problems.extend(self.library_problems());
        let complaints = self.log.iter().filter(|line| !self.settings.know(line));
        problems.extend(complaints.map(|line| {
            warning(format!("the library says: {line}"), "see docs/troubleshooting.md")
        }));
        self.problems = problems;
    }

    /// That of the libamd_smi that is asked.
    fn path(&self) -> String {
        let first = self.libraries.libamd_smi.first().map(|found| &found.path);
        let path = self.about.amdsmi.as_ref().or(first);
        path.map(|path| format!(" ({})", path.display())).unwrap_or_default()
    }

    fn access_problems(&self) -> Vec<Problem> {
        // A driver that is not there makes no files.
        if !self.driver.loaded || self.user.is_root() {
            return Vec::new();
        }
        // The kernel's files answer nearly everything without.
        let denied = access::denied(&self.user.user, &self.files);
        denied.into_iter().map(|(what, todo)| warning(what, &todo)).collect()
    }

    fn library_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let list = |found: &[Found]| {
            found
                .iter()
                .map(|found| found.path.display().to_string())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let Libraries { libamd_smi, librocm_smi64, .. } = &self.libraries;
        let named = self.environment.contains_key("RSMI_COMPAT_AMDSMI")
            || self.settings.says.iter().any(|said| said.line.starts_with("amdsmi = "));
        if libamd_smi.len() > 1 && !named {
            problems.push(warning(
                format!("there are several libamd_smi: {}", list(libamd_smi)),
                "name the one to use in RSMI_COMPAT_AMDSMI, or as amdsmi in /etc/rsmi-compat.conf",
            ));
        }
        if !librocm_smi64.is_empty() {
            problems.push(warning(
                format!("AMD's librocm_smi64 is installed too: {}", list(librocm_smi64)),
                "run programs by `rsmi-compat run -- PROGRAM` to be sure that they get ours",
            ));
        }
        problems
    }
}

fn warning(what: String, todo: &str) -> Problem {
    Problem { severity: Severity::Warning, what, todo: todo.into() }
}

fn of_device(device: Option<u32>) -> String {
    device.map(|index| format!(" for device {index}")).unwrap_or_default()
}

const ONLY_KERNEL: &str =
    "the source is kernel; `RSMI_COMPAT_SOURCE=auto rsmi-compat doctor` compares";

/// What the sources answer; and, where libamd_smi does not come back, which functions that concerns.
fn compare(
    asking: &Asking<'_>,
    answers: &mut Answers,
    source: Policy,
) -> (Sources, Option<String>) {
    if answers.unfinished.is_some() || answers.devices.is_empty() {
        let why = answers.unfinished.clone().unwrap_or_else(|| "there is no device".into());
        return (Sources { not_compared: Some(why), ..Sources::default() }, None);
    }
    let (mut sources, kernel) = Sources::of_kernel(asking);
    let last = answers.failures.last();
    let last = last.map(|last| format!("libamd_smi {} at {}", last.how, last.function));
    let Some(kernel) = kernel else {
        answers.unfinished = sources.not_compared.clone().filter(|_| answers.gave_up);
        return (sources, None);
    };
    let failing: BTreeSet<_> =
        answers.failures.iter().map(|failure| failure.function.clone()).collect();
    if answers.gave_up {
        // What programs are told where libamd_smi is not asked.
        answers.take(&kernel);
        sources.not_compared = last;
    } else if source == Policy::Kernel {
        // Who says so is kept from libamd_smi by this command too.
        sources.not_compared = Some(ONLY_KERNEL.into());
    } else {
        sources.compare(asking, &kernel, &answers.failures);
    }
    let concerned = match (failing.len(), source) {
        (0, _) | (_, Policy::Kernel) => None,
        (1, _) if !answers.gave_up => Some("no other function does so".to_owned()),
        (several, _) if !answers.gave_up => Some(format!("so it is with {several} functions")),
        (_, Policy::Amdsmi) => {
            Some(format!("{} functions ask it", sources.any_amdsmi.union(&failing).count()))
        }
        (_, Policy::Auto | Policy::Both) => {
            let first = sources.first_amdsmi.union(&failing).count();
            Some(format!("{first} functions ask it first"))
        }
    };
    (sources, concerned)
}

/// Only functions that are asked on purpose, in the header's order.
fn functions(answers: &Answers) -> Vec<FunctionReport> {
    let mut functions = Vec::new();
    for function in calls::functions() {
        let devices = answers.devices.iter().map(|device| Some(device.index));
        let about: Vec<_> = if function.of_device() { devices.collect() } else { vec![None] };
        for device in about {
            let key = (device, function.name.to_owned());
            let Some(answer) = answers.log.answers.get(&key) else { continue };
            let mut answer = answer.clone();
            // Asked about this process, which uses no GPU, that is the answer.
            answer.answered |= function.of_process() && answer.statuses.contains(NOT_FOUND);
            functions.push(FunctionReport { function: key.1, device, answer });
        }
    }
    functions
}
