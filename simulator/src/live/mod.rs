//! Values that move along a load, the same for everybody who looks at the same time.
//!
//! Everything is a function of the description, the seed and the machine's
//! time in ticks: nothing is remembered from one look to the next. What a
//! description leaves out stays out, and what it gives is where counters begin.

mod activity;
mod apply;
mod counters;
mod noise;
mod processes;
#[cfg(test)]
mod tests;
mod track;

use crate::clock::TICK;

use crate::description::{Description, Gpu};
use noise::Noise;
use serde::Deserialize;
use std::time::Duration;
use track::{Body, Track};

const TICK_MS: u64 = TICK.as_millis() as u64;
/// A cycle is the least number of whole periods that lasts so long.
const CYCLE_MS: u64 = 300_000;

/// What the machine's cards have to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoadKind {
    /// Nothing moves, not even time.
    #[default]
    Static,
    /// Next to nothing to do.
    Idle,
    /// All cards busy, step by step.
    Training,
    /// Jobs that come and go, on each card by itself.
    Burst,
}

impl LoadKind {
    pub const ALL: [Self; 4] = [Self::Static, Self::Idle, Self::Training, Self::Burst];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Idle => "idle",
            Self::Training => "training",
            Self::Burst => "burst",
        }
    }

    /// The load of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    fn period_ms(self) -> u64 {
        match self {
            Self::Training => 8_000,
            _ => 20_000,
        }
    }
}

/// The cards' ways through time, each worked out once.
#[derive(Debug)]
pub(crate) struct Live {
    kinds: Vec<LoadKind>,
    tracks: Vec<Track>,
}

impl Live {
    /// Nothing if nothing moves.
    pub(crate) fn of(machine: &Description) -> Option<Self> {
        let load = machine.load.clone().unwrap_or_default();
        let kind = |gpu: &Gpu| gpu.load.unwrap_or(load.kind);
        let kinds: Vec<_> = machine.gpu.iter().map(kind).collect();
        if machine.driver.is_none() || kinds.iter().all(|kind| *kind == LoadKind::Static) {
            return None;
        }
        let track = |(index, gpu): (usize, &Gpu)| {
            let kind = kinds[index];
            let given = load.period.map(|seconds| (seconds * 1000.0).round() as u64);
            let period = given.unwrap_or(kind.period_ms()) / TICK_MS;
            let cycle = (CYCLE_MS / TICK_MS).div_ceil(period) * period;
            Track::new(kind, Noise::new(load.seed, index), period, cycle, body(gpu))
        };
        let tracks = machine.gpu.iter().enumerate().map(track).collect();
        Some(Self { kinds, tracks })
    }

    /// The description as it is after that time.
    pub(crate) fn at(&self, machine: &Description, elapsed: Duration) -> Description {
        let tick = (elapsed.as_millis() / u128::from(TICK_MS)) as u64;
        let mut moved = machine.clone();
        moved.load = None;
        for (index, (kind, track)) in self.kinds.iter().zip(&self.tracks).enumerate() {
            moved.gpu[index].load = None;
            if *kind == LoadKind::Static {
                continue;
            }
            let (totals, sample) = track.at(tick);
            processes::follow(&mut moved, index, *kind, &totals, &sample);
            let gpu = &mut moved.gpu[index];
            let described = &machine.gpu[index];
            apply::follow(gpu, described, &sample);
            counters::follow(gpu, described, tick * TICK_MS, &totals, &sample);
        }
        moved
    }
}

/// What the description tells of the card, or what a card of its power is like.
fn body(gpu: &Gpu) -> Body {
    let power = gpu.power.as_ref();
    let limit = power.and_then(|power| power.cap.or(power.cap_default).or(power.cap_max));
    let shown = power.and_then(|power| power.input.or(power.average));
    // Without a limit: the board of an accelerator, or twice what an APU was seen to take.
    let cap = limit.filter(|cap| *cap > 0.0).or(shown.map(|watts| 2.0 * watts)).unwrap_or(300.0);
    let sensors = gpu.temperature.as_ref();
    let junction = sensors.and_then(|all| all.junction.as_ref().or(all.edge.as_ref()));
    let limit = junction.and_then(|sensor| sensor.crit).unwrap_or(100.0);
    let cap = cap.max(1.0);
    // The fans of a desktop stand still and its card sleeps; accelerators do neither.
    let rest = if gpu.fan.is_some() { 0.06 } else { 0.17 };
    Body { rest: rest * cap, cap, hot: limit - 22.0 }
}
