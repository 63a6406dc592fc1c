//! The policy: the only place that chooses between AMD SMI and the kernel.
//!
//! Under `auto` each question says who is asked first, and why ([`First`]). Where AMD SMI is first and
//! a getter of its fails, the kernel is asked: the original's status follows from what the kernel says,
//! and AMD SMI's own says less. Where the kernel is first, it is asked alone, unless it cannot know.
//! What changes something goes to one source, and to the other only where the first could not know how.

use crate::config::Config;
use crate::log;
use crate::question::{Asked, First, Question, Sourced};
use crate::status::Result;
use crate::told::Told;
use crate::types::rsmi_status_t;
use rsmi_generations::Policy;
use std::sync::atomic::{AtomicU8, Ordering};

/// What a client has set, plus one; 0 before it sets something.
static SET: AtomicU8 = AtomicU8::new(0);

/// The policy in force.
pub(crate) fn policy() -> Policy {
    match SET.load(Ordering::Relaxed).checked_sub(1) {
        Some(set) => Policy::ALL[set as usize % Policy::ALL.len()],
        None => Config::get().source,
    }
}

/// From now on, for the whole process.
pub(crate) fn set_policy(policy: Policy) {
    SET.store(policy as u8 + 1, Ordering::Relaxed);
}

/// Whether the kernel answers what it can, as it does of values that are kept.
pub(crate) fn is_kept() -> bool {
    policy() != Policy::Amdsmi
}

/// The answer to a question.
pub(crate) fn ask<'g, At: Sourced, Q: Question<'g, At>>(
    at: &'g At,
    question: &Q,
) -> Result<Q::Value> {
    let policy = policy();
    log::asks(question, &Q::FIRST);
    if policy == Policy::Both && matches!(Q::ASKED, Asked::Freely) {
        compare(at, question);
    }
    match (policy, Q::FIRST) {
        (Policy::Kernel, _) => settle(question.kernel(at)),
        (Policy::Amdsmi, _) => match by_amdsmi(at, question) {
            Told::Unknown => settle(question.kernel(at)),
            told => settle(told),
        },
        (Policy::Auto | Policy::Both, First::Amdsmi) => match by_amdsmi(at, question) {
            Told::Fails(_) if matches!(Q::ASKED, Asked::Freely) => settle(question.kernel(at)),
            Told::Unknown => settle(question.kernel(at)),
            told => settle(told),
        },
        (Policy::Auto | Policy::Both, First::Kernel(_)) => match question.kernel(at) {
            // Why AMD SMI fails then is not what the original said.
            Told::Unknown => match by_amdsmi(at, question) {
                Told::Value(value) => Ok(value),
                Told::Fails(_) | Told::Unknown => settle(Told::Unknown),
            },
            told => settle(told),
        },
    }
}

/// What AMD SMI says, unless it would do harm over what the kernel says.
fn by_amdsmi<'g, At: Sourced, Q: Question<'g, At>>(at: &'g At, question: &Q) -> Told<Q::Value> {
    match log::aside(|| question.hazard(at)) {
        Some(why) => {
            log::reason(|| format!("AMD SMI is not asked: {why}"));
            Told::Unknown
        }
        None => question.amdsmi(at.amdsmi()),
    }
}

/// Where no source knows, there is no answer.
pub(crate) fn settle<T>(told: Told<T>) -> Result<T> {
    match told {
        Told::Value(value) => Ok(value),
        Told::Fails(status) => Err(status),
        Told::Unknown => Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED),
    }
}

/// Asks both, and tells the log where they disagree. What moves is read from the kernel before and
/// after, and AMD SMI's value may be of any moment between.
fn compare<'g, At: Sourced, Q: Question<'g, At>>(at: &'g At, question: &Q) {
    let found = log::aside(|| {
        let (Told::Value(before), Told::Value(amdsmi)) =
            (question.kernel(at), by_amdsmi(at, question))
        else {
            return None;
        };
        if Q::agree(&amdsmi, &before) {
            return None;
        }
        let Told::Value(after) = question.kernel(at) else { return None };
        let agree = Q::agree(&amdsmi, &after) || Q::is_between(&amdsmi, &before, &after);
        (!agree).then_some((amdsmi, after))
    });
    if let Some((amdsmi, kernel)) = found {
        log::disagree(question, &amdsmi, &kernel);
    }
}
