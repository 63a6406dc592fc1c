//! The functions of rocm_smi.h, in its chapters and its order.
//!
//! The comments of the functions go into the C header, and Doxygen reads them there. tests/header.rs
//! adds what is the same for every function of a device: the parameter `dv_ind`, and the beginning
//! of the list of statuses. cbindgen.toml describes the statuses that every such function may return.
//!
//! Exports never call each other: another library may have replaced one of them.

#![allow(rustdoc::broken_intra_doc_links, reason = "[in] and [out] are Doxygen's, not links")]
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
pub mod overdrive;
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
