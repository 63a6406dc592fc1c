//! Every target over its seeds, what once failed, and a second of changed ones.

use rsmi_fuzz::{TARGETS, calls, fuzz};
use std::time::Duration;

#[test]
fn every_target_survives() {
    let place = tempfile::tempdir().unwrap();
    for target in TARGETS {
        let seeds = target.seeds();
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        let count = fuzz(target, Duration::from_secs(1), 1, &place.path().join("last"));
        assert!(count >= seeds.len() as u64, "{}: {count} inputs", target.name);
    }
    // The table was made, and the library answers.
    assert!(calls::FUNCTIONS.len() > 100, "{} functions", calls::FUNCTIONS.len());
    assert!(calls::init(), "the machine is there again after all these changes");
    calls::shut_down();
}
