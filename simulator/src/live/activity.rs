//! What a load asks of a card at each moment.

use super::LoadKind;
use super::noise::Noise;

/// Each from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Activity {
    /// Of the compute units.
    pub gfx: f64,
    /// Of the memory controller.
    pub memory: f64,
    /// Of the links to the host and to the other cards.
    pub links: f64,
    /// Of the memory that the work may take.
    pub held: f64,
}

/// Every so many steps a training saves what it has learnt.
const STEPS_BETWEEN_CHECKPOINTS: u64 = 12;

/// Moments are counted in ticks; a period is a step of training or the time of one burst.
pub(super) fn at(kind: LoadKind, noise: Noise, tick: u64, ticks_a_period: u64) -> Activity {
    let period = tick / ticks_a_period;
    let part = (tick % ticks_a_period) as f64 / ticks_a_period as f64;
    match kind {
        LoadKind::Static => Activity::default(),
        LoadKind::Idle => idle(noise, tick),
        LoadKind::Training => training(noise, tick, period, part),
        LoadKind::Burst => burst(noise, tick, period, part),
    }
}

/// Now and then somebody looks at the card, for half a second.
fn idle(noise: Noise, tick: u64) -> Activity {
    let looked_at = noise.draw("look", tick / 5) < 0.03;
    let gfx = if looked_at { 0.01 + 0.03 * noise.draw("glance", tick / 5) } else { 0.0 };
    Activity { gfx, ..Activity::default() }
}

/// All cards go through the same step together: compute, exchange what was learnt, begin anew.
fn training(noise: Noise, tick: u64, period: u64, part: f64) -> Activity {
    let jitter = noise.around("jitter", tick);
    let checkpoint = period % STEPS_BETWEEN_CHECKPOINTS == STEPS_BETWEEN_CHECKPOINTS - 1;
    // Activations pile up until the end of the step.
    let held = 0.86 + 0.05 * noise.draw("share", 0) + 0.06 * part;
    let (gfx, memory, links) = match part {
        part if checkpoint && part < 0.4 => (0.06, 0.08, 0.7),
        part if part < 0.85 => (0.9 + 0.08 * layers(part), 0.4 + 0.15 * layers(part + 0.1), 0.06),
        _ => (0.55, 0.28, 0.85),
    };
    let own = 0.03 * noise.around("own", period);
    Activity {
        gfx: (gfx + own + 0.02 * jitter).clamp(0.0, 1.0),
        memory: (memory + own + 0.03 * jitter).clamp(0.0, 1.0),
        links: (links + 0.04 * jitter).clamp(0.0, 1.0),
        held,
    }
}

/// Heavy layers and light ones, forward and back again: three times up and down in a step.
fn layers(part: f64) -> f64 {
    (3.0 * std::f64::consts::TAU * part).sin()
}

/// Each card has jobs of its own, of all lengths and sizes, and rests between them.
fn burst(noise: Noise, tick: u64, period: u64, part: f64) -> Activity {
    let begins = 0.35 * noise.draw("begin", period);
    let ends = begins + 0.3 + 0.33 * noise.draw("length", period);
    let works = noise.draw("works", period) < 0.75 && (begins..ends).contains(&part);
    if !works {
        return Activity { held: 0.01, ..idle(noise, tick) };
    }
    let jitter = noise.around("jitter", tick);
    let size = 0.45 + 0.55 * noise.draw("size", period);
    let loads = part < begins + 0.06;
    Activity {
        gfx: (if loads { 0.1 } else { size } + 0.03 * jitter).clamp(0.0, 1.0),
        memory: (if loads { 0.3 } else { 0.5 * size } + 0.03 * jitter).clamp(0.0, 1.0),
        links: if loads { 0.9 } else { 0.05 },
        held: 0.15 + 0.6 * noise.draw("held", period),
    }
}
