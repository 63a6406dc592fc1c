//! One device, as the kernel knows it: what its files say, in the units of rocm_smi.h.

mod clocks;
mod control;
mod counters;
mod events;
mod firmware;
mod hip;
mod identity;
mod link;
mod memory;
mod metrics;
mod overdrive;
mod partition;
mod pcie;
mod physical;
mod power;
mod ras;

pub(crate) use counters::Counter;
pub(crate) use firmware::gfx_name;
pub(crate) use hip::ADDRESS_BITS;
pub(crate) use identity::brand_of;
pub(crate) use metrics::{Utilization, spare_metrics};
pub(crate) use overdrive::{Region, Regions};
pub(crate) use pcie::{Throughput, throughput, traffic_is_counted};
pub(crate) use physical::UNREPORTED_FAN;
pub(crate) use power::ENERGY_RESOLUTION;
pub(crate) use ras::Pages;

use crate::amdsmi;
use crate::client;
use crate::facts::Facts;
use crate::kernel::Dir;
use crate::kernel::events::Listener;
use crate::kernel::hwmon::Hwmon;
use crate::kernel::kfd::Node;
use crate::kernel::processes::Place;
use crate::log;
use crate::status::Result;
use crate::support::Functions;
use crate::types::{rsmi_event_group_t, rsmi_status_t};
use arc_swap::ArcSwapOption;
use control::Boot;
use identity::{Identity, Names};
use once_cell::race::OnceBox;
use rsmi_generations::Generation;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

const NOT_SUPPORTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED;
const BUSY: rsmi_status_t = rsmi_status_t::RSMI_STATUS_BUSY;
const INVALID_ARGS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INVALID_ARGS;

/// What the log calls a node's properties.
pub(crate) const KFD: &str = "KFD's topology";

pub(crate) struct Gpu {
    /// The device's directory, that of its render node.
    device: Dir,
    /// Looked up when somebody first asks a sensor, and again where it has gone.
    hwmon: ArcSwapOption<Hwmon>,
    node: Node,
    identity: Identity,
    names: Names,
    boot: Boot,
    amdsmi: amdsmi::Device,
    /// The directory that stands for /sys.
    sysfs: Dir,
    card: OnceBox<Option<u32>>,
    /// The groups of events that the kernel counts.
    counted: OnceBox<Vec<rsmi_event_group_t>>,
    /// By the generation of the client that asks.
    functions: [OnceBox<Arc<Functions>>; Generation::ALL.len()],
    listener: ArcSwapOption<Listener>,
    heard_by_amdsmi: AtomicBool,
    /// The process of whose threads one has the device for itself; 0 for none.
    claimed: AtomicI32,
    pub(crate) facts: Facts,
}

/// Lasts as long as a call that has a device for itself.
pub(crate) struct Claim<'gpu>(&'gpu Gpu);

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.claimed.store(0, Ordering::Release);
    }
}

/// The device's directory, that of its render node.
pub(crate) fn directory(sysfs: &Dir, node: &Node) -> Dir {
    sysfs.join(&format!("class/drm/renderD{}/device", node.render_minor))
}

impl Gpu {
    pub(crate) fn new(sysfs: &Dir, node: Node, amdsmi: amdsmi::Device) -> Self {
        let device = directory(sysfs, &node);
        let found = device.found();
        Self {
            hwmon: ArcSwapOption::empty(),
            identity: Identity::read(&found, &node),
            names: Names::default(),
            boot: Boot::read(&found),
            device: device.settled(),
            node,
            amdsmi,
            sysfs: sysfs.clone(),
            card: OnceBox::new(),
            counted: OnceBox::new(),
            functions: Default::default(),
            listener: ArcSwapOption::empty(),
            heard_by_amdsmi: AtomicBool::new(false),
            claimed: AtomicI32::new(0),
            facts: Facts::new(),
        }
    }

    /// The device for one call alone; None where another thread has it.
    pub(crate) fn claim(&self) -> Option<Claim<'_>> {
        // SAFETY: getpid reads a number and cannot fail.
        let own = unsafe { libc::getpid() };
        let free = |holder: i32| (holder != own).then_some(own);
        // A child of fork has none of its parent's threads.
        self.claimed.fetch_update(Ordering::Acquire, Ordering::Relaxed, free).ok()?;
        Some(Claim(self))
    }

    /// The device as AMD SMI knows it.
    pub(crate) fn amdsmi(&self) -> &amdsmi::Device {
        &self.amdsmi
    }

    pub(crate) fn device(&self) -> &Dir {
        &self.device
    }

    pub(crate) fn hwmon(&self) -> Option<Arc<Hwmon>> {
        if let Some(hwmon) = self.hwmon.load_full() {
            return Some(hwmon);
        }
        let hwmon = log::aside(|| Hwmon::of(&self.device)).map(Arc::new);
        self.hwmon.store(hwmon.clone());
        hwmon
    }

    /// The functions that the device supports, as they were when first asked about.
    pub(crate) fn functions(&self) -> &Arc<Functions> {
        let generation = client::generation();
        self.functions[generation as usize].get_or_init(|| {
            let debug =
                self.card().map(|card| self.sysfs.join(&format!("kernel/debug/dri/{card}")));
            let has = |file: &str| {
                self.device.has(file) || debug.as_ref().is_some_and(|debug| debug.has(file))
            };
            log::aside(|| {
                let functions = Functions::of(generation, has, self.hwmon().as_deref());
                let stands_in = self.instead_of_average(0).is_some();
                let functions = if stands_in { functions.with_average_power() } else { functions };
                Box::new(Arc::new(functions))
            })
        })
    }

    /// The device as a place where a process may use something.
    pub(crate) fn place(&self) -> Place {
        let property = |name| self.node.property(name).unwrap_or(0) as u32;
        let engines = property("simd_arrays_per_engine").wrapping_mul(property("array_count"));
        let compute_units = engines.wrapping_mul(property("cu_per_simd_array"));
        Place { gpu_id: self.node.gpu_id, compute_units }
    }

    /// Asks the sensors. A driver that was loaded again, or has reset the GPU, has put them into a
    /// directory of another number: then those are asked.
    fn sensors<T>(&self, ask: impl Fn(&Hwmon) -> Result<T>) -> Result<T> {
        let ask_there = || match self.hwmon.load().as_deref() {
            Some(hwmon) => ask(hwmon),
            None => match self.hwmon() {
                Some(hwmon) => ask(&hwmon),
                None => {
                    log::reason(|| "the device has no hwmon directory".into());
                    Err(NOT_SUPPORTED)
                }
            },
        };
        match ask_there() {
            Err(NOT_SUPPORTED) if self.hwmon.load().as_deref().is_some_and(|it| !it.is_there()) => {
                self.hwmon.store(None);
                ask_there()
            }
            answer => answer,
        }
    }
}

impl fmt::Debug for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.pci_bus_id())
    }
}
