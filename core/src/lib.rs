//! The C API of rocm_smi_lib, answered by the kernel's files and AMD SMI.
//!
//! # The architecture on one page
//!
//! ```text
//! C program -> door -> api -> entry -> ask -> question -> amdsmi  (libamd_smi, opened at run time)
//!                                                      -> gpu, kernel  (sysfs and KFD, /dev/kfd)
//! ```
//!
//! The library itself, in `src` of the root, is thin: the exported symbols and the allocator. Everything
//! else is in this crate, so that others can be built of it.
//!
//! Every call first reaches the [`door`]. If libamd_smi calls its *own* `rsmi_*`, the door sends the
//! call back to libamd_smi. [`api`] has one short function for each function of rocm_smi.h, in the
//! chapters of that header. [`entry`] is the boundary, where a panic ends. [`out`] has a client's
//! pointers, which only `#[export]` makes: no function of [`api`] and no question has `unsafe`.
//!
//! A function asks one or more questions. [`question`] is the mapping: each question is a small type
//! with two answers side by side, that of AMD SMI and that of the kernel, both with the units of
//! rocm_smi.h. [`ask`] is the policy, and the only place that chooses between the two: the user's
//! choice (`RSMI_COMPAT_SOURCE`), or else what the question says. AMD SMI is first, unless monitors ask
//! the question again and again, the answer is kept from `rsmi_init` on, AMD SMI's answer is another
//! one than the original's, or AMD SMI ends the process over it. Each question names its reason.
//! [`told`] is what a source says: a value, a failure that counts, or that it cannot know.
//!
//! The first question that needs libamd_smi opens it, and no question depends on it. Its structs are
//! data: [`amdsmi`] has the places of their members, release by release, and [`layout`] reads them. Of a
//! release that nobody knows only members that never moved are read.
//!
//! The library reads values that cannot change while it is initialised (ids, names, addresses,
//! topology) once. Those that are numbers are [`facts`].
//!
//! No call shows with which rocm_smi.h its caller was compiled. The door passes on the address to
//! which the call returns, and [`client`] finds out what the caller's object proves.
//!
//! [`face`] is for other C APIs than that of rocm_smi.h, which lie in crates of their own: it has the
//! same questions, and the same guard around a call.
//!
//! [`runtime`] owns everything that lives between `rsmi_init` and `rsmi_shut_down`. Only [`amdsmi`]
//! knows libamd_smi, and only [`kernel`] knows the kernel's files. A module uses only
//! those in the layers below its own, which tests/structure.rs lists.
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | client | The program that uses this library, as seen from the library. |
//! | caller | One object of a client that calls this library: the program, a library or a plug-in. Each caller may have been compiled with another rocm_smi.h. |
//! | original, legacy library | AMD's librocm_smi64, whose place this library takes. |
//! | generation | A range of ROCm releases whose rocm_smi.h has the same structs and numbers: 5, 6.0, 6.2, 6.3, 6.4 or 7.0. |
//! | open | A generation is open for a caller until a proof excludes it. |
//! | proof | Something that excludes generations: the functions and libraries that an object is linked to, a note of our header, or what a person sets in `RSMI_COMPAT_ABI`. |
//! | hint | Something that makes one of the open generations more likely: for example, the installed ROCm. It never excludes one. |
//! | question | What a function asks of a device: a type with the answers of AMD SMI and of the kernel. |
//! | source | Who answers a question: AMD SMI or the kernel. |
//! | policy | Which source is asked: `auto`, `amdsmi`, `kernel` or `both`. |
//! | hazard | What the kernel's files hold now over which libamd_smi would end the process or print. It is looked at before libamd_smi is asked. |
//! | door | The code at the start of each export. It sends a call of libamd_smi, or of the original, to the caller's own function of that name. |
//! | kept value | A value that the library read at `rsmi_init` or at the first call, and returns until `rsmi_shut_down`. |
//! | fact | A kept value that is a number. |
//! | drop-in directory | `lib/rsmi-compat` below the prefix: this library under every file name of librocm_smi64. |
//! | stand-in | A program or library of ours that is used instead of another one: the libamd_smi of the simulator, or a tool in the lab. |
//! | lab | The package `rsmi-lab` in tests/lab. It runs the real libraries on machines that consist of files, and compares this library with the original. |

mod amdsmi;
#[deny(unsafe_code)]
pub mod api;
mod ask;
mod caller;
mod cancel;
mod client;
mod config;
pub mod door;
mod entry;
mod environment;
#[doc(hidden)]
pub mod face;
mod facts;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod gpu;
mod handles;
mod hip;
mod kernel;
mod layout;
mod log;
mod map;
mod notification;
mod object;
mod out;
#[doc(hidden)]
pub mod put;
#[deny(unsafe_code)]
mod question;
mod reserve;
mod runtime;
mod spare;
mod status;
mod support;
mod told;
pub mod types;
mod walk;

pub use reserve::Allocator;

/// What a marked call passes on in the place of the address to which it returns.
pub const fn marked_call() -> usize {
    client::MARKED_CALL
}
