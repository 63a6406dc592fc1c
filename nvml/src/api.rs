//! The functions that are answered, by chapters.
//!
//! The C contract holds for all of them: a pointer is null or good for what nvml.h says of it. Sizes,
//! units and statuses are nvml.h's.
#![allow(non_snake_case, reason = "NVML's names")]
#![allow(clippy::missing_safety_doc, reason = "the C contract is above, for all")]

pub mod clocks;
pub mod constants;
pub mod errors;
pub mod fields;
pub mod identity;
pub mod links;
pub mod memory;
pub mod power;
pub mod processes;
pub mod sensors;
pub mod system;
pub mod utilization;
