//! The policy: the only place that chooses between AMD SMI and the kernel.
//!
//! Under `auto` each question says who is asked first, and why ([`First`]). Where AMD SMI is first and
//! a getter of its fails, the kernel is asked: the original's status follows from what the kernel says,
//! and AMD SMI's own says less. Where the kernel is first, it is asked alone, unless it cannot know.
//! What changes something goes to one source, and to the other only where the first could not know how.

use crate::config::Config;
use crate::log;
use crate::question::{Asked, Between, First, Question, Sourced};
use crate::status::Result;
use crate::told::Told;
use crate::types::rsmi_status_t;
use rsmi_generations::Policy;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

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
    log::detail("agree", "they agree if they are", || {
        let between = if Q::BETWEEN.is_some() { ", or between two of the kernel's" } else { "" };
        format!("{}{between}", Q::AGREE)
    });
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

/// The questions on which both disagreed however long was waited, by their hashes; 0 is none. After so
/// many nothing is waited for any more: these sources do disagree.
static KNOWN: [AtomicU64; 8] = [const { AtomicU64::new(0) }; 8];

/// Asks both, and tells the log where they disagree. What AMD SMI has kept since the kernel changed is no
/// disagreement: it is asked again when it must have read anew.
fn compare<'g, At: Sourced, Q: Question<'g, At>>(at: &'g At, question: &Q) {
    let Some(mut found) = disagreement(at, question) else { return };
    let known = Known::of(at, question);
    if !known.is_there() {
        std::thread::sleep(if cfg!(test) { Duration::ZERO } else { Q::STALE });
        let Some(again) = disagreement(at, question) else { return };
        found = again;
        known.keep();
    }
    let (amdsmi, kernel) = found;
    log::disagree(question, &amdsmi, &kernel);
}

/// A question to one device, as it is known to disagree.
struct Known(u64);

impl Known {
    fn of<At, Q: std::fmt::Debug>(at: &At, question: &Q) -> Self {
        let mut hash = DefaultHasher::new();
        (std::ptr::from_ref(at) as usize, format!("{question:?}")).hash(&mut hash);
        Self(hash.finish().max(1))
    }

    fn is_there(&self) -> bool {
        let is_this = |known: &AtomicU64| known.load(Ordering::Relaxed) == self.0;
        let is_full = || KNOWN.iter().all(|known| known.load(Ordering::Relaxed) != 0);
        KNOWN.iter().any(is_this) || is_full()
    }

    fn keep(&self) {
        let free = |known: &&AtomicU64| {
            known.compare_exchange(0, self.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        KNOWN.iter().find(free);
    }
}

/// What both say, where that is not the same. What moves is read from the kernel before and after, and
/// AMD SMI's value may be of any moment between.
fn disagreement<'g, At: Sourced, Q: Question<'g, At>>(
    at: &'g At,
    question: &Q,
) -> Option<(Q::Value, Q::Value)> {
    log::aside(|| {
        let (Told::Value(before), Told::Value(amdsmi)) =
            (question.kernel(at), by_amdsmi(at, question))
        else {
            return None;
        };
        if Q::AGREE.holds(&amdsmi, &before) {
            return None;
        }
        let Told::Value(after) = question.kernel(at) else { return None };
        let is_between = |between: Between<_>| between(&amdsmi, &before, &after);
        let agree = Q::AGREE.holds(&amdsmi, &after) || Q::BETWEEN.is_some_and(is_between);
        (!agree).then_some((amdsmi, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tests::logged;
    use crate::question::{Agreement, Why};
    use std::cell::RefCell;

    const FAILS: Told<u8> = Told::Fails(rsmi_status_t::RSMI_STATUS_BUSY);
    const BUSY: Result<u8> = Err(rsmi_status_t::RSMI_STATUS_BUSY);
    const NOBODY_KNOWS: Result<u8> = Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);

    /// What both sources say; and who was asked, in order.
    struct Sources {
        amdsmi: Told<u8>,
        kernel: RefCell<Vec<Told<u8>>>,
        hazard: bool,
        asked: RefCell<String>,
    }

    impl Sourced for Sources {
        type Amdsmi = Self;

        fn amdsmi(&self) -> &Self {
            self
        }
    }

    #[derive(Debug)]
    struct Ask<const AMDSMI_FIRST: bool, const ONCE: bool>;

    impl<const AMDSMI_FIRST: bool, const ONCE: bool> Question<'_, Sources> for Ask<AMDSMI_FIRST, ONCE> {
        type Value = u8;
        const FIRST: First = if AMDSMI_FIRST { First::Amdsmi } else { First::Kernel(Why::Polled) };
        const ASKED: Asked = if ONCE { Asked::Once } else { Asked::Freely };
        const AGREE: Agreement<u8> = Agreement::equal();
        const BETWEEN: Option<Between<u8>> =
            Some(|amdsmi, before, after| (before..=after).contains(&amdsmi));

        fn amdsmi(&self, at: &Sources) -> Told<u8> {
            at.asked.borrow_mut().push('a');
            at.amdsmi
        }

        fn kernel(&self, at: &Sources) -> Told<u8> {
            at.asked.borrow_mut().push('k');
            let mut left = at.kernel.borrow_mut();
            if left.len() > 1 { left.remove(0) } else { left[0] }
        }

        fn hazard(&self, at: &Sources) -> Option<String> {
            at.hazard.then(|| "it would end the process".into())
        }
    }

    fn sources(amdsmi: Told<u8>, kernel: &[Told<u8>]) -> Sources {
        let kernel = RefCell::new(kernel.to_vec());
        Sources { amdsmi, kernel, hazard: false, asked: RefCell::default() }
    }

    /// The answer, and who was asked for it.
    fn answer<const AMDSMI_FIRST: bool, const ONCE: bool>(
        amdsmi: Told<u8>,
        kernel: Told<u8>,
    ) -> (Result<u8>, String) {
        let at = sources(amdsmi, &[kernel]);
        let answer = ask(&at, &Ask::<AMDSMI_FIRST, ONCE>);
        (answer, at.asked.take())
    }

    // The policy is the process's: one test goes through all of them.
    #[test]
    fn each_policy_asks_whom_it_names() {
        let (one, two, unknown) = (Told::Value(1), Told::Value(2), Told::Unknown);
        let is = |told: (Result<u8>, String), answer, asked: &str| {
            assert_eq!((told.0, told.1.as_str()), (answer, asked));
        };
        set_policy(Policy::Kernel);
        assert!(is_kept());
        is(answer::<true, false>(one, two), Ok(2), "k");
        is(answer::<true, false>(one, unknown), NOBODY_KNOWS, "k");
        set_policy(Policy::Amdsmi);
        assert!(!is_kept() && policy() == Policy::Amdsmi);
        is(answer::<false, false>(one, two), Ok(1), "a");
        is(answer::<false, false>(FAILS, two), BUSY, "a");
        is(answer::<false, false>(unknown, two), Ok(2), "ak");
        set_policy(Policy::Auto);
        assert!(is_kept());
        is(answer::<true, false>(one, two), Ok(1), "a");
        is(answer::<true, false>(FAILS, two), Ok(2), "ak");
        is(answer::<true, true>(FAILS, two), BUSY, "a");
        is(answer::<true, true>(unknown, two), Ok(2), "ak");
        is(answer::<false, false>(one, two), Ok(2), "k");
        is(answer::<false, false>(one, FAILS), BUSY, "k");
        is(answer::<false, false>(one, unknown), Ok(1), "ka");
        is(answer::<false, false>(FAILS, unknown), NOBODY_KNOWS, "ka");
        // What would end the process is not asked.
        let harmful = Sources { hazard: true, ..sources(one, &[two]) };
        assert_eq!(
            (ask(&harmful, &Ask::<true, false>), harmful.asked.take().as_str()),
            (Ok(2), "k")
        );
        set_policy(Policy::Both);
        is(answer::<false, true>(one, two), Ok(2), "k");
        let disagrees = |kernel: &[Told<u8>]| {
            let at = sources(one, kernel);
            let lines = logged(log::Level::Warn, || {
                let _ = ask(&at, &Ask::<false, false>);
            });
            assert!(at.asked.take().starts_with("ka"), "both are asked");
            lines
        };
        assert_eq!(disagrees(&[one]), [""; 0]);
        assert_eq!(disagrees(&[FAILS]), [""; 0], "there is nothing to compare");
        assert_eq!(disagrees(&[two, one]), [""; 0], "it has changed meanwhile");
        assert_eq!(disagrees(&[Told::Value(0), two]), [""; 0], "it lies between");
        assert_eq!(disagrees(&[two, FAILS]), [""; 0]);
        let lines = disagrees(&[two]);
        assert!(lines[0].ends_with("disagree on Ask: AMD SMI 1, kernel 2"), "{lines:?}");
        SET.store(0, Ordering::Relaxed);
    }

    #[test]
    fn the_log_says_who_is_first_and_when_both_agree() {
        let at = sources(Told::Unknown, &[Told::Value(2)]);
        let lines = logged(log::Level::Trace, || {
            let _ = ask(&at, &Ask::<false, true>);
        });
        let expected = [
            "rsmi-compat: trace: asks Ask; first the kernel, polled",
            "rsmi-compat: trace: they agree if they are equal, or between two of the kernel's",
        ];
        assert_eq!(lines[..2], expected);
        assert_eq!(First::Amdsmi.to_string(), "AMD SMI");
        assert_eq!(First::Kernel(Why::AtInit).to_string(), "the kernel, kept");
        assert_eq!(First::Kernel(Why::Differs("x")).to_string(), "the kernel, differs: x");
        assert_eq!(First::Kernel(Why::Ends("y")).to_string(), "the kernel, ends: y");
    }
}
