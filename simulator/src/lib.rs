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
//!                                         ├─ lies   the same, with another value in every place
//!                                         └─ live   the same description some time later
//!                                                   (at), and its tree kept up to date (ticker)
//! ```
//!
//! A key that is left out is a file that does not exist: that is also how the
//! kernel tells a library what a card cannot do.

mod clock;
mod description;
mod facts;
mod fault;
mod files;
pub mod lies;
mod live;
mod load;
pub mod machine;
pub mod metrics;
#[cfg(test)]
mod reference;
pub mod scratch;
mod ticker;
mod value;

mod tree;

pub use clock::{Clock, EPOCH, TICK, TIME};
pub use fault::Fault;
pub use live::LoadKind;
pub use load::Error;
pub use machine::Machine;
pub use ticker::Ticker;
