//! One card along its load: a cycle of ticks, worked out once, that then repeats for ever.
//!
//! What adds up over time (energy, time spent busy or throttled) is added up
//! from the very numbers that the card shows, so that a counter is the exact
//! sum of its readings at any time, however far away.

use super::activity::{self, Activity};
use super::noise::Noise;
use super::{LoadKind, TICK_MS};

/// The shape of a card, as far as its load has to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body {
    /// Watts at rest, and those that the firmware never exceeds.
    pub rest: f64,
    pub cap: f64,
    /// The hottest that the load alone makes the hottest place.
    pub hot: f64,
}

/// What the card shows during one tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub activity: Activity,
    pub busy_percent: u8,
    pub memory_percent: u8,
    /// Thousandths of what the links can carry.
    pub links: u32,
    pub milliwatts: u32,
    /// The power limit holds the clocks down.
    pub throttled: bool,
    /// Whole degrees Celsius, as the firmware counts them.
    pub junction: f64,
    pub edge: f64,
    pub memory: f64,
}

/// What has added up before a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Totals {
    pub microjoules: u64,
    /// Percent times milliseconds.
    pub busy: u64,
    pub memory_busy: u64,
    pub throttled_ms: u64,
    pub low_ms: u64,
    /// Thousandths times milliseconds.
    pub links: u64,
}

impl Totals {
    fn plus(self, sample: &Sample) -> Self {
        let when = |yes: bool| if yes { TICK_MS } else { 0 };
        Self {
            // A milliwatt for a millisecond is a microjoule.
            microjoules: self.microjoules + u64::from(sample.milliwatts) * TICK_MS,
            busy: self.busy + u64::from(sample.busy_percent) * TICK_MS,
            memory_busy: self.memory_busy + u64::from(sample.memory_percent) * TICK_MS,
            throttled_ms: self.throttled_ms + when(sample.throttled),
            low_ms: self.low_ms + when(sample.busy_percent < 10),
            links: self.links + u64::from(sample.links) * TICK_MS,
        }
    }

    fn after(self, cycles: u64, cycle: Self) -> Self {
        Self {
            microjoules: self.microjoules + cycles * cycle.microjoules,
            busy: self.busy + cycles * cycle.busy,
            memory_busy: self.memory_busy + cycles * cycle.memory_busy,
            throttled_ms: self.throttled_ms + cycles * cycle.throttled_ms,
            low_ms: self.low_ms + cycles * cycle.low_ms,
            links: self.links + cycles * cycle.links,
        }
    }
}

#[derive(Debug)]
pub(super) struct Track {
    cycle: Vec<(Totals, Sample)>,
    total: Totals,
}

impl Track {
    pub(super) fn new(kind: LoadKind, noise: Noise, period: u64, cycle: u64, body: Body) -> Self {
        let mut warmth = Warmth::new(body, noise);
        // The second time round, the card is as warm at the beginning as at the end.
        let mut samples = Vec::new();
        for _ in 0..2 {
            samples.clear();
            samples.extend((0..cycle).map(|tick| {
                let activity = activity::at(kind, noise, tick, period);
                sample(activity, noise, body, &mut warmth)
            }));
        }
        let mut total = Totals::default();
        let cycle = samples.into_iter().map(|sample| {
            let before = total;
            total = total.plus(&sample);
            (before, sample)
        });
        let cycle = cycle.collect();
        Self { cycle, total }
    }

    pub(super) fn at(&self, tick: u64) -> (Totals, Sample) {
        let length = self.cycle.len() as u64;
        let (before, sample) = self.cycle[(tick % length) as usize];
        (before.after(tick / length, self.total), sample)
    }
}

fn sample(activity: Activity, noise: Noise, body: Body, warmth: &mut Warmth) -> Sample {
    let effort = 0.88 * activity.gfx + 0.12 * (2.0 * activity.memory).min(1.0);
    // No two cards of a kind need quite the same.
    let quality = 0.94 + 0.09 * noise.draw("quality", 0);
    let wanted = body.rest + (1.05 * body.cap - body.rest) * effort * quality;
    let watts = wanted.min(body.cap);
    // The firmware of a big card counts whole watts.
    let watts = if body.cap >= 100.0 { watts.round() } else { watts };
    warmth.follow(watts);
    Sample {
        activity,
        busy_percent: (100.0 * activity.gfx).round() as u8,
        memory_percent: (100.0 * activity.memory).round() as u8,
        links: (1000.0 * activity.links).round() as u32,
        milliwatts: (1000.0 * watts).round() as u32,
        throttled: wanted > body.cap,
        junction: warmth.degrees(warmth.junction, 1.0),
        edge: warmth.degrees(warmth.edge, 0.8),
        memory: warmth.degrees(warmth.memory, 0.9),
    }
}

/// Each place follows the power, the bigger the slower.
#[derive(Debug)]
struct Warmth {
    body: Body,
    ambient: f64,
    /// Parts of the greatest power.
    junction: f64,
    edge: f64,
    memory: f64,
}

impl Warmth {
    fn new(body: Body, noise: Noise) -> Self {
        let rest = body.rest / body.cap;
        let ambient = 30.0 + 5.0 * noise.draw("ambient", 0);
        Self { body, ambient, junction: rest, edge: rest, memory: rest }
    }

    fn follow(&mut self, watts: f64) {
        let now = watts / self.body.cap;
        let tick = TICK_MS as f64 / 1000.0;
        for (place, seconds) in
            [(&mut self.junction, 6.0), (&mut self.edge, 12.0), (&mut self.memory, 18.0)]
        {
            *place += (now - *place) * (tick / seconds);
        }
    }

    fn degrees(&self, place: f64, share: f64) -> f64 {
        (self.ambient + (self.body.hot - self.ambient) * place * share).round()
    }
}
