//! NVML's C API, answered for AMD GPUs.
//!
//! Programs that know only NVML see an AMD GPU through this library, where its user asks for that:
//! `rsmi-compat run --nvml` puts it in the place of libnvidia-ml.so.1. Nothing finds it by itself, since
//! programs that see NVML believe in CUDA.
//!
//! It is a face of the crate rsmi_core, as rocm_smi's C API is one: each function asks the same
//! questions and converts the answers. [`house`] is all that it knows of that crate. [`api`] has the
//! functions, by chapters; [`entry`] is the boundary, where pointers, handles and the versions of structs
//! are looked at; build.rs makes the exports that no chapter has, from the list of all names. Those say
//! that they are not supported, and before nvmlInit that nobody has called it.
//!
//! A value that cannot be read is NOT_SUPPORTED, whatever the reason: clients live with that status and
//! with no other. [`status`] has the statuses, [`types`] the structs.

pub mod api;
mod entry;
mod handle;
mod house;
mod session;
pub mod status;
pub mod types;
mod unanswered;

/// A call goes on where memory has run out, and says so at its end.
#[global_allocator]
static ALLOCATOR: house::Allocator = house::Allocator;
