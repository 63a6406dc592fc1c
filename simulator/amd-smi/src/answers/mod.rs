//! What libamd_smi answers: a function for each of the questions, over the files of the machine.
//!
//! AMD's library reads the kernel's files too, so its mistakes are those of a reader, and a file
//! that is missing is a question that is not supported.

mod clocks;
mod counters;
mod errors;
mod events;
mod files;
mod identity;
mod library;
mod memory;
mod overdrive;
mod partition;
mod pcie;
mod processes;
mod processors;
mod readings;
mod set;
mod topology;

use crate::call::{Answer, Call};
use crate::session;
use rsmi_simulator_releases::{FUNCTIONS, Function};
use std::sync::OnceLock;

type Question = fn(&Call) -> Answer;

const QUESTIONS: &[&[(&str, Question)]] = &[
    library::QUESTIONS,
    processors::QUESTIONS,
    memory::QUESTIONS,
    partition::QUESTIONS,
    set::QUESTIONS,
    identity::QUESTIONS,
    readings::QUESTIONS,
    clocks::QUESTIONS,
    errors::QUESTIONS,
    pcie::QUESTIONS,
    topology::QUESTIONS,
    overdrive::QUESTIONS,
    counters::QUESTIONS,
    events::QUESTIONS,
    processes::QUESTIONS,
];

/// Answers a call; what is not described is not supported, on whichever card.
pub fn answer(call: &Call) -> Answer {
    static BY_NUMBER: OnceLock<Vec<Option<Question>>> = OnceLock::new();
    let by_number = BY_NUMBER.get_or_init(|| {
        let mut all = vec![None; FUNCTIONS.len()];
        for (name, question) in QUESTIONS.iter().copied().flatten() {
            match Function::named(name) {
                Some(function) => all[function] = Some(*question),
                None => unreachable!("no release has {name}"),
            }
        }
        all
    });
    // Who asks about a processor is told first of all that nobody has initialised the library.
    if call.kinds.first() == Some(&"amdsmi_processor_handle") && !looks_at_pointer_first(call) {
        session::running(call)?;
    }
    match by_number[call.function] {
        Some(question) => question(call),
        None => {
            let last = call.kinds.len().checked_sub(1).filter(|at| call.kinds[*at].ends_with('*'));
            last.map_or(Ok(0), |at| call.pointer(at))?;
            session::running(call)?;
            if call.kinds.first() == Some(&"amdsmi_processor_handle") {
                session::processor(call, 0)?;
            }
            Err(call.failed("NOT_SUPPORTED"))
        }
    }
}

/// Some functions look at their pointers before anything else.
fn looks_at_pointer_first(call: &Call) -> bool {
    match call.name() {
        "amdsmi_get_gpu_topo_numa_affinity" | "amdsmi_get_gpu_pci_bandwidth" => {
            call.release().at_least("7.0")
        }
        name => name == "amdsmi_is_gpu_power_management_enabled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_is_a_function_of_some_release_and_listed_once() {
        let mut names: Vec<_> =
            QUESTIONS.iter().copied().flatten().map(|(name, _)| *name).collect();
        let unknown: Vec<_> = names.iter().filter(|name| Function::named(name).is_none()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
