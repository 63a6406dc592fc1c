//! `lab index`: rsmi_compat.h finds the devices of made-up machines by each of their names.
//!
//! What is expected is written down here by hand, out of the machines' descriptions: KFD numbers
//! the cards in the order of the file, rsmi by address.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::compile::Compile;
use crate::lab::Lab;
use crate::namespace::Run;

const CLIENT: &str = "index";
const SET_UID: &str = "index-set-uid";
const PATIENCE: Duration = Duration::from_secs(20);
const AMDSMI: [&str; 2] = ["6.1.2", "10.1"];

/// A machine, the environment, and the rsmi index of each HIP device.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [u32]);

const EIGHT: &str = "mi300x-8";
const PARTITIONED: &str = "mi300x-cpx-nps4";

#[rustfmt::skip]
const CASES: &[Case] = &[
    (EIGHT, &[], &[4, 0, 3, 2, 5, 1, 7, 6]),
    (EIGHT, &[("ROCR_VISIBLE_DEVICES", "1,3")], &[0, 2]),
    (EIGHT, &[("ROCR_VISIBLE_DEVICES", "7,GPU-4E8FDD,9,0")], &[6, 4]),
    (EIGHT, &[("ROCR_VISIBLE_DEVICES", "")], &[]),
    (EIGHT, &[("HIP_VISIBLE_DEVICES", "2,2,0")], &[3, 4]),
    (EIGHT, &[("HIP_VISIBLE_DEVICES", "GPU-58f5bedfa5133bd5")], &[0]),
    (EIGHT, &[("HIP_VISIBLE_DEVICES", "")], &[]),
    (EIGHT, &[("CUDA_VISIBLE_DEVICES", "6")], &[7]),
    (EIGHT, &[("CUDA_VISIBLE_DEVICES", "6"), ("HIP_VISIBLE_DEVICES", "0")], &[4]),
    (EIGHT, &[("ROCR_VISIBLE_DEVICES", "5,4,3"), ("HIP_VISIBLE_DEVICES", "2,0")], &[2, 1]),
    (EIGHT, &[("GPU_DEVICE_ORDINAL", "3")], &[4, 0, 3, 2, 5, 1, 7, 6]),
    (PARTITIONED, &[], &[8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]),
    (PARTITIONED, &[("ROCR_VISIBLE_DEVICES", "15,7")], &[7, 15]),
    ("mixed", &[], &[0, 1]),
    ("sparse", &[], &[0, 1, 2, 3, 4, 5]),
    ("mi250x-4", &[("ROCR_VISIBLE_DEVICES", "9")], &[]),
    ("kfd-no-gpu", &[], &[]),
];

/// Where no question opens libamd_smi: without a GPU, and over files about which it would write on the
/// client's stderr.
const NOT_OPENED: [&str; 2] = ["kfd-no-gpu", "sparse"];

/// Addresses and unique ids by rsmi's index; partitions share an address.
#[rustfmt::skip]
const NAMES: &[(&str, &[(&str, &str)])] = &[
    (EIGHT, &[
        ("0000:0c:00.0", "58f5bedfa5133bd5"), ("0000:22:00.0", "1f65528c4a9aaf5e"),
        ("0000:38:00.0", "459e153f8c1d644b"), ("0000:5c:00.0", "cf82e3384c377594"),
        ("0000:9f:00.0", "4e8fdd62998483f6"), ("0000:af:00.0", "23e227025e667fd2"),
        ("0000:bf:00.0", "e4b6e0496c86e67f"), ("0000:df:00.0", "7225a843bf70c5cb"),
    ]),
    ("mixed", &[("0000:e3:00.0", "6b2d9e41f70c83a5"), ("0001:43:00.0", "d8a05c7712ef4b96")]),
];

/// Runs every case; an error if one of them comes out otherwise than it should.
pub fn run(lab: &Lab) -> Result<()> {
    build(lab)?;
    let mut failed = 0;
    let mut facts = 0;
    for amdsmi in AMDSMI {
        for case in CASES {
            failed += u32::from(!passes(lab, amdsmi, case, &mut facts)?);
        }
    }
    failed += u32::from(!is_hidden_without_dri(lab)?);
    failed += u32::from(!set_uid_has_no_environment(lab)?);
    println!("{facts} facts; {failed} of {} cases failed", CASES.len() * AMDSMI.len() + 2);
    ensure!(failed == 0, "rsmi_compat.h does not find every device");
    Ok(())
}

fn build(lab: &Lab) -> Result<()> {
    let _lock = lab.lock()?;
    let client = |name: &str, more: &str| {
        Compile::new(lab)
            .include(lab.workspace.join("include"))
            .arg(lab.workspace.join("tests/lab/clients/index.c"))
            .ours()
            .arg(more)
            .to(&lab.bin().join(name))
    };
    client(CLIENT, "-Wl,-z,relro")?;
    // Without LD_LIBRARY_PATH, which it does not obey.
    client(SET_UID, "-Wl,-rpath,/lab/ours")?;
    let program = lab.bin().join(SET_UID);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o4755))?;
    Ok(())
}

fn passes(lab: &Lab, amdsmi: &str, case: &Case, facts: &mut usize) -> Result<bool> {
    let (machine, environment, expected) = case;
    let mut run = Run::new(machine, [CLIENT]).over_ours("6.4", amdsmi).timeout(PATIENCE);
    for (name, value) in *environment {
        run = run.env(name, *value);
    }
    let said = Said::of(lab, &run)?;
    *facts += said.lines.len();
    let mut complaints = said.complaints();
    let hip = said.numbers();
    if hip != *expected {
        complaints.push(format!("HIP's devices are {hip:?}, not {expected:?}"));
    }
    if let Some((_, names)) = NAMES.iter().find(|(name, _)| name == machine) {
        let told: Vec<_> = said.after("device").map(|words| (words[1], words[2])).collect();
        if told != **names {
            complaints.push(format!("the devices are {told:?}"));
        }
    }
    let library = |name| said.after(name).last().map(|words| words.join(" ")).unwrap_or_default();
    let none = NOT_OPENED.contains(machine);
    let release = if none { "-" } else { amdsmi };
    if (library("release"), library("generation")) != (release.into(), "6.4".into()) {
        complaints.push("the release or the generation".into());
    }
    let is_right = |path: &str| match none {
        true => path == "-",
        false => path.contains(&format!("/lab/amdsmi/{amdsmi}/")),
    };
    if !is_right(&library("path")) {
        complaints.push(format!("the path {}", library("path")));
    }
    if library("evidence") != "RSMI_COMPAT_ABI=6.4" {
        complaints.push(format!("the evidence {}", library("evidence")));
    }
    Ok(report(&format!("{machine} {environment:?} over {amdsmi}"), &complaints))
}

/// HIP sees no device whose render node is not there; rsmi does.
fn is_hidden_without_dri(lab: &Lab) -> Result<bool> {
    let mut run = Run::new("navi31-2", [CLIENT]).over_ours("7.0", "10.1").timeout(PATIENCE);
    run.dri = false;
    let said = Said::of(lab, &run)?;
    let mut complaints = said.complaints();
    if (said.after("device").count(), said.numbers().len()) != (2, 0) {
        complaints.push(format!("{:?}", said.lines));
    }
    Ok(report("navi31-2 without /dev/dri", &complaints))
}

/// Somebody else's variables must not lead a privileged program astray.
fn set_uid_has_no_environment(lab: &Lab) -> Result<bool> {
    if !rustix::process::getuid().is_root() {
        println!("skipped: a set-uid program, which only root can make here");
        return Ok(true);
    }
    let mut run = Run::new(EIGHT, [format!("/lab/bin/{SET_UID}")])
        .over_ours("5", "6.1.2")
        .env("ROCR_VISIBLE_DEVICES", "1")
        .timeout(PATIENCE);
    run.user = true;
    run.binds = vec![(lab.cache.join("amdsmi/10.1"), PathBuf::from("/opt/rocm/lib"))];
    let said = Said::of(lab, &run)?;
    let mut complaints = said.complaints();
    let told = |name| said.after(name).last().map(|words| words.join(" ")).unwrap_or_default();
    if said.numbers().len() != 8
        || (told("release"), told("generation")) != ("10.1".into(), "7.0".into())
    {
        complaints.push(format!("{:?}", said.lines));
    }
    Ok(report("a set-uid program", &complaints))
}

fn report(case: &str, complaints: &[String]) -> bool {
    for complaint in complaints {
        println!("{case}: {complaint}");
    }
    complaints.is_empty()
}

/// What the client printed.
struct Said {
    lines: Vec<String>,
    status: Option<i32>,
    stderr: String,
}

impl Said {
    fn of(lab: &Lab, run: &Run) -> Result<Said> {
        let outcome = run.output(lab)?;
        let text = String::from_utf8(outcome.stdout).context("the client prints text")?;
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        Ok(Said {
            lines: text.lines().map(str::to_owned).collect(),
            status: outcome.status,
            stderr,
        })
    }

    /// The words behind the first one, of the lines that begin with it.
    fn after(&self, first: &str) -> impl Iterator<Item = Vec<&str>> {
        self.lines.iter().filter_map(move |line| {
            let mut words = line.split_whitespace();
            (words.next() == Some(first)).then(|| words.collect())
        })
    }

    /// The rsmi index of each HIP device.
    fn numbers(&self) -> Vec<u32> {
        self.after("hip").filter_map(|words| words.get(1)?.parse().ok()).collect()
    }

    fn complaints(&self) -> Vec<String> {
        let mut found: Vec<_> =
            self.lines.iter().filter(|line| line.starts_with("wrong")).cloned().collect();
        if self.status != Some(0) {
            found.push(format!("ended with {:?} {}", self.status, self.stderr.trim()));
        }
        found
    }
}
