//! `lab setters`: each setter of ours must write what the original writes, and say what it says.
//!
//! Every probe is one call of one function in a process of its own, on a machine of its own that
//! is thrown away, under strace. Its answer is the status and everything that the call did to
//! /sys, in order: plain files take any write, so what counts is what the driver would have been
//! told, and not what the files hold afterwards.

pub mod probes;

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use regex::Regex;
use tempfile::TempDir;

use crate::answers::Answers;
use crate::compare::{Circumstances, Comparison, Place, Selection, in_parallel};
use crate::compile::Compile;
use crate::interpose;
use crate::lab::Lab;
use crate::namespace::{Outcome, Run};
use probes::{PROBES, Probe};

/// The releases that ours must equal.
const COMPARED: [&str; 3] = ["6.1.2", "6.4.1", "7.2.4"];

/// Cards with and without fans, partitions, power profiles and PCIe levels, one of them in parts,
/// and one whose files are missing.
const MACHINES: [&str; 5] = ["mi300x-2", "mi300x-cpx-nps4", "mi210", "navi31", "sparse"];

const ROOT: Circumstances = Circumstances { no_dri: false, user: false, guest: false };
const OTHERS: [Circumstances; 3] = [
    Circumstances { user: true, ..ROOT },
    Circumstances { guest: true, ..ROOT },
    Circumstances { no_dri: true, ..ROOT },
];

/// Where who asks is varied; elsewhere root asks, on bare metal.
const MACHINES_OF_OTHERS: [&str; 2] = ["mi300x-2", "navi31"];

const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Args)]
pub struct Setters {
    #[command(flatten)]
    selection: Selection,
    /// Only as an ordinary user
    #[arg(long)]
    user: bool,
    /// Only as the guest of a hypervisor
    #[arg(long)]
    guest: bool,
}

/// The stand-ins for commands come first.
pub const PATH: &str = "/setters/commands:/usr/bin";

/// Shows everything by which a file can be changed or a program started.
pub const STRACE: [&str; 10] = [
    "strace",
    "--seccomp-bpf",
    "-f",
    "-y",
    "-s",
    "256",
    "-e",
    "signal=none",
    "-e",
    "trace=access,openat,open,creat,write,writev,pwrite64,pwritev,rename,renameat,renameat2,unlink,\
     unlinkat,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,truncate,ftruncate,chmod,fchmod,\
     fchmodat,mount,execve",
];

/// One library somewhere: the original, or ours over a libamd_smi.
struct Side<'a> {
    machine: &'a str,
    circumstances: Circumstances,
    library: Library<'a>,
}

enum Library<'a> {
    Original {
        release: &'a str,
    },
    /// For a client of a generation that is told.
    Ours {
        generation: &'a str,
        amdsmi: &'a str,
    },
    /// For a client that nothing identifies.
    OursUntold {
        amdsmi: &'a str,
    },
}

impl Setters {
    /// What is quick enough to run after every change.
    pub fn on_one_machine() -> Self {
        Self { selection: Selection::of_machine("mi300x-2"), user: false, guest: false }
    }

    pub fn run(&self, lab: &Lab) -> Result<()> {
        let start = Instant::now();
        let bench = Bench::set_up(lab)?;
        let amdsmi = self.selection.amdsmi(lab)?;
        let releases = self.selection.releases(lab, &COMPARED)?;
        let mut comparison = Comparison::new(lab)?;
        for (machine, circumstances) in self.places() {
            for &(release, generation) in &releases {
                let side = |library| Side { machine: &machine, circumstances, library };
                let mut sides = vec![side(Library::Original { release })];
                let ours = amdsmi.iter().map(|amdsmi| Library::Ours { generation, amdsmi });
                sides.extend(ours.map(side));
                let answers = bench.ask_all(&sides)?;
                for (amdsmi, ours) in amdsmi.iter().zip(&answers[1..]) {
                    let place = Place { machine: &machine, release, amdsmi, circumstances };
                    comparison.add(&place, &answers[0], ours);
                }
            }
        }
        for amdsmi in &amdsmi {
            bench.see_refusals(amdsmi)?;
        }
        println!("{:.1} s", start.elapsed().as_secs_f64());
        comparison.finish(&self.selection)
    }

    /// Which machines are asked by whom.
    fn places(&self) -> Vec<(String, Circumstances)> {
        let machines = |unless_named: &[&str]| -> Vec<String> {
            match self.selection.machine.as_slice() {
                [] => unless_named.iter().map(|&name| name.to_owned()).collect(),
                some => some.to_vec(),
            }
        };
        let at = |machines: Vec<String>, circumstances| {
            machines.into_iter().map(move |machine| (machine, circumstances))
        };
        if self.user || self.guest {
            let asked = Circumstances { user: self.user, guest: self.guest, ..ROOT };
            return at(machines(&MACHINES_OF_OTHERS), asked).collect();
        }
        let others = OTHERS.into_iter().flat_map(|asked| at(machines(&MACHINES_OF_OTHERS), asked));
        at(machines(&MACHINES), ROOT).chain(others).collect()
    }
}

/// What all probes share: the client, our library, and stand-ins for what must not happen.
struct Bench<'a> {
    lab: &'a Lab,
    binds: Vec<(PathBuf, PathBuf)>,
    _place: TempDir,
}

impl<'a> Bench<'a> {
    fn set_up(lab: &'a Lab) -> Result<Bench<'a>> {
        let place = tempfile::Builder::new().prefix("rsmi-setters-").tempdir()?;
        fs::set_permissions(place.path(), Permissions::from_mode(0o755))?;
        let within = |name: &str| place.path().join(name);
        Compile::new(lab)
            .arg("-D_GNU_SOURCE")
            .arg(lab.workspace.join("tests/lab/clients/setters.c"))
            .to(&within("setters"))?;
        let mut binds = stand_ins(place.path())?;
        binds.push((within("setters"), "/setters/setters".into()));
        binds.push((interpose::ours(lab)?, "/setters/librsmi_compat.so.1".into()));
        Ok(Bench { lab, binds, _place: place })
    }

    /// Every side's answers to all probes.
    fn ask_all(&self, sides: &[Side]) -> Result<Vec<Answers>> {
        let of_side = |side| PROBES.iter().map(move |probe| (side, probe));
        let work: Vec<_> = sides.iter().flat_map(of_side).collect();
        let answers = in_parallel(&work, |(side, probe)| {
            let answer = self.ask(side, probe);
            Ok((probe.name(), answer.with_context(|| format!("the probe {}", probe.name()))?))
        })?;
        Ok(answers.chunks(PROBES.len()).map(|chunk| chunk.iter().cloned().collect()).collect())
    }

    fn ask(&self, side: &Side, probe: &Probe) -> Result<String> {
        answer(&self.watch(side, probe)?)
    }

    /// What a number means changed for one setter: of a client that nothing identifies nothing is
    /// written, and the log says why.
    fn see_refusals(&self, amdsmi: &str) -> Result<()> {
        const SETTER: &str = "rsmi_dev_compute_partition_set 0 ";
        const NOT_SUPPORTED: &str = "2";
        let library = Library::OursUntold { amdsmi };
        let side = Side { machine: MACHINES[0], circumstances: ROOT, library };
        let meant = |probe: &&Probe| {
            let number = probe.name().strip_prefix(&SETTER.replace(' ', "/")).map(str::to_owned);
            number.is_some_and(|number| ["1", "2", "3", "4", "5"].contains(&&*number))
        };
        let probes: Vec<_> = PROBES.iter().filter(meant).collect();
        ensure!(probes.len() == 5, "the probes of the setter have changed");
        for probe in &probes {
            let outcome = self.watch(&side, probe)?;
            let said = answer(&outcome)?;
            let name = probe.name();
            ensure!(said == NOT_SUPPORTED, "nothing tells what {name} means, and it does: {said}");
            let reason = outcome.errors().contains("changed with ROCm 6.2");
            ensure!(reason, "the log does not say why {name} is refused");
        }
        println!("amdsmi {amdsmi}: {} numbers of who knows which header refused", probes.len());
        Ok(())
    }

    fn watch(&self, side: &Side, probe: &Probe) -> Result<Outcome> {
        let (library, directory) = match side.library {
            Library::Original { release } => {
                ("librocm_smi64.so".to_owned(), format!("/lab/rsmi/{release}"))
            }
            _ => ("librsmi_compat.so.1".to_owned(), "/setters".to_owned()),
        };
        let client = ["/setters/setters".to_owned(), library];
        let argv = STRACE.map(str::to_owned).into_iter().chain(client);
        let mut run = Run::new(side.machine, argv.chain(probe.call().map(str::to_owned)));
        run.binds.clone_from(&self.binds);
        run = side.circumstances.under(run).timeout(PATIENCE);
        run = run.env("PATH", PATH);
        match side.library {
            Library::Original { .. } => {}
            // The comparison is with a library that knows its client.
            Library::Ours { generation, amdsmi } => run = run.over_ours(generation, amdsmi),
            Library::OursUntold { amdsmi } => {
                run = run.over_ours("", amdsmi).env("RSMI_COMPAT_LOG", "debug");
            }
        }
        run.env.retain(|(name, _)| name != "LD_LIBRARY_PATH");
        run = run.env("LD_LIBRARY_PATH", directory);
        if probe.bare() {
            run = run.env("BARE", "1");
        }
        run.output(self.lab)
    }
}

/// What must not happen, for all that anybody inside can do: binds of harmless things in its place.
pub fn stand_ins(place: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    // The original would stop the display manager and reload the driver; it is told that
    // neither can be done.
    let (commands, debug) = (place.join("commands"), place.join("debug"));
    fs::create_dir_all(&commands)?;
    for name in ["systemctl", "modprobe"] {
        let command = commands.join(name);
        fs::write(&command, "#!/bin/sh\nexit 1\n")?;
        fs::set_permissions(&command, Permissions::from_mode(0o755))?;
    }
    // Card nodes are numbered below those for rendering, which begin at 128.
    for card in 0..128 {
        let debug = debug.join("dri").join(card.to_string());
        fs::create_dir_all(&debug)?;
        fs::write(debug.join("amdgpu_gpu_recover"), "0\n")?;
    }
    Ok(vec![(commands, "/setters/commands".into()), (debug, "/sys/kernel/debug".into())])
}

/// The status, or how the client died, and a line for everything that it did.
fn answer(outcome: &Outcome) -> Result<String> {
    let text = outcome.text();
    let status = match (outcome.status, outcome.signal) {
        _ if outcome.timed_out => "hangs".to_owned(),
        (_, Some(libc::SIGSEGV)) => "dies (memory fault)".to_owned(),
        (_, Some(libc::SIGABRT)) => "dies (abort)".to_owned(),
        (_, Some(signal)) => format!("dies (signal {signal})"),
        // What the library itself prints comes before.
        (Some(0), None) => text.lines().next_back().unwrap_or("says nothing").to_owned(),
        (_, None) => bail!("the client failed: {}", outcome.errors().trim()),
    };
    Ok([vec![status], deeds(&outcome.errors())].concat().join("\n"))
}

/// What strace saw between the client's two marks.
fn deeds(trace: &str) -> Vec<String> {
    let inside = trace.lines().skip_while(|line| !line.contains("\"/setters/begin\"")).skip(1);
    inside
        .take_while(|line| !line.contains("\"/setters/end\""))
        .filter_map(of_any_process)
        .collect()
}

/// What a line tells, whichever process it is about.
fn of_any_process(line: &str) -> Option<String> {
    let pid = line.strip_prefix("[pid").and_then(|rest| rest.split_once("] "));
    deed(pid.map_or(line, |(_, call)| call))
}

/// What strace wrote to a file about several processes at a time, in words.
pub fn deeds_of_many(trace: &str) -> Vec<String> {
    let mut unfinished = HashMap::new();
    let mut deeds = Vec::new();
    for line in trace.lines() {
        let Some((process, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if let Some(begun) = call.strip_suffix(" <unfinished ...>") {
            unfinished.insert(process, begun);
        } else if let Some((_, rest)) =
            call.strip_prefix("<... ").and_then(|call| call.split_once(" resumed>"))
        {
            let begun = unfinished.remove(process).unwrap_or_default();
            // What comes late is set apart by spaces.
            let (rest, result) = rest.rsplit_once(" = ").unwrap_or((rest, "?"));
            deeds.extend(deed(&format!("{begun}{} = {result}", rest.trim_end())));
        } else {
            deeds.extend(deed(call));
        }
    }
    deeds
}

/// One system call in words, if it is one that matters.
fn deed(call: &str) -> Option<String> {
    static OPEN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"^openat\([^,]*, "(/sys/[^"]*)", (\S+?)(?:, 0\d+)?\) = (?:\d+<([^>]*)>|-1 (\w+))"#,
        )
        .expect("a constant pattern")
    });
    static WRITE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\w+\(\d+<(/sys/[^>]*)>, (.*)\) = (-?\d+(?: \w+)?)")
            .expect("a constant pattern")
    });
    static TEXT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#""((?:[^"\\]|\\.)*)""#).expect("a constant pattern"));
    static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"^execve\("/bin/sh", \["sh", "-c", (?:"--", )?"((?:[^"\\]|\\.)*)"\]"#)
            .expect("a constant pattern")
    });
    if let Some(found) = OPEN.captures(call) {
        let resets = found[1].ends_with("/amdgpu_gpu_recover");
        let writes = found[2].contains("O_WRONLY") || found[2].contains("O_RDWR");
        let how = match (writes, resets) {
            (true, _) if !found[2].contains("O_TRUNC") => "opens, not emptied,",
            (true, _) => "opens",
            (false, true) => "reads",
            (false, false) => return None,
        };
        // The same file by another way, card or render node, has one place in /sys/devices.
        return match (found.get(3), found.get(4).map(|errno| errno.as_str())) {
            (Some(place), _) => Some(format!("{how} {}", place.as_str())),
            // The original looks before whether it is there, ours does not.
            (None, Some("ENOENT")) => None,
            (None, errno) => {
                let (_, file) = found[1].split_once("/device/").unwrap_or(("", &found[1]));
                Some(format!("{how} {file}: {}", errno.unwrap_or("?")))
            }
        };
    }
    if call.starts_with("write(") || call.starts_with("writev(") {
        let found = WRITE.captures(call)?;
        let text: String = TEXT.captures_iter(&found[2]).map(|text| text[1].to_owned()).collect();
        // The kernel does not pass on a write of nothing.
        return (!text.is_empty()).then(|| format!("writes {text} -> {}", &found[3]));
    }
    if let Some(found) = COMMAND.captures(call) {
        return Some(format!("runs {}", &found[1]));
    }
    // None of the libraries does any of the rest to a file of the kernel's.
    let harmless = ["access(", "open(", "openat(", "execve(", "ioctl("];
    let strange = (call.contains("\"/sys/") || call.contains("</sys/"))
        && !harmless.iter().any(|name| call.starts_with(name));
    strange.then(|| call.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = r#"
openat(AT_FDCWD</>, "/sys/early", O_WRONLY) = 3</sys/early>
access("/setters/begin", F_OK) = -1 ENOENT (No such file or directory)
openat(AT_FDCWD</>, "/sys/class/drm/card0/device/level", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 4</sys/devices/d/level>
writev(4</sys/devices/d/level>, [{iov_base=NULL, iov_len=0}, {iov_base="s 0 5\n", iov_len=6}], 2) = 6
write(4</sys/devices/d/level>, "c", 1) = -1 EBUSY (Device or resource busy)
writev(4</sys/devices/d/level>, [{iov_base=NULL, iov_len=0}, {iov_base="", iov_len=0}], 2) = 0
write(1</memfd:stdout>, "noise", 5) = 5
openat(AT_FDCWD</>, "/sys/class/drm/card0/device/absent", O_WRONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)
openat(AT_FDCWD</>, "/sys/class/drm/card0/device/locked", O_WRONLY|O_TRUNC|O_CLOEXEC) = -1 EACCES (Permission denied)
openat(AT_FDCWD</>, "/sys/kernel/debug/dri/1/amdgpu_gpu_recover", O_RDONLY) = 4</sys/kernel/debug/dri/1/amdgpu_gpu_recover>
openat(AT_FDCWD</>, "/sys/class/drm/card0/device/level", O_RDONLY) = 4</sys/devices/d/level>
[pid 7] execve("/bin/sh", ["sh", "-c", "--", "modprobe -r it"], 0x7 /* 4 vars */ <unfinished ...>
unlink("/sys/devices/d/level") = 0
access("/setters/end", F_OK) = -1 ENOENT (No such file or directory)
write(4</sys/devices/d/level>, "late", 4) = 4
"#;

    #[test]
    fn a_trace_tells_what_was_done_between_the_marks() {
        let expected = [
            "opens /sys/devices/d/level",
            r"writes s 0 5\n -> 6",
            "writes c -> -1 EBUSY",
            "opens locked: EACCES",
            "reads /sys/kernel/debug/dri/1/amdgpu_gpu_recover",
            "runs modprobe -r it",
            r#"unlink("/sys/devices/d/level") = 0"#,
        ];
        assert_eq!(deeds(TRACE), expected);
    }

    #[test]
    fn a_call_that_was_interrupted_is_put_together() {
        let trace = "7  openat(AT_FDCWD</>, \"/sys/x\", O_WRONLY|O_TRUNC <unfinished ...>\n\
                     8  write(1</dev/null>, \"a\", 1) = 1\n\
                     7  <... openat resumed>)      = 3</sys/devices/x>\n\
                     7  write(3</sys/devices/x>, \"1\", 1) = 1\n\
                     8  open(\"/proc/sys/vm/overcommit_memory\", O_RDONLY) = 3</proc/sys/vm/o>\n";
        assert_eq!(deeds_of_many(trace), ["opens /sys/devices/x", "writes 1 -> 1"]);
    }

    #[test]
    fn a_file_that_is_not_emptied_is_not_the_same() {
        let call = r#"openat(AT_FDCWD</>, "/sys/x", O_WRONLY|O_CLOEXEC) = 3</sys/devices/x>"#;
        assert_eq!(deed(call).as_deref(), Some("opens, not emptied, /sys/devices/x"));
    }
}
