//! The C API of rocm_smi_lib, answered by the kernel's files and AMD SMI.
//!
//! # The architecture on one page
//!
//! ```text
//! C program -> door -> api -> entry -> Gpu -> amdsmi  (libamd_smi, opened at run time)
//!                                         -> kernel  (sysfs and KFD files, /dev/kfd)
//! ```
//!
//! A call comes in at the [`door`], which sends calls that libamd_smi makes to its *own* `rsmi_*`
//! back where they belong. [`api`] has one short function for each of rocm_smi.h's, in the
//! header's chapters. [`entry`] is the boundary: the only place that catches a panic, tests a
//! client's pointer for null or writes through it. Behind it there is only safe Rust: a question to
//! one [`gpu::Gpu`], in rsmi's units.
//!
//! `Gpu` picks the source of each answer: libamd_smi, unless it cannot give the legacy library's
//! answer (another unit, another precision, another origin of the number), gives it only with
//! access to /dev/dri, might abort the process over it, or takes longer than the legacy call did;
//! then the kernel's own file. The kernel's file also answers where there is no libamd_smi: it is
//! opened when the first question needs it, and no question depends on it. What cannot change while the library is initialised (ids, names,
//! addresses, topology) is read once; the numbers among it are [`facts`].
//!
//! No call says which rocm_smi.h its caller was compiled with: the door passes on the address to which
//! the call returns, and [`client`] finds out what the caller's object proves of itself.
//!
//! [`runtime`] owns what lives between `rsmi_init` and `rsmi_shut_down`. [`amdsmi`] is the only
//! code that knows libamd_smi, [`kernel`] the only code that knows the kernel's files. Data flows one
//! way; no module knows the one that called it.

mod amdsmi;
pub mod api;
mod cancel;
mod client;
mod conf;
mod config;
mod door;
mod entry;
mod facts;
mod gpu;
mod handles;
mod hip;
mod kernel;
mod log;
mod map;
mod notification;
mod object;
mod runtime;
mod status;
mod support;
pub mod types;
mod walk;
