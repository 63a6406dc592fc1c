//! The same readings a second time: the firmware's table agrees with the sensors unless told otherwise.

use crate::description::Gpu;
use crate::metrics::Metrics;

/// The card's `gpu_metrics`, with what other keys already say filled in.
pub(crate) fn metrics(gpu: &Gpu) -> Metrics {
    let mut metrics = gpu.metrics.clone().unwrap_or_default();
    let Some(layout) = metrics.version else { return metrics };
    if layout.format == 1 {
        card(&mut metrics, gpu);
    } else {
        apu(&mut metrics, gpu);
    }
    metrics
}

fn card(metrics: &mut Metrics, gpu: &Gpu) {
    if let Some(sensors) = &gpu.temperature {
        for (name, sensor) in [
            ("temperature_edge", &sensors.edge),
            ("temperature_hotspot", &sensors.junction),
            ("temperature_mem", &sensors.mem),
        ] {
            if let Some(degrees) = sensor.as_ref().and_then(|sensor| sensor.input) {
                metrics.suppose(name, degrees as i64);
            }
        }
    }
    if let Some(power) = &gpu.power {
        for (name, watts) in [
            ("average_socket_power", power.average),
            ("curr_socket_power", power.input.or(power.average)),
        ] {
            if let Some(watts) = watts {
                metrics.suppose(name, watts as i64);
            }
        }
    }
    if let Some(busy) = gpu.gpu_busy_percent {
        metrics.suppose("average_gfx_activity", busy);
    }
    if let Some(busy) = gpu.mem_busy_percent {
        metrics.suppose("average_umc_activity", busy);
    }
    if let Some(pcie) = &gpu.pcie {
        if let Some(width) = pcie.current_width {
            metrics.suppose("pcie_link_width", width);
        }
        if let Some(speed) = pcie.current_speed {
            metrics.suppose("pcie_link_speed", (speed * 10.0).round() as i64);
        }
    }
    if let Some(rpm) = gpu.fan.as_ref().and_then(|fan| fan.rpm) {
        metrics.suppose("current_fan_speed", rpm);
    }
    if let Some(millivolts) = gpu.voltage.as_ref().and_then(|voltage| voltage.vddgfx) {
        metrics.suppose("voltage_gfx", millivolts);
    }
    // The newer tables tell a clock of each die; no two of them run quite alike.
    let xcc = gpu.kfd.as_ref().and_then(|kfd| kfd.xcc).unwrap_or(1);
    let aid = xcc.div_ceil(2);
    for (clock, name, dies) in [
        ("sclk", "current_gfxclk", xcc),
        ("mclk", "current_uclk", 1),
        ("socclk", "current_socclk", aid),
        ("vclk", "current_vclk0", aid),
        ("dclk", "current_dclk0", aid),
        ("vclk1", "current_vclk1", 1),
        ("dclk1", "current_dclk1", 1),
    ] {
        if let Some(now) = current(gpu, clock) {
            metrics.suppose_each(name, (0..dies).map(|die| now.saturating_sub(die).into()));
        }
    }
}

/// APUs count in hundredths of a degree and in milliwatts.
fn apu(metrics: &mut Metrics, gpu: &Gpu) {
    let edge = gpu.temperature.as_ref().and_then(|sensors| sensors.edge.as_ref());
    if let Some(degrees) = edge.and_then(|sensor| sensor.input) {
        metrics.suppose("temperature_gfx", (degrees * 100.0).round() as i64);
    }
    let power = gpu.power.as_ref();
    if let Some(watts) = power.and_then(|power| power.average.or(power.input)) {
        metrics.suppose("average_socket_power", (watts * 1000.0).round() as i64);
    }
    if let Some(busy) = gpu.gpu_busy_percent {
        metrics.suppose("average_gfx_activity", i64::from(busy) * 100);
    }
    for (clock, name) in [
        ("sclk", "current_gfxclk"),
        ("mclk", "current_uclk"),
        ("socclk", "current_socclk"),
        ("fclk", "current_fclk"),
        ("vclk", "current_vclk"),
        ("dclk", "current_dclk"),
    ] {
        if let Some(now) = current(gpu, clock) {
            metrics.suppose(name, now);
        }
    }
}

fn current(gpu: &Gpu, name: &str) -> Option<u32> {
    gpu.clocks().find(|(clock, _)| *clock == name)?.1.current
}
