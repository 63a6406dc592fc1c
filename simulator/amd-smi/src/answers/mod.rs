//! What libamd_smi answers: a function for each of the questions, over the files of the machine.
//!
//! AMD's library reads the kernel's files too, so its mistakes are those of a reader, and a file
//! that is missing is a question that is not supported.

mod files;
mod library;
mod memory;
mod partition;
mod processors;
mod set;

use crate::call::{Answer, Call};
use rsmi_simulator_releases::{FUNCTIONS, Function};
use std::sync::OnceLock;

type Question = fn(&Call) -> Answer;

const QUESTIONS: &[&[(&str, Question)]] = &[
    library::QUESTIONS,
    processors::QUESTIONS,
    memory::QUESTIONS,
    partition::QUESTIONS,
    set::QUESTIONS,
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
    match by_number[call.function] {
        Some(question) => question(call),
        None => {
            crate::session::running(call)?;
            if call.kinds.first() == Some(&"amdsmi_processor_handle") {
                crate::session::processor(call, 0)?;
            }
            Err(call.failed("NOT_SUPPORTED"))
        }
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
