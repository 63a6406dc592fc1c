//! Versions, and texts for statuses.

use crate::ask::ask;
use crate::client;
use crate::config::Config;
use crate::entry::{Null, finish, get, get_str, put_str, with_gpu};
use crate::gpu;
use crate::kernel::{self, Dir};
use crate::log;
use crate::question::{FirmwareVersion, TargetGraphicsVersion, VbiosVersion};
use crate::status;
use crate::support::Question::{Function, Variant};
use crate::types::{rsmi_fw_block_t, rsmi_status_t, rsmi_sw_component_t, rsmi_version_t};
use rsmi_macros::export;
use std::ffi::c_char;

/// Returns the version of the API for which the client was compiled. It works without rsmi_init().
///
/// @param[out] version 7.8.0, or the version of the older header with which the client was
///   compiled. The build is "0".
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `version` is a null pointer.
/// cbindgen:postfix=RSMI_COMPAT_CALL(rsmi_version_get)
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_version_get(version: *mut rsmi_version_t) -> rsmi_status_t {
    if version.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let (major, minor, patch) = client::proven().version();
    let answer = rsmi_version_t { major, minor, patch, build: c"0".as_ptr() };
    version.put(answer);
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// Reads the version of a software component. It works without rsmi_init().
///
/// The source is sysfs `module/amdgpu/version`. If the driver has no such file, it is the release
/// of the kernel, from uname().
///
/// @param[in] component The component: RSMI_SW_COMP_DRIVER.
/// @param[out] ver_str The version, ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `component` is an unknown value, `ver_str` is a null pointer,
///   or `len` is 0.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The version is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_version_str_get(
    component: rsmi_sw_component_t,
    ver_str: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    if ver_str.is_null()
        || ver_str.is_empty()
        || component != rsmi_sw_component_t::RSMI_SW_COMP_DRIVER
    {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let version = kernel::driver_version(&Dir::new(Config::get().sysfs()));
    finish(version.and_then(|text| put_str(ver_str, &text)))
}

/// Reads the version of the VBIOS, from sysfs `vbios_version`. It is also the part number of the
/// board.
///
/// @param[out] vbios The version, ending with NUL.
/// @param[in] len Size of the buffer in bytes, with room for the NUL.
/// @retval RSMI_STATUS_INVALID_ARGS `vbios` is a null pointer, and the device reports the value; or
///   `len` is 0.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// @retval RSMI_STATUS_INSUFFICIENT_SIZE The version is longer than `len - 1` bytes. The function
///   writes the first `len - 1` bytes and a NUL.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_vbios_version_get(
    dv_ind: u32,
    vbios: *mut c_char,
    len: u32,
) -> rsmi_status_t {
    let null = Null::Asks(Function("rsmi_dev_vbios_version_get"));
    get_str(dv_ind, vbios, null, |gpu| ask(gpu, &VbiosVersion).into())
}

/// Reads the version of a firmware block, from sysfs `fw_version/*_fw_version`.
///
/// @param[in] block The block. The numbers are those of the client's header.
/// @param[out] fw_version The version.
/// @retval RSMI_STATUS_INVALID_ARGS The header of the client does not have the block; or
///   `fw_version` is a null pointer, and the device reports the value.
/// @retval RSMI_STATUS_NOT_SUPPORTED The device does not report the value.
/// cbindgen:postfix=RSMI_COMPAT_CALL(rsmi_dev_firmware_version_get)
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_firmware_version_get(
    dv_ind: u32,
    block: rsmi_fw_block_t,
    fw_version: *mut u64,
) -> rsmi_status_t {
    let null = Null::Asks(Variant("rsmi_dev_firmware_version_get", block.0.into()));
    get(dv_ind, fw_version, null, |gpu| {
        let Some(block) = client::proven().firmware_block(block) else {
            log::reason(|| "there is no such firmware block".into());
            return Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS);
        };
        ask(gpu, &FirmwareVersion { block })
    })
}

/// Reads the graphics version for which compilers build, from KFD.
///
/// @param[out] gfx_version The version: 0x90a for gfx90a. Clients built for a release before ROCm
///   6.3 get the digits as a decimal number: 9010. UINT64_MAX if the function fails.
/// @retval RSMI_STATUS_INVALID_ARGS `gfx_version` is a null pointer.
/// @retval RSMI_STATUS_NOT_SUPPORTED KFD does not report the version.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_dev_target_graphics_version_get(
    dv_ind: u32,
    gfx_version: *mut u64,
) -> rsmi_status_t {
    if gfx_version.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let version = with_gpu(dv_ind, |gpu| ask(gpu, &TargetGraphicsVersion))
        .map(|version| gpu::gfx_name(version, client::generation()));
    gfx_version.put(version.unwrap_or(u64::MAX));
    finish(version.map(drop))
}

/// Returns the name of a status and a sentence about it. It works without rsmi_init().
///
/// @param[in] status The status.
/// @param[out] status_string The text. It belongs to the library and never changes.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS `status_string` is a null pointer.
/// @retval RSMI_STATUS_UNKNOWN_ERROR `status` is an unknown value. The text is that of an unknown
///   error.
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
    status_string.put(text.as_ptr());
    answer
}
