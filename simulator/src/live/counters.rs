//! The firmware's table along a load: what it reports beyond the sensors, and all that it counts.

use super::apply;
use super::track::{Sample, Totals};
use crate::description::Gpu;
use crate::metrics::Metrics;

/// One step of the energy counter, in thousandths of a microjoule.
const ENERGY_STEP: u128 = 15_259;

/// Members that the table takes from the card's other keys when nothing else is said.
const DERIVED: &[&str] = &[
    "temperature_edge",
    "temperature_hotspot",
    "temperature_mem",
    "temperature_gfx",
    "average_socket_power",
    "curr_socket_power",
    "average_gfx_activity",
    "average_umc_activity",
    "current_fan_speed",
    "voltage_gfx",
    "current_gfxclk",
    "current_uclk",
    "current_socclk",
    "current_fclk",
    "current_vclk",
    "current_dclk",
    "current_vclk0",
    "current_dclk0",
    "current_vclk1",
    "current_dclk1",
];

pub(super) fn follow(
    gpu: &mut Gpu,
    described: &Gpu,
    elapsed_ms: u64,
    totals: &Totals,
    sample: &Sample,
) {
    let Some(mut metrics) = gpu.metrics.take() else { return };
    for name in DERIVED {
        metrics.forget(name);
    }
    add(&mut metrics, described, elapsed_ms, totals);
    state(&mut metrics, described, sample);
    for (name, clock) in [
        ("average_gfxclk_frequency", "sclk"),
        ("average_uclk_frequency", "mclk"),
        ("average_socclk_frequency", "socclk"),
        ("average_fclk_frequency", "fclk"),
        ("average_vclk_frequency", "vclk"),
        ("average_dclk_frequency", "dclk"),
        ("average_vclk0_frequency", "vclk"),
        ("average_dclk0_frequency", "dclk"),
        ("average_vclk1_frequency", "vclk1"),
        ("average_dclk1_frequency", "dclk1"),
    ] {
        let now = gpu.clocks().find(|(name, _)| *name == clock).and_then(|(_, it)| it.current);
        if let Some(now) = now {
            metrics.change(name, |_| now.into());
        }
    }
    partitions(&mut metrics, totals, sample);
    gpu.metrics = Some(metrics);
}

/// Everything that only ever grows.
fn add(metrics: &mut Metrics, gpu: &Gpu, elapsed_ms: u64, totals: &Totals) {
    let energy = (u128::from(totals.microjoules) * 1000 / ENERGY_STEP) as i64;
    let whole = |count: u64| count as i64;
    // The bandwidth counter adds up each second's megabits.
    let megabits = gpu.pcie.as_ref().map_or(0.0, apply::link_megabits);
    let pcie = (megabits * totals.links as f64 / 1e6) as i64;
    for (name, more) in [
        ("energy_accumulator", energy),
        ("system_clock_counter", whole(elapsed_ms * 1_000_000)),
        ("firmware_timestamp", whole(elapsed_ms * 100_000)),
        ("accumulation_counter", whole(elapsed_ms)),
        ("ppt_residency_acc", whole(totals.throttled_ms)),
        ("gfx_activity_acc", whole(totals.busy)),
        ("mem_activity_acc", whole(totals.memory_busy)),
        ("pcie_bandwidth_acc", pcie),
        // Kilobytes, on each of the links to the other cards.
        ("xgmi_read_data_acc", whole(totals.links * 40)),
        ("xgmi_write_data_acc", whole(totals.links * 40)),
    ] {
        metrics.change(name, |begin| begin.saturating_add(more));
    }
}

/// What is so at the moment.
fn state(metrics: &mut Metrics, gpu: &Gpu, sample: &Sample) {
    let megabits = gpu.pcie.as_ref().map_or(0.0, |pcie| apply::megabits(pcie, sample));
    metrics.change("pcie_bandwidth_inst", |_| megabits.round() as i64);
    metrics.change("average_mm_activity", |_| 0);
    metrics.change("average_vcn_activity", |_| 0);
    metrics.change("vcn_activity", |_| 0);
    metrics.change("jpeg_activity", |_| 0);
    let held = |bit: u32| i64::from(sample.throttled) << bit;
    metrics.change("indep_throttle_status", |_| held(0));
    let version = gpu.kfd.as_ref().and_then(|kfd| kfd.gfx_target_version);
    if let Some(bit) = version.and_then(power_throttler) {
        metrics.change("throttle_status", |_| held(bit));
    }
    let milliwatts = f64::from(sample.milliwatts);
    for (name, degrees) in [
        ("temperature_vrsoc", sample.memory - 3.0),
        ("temperature_vrgfx", sample.edge - 2.0),
        ("temperature_vrmem", sample.memory - 4.0),
        ("temperature_hbm", sample.memory),
    ] {
        metrics.change(name, |_| degrees as i64);
    }
    // APUs count hundredths of a degree, and milliwatts.
    let hundredths = |degrees: f64| (100.0 * degrees) as i64;
    for name in ["temperature_soc", "temperature_core", "temperature_l3", "temperature_skin"] {
        metrics.change(name, |_| hundredths(sample.edge - 1.0));
    }
    let cores = metrics.reported("average_core_power").max(1) as f64;
    for (name, share) in [
        ("average_cpu_power", 0.3),
        ("average_soc_power", 0.15),
        ("average_gfx_power", 0.5),
        ("average_core_power", 0.3 / cores),
    ] {
        metrics.change(name, |_| (milliwatts * share) as i64);
    }
}

/// Which bit of the chip's own throttle status means the power limit, for those chips where it is known.
fn power_throttler(gfx_target_version: u32) -> Option<u32> {
    match gfx_target_version {
        90010 => Some(0),
        90400..=90599 => Some(1),
        _ => None,
    }
}

fn partitions(metrics: &mut Metrics, totals: &Totals, sample: &Sample) {
    let busy = i64::from(sample.busy_percent);
    metrics.change_partitions(|name, begin| match name {
        "gfx_busy_inst" => busy,
        "vcn_busy" | "jpeg_busy" => 0,
        "gfx_busy_acc" => begin.saturating_add(totals.busy as i64),
        "gfx_below_host_limit_acc"
        | "gfx_below_host_limit_ppt_acc"
        | "gfx_below_host_limit_total_acc" => begin.saturating_add(totals.throttled_ms as i64),
        "gfx_low_utilization_acc" => begin.saturating_add(totals.low_ms as i64),
        _ => begin,
    });
}
