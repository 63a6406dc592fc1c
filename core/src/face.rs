//! What another face than rocm_smi's asks: the same questions, with values in the place of pointers.
//!
//! A face is a C API of its own over this library. It lies in a crate of its own, and knows of this one
//! what stands here: how a call is guarded, and what may be asked. All values have the units of
//! rocm_smi.h. A face that is called before [`init`] says so itself.

mod gpu;
mod links;
mod processes;

pub use gpu::{Gpu, Levels};
pub use processes::Process;

use crate::client;
use crate::config::{self, Config};
use crate::entry::{self, Statuses};
use crate::kernel::{self, Dir};
use crate::log;
use crate::runtime::{self, State};
use crate::types::rsmi_status_t;
use std::ffi::OsString;
use std::fmt::Debug;

/// A value, or the status of rocm_smi.h that says why there is none.
pub type Answer<T = ()> = std::result::Result<T, rsmi_status_t>;

/// What a face returns in place of an answer, and what it calls its statuses.
pub struct Manner {
    /// Memory was short during the call.
    pub out_of_memory: i32,
    /// The call panicked.
    pub panicked: i32,
    pub name: fn(i32) -> &'static str,
}

/// Runs the body of an exported function: nothing of it reaches the host process but its status. The
/// log has the function's name and its arguments.
pub fn call(
    name: &'static str,
    arguments: &[(&str, &dyn Debug)],
    manner: &'static Manner,
    body: impl FnOnce() -> i32,
) -> i32 {
    let begin = || log::Call::begin(name, arguments);
    let guarded = || Status { number: body(), name: manner.name };
    let statuses = Statuses {
        out_of_memory: Status { number: manner.out_of_memory, name: manner.name },
        panicked: Status { number: manner.panicked, name: manner.name },
        shown: |status: &Status| (status.number as u32, (status.name)(status.number)),
    };
    entry::guarded(client::MARKED_CALL, begin, &statuses, guarded).number
}

#[derive(Clone, Copy)]
struct Status {
    number: i32,
    name: fn(i32) -> &'static str,
}

/// One user more; the first finds the GPUs.
pub fn init() -> Answer {
    entry::init(0)
}

/// One user less.
pub fn shut_down() -> Answer {
    entry::shut_down()
}

/// Why there is no answer, for the log.
pub fn because(reason: impl FnOnce() -> String) {
    log::reason(reason);
}

/// A setting of the environment; a set-uid process has none.
pub fn variable(name: &str) -> Option<OsString> {
    config::variable(name).filter(|value| !value.is_empty())
}

/// The version of the driver, or that of the kernel where it names none.
pub fn driver_version() -> Answer<Vec<u8>> {
    kernel::driver_version(&Dir::new(Config::get().sysfs()))
}

/// Asks the machine.
pub fn with<T>(ask: impl FnOnce(Machine<'_>) -> T) -> T {
    runtime::with(|state| ask(Machine { state }))
}

/// The GPUs, as they were found when the first user came.
#[derive(Clone, Copy)]
pub struct Machine<'s> {
    state: &'s State,
}

impl<'s> Machine<'s> {
    pub fn count(&self) -> u32 {
        self.state.count()
    }

    pub fn gpu(&self, index: u32) -> Answer<Gpu<'s>> {
        let gpu = self.state.gpu(index)?;
        Ok(Gpu { state: self.state, gpu, index })
    }

    pub fn gpus(&self) -> impl Iterator<Item = Gpu<'s>> + use<'s> {
        let state = self.state;
        let numbered = (0..).zip(state.gpus());
        numbered.map(move |(index, gpu)| Gpu { state, gpu, index })
    }
}
