//! Every type, enumerator and constant of rocm_smi.h 7.8, spelled as C spells it.
//!
//! There is one file for each chapter; it has the name of the file of `api` whose functions take the
//! types. cbindgen makes `include/rocm_smi/rocm_smi.h` from all of this, so C programmers read the
//! doc comments there.
#![allow(non_camel_case_types, reason = "the names are those of the C header")]

/// Fails the build unless a type lies in memory as the C header of 7.8 lays it out. A struct can be
/// given to clients, member by member.
macro_rules! assert_layout {
    ($type:ident: $size:literal { $($member:ident: $offset:literal),+ $(,)? }) => {
        assert_layout!(union $type: $size { $($member: $offset),+ });
        crate::put::put_members!($type { $($member),+ });
    };
    (union $type:ident: $size:literal { $($member:ident: $offset:literal),+ $(,)? }) => {
        const _: () = {
            assert!(size_of::<$type>() == $size);
            $(assert!(core::mem::offset_of!($type, $member) == $offset);)+
        };
    };
}

mod clocks;
mod counters;
mod errors;
mod events;
mod identity;
mod init;
mod memory;
mod metrics;
mod partition;
mod pcie;
mod perf;
mod physical;
mod power;
mod retired;
mod support;
mod system;
mod topology;
mod versions;
mod xgmi;

pub use clocks::*;
pub use counters::*;
pub use errors::*;
pub use events::*;
pub use identity::*;
pub use init::*;
pub use memory::*;
pub use metrics::*;
pub use partition::*;
pub use pcie::*;
pub use perf::*;
pub use physical::*;
pub use power::*;
pub use retired::*;
pub use support::*;
pub use system::*;
pub use topology::*;
pub use versions::*;
pub use xgmi::*;

/// A set of up to 64 items, one bit each: levels, power profiles or blocks.
pub type rsmi_bit_field_t = u64;
/// An older name of rsmi_bit_field_t.
pub type rsmi_bit_field = rsmi_bit_field_t;
