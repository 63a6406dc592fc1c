//! What a source says to a question.

use crate::status::{Reply, Result};
use crate::types::rsmi_status_t;

/// The answer of AMD SMI, or that of the kernel. Why it is none goes to the log, from who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told<T> {
    Value(T),
    /// A no that counts.
    Fails(rsmi_status_t),
    /// This source cannot know; another may. Nothing was changed.
    Unknown,
}

impl<T> Told<T> {
    pub(crate) fn map<U>(self, with: impl FnOnce(T) -> U) -> Told<U> {
        match self {
            Self::Value(value) => Told::Value(with(value)),
            Self::Fails(status) => Told::Fails(status),
            Self::Unknown => Told::Unknown,
        }
    }

    pub(crate) fn and_then<U>(self, with: impl FnOnce(T) -> Told<U>) -> Told<U> {
        match self {
            Self::Value(value) => with(value),
            Self::Fails(status) => Told::Fails(status),
            Self::Unknown => Told::Unknown,
        }
    }

    /// What there is not here, somebody else may have.
    pub(crate) fn or_unknown(self) -> Self {
        match self {
            Self::Fails(_) => Self::Unknown,
            told => told,
        }
    }

    /// A value that says how it failed.
    pub(crate) fn unless_failed(self, failed: impl FnOnce(rsmi_status_t) -> T) -> Self {
        match self {
            Self::Fails(status) => Self::Value(failed(status)),
            told => told,
        }
    }

    /// A value that stands for "not available" fails so.
    pub(crate) fn filter(self, is_one: impl FnOnce(&T) -> bool) -> Self {
        match self {
            Self::Value(value) if !is_one(&value) => {
                crate::log::reason(|| "AMD SMI reports it as not available".into());
                Self::Fails(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED)
            }
            told => told,
        }
    }
}

impl<T> From<Result<T>> for Told<T> {
    fn from(result: Result<T>) -> Self {
        match result {
            Ok(value) => Self::Value(value),
            Err(status) => Self::Fails(status),
        }
    }
}

impl<T> From<Reply<T>> for Told<T> {
    fn from(reply: Reply<T>) -> Self {
        reply.result().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSY: rsmi_status_t = rsmi_status_t::RSMI_STATUS_BUSY;

    #[test]
    fn only_a_value_goes_on() {
        let all = [Told::Value(3), Told::Fails(BUSY), Told::Unknown];
        assert_eq!(all.map(|told| told.map(|it| it + 1)), [Told::Value(4), all[1], all[2]]);
        let next = |it| if it == 3 { Told::Unknown } else { Told::Value(it) };
        assert_eq!(all.map(|told| told.and_then(next)), [Told::Unknown, all[1], all[2]]);
        assert_eq!(Told::Value(5).and_then(next), Told::Value(5));
    }

    #[test]
    fn a_no_may_become_another_answer() {
        let all = [Told::Value(3), Told::Fails(BUSY), Told::Unknown];
        assert_eq!(all.map(Told::or_unknown), [all[0], Told::Unknown, Told::Unknown]);
        let failed = |status: rsmi_status_t| status.0;
        assert_eq!(
            all.map(|told| told.unless_failed(failed)),
            [all[0], Told::Value(BUSY.0), all[2]]
        );
        let none = Told::Fails(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
        assert_eq!(all.map(|told| told.filter(|it| *it == 3)), all);
        assert_eq!(all.map(|told| told.filter(|it| *it == 4)), [none, all[1], all[2]]);
    }
}
