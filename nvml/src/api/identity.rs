//! What a GPU is: its names, ids and address.

use crate::entry::{Out, get, get_text, versioned, with_gpu};
use crate::handle::Device;
use crate::house::Gpu;
use crate::status::{Result, Status, read};
use crate::types::{Text, nvmlPciInfo_t, nvmlPciInfo_v1_t, nvmlPciInfo_v2_t, nvmlPciInfoExt_v1_t};
use rsmi_macros::guard;
use std::ffi::{c_char, c_ulong};

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetName(
    device: Device,
    name: Out<c_char>,
    length: u32,
) -> Status {
    get_text(device, (name, length), |gpu| {
        let name = read(gpu.name())?;
        // Where no list of names is installed, it is the vendor's number.
        if !name.starts_with(b"0x") {
            return Ok(name);
        }
        let (id, _) = read(gpu.device_ids())?;
        Ok(format!("AMD GPU {id:04x}").into_bytes())
    })
}

/// In NVIDIA's form, of what AMD SMI makes of the GPU's number, its device id and its partition.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetUUID(
    device: Device,
    uuid: Out<c_char>,
    length: u32,
) -> Status {
    get_text(device, (uuid, length), |gpu| Ok(format!("GPU-{}", uuid_of(&gpu)?).into_bytes()))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetSerial(
    device: Device,
    serial: Out<c_char>,
    length: u32,
) -> Status {
    get_text(device, (serial, length), |gpu| read(gpu.serial_number()))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetVbiosVersion(
    device: Device,
    version: Out<c_char>,
    length: u32,
) -> Status {
    get_text(device, (version, length), |gpu| read(gpu.vbios_version()))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetIndex(device: Device, index: Out<u32>) -> Status {
    get(device, index, |gpu| Ok(gpu.index()))
}

/// The index, and no number of a device node: clients print it as the GPU's number.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMinorNumber(device: Device, number: Out<u32>) -> Status {
    get(device, number, |gpu| Ok(gpu.index()))
}

fn uuid_of(gpu: &Gpu<'_>) -> Result<String> {
    let (id, _) = read(gpu.device_ids())?;
    let address = Address::of(gpu)?;
    Ok(uuid(gpu.unique_id().ok(), id, gpu.partition(), address))
}

/// A GPU without a number of its own has its address in the number's place.
fn uuid(unique: Option<u64>, id: u16, partition: u32, address: Address) -> String {
    let unique = unique.unwrap_or_else(|| {
        let place = u64::from(address.bus) << 8 | u64::from(address.device) << 3;
        u64::from(address.domain & 0xFFFF) << 16 | place | u64::from(address.function)
    });
    format!(
        "{:02x}{partition:02x}{id:04x}-0000-1000-80{:02x}-{:012x}",
        unique >> 56,
        unique >> 48 & 0xFF,
        unique & 0xFFFF_FFFF_FFFF
    )
}

/// Whether a client means this GPU: by this library's UUID, AMD SMI's, or ROCr's.
pub(crate) fn is_uuid_of(wanted: &[u8], gpu: &Gpu<'_>) -> bool {
    let wanted = wanted.strip_prefix(b"GPU-").unwrap_or(wanted);
    let is = |text: String| wanted.eq_ignore_ascii_case(text.as_bytes());
    // Partitions of one GPU have one number: ROCr's UUID means the first.
    let is_of_rocr = || gpu.unique_id().is_ok_and(|unique| is(format!("{unique:016x}")));
    uuid_of(gpu).is_ok_and(is) || is_of_rocr()
}

/// A PCI address, without what it says of partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    domain: u32,
    bus: u32,
    device: u32,
    function: u32,
}

impl Address {
    pub(crate) fn of(gpu: &Gpu<'_>) -> Result<Self> {
        let id = read(gpu.pci_id())?;
        let bits = |at: u32, count: u32| (id >> at) as u32 & ((1 << count) - 1);
        let domain = (id >> 32) as u32;
        Ok(Self { domain, bus: bits(8, 8), device: bits(3, 5), function: bits(0, 3) })
    }

    /// As `00000000:C1:00.0`, with a domain of any length, or none, and perhaps without a function.
    pub(crate) fn parse(text: &[u8]) -> Result<Self> {
        let parsed = || {
            let text = std::str::from_utf8(text).ok()?;
            let hex = |text: &str| {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                u32::from_str_radix(text, 16).ok().filter(|_| digits)
            };
            let (front, function) = match text.split_once('.') {
                Some((front, function)) => (front, hex(function)?),
                None => (text, 0),
            };
            let (front, device) = front.rsplit_once(':')?;
            let (domain, bus) = front.rsplit_once(':').unwrap_or(("0", front));
            Some(Self { domain: hex(domain)?, bus: hex(bus)?, device: hex(device)?, function })
        };
        parsed().ok_or(Status::INVALID_ARGUMENT)
    }

    fn short(self) -> Text<16> {
        let Self { domain, bus, device, .. } = self;
        text(&format!("{:04X}:{bus:02X}:{device:02X}.0", domain & 0xFFFF))
    }

    fn long(self) -> Text<32> {
        let Self { domain, bus, device, .. } = self;
        text(&format!("{domain:08X}:{bus:02X}:{device:02X}.0"))
    }
}

/// Ended with NUL, and filled up with it.
fn text<const N: usize>(text: &str) -> Text<N> {
    let mut bytes = [0; N];
    for (to, from) in bytes[..N - 1].iter_mut().zip(text.bytes()) {
        *to = from;
    }
    bytes
}

pub(crate) fn pci_info(gpu: &Gpu<'_>) -> Result<nvmlPciInfo_t> {
    let address = Address::of(gpu)?;
    // As in a register of PCI: the vendor is in the lower half.
    let word = |(id, vendor): (u16, u16)| u32::from(id) << 16 | u32::from(vendor);
    Ok(nvmlPciInfo_t {
        bus_id_legacy: address.short(),
        domain: address.domain,
        bus: address.bus,
        device: address.device,
        pci_device_id: word(read(gpu.device_ids())?),
        pci_subsystem_id: gpu.subsystem_ids().map_or(0, word),
        bus_id: address.long(),
    })
}

pub(crate) fn pci_info_v2(gpu: &Gpu<'_>) -> Result<nvmlPciInfo_v2_t> {
    let info = pci_info(gpu)?;
    Ok(nvmlPciInfo_v2_t {
        bus_id_legacy: info.bus_id_legacy,
        domain: info.domain,
        bus: info.bus,
        device: info.device,
        pci_device_id: info.pci_device_id,
        pci_subsystem_id: info.pci_subsystem_id,
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPciInfo(
    device: Device,
    pci: Out<nvmlPciInfo_v1_t>,
) -> Status {
    get(device, pci, |gpu| {
        let info = pci_info(&gpu)?;
        Ok(nvmlPciInfo_v1_t {
            bus_id_legacy: info.bus_id_legacy,
            domain: info.domain,
            bus: info.bus,
            device: info.device,
            pci_device_id: info.pci_device_id,
        })
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPciInfo_v2(
    device: Device,
    pci: Out<nvmlPciInfo_v2_t>,
) -> Status {
    get(device, pci, |gpu| pci_info_v2(&gpu))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPciInfo_v3(
    device: Device,
    pci: Out<nvmlPciInfo_t>,
) -> Status {
    get(device, pci, |gpu| pci_info(&gpu))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetPciInfoExt(
    device: Device,
    pci: Out<nvmlPciInfoExt_v1_t>,
) -> Status {
    with_gpu(device, |gpu| {
        versioned(pci, 1)?;
        let info = pci_info(&gpu)?;
        pci.put(nvmlPciInfoExt_v1_t {
            version: crate::entry::word::<nvmlPciInfoExt_v1_t>(1),
            domain: info.domain,
            bus: info.bus,
            device: info.device,
            pci_device_id: info.pci_device_id,
            pci_subsystem_id: info.pci_subsystem_id,
            // A display controller, or a processing accelerator: which, nobody is asked.
            base_class: 0,
            sub_class: 0,
            bus_id: info.bus_id,
        });
        Ok(())
    })
}

/// The node of memory that is near the GPU, one bit in a list of words.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMemoryAffinity(
    device: Device,
    node_set_size: u32,
    node_set: Out<c_ulong>,
    scope: u32,
) -> Status {
    with_gpu(device, |gpu| {
        node_set.given()?;
        // The socket's, or the node's: here they are one.
        if node_set_size == 0 || scope > 1 {
            return Err(Status::INVALID_ARGUMENT);
        }
        let node = usize::try_from(read(gpu.numa_node())?).map_err(|_| Status::NOT_SUPPORTED)?;
        let (word, bit) = (node / 64, node % 64);
        if word >= node_set_size as usize {
            return Err(Status::INSUFFICIENT_SIZE);
        }
        for at in 0..node_set_size as usize {
            node_set.nth(at).put(if at == word { 1 << bit } else { 0 });
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: Address = Address { domain: 0, bus: 0xC1, device: 0, function: 1 };

    #[test]
    fn addresses_are_read_in_every_form_that_clients_have() {
        for text in ["00000000:C1:00.1", "0000:c1:00.1", "c1:00.1", "0:C1:0.1"] {
            assert_eq!(Address::parse(text.as_bytes()), Ok(ADDRESS), "{text}");
        }
        assert_eq!(Address::parse(b"c1:00"), Ok(Address { function: 0, ..ADDRESS }));
        for text in ["", "c1", ":00.0", "+1:00.0", "zz:00.0", "0:0:0:0.0x", "100000000:01:00.0"] {
            assert_eq!(Address::parse(text.as_bytes()), Err(Status::INVALID_ARGUMENT), "{text}");
        }
        assert_eq!(ADDRESS.short(), *b"0000:C1:00.0\0\0\0\0");
        assert_eq!(&ADDRESS.long()[..17], b"00000000:C1:00.0\0");
    }

    #[test]
    fn uuids_differ_wherever_gpus_do() {
        let of = |unique, partition| uuid(unique, 0x74A1, partition, ADDRESS);
        assert_eq!(of(Some(0xE21F_3C5A_1234_5678), 0), "e20074a1-0000-1000-801f-3c5a12345678");
        assert_eq!(of(Some(0xE21F_3C5A_1234_5678), 3), "e20374a1-0000-1000-801f-3c5a12345678");
        assert_eq!(of(None, 0), "000074a1-0000-1000-8000-00000000c101");
    }

    #[test]
    fn a_text_that_is_too_long_still_ends() {
        assert_eq!(text::<4>("abcdef"), *b"abc\0");
        assert_eq!(text::<4>("a"), *b"a\0\0\0");
    }
}
