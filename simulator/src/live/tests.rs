//! What moves, moves together, and the same way every time.

use super::*;
use crate::description::Load;
use crate::machine::CHIPS;
use crate::metrics::Layout;
use crate::{Machine, load, tree};

const SECOND: u64 = 10;

fn described(name: &str, kind: LoadKind, seed: u64) -> Description {
    let text = crate::machine::MACHINES.iter().find(|(known, _)| *known == name);
    let (_, text) = text.expect("a built-in machine");
    let mut machine = load::load(name, text, CHIPS).unwrap_or_else(|error| panic!("{error}"));
    machine.load = Some(Load { kind, seed, period: None });
    machine
}

fn at(machine: &Description, live: &Live, tick: u64) -> Description {
    live.at(machine, TICK * tick as u32)
}

fn live(name: &str, kind: LoadKind) -> (Description, Live) {
    let machine = described(name, kind, 7);
    let live = Live::of(&machine).expect("something moves");
    (machine, live)
}

fn bytes(gpu: &Gpu) -> Vec<u8> {
    tree::metrics(gpu).encode().expect("gpu_metrics")
}

/// A member of the card's table, as a client reads it.
fn member(gpu: &Gpu, name: &str) -> u64 {
    let metrics = tree::metrics(gpu);
    let layout: &Layout = metrics.version.expect("a version");
    let member = layout.members.iter().find(|member| member.name == name).expect(name);
    let bytes = &metrics.encode().expect("gpu_metrics")[member.offset..][..member.bytes];
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn watts(gpu: &Gpu) -> f64 {
    let power = gpu.power.as_ref().expect("power");
    power.input.or(power.average).expect("watts")
}

#[test]
fn a_seed_gives_the_same_values_every_time_and_another_gives_others() {
    let values = |seed| {
        let machine = described("mi300x-8", LoadKind::Burst, seed);
        let live = Live::of(&machine).expect("something moves");
        let at = at(&machine, &live, 777);
        at.gpu.iter().map(bytes).collect::<Vec<_>>()
    };
    assert_eq!(values(1), values(1));
    assert_ne!(values(1), values(2));
}

#[test]
fn within_a_tick_nothing_moves_and_after_it_the_time_has() {
    let (machine, live) = live("mi300x-2", LoadKind::Training);
    let look = |ms| bytes(&live.at(&machine, Duration::from_millis(ms)).gpu[0]);
    assert_eq!(look(500), look(599));
    assert_ne!(look(500), look(600));
}

#[test]
fn a_machine_without_a_load_stands_still() {
    for (name, _) in crate::machine::MACHINES {
        let machine = Machine::named(name).expect("a built-in machine");
        assert!(!machine.moves(), "{name}");
    }
}

#[test]
fn energy_is_the_integral_of_power() {
    for (name, kind, from, ticks) in [
        ("mi300x-8", LoadKind::Training, 0, 100 * SECOND),
        ("mi300x-8", LoadKind::Burst, 299 * SECOND, 40 * SECOND),
        ("mi300x-2", LoadKind::Idle, 1_000_000, 20 * SECOND),
        ("mi210", LoadKind::Burst, 123_456_789, 60 * SECOND),
    ] {
        let (machine, live) = live(name, kind);
        let mut joules = vec![0.0; machine.gpu.len()];
        for tick in from..from + ticks {
            for (sum, gpu) in joules.iter_mut().zip(at(&machine, &live, tick).gpu) {
                *sum += watts(&gpu) * 0.1;
            }
        }
        let (before, after) = (at(&machine, &live, from), at(&machine, &live, from + ticks));
        for (index, joules) in joules.into_iter().enumerate() {
            let counter =
                |machine: &Description| member(&machine.gpu[index], "energy_accumulator") as f64;
            let counted = (counter(&after) - counter(&before)) * 15.259e-6;
            assert!(
                (joules - counted).abs() < 2.0 * 15.259e-6 + joules * 1e-9,
                "{name} {index} under {kind:?}: {joules} J and {counted} J"
            );
        }
    }
}

#[test]
fn the_time_spent_busy_adds_up_to_the_busy_counters() {
    let (machine, live) = live("mi300x-8", LoadKind::Training);
    let look = |tick| at(&machine, &live, tick).gpu[3].clone();
    let mut sum = [0; 2];
    for tick in 50..450 {
        sum[0] += u64::from(look(tick).gpu_busy_percent.expect("busy")) * 100;
        sum[1] += u64::from(look(tick).mem_busy_percent.expect("busy")) * 100;
    }
    let counted = ["gfx_activity_acc", "mem_activity_acc"]
        .map(|name| member(&look(450), name) - member(&look(50), name));
    assert_eq!(counted, sum);
    let time =
        member(&look(450), "system_clock_counter") - member(&look(50), "system_clock_counter");
    assert_eq!(time, 40_000_000_000);
}

#[test]
fn temperature_follows_power_with_a_lag() {
    let (_, live) = live("mi300x-2", LoadKind::Burst);
    let track = &live.tracks[0];
    let warm = |tick: u64| track.at(tick).1.junction;
    let cycle = CYCLE_MS / TICK_MS;
    let (mut after, mut at_once) = (0.0, 0.0);
    let mean = (0..cycle).map(warm).sum::<f64>() / cycle as f64;
    let power = |tick: u64| f64::from(track.at(tick).1.milliwatts) / 1000.0;
    let mean_power = (0..cycle).map(power).sum::<f64>() / cycle as f64;
    for tick in 0..cycle {
        at_once += (power(tick) - mean_power) * (warm(tick) - mean);
        after += (power(tick) - mean_power) * (warm(tick + 4 * SECOND) - mean);
    }
    assert!(after > 1.1 * at_once, "four seconds later {after}, at once {at_once}");
    for tick in 0..2 * cycle {
        assert!((warm(tick + 1) - warm(tick)).abs() <= 2.0, "a jump at {tick}");
        assert!(power(tick) <= 750.0, "{} W at {tick}", power(tick));
    }
}

#[test]
fn each_load_moves_what_it_should() {
    let busy = |kind| {
        let (_, live) = live("mi300x-8", kind);
        let cycle = CYCLE_MS / TICK_MS;
        let looks = (0..cycle).map(|tick| live.tracks[2].at(tick).1.busy_percent);
        let all: Vec<_> = looks.collect();
        let mean = all.iter().map(|busy| u64::from(*busy)).sum::<u64>() / cycle;
        let resting = all.iter().filter(|busy| **busy < 5).count() as u64 * 100 / cycle;
        (mean, resting)
    };
    let (mean, resting) = busy(LoadKind::Idle);
    assert!(mean < 3 && resting > 95, "idle: {mean} % busy, {resting} % at rest");
    let (mean, resting) = busy(LoadKind::Training);
    assert!(mean > 80 && resting < 5, "training: {mean} % busy, {resting} % at rest");
    let (mean, resting) = busy(LoadKind::Burst);
    assert!((10..70).contains(&mean), "burst: {mean} % busy");
    assert!((30..90).contains(&resting), "burst: {resting} % at rest");
}

#[test]
fn the_memory_of_the_processes_is_the_memory_in_use() {
    for name in ["mi300x-8", "mi300x-cpx-nps4", "mi300x-dpx", "mi210", "navi31-2", "mixed"] {
        for kind in [LoadKind::Idle, LoadKind::Training, LoadKind::Burst] {
            let (machine, live) = live(name, kind);
            let now = at(&machine, &live, 123);
            for (index, gpu) in now.gpu.iter().enumerate() {
                let memory = gpu.memory.as_ref().expect("memory");
                let total = memory.vram_total.expect("a total");
                let own = total / 700 / 4096 * 4096;
                let shares = now.process.iter().flat_map(|process| &process.on);
                let held: u64 = shares.filter(|on| on.gpu == index).map(|on| on.vram).sum();
                let used = memory.vram_used.expect("in use");
                assert_eq!(used, held + own, "{name} {index} under {kind:?}");
                assert!(used <= total, "{name} {index} under {kind:?}");
                assert!(kind != LoadKind::Training || used > total / 2, "{name} {index}");
            }
        }
    }
}

#[test]
fn clocks_activity_throttle_and_sensors_tell_one_story() {
    let (machine, live) = live("mi300x-8", LoadKind::Training);
    let mut throttled = 0;
    for tick in 0..30 * SECOND {
        let (now, next) = (at(&machine, &live, tick), at(&machine, &live, tick + 1));
        for (gpu, next) in now.gpu.iter().zip(&next.gpu) {
            let clock = gpu.clock.as_ref().and_then(|all| all.sclk.as_ref()?.current);
            let clock = u64::from(clock.expect("a clock"));
            assert_eq!(member(gpu, "current_gfxclk"), clock);
            assert_eq!(member(gpu, "curr_socket_power"), watts(gpu) as u64);
            let busy = u64::from(gpu.gpu_busy_percent.expect("busy"));
            assert_eq!(member(gpu, "average_gfx_activity"), busy);
            let junction = gpu.temperature.as_ref().and_then(|all| all.junction.as_ref()?.input);
            assert_eq!(member(gpu, "temperature_hotspot"), junction.expect("hot") as u64);
            let pcie = gpu.pcie.as_ref().expect("a link");
            let packets = pcie.received.zip(pcie.sent).map(|(a, b)| a + b).expect("traffic");
            let megabits = packets * u64::from(pcie.max_packet.expect("a size")) * 8 / 1_000_000;
            assert!(megabits.abs_diff(member(gpu, "pcie_bandwidth_inst")) <= 1);
            let held = member(next, "ppt_residency_acc") - member(gpu, "ppt_residency_acc");
            assert!(held == 0 || watts(gpu) >= 750.0, "held down below its limit");
            assert!(held == 0 || clock < 2000, "held down at {clock} MHz");
            throttled += held;
        }
    }
    assert!(throttled > 0, "a training brings eight cards to their limit now and then");
}

#[test]
fn what_is_not_described_does_not_appear() {
    let (machine, live) = live("apu", LoadKind::Training);
    let now = at(&machine, &live, 55);
    assert!(now.gpu[0].mem_busy_percent.is_none());
    assert!(now.gpu[0].fan.is_none());
    assert_eq!(member(&now.gpu[0], "average_dclk_frequency"), 0xffff);
    assert_ne!(bytes(&now.gpu[0]), bytes(&machine.gpu[0]));
}

#[test]
fn one_card_may_have_a_load_of_its_own() {
    let mut machine = described("mi300x-2", LoadKind::Static, 0);
    machine.gpu[1].load = Some(LoadKind::Training);
    let live = Live::of(&machine).expect("something moves");
    let now = at(&machine, &live, 44);
    assert_eq!(bytes(&now.gpu[0]), bytes(&machine.gpu[0]));
    assert!(now.gpu[1].gpu_busy_percent > Some(40));
}
