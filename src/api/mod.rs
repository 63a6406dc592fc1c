//! The functions of rocm_smi.h, in its chapters and its order.
//!
//! Statuses that every function of a device may return, and whose docs therefore do not repeat
//! them: INVALID_ARGS where there is no device of that index (before `rsmi_init` there is none),
//! BUSY where the client initialised with RSMI_INIT_FLAG_RESRV_TEST1 and another thread is using
//! the device, and where the driver refuses to answer because it resets the GPU, or the GPU is
//! suspended; INTERNAL_EXCEPTION for an error of this library.
//!
//! Exports never call each other: somebody may have put a function of his own in front of one.

#![allow(
    clippy::missing_safety_doc,
    reason = "every function here has one contract, C's: a pointer is null or good for its type"
)]

pub mod clocks;
pub mod compat;
pub mod counters;
pub mod errors;
pub mod events;
pub mod identity;
pub mod init;
pub mod memory;
pub mod metrics;
pub mod partition;
pub mod pcie;
pub mod physical;
pub mod power;
pub mod retired;
pub mod support;
pub mod system;
pub mod topology;
pub mod versions;
pub mod xgmi;
