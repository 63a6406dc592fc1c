//! Tools that no registry has, stood in for by small programs of ours: each opens, links and calls
//! as the tool is known to, with AMD's header of the release that the tool would be built with.
//!
//! Stripped, as tools are shipped, and hardened: each struct ends at a page that may not be touched.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use regex::{Captures, Regex};
use std::sync::LazyLock;

use super::lines::{self, ANY_PROGRAM, Line, SERVICE};
use super::{HOME, Ledger, Of, Said, Side, Start, line_of, machine_for};
use crate::compare::{Selection, in_parallel};
use crate::compile::Compile;
use crate::fetch;
use crate::lab::{Lab, Library};
use crate::namespace::Run;
use crate::{tool, wheels};

const PATIENCE: Duration = Duration::from_secs(20);

/// Where the original is: for the loader, for programs in development, in ROCm.
const LINKED: &str = "/usr/lib/x86_64-linux-gnu/librocm_smi64.so.1";
const LINKED_6: &str = "/usr/lib/x86_64-linux-gnu/librocm_smi64.so.6";
const LINKED_7: &str = "/usr/lib/x86_64-linux-gnu/librocm_smi64.so.7";
const BY_NAME: &str = "/usr/lib/x86_64-linux-gnu/librocm_smi64.so";
const IN_ROCM: &str = "/opt/rocm/lib/librocm_smi64.so";
const IN_ROCM_7: &str = "/opt/rocm/lib/librocm_smi64.so.7";

/// Where the package of rocm-smi has the structs for Python, and ROCm too.
const BINDINGS: &str = "libexec/rocm_smi";
/// By these its bindings of Debian's find the library, in ROCm.
const BESIDE_BINDINGS: &str = "/opt/rocm/lib/x86_64-linux-gnu/librocm_smi64.so.1";

const ROCM: &str = "/opt/rocm";
/// The same, as far as it matters here, of ours.
const OUR_ROCM: &str = "/usr/local/lib/rsmi-compat/rocm";

struct Tool {
    /// As the table of results calls it.
    name: &'static str,
    /// Its row in the guide.
    row: &'static str,
    /// Which of the row's lines.
    number: usize,
    /// The release whose header it has, and whose library it is compared over.
    release: &'static str,
    parts: &'static [Part],
    opens: &'static [&'static str],
    /// Whether the original's ROCm has rsmiBindings.py, and says its release. On ours there is no such
    /// file but ours.
    rocm: bool,
    /// What is in its configuration, in which `@ROCM@` stands for the place of ROCm.
    config: Option<&'static str>,
    /// What it has of a registry: the package, and its release.
    wheel: Option<(&'static str, &'static str, &'static str)>,
    /// Whether it neither opens nor needs the library, so that the original is preloaded too.
    preloaded: bool,
}

/// A file of the tool: its source, where it is, and how it reaches librocm_smi64.
struct Part(&'static str, &'static str, How);

#[derive(Clone, Copy, PartialEq)]
enum How {
    /// It opens it.
    Opens,
    /// It is linked to it.
    Links,
    /// Its references stay open.
    Open,
    /// A library, linked to it.
    Library,
    /// A library, linked to the name that ROCm 6.0 has.
    Library6,
    /// A library whose references stay open.
    PlugIn,
    /// Linked to the part before it.
    Calls,
    /// Nothing to compile.
    Script,
}

use How::{Calls, Library as LibraryPart, Library6, Links, Open, Opens, PlugIn, Script};

const TOOL: Tool = Tool {
    name: "",
    row: "your own",
    number: 0,
    release: "6.4.1",
    parts: &[],
    opens: &[LINKED],
    rocm: false,
    config: None,
    wheel: None,
    preloaded: false,
};

const OWN: &[Part] = &[Part("example.c", "/root/monitor", Links)];
const APP: &str = "/root/app";
const WHEEL: &str = "/usr/lib/python3/dist-packages/torch/lib/libtorch_hip.so";
const TRAIN: Part = Part("train.py", "/root/train.py", Script);
const MPIRUN: Part = Part("mpirun", "/usr/bin/mpirun", Script);
const CALLER: Part = Part("caller.c", "/root/all_reduce_perf", Calls);
const SLURM: &[Part] = &[
    Part("slurmd.c", "/usr/sbin/slurmd", Opens),
    Part("slurm_plugin.c", "/usr/lib/slurm/gpu_rsmi.so", PlugIn),
];

const OMNISTAT: &[Part] = &[Part("omnistat-monitor", "/usr/bin/omnistat-monitor", Script)];
const OLD_OMNISTAT: &[Part] = &[
    Part("omnistat-old", "/usr/bin/omnistat-monitor", Script),
    Part("omnistat-monitor", "/usr/lib/omnistat/monitor.py", Script),
];
const TAU_LIBRARY: Part = Part("tau.c", "/usr/lib/x86_64-linux-gnu/libTAU.so", LibraryPart);
const TAU: &[Part] =
    &[TAU_LIBRARY, Part("app.c", APP, Opens), Part("tau_exec", "/usr/bin/tau_exec", Script)];
const ZEROSUM: &[Part] =
    &[TAU_LIBRARY, Part("app.c", APP, Opens), Part("tau_exec", "/usr/bin/zerosum", Script)];

const TOOLS: &[Tool] = &[
    Tool {
        name: "PAPI",
        row: "PAPI",
        release: "6.1.2",
        parts: &[Part("papi.c", "/usr/bin/papi_native_avail", Opens)],
        opens: &[IN_ROCM],
        ..TOOL
    },
    Tool {
        name: "LIKWID",
        row: "LIKWID",
        parts: &[Part("likwid.c", "/usr/bin/likwid-perfctr", Opens)],
        opens: &[BY_NAME],
        ..TOOL
    },
    Tool {
        name: "Slurm",
        row: "Slurm (`gpu/rsmi`)",
        release: "6.1.2",
        parts: SLURM,
        opens: &[BY_NAME],
        ..TOOL
    },
    Tool { name: "Slurm", row: SERVICE, release: "6.1.2", parts: SLURM, opens: &[BY_NAME], ..TOOL },
    Tool {
        name: "hwloc",
        row: "hwloc",
        parts: &[Part("hwloc.c", "/usr/bin/lstopo", Links)],
        ..TOOL
    },
    Tool {
        name: "RCCL",
        row: "RCCL",
        release: "5.2.3",
        parts: &[
            Part("rccl.c", "/usr/lib/x86_64-linux-gnu/librccl.so.1", LibraryPart),
            CALLER,
            MPIRUN,
        ],
        ..TOOL
    },
    Tool {
        name: "RCCL",
        row: "RCCL",
        release: "7.2.4",
        parts: &[
            Part("rccl.c", "/usr/lib/x86_64-linux-gnu/librccl.so.1", LibraryPart),
            CALLER,
            MPIRUN,
        ],
        opens: &[LINKED_7],
        ..TOOL
    },
    Tool {
        name: "a wheel's library",
        row: "PyTorch and JAX wheels",
        parts: &[Part("wheel.c", WHEEL, LibraryPart), TRAIN],
        ..TOOL
    },
    Tool {
        name: "a wheel's library",
        row: "PyTorch and JAX wheels",
        release: "6.1.2",
        parts: &[Part("wheel.c", WHEEL, Library6), TRAIN],
        opens: &[LINKED_6],
        ..TOOL
    },
    Tool {
        name: "a wheel's library",
        row: "PyTorch and JAX wheels",
        release: "7.2.4",
        parts: &[Part("wheel.c", WHEEL, LibraryPart), TRAIN],
        opens: &[LINKED_7],
        ..TOOL
    },
    Tool {
        name: "Score-P",
        row: "Score-P's plugin",
        parts: &[Part("scorep.c", APP, Links)],
        ..TOOL
    },
    Tool {
        name: "APEX",
        row: "APEX, variorum",
        release: "6.1.2",
        parts: &[Part("apex.c", APP, Links)],
        ..TOOL
    },
    Tool {
        name: "variorum",
        row: "APEX, variorum",
        parts: &[Part("variorum.c", APP, Links)],
        ..TOOL
    },
    Tool {
        name: "omnistat",
        row: "omnistat",
        parts: OMNISTAT,
        opens: &[IN_ROCM],
        rocm: true,
        config: Some("[omnistat.collectors]\nrocm_path = @ROCM@\n"),
        ..TOOL
    },
    Tool {
        name: "omnistat",
        row: "omnistat",
        release: "6.1.2",
        parts: OLD_OMNISTAT,
        opens: &[IN_ROCM],
        config: Some("[omnistat.collectors]\nrocm_path = @ROCM@\n"),
        ..TOOL
    },
    Tool {
        name: "jpwr",
        row: "jpwr",
        parts: &[Part("jpwr", "/usr/bin/jpwr", Script), Part("app.c", APP, Opens)],
        opens: &[BESIDE_BINDINGS],
        rocm: true,
        ..TOOL
    },
    Tool {
        name: "gpustack-runtime",
        row: "gpustack-runtime",
        parts: &[Part("gpustack-runtime", "/usr/bin/gpustack-runtime", Script)],
        opens: &[IN_ROCM],
        rocm: true,
        wheel: Some(("gpustack-runtime", "gpustack_runtime", "0.2.6")),
        ..TOOL
    },
    Tool {
        name: "Ray",
        row: "Ray, before it asked AMD SMI",
        parts: &[Part("ray", "/usr/bin/ray", Script)],
        opens: &[IN_ROCM],
        ..TOOL
    },
    Tool {
        name: "TAU",
        row: "TAU, ZeroSum",
        release: "7.2.4",
        parts: TAU,
        opens: &[LINKED_7],
        ..TOOL
    },
    Tool {
        name: "ZeroSum",
        row: "TAU, ZeroSum",
        number: 1,
        release: "7.2.4",
        parts: ZEROSUM,
        opens: &[LINKED_7],
        ..TOOL
    },
    Tool {
        name: "EAR",
        row: "EAR",
        release: "5.2.3",
        parts: &[Part("ear.c", "/usr/sbin/eard", Opens)],
        opens: &[IN_ROCM],
        ..TOOL
    },
    Tool {
        name: "EAR",
        row: "EAR",
        number: 1,
        release: "5.2.3",
        parts: &[Part("ear.c", "/usr/sbin/eard", Opens)],
        opens: &[IN_ROCM],
        ..TOOL
    },
    Tool {
        name: "sonar",
        row: "sonar",
        release: "7.2.4",
        parts: &[Part("sonar.c", "/usr/bin/sonar", Opens)],
        opens: &[IN_ROCM_7],
        ..TOOL
    },
    Tool {
        name: "ZLUDA",
        row: "ZLUDA",
        release: "7.2.4",
        parts: &[Part("zluda.c", APP, Links)],
        opens: &[LINKED_7],
        ..TOOL
    },
    Tool {
        name: "go-rocm-smi",
        row: "ClusterCockpit (go-rocm-smi)",
        parts: &[Part("go.c", "/usr/bin/cc-metric-collector", Open)],
        opens: &[BY_NAME],
        ..TOOL
    },
    Tool { name: "AMD's example", release: "5.2.3", parts: OWN, ..TOOL },
    Tool { name: "AMD's example", release: "6.1.2", parts: OWN, ..TOOL },
    Tool { name: "AMD's example", parts: OWN, ..TOOL },
    Tool { name: "AMD's example", release: "7.2.4", parts: OWN, opens: &[LINKED_7], ..TOOL },
    ANY,
    Tool { number: 1, ..ANY },
    Tool { number: 2, ..IN_PROCESS },
    Tool { number: 3, ..IN_PROCESS },
];

/// README's ways, for a program that is linked and for one that looks around in its process.
const ANY: Tool = Tool {
    name: "a linked program",
    row: ANY_PROGRAM,
    parts: &[Part("zluda.c", "/usr/bin/program", Links)],
    ..TOOL
};
const IN_PROCESS: Tool = Tool {
    name: "one that looks around in its process",
    parts: &[Part("process.c", "/usr/bin/program", Opens)],
    preloaded: true,
    ..ANY
};

/// The rows that these stand for.
pub fn names() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().map(|tool| tool.row)
}

/// How many of a row's lines they run; none where the row is not theirs.
pub fn lines_of(row: &str) -> Option<usize> {
    let mine = TOOLS.iter().filter(|tool| tool.row == row);
    let numbers: BTreeSet<_> = mine.map(|tool| tool.number).collect();
    (!numbers.is_empty()).then_some(numbers.len())
}

pub fn run(lab: &Lab, selection: &Selection, ledger: &mut Ledger) -> Result<()> {
    let amdsmi = selection.amdsmi(lab)?;
    let there = fetch::releases(lab, Library::Rsmi);
    for release in &there {
        // As in ROCm's own packages, which EAR insists on; Debian's are not.
        let file = lab.library(Library::Rsmi, release).join(Library::Rsmi.file());
        fs::set_permissions(&file, Permissions::from_mode(0o755))?;
    }
    let place = tempfile::Builder::new().prefix("rsmi-tools-").tempdir()?;
    fs::set_permissions(place.path(), Permissions::from_mode(0o755))?;
    let numbered: Vec<_> = TOOLS.iter().enumerate().collect();
    let built = in_parallel(&numbered, |(number, tool)| {
        let place = place.path().join(number.to_string());
        tool.build(lab, &place).with_context(|| tool.name)?;
        Ok(place)
    })?;
    let machines = selection.machines();
    let lines = ledger.lines.clone();
    let mut work = Vec::new();
    let tools = TOOLS.iter().zip(&built).filter(|(tool, _)| selection.wants(tool.release));
    for (tool, place) in tools {
        if !there.contains(&tool.release) {
            println!("{}: librocm_smi64 {} is gone from the archive", tool.name, tool.release);
            continue;
        }
        for machine in &machines {
            let machine = machine_for(tool.release, machine, selection);
            for side in Side::all(tool.release, &amdsmi) {
                work.push((tool, place, machine, side));
            }
        }
    }
    let said = in_parallel(&work, |(tool, place, machine, side)| {
        tool.ask(lab, &lines, place, machine, *side)
            .with_context(|| format!("{} on {machine}, {side:?}", tool.name))
    })?;
    let sides = amdsmi.len() + 1;
    for (work, said) in work.chunks(sides).zip(said.chunks(sides)) {
        let (tool, _, machine, _) = work[0];
        for (amdsmi, (ours, line)) in amdsmi.iter().zip(&said[1..]) {
            let (client, row) = (&tool.client(), &format!("{} (stand-in)", tool.name));
            let of = Of { client, row, line: &line.text, release: tool.release, machine };
            ledger.add(of, amdsmi, &said[0].0, ours);
        }
    }
    Ok(())
}

/// Those that only watch sensors or look which devices there are: each name with how it is run over
/// the original and over ours.
pub fn watchers(
    lab: &Lab,
    lines: &[Line],
    place: &Path,
    machine: &str,
    amdsmi: &str,
) -> Result<Vec<(String, [Run; 2])>> {
    const WATCHERS: [&str; 2] = ["Slurm", "hwloc"];
    let _lock = lab.lock()?;
    let watchers = TOOLS.iter().filter(|tool| WATCHERS.contains(&tool.name) && tool.number == 0);
    let start = |(number, tool): (usize, &Tool)| {
        let place = place.join(number.to_string());
        tool.build(lab, &place)?;
        let on = |side| tool.start(lab, lines, &place, machine, side).map(|(run, _)| run);
        let ours = Side::Ours { amdsmi, log: false };
        Ok((tool.name.to_owned(), [on(Side::Original(tool.release))?, on(ours)?]))
    };
    watchers.enumerate().map(start).collect()
}

/// Each device's lines under its place by PCI address: 5.2.3 numbers them as the kernel does.
fn by_address(text: &str) -> String {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^dev(\d+)/rsmi_dev_pci_id_get: 0 ([0-9a-f]+)$")
            .expect("a constant pattern")
    });
    static DEVICE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bdev(\d+)\b").expect("a constant pattern"));
    let found = ADDRESS.captures_iter(text);
    let mut devices: Vec<_> = found
        .map(|found| (u64::from_str_radix(&found[2], 16).unwrap_or_default(), found[1].to_owned()))
        .collect();
    devices.sort();
    devices.dedup();
    let place = |found: &Captures| {
        let number = devices.iter().position(|(_, device)| *device == found[1]);
        number.map_or_else(|| found[0].to_owned(), |number| format!("dev{number}"))
    };
    DEVICE.replace_all(text, place).into_owned()
}

impl Tool {
    /// As the list of differences calls it.
    fn client(&self) -> String {
        match self.number {
            0 => format!("{} {}", self.name, self.release),
            number => format!("{} {}, line {}", self.name, self.release, number + 1),
        }
    }

    /// Each part is a file in `place`, by its number.
    fn build(&self, lab: &Lab, place: &Path) -> Result<()> {
        fs::create_dir(place)?;
        let sources = lab.workspace.join("tests/lab/clients/tools");
        for (number, Part(source, inside, how)) in self.parts.iter().enumerate() {
            let (source, output) = (sources.join(source), place.join(number.to_string()));
            if *how == Script {
                fs::copy(&source, &output)?;
                fs::set_permissions(&output, Permissions::from_mode(0o755))?;
                continue;
            }
            let mut compile = Compile::new(lab)
                .args(["-D_GNU_SOURCE", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"])
                .args(["-fstack-protector-strong", "-s"])
                .arg(format!("-DRELEASE={}", self.release.replace('.', "")))
                .include(lab.library(Library::Rsmi, self.release).join("include"))
                .include(lab.drm_headers())
                .arg(&source);
            let name = Path::new(inside).file_name().unwrap_or_default().to_string_lossy();
            if matches!(how, LibraryPart | Library6 | PlugIn) {
                compile = compile.args(["-shared", "-fPIC"]).arg(format!("-Wl,-soname,{name}"));
            }
            compile = match how {
                Links | LibraryPart => compile.real(Library::Rsmi, self.release),
                // An empty library has the name; the functions are there when it runs.
                Library6 => {
                    let empty = place.join("librocm_smi64.so");
                    Compile::new(lab)
                        .args(["-shared", "-fPIC", "-x", "c", "/dev/null"])
                        .arg("-Wl,-soname,librocm_smi64.so.6")
                        .to(&empty)?;
                    compile.arg("-Wl,--no-as-needed").arg(empty)
                }
                // As cgo links.
                Open => compile
                    .args(["-no-pie", "-fno-pie", "-rdynamic"])
                    .arg("-Wl,-z,lazy,--unresolved-symbols=ignore-in-object-files"),
                Calls => {
                    let library = Path::new(self.parts[number - 1].1);
                    let directory = library.parent().unwrap_or(Path::new("/")).display();
                    compile
                        .arg(place.join((number - 1).to_string()))
                        .arg(format!("-Wl,-rpath,{directory}"))
                }
                Opens | PlugIn | Script => compile,
            };
            compile.to(&output)?;
        }
        Ok(())
    }

    fn binds(&self, lab: &Lab, place: &Path, side: Side) -> Result<Vec<(PathBuf, PathBuf)>> {
        let parts = self.parts.iter().enumerate();
        let mut binds: Vec<_> = parts
            .map(|(number, Part(_, inside, _))| (place.join(number.to_string()), inside.into()))
            .collect();
        let is_original = matches!(side, Side::Original(_));
        if self.rocm && is_original {
            let bindings = fetch::program(lab, "rocm-smi", self.release).join("usr").join(BINDINGS);
            for name in ["rsmiBindings.py", "rsmiBindingsInit.py"] {
                binds.push((bindings.join(name), Path::new(ROCM).join(BINDINGS).join(name)));
            }
            let version = place.join("version");
            tool::replace_file(&version, format!("{}\n", self.release))?;
            binds.push((version, Path::new(ROCM).join(".info/version")));
        }
        if let Some(text) = self.config {
            let (name, rocm) = if is_original { ("original", ROCM) } else { ("ours", OUR_ROCM) };
            let file = place.join(format!("{name}.config"));
            tool::replace_file(&file, text.replace("@ROCM@", rocm))?;
            binds.push((file, format!("{HOME}/{}.config", self.name).into()));
        }
        if let Some((name, package, release)) = self.wheel {
            let fetched = wheels::fetch_package(lab, name, package, release)?.join(package);
            binds.push((fetched, Path::new("/usr/lib/python3/dist-packages").join(package)));
        }
        Ok(binds)
    }

    /// How it is run by its line, and the line.
    fn start(
        &self,
        lab: &Lab,
        lines: &[Line],
        place: &Path,
        machine: &str,
        side: Side,
    ) -> Result<(Run, Line)> {
        let printed = line_of(lines, self.row, self.number)?;
        let line = match side {
            Side::Ours { .. } if printed.asks_audit() => {
                self.line_of_audit(lab, &printed, place, machine, side)?
            }
            _ => printed.clone(),
        };
        let mut run = Start::new(&line, self.opens).on(lab, machine, side)?.timeout(PATIENCE);
        run.binds.extend(self.binds(lab, place, side)?);
        if self.preloaded && matches!(side, Side::Original(_)) {
            run = run.env("LD_PRELOAD", LINKED);
        }
        Ok((run, printed))
    }

    /// What it says, and the line by which it was run.
    fn ask(
        &self,
        lab: &Lab,
        lines: &[Line],
        place: &Path,
        machine: &str,
        side: Side,
    ) -> Result<(Said, Line)> {
        let (run, printed) = self.start(lab, lines, place, machine, side)?;
        let outcome = run.output(lab)?;
        let client = self.client();
        let mut said = Said::default();
        said.status(&client, &outcome);
        for (number, line) in by_address(&outcome.text()).lines().enumerate() {
            let (name, value) = line.split_once(": ").unwrap_or(("", line));
            let name = if name.is_empty() { format!("line {number}") } else { name.to_owned() };
            said.one_more(format!("{client}/{name}"), value);
        }
        said.stderr(&client, &outcome.errors());
        if let Side::Ours { log: true, .. } = side {
            ensure!(
                !said.functions.is_empty(),
                "it was not ours that answered: {}",
                outcome.text()
            );
        }
        Ok((said, printed))
    }

    /// What the printed line says in its turn.
    fn line_of_audit(
        &self,
        lab: &Lab,
        printed: &Line,
        place: &Path,
        machine: &str,
        side: Side,
    ) -> Result<Line> {
        let mut run = Start::new(printed, &[]).on(lab, machine, side)?.timeout(PATIENCE);
        run.env.retain(|(name, _)| !name.starts_with("RSMI_COMPAT_LOG"));
        run.binds.extend(self.binds(lab, place, side)?);
        let outcome = run.output(lab)?;
        ensure!(outcome.success(), "{}{}", outcome.text(), outcome.errors());
        lines::of_audit(&outcome.text()).with_context(|| format!("no line: {}", outcome.text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_go_by_their_addresses() {
        let text = "dev0/rsmi_dev_pci_id_get: 0 8500\ndev0/x: 1\ndev1/rsmi_dev_pci_id_get: 0 500\n\
                    dev1/to dev0: 2\n";
        let expected = "dev1/rsmi_dev_pci_id_get: 0 8500\ndev1/x: 1\n\
                        dev0/rsmi_dev_pci_id_get: 0 500\ndev0/to dev1: 2\n";
        assert_eq!(by_address(text), expected);
        assert_eq!(by_address("dev3/x: 1\n"), "dev3/x: 1\n");
    }
}
