//! One device: a method for each question, in rsmi's units, and the choice of what answers it.

mod clocks;
mod identity;
mod link;
mod memory;
mod physical;
mod power;

pub(crate) use power::ENERGY_RESOLUTION;

use crate::amdsmi::{Handle, Key, Plain, Release, Session, Symbols};
use crate::generation::Generation;
use crate::kernel::Dir;
use crate::kernel::hwmon::Hwmon;
use crate::kernel::kfd::{self, Node};
use crate::kernel::metrics::Metrics;
use crate::log;
use crate::status::{Reply, Result};
use crate::types::rsmi_status_t;
use identity::{Identity, Names};
use parking_lot::Mutex;
use std::sync::Arc;

const NOT_SUPPORTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED;
const INVALID_ARGS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INVALID_ARGS;

pub(crate) struct Gpu {
    /// The device's directory, that of its render node.
    device: Dir,
    hwmon: Option<Hwmon>,
    node: Node,
    identity: Identity,
    names: Names,
    session: Arc<Session>,
    key: Key,
    generation: Generation,
    /// Held during a call where the client asked for BUSY instead of waiting.
    pub(crate) claimed: Mutex<()>,
}

impl Gpu {
    pub(crate) fn new(
        sysfs: &Dir,
        node: Node,
        session: Arc<Session>,
        key: Key,
        generation: Generation,
    ) -> Self {
        let device = sysfs.join(&format!("class/drm/renderD{}/device", node.render_minor));
        Self {
            hwmon: Hwmon::of(&device),
            identity: Identity::read(&device, &node, generation),
            names: Names::default(),
            device,
            node,
            session,
            key,
            generation,
            claimed: Mutex::new(()),
        }
    }

    pub(crate) fn device(&self) -> &Dir {
        &self.device
    }

    pub(crate) fn hwmon(&self) -> Option<&Hwmon> {
        self.hwmon.as_ref()
    }

    fn sensors(&self) -> Result<&Hwmon> {
        self.hwmon().ok_or_else(|| {
            log::reason(|| "the device has no hwmon directory".into());
            NOT_SUPPORTED
        })
    }

    /// What is written on failure: `instead` for clients of ROCm 7, nothing for older ones.
    fn or_write<T>(&self, result: Result<T>, instead: T) -> Reply<T> {
        if self.generation.is_seven() { Reply::or_write(result, instead) } else { result.into() }
    }

    fn metrics(&self) -> Result<Metrics> {
        if !self.generation.is_seven() && !self.device.has("gpu_metrics") {
            // Older clients were told of strange data where there is no such file.
            log::reason(|| "the device has no gpu_metrics".into());
            return Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA);
        }
        Metrics::read(&self.device)
    }

    /// Asks libamd_smi; None where it cannot answer for this device.
    fn ask<F: Copy, T: Plain + PartialEq>(
        &self,
        name: &str,
        function: impl FnOnce(&Symbols) -> Option<F>,
        call: impl Fn(F, Handle, *mut T) -> u32,
    ) -> Option<Reply<T>> {
        // Before 6.4 a partition was answered for out of the whole GPU's files.
        if self.is_partition() && !self.session.at_least(Release::V6_4_0) {
            return None;
        }
        self.session.ask(self.key, name, function, call)
    }

    /// As `ask`, of this release or a later one.
    fn ask_from<F: Copy, T: Plain + PartialEq>(
        &self,
        release: Release,
        name: &str,
        function: impl FnOnce(&Symbols) -> Option<F>,
        call: impl Fn(F, Handle, *mut T) -> u32,
    ) -> Option<Reply<T>> {
        if !self.session.at_least(release) {
            return None;
        }
        self.ask(name, function, call)
    }

    fn is_partition(&self) -> bool {
        self.key.nth > 0 || self.node.bdf_id() & kfd::PARTITION_BITS != 0
    }
}
