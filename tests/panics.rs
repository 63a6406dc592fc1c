//! A program that we are part of still hears of its own panics.

use rsmi_compat::types::rsmi_status_t;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

unsafe extern "C" {
    fn rsmi_shut_down() -> rsmi_status_t;
}

#[test]
fn a_panic_outside_our_calls_goes_to_the_hook_that_was_there() {
    static HEARD: AtomicUsize = AtomicUsize::new(0);
    let before = panic::take_hook();
    panic::set_hook(Box::new(|_| {
        HEARD.fetch_add(1, Ordering::Relaxed);
    }));
    // SAFETY: the function asks nothing of its caller.
    assert_eq!(unsafe { rsmi_shut_down() }, rsmi_status_t::RSMI_STATUS_INIT_ERROR);
    assert!(thread::spawn(|| panic!("on purpose")).join().is_err());
    // Only now, so that what fails below is seen.
    panic::set_hook(before);
    assert_eq!(HEARD.load(Ordering::Relaxed), 1);
}
