//! What monitors ask again and again costs no memory of the heap, opens no file that is open already,
//! and reads none twice in a call.

mod common;

use rsmi_compat::types::*;
use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_int, c_void};
use std::path::Path;

unsafe extern "C" {
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_memalign(align: usize, size: usize) -> *mut c_void;
}

/// What a call does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cost {
    allocations: usize,
    opens: Vec<String>,
    /// The device and inode of each file that was read.
    reads: Vec<(u64, u64)>,
}

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// None while nobody counts.
    static COST: RefCell<Option<Cost>> = const { RefCell::new(None) };
}

fn allocates() {
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// In front of the C library's.

#[unsafe(no_mangle)]
unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    allocates();
    // SAFETY: the caller's own arguments.
    unsafe { __libc_malloc(size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    allocates();
    // SAFETY: as above.
    unsafe { __libc_calloc(count, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    allocates();
    // SAFETY: as above.
    unsafe { __libc_realloc(block, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(to: *mut *mut c_void, align: usize, size: usize) -> c_int {
    allocates();
    // SAFETY: as above; the place for the result is the caller's.
    unsafe {
        *to = __libc_memalign(align, size);
        if (*to).is_null() { libc::ENOMEM } else { 0 }
    }
}

/// Not counted is what counting itself takes.
fn count(with: impl FnOnce(&mut Cost)) {
    let _ = COST.try_with(|cost| {
        let Ok(mut cost) = cost.try_borrow_mut() else { return };
        let Some(cost) = cost.as_mut() else { return };
        let before = ALLOCATIONS.get();
        with(cost);
        ALLOCATIONS.set(before);
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openat(at: c_int, path: *const c_char, flags: c_int, mode: u32) -> c_int {
    count(|cost| {
        // SAFETY: a path ends in NUL.
        let path = unsafe { std::ffi::CStr::from_ptr(path) };
        cost.opens.push(path.to_string_lossy().into_owned());
    });
    // SAFETY: the caller's own arguments.
    unsafe { libc::syscall(libc::SYS_openat, at, path, flags, mode) as c_int }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pread(fd: c_int, to: *mut c_void, room: usize, at: i64) -> isize {
    count(|cost| {
        // SAFETY: the struct is plain data; fstat writes no more than it.
        let file = unsafe {
            let mut stat: libc::stat = std::mem::zeroed();
            libc::fstat(fd, &raw mut stat);
            (stat.st_dev, stat.st_ino)
        };
        cost.reads.push(file);
    });
    // SAFETY: as above.
    unsafe { libc::syscall(libc::SYS_pread64, fd, to, room, at) as isize }
}

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_shut_down() -> rsmi_status_t;
    fn rsmi_compute_process_gpus_get(pid: u32, gpus: *mut u32, n: *mut u32) -> rsmi_status_t;
    fn rsmi_compute_process_info_by_device_get(
        pid: u32,
        gpu: u32,
        out: *mut rsmi_process_info_t,
    ) -> rsmi_status_t;
    fn rsmi_compute_process_info_by_pid_get(
        pid: u32,
        out: *mut rsmi_process_info_t,
    ) -> rsmi_status_t;
    fn rsmi_compute_process_info_get(out: *mut rsmi_process_info_t, n: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_activity_avg_mm_get(gpu: u32, out: *mut u16) -> rsmi_status_t;
    fn rsmi_dev_activity_metric_get(
        gpu: u32,
        kinds: rsmi_activity_metric_t,
        out: *mut rsmi_activity_metric_counter_t,
    ) -> rsmi_status_t;
    fn rsmi_dev_busy_percent_get(gpu: u32, out: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_current_socket_power_get(gpu: u32, out: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_energy_count_get(
        gpu: u32,
        out: *mut u64,
        step: *mut f32,
        at: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_fan_rpms_get(gpu: u32, sensor: u32, out: *mut i64) -> rsmi_status_t;
    fn rsmi_dev_fan_speed_get(gpu: u32, sensor: u32, out: *mut i64) -> rsmi_status_t;
    fn rsmi_dev_fan_speed_max_get(gpu: u32, sensor: u32, out: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_gpu_clk_freq_get(
        gpu: u32,
        kind: rsmi_clk_type_t,
        out: *mut rsmi_frequencies_t,
    ) -> rsmi_status_t;
    fn rsmi_dev_gpu_metrics_info_get(gpu: u32, out: *mut rsmi_gpu_metrics_t) -> rsmi_status_t;
    fn rsmi_dev_memory_busy_percent_get(gpu: u32, out: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_memory_total_get(
        gpu: u32,
        kind: rsmi_memory_type_t,
        out: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_memory_usage_get(
        gpu: u32,
        kind: rsmi_memory_type_t,
        out: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_metrics_header_info_get(
        gpu: u32,
        out: *mut metrics_table_header_t,
    ) -> rsmi_status_t;
    fn rsmi_dev_metrics_xcd_counter_get(gpu: u32, out: *mut u16) -> rsmi_status_t;
    fn rsmi_dev_pci_bandwidth_get(gpu: u32, out: *mut rsmi_pcie_bandwidth_t) -> rsmi_status_t;
    fn rsmi_dev_pci_replay_counter_get(gpu: u32, out: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_pci_throughput_get(
        gpu: u32,
        sent: *mut u64,
        received: *mut u64,
        packet: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_power_ave_get(gpu: u32, sensor: u32, out: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_power_cap_default_get(gpu: u32, out: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_power_cap_get(gpu: u32, sensor: u32, out: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_power_cap_range_get(
        gpu: u32,
        sensor: u32,
        most: *mut u64,
        least: *mut u64,
    ) -> rsmi_status_t;
    fn rsmi_dev_power_get(gpu: u32, out: *mut u64, kind: *mut RSMI_POWER_TYPE) -> rsmi_status_t;
    fn rsmi_dev_temp_metric_get(
        gpu: u32,
        sensor: u32,
        metric: rsmi_temperature_metric_t,
        out: *mut i64,
    ) -> rsmi_status_t;
    fn rsmi_dev_volt_metric_get(
        gpu: u32,
        sensor: rsmi_voltage_type_t,
        metric: rsmi_voltage_metric_t,
        out: *mut i64,
    ) -> rsmi_status_t;
    fn rsmi_utilization_count_get(
        gpu: u32,
        out: *mut rsmi_utilization_counter_t,
        n: u32,
        at: *mut u64,
    ) -> rsmi_status_t;
}

/// A card of a data centre and one of a desktop; of each thing that is polled one of them tells.
const MACHINE: &str = r#"
about = "An MI300X and a Navi 31"
[driver]
[cpu]
nodes = 1
cores = 8
memory = 67000000000
[[gpu]]
chip = "mi300x"
pci = "0000:05:00.0"
gpu_busy_percent = 97
mem_busy_percent = 41
memory.vram_used = 152345276416
temperature = { junction.input = 73.0, mem.input = 61.0 }
power.input = 688.0
voltage.vddgfx = 893
clock = { sclk.current = 1987, mclk.current = 1300 }
pcie = { received = 1, sent = 1, max_packet = 512 }
pcie_replay_count = 3
[gpu.metrics]
version = "1.5"
energy_accumulator = 91827364554
system_clock_counter = 8123456789012345
gfx_activity_acc = 7
mem_activity_acc = 8
[[gpu]]
chip = "navi31"
pci = "0000:06:00.0"
gpu_busy_percent = 5
temperature.edge.input = 50.0
power.average = 100.0
memory.vram_used = 1000
fan = { rpm = 900, pwm = 90 }
clock.sclk.current = 900
[[process]]
pid = 20011
pasid = 32770
on = [{ gpu = 0, vram = 1000, sdma = 12, cu_occupancy = 30, queues = 2 }]
"#;

const PID: u32 = 20011;

/// Room for whatever one call writes.
#[derive(Default)]
struct Room {
    numbers: [u64; 4],
    signed: i64,
    real: f32,
    half: u16,
    int: u32,
}

/// Asks a device.
type Call = Box<dyn Fn(u32) -> rsmi_status_t>;

/// Each function with the name that the test gives it.
fn calls() -> Vec<(&'static str, Call)> {
    macro_rules! calls {
        ($($name:literal: |$gpu:ident, $room:ident| $call:expr;)*) => {
            vec![$(($name, Box::new(move |$gpu| {
                let mut $room = Room::default();
                let $room = &mut $room;
                // SAFETY: the pointers are to such values.
                unsafe { $call }
            }) as Call)),*]
        };
    }
    fn zeroed<T>() -> T {
        // SAFETY: used for structs of integers alone.
        unsafe { std::mem::zeroed() }
    }
    let vram = rsmi_memory_type_t::RSMI_MEM_TYPE_VRAM;
    const NOW: rsmi_temperature_metric_t = rsmi_temperature_metric_t::RSMI_TEMP_CURRENT;
    const VOLTS: rsmi_voltage_metric_t = rsmi_voltage_metric_t::RSMI_VOLT_CURRENT;
    const GFX: rsmi_voltage_type_t = rsmi_voltage_type_t::RSMI_VOLT_TYPE_VDDGFX;
    const ALL: rsmi_activity_metric_t = rsmi_activity_metric_t(7);
    calls! {
        "temperature": |gpu, room| rsmi_dev_temp_metric_get(gpu, 1, NOW, &raw mut room.signed);
        "temperature of the edge": |gpu, room|
            rsmi_dev_temp_metric_get(gpu, 0, NOW, &raw mut room.signed);
        "voltage": |gpu, room| rsmi_dev_volt_metric_get(gpu, GFX, VOLTS, &raw mut room.signed);
        "average power": |gpu, room| rsmi_dev_power_ave_get(gpu, 0, &raw mut room.numbers[0]);
        "current power": |gpu, room|
            rsmi_dev_current_socket_power_get(gpu, &raw mut room.numbers[0]);
        "power": |gpu, room| {
            let mut kind = zeroed();
            rsmi_dev_power_get(gpu, &raw mut room.numbers[0], &raw mut kind)
        };
        "cap": |gpu, room| rsmi_dev_power_cap_get(gpu, 0, &raw mut room.numbers[0]);
        "default cap": |gpu, room| rsmi_dev_power_cap_default_get(gpu, &raw mut room.numbers[0]);
        "range of the cap": |gpu, room| {
            let [most, least, ..] = &mut room.numbers;
            rsmi_dev_power_cap_range_get(gpu, 0, most, least)
        };
        "energy": |gpu, room| {
            let [count, at, ..] = &mut room.numbers;
            rsmi_dev_energy_count_get(gpu, count, &raw mut room.real, at)
        };
        "load": |gpu, room| rsmi_dev_busy_percent_get(gpu, &raw mut room.int);
        "memory's load": |gpu, room| rsmi_dev_memory_busy_percent_get(gpu, &raw mut room.int);
        "activity": |gpu, _room| {
            let mut activity = zeroed();
            rsmi_dev_activity_metric_get(gpu, ALL, &raw mut activity)
        };
        "video": |gpu, room| rsmi_dev_activity_avg_mm_get(gpu, &raw mut room.half);
        "utilization": |gpu, room| {
            let mut counters: [rsmi_utilization_counter_t; 2] = zeroed();
            rsmi_utilization_count_get(gpu, counters.as_mut_ptr(), 2, &raw mut room.numbers[0])
        };
        "memory in use": |gpu, room| rsmi_dev_memory_usage_get(gpu, vram, &raw mut room.numbers[0]);
        "memory": |gpu, room| rsmi_dev_memory_total_get(gpu, vram, &raw mut room.numbers[0]);
        "clock": |gpu, _room| {
            let mut levels = zeroed();
            rsmi_dev_gpu_clk_freq_get(gpu, zeroed(), &raw mut levels)
        };
        "fan": |gpu, room| rsmi_dev_fan_rpms_get(gpu, 0, &raw mut room.signed);
        "fan's speed": |gpu, room| rsmi_dev_fan_speed_get(gpu, 0, &raw mut room.signed);
        "fan's most": |gpu, room| rsmi_dev_fan_speed_max_get(gpu, 0, &raw mut room.numbers[0]);
        "link": |gpu, _room| {
            let mut levels = zeroed();
            rsmi_dev_pci_bandwidth_get(gpu, &raw mut levels)
        };
        "traffic": |gpu, room| {
            let [sent, received, packet, _] = &mut room.numbers;
            rsmi_dev_pci_throughput_get(gpu, sent, received, packet)
        };
        "replays": |gpu, room| rsmi_dev_pci_replay_counter_get(gpu, &raw mut room.numbers[0]);
        "gpu_metrics": |gpu, _room| {
            let mut metrics = zeroed();
            rsmi_dev_gpu_metrics_info_get(gpu, &raw mut metrics)
        };
        "header": |gpu, _room| {
            let mut header = zeroed();
            rsmi_dev_metrics_header_info_get(gpu, &raw mut header)
        };
        "chips": |gpu, room| rsmi_dev_metrics_xcd_counter_get(gpu, &raw mut room.half);
        "processes": |_gpu, _room| {
            let (mut count, mut list) = (4, zeroed::<[rsmi_process_info_t; 4]>());
            rsmi_compute_process_info_get(list.as_mut_ptr(), &raw mut count)
        };
        "process": |_gpu, _room| {
            let mut process = zeroed();
            rsmi_compute_process_info_by_pid_get(PID, &raw mut process)
        };
        "process on a device": |gpu, _room| {
            let mut process = zeroed();
            rsmi_compute_process_info_by_device_get(PID, gpu, &raw mut process)
        };
        "devices of a process": |_gpu, _room| {
            let (mut count, mut list) = (4, [0; 4]);
            rsmi_compute_process_gpus_get(PID, list.as_mut_ptr(), &raw mut count)
        };
    }
}

fn cost(call: impl FnOnce() -> rsmi_status_t) -> (rsmi_status_t, Cost) {
    COST.set(Some(Cost::default()));
    ALLOCATIONS.set(0);
    let status = call();
    let allocations = ALLOCATIONS.get();
    let cost = COST.take().expect("it was counted");
    (status, Cost { allocations, ..cost })
}

const SUCCESS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_SUCCESS;

/// Over files in memory, as sysfs's are.
const MEMORY: &str = "/dev/shm";

fn ours() -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let paths = links.filter_map(|link| std::fs::read_link(link.path()).ok());
    paths.filter(|path| path.to_string_lossy().contains("/sys/")).count()
}

#[test]
fn polling_costs_no_memory_and_no_second_read() {
    let keeps = std::env::var_os("RSMI_COMPAT_KEEP_FILES").is_none();
    let place = tempfile::tempdir_in(MEMORY).unwrap();
    // SAFETY: this test is the first that starts something; the other runs a program of its own.
    unsafe { common::set_up_without_amdsmi(place.path(), MACHINE) };
    // SAFETY: the function asks nothing of its caller.
    assert_eq!(unsafe { rsmi_init(0) }, SUCCESS);
    let mut answered = Vec::new();
    for (name, call) in calls() {
        for gpu in [0, 1] {
            for _ in 0..3 {
                call(gpu);
            }
            let (status, cost) = cost(|| call(gpu));
            let what = format!("{name} of {gpu}: {} {cost:?}", status.0);
            assert_eq!(cost.allocations, 0, "{what}");
            let mut files = cost.reads.clone();
            files.sort_unstable();
            files.dedup();
            assert_eq!(files.len(), cost.reads.len(), "a file is read twice: {what}");
            if status == SUCCESS {
                answered.push(name);
                assert!(!files.is_empty(), "{what}");
            }
            let stays = |path: &String| {
                let file = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
                file != "gpu_metrics" && !path.contains("/kfd/") && Path::new(path).is_file()
            };
            let opened = cost.opens.iter().filter(|path| stays(path)).count();
            match keeps {
                true => assert_eq!(opened, 0, "{what}"),
                false => assert!(cost.opens.len() >= files.len(), "{what}"),
            }
            for path in &cost.opens {
                assert!(!path.contains("/class/drm/"), "it leads over links: {what}");
            }
        }
    }
    let silent: Vec<_> = calls().iter().map(|(name, _)| *name).collect();
    let silent: Vec<_> = silent.iter().filter(|name| !answered.contains(name)).collect();
    assert!(silent.is_empty(), "no card answers {silent:?}");
    assert_eq!(ours() > 10, keeps, "{} stay open", ours());
    // SAFETY: as above.
    assert_eq!(unsafe { rsmi_shut_down() }, SUCCESS);
    assert_eq!(ours(), 0, "they are open after the last user");
}

#[test]
fn so_it_is_where_no_file_stays_open() {
    if std::env::var_os("RSMI_COMPAT_KEEP_FILES").is_some() {
        return;
    }
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "polling_costs_no_memory_and_no_second_read"]);
    let output = again.env("RSMI_COMPAT_KEEP_FILES", "0").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
