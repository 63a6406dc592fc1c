//! librsmi_compat.so: the C API of rocm_smi_lib under its own names. All that it does is in the crate
//! `rsmi_core`, whose documentation has the architecture; here is what only a library has that programs
//! link to: the exported symbols with their doors, and the allocator.

#[cfg(all(target_arch = "x86_64", feature = "symbol-version"))]
mod door;
mod exports;

#[cfg(fuzzing)]
#[doc(hidden)]
pub use rsmi_core::fuzzing;
pub use rsmi_core::{api, types};

#[global_allocator]
static ALLOCATOR: rsmi_core::Allocator = rsmi_core::Allocator;
