//! The values are those of the rsmi face, in NVML's units, on each kind of machine.

mod common;

use rsmi_compat_nvml as _;
use rsmi_core::api::{clocks, errors, identity, init, memory, physical, power, system};
use rsmi_core::types as rsmi;
use std::collections::BTreeSet;
use std::ffi::{CStr, c_char, c_void};

type Device = *const c_void;

unsafe extern "C" {
    fn nvmlInit_v2() -> i32;
    fn nvmlShutdown() -> i32;
    fn nvmlDeviceGetCount_v2(count: *mut u32) -> i32;
    fn nvmlDeviceGetHandleByIndex_v2(index: u32, device: *mut Device) -> i32;
    fn nvmlDeviceGetHandleByUUID(uuid: *const c_char, device: *mut Device) -> i32;
    fn nvmlDeviceGetHandleByPciBusId_v2(address: *const c_char, device: *mut Device) -> i32;
    fn nvmlDeviceGetIndex(device: Device, index: *mut u32) -> i32;
    fn nvmlDeviceGetName(device: Device, name: *mut c_char, length: u32) -> i32;
    fn nvmlDeviceGetUUID(device: Device, uuid: *mut c_char, length: u32) -> i32;
    fn nvmlDeviceGetMemoryInfo(device: Device, memory: *mut [u64; 3]) -> i32;
    fn nvmlDeviceGetPowerUsage(device: Device, power: *mut u32) -> i32;
    fn nvmlDeviceGetPowerManagementLimit(device: Device, limit: *mut u32) -> i32;
    fn nvmlDeviceGetPowerManagementLimitConstraints(
        device: Device,
        lowest: *mut u32,
        highest: *mut u32,
    ) -> i32;
    fn nvmlDeviceGetTotalEnergyConsumption(device: Device, energy: *mut u64) -> i32;
    fn nvmlDeviceGetTemperature(device: Device, sensor: u32, temperature: *mut u32) -> i32;
    fn nvmlDeviceGetUtilizationRates(device: Device, utilization: *mut [u32; 2]) -> i32;
    fn nvmlDeviceGetClockInfo(device: Device, clock: u32, megahertz: *mut u32) -> i32;
    fn nvmlDeviceGetMaxClockInfo(device: Device, clock: u32, megahertz: *mut u32) -> i32;
    fn nvmlDeviceGetTotalEccErrors(device: Device, kind: u32, counter: u32, count: *mut u64)
    -> i32;
    fn nvmlDeviceGetFieldValues(device: Device, count: i32, values: *mut [u64; 5]) -> i32;
    fn nvmlDeviceGetComputeRunningProcesses(
        device: Device,
        count: *mut u32,
        infos: *mut [u64; 2],
    ) -> i32;
    fn nvmlDeviceGetComputeRunningProcesses_v2(
        device: Device,
        count: *mut u32,
        infos: *mut [u64; 3],
    ) -> i32;
    fn nvmlDeviceGetComputeRunningProcesses_v3(
        device: Device,
        count: *mut u32,
        infos: *mut [u64; 3],
    ) -> i32;
}

/// What a function writes, where it succeeds.
fn nvml<T: Default>(ask: impl FnOnce(*mut T) -> i32) -> Option<T> {
    let mut value = T::default();
    match ask(&raw mut value) {
        0 => Some(value),
        3 => None,
        status => panic!("NVML's status is {status}"),
    }
}

fn rsmi<T: Default>(ask: impl FnOnce(*mut T) -> rsmi::rsmi_status_t) -> Option<T> {
    let mut value = T::default();
    (ask(&raw mut value) == rsmi::rsmi_status_t::RSMI_STATUS_SUCCESS).then_some(value)
}

fn text(ask: impl FnOnce(*mut c_char, u32) -> i32) -> String {
    let mut text = [0; 96];
    assert_eq!(ask(text.as_mut_ptr(), 96), 0);
    // SAFETY: it was written, and ends with NUL.
    unsafe { CStr::from_ptr(text.as_ptr()) }.to_str().unwrap().to_owned()
}

const MACHINES: [&str; 6] =
    ["mi300x-2", "mi300x-dpx", "mi300x-cpx-nps4", "mi250x-4", "navi31", "apu"];

#[test]
fn the_values_are_those_of_the_rsmi_face() {
    common::on_each("the_values_are_those_of_the_rsmi_face", &MACHINES, |_| {
        // SAFETY: the functions get pointers to such values.
        let count = unsafe {
            assert_eq!(nvmlInit_v2(), 0);
            assert_eq!(init::rsmi_init(0), rsmi::rsmi_status_t::RSMI_STATUS_SUCCESS);
            nvml(|count| nvmlDeviceGetCount_v2(count))
        };
        let count = count.unwrap();
        // SAFETY: as above.
        assert_eq!(rsmi(|count| unsafe { identity::rsmi_num_monitor_devices(count) }), Some(count));
        let mut uuids = BTreeSet::new();
        for index in 0..count {
            let mut device = std::ptr::null();
            // SAFETY: as above.
            assert_eq!(unsafe { nvmlDeviceGetHandleByIndex_v2(index, &raw mut device) }, 0);
            names(index, device, &mut uuids);
            readings(index, device);
            processes(index, device);
        }
        assert_eq!(uuids.len(), count as usize, "{uuids:?}");
        // SAFETY: it takes nothing.
        assert_eq!(unsafe { nvmlShutdown() }, 0);
    });
}

fn names(index: u32, device: Device, uuids: &mut BTreeSet<String>) {
    // SAFETY: the functions get pointers to such values, and texts with their lengths.
    unsafe {
        assert_eq!(nvml(|own| nvmlDeviceGetIndex(device, own)), Some(index));
        // Which one depends on the lists that are installed.
        let name = text(|to, length| nvmlDeviceGetName(device, to, length));
        assert!(!name.is_empty() && !name.starts_with("0x"), "{name}");
        let uuid = text(|to, length| nvmlDeviceGetUUID(device, to, length));
        assert!(uuid.starts_with("GPU-") && uuid.len() == 40, "{uuid}");
        let back = std::ffi::CString::new(uuid.clone()).unwrap();
        let mut found = std::ptr::null();
        assert_eq!(nvmlDeviceGetHandleByUUID(back.as_ptr(), &raw mut found), 0);
        assert_eq!(found, device, "{uuid}");
        uuids.insert(uuid);

        let id: u64 = rsmi(|id| system_pci_id(index, id)).unwrap();
        let address =
            format!("{:x}:{:02x}:{:02x}.{}\0", id >> 32, id >> 8 & 0xFF, id >> 3 & 0x1F, id & 7);
        assert_eq!(nvmlDeviceGetHandleByPciBusId_v2(address.as_ptr().cast(), &raw mut found), 0);
        let first = nvml(|own| nvmlDeviceGetIndex(found, own)).unwrap();
        let mut same = 0;
        assert!(
            first <= index
                && rsmi(|id| system_pci_id(first, id)).is_some_and(|other: u64| {
                    same = other;
                    other & 0xFFFF_FFFF_0FFF_FFFF == id & 0xFFFF_FFFF_0FFF_FFFF
                }),
            "{same:x} {id:x}"
        );
    }
}

unsafe fn system_pci_id(index: u32, id: *mut u64) -> rsmi::rsmi_status_t {
    // SAFETY: as this function demands.
    unsafe { rsmi_core::api::pcie::rsmi_dev_pci_id_get(index, id) }
}

fn readings(index: u32, device: Device) {
    use rsmi::rsmi_memory_type_t as Memory;
    use rsmi::rsmi_temperature_metric_t as Metric;
    let milli = |micro: u64| (micro / 1000) as u32;
    // SAFETY: the functions get pointers to such values.
    unsafe {
        let vram = Memory::RSMI_MEM_TYPE_VRAM;
        let total: Option<u64> = rsmi(|v| memory::rsmi_dev_memory_total_get(index, vram, v));
        let used: Option<u64> = rsmi(|v| memory::rsmi_dev_memory_usage_get(index, vram, v));
        let expected = total.zip(used).map(|(total, used)| [total, total - used, used]);
        assert_eq!(nvml(|v| nvmlDeviceGetMemoryInfo(device, v)), expected);

        let mut kind = rsmi::RSMI_POWER_TYPE(0);
        let draws: Option<u64> = rsmi(|v| power::rsmi_dev_power_get(index, v, &raw mut kind));
        assert_eq!(nvml(|v| nvmlDeviceGetPowerUsage(device, v)), draws.map(milli));
        let cap: Option<u64> = rsmi(|v| power::rsmi_dev_power_cap_get(index, 0, v));
        assert_eq!(nvml(|v| nvmlDeviceGetPowerManagementLimit(device, v)), cap.map(milli));
        let mut max = 0;
        let min: Option<u64> =
            rsmi(|v| power::rsmi_dev_power_cap_range_get(index, 0, &raw mut max, v));
        let mut highest = 0;
        let lowest =
            nvml(|v| nvmlDeviceGetPowerManagementLimitConstraints(device, v, &raw mut highest));
        assert_eq!(lowest, min.map(milli));
        assert_eq!(highest, min.map_or(0, |_| milli(max)));

        let (mut step, mut time) = (0.0, 0);
        let steps: Option<u64> =
            rsmi(|v| power::rsmi_dev_energy_count_get(index, v, &raw mut step, &raw mut time));
        let energy = steps.map(|steps| (steps as f64 * f64::from(step)) as u64 / 1000);
        assert_eq!(nvml(|v| nvmlDeviceGetTotalEnergyConsumption(device, v)), energy);
        fields(device, energy);

        let degrees = |place| {
            let current = Metric::RSMI_TEMP_CURRENT;
            rsmi::<i64>(|v| physical::rsmi_dev_temp_metric_get(index, place, current, v))
        };
        let degrees = degrees(0).or_else(|| degrees(1)).map(|degrees| (degrees / 1000) as u32);
        assert_eq!(nvml(|v| nvmlDeviceGetTemperature(device, 0, v)), degrees);

        let busy: Option<u32> = rsmi(|v| clocks::rsmi_dev_busy_percent_get(index, v));
        let of_memory: Option<u32> = rsmi(|v| memory::rsmi_dev_memory_busy_percent_get(index, v));
        let both = busy.map(|busy| [busy.min(100), of_memory.unwrap_or(0).min(100)]);
        assert_eq!(nvml(|v| nvmlDeviceGetUtilizationRates(device, v)), both);

        for (clock, kind) in [
            (0, rsmi::rsmi_clk_type_t::RSMI_CLK_TYPE_SYS),
            (2, rsmi::rsmi_clk_type_t::RSMI_CLK_TYPE_MEM),
        ] {
            let mut table: rsmi::rsmi_frequencies_t = std::mem::zeroed();
            let status = clocks::rsmi_dev_gpu_clk_freq_get(index, kind, &raw mut table);
            let there = status == rsmi::rsmi_status_t::RSMI_STATUS_SUCCESS;
            let levels = &table.frequency[..table.num_supported as usize];
            let current = levels.get(table.current as usize).filter(|_| there);
            let megahertz = |hertz: &u64| (hertz / 1_000_000) as u32;
            assert_eq!(nvml(|v| nvmlDeviceGetClockInfo(device, clock, v)), current.map(megahertz));
            let highest = levels.iter().max().filter(|_| there).map(megahertz);
            assert_eq!(nvml(|v| nvmlDeviceGetMaxClockInfo(device, clock, v)), highest);
        }

        let mut corrected = None;
        for bit in 0..14 {
            let mut count: rsmi::rsmi_error_count_t = std::mem::zeroed();
            let block = rsmi::rsmi_gpu_block_t(1 << bit);
            let status = errors::rsmi_dev_ecc_count_get(index, block, &raw mut count);
            if status == rsmi::rsmi_status_t::RSMI_STATUS_SUCCESS {
                *corrected.get_or_insert(0) += count.correctable_err;
            }
        }
        assert_eq!(nvml(|v| nvmlDeviceGetTotalEccErrors(device, 0, 0, v)), corrected);
    }
}

/// The energy, as a field: the id and the scope, two times, the type and the status, the value.
unsafe fn fields(device: Device, energy: Option<u64>) {
    const ENERGY: u64 = 83;
    const OF_MEMORY: u64 = 186 | 2 << 32;
    let mut values = [[ENERGY, 0, 0, 0, 7], [OF_MEMORY, 0, 0, 0, 7], [9999, 0, 0, 0, 7], [5; 5]];
    // SAFETY: there are as many.
    assert_eq!(unsafe { nvmlDeviceGetFieldValues(device, 3, values.as_mut_ptr()) }, 0);
    let status = |value: &[u64; 5]| value[3] >> 32;
    assert_eq!((status(&values[0]) == 0).then_some(values[0][4]), energy);
    assert_eq!((status(&values[1]), status(&values[2])), (3, 2));
    assert_eq!(values[3], [5; 5], "behind the list nothing is written");
}

/// Each layout, with guard bytes behind it.
fn processes(index: u32, device: Device) {
    const GUARD: u64 = 0xA5A5_A5A5_A5A5_A5A5;
    const NONE: u64 = 0xFFFF_FFFF_FFFF_FFFF;
    let mut expected = Vec::new();
    let mut count = 64;
    // SAFETY: the structs are plain data, of which all zeros is a value.
    let mut list: [rsmi::rsmi_process_info_t; 64] = unsafe { std::mem::zeroed() };
    // SAFETY: the list has as many.
    unsafe { system::rsmi_compute_process_info_get(list.as_mut_ptr(), &raw mut count) };
    for process in &list[..count as usize] {
        let pid = process.process_id;
        // SAFETY: as above.
        let mut own: rsmi::rsmi_process_info_t = unsafe { std::mem::zeroed() };
        // SAFETY: the pointer is to such a value.
        let status =
            unsafe { system::rsmi_compute_process_info_by_device_get(pid, index, &raw mut own) };
        if status == rsmi::rsmi_status_t::RSMI_STATUS_SUCCESS && own.vram_usage > 0 {
            expected.push((u64::from(pid), own.vram_usage));
        }
    }
    let room = expected.len();
    let mut count = 0;
    // SAFETY: without room nothing is written but the count.
    let status = unsafe {
        nvmlDeviceGetComputeRunningProcesses_v3(device, &raw mut count, std::ptr::null_mut())
    };
    assert_eq!((status, count as usize), (if room == 0 { 0 } else { 7 }, room));

    let mut short = vec![[GUARD; 2]; room + 1];
    let first = short.as_mut_ptr();
    // SAFETY: there is room for as many.
    let status = unsafe { nvmlDeviceGetComputeRunningProcesses(device, &raw mut count, first) };
    assert_eq!(status, 0);
    // The upper half of the first word is padding, and stays the client's.
    let pid = |pid: u64| pid | GUARD >> 32 << 32;
    let wanted: Vec<_> = expected.iter().map(|(id, bytes)| [pid(*id), *bytes]).collect();
    assert_eq!((&short[..room], short[room]), (&*wanted, [GUARD; 2]));
    for ask in [nvmlDeviceGetComputeRunningProcesses_v2, nvmlDeviceGetComputeRunningProcesses_v3] {
        let mut long = vec![[GUARD; 3]; room + 1];
        // SAFETY: as above.
        assert_eq!(unsafe { ask(device, &raw mut count, long.as_mut_ptr()) }, 0);
        let wanted: Vec<_> = expected.iter().map(|(id, bytes)| [pid(*id), *bytes, NONE]).collect();
        assert_eq!((&long[..room], long[room]), (&*wanted, [GUARD; 3]));
    }
}
