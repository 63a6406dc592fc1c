//! Every function is called as no client should call it, before nvmlInit, after it and after nvmlShutdown.

mod common;

use common::{Function, Library};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr::{dangling, null};

const NAMES: &str = include_str!("../names.txt");

/// What libnvidia-ml 550 of Debian returns without a driver, before nvmlInit, to null pointers.
const REAL: &str = include_str!("before-init-550.163.01.txt");

const UNINITIALIZED: i32 = 1;

fn real() -> BTreeMap<&'static str, i32> {
    let line = |line: &'static str| {
        let (name, status) = line.split_once(' ').unwrap();
        (name, status.parse().unwrap())
    };
    REAL.lines().map(line).collect()
}

/// These begin or end something, and are called apart; the last returns a text.
const APART: [&str; 5] =
    ["nvmlInit", "nvmlInit_v2", "nvmlInitWithFlags", "nvmlShutdown", "nvmlErrorString"];

/// Here a size is how far the client's memory reaches: junk as a size is a lie that nobody can see.
const BY_SIZE: [&str; 2] = ["nvmlDeviceGetFieldValues", "nvmlDeviceGetMemoryAffinity"];

fn names() -> impl Iterator<Item = &'static str> {
    NAMES.lines().filter(|name| !APART.contains(name))
}

/// For which a word that is no handle is one that is wrong, and not an address.
fn takes_a_handle(name: &str) -> bool {
    let others = ["nvmlDeviceGetCount", "nvmlDeviceGetHandleBy"];
    name.starts_with("nvmlDevice") && !others.iter().any(|other| name.starts_with(other))
}

/// Calls with the first word, then with seven others.
fn call(function: Function, first: *const c_void, others: *const c_void) -> i32 {
    // SAFETY: pointers are null, or lead to memory of the test that nothing writes past.
    unsafe { function(first, others, others, others, others, others, others, others) }
}

#[test]
fn nobody_comes_to_harm() {
    common::on_each("nobody_comes_to_harm", &["mi300x-2", "navi31", "sparse"], |_| {
        let library = Library::open();
        let all: Vec<_> = names().map(|name| (name, library.function(name))).collect();
        let real = real();
        for (name, function) in &all {
            let expected = real.get(name).copied().unwrap_or(UNINITIALIZED);
            assert_eq!(call(*function, null(), null()), expected, "{name} before nvmlInit");
            if takes_a_handle(name) {
                let status = call(*function, dangling(), null());
                assert_eq!(status, UNINITIALIZED, "{name} before nvmlInit");
            }
        }
        let shut_down = library.function("nvmlShutdown");
        assert_eq!(call(shut_down, null(), null()), real["nvmlShutdown"]);

        for init in ["nvmlInit", "nvmlInit_v2", "nvmlInitWithFlags"] {
            assert_eq!(call(library.function(init), null(), null()), 0, "{init}");
        }
        let mut device: *const c_void = null();
        let by_index = library.function("nvmlDeviceGetHandleByIndex_v2");
        assert_eq!(call(by_index, null(), (&raw mut device).cast()), 0);
        // Room for whatever a function writes that was given a pointer.
        let room = vec![0_u64; 1 << 17];
        let room = room.as_ptr().cast::<c_void>();
        let forged = device.wrapping_byte_add(4);
        for (name, function) in &all {
            for (first, others) in [
                (null(), null()),
                (dangling(), null()),
                (forged, null()),
                (device, null()),
                (room, room),
                (device, room),
            ] {
                let is_handle = first == device || first == forged || first.addr() == 1;
                let lies = BY_SIZE.contains(name) && first == device && others == room;
                if lies || is_handle && !takes_a_handle(name) {
                    continue;
                }
                let status = call(*function, first, others);
                let known = [0, 2, 3, 4, 6, 7, 20, 25];
                assert!(known.contains(&status), "{name}({first:?}, {others:?}) = {status}");
                if first == forged && others.is_null() {
                    assert_ne!(status, 0, "{name} takes a forged handle");
                }
            }
        }
        for _ in 0..3 {
            assert_eq!(call(shut_down, null(), null()), 0);
        }
        for (name, function) in &all {
            let expected = real.get(name).copied().unwrap_or(UNINITIALIZED);
            let first = if takes_a_handle(name) { device } else { null() };
            assert_eq!(call(*function, first, null()), expected, "{name} after nvmlShutdown");
        }
    });
}

#[test]
fn without_a_gpu_nobody_is_let_in() {
    common::on_each("without_a_gpu_nobody_is_let_in", &["kfd-no-gpu", "no-driver"], |_| {
        let library = Library::open();
        let real = real();
        for init in ["nvmlInit", "nvmlInit_v2", "nvmlInitWithFlags"] {
            for flags in [null(), dangling()] {
                assert_eq!(call(library.function(init), flags, null()), real[init], "{init}");
            }
        }
        let count = library.function("nvmlDeviceGetCount_v2");
        assert_eq!(call(count, null(), null()), UNINITIALIZED);
    });
}

/// Threads begin and end as they like, and a child of fork goes on with what its parent had.
#[test]
fn threads_and_children_are_answered() {
    common::on_each("threads_and_children_are_answered", &["mi300x-2"], |_| {
        let library = Library::open();
        let function = |name: &str| library.function(name);
        let (init, shut_down) = (function("nvmlInit_v2"), function("nvmlShutdown"));
        let (by_index, power) =
            (function("nvmlDeviceGetHandleByIndex_v2"), function("nvmlDeviceGetPowerUsage"));
        let ask = move || {
            let mut device: *const c_void = null();
            let mut milliwatts = 0_u32;
            assert_eq!(call(by_index, null(), (&raw mut device).cast()), 0);
            assert_eq!(call(power, device, (&raw mut milliwatts).cast()), 0);
            assert!(milliwatts > 0);
        };
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        assert_eq!(call(init, null(), null()), 0);
                        ask();
                        assert_eq!(call(shut_down, null(), null()), 0);
                    }
                });
            }
        });
        assert_eq!(call(by_index, null(), null()), UNINITIALIZED, "each has ended what it began");

        assert_eq!(call(init, null(), null()), 0);
        // SAFETY: the child asks, and ends at once.
        let child = unsafe { libc::fork() };
        if child == 0 {
            ask();
            // SAFETY: it takes a number.
            unsafe { libc::_exit(0) };
        }
        let mut status = 0;
        // SAFETY: the child is this process's, and the pointer is to such a value.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0, "the child was not answered");
        ask();
    });
}
