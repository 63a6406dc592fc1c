//! Any function of the library, with outputs that end where memory ends.

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;

/// What a function takes in one place.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    Device,
    Number,
    /// How many elements there is room for, and there is room for one.
    One,
    Length,
    Text,
    /// So many bytes are written at most.
    Output(usize),
}

pub struct Function {
    pub name: &'static str,
    at: unsafe extern "C" fn(),
    takes: &'static [Takes],
}

include!(concat!(env!("OUT_DIR"), "/functions.rs"));

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> u32;
    fn rsmi_shut_down() -> u32;
}

/// Whether it was initialised.
pub fn init() -> bool {
    // SAFETY: asks nothing of its caller.
    unsafe { rsmi_init(0) == 0 }
}

pub fn shut_down() {
    // SAFETY: asks nothing of its caller.
    unsafe { rsmi_shut_down() };
}

const PLACES: usize = 6;
const ROOM: usize = 1 << 16;
const PAGE: usize = 1 << 12;
const TEXT: usize = 64;

/// Where the memory of each argument ends. Behind it is a page that nobody may touch.
fn ends() -> &'static [usize; PLACES] {
    static ENDS: OnceLock<[usize; PLACES]> = OnceLock::new();
    ENDS.get_or_init(|| {
        std::array::from_fn(|_| {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let access = libc::PROT_READ | libc::PROT_WRITE;
            // SAFETY: new memory; the page at its end is ours to take the access from.
            unsafe {
                let start = libc::mmap(std::ptr::null_mut(), ROOM + PAGE, access, flags, -1, 0);
                assert_ne!(start, libc::MAP_FAILED);
                let end = start.cast::<u8>().add(ROOM);
                assert_eq!(libc::mprotect(end.cast(), PAGE, libc::PROT_NONE), 0);
                end as usize
            }
        })
    })
}

/// Calls a function of the table; the choices are the input's.
pub fn call(function: &Function, device: u32, choice: u8) {
    type Any = unsafe extern "C" fn(usize, usize, usize, usize, usize, usize) -> c_int;
    // SAFETY: all parameters are numbers and pointers, which a function of C takes in registers that
    // one with fewer parameters does not look at.
    let at: Any = unsafe { std::mem::transmute(function.at) };
    // A text or an output is left out at times.
    let left_out = usize::from(choice >> 5);
    let length = usize::from(choice) % (TEXT + 1);
    let mut arguments = [0; PLACES];
    for (place, takes) in function.takes.iter().enumerate() {
        let output = |size: usize| {
            let start = ends()[place] - size;
            // An array that is asked for has room for one.
            let first = if size == 4 { u8::from(choice & 1 != 0) } else { 0 };
            // SAFETY: the room is ours.
            unsafe {
                std::ptr::write_bytes(start as *mut u8, 0, size);
                *(start as *mut u8) = first;
            }
            if place + 1 == left_out { 0 } else { start }
        };
        arguments[place] = match takes {
            Takes::Device => device as usize,
            Takes::Number => usize::from(choice) % 24,
            Takes::One => 1,
            Takes::Length => length,
            Takes::Text => output(length.max(1)),
            Takes::Output(size) => output(*size),
        };
    }
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: each pointer is null, or has the room that the header asks for.
    unsafe { at(a, b, c, d, e, f) };
}

/// Everything that can be asked of the first device.
pub fn everything(choice: u8) {
    for function in FUNCTIONS {
        call(function, 0, choice);
    }
}

/// The environment is the process's; there is one thread.
pub fn set_environment(name: &std::ffi::CStr, value: &[u8]) {
    let text: Vec<u8> = value.iter().copied().filter(|byte| *byte != 0).chain([0]).collect();
    // SAFETY: both end with NUL, and setenv copies them.
    unsafe { libc::setenv(name.as_ptr(), text.as_ptr().cast::<c_void>().cast(), 1) };
}
