//! A stand-in for `libamd_smi.so`: AMD SMI's C ABI, of any release, on a described machine.
//!
//! ```text
//! exports ── entry ─┬─ answers  what a release says of the machine
//!                   ├─ faults   what goes wrong, as described
//!                   └─ log      every call, as it arrived
//! ```
//!
//! One file exports the names of all releases; `rsmi-simulator-releases` makes it into the file of
//! one. Layouts and numbers are that crate's too, from the facts about AMD's headers: nothing here
//! is shared with what `librsmi_compat.so` believes of libamd_smi.

mod answers;
mod call;
mod entry;
mod exports;
mod faults;
mod log;
mod session;
mod world;
