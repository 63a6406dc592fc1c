//! Whether a client has called nvmlInit, and how often.
//!
//! The library below counts its users too, but answers some questions without any; a client of NVML is
//! told at once that it has forgotten nvmlInit.

use crate::house;
use crate::status::{Result, Status};
use std::sync::atomic::{AtomicU32, Ordering};

static USERS: AtomicU32 = AtomicU32::new(0);

/// A machine without a GPU has no driver for this API: clients take success for a GPU.
pub(crate) fn begin() -> Result {
    house::init().map_err(|status| match status {
        house::rsmi::rsmi_status_t::RSMI_STATUS_OUT_OF_RESOURCES => Status::MEMORY,
        _ => Status::DRIVER_NOT_LOADED,
    })?;
    if house::with(|machine| machine.count()) == 0 {
        house::because(|| "there is no GPU".into());
        // It was counted above.
        let _ = house::shut_down();
        return Err(Status::DRIVER_NOT_LOADED);
    }
    USERS.fetch_add(1, Ordering::AcqRel);
    Ok(())
}

/// Release 550 returns success too where nobody has called nvmlInit.
pub(crate) fn end() {
    let fewer = |users: u32| users.checked_sub(1);
    if USERS.fetch_update(Ordering::AcqRel, Ordering::Acquire, fewer).is_ok() {
        // The library below has counted this user.
        let _ = house::shut_down();
    }
}

pub(crate) fn ensure_begun() -> Result {
    if USERS.load(Ordering::Acquire) > 0 { Ok(()) } else { Err(Status::UNINITIALIZED) }
}
