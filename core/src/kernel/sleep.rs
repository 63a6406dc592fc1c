//! GPUs that the kernel has suspended: most of their files wake them, for some ten seconds.

use super::file::{Failure, File, Path, Room};
use crate::config::Config;
use crate::log;
use crate::status::Result;
use crate::types::rsmi_status_t;

/// What a GPU's files begin with that the driver answers out of its memory, and those that tell of
/// the bus; every other one wakes it.
const QUIET: &[&str] = &[
    "vendor",
    "device",
    "revision",
    "subsystem",
    "class",
    "numa_node",
    "local_cpu",
    "unique_id",
    "vbios_version",
    "product_",
    "serial_number",
    "fru_id",
    "manufacturer",
    "mem_info_",
    "fw_version/",
    "power/",
    "drm",
    "xgmi_physical_id",
    "xgmi_hive_id",
    "available_",
    "current_compute",
    "current_memory",
    "name",
    "uevent",
];

/// Whether the kernel has suspended the GPU with this directory, or that of the sensors in it.
pub(crate) fn is_suspended(directory: &str) -> bool {
    // A directory of sensors has a link to its device; a device has a file of that name.
    ["device/power", "power"].iter().any(|power| {
        let mut status = Room::new();
        let path = Path::of(&[directory, power, "runtime_status"]).map_err(Failure::Open);
        let read = path.and_then(|path| File::open(libc::AT_FDCWD, &path)?.read(&mut status));
        read.is_ok() && status.starts_with(b"suspend")
    })
}

/// BUSY where the file would wake a GPU that the user wants to let sleep.
pub(super) fn let_sleep(name: &str, is_suspended: impl FnOnce() -> bool) -> Result {
    let quiet =
        |name: &str| name.ends_with("_label") || QUIET.iter().any(|it| name.starts_with(it));
    if !Config::get().no_wake || quiet(name) {
        return Ok(());
    }
    awake(is_suspended)
}

/// BUSY for a GPU that is suspended, where the user wants to let it sleep.
pub(crate) fn awake(is_suspended: impl FnOnce() -> bool) -> Result {
    if !Config::get().no_wake || !is_suspended() {
        return Ok(());
    }
    log::reason(|| "the GPU is suspended, and RSMI_COMPAT_NO_WAKE=1 lets it sleep".into());
    Err(rsmi_status_t::RSMI_STATUS_BUSY)
}

/// For the log, beside why a file was not read.
pub(super) const SUSPENDED: &str = " (power/runtime_status: the GPU is suspended)";
