//! A described machine with AMD GPUs, and what is made of the description.
//!
//! A machine is one TOML file (`machines/`, explained key by key in
//! `MACHINES.md`) that names chips (`chips/`). It is read once ([`Machine`])
//! and then only asked:
//!
//! ```text
//! machines/*.toml ─┐
//! chips/*.toml ────┴─ load ─ description ─┬─ tree   the /sys that the kernel would show
//!                                         ├─ facts  what libdrm would be told by the driver
//!                                         └─ …
//! ```
//!
//! A key that is left out is a file that does not exist: that is also how the
//! kernel tells a library what a card cannot do.

mod description;
mod facts;
mod fault;
mod files;
mod load;
pub mod machine;
pub mod metrics;
mod value;

mod tree;

pub use fault::Fault;
pub use load::Error;
pub use machine::Machine;
