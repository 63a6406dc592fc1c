//! Who works on a card: the memory that KFD counts for its processes is the memory that the card has given away.

use super::LoadKind;
use super::track::{Sample, Totals};
use crate::description::{Description, Gpu, Process, ProcessOn};

/// The first process that a load makes up, one for each card that has none.
const FIRST_PID: u32 = 30_000;
const FIRST_PASID: u32 = 33_000;

const PAGE: u64 = 4096;

pub(super) fn follow(
    machine: &mut Description,
    index: usize,
    kind: LoadKind,
    totals: &Totals,
    sample: &Sample,
) {
    if kind != LoadKind::Idle && !machine.process.iter().any(|process| uses(process, index)) {
        hire(machine, index);
    }
    let Some(total) = machine.gpu[index].memory.as_ref().and_then(|memory| memory.vram_total)
    else {
        return;
    };
    // What the driver and the firmware keep for themselves.
    let own = total / 700 / PAGE * PAGE;
    let units = units(&machine.gpu[index]);
    let mut shares: Vec<_> = machine
        .process
        .iter_mut()
        .flat_map(|process| &mut process.on)
        .filter(|on| on.gpu == index)
        .collect();
    let weight = |on: &ProcessOn| on.vram.max(1);
    let described = shares.iter().map(|on| weight(on)).sum::<u64>();
    // At rest, models stay where they were loaded.
    let free = total - own;
    let held = match kind {
        LoadKind::Idle => described.min(free / 10 * 9),
        _ => (free as f64 * sample.activity.held.min(0.99)) as u64,
    };
    let mut used = own;
    let count = shares.len() as u64;
    for on in &mut shares {
        let share = u128::from(held) * u128::from(weight(on)) / u128::from(described.max(1));
        on.vram = share as u64 / PAGE * PAGE;
        used += on.vram;
        // SDMA counts microseconds; it moves what goes over the links.
        on.sdma += totals.links / 4 / count.max(1);
        let busy = (f64::from(units) * sample.activity.gfx / count.max(1) as f64).round();
        on.cu_occupancy = on.cu_occupancy.map(|_| busy as u32);
    }
    if let Some(memory) = &mut machine.gpu[index].memory {
        let visible = memory.vis_vram_total.unwrap_or(total);
        if let Some(place) = &mut memory.vram_used {
            *place = used;
        }
        if let Some(place) = &mut memory.vis_vram_used {
            *place = used.min(visible);
        }
    }
}

fn uses(process: &Process, index: usize) -> bool {
    process.on.iter().any(|on| on.gpu == index)
}

/// A process for a card that has work and nobody to do it, on all of its partitions.
fn hire(machine: &mut Description, index: usize) {
    let gpu = &machine.gpu[index];
    let shown = machine.kfd && gpu.kfd.as_ref().is_some_and(|kfd| !kfd.hidden);
    if !shown {
        return;
    }
    let on = (0..gpu.partitions() as usize).map(|partition| ProcessOn {
        gpu: index,
        partition,
        vram: 0,
        sdma: 0,
        cu_occupancy: gpu.counts_occupancy().then_some(0),
        evicted_ms: 0,
        queues: 2,
    });
    let on = on.collect();
    let taken = |pid: u32| machine.process.iter().any(|process| process.pid == pid);
    let pid = (FIRST_PID + index as u32..).find(|pid| !taken(*pid)).unwrap_or(FIRST_PID);
    machine.process.push(Process { pid, pasid: FIRST_PASID + index as u32, on });
}

/// Compute units, on the card as a whole.
fn units(gpu: &Gpu) -> u32 {
    gpu.kfd.as_ref().and_then(|kfd| kfd.compute_units).unwrap_or(0)
}
