//! Errors that the hardware found, and the reset of a GPU.

use super::{Asked, Between, First, Question, Why, equal, setter};
use crate::amdsmi;
use crate::amdsmi::abi::error_count;
use crate::gpu::Gpu;
use crate::map;
use crate::told::Told;
use crate::types::{
    rsmi_error_count_t, rsmi_gpu_block_t, rsmi_ras_err_state_t, rsmi_xgmi_status_t,
};

/// The errors of a block since the driver was loaded.
#[derive(Debug)]
pub(crate) struct ErrorCount {
    pub(crate) block: rsmi_gpu_block_t,
}

impl Question<'_> for ErrorCount {
    type Value = rsmi_error_count_t;
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        // It counts for more blocks than the original.
        if map::find(map::ERROR_FILES, &self.block).is_none() {
            return Told::Unknown;
        }
        at.ask(
            |s| s.amdsmi_get_gpu_ecc_count,
            |handle, room| (handle, self.block.0, room.record(0)),
            |written| {
                Some(rsmi_error_count_t {
                    correctable_err: written.raw(&error_count::correctable_count, 0)?,
                    uncorrectable_err: written.raw(&error_count::uncorrectable_count, 0)?,
                })
            },
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        at.error_count(self.block).into()
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        super::unread(self, at)
    }

    equal!();

    const BETWEEN: Option<Between<Self::Value>> = Some(|amdsmi, before, after| {
        (before.correctable_err..=after.correctable_err).contains(&amdsmi.correctable_err)
            && (before.uncorrectable_err..=after.uncorrectable_err)
                .contains(&amdsmi.uncorrectable_err)
    });
}

/// The blocks in which error handling is switched on, one bit each.
#[derive(Debug)]
pub(crate) struct ErrorFeatures;

impl Question<'_> for ErrorFeatures {
    type Value = u64;
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        at.number(|s| s.amdsmi_get_gpu_ecc_enabled)
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        at.error_features().into()
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        super::unread(self, at)
    }

    equal!();
}

/// Whether error handling is switched on in a block.
#[derive(Debug)]
pub(crate) struct ErrorState {
    pub(crate) block: rsmi_gpu_block_t,
}

impl Question<'_> for ErrorState {
    type Value = rsmi_ras_err_state_t;
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        if !self.block.0.is_power_of_two() {
            return Told::Unknown;
        }
        at.ask(
            |s| s.amdsmi_get_gpu_ecc_status,
            |handle, room| (handle, self.block.0, room.number(0)),
            |written| written.number(0).map(rsmi_ras_err_state_t),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        at.error_state(self.block).into()
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        super::unread(self, at)
    }

    equal!();
}

/// Whether the links had errors since they were last asked about: that clears them.
#[derive(Debug)]
pub(crate) struct XgmiError;

impl Question<'_> for XgmiError {
    type Value = rsmi_xgmi_status_t;
    const FIRST: First = First::Amdsmi;
    const ASKED: Asked = Asked::Once;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        at.number(|s| s.amdsmi_gpu_xgmi_error_status).map(rsmi_xgmi_status_t)
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        at.xgmi_error_status().into()
    }

    equal!();
}

/// Forgets the errors of the links.
#[derive(Debug)]
pub(crate) struct ResetXgmiError;

impl Question<'_> for ResetXgmiError {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        at.ask(|s| s.amdsmi_reset_gpu_xgmi_error, |handle, _| (handle,), |_| Some(()))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.xgmi_error().map(drop).into()
    }

    setter!();
}

/// Resets the GPU.
#[derive(Debug)]
pub(crate) struct Reset;

impl Question<'_> for Reset {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        at.set(|s| s.amdsmi_reset_gpu, |handle| (handle,))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.reset().into()
    }

    setter!();
}

/// The number by which the devices of one net of XGMI links know each other; 0 without one.
#[derive(Debug)]
pub(crate) struct HiveId;

impl Question<'_> for HiveId {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        at.ask(
            |s| s.amdsmi_get_xgmi_info,
            |handle, room| (handle, room.record(0)),
            |written| written.raw(&amdsmi::abi::xgmi_info::xgmi_hive_id, 0),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        Told::Value(at.xgmi_hive_id())
    }

    equal!();
}
