//! The readings of a card that follow its load: sensors, clocks, activity, traffic.

use super::track::Sample;
use crate::description::{Clock, Fan, Gpu, Pcie, Power};

pub(super) fn follow(gpu: &mut Gpu, described: &Gpu, sample: &Sample) {
    replace(&mut gpu.gpu_busy_percent, sample.busy_percent);
    replace(&mut gpu.mem_busy_percent, sample.memory_percent);
    // No load plays or records films.
    replace(&mut gpu.vcn_busy_percent, 0);
    if let Some(sensors) = &mut gpu.temperature {
        for (sensor, degrees) in [
            (&mut sensors.edge, sample.edge),
            (&mut sensors.junction, sample.junction),
            (&mut sensors.mem, sample.memory),
        ] {
            if let Some(sensor) = sensor {
                replace(&mut sensor.input, degrees);
            }
        }
    }
    if let Some(power) = &mut gpu.power {
        self::power(power, sample);
    }
    if let Some(fan) = &mut gpu.fan {
        self::fan(fan, sample);
    }
    clocks(gpu, sample);
    let speed = clock_share(gpu);
    if let Some(voltage) = &mut gpu.voltage {
        replace(&mut voltage.vddgfx, (690.0 + 260.0 * speed).round() as u32);
    }
    if let (Some(pcie), Some(was)) = (&mut gpu.pcie, &described.pcie) {
        traffic(pcie, was, sample);
    }
}

/// What the description does not have, no time brings.
fn replace<T>(place: &mut Option<T>, value: T) {
    if let Some(place) = place {
        *place = value;
    }
}

fn power(power: &mut Power, sample: &Sample) {
    let watts = f64::from(sample.milliwatts) / 1000.0;
    replace(&mut power.input, watts);
    replace(&mut power.average, watts);
}

/// Stands still while the card is cool, then turns the faster the hotter it gets.
fn fan(fan: &mut Fan, sample: &Sample) {
    if fan.manual {
        return;
    }
    let share = match sample.junction {
        cool if cool < 48.0 => 0.0,
        warm => (0.2 + 0.6 * (warm - 48.0) / 45.0).clamp(0.0, 1.0),
    };
    replace(&mut fan.pwm, (255.0 * share).round() as u8);
    let most = f64::from(fan.rpm_max.unwrap_or(3300));
    replace(&mut fan.rpm, (most * share).round() as u32);
}

fn clocks(gpu: &mut Gpu, sample: &Sample) {
    let Some(clocks) = &mut gpu.clock else { return };
    let gfx = sample.activity.gfx;
    let busy = gfx.max(sample.activity.memory).max(sample.activity.links);
    let held_down = if sample.throttled { 0.93 } else { 1.0 };
    let shader = if gfx < 0.005 { 0.0 } else { (0.6 + 0.4 * gfx.sqrt()) * held_down };
    let fabric = if busy < 0.005 { 0.0 } else { 0.7 + 0.3 * busy };
    for (clock, share) in [
        (&mut clocks.sclk, shader),
        (&mut clocks.mclk, fabric),
        (&mut clocks.fclk, fabric),
        (&mut clocks.socclk, fabric),
        (&mut clocks.vclk, 0.0),
        (&mut clocks.vclk1, 0.0),
        (&mut clocks.dclk, 0.0),
        (&mut clocks.dclk1, 0.0),
    ] {
        if let Some(clock) = clock {
            run(clock, share);
        }
    }
}

/// At 0 a clock sleeps, or is as slow as it can be.
fn run(clock: &mut Clock, share: f64) {
    let (Some(low), Some(high)) = (clock.levels.iter().min(), clock.levels.iter().max()) else {
        return;
    };
    let asleep = clock.sleeps_below.map(|threshold| threshold - threshold / 16);
    let wanted = match share {
        0.0 => asleep.unwrap_or(*low),
        share if clock.fine_grained => {
            (f64::from(*low) + f64::from(high - low) * share.min(1.0)).round() as u32
        }
        share => {
            let wanted = (f64::from(*high) * share).round() as u32;
            *clock.levels.iter().min_by_key(|level| level.abs_diff(wanted)).unwrap_or(high)
        }
    };
    replace(&mut clock.current, wanted);
}

/// How near the shaders' clock is to its end, which is what the voltage goes by.
fn clock_share(gpu: &Gpu) -> f64 {
    let clock = gpu.clock.as_ref().and_then(|clocks| clocks.sclk.as_ref());
    let share = clock.and_then(|clock| {
        let most = clock.levels.iter().max()?;
        Some(f64::from(clock.current?) / f64::from((*most).max(1)))
    });
    share.unwrap_or(0.5).min(1.0)
}

/// Packets of the last second, each way.
fn traffic(pcie: &mut Pcie, described: &Pcie, sample: &Sample) {
    let packet = f64::from(pcie.max_packet.unwrap_or(256).max(1));
    let bytes = 1e6 / 8.0 * megabits(described, sample);
    replace(&mut pcie.received, (0.6 * bytes / packet).round() as u64);
    replace(&mut pcie.sent, (0.4 * bytes / packet).round() as u64);
}

/// A second's traffic both ways; no load fills the link for long.
pub(super) fn megabits(pcie: &Pcie, sample: &Sample) -> f64 {
    link_megabits(pcie) * f64::from(sample.links) / 1000.0
}

pub(super) fn link_megabits(pcie: &Pcie) -> f64 {
    let lanes = f64::from(pcie.current_width.unwrap_or(0));
    0.5 * pcie.current_speed.unwrap_or(0.0) * 1000.0 * lanes
}
