//! All that this crate knows of the library that it is a face of.

pub(crate) use rsmi_core::Allocator;
pub(crate) use rsmi_core::face::{
    Answer, Gpu, Levels, Machine, Manner, Process, because, call, driver_version, init, shut_down,
    variable, with,
};
pub(crate) use rsmi_core::put::{Put, put};
pub(crate) use rsmi_core::types as rsmi;
pub(crate) use rsmi_core::{put_members, put_whole};
