//! What AMD SMI's functions say, as rocm_smi.h has it; without any library.

#![allow(unsafe_code, reason = "the library that is asked is made of functions of C")]

use super::*;
use crate::amdsmi::{Handle, Release};
use crate::types::{
    RSMI_POWER_TYPE, rsmi_fw_block_t, rsmi_memory_partition_type_t,
    rsmi_power_profile_preset_masks_t as Profile, rsmi_status_t, rsmi_temperature_metric_t,
    rsmi_voltage_metric_t, rsmi_voltage_type_t,
};
use std::collections::BTreeSet;
use std::ffi::{c_char, c_void};

mod agreeing;
mod choosing;
mod generations;
mod identifying;
mod sharing;
mod sides;
mod tuning;
mod watching;

use crate::log;
use sides::{Tested, Tried};
use std::{fs, path::Path};

const NOT_SUPPORTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED;
const OLD: Option<Release> = Some(Release::V6_1_2);
const NEW: Option<Release> = Some(Release::V10_1);
const NOBODY_KNOWS: Option<Release> = None;

/// A device of a libamd_smi that has one function more than none.
macro_rules! device {
    ($release:expr, $($name:ident = $function:expr),* $(,)?) => {{
        #[allow(unused_mut, reason = "some have nothing more")]
        let mut symbols = crate::amdsmi::Symbols::none();
        $(symbols.$name.function = Some($function);)*
        crate::amdsmi::Device::fake(symbols, $release)
    }};
}

/// A function that writes these bytes at offsets of its struct, and returns a status.
macro_rules! writes {
    (fn($($argument:ty),*), $status:expr, $($at:expr => $value:expr),* $(,)?) => {{
        unsafe extern "C" fn function(_: Handle, $(_: $argument,)* out: *mut c_void) -> u32 {
            $(
                // SAFETY: the room is larger than any struct.
                unsafe { std::ptr::write_unaligned(out.byte_add($at).cast(), $value) };
            )*
            let _ = out;
            $status
        }
        function
    }};
}

use device;

/// Every question, with the tests of its sides.
macro_rules! all {
    ($($question:ident)*) => {
        const ALL: &[(&str, [fn() -> Tried; 2])] = &[$(
            (stringify!($question), [<$question as Tested>::kernel, <$question as Tested>::amdsmi])
        ),*];
    };
}

all! {
    Activity AveragePower BadPages Brand BusyPercent CardIndex Clock ComputePartition ComputeProcess
    ComputeProcessGpus ComputeProcesses CounterGroup CreateCounter CurrentSocketPower DeviceId DeviceName
    Energy ErrorCount ErrorFeatures ErrorState FanRpms FanSpeed FanSpeedMax FirmwareVersion FreeCounters
    Guid HiveId LinkBandwidth LinkType LinkWeight Listen MarketName MemoryBusy MemoryOverdriveLevel
    MemoryPartition MemoryPartitionCapabilities MemoryTotal MemoryUsage MetricsHeader MetricsTable NodeId
    NumaAffinity NumaNode Overdrive OverdriveLevel OverdriveRegions P2pAccess PartitionId PciBandwidth
    PciId PciReplayCounter PciThroughput PerfLevel Power PowerCap PowerCapDefault PowerCapRange
    PowerProfiles RenderMinor Reset ResetFan ResetXgmiError Revision RunningXcds SerialNumber SetClock
    SetClockLimit SetClockRange SetComputePartition SetDeterminism SetFanSpeed SetMemoryPartition
    SetOverdriveClock SetOverdriveLevel SetPciBandwidth SetPerfLevel SetPowerCap SetPowerProfile
    SetVoltagePoint Sku SubsystemId SubsystemName SubsystemVendorId TargetGraphicsVersion Temperature
    UniqueId UtilizationCount VbiosVersion VendorId VendorName Voltage VramVendor XgmiError
    XgmiPhysicalId
}

/// The questions of the files beside this one.
fn questions() -> BTreeSet<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/question");
    let files =
        fs::read_dir(directory).expect("the questions").map(|file| file.expect("a file").path());
    let texts =
        files.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).expect("text"));
    let of_text = |text: String| {
        let impls =
            text.lines().filter(|line| line.starts_with("impl") && line.contains("Question<"));
        let name = |line: &str| {
            let (_, name) = line.split_once(" for ").expect("what it is for");
            name.split(['<', ' ']).next().unwrap_or_default().to_owned()
        };
        impls.map(name).collect::<Vec<_>>()
    };
    texts.flat_map(of_text).collect()
}

#[test]
fn each_question_is_tested_on_both_sides() {
    let listed: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(
        listed,
        questions(),
        "tested on the left, the questions of src/question on the right"
    );
    assert!(listed.len() == ALL.len() && listed.len() > 90, "each once");
}

#[test]
fn the_kernel_answers_each_question_or_says_why_not() {
    for (_, [kernel, _]) in ALL {
        let Tried { .. } = kernel();
    }
}

#[test]
fn amd_smi_answers_each_question_or_says_why_not() {
    for (_, [_, amdsmi]) in ALL {
        let Tried { .. } = amdsmi();
    }
}

/// What a question logs while AMD SMI is asked.
fn logged<T>(ask: impl Fn() -> Told<T>) -> Vec<String> {
    let lines = log::tests::logged(log::Level::Trace, || {
        let _ = ask();
    });
    let text = |line: &String| line.strip_prefix("rsmi-compat: trace: ").map(str::to_owned);
    lines.iter().filter_map(text).collect()
}

#[test]
fn the_log_names_the_call_its_members_and_what_becomes_of_them() {
    let at = device!(NEW, amdsmi_get_power_info = writes!(fn(), 0, 12 => 77_u32));
    let lines = logged(|| AveragePower { sensor: 0 }.amdsmi(&at));
    let expected = [
        "calls amdsmi_get_power_info",
        "converts × 1000000 (W → µW)",
        "reads since 6.1.2: average_socket_power",
        "amdsmi_get_power_info",
    ];
    assert_eq!(lines, expected);
    let asic = writes!(fn(), 0, 256 => 0x1002_u32, 800 => 0x90a_u64);
    let at = device!(NEW, amdsmi_get_gpu_asic_info = asic);
    assert_eq!(logged(|| VendorId.amdsmi(&at))[1], "reads since 6.1.2: vendor_id");
    let lines = logged(|| TargetGraphicsVersion.amdsmi(&at));
    assert_eq!(lines[1], "reads since 6.3.0: target_graphics_version");
    assert!(lines.contains(&"converts 0x90a to 90010".to_owned()), "{lines:?}");
    let at = device!(NEW, amdsmi_get_gpu_id = id);
    assert_eq!(logged(|| DeviceId.amdsmi(&at)), ["calls amdsmi_get_gpu_id", "amdsmi_get_gpu_id"]);
}

unsafe extern "C" fn id(_: Handle, out: *mut u16) -> u32 {
    // SAFETY: the room takes the number.
    unsafe { out.write(7) };
    0
}

type Writes = unsafe extern "C" fn(Handle, *mut c_void) -> u32;
type Named = unsafe extern "C" fn(Handle, *mut c_char, u32) -> u32;

fn text<const N: usize>(text: &[u8]) -> [u8; N] {
    std::array::from_fn(|at| text.get(at).copied().unwrap_or(0))
}

const HOTTEST: Temperature =
    Temperature { place: 1, metric: rsmi_temperature_metric_t::RSMI_TEMP_CURRENT };

/// A function that writes a number, and returns a status.
unsafe extern "C" fn degrees(_: Handle, place: u32, metric: u32, out: *mut i64) -> u32 {
    assert_eq!((place, metric), (1, 0));
    // SAFETY: the room takes the number.
    unsafe { out.write(45) };
    0
}

unsafe extern "C" fn refuses(_: Handle, _: u32, _: u32, _: *mut i64) -> u32 {
    10
}

unsafe extern "C" fn writes_too_much(_: Handle, _: u32, _: u32, out: *mut i64) -> u32 {
    // SAFETY: behind the number lies the margin.
    unsafe { out.add(1).write(0) };
    0
}

unsafe extern "C" fn writes_nothing(_: Handle, _: u32, _: u32, _: *mut i64) -> u32 {
    0
}

#[test]
fn degrees_are_millidegrees_and_failures_have_rsmis_statuses() {
    let at = device!(NEW, amdsmi_get_temp_metric = degrees);
    assert_eq!(HOTTEST.amdsmi(&at), Told::Value(45_000));
    assert_eq!(
        Temperature { place: 7, ..HOTTEST }.amdsmi(&at),
        Told::Unknown,
        "no place of rsmi's"
    );
    let refused = HOTTEST.amdsmi(&device!(NEW, amdsmi_get_temp_metric = refuses));
    assert_eq!(refused, Told::Fails(rsmi_status_t::RSMI_STATUS_PERMISSION));
    let overrun = HOTTEST.amdsmi(&device!(NEW, amdsmi_get_temp_metric = writes_too_much));
    assert_eq!(overrun, Told::Fails(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE));
    let nothing = HOTTEST.amdsmi(&device!(NEW, amdsmi_get_temp_metric = writes_nothing));
    assert_eq!(nothing, Told::Fails(NOT_SUPPORTED), "success, but no value");
    assert_eq!(HOTTEST.amdsmi(&device!(NEW,)), Told::Unknown, "no such function");
}

#[test]
fn degrees_agree_with_millidegrees_that_lie_within_them() {
    assert!(
        Temperature::AGREE.holds(&45_000, &45_999) && !Temperature::AGREE.holds(&45_000, &46_000)
    );
    let is_between = Temperature::BETWEEN.expect("it moves");
    assert!(is_between(&46_000, &45_999, &47_100) && !is_between(&48_000, &45_999, &47_100));
}

#[test]
fn power_is_where_the_release_has_it_and_in_microwatts() {
    let old = writes!(fn(), 2, 0 => 0xFFFF_u32, 4 => 77_u32);
    let at = device!(OLD, amdsmi_get_power_info = old);
    assert_eq!(AveragePower { sensor: 0 }.amdsmi(&at), Told::Value(77_000_000), "beside a failure");
    assert_eq!(CurrentSocketPower.amdsmi(&at), Told::Fails(NOT_SUPPORTED), "16 ones");
    assert_eq!(Power.amdsmi(&at), Told::Value((77_000_000, RSMI_POWER_TYPE::RSMI_AVERAGE_POWER)));
    assert_eq!(AveragePower { sensor: 1 }.amdsmi(&at), Told::Unknown);
    let new = writes!(fn(), 0, 8 => 430_u32, 12 => u32::MAX);
    let at = device!(NEW, amdsmi_get_power_info = new);
    assert_eq!(Power.amdsmi(&at), Told::Value((430_000_000, RSMI_POWER_TYPE::RSMI_CURRENT_POWER)));
    assert_eq!(AveragePower { sensor: 0 }.amdsmi(&at), Told::Fails(NOT_SUPPORTED));
    let at = device!(NOBODY_KNOWS, amdsmi_get_power_info = new);
    assert_eq!(Power.amdsmi(&at), Told::Unknown, "the member has moved before");
}

#[test]
fn a_cap_of_nothing_is_none() {
    let caps = writes!(fn(u32), 0, 0 => 0_u64, 8 => 300_u64, 24 => 100_u64, 32 => 500_u64);
    let at = device!(NOBODY_KNOWS, amdsmi_get_power_cap_info = caps);
    assert_eq!(PowerCap { sensor: 0 }.amdsmi(&at), Told::Fails(NOT_SUPPORTED));
    assert_eq!(PowerCapDefault.amdsmi(&at), Told::Value(300), "it never moved");
    assert_eq!(PowerCapRange { sensor: 0 }.amdsmi(&at), Told::Value((500, Ok(100))));
    assert_eq!(PowerCapRange { sensor: 1 }.amdsmi(&at), Told::Unknown);
}

#[test]
fn profiles_are_bits() {
    let status = writes!(fn(u32), 0, 0 => 0x21_u64, 8 => 0x20_u64, 16 => 6_u32);
    let at = device!(OLD, amdsmi_get_gpu_power_profile_presets = status);
    let Told::Value(profiles) = PowerProfiles.amdsmi(&at) else { panic!("no profiles") };
    let current = Profile::RSMI_PWR_PROF_PRST_BOOTUP_DEFAULT;
    assert_eq!((profiles.available_profiles, profiles.num_profiles), (0x21, 6));
    assert_eq!(profiles.current.0, 0x20, "not {current:?}");
}

unsafe extern "C" fn capitals(_: Handle, out: *mut c_char, length: u32) -> u32 {
    assert_eq!(length, 256);
    // SAFETY: the room takes so many bytes.
    unsafe { out.cast::<[u8; 6]>().write(text(b"HYNIX")) };
    0
}

unsafe extern "C" fn unknown(_: Handle, out: *mut c_char, _: u32) -> u32 {
    // SAFETY: as above.
    unsafe { out.cast::<[u8; 8]>().write(text(b"UNKNOWN")) };
    0
}

unsafe extern "C" fn endless(_: Handle, out: *mut c_char, length: u32) -> u32 {
    // SAFETY: as above.
    unsafe { out.write_bytes(b'x', length as usize) };
    0
}

#[test]
fn texts_are_as_the_driver_has_them() {
    let vendor =
        |function: Named| VramVendor.amdsmi(&device!(NEW, amdsmi_get_gpu_vram_vendor = function));
    assert_eq!(vendor(capitals), Told::Value(b"hynix".as_slice().into()));
    assert_eq!(vendor(unknown), Told::Fails(NOT_SUPPORTED));
    assert_eq!(vendor(endless), Told::Fails(NOT_SUPPORTED), "without an end it is no text");
    let board = writes!(fn(), 14, 32 => text::<32>(b"PCB01\n"), 96 => text::<128>(b"\n"));
    let at = device!(OLD, amdsmi_get_gpu_board_info = board);
    assert_eq!(SerialNumber.amdsmi(&at), Told::Value(b"PCB01".as_slice().into()));
    assert_eq!(DeviceName.amdsmi(&at), Told::Unknown, "pci.ids may know it");
}

#[test]
fn ids_are_taken_out_of_texts_and_wider_numbers() {
    let model = writes!(fn(), 0, 0 => text::<256>(b"102-D67301-00"));
    assert_eq!(Sku.amdsmi(&device!(NEW, amdsmi_get_gpu_board_info = model)), Told::Value(0x102));
    let asic = writes!(fn(), 14, 256 => 0x1002_u32, 516 => 0xFFFF_FFFF_u32, 800 => 0x942_u64);
    let at = device!(NEW, amdsmi_get_gpu_asic_info = asic);
    assert_eq!(VendorId.amdsmi(&at), Told::Value(0x1002), "beside a failure");
    assert_eq!(
        SubsystemVendorId.amdsmi(&at),
        Told::Fails(rsmi_status_t::RSMI_STATUS_FILE_ERROR),
        "its failure says why"
    );
    assert_eq!(TargetGraphicsVersion.amdsmi(&at), Told::Value(90_402));
    let old = device!(OLD, amdsmi_get_gpu_asic_info = asic);
    assert_eq!(TargetGraphicsVersion.amdsmi(&old), Told::Unknown, "the struct lacks it");
    let uuid = writes!(fn(), 0, 16 => text::<256>(b"GPU-75f93d936fe58a3e"));
    let at = device!(NEW, amdsmi_get_gpu_enumeration_info = uuid);
    assert_eq!(UniqueId.amdsmi(&at), Told::Value(0x75f9_3d93_6fe5_8a3e));
    let none = writes!(fn(), 0, 16 => text::<256>(b"GPU-ffffffffffffffff"));
    let at = device!(NEW, amdsmi_get_gpu_enumeration_info = none);
    assert_eq!(UniqueId.amdsmi(&at), Told::Fails(NOT_SUPPORTED));
}

#[test]
fn firmware_is_found_by_amd_smis_number() {
    // PM, which rocm_smi.h calls SMC, is second.
    let list = writes!(
        fn(), 0, 0 => 2_u8, 8 => 72_u32, 16 => 0x111_u64, 40 => 77_u32, 48 => 0x222_u64
    );
    let version = |release, block| {
        FirmwareVersion { block }.amdsmi(&device!(release, amdsmi_get_fw_info = list))
    };
    assert_eq!(version(NEW, rsmi_fw_block_t::RSMI_FW_BLOCK_SMC), Told::Value(0x222));
    assert_eq!(version(OLD, rsmi_fw_block_t::RSMI_FW_BLOCK_ASD), Told::Value(0x111));
    assert_eq!(version(NEW, rsmi_fw_block_t::RSMI_FW_BLOCK_VCN), Told::Fails(NOT_SUPPORTED));
    assert_eq!(version(NEW, rsmi_fw_block_t::RSMI_FW_BLOCK_MES), Told::Unknown);
    assert_eq!(version(NOBODY_KNOWS, rsmi_fw_block_t::RSMI_FW_BLOCK_SMC), Told::Unknown, "a list");
}

#[test]
fn modes_of_the_memory_are_bits() {
    let caps = writes!(fn(), 0, 0 => 0b101_u32);
    let told = |caps: Writes| {
        MemoryPartitionCapabilities
            .amdsmi(&device!(NEW, amdsmi_get_gpu_memory_partition_config = caps))
    };
    assert_eq!(told(caps), Told::Value(b"NPS1, NPS4".to_vec()));
    assert_eq!(told(writes!(fn(), 0, 0 => 0_u32)), Told::Fails(NOT_SUPPORTED));
}

#[test]
fn the_numbers_of_partitions_are_those_of_the_release() {
    unsafe extern "C" fn is_2(_: Handle, number: u32) -> u32 {
        if number == 2 { 0 } else { 1 }
    }
    let set = |release, mode| {
        let at = device!(release, amdsmi_set_gpu_compute_partition = is_2);
        SetComputePartition { mode }.amdsmi(&at)
    };
    // In a virtual machine AMD SMI is not asked to set anything.
    if set(NEW, b"DPX") != Told::Unknown {
        assert_eq!((set(OLD, b"SPX"), set(NEW, b"DPX")), (Told::Value(()), Told::Value(())));
        assert_ne!(set(OLD, b"DPX"), Told::Value(()));
    }
    assert_eq!(set(NOBODY_KNOWS, b"SPX"), Told::Unknown);
    let mode = rsmi_memory_partition_type_t::RSMI_MEMORY_PARTITION_NPS4;
    assert_eq!(SetMemoryPartition { mode }.amdsmi(&device!(NOBODY_KNOWS,)), Told::Unknown);
}

#[test]
fn counters_are_as_long_as_the_release_has_them() {
    unsafe extern "C" fn counts(_: Handle, list: *mut c_void, count: u32, time: *mut u64) -> u32 {
        assert_eq!(count, 2);
        // SAFETY: the room takes the counters and the time; the second is 56 bytes behind.
        unsafe {
            assert_eq!(list.byte_add(56).cast::<u32>().read(), 1, "its kind");
            list.byte_add(8).cast::<u64>().write(7);
            list.byte_add(64).cast::<u64>().write(u64::MAX);
            time.write(1000);
        }
        0
    }
    let at = device!(NEW, amdsmi_get_utilization_count = counts);
    let expected = crate::gpu::Utilization { gfx: 7, memory: u32::MAX, timestamp: 1000 };
    assert_eq!(UtilizationCount.amdsmi(&at), Told::Value(expected));
    let at = device!(NOBODY_KNOWS, amdsmi_get_utilization_count = counts);
    assert_eq!(UtilizationCount.amdsmi(&at), Told::Unknown);
}

#[test]
fn gpu_metrics_are_read_where_each_release_has_them() {
    let table = |release, function: Writes| {
        let at = device!(release, amdsmi_get_gpu_metrics_info = function);
        match MetricsTable.amdsmi(&at) {
            Told::Value(metrics) => Some(metrics.members),
            _ => None,
        }
    };
    let old = writes!(fn(), 0, 0 => 0x0301_0078_u32, 6 => 61_u16, 80 => 5_u32, 88 => 40_u16);
    let told = table(OLD, old).expect("a table");
    assert_eq!((told.temperature_hotspot, told.gfx_activity_acc), (61, 5));
    assert_eq!((told.temperature_hbm[0], told.temperature_hbm[1]), (40, u16::MAX));
    assert_eq!(told.num_partition, u16::MAX, "the release lacks it");
    let header = told.common_header;
    assert_eq!(
        (header.structure_size, header.format_revision, header.content_revision),
        (120, 1, 3)
    );
    let new = writes!(
        fn(), 0, 0 => 0x0801_0C00_u32, 80 => (5_u64 << 32) + 9, 88 => u64::MAX, 96 => 40_u16,
        496 + 520 => 77_u32
    );
    let told = table(NEW, new).expect("a table");
    assert_eq!(told.gfx_activity_acc, 9, "as a counter that rolls over");
    assert_eq!((told.mem_activity_acc, told.temperature_hbm[0]), (u32::MAX, 40));
    assert_eq!(told.xcp_stats[1].gfx_busy_inst[0], 77);
    assert!(table(NOBODY_KNOWS, new).is_none());
}

#[test]
fn a_voltage_of_no_kind_that_rsmi_has_is_not_asked_for() {
    unsafe extern "C" fn millivolts(_: Handle, _: u32, _: u32, out: *mut i64) -> u32 {
        // SAFETY: the room takes the number.
        unsafe { out.write(839) };
        0
    }
    let at = device!(NEW, amdsmi_get_gpu_volt_metric = millivolts);
    let ask = |kind, metric| {
        let (kind, metric) = (rsmi_voltage_type_t(kind), rsmi_voltage_metric_t(metric));
        Voltage { kind, metric }.amdsmi(&at)
    };
    assert_eq!((ask(0, 0), ask(1, 7)), (Told::Value(839), Told::Value(839)));
    assert_eq!((ask(2, 0), ask(0, 8)), (Told::Unknown, Told::Unknown));
}

#[test]
fn the_energy_that_is_not_reported_is_none() {
    unsafe extern "C" fn energy(_: Handle, count: *mut u64, unit: *mut f32, time: *mut u64) -> u32 {
        // SAFETY: the room takes all three.
        unsafe {
            count.write(u32::MAX.into());
            unit.write(15.3);
            time.write(9);
        }
        0
    }
    let at = device!(NEW, amdsmi_get_energy_count = energy);
    assert_eq!(Energy.amdsmi(&at), Told::Fails(NOT_SUPPORTED));
}

#[test]
fn bad_pages_are_read_as_far_as_they_are_asked_for() {
    unsafe extern "C" fn pages(_: Handle, count: *mut u32, records: *mut c_void) -> u32 {
        // SAFETY: the room takes the count, and the records where there is a place for them.
        unsafe {
            count.write(2);
            if !records.is_null() {
                records.cast::<[u64; 6]>().write([0x10, 0x1000, 1, 0x20, 0x2000, 2]);
            }
        }
        0
    }
    let at = device!(NEW, amdsmi_get_gpu_memory_reserved_pages = pages);
    let ask = |most| match (BadPages { most }).amdsmi(&at) {
        Told::Value(pages) => (pages.count, pages.records.len(), pages.outcome),
        told => panic!("{told:?}"),
    };
    let cut = Err(rsmi_status_t::RSMI_STATUS_INSUFFICIENT_SIZE);
    assert_eq!((ask(0), ask(1), ask(9)), ((2, 0, cut), (2, 1, cut), (2, 2, Ok(()))));
    let Told::Value(all) = (BadPages { most: 2 }).amdsmi(&at) else { panic!("no pages") };
    assert_eq!((all.records[1].page_address, all.records[1].status.0), (0x20, 2));
}
