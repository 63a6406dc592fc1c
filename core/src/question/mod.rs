//! The mapping: each question that rocm_smi.h asks, with the answer of AMD SMI and that of the kernel
//! side by side.
//!
//! A question is a small type; a chapter is a file. A setter is a question whose answer is `()`, and
//! stands beside its getter. All values have the units of rocm_smi.h. Only [`crate::ask`] chooses
//! between the two answers.

mod agreement;
mod clocks;
mod counters;
mod errors;
mod events;
mod identity;
mod memory;
mod metrics;
mod names;
mod overdrive;
mod partition;
mod physical;
mod power;
mod processes;
#[cfg(test)]
mod tests;
mod topology;

pub(crate) use agreement::{Agreement, Between};
pub(crate) use clocks::*;
pub(crate) use counters::*;
pub(crate) use errors::*;
pub(crate) use events::*;
pub(crate) use identity::*;
pub(crate) use memory::*;
pub(crate) use metrics::*;
pub(crate) use names::*;
pub(crate) use overdrive::*;
pub(crate) use partition::*;
pub(crate) use physical::*;
pub(crate) use power::*;
pub(crate) use processes::*;
pub(crate) use topology::*;

use crate::amdsmi::{self, Session};
use crate::gpu::Gpu;
use crate::runtime::State;
use crate::told::Told;
use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::Duration;

/// What one function of rocm_smi.h asks about a device; `'g` is how long the device is there.
pub(crate) trait Question<'g, At: Sourced = Gpu>: Debug {
    type Value: Debug;

    /// Who is asked first under `auto`, and why.
    const FIRST: First;

    const ASKED: Asked = Asked::Freely;
    /// As long as libamd_smi may keep what it has read for the answer.
    const STALE: Duration = Duration::from_millis(150);

    /// When both answers are the same one, as exactly as the sources are.
    const AGREE: Agreement<Self::Value>;

    /// When AMD SMI's answer lies between two of the kernel's; only of what moves.
    const BETWEEN: Option<Between<Self::Value>> = None;

    fn amdsmi(&self, at: &At::Amdsmi) -> Told<Self::Value>;

    fn kernel(&self, at: &'g At) -> Told<Self::Value>;

    /// What the kernel says now over which AMD SMI would end the process, or print.
    fn hazard(&self, _at: &At) -> Option<String> {
        None
    }
}

/// What a question is about, and what AMD SMI knows it by.
pub(crate) trait Sourced {
    type Amdsmi;

    fn amdsmi(&self) -> &Self::Amdsmi;
}

impl Sourced for Gpu {
    type Amdsmi = amdsmi::Device;

    fn amdsmi(&self) -> &amdsmi::Device {
        self.amdsmi()
    }
}

/// For what is about no single device.
impl Sourced for State {
    type Amdsmi = Option<Arc<Session>>;

    fn amdsmi(&self) -> &Option<Arc<Session>> {
        self.session()
    }
}

/// Who is asked first under `auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    Amdsmi,
    Kernel(Why),
}

/// Why AMD SMI is not asked first. "It is faster" is no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Monitors ask it again and again.
    Polled,
    /// rsmi_init reads it, or it is kept from the first call on: who asks only what is there opens no
    /// libamd_smi.
    AtInit,
    /// AMD SMI's answer is another one than the original's.
    Differs(&'static str),
    /// Some release of AMD SMI ends the process over it, or never comes back.
    Ends(&'static str),
}

impl fmt::Display for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amdsmi => f.write_str("AMD SMI"),
            Self::Kernel(Why::Polled) => f.write_str("the kernel, polled"),
            Self::Kernel(Why::AtInit) => f.write_str("the kernel, kept"),
            Self::Kernel(Why::Differs(how)) => write!(f, "the kernel, differs: {how}"),
            Self::Kernel(Why::Ends(how)) => write!(f, "the kernel, ends: {how}"),
        }
    }
}

/// How often a question may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Asking changes nothing.
    Freely,
    /// Asking changes something: each call goes to one source.
    Once,
}

/// The hazard of a file that the kernel's side cannot read: libamd_smi ends the process over some of
/// these.
pub(crate) fn unread<'g, At: Sourced, Q: Question<'g, At>>(
    question: &Q,
    at: &'g At,
) -> Option<String> {
    match question.kernel(at) {
        Told::Value(_) => None,
        Told::Fails(_) | Told::Unknown => Some("the file is not as it expects it".into()),
    }
}

/// What a setter has in common with every other.
macro_rules! setter {
    () => {
        const ASKED: crate::question::Asked = crate::question::Asked::Once;
        const AGREE: crate::question::Agreement<()> =
            crate::question::Agreement::new("not compared: it changes something", |(), ()| true);
    };
}
use setter;

/// Where both answers are to be equal.
macro_rules! equal {
    () => {
        const AGREE: crate::question::Agreement<Self::Value> = crate::question::Agreement::equal();
    };
}
use equal;
