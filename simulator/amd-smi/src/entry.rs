//! Every call comes through here: it is answered, spoiled if a fault says so, and logged.

use crate::answers;
use crate::call::{Call, Failed};
use crate::faults::Effects;
use crate::log;
use crate::world::World;
use rsmi_simulator_releases::FUNCTIONS;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

const SUCCESS: u32 = 0;
const INTERNAL_EXCEPTION: u32 = 16;
const INIT_ERROR: u32 = 18;

/// The body of the export with that number.
pub fn called(function: usize, registers: &[u64]) -> u32 {
    let status = catch_unwind(AssertUnwindSafe(|| {
        let Some(world) = World::get() else { return INIT_ERROR };
        let name = FUNCTIONS[function].name;
        let effects = world.faults.now(name);
        let call = Call::new(world, function, registers, &effects);
        if !effects.takes.is_zero() {
            thread::sleep(effects.takes);
        }
        // Said before, since the answer may change what the arguments point to.
        let arrived = call.to_string();
        let status = answer(&call, &effects);
        effects.spoil(&call);
        log::line(|| format!("{arrived} = {status}"));
        status
    }));
    status.unwrap_or(INTERNAL_EXCEPTION)
}

fn answer(call: &Call, effects: &Effects) -> u32 {
    let run = || match answers::answer(call) {
        Ok(()) => SUCCESS,
        Err(Failed(status)) => status,
    };
    match effects.status {
        Some(status) if effects.answered => {
            run();
            status
        }
        Some(status) => status,
        None => run(),
    }
}
