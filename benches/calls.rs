//! What a call costs, through the exported symbols, on a machine of the simulator.
//!
//! Only what ours does is measured here: the libamd_smi below it is empty, and /sys is a directory.
//! The comparison with the original is the lab's. As part of a program each call also notes that it is
//! under way, for the sake of the program's own panics: a few ns that the library alone does not take.

#[path = "../tests/common/mod.rs"]
mod common;

use divan::{Bencher, black_box};
use rsmi_compat::types::{
    RSMI_POWER_TYPE, rsmi_clk_type_t, rsmi_frequencies_t, rsmi_func_id_value_t, rsmi_gpu_metrics_t,
    rsmi_pcie_bandwidth_t, rsmi_status_t, rsmi_temperature_metric_t,
};
use std::ffi::{c_char, c_void};
use std::fmt::Write as _;
use std::mem::MaybeUninit;

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_shut_down() -> rsmi_status_t;
    fn rsmi_dev_id_get(gpu: u32, id: *mut u16) -> rsmi_status_t;
    fn rsmi_dev_name_get(gpu: u32, name: *mut c_char, len: usize) -> rsmi_status_t;
    fn rsmi_topo_get_numa_node_number(gpu: u32, node: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_busy_percent_get(gpu: u32, percent: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_power_get(gpu: u32, power: *mut u64, kind: *mut RSMI_POWER_TYPE) -> rsmi_status_t;
    fn rsmi_dev_temp_metric_get(
        gpu: u32,
        sensor: u32,
        metric: rsmi_temperature_metric_t,
        temperature: *mut i64,
    ) -> rsmi_status_t;
    fn rsmi_dev_gpu_clk_freq_get(
        gpu: u32,
        clock: rsmi_clk_type_t,
        levels: *mut rsmi_frequencies_t,
    ) -> rsmi_status_t;
    fn rsmi_dev_pci_bandwidth_get(gpu: u32, levels: *mut rsmi_pcie_bandwidth_t) -> rsmi_status_t;
    fn rsmi_dev_gpu_metrics_info_get(gpu: u32, metrics: *mut rsmi_gpu_metrics_t) -> rsmi_status_t;
    fn rsmi_dev_supported_func_iterator_open(gpu: u32, walk: *mut Walk) -> rsmi_status_t;
    fn rsmi_func_iter_value_get(walk: Walk, value: *mut rsmi_func_id_value_t) -> rsmi_status_t;
    fn rsmi_func_iter_next(walk: Walk) -> rsmi_status_t;
    fn rsmi_dev_supported_func_iterator_close(walk: *mut Walk) -> rsmi_status_t;
}

/// C knows no more of it.
type Walk = *mut c_void;

/// A card for each version of gpu_metrics, in this order.
const VERSIONS: [&str; 15] = [
    "1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "2.0", "2.1", "2.2", "2.3",
    "2.4", "3.0",
];

fn main() {
    let machine = tempfile::tempdir().expect("a directory for the machine");
    // SAFETY: nothing else runs yet.
    unsafe { common::set_up(machine.path(), &description()) };
    // SAFETY: the function asks nothing of its caller.
    succeeded(unsafe { rsmi_init(0) });
    divan::main();
    // SAFETY: as above.
    succeeded(unsafe { rsmi_shut_down() });
}

fn description() -> String {
    let mut text = String::from(
        "about = \"A card for each version of gpu_metrics\"\n[driver]\n\
         [cpu]\nnodes = 1\ncores = 8\nmemory = 67000000000\n",
    );
    for (at, version) in VERSIONS.iter().enumerate() {
        let _ = write!(
            text,
            "[[gpu]]\nchip = \"mi300x\"\npci = \"0000:{:02x}:00.0\"\ngpu_busy_percent = 50\n\
             power.input = 700.0\ntemperature.junction.input = 60.0\n\
             clock.mclk.current = 1300\nmetrics.version = \"{version}\"\n",
            at + 1
        );
    }
    text
}

fn succeeded(status: rsmi_status_t) {
    assert_eq!(status, rsmi_status_t::RSMI_STATUS_SUCCESS);
}

/// Measures a question that is answered into one value.
fn ask<T>(bencher: Bencher, ask: impl Fn(*mut T) -> rsmi_status_t + Sync) {
    let ask = || {
        let mut answer = MaybeUninit::<T>::uninit();
        let status = ask(answer.as_mut_ptr());
        black_box(&answer);
        status
    };
    succeeded(ask());
    bencher.bench(ask);
}

#[divan::bench]
fn init_and_shut_down_of_fifteen_gpus(bencher: Bencher) {
    // SAFETY: the functions ask nothing of their caller.
    let restart = || unsafe { (rsmi_shut_down(), rsmi_init(0)) };
    bencher.bench(restart);
}

mod kept {
    use super::*;

    #[divan::bench]
    fn id(bencher: Bencher) {
        // SAFETY: `ask` gives a pointer to such a value.
        ask(bencher, |id| unsafe { rsmi_dev_id_get(3, id) });
    }

    #[divan::bench]
    fn numa_node(bencher: Bencher) {
        // SAFETY: as above.
        ask(bencher, |node| unsafe { rsmi_topo_get_numa_node_number(3, node) });
    }

    #[divan::bench]
    fn name(bencher: Bencher) {
        const LENGTH: usize = 64;
        // SAFETY: the buffer is as long as is said.
        ask(bencher, |name: *mut [c_char; LENGTH]| unsafe {
            rsmi_dev_name_get(3, name.cast(), LENGTH)
        });
    }

    #[divan::bench]
    fn a_device_that_does_not_exist(bencher: Bencher) {
        let mut id = 0;
        // SAFETY: the pointer is to such a value.
        bencher.bench_local(|| unsafe { rsmi_dev_id_get(99, &raw mut id) });
    }
}

mod read {
    use super::*;

    #[divan::bench]
    fn busy_percent(bencher: Bencher) {
        // SAFETY: `ask` gives a pointer to such a value.
        ask(bencher, |percent| unsafe { rsmi_dev_busy_percent_get(3, percent) });
    }

    #[divan::bench]
    fn junction_temperature(bencher: Bencher) {
        const JUNCTION: u32 = 1;
        let current = rsmi_temperature_metric_t::RSMI_TEMP_CURRENT;
        // SAFETY: as above.
        ask(bencher, |it| unsafe { rsmi_dev_temp_metric_get(3, JUNCTION, current, it) });
    }

    #[divan::bench]
    fn power(bencher: Bencher) {
        // SAFETY: the two pointers are to the two members.
        ask(bencher, |power: *mut (u64, RSMI_POWER_TYPE)| unsafe {
            rsmi_dev_power_get(3, &raw mut (*power).0, &raw mut (*power).1)
        });
    }

    /// pp_dpm_mclk
    #[divan::bench]
    fn clock_levels(bencher: Bencher) {
        let memory = rsmi_clk_type_t::RSMI_CLK_TYPE_MEM;
        // SAFETY: `ask` gives a pointer to such a value.
        ask(bencher, |levels| unsafe { rsmi_dev_gpu_clk_freq_get(3, memory, levels) });
    }

    /// pp_dpm_pcie, or what gpu_metrics tells of the link.
    #[divan::bench]
    fn pcie_levels(bencher: Bencher) {
        let ask = || {
            let mut levels = MaybeUninit::<rsmi_pcie_bandwidth_t>::uninit();
            // SAFETY: the pointer is to such a value.
            unsafe { rsmi_dev_pci_bandwidth_get(3, levels.as_mut_ptr()) }
        };
        bencher.bench(ask);
    }

    #[divan::bench(args = VERSIONS)]
    fn gpu_metrics(bencher: Bencher, version: &str) {
        let gpu = VERSIONS.iter().position(|it| *it == version).expect("a listed version") as u32;
        // SAFETY: `ask` gives a pointer to such a value.
        ask(bencher, |metrics| unsafe { rsmi_dev_gpu_metrics_info_get(gpu, metrics) });
    }
}

#[divan::bench]
fn walk_over_what_is_supported(bencher: Bencher) {
    let walk = || {
        let mut walk = MaybeUninit::uninit();
        let mut value = MaybeUninit::uninit();
        // SAFETY: the pointers are to such values, and the walk is open until it is closed.
        unsafe {
            succeeded(rsmi_dev_supported_func_iterator_open(3, walk.as_mut_ptr()));
            while rsmi_func_iter_next(walk.assume_init()) == rsmi_status_t::RSMI_STATUS_SUCCESS {
                rsmi_func_iter_value_get(walk.assume_init(), value.as_mut_ptr());
            }
            rsmi_dev_supported_func_iterator_close(walk.as_mut_ptr())
        }
    };
    succeeded(walk());
    bencher.bench(walk);
}
