//! The numbers that the kernel hands out: DRM minors, hwmon directories, KFD nodes and gpu_ids.

use crate::description::{Description, Gpu};
use crate::machine::Card;
use std::collections::BTreeSet;

#[derive(Debug)]
pub(crate) struct Numbering {
    pub gpus: Vec<GpuNumbers>,
    pub others: Vec<Card>,
}

#[derive(Debug)]
pub(crate) struct GpuNumbers {
    /// The card's own nodes first, then those of its further partitions.
    pub drm: Vec<Card>,
    pub hwmon: u32,
    /// One per partition; none if KFD does not know the card.
    pub nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub index: u32,
    pub gpu_id: u32,
    pub render: u32,
}

const FIRST_RENDER: u32 = 128;
/// Those before belong to the processors and the disks of the host.
const FIRST_HWMON: u32 = 3;

impl Numbering {
    pub(crate) fn of(machine: &Description) -> Result<Self, String> {
        let mut cards = Minors::new(0, "card");
        let mut renders = Minors::new(FIRST_RENDER, "render");
        let mut others = Vec::new();
        for other in &machine.other {
            let render = other.render.map(|first| renders.take(Some(first), 1)).transpose()?;
            others.push(Card { card: cards.take(other.card, 1)?, render });
        }
        let drivers = machine.driver.is_some();
        let mut gpus = Vec::new();
        let mut ids = BTreeSet::new();
        let mut next_node = machine.cpu.nodes;
        for (position, gpu) in machine.gpu.iter().enumerate() {
            let count = gpu.drm_nodes();
            let drm = if drivers {
                let (card, render) =
                    (cards.take(gpu.card, count)?, renders.take(gpu.render, count)?);
                (0..count).map(|n| Card { card: card + n, render: Some(render + n) }).collect()
            } else {
                Vec::new()
            };
            let mut nodes = Vec::new();
            if machine.kfd && drivers && gpu.kfd.as_ref().is_some_and(|kfd| !kfd.hidden) {
                for partition in 0..gpu.partitions() {
                    let gpu_id = gpu_id(gpu, partition);
                    if !ids.insert(gpu_id) {
                        return Err(format!("gpu {position}: gpu_id {gpu_id} is used twice"));
                    }
                    let render = drm.get(partition as usize).and_then(|card: &Card| card.render);
                    nodes.push(Node { index: next_node, gpu_id, render: render.unwrap_or(0) });
                    next_node += 1;
                }
            }
            let hwmon = gpu.hwmon_number.unwrap_or(FIRST_HWMON + position as u32);
            gpus.push(GpuNumbers { drm, hwmon, nodes });
        }
        Ok(Self { gpus, others })
    }

    pub(crate) fn cards(&self) -> Vec<Card> {
        let mut all: Vec<_> = self.gpus.iter().flat_map(|gpu| gpu.drm.clone()).collect();
        all.extend(&self.others);
        all.sort_unstable_by_key(|card| card.card);
        all
    }
}

/// The kernel hashes what it knows of the card into 16 bits; so do we, unless told.
fn gpu_id(gpu: &Gpu, partition: u32) -> u32 {
    if let Some(first) = gpu.kfd.as_ref().and_then(|kfd| kfd.gpu_id) {
        return first + partition;
    }
    let pci = gpu.pci();
    let seed = [pci.domain, pci.location(), u32::from(gpu.device.unwrap_or(0)), partition];
    let hash = seed
        .iter()
        .fold(0x811c_9dc5_u32, |hash, word| (hash ^ word).wrapping_mul(0x0100_0193).rotate_left(7));
    (hash ^ hash >> 16) & 0x7fff | 0x4000
}

struct Minors {
    first: u32,
    kind: &'static str,
    taken: BTreeSet<u32>,
}

impl Minors {
    fn new(first: u32, kind: &'static str) -> Self {
        Self { first, kind, taken: BTreeSet::new() }
    }

    /// `count` numbers in a row, from `wanted` on or else the lowest that are free.
    fn take(&mut self, wanted: Option<u32>, count: u32) -> Result<u32, String> {
        let free = |from: u32| (from..from + count).all(|minor| !self.taken.contains(&minor));
        let from = match wanted {
            Some(from) if free(from) => from,
            Some(from) => return Err(format!("{} minor {from} is used twice", self.kind)),
            None => (self.first..).find(|from| free(*from)).unwrap_or(self.first),
        };
        self.taken.extend(from..from + count);
        Ok(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minors_are_the_lowest_free_unless_told() {
        let mut minors = Minors::new(128, "render");
        assert_eq!(minors.take(Some(129), 1), Ok(129));
        assert_eq!(minors.take(None, 1), Ok(128));
        assert_eq!(minors.take(None, 8), Ok(130));
        assert_eq!(minors.take(Some(137), 1), Err("render minor 137 is used twice".into()));
    }
}
