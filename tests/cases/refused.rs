//! Reads that fail: each keeps its errno, and none becomes a number.

use super::{BUSY, Laid, NOT_SUPPORTED, SUCCESS, ask, zeroed};
use rsmi_compat::types::*;
use std::ffi::c_void;
use std::io::Error;
use std::sync::Mutex;

/// The end of a path, and how reads of such files fail.
static REFUSED: Mutex<Option<(&str, i32)>> = Mutex::new(None);

/// In front of the C library's: no plain file answers its reader EPERM, as the driver does while it
/// resets the card.
#[unsafe(no_mangle)]
unsafe extern "C" fn pread(fd: i32, to: *mut c_void, room: usize, at: i64) -> isize {
    let refused = *REFUSED.lock().unwrap();
    if let Some((end, errno)) = refused {
        let path = std::fs::read_link(format!("/proc/self/fd/{fd}"));
        if path.is_ok_and(|path| path.to_string_lossy().ends_with(end)) {
            // SAFETY: errno's place is this thread's.
            unsafe { *libc::__errno_location() = errno };
            return -1;
        }
    }
    // SAFETY: as the caller of pread has to see to.
    unsafe { libc::syscall(libc::SYS_pread64, fd, to, room, at) as isize }
}

unsafe extern "C" {
    fn rsmi_dev_busy_percent_get(gpu: u32, out: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_memory_busy_percent_get(gpu: u32, out: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_memory_usage_get(
        gpu: u32,
        kind: rsmi_memory_type_t,
        out: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_mem_overdrive_level_get(gpu: u32, out: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_perf_level_get(gpu: u32, out: *mut rsmi_dev_perf_level_t) -> rsmi_status_t;
    fn rsmi_dev_gpu_clk_freq_get(
        gpu: u32,
        kind: rsmi_clk_type_t,
        out: *mut rsmi_frequencies_t,
    ) -> rsmi_status_t;
    fn rsmi_dev_pci_bandwidth_get(gpu: u32, out: *mut rsmi_pcie_bandwidth_t) -> rsmi_status_t;
    fn rsmi_dev_od_volt_info_get(gpu: u32, out: *mut rsmi_od_volt_freq_data_t) -> rsmi_status_t;
    fn rsmi_dev_power_profile_presets_get(
        gpu: u32,
        sensor: u32,
        out: *mut rsmi_power_profile_status_t,
    ) -> rsmi_status_t;
    fn rsmi_dev_gpu_metrics_info_get(gpu: u32, out: *mut rsmi_gpu_metrics_t) -> rsmi_status_t;
    fn rsmi_dev_metrics_header_info_get(
        gpu: u32,
        out: *mut metrics_table_header_t,
    ) -> rsmi_status_t;
    fn rsmi_dev_temp_metric_get(
        gpu: u32,
        sensor: u32,
        metric: rsmi_temperature_metric_t,
        out: *mut i64,
    ) -> rsmi_status_t;
    fn rsmi_dev_power_ave_get(gpu: u32, sensor: u32, out: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_power_get(gpu: u32, out: *mut u64, kind: *mut RSMI_POWER_TYPE) -> rsmi_status_t;
    fn rsmi_dev_fan_speed_get(gpu: u32, sensor: u32, out: *mut i64) -> rsmi_status_t;
    fn rsmi_dev_ecc_count_get(
        gpu: u32,
        block: rsmi_gpu_block_t,
        out: *mut rsmi_error_count_t,
    ) -> rsmi_status_t;
    fn rsmi_dev_memory_reserved_pages_get(
        gpu: u32,
        count: *mut u32,
        pages: *mut rsmi_retired_page_record_t,
    ) -> rsmi_status_t;
    fn rsmi_dev_pci_replay_counter_get(gpu: u32, out: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_pci_throughput_get(
        gpu: u32,
        sent: *mut u64,
        received: *mut u64,
        size: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_compute_partition_get(gpu: u32, out: *mut i8, len: u32) -> rsmi_status_t;
}

/// A file, and a function that answers out of it.
type Reader = (&'static str, fn() -> rsmi_status_t);

macro_rules! one {
    ($function:ident $(, $argument:expr)*) => {
        || {
            // SAFETY: the pointer is to such a value.
            ask(zeroed(), |out| unsafe { $function(0, $($argument,)* out) }).0
        }
    };
}

const VRAM: rsmi_memory_type_t = rsmi_memory_type_t::RSMI_MEM_TYPE_VRAM;
const NOW: rsmi_temperature_metric_t = rsmi_temperature_metric_t::RSMI_TEMP_CURRENT;

const READERS: &[Reader] = &[
    ("gpu_busy_percent", one!(rsmi_dev_busy_percent_get)),
    ("mem_busy_percent", one!(rsmi_dev_memory_busy_percent_get)),
    ("mem_info_vram_used", one!(rsmi_dev_memory_usage_get, VRAM)),
    ("pp_mclk_od", one!(rsmi_dev_mem_overdrive_level_get)),
    ("power_dpm_force_performance_level", one!(rsmi_dev_perf_level_get)),
    ("pp_dpm_sclk", one!(rsmi_dev_gpu_clk_freq_get, super::SYS)),
    ("pp_dpm_pcie", one!(rsmi_dev_pci_bandwidth_get)),
    ("pp_od_clk_voltage", one!(rsmi_dev_od_volt_info_get)),
    ("pp_power_profile_mode", one!(rsmi_dev_power_profile_presets_get, 0)),
    ("gpu_metrics", one!(rsmi_dev_gpu_metrics_info_get)),
    ("gpu_metrics", one!(rsmi_dev_metrics_header_info_get)),
    ("temp1_input", one!(rsmi_dev_temp_metric_get, 0, NOW)),
    ("power1_average", one!(rsmi_dev_power_ave_get, 0)),
    ("power1_average", || {
        let (mut power, mut kind) = (0, RSMI_POWER_TYPE::RSMI_INVALID_POWER);
        // SAFETY: the pointers are to such values.
        unsafe { rsmi_dev_power_get(0, &raw mut power, &raw mut kind) }
    }),
    ("pwm1", one!(rsmi_dev_fan_speed_get, 0)),
    ("umc_err_count", one!(rsmi_dev_ecc_count_get, rsmi_gpu_block_t::RSMI_GPU_BLOCK_UMC)),
    ("gpu_vram_bad_pages", || {
        let mut count = 0;
        // SAFETY: the pointer is to such a value, and a null list asks for the number.
        unsafe { rsmi_dev_memory_reserved_pages_get(0, &raw mut count, std::ptr::null_mut()) }
    }),
    ("pcie_replay_count", one!(rsmi_dev_pci_replay_counter_get)),
    ("pcie_bw", || {
        let (mut sent, mut received, mut size) = (0, 0, 0);
        // SAFETY: the pointers are to such values.
        unsafe { rsmi_dev_pci_throughput_get(0, &raw mut sent, &raw mut received, &raw mut size) }
    }),
    ("current_compute_partition", || {
        let mut text = [0; 16];
        // SAFETY: the buffer is as long as is said.
        unsafe { rsmi_dev_compute_partition_get(0, text.as_mut_ptr(), 16) }
    }),
];

/// A card that has all these files.
fn card() -> Laid {
    let more = "gpu_busy_percent = 5\nmem_busy_percent = 5\ntemperature.edge.input = 50.0\n\
        memory.vram_used = 1000\npower.average = 100.0\nfan = { rpm = 900, pwm = 90 }\n\
        clock.sclk.current = 900\npcie = { level = 0, received = 1, sent = 1 }\n\
        ras = { features = 1, bad_pages = [], blocks.umc = {} }\npartition.compute = \"SPX\"\n";
    Laid::out("navi31", more).init()
}

#[test]
fn a_card_that_is_in_reset_is_busy() {
    let _card = card();
    for (file, reader) in READERS {
        assert_eq!(reader(), SUCCESS, "{file}");
        *REFUSED.lock().unwrap() = Some((file, libc::EPERM));
        let refused = reader();
        *REFUSED.lock().unwrap() = None;
        assert_eq!(refused, BUSY, "{file}: {}", Error::from_raw_os_error(libc::EPERM));
    }
}

#[test]
fn no_read_that_fails_becomes_a_number() {
    let _card = card();
    for errno in [libc::EIO, libc::EINVAL, libc::EOPNOTSUPP, libc::ENODATA, libc::ETIMEDOUT] {
        for (file, reader) in READERS {
            *REFUSED.lock().unwrap() = Some((file, errno));
            let refused = reader();
            *REFUSED.lock().unwrap() = None;
            assert_ne!(refused, SUCCESS, "{file}: {}", Error::from_raw_os_error(errno));
        }
    }
}

#[test]
fn a_card_that_cannot_tell_its_load_does_not_support_that() {
    let laid = Laid::out("navi31", "gpu_busy_percent = 5").init();
    laid.refuse("gpu_busy_percent");
    let (status, percent) = ask(7, |out| {
        // SAFETY: the pointer is to such a value.
        unsafe { rsmi_dev_busy_percent_get(0, out) }
    });
    assert_eq!((status, percent), (NOT_SUPPORTED, 7));
}
