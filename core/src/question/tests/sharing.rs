//! Both sides of gpu_metrics, of processes, and of how devices reach each other.

use super::super::*;
use super::sides::*;
use super::{Handle, NEW, device};
use crate::gpu::Utilization;
use crate::kernel::metrics::tests::bytes;
use crate::kernel::processes::{Process, Report, Usage};
use crate::types::*;
use smallvec::smallvec;
use std::ffi::c_void;

const UNEXPECTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;
const NOT_FOUND: rsmi_status_t = rsmi_status_t::RSMI_STATUS_NOT_FOUND;

impl Tested for MetricsTable {
    fn kernel() -> Tried {
        let table = bytes((1, 3), &[("temperature_hotspot", &[61]), ("gfx_activity_acc", &[5])]);
        let ask = |at: &Gpu| {
            Self.kernel(at)
                .map(|told| (told.members.temperature_hotspot, told.members.gfx_activity_acc))
        };
        reads(&[("gpu_metrics", &table)], ask, (61, 5), NONE, UNEXPECTED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_metrics_info() { 0 => 0x0801_0C00_u32, 6 => 61_u16, 80 => 5_u64 });
        let ask = |at: &amdsmi::Device| {
            Self.amdsmi(at)
                .map(|told| (told.members.temperature_hotspot, told.members.gfx_activity_acc))
        };
        answers(devices, ask, (61, 5))
    }
}

const HEADER: metrics_table_header_t =
    metrics_table_header_t { structure_size: 120, format_revision: 1, content_revision: 3 };

impl Tested for MetricsHeader {
    fn kernel() -> Tried {
        let strange = Self.kernel(&Machine::new(&[("gpu_metrics", &[4, 0, 1, 99])]).gpu());
        assert_eq!(strange, Told::Fails(NONE), "no version that is known");
        reads(&[("gpu_metrics", &bytes((1, 3), &[]))], |at| Self.kernel(at), HEADER, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_metrics_header_info() { 0 => 0x0301_0078_u32 });
        answers(devices, |at| Self.amdsmi(at), HEADER)
    }
}

impl Tested for Activity {
    fn kernel() -> Tried {
        let table = bytes(
            (1, 3),
            &[
                ("average_gfx_activity", &[70]),
                ("average_umc_activity", &[30]),
                ("average_mm_activity", &[5]),
            ],
        );
        reads(&[("gpu_metrics", &table)], |at| Self.kernel(at), [70, 30, 5], NONE, UNEXPECTED)
    }

    fn amdsmi() -> Tried {
        let devices =
            devices!(amdsmi_get_gpu_metrics_info() { 0 => 0x0801_0C00_u32, 16 => [70_u16, 30, 5] });
        answers(devices, |at| Self.amdsmi(at), [70, 30, 5])
    }
}

const DONE: Utilization = Utilization { gfx: 7, memory: 9, timestamp: 1000 };

impl Tested for UtilizationCount {
    fn kernel() -> Tried {
        let table = bytes(
            (1, 3),
            &[
                ("gfx_activity_acc", &[7]),
                ("mem_activity_acc", &[9]),
                ("system_clock_counter", &[1000]),
            ],
        );
        reads(&[("gpu_metrics", &table)], |at| Self.kernel(at), DONE, NONE, UNEXPECTED)
    }

    fn amdsmi() -> Tried {
        unsafe extern "C" fn counts(_: Handle, list: *mut c_void, _: u32, time: *mut u64) -> u32 {
            // SAFETY: the room takes both counters and the time.
            unsafe {
                list.byte_add(8).cast::<u64>().write(7);
                list.byte_add(64).cast::<u64>().write(9);
                time.write(1000);
            }
            0
        }
        unsafe extern "C" fn fails(_: Handle, _: *mut c_void, _: u32, _: *mut u64) -> u32 {
            NO_PERM
        }
        let devices = [
            device!(NEW, amdsmi_get_utilization_count = counts),
            device!(NEW, amdsmi_get_utilization_count = fails),
        ];
        answers(devices, |at| Self.amdsmi(at), DONE)
    }
}

/// A process that computes on the first GPU.
const PROCESS: Files = &[
    ("class/kfd/kfd/proc/70/pasid", b"32770\n"),
    ("class/kfd/kfd/proc/70/vram_51140", b"1000\n"),
    ("class/kfd/kfd/proc/70/sdma_51140", b"7\n"),
    ("class/kfd/kfd/proc/70/stats_51140/cu_occupancy", b"20\n"),
    ("class/kfd/kfd/proc/70/queues/0/gpuid", b"51140\n"),
];

/// What AMD SMI says to a question about no device.
fn of_all<T>(device: &amdsmi::Device, ask: impl Fn(&Option<Arc<Session>>) -> Told<T>) -> Told<T> {
    assert!(matches!(ask(&None), Told::Unknown), "before rsmi_init nobody is asked");
    ask(&Some(Arc::clone(&device.session)))
}

impl Tested for ComputeProcesses {
    fn kernel() -> Tried {
        let told = |files| Self { wanted: 9 }.kernel(&Machine::new(files).state());
        tried(
            told(PROCESS),
            smallvec![Process { pid: 70, pasid: Some(32770) }],
            told(&[]),
            Told::Fails(NONE),
        )
    }

    fn amdsmi() -> Tried {
        unsafe extern "C" fn one(list: *mut c_void, count: *mut u32) -> u32 {
            // SAFETY: the room takes the count and the record.
            unsafe {
                count.write(1);
                list.cast::<[u32; 2]>().write([70, 32770]);
            }
            0
        }
        unsafe extern "C" fn fails(_: *mut c_void, _: *mut u32) -> u32 {
            NO_PERM
        }
        let devices = [
            device!(NEW, amdsmi_get_gpu_compute_process_info = one),
            device!(NEW, amdsmi_get_gpu_compute_process_info = fails),
        ];
        let ask = |at: &amdsmi::Device| of_all(at, |session| Self { wanted: 9 }.amdsmi(session));
        // The address space is none of the newest release's.
        answers(devices, ask, smallvec![Process { pid: 70, pasid: None }])
    }
}

impl Tested for ComputeProcess {
    fn kernel() -> Tried {
        let told = |files, pid, device| {
            Self { pid, device }
                .kernel(&Machine::new(files).state())
                .and_then(|(report, outcome)| Told::from(outcome.map(|()| report)))
        };
        let usage = |cu_occupancy| Usage { vram: 1000, sdma: 7, cu_occupancy };
        let report = |usage| Report { found: true, pasid: Some(32770), usage: Some(usage) };
        assert_eq!(told(PROCESS, 70, Some(0)), Told::Value(report(usage(50))), "20 of 40");
        let nowhere = told(PROCESS, 70, Some(2));
        assert_eq!(nowhere, Told::Fails(rsmi_status_t::RSMI_STATUS_INVALID_ARGS), "two devices");
        let second = told(PROCESS, 70, Some(1));
        assert!(matches!(second, Told::Value(told) if told.usage.is_some_and(|it| it.vram == 0)));
        let all =
            told(PROCESS, 70, None).map(|told| told.usage.map(|usage| (usage.vram, usage.sdma)));
        tried(all, Some((1000, 7)), told(&[], 71, None).map(|_| None), Told::Fails(NOT_FOUND))
    }

    fn amdsmi() -> Tried {
        unsafe extern "C" fn of_70(pid: u32, out: *mut c_void) -> u32 {
            assert_eq!(pid, 70);
            // SAFETY: the room is as long as the struct.
            unsafe { out.byte_add(8).cast::<[u64; 3]>().write([1000, 7, 50]) };
            0
        }
        unsafe extern "C" fn fails(_: u32, _: *mut c_void) -> u32 {
            NO_PERM
        }
        let devices = [
            device!(NEW, amdsmi_get_gpu_compute_process_info_by_pid = of_70),
            device!(NEW, amdsmi_get_gpu_compute_process_info_by_pid = fails),
        ];
        let ask = |at: &amdsmi::Device| {
            of_all(at, |session| Self { pid: 70, device: None }.amdsmi(session))
        };
        let of_one =
            Self { pid: 70, device: Some(0) }.amdsmi(&Some(Arc::clone(&devices[0].session)));
        assert_eq!(of_one, Told::Unknown, "AMD SMI adds all devices up");
        let usage = Usage { vram: 1000, sdma: 7, cu_occupancy: 50 };
        answers(devices, ask, (Report { found: true, pasid: None, usage: Some(usage) }, Ok(())))
    }
}

impl Tested for ComputeProcessGpus {
    fn kernel() -> Tried {
        let told = |files| Self { pid: 70 }.kernel(&Machine::new(files).state());
        tried(told(PROCESS), smallvec![0], told(&[]), Told::Fails(NOT_FOUND))
    }

    fn amdsmi() -> Tried {
        unsafe extern "C" fn both(pid: u32, list: *mut u32, count: *mut u32) -> u32 {
            assert_eq!(pid, 70);
            // SAFETY: the room takes the count and the indices.
            unsafe {
                count.write(2);
                list.cast::<[u32; 2]>().write([0, 1]);
            }
            0
        }
        unsafe extern "C" fn fails(_: u32, _: *mut u32, _: *mut u32) -> u32 {
            NO_PERM
        }
        let devices = [
            device!(NEW, amdsmi_get_gpu_compute_process_gpus = both),
            device!(NEW, amdsmi_get_gpu_compute_process_gpus = fails),
        ];
        let ask = |at: &amdsmi::Device| of_all(at, |session| Self { pid: 70 }.amdsmi(session));
        answers(devices, ask, smallvec![0, 1])
    }
}

/// Each GPU is on PCIe of the CPU, and linked to the other by XGMI.
const LINKS: Files = &[
    ("class/kfd/kfd/topology/nodes/1/io_links/0/properties", b"type 2\nnode_to 0\nweight 20\n"),
    (
        "class/kfd/kfd/topology/nodes/1/io_links/1/properties",
        b"type 11\nnode_to 2\nweight 15\nmin_bandwidth 50000\nmax_bandwidth 100000\n",
    ),
    ("class/kfd/kfd/topology/nodes/2/io_links/0/properties", b"type 2\nnode_to 0\nweight 20\n"),
];

impl Tested for NumaNode {
    fn kernel() -> Tried {
        let told = |files| Self.kernel(&Machine::new(files).gpu());
        tried(told(LINKS), 0, told(&[]), Told::Fails(NONE))
    }

    fn amdsmi() -> Tried {
        answers(devices!(amdsmi_topo_get_numa_node_number() out: u32 = 1), |at| Self.amdsmi(at), 1)
    }
}

/// A question about the way from one device of the machine to the other.
fn way<T>(files: Files, ask: impl Fn(&State, &Gpu, &Gpu) -> Told<T>) -> Told<T> {
    let machine = Machine::new(files);
    let state = machine.state();
    let [from, to] = state.gpus() else { panic!("two GPUs") };
    ask(&state, from, to)
}

/// Two libamd_smi with a function about two devices, and a machine of which one is the other.
macro_rules! between {
    ($name:ident $($out:ident: $number:ty = $value:expr),+; $state:ident, $to:ident, $question:expr, $told:expr) => {{
        let machine = Machine::new(LINKS);
        let $state = &machine.state();
        let $to = &machine.gpu();
        let devices = devices!($name(other: Handle = Handle::at(1)) $($out: $number = $value),+);
        answers(devices, |at| $question.amdsmi(at), $told)
    }};
}

impl Tested for LinkWeight<'_> {
    fn kernel() -> Tried {
        let told =
            |files: Files| way(files, |state, from, to| LinkWeight { state, to }.kernel(from));
        assert_eq!(told(&[LINKS[0], LINKS[2]]), Told::Value(40), "over the CPU");
        tried(told(LINKS), 15, told(&[]), Told::Fails(NONE))
    }

    fn amdsmi() -> Tried {
        between!(amdsmi_topo_get_link_weight out: u64 = 15; state, to, LinkWeight { state, to }, 15)
    }
}

const BY_XGMI: (u64, RSMI_IO_LINK_TYPE) = (1, RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_XGMI);

impl Tested for LinkType<'_> {
    fn kernel() -> Tried {
        let told = |files: Files| way(files, |state, from, to| LinkType { state, to }.kernel(from));
        let by_cpu = (2, RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_PCIEXPRESS);
        assert_eq!(told(&[LINKS[0], LINKS[2]]), Told::Value(by_cpu));
        tried(told(LINKS), BY_XGMI, told(&[]), Told::Fails(NONE))
    }

    fn amdsmi() -> Tried {
        between!(
            amdsmi_topo_get_link_type hops: u64 = 1, kind: u32 = 2;
            state, to, LinkType { state, to }, BY_XGMI
        )
    }
}

impl Tested for LinkBandwidth<'_> {
    fn kernel() -> Tried {
        let told = |files| way(files, |_, from, to| LinkBandwidth { to }.kernel(from));
        tried(told(LINKS), (50_000, 100_000), told(&LINKS[..1]), Told::Fails(NONE))
    }

    fn amdsmi() -> Tried {
        between!(
            amdsmi_get_minmax_bandwidth_between_processors min: u64 = 50, max: u64 = 100;
            _state, to, LinkBandwidth { to }, (50, 100)
        )
    }
}

impl Tested for P2pAccess<'_> {
    fn kernel() -> Tried {
        let told = |files| way(files, |_, from, to| P2pAccess { to }.kernel(from));
        always((told(LINKS), true), (told(&[]), false))
    }

    fn amdsmi() -> Tried {
        between!(amdsmi_is_P2P_accessible yes: bool = true; _state, to, P2pAccess { to }, true)
    }
}
