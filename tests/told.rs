//! What the log tells of the kernel's files: the errno of a read that failed, that the GPU sleeps, and
//! what could be asked without waiting; and the words in which it does.

mod common;
#[path = "common/laid.rs"]
mod laid;

use laid::{Laid, SUCCESS, ask, zeroed};
use rsmi_compat::types::{metrics_table_header_t, rsmi_status_t, rsmi_temperature_metric_t};
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::Path;

/// What the environment says to the library.
pub const ENVIRONMENT: &[(&str, &str)] =
    &[("RSMI_COMPAT_ABI", "7.0"), ("RSMI_COMPAT_LOG", "debug")];

unsafe extern "C" {
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
    fn rsmi_dev_memory_busy_percent_get(gpu: u32, out: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_power_cap_get(gpu: u32, sensor: u32, out: *mut u64) -> rsmi_status_t;
    fn rsmi_dev_pci_throughput_get(
        gpu: u32,
        sent: *mut u64,
        received: *mut u64,
        size: *mut u64,
    ) -> rsmi_status_t;
}

/// What the library writes on stderr during a call. Both tests hold a machine meanwhile, of which
/// there is one at a time.
fn log(call: impl FnOnce()) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("told.log");
    let file = File::create(&path).unwrap();
    // SAFETY: both are open; stderr is put back before anybody else writes.
    unsafe {
        let before = libc::dup(2);
        libc::dup2(file.as_raw_fd(), 2);
        call();
        libc::dup2(before, 2);
        libc::close(before);
    }
    fs::read_to_string(&path).unwrap()
}

#[test]
fn a_read_that_fails_is_told_by_its_errno_and_a_gpu_that_sleeps() {
    let laid = Laid::out("navi31", "mem_busy_percent = 5").init();
    laid.refuse("mem_busy_percent");
    laid.refuse("hwmon/power1_cap");
    let busy = || {
        log(|| {
            // SAFETY: the pointer is to such a value.
            let (status, _) = ask(0, |out| unsafe { rsmi_dev_memory_busy_percent_get(0, out) });
            assert_ne!(status, SUCCESS);
        })
    };
    let text = busy();
    assert!(text.contains("/mem_busy_percent: its read fails with EIO, "), "{text}");
    assert!(!text.contains("suspended") && !text.contains("is empty"), "{text}");
    laid.put("power/runtime_status", b"suspended\n");
    let text = busy();
    assert!(
        text.contains("EIO") && text.contains("runtime_status: the GPU is suspended"),
        "{text}"
    );
    let text = log(|| {
        // SAFETY: the pointer is to such a value.
        let (status, _) = ask(0, |out| unsafe { rsmi_dev_power_cap_get(0, 0, out) });
        assert_ne!(status, SUCCESS);
    });
    assert!(
        text.contains("EIO") && text.contains("runtime_status: the GPU is suspended"),
        "{text}"
    );
}

#[test]
fn whoever_waits_for_the_links_traffic_is_told_where_it_is_counted() {
    let text = |metrics: &str| {
        let more = format!("pcie = {{ received = 1, sent = 2 }}\n[gpu.metrics]\n{metrics}");
        let _laid = Laid::out("mi300x", &more).init();
        // SAFETY: the pointer is to such a value, and may be given more than once.
        let call = |out| unsafe { rsmi_dev_pci_throughput_get(0, out, out, out) };
        log(|| assert_eq!(ask(zeroed(), call).0, SUCCESS))
    };
    let counted = text("pcie_bandwidth_acc = 77");
    assert!(counted.contains("pcie_bandwidth_acc"), "{counted}");
    let not = text("pcie_bandwidth_acc = -1");
    assert!(!not.contains("pcie_bandwidth_acc"), "{not}");
}

#[test]
fn the_log_has_the_names_of_the_header_and_versions_as_people_write_them() {
    let laid = Laid::out("navi31", "").init();
    let temperature = |metric| {
        log(|| {
            // SAFETY: the pointer is to such a value.
            ask(0, |out| unsafe { rsmi_dev_temp_metric_get(0, 0, metric, out) });
        })
    };
    let text = temperature(rsmi_temperature_metric_t::RSMI_TEMP_CURRENT);
    assert!(text.contains(" metric=RSMI_TEMP_CURRENT, "), "{text}");
    let text = temperature(rsmi_temperature_metric_t(77));
    assert!(text.contains(" metric=77, "), "{text}");
    laid.put("gpu_metrics", &[4, 0, 7, 9]);
    let text = log(|| {
        // SAFETY: the pointer is to such a value.
        let call = |out| unsafe { rsmi_dev_metrics_header_info_get(0, out) };
        assert_eq!(ask(zeroed(), call).0, rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
    });
    assert!(text.contains(", because gpu_metrics 7.9 is not known"), "{text}");
}
