//! `lab hip`: a HIP program, compiled by Debian's hipcc and linked with -lrsmi_compat, run on a
//! machine of the lab as far as HIP goes there: it finds no device, and rsmi does.
//!
//! The compiler is too much to fetch for every run of the lab.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::archive::Archive;
use crate::compile::Compile;
use crate::lab::{Lab, Library};
use crate::namespace::{Outcome, Run};
use crate::{fetch, kit, tool};

const SOURCE: &str = "examples-c/hip_topology.cpp";
const PACKAGES: [&str; 2] = ["hipcc", "libamdhip64-dev"];
const MACHINES: [&str; 2] = ["mi300x-2", "navi31"];

/// Where the program is made inside.
const PLACE: &str = "/hip";

const REST: &str = "librest_of_drm.so";

/// It is compiled with our own header.
const GENERATION: &str = "7.0";

const PATIENCE: Duration = Duration::from_secs(300);

pub fn run(lab: &Lab, deb: bool) -> Result<()> {
    kit::stage(lab)?;
    if deb {
        kit::pack(lab)?;
    }
    let root = fetch_root(lab)?;
    let place = lab.cache.join("hip/made");
    fs::create_dir_all(&place)?;
    let inside = |mut run: Run| -> Result<Run> {
        run.root = Some(root.clone());
        run.binds.push((place.clone(), PLACE.into()));
        run.binds.push((lab.workspace.join(SOURCE), format!("{PLACE}/source.cpp").into()));
        Ok(run.timeout(PATIENCE))
    };
    let (include, library) =
        (format!("-I{}/include", kit::PREFIX), format!("-L{}/lib", kit::PREFIX));
    let program = format!("{PLACE}/hip_topology");
    let source = format!("{PLACE}/source.cpp");
    let compile = [
        "hipcc",
        "--offload-arch=gfx942",
        &include,
        &source,
        "-o",
        &program,
        &library,
        "-lrsmi_compat",
        // What the machine's libdrm lacks comes when it is run.
        "-Wl,--allow-shlib-undefined",
    ];
    let compiler = kit::install(lab, Run::new(MACHINES[0], compile))?;
    let compiled = inside(compiler)?.output(lab)?;
    ensure!(compiled.success(), "hipcc cannot compile {SOURCE}: {}", compiled.errors().trim());
    println!("hipcc compiled {SOURCE}");
    rest_of_libdrm(lab, &root, &place)?;
    for machine in MACHINES {
        for amdsmi in fetch::releases(lab, Library::AmdSmi) {
            let run = kit::linked(lab, GENERATION, amdsmi, Run::new(machine, [&program]))?;
            let outcome = inside(run)?.env("LD_PRELOAD", format!("{PLACE}/{REST}")).output(lab)?;
            let devices = check(&outcome, machine)
                .with_context(|| format!("on {machine}, amdsmi {amdsmi}"))?;
            println!("{machine}, amdsmi {amdsmi}: {devices} devices found");
        }
    }
    Ok(())
}

/// The machine's libdrm is a stand-in, which has not all that HIP's runtime refers to: here is the
/// rest of it, which finds no device.
fn rest_of_libdrm(lab: &Lab, root: &Path, place: &Path) -> Result<()> {
    let names = |file: &Path, kind: &str| -> Result<BTreeSet<String>> {
        let symbols = tool::output(Command::new("nm").args(["-D", kind]).arg(file))?;
        let last = symbols.lines().filter_map(|line| line.split_whitespace().next_back());
        let name = last.map(|name| name.split('@').next().unwrap_or_default().to_owned());
        Ok(name.filter(|name| name.starts_with("drm") || name.starts_with("amdgpu_")).collect())
    };
    let runtime = root.join("usr/lib/x86_64-linux-gnu/libhsa-runtime64.so.1");
    let wanted = names(&runtime, "--undefined-only")?;
    let there = names(&lab.cache.join("drm/libdrm_amdgpu.so.1"), "--defined-only")?;
    let rest = wanted.difference(&there);
    let source: String = rest
        .map(|name| format!("long {name}(void);\nlong {name}(void) {{ return -19; }}\n"))
        .collect();
    let file = place.join("rest.c");
    fs::write(&file, source)?;
    Compile::new(lab).args(["-shared", "-fPIC"]).arg(&file).to(&place.join(REST))
}

/// The number of devices that it tells of, each with its address.
fn check(outcome: &Outcome, machine: &str) -> Result<usize> {
    let expected: &[&str] = match machine {
        "navi31" => &["0000:03:00.0"],
        _ => &["0000:05:00.0", "0000:85:00.0"],
    };
    let (said, complaints) = (outcome.text(), outcome.errors());
    ensure!(outcome.success(), "it ends with {:?}: {complaints}", outcome.status);
    for address in expected {
        ensure!(said.contains(address), "it does not tell of {address}: {said}{complaints}");
    }
    Ok(expected.len())
}

fn fetch_root(lab: &Lab) -> Result<PathBuf> {
    let _lock = lab.lock()?;
    let place = lab.cache.join("hip/root");
    let state = lab.cache.join("hip/apt");
    if !place.is_dir() {
        let archive = Archive::open(&state, &[fetch::ROOT_SUITE])?;
        let packages: Vec<_> = fetch::ROOT_PACKAGES.into_iter().chain(PACKAGES).collect();
        fetch::make_root(&archive, &packages, &place)?;
        fs::remove_dir_all(state)?;
    }
    Ok(place)
}
