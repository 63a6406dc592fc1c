//! Versions and status texts. All but a device's work without rsmi_init.

use crate::client;
use crate::config::Config;
use crate::entry::{Null, finish, get, get_str, put, put_str, with_gpu};
use crate::gpu::Gpu;
use crate::kernel::Dir;
use crate::log;
use crate::status;
use crate::support::Question::{Function, Variant};
use crate::types::{rsmi_fw_block_t, rsmi_status_t, rsmi_sw_component_t, rsmi_version_t};
use rsmi_macros::export;
use std::ffi::c_char;

/// The version of the API that the client was compiled with: 7.8.0, or an older one for an older
/// client. The build is "0".
/// cbindgen:postfix=RSMI_COMPAT_CALL(rsmi_version_get)
#[export(marked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_version_get(version: *mut rsmi_version_t) -> rsmi_status_t {
    if version.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let (major, minor, patch) = client::proven().version();
    let answer = rsmi_version_t { major, minor, patch, build: c"0".as_ptr() };
    // SAFETY: not null, and then the client's to be written.
    unsafe { put(version, answer) };
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// The version of a software component: of the amdgpu driver where it tells one, else the kernel's
/// release.
///
/// A text longer than `len - 1` bytes is cut, and RSMI_STATUS_INSUFFICIENT_SIZE returned.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_version_str_get(
    component: rsmi_sw_component_t,
    ver_str: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    if ver_str.is_null() || len == 0 || component != rsmi_sw_component_t::RSMI_SW_COMP_DRIVER {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let module = Dir::new(Config::get().sysfs()).join("module/amdgpu");
    let version = module.line("version").or_else(|_| kernel_release());
    // SAFETY: not null, and then good for `len` bytes.
    finish(version.and_then(|text| unsafe { put_str(ver_str, len as usize, &text) }))
}

/// The version of the video BIOS, from sysfs `vbios_version`; it is also the board's part number.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device has one, else
/// RSMI_STATUS_NOT_SUPPORTED.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_vbios_version_get(
    dv_ind: u32,
    vbios: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_vbios_version_get"));
    // SAFETY: the C contract of this module.
    unsafe { get_str(dv_ind, vbios, len as usize, null, Gpu::vbios_version) }
}

/// The version of a block's firmware, from sysfs `fw_version`.
///
/// With a null pointer: RSMI_STATUS_INVALID_ARGS if the device tells it, else
/// RSMI_STATUS_NOT_SUPPORTED. Returns RSMI_STATUS_INVALID_ARGS for a block that the client's header
/// does not have.
/// cbindgen:postfix=RSMI_COMPAT_CALL(rsmi_dev_firmware_version_get)
#[export(marked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_firmware_version_get(
    dv_ind: u32,
    block: rsmi_fw_block_t,
    fw_version: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(Variant("rsmi_dev_firmware_version_get", block.0.into()));
    // SAFETY: the C contract of this module.
    unsafe { get(dv_ind, fw_version, null, |gpu| gpu.firmware_version(block)) }
}

/// The version of the graphics core that compilers build for, from KFD: 0x90a for gfx90a. A client
/// of ROCm 6.2 or earlier gets its digits as a decimal number, 9010.
///
/// On failure all ones are written.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_target_graphics_version_get(
    dv_ind: u32,
    gfx_version: *mut u64,
) -> rsmi_status_t {
    if gfx_version.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let version = with_gpu(dv_ind, Gpu::target_graphics_version);
    // SAFETY: not null, and then the client's to be written.
    unsafe { put(gfx_version, version.unwrap_or(u64::MAX)) };
    finish(version.map(drop))
}

fn kernel_release() -> status::Result<Vec<u8>> {
    log::source(|| "uname".into());
    // SAFETY: utsname is plain data, all zeros is a value of it.
    let mut names: libc::utsname = unsafe { std::mem::zeroed() };
    // SAFETY: the struct is good for what uname writes.
    if unsafe { libc::uname(&raw mut names) } != 0 {
        return Err(rsmi_status_t::RSMI_STATUS_UNKNOWN_ERROR);
    }
    Ok(names.release.iter().map(|byte| *byte as u8).take_while(|byte| *byte != 0).collect())
}

/// A status's name and a sentence about it. The text is static.
///
/// Returns RSMI_STATUS_UNKNOWN_ERROR, and a text that says so, for a number that is no status.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_status_string(
    status: rsmi_status_t,
    status_string: *mut *const c_char,
) -> rsmi_status_t {
    if status_string.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let (text, answer) = status::text(status, client::generation());
    // SAFETY: not null, and then the client's to be written.
    unsafe { put(status_string, text.as_ptr()) };
    answer
}
