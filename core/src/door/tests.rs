//! What the door finds out about the objects of this process, which has none of the libraries.

use super::*;

fn of_libc() -> Object {
    let address = symbol(libc::RTLD_DEFAULT, c"getpid").expect("libc has it");
    Object::at(address).expect("and is in the process")
}

#[test]
fn an_object_is_found_by_an_address_within_it() {
    let here = own_base as *const () as usize;
    let own = Object::at(here).expect("the test");
    assert_eq!(own.base, own_base());
    assert!(own.base != 0 && own_base() == own.base, "it is kept");
    let (start, end) = own.code.expect("it has code");
    assert!((start..end).contains(&here) && own_code() == Some((start, end)));
    assert!(!(start..end).contains(&(&raw const LIBRARIES as usize)), "data is no code");
    assert!(is_in_program());
    let other = of_libc();
    assert!(other.base != own.base && other.name.to_bytes().windows(4).any(|it| it == b"libc"));
    assert!(Object::at(0).is_none());
    let (before, behind) = (Object::at(own.base - 1), Object::at(own.base));
    assert!(before.is_none_or(|object| object.base != own.base));
    assert!(behind.is_some_and(|object| object.base == own.base));
}

#[test]
fn an_object_defines_what_is_in_it_and_not_what_it_needs() {
    let other = of_libc();
    assert!(other.defines(c"getpid") && !other.defines(c"rsmi_init"));
    let own = Object::at(own_base as *const () as usize).expect("the test");
    assert!(!own.defines(c"getpid"), "it is libc's");
    assert_eq!(symbol(libc::RTLD_DEFAULT, c"rsmi_no_such_function"), None);
    assert!(!other.has_init && other.pin().is_none());
}

#[test]
fn what_has_no_rsmi_init_is_remembered_as_that() {
    let address = symbol(libc::RTLD_DEFAULT, c"getpid").expect("libc has it");
    let is_other = || OTHERS.iter().any(|it| it.load(Ordering::Relaxed) == of_libc().base);
    assert!(recognise(address).is_none() && is_other());
    assert!(recognise(address).is_none() && recognise(own_base as *const () as usize).is_none());
    scan();
    assert_eq!(known().count(), 0, "nothing here has an rsmi_init of its own");
    assert!(!taken_by_libamd_smi() && !taken_by_another());
}

#[test]
fn a_call_of_nobody_who_has_the_function_goes_to_ours() {
    let body = own_base as *const () as usize;
    for caller in [body, symbol(libc::RTLD_DEFAULT, c"getpid").expect("libc has it"), 0] {
        // SAFETY: the name ends in NUL.
        assert_eq!(unsafe { route(caller, c"rsmi_init".as_ptr(), body) }, body);
    }
}

#[test]
fn objects_are_shown_until_somebody_has_seen_enough() {
    let mut all = 0;
    each_object(|_| {
        all += 1;
        // A look within a look waits for nobody.
        each_object(|_| false);
        true
    });
    let mut some = 0;
    each_object(|_| {
        some += 1;
        some < 2
    });
    assert!(all > 2 && some == 2);
    assert!(!HERE.get() && !LOOKING.is_locked());
}

#[test]
fn nobody_looks_while_a_thread_forks() {
    before_fork();
    assert!(FORKING.get());
    after_fork_in_parent();
    assert!(!FORKING.get());
    // Whoever forks in the middle of its own look keeps it.
    each_object(|_| {
        before_fork();
        assert!(!FORKING.get());
        after_fork_in_parent();
        false
    });
    assert!(LOOKING.try_lock_for(LONGEST_LOOK).is_some());
}
