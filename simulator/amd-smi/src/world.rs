//! The machine, the release, and what the environment says of both; read once.

use crate::faults::Faults;
use rsmi_simulator::{Clock, Error, Fault, Machine, TICK};
use rsmi_simulator_releases::{MARK, MARK_SIZE, NEWEST, Release};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use std::{env, ptr};

/// Every answer is a lie, and what is set is only logged.
const LIES: &str = "RSMI_SIM_LIES";

/// Everything that holds for the life of the process.
pub struct World {
    pub release: &'static Release,
    pub faults: Faults,
    /// The machine as it is described, while `machine` is a liar's.
    pub truth: Option<Arc<Machine>>,
    machine: Machine,
    clock: Clock,
    /// The machine as it last was, and at which tick of the clock.
    latest: Mutex<(u128, Arc<Machine>)>,
    sysfs: Option<PathBuf>,
}

/// Filled in when the file of one release is made of this library.
static PLACE: [u8; MARK_SIZE] = {
    let mut place = [0; MARK_SIZE];
    let mut at = 0;
    while at < MARK.len() {
        place[at] = MARK[at];
        at += 1;
    }
    place
};

impl World {
    /// What was described, or nothing if the description is wrong, which is said once.
    pub fn get() -> Option<&'static Self> {
        static WORLD: OnceLock<Option<World>> = OnceLock::new();
        WORLD
            .get_or_init(|| match Self::read() {
                Ok(world) => Some(world),
                Err(what) => {
                    eprintln!("libamd_smi (simulated): {what}");
                    None
                }
            })
            .as_ref()
    }

    fn read() -> Result<Self, String> {
        let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let sysfs = variable("RSMI_COMPAT_SYSFS").map(PathBuf::from);
        let text = |error: Error| error.to_string();
        let machine = machine(sysfs.as_deref()).map_err(text)?;
        let (machine, truth) = match variable(LIES).as_deref() {
            None => (machine, None),
            Some("1") => {
                (machine.lying().map_err(text)?, Some(Arc::new(machine.at(Duration::ZERO))))
            }
            Some(other) => return Err(format!("{LIES} is `{other}`, allowed is 1")),
        };
        let clock = Clock::from_env().map_err(text)?;
        // SAFETY: it is a static; what is in the file is read, not what the compiler saw.
        let place = unsafe { ptr::read_volatile(&raw const PLACE) };
        let release = match variable("RSMI_SIM_RELEASE") {
            Some(name) => {
                Release::named(&name).map_err(|error| format!("RSMI_SIM_RELEASE: {error}"))?
            }
            None => match (rsmi_simulator_releases::stamped(&place), machine.release()) {
                (Some(release), _) => release,
                (None, described) => Release::named(described.unwrap_or(NEWEST))
                    .map_err(|error| error.to_string())?,
            },
        };
        let mut faults = machine.faults().to_vec();
        if let Some(path) = variable("RSMI_SIM_FAULTS") {
            faults.extend(Fault::from_file(Path::new(&path)).map_err(text)?);
        }
        let cards = machine.addresses().len();
        if let Some(gone) = faults.iter().filter_map(|fault| fault.gone).find(|gone| *gone >= cards)
        {
            return Err(format!("a fault's `gone` is {gone}, the machine has {cards} cards"));
        }
        let latest = Mutex::new((0, Arc::new(machine.at(Duration::ZERO))));
        Ok(Self { release, faults: Faults::new(faults), truth, machine, clock, latest, sysfs })
    }

    /// The machine as it is at this moment.
    pub fn now(&self) -> Arc<Machine> {
        let elapsed = self.clock.elapsed();
        let tick = if self.machine.moves() { elapsed.as_millis() / TICK.as_millis() } else { 0 };
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.0 != tick {
            *latest = (tick, Arc::new(self.machine.at(elapsed)));
        }
        Arc::clone(&latest.1)
    }

    pub fn lies(&self) -> bool {
        self.truth.is_some()
    }

    /// A file that programs set, in the tree of this machine or of the computer itself.
    pub fn settable(&self, path: &str) -> PathBuf {
        self.sysfs.as_deref().unwrap_or(Path::new("/sys")).join(path)
    }
}

/// The machine that the environment names, or else the one described beside the tree that it names.
fn machine(sysfs: Option<&Path>) -> Result<Machine, Error> {
    let beside = sysfs.and_then(Path::parent).map(|place| place.join("machine.toml"));
    match beside.filter(|path| path.exists()) {
        Some(path) => Machine::from_env_or(&path.display().to_string()),
        None => Machine::from_env(),
    }
}
