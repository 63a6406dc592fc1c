//! The marketing name of a device: libdrm knows it, by the device's own answer to an ioctl.

use crate::log;
use crate::status::Result;
use crate::types::rsmi_status_t;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use once_cell::race::OnceBox;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fs::OpenOptions;
use std::os::fd::AsRawFd;

/// The development package's name first, as the original has it; systems without that package have
/// only the other.
const NAMES: [&str; 2] = ["libdrm_amdgpu.so", "libdrm_amdgpu.so.1"];

type Device = *mut c_void;

struct Drm {
    initialize: unsafe extern "C" fn(c_int, *mut u32, *mut u32, *mut Device) -> c_int,
    marketing_name: unsafe extern "C" fn(Device) -> *const c_char,
    deinitialize: unsafe extern "C" fn(Device) -> c_int,
}

impl Drm {
    /// The process's libdrm_amdgpu, which stays: it keeps devices of its own between calls.
    fn get() -> Result<&'static Self> {
        static DRM: OnceBox<Drm> = OnceBox::new();
        DRM.get_or_try_init(|| {
            let library = NAMES.iter().find_map(|name| {
                // SAFETY: loading libdrm runs no code but its own constructors.
                unsafe { Library::open(Some(*name), RTLD_NOW | RTLD_LOCAL) }.ok()
            });
            let Some(library) = library else {
                log::reason(|| "there is no libdrm_amdgpu".into());
                return Err(rsmi_status_t::RSMI_STATUS_FAIL_LOAD_MODULE);
            };
            let drm = Self::load(&library).ok_or_else(|| {
                log::reason(|| "libdrm_amdgpu lacks a function".into());
                rsmi_status_t::RSMI_STATUS_FAIL_LOAD_SYMBOL
            })?;
            std::mem::forget(library);
            Ok(Box::new(drm))
        })
    }

    fn load(library: &Library) -> Option<Self> {
        Some(Self {
            // SAFETY: the signature is libdrm's, the same since 2.4.63.
            initialize: *unsafe { library.get(b"amdgpu_device_initialize") }.ok()?,
            // SAFETY: as above.
            marketing_name: *unsafe { library.get(b"amdgpu_get_marketing_name") }.ok()?,
            // SAFETY: as above.
            deinitialize: *unsafe { library.get(b"amdgpu_device_deinitialize") }.ok()?,
        })
    }
}

/// The marketing name of the device behind /dev/dri/renderD`minor`.
pub(crate) fn marketing_name(minor: u32) -> Result<Vec<u8>> {
    let drm = Drm::get()?;
    let path = format!("/dev/dri/renderD{minor}");
    log::source(|| format!("libdrm_amdgpu on {path}"));
    let failed = |why: &str| {
        log::reason(|| format!("{path}: {why}"));
        rsmi_status_t::RSMI_STATUS_DRM_ERROR
    };
    let node = OpenOptions::new().read(true).write(true).open(&path);
    let node = node.map_err(|error| failed(&error.to_string()))?;
    let (mut major, mut minor, mut device) = (0, 0, std::ptr::null_mut());
    // SAFETY: the descriptor is open; libdrm writes one value through each pointer.
    let status = unsafe {
        (drm.initialize)(node.as_raw_fd(), &raw mut major, &raw mut minor, &raw mut device)
    };
    if status != 0 {
        return Err(failed("libdrm does not open it"));
    }
    // SAFETY: the device has just been initialised.
    let name = unsafe { (drm.marketing_name)(device) };
    // SAFETY: libdrm's name is NUL-terminated, and lives as long as the device at least.
    let name = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_bytes().to_vec());
    // SAFETY: initialised above, and used no more.
    unsafe { (drm.deinitialize)(device) };
    name.ok_or_else(|| failed("libdrm has no name for it"))
}
