//! Initialisation, versions, and handles.

use crate::entry::{Out, Text, begun, finish, put_text};
use crate::handle::Device;
use crate::house;
use crate::session;
use crate::status::{self, Result, Status};
use rsmi_macros::guard;
use std::ffi::{c_char, c_void};

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlInit() -> Status {
    finish(session::begin())
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlInit_v2() -> Status {
    finish(session::begin())
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlInitWithFlags(flags: u32) -> Status {
    // By one of them a machine without GPUs is no failure. It stays one: clients take success for a GPU.
    let _ = flags;
    finish(session::begin())
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlShutdown() -> Status {
    session::end();
    Status::SUCCESS
}

/// Works without nvmlInit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlErrorString(status: Status) -> *const c_char {
    status::text(status).as_ptr()
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlSystemGetDriverVersion(version: Out<c_char>, length: u32) -> Status {
    begun(|| {
        version.given()?;
        put_text((version, length), &status::read(house::driver_version())?)
    })
}

/// The version of this library, and no release of NVIDIA's. It works without nvmlInit.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlSystemGetNVMLVersion(version: Out<c_char>, length: u32) -> Status {
    finish(put_text(
        (version, length),
        concat!(env!("CARGO_PKG_VERSION"), "+rsmi-compat").as_bytes(),
    ))
}

/// What the user would have clients believe, as RSMI_COMPAT_NVML_CUDA=12.4; none by itself.
pub(crate) fn cuda() -> Result<i32> {
    let said = house::variable("RSMI_COMPAT_NVML_CUDA").ok_or(Status::NOT_SUPPORTED)?;
    said.to_str().and_then(cuda_version).ok_or_else(|| {
        house::because(|| "RSMI_COMPAT_NVML_CUDA is no version such as 12.4".into());
        Status::NOT_SUPPORTED
    })
}

/// 12040 of 12.4.
fn cuda_version(text: &str) -> Option<i32> {
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    let number = |text: &str| text.parse::<u8>().ok().map(i32::from);
    Some(number(major)? * 1000 + number(minor)? * 10)
}

fn cuda_driver_version(version: Out<i32>) -> Status {
    begun(|| {
        version.given()?.put(cuda()?);
        Ok(())
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlSystemGetCudaDriverVersion(version: Out<i32>) -> Status {
    cuda_driver_version(version)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlSystemGetCudaDriverVersion_v2(version: Out<i32>) -> Status {
    cuda_driver_version(version)
}

/// Tables of NVIDIA's own, for the command nvidia-smi. Here no id names one, and so it is not served. The
/// function answers without nvmlInit.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlInternalGetExportTable(
    table: Out<*const c_void>,
    id: Out<u8>,
) -> Status {
    let _ = (table, id);
    Status::INVALID_ARGUMENT
}

/// What a process was started as: the first word of its command line, or its name.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlSystemGetProcessName(
    pid: u32,
    name: Out<c_char>,
    length: u32,
) -> Status {
    begun(|| {
        name.given()?;
        if length == 0 {
            return Err(Status::INVALID_ARGUMENT);
        }
        let mut text = process_name(pid).ok_or(Status::NOT_FOUND)?;
        // It is cut, as by NVIDIA's library; of all texts this one alone may be of any length.
        text.truncate(length as usize - 1);
        put_text((name, length), &text)
    })
}

fn process_name(pid: u32) -> Option<Vec<u8>> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let first = line.split(|byte| *byte == 0).next().unwrap_or_default();
    if !first.is_empty() {
        return Some(first.to_vec());
    }
    // A thread of the kernel has no command line.
    let name = std::fs::read(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_ascii_end().to_vec())
}

fn count(count: Out<u32>) -> Status {
    begun(|| {
        count.given()?.put(house::with(|machine| machine.count()));
        Ok(())
    })
}

/// Partitions are devices.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetCount(device_count: Out<u32>) -> Status {
    count(device_count)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetCount_v2(device_count: Out<u32>) -> Status {
    count(device_count)
}

/// Hands out the handle of the GPU that `find` names, by its index.
fn handle(device: Out<Device>, find: impl FnOnce(house::Machine<'_>) -> Result<u32>) -> Status {
    begun(|| {
        device.given()?;
        device.put(Device::of(house::with(find)?)?);
        Ok(())
    })
}

fn by_index(index: u32, device: Out<Device>) -> Status {
    handle(
        device,
        |machine| {
            if index < machine.count() { Ok(index) } else { Err(Status::INVALID_ARGUMENT) }
        },
    )
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetHandleByIndex(index: u32, device: Out<Device>) -> Status {
    by_index(index, device)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetHandleByIndex_v2(index: u32, device: Out<Device>) -> Status {
    by_index(index, device)
}

/// Of partitions, which have one address, the first.
fn by_address(text: Text, device: Out<Device>) -> Status {
    handle(device, |machine| {
        let wanted = super::identity::Address::parse(text.read()?)?;
        let mut gpus = machine.gpus();
        let found = gpus.find(|gpu| super::identity::Address::of(gpu) == Ok(wanted));
        found.map(|gpu| gpu.index()).ok_or(Status::NOT_FOUND)
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetHandleByPciBusId(
    bus_id: Text,
    device: Out<Device>,
) -> Status {
    by_address(bus_id, device)
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetHandleByPciBusId_v2(
    bus_id: Text,
    device: Out<Device>,
) -> Status {
    by_address(bus_id, device)
}

/// Takes the UUID as this library writes it, as AMD SMI does, and as ROCr does.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetHandleByUUID(uuid: Text, device: Out<Device>) -> Status {
    handle(device, |machine| {
        let wanted = uuid.read()?;
        let mut gpus = machine.gpus();
        let found = gpus.find(|gpu| super::identity::is_uuid_of(wanted, gpu));
        found.map(|gpu| gpu.index()).ok_or(Status::NOT_FOUND)
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetHandleBySerial(serial: Text, device: Out<Device>) -> Status {
    handle(device, |machine| {
        let wanted = serial.read()?;
        let mut gpus = machine.gpus();
        let found = gpus.find(|gpu| gpu.serial_number().is_ok_and(|serial| serial == wanted));
        found.map(|gpu| gpu.index()).ok_or(Status::NOT_FOUND)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cuda_version_is_two_numbers() {
        assert_eq!((cuda_version("12.4"), cuda_version("13")), (Some(12040), Some(13000)));
        for wrong in ["", "x", "12.4.1", "-1", "999", "12."] {
            assert_eq!(cuda_version(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_process_has_the_name_that_it_was_started_by() {
        let own = process_name(std::process::id()).unwrap();
        assert_eq!(Some(own), std::env::args().next().map(String::into_bytes));
        assert_eq!(process_name(u32::MAX), None);
    }
}
