//! Machines of the simulator, written out once per process for all its runs.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use rsmi_simulator::Machine;
use rsmi_simulator::scratch::Scratch;

const PREFIX: &str = "rsmi-lab-";
const CPUINFO: &str = "cpuinfo";
const CPUINFO_OF_A_GUEST: &str = "cpuinfo-of-a-guest";

/// A machine on disk. Runs read it through an overlay, so that none of them changes it.
pub struct Written {
    pub sys: PathBuf,
    pub drm_facts: PathBuf,
    pub kfd: bool,
    /// The names of the nodes in /dev/dri.
    pub dri: Vec<String>,
    place: Scratch,
}

impl Written {
    /// A /proc/cpuinfo that tells of a hypervisor or does not, whatever this host is.
    pub fn cpuinfo(&self, guest: bool) -> PathBuf {
        self.place.path().join(if guest { CPUINFO_OF_A_GUEST } else { CPUINFO })
    }
}

/// Machines for the cards themselves: their tables are odd, and the rest is as on the others. By
/// default they are compared with the newest release alone, and by `lab conform` alone.
const FURTHER: [&str; 15] = [
    "mi300a-4",
    "mi350x-8",
    "mi355x-8-dpx",
    "mi355x-2-cpx",
    "mi400-2",
    "mi300x-16-cpx",
    "navi48",
    "navi33",
    "navi21",
    "mi50-2",
    "renoir",
    "raven",
    "strix-halo",
    "igpu-dgpu",
    "mi308x-8",
];

/// The names of the built-in machines on which everything is compared.
pub fn names() -> Vec<&'static str> {
    Machine::names().filter(|name| !is_further(name)).collect()
}

pub fn further() -> &'static [&'static str] {
    &FURTHER
}

pub fn is_further(name: &str) -> bool {
    FURTHER.contains(&name)
}

/// Writes a built-in machine, or the one that a file describes.
pub fn write(name: &str) -> Result<Arc<Written>> {
    let machine = Machine::find(name)?;
    let place = Scratch::new(PREFIX)?;
    let host = fs::read_to_string("/proc/cpuinfo").context("cannot read /proc/cpuinfo")?;
    fs::write(place.path().join(CPUINFO), cpuinfo(&host, false))?;
    fs::write(place.path().join(CPUINFO_OF_A_GUEST), cpuinfo(&host, true))?;
    let sys = place.path().join("sys");
    fs::create_dir(&sys)?;
    machine.write_tree(&sys).with_context(|| format!("cannot write the machine {name}"))?;
    let drm_facts = machine.drm_facts(place.path())?;
    let dri = machine
        .cards()
        .iter()
        .flat_map(|card| {
            let render = card.render.map(|number| format!("renderD{number}"));
            [Some(format!("card{}", card.card)), render]
        })
        .flatten()
        .collect();
    let kfd = machine.has_kfd();
    Ok(Arc::new(Written { sys, drm_facts, kfd, dri, place }))
}

/// The host's /proc/cpuinfo as it reads on bare metal, or in a guest.
pub fn cpuinfo(host: &str, guest: bool) -> String {
    let mut text = String::with_capacity(host.len() + 64);
    for line in host.split_inclusive('\n') {
        if line.starts_with("flags") {
            let line = line.replace(" hypervisor", "");
            text += line.trim_end();
            text += if guest { " hypervisor\n" } else { "\n" };
        } else {
            text += line;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_tells_of_a_hypervisor_or_not_whatever_the_host_is() {
        let metal = "processor\t: 0\nflags\t\t: fpu sse lm\nbugs\t\t:\n";
        let guest = "processor\t: 0\nflags\t\t: fpu sse lm hypervisor\nbugs\t\t:\n";
        let inner = "processor\t: 0\nflags\t\t: fpu hypervisor sse lm\nbugs\t\t:\n";
        for host in [metal, guest, inner] {
            assert_eq!(cpuinfo(host, false), metal);
            assert_eq!(cpuinfo(host, true), guest);
        }
    }
}
