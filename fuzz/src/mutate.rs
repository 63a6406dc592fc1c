//! Inputs that are made of others.

use crate::Target;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// A longer input shows nothing more.
const LONGEST: usize = 1 << 17;

/// Runs a target over its seeds, over what once failed, and then over changed ones; how many. The
/// input that is under way lies in the file `last`, which is there after a crash.
pub fn fuzz(target: &Target, length: Duration, seed: u64, last: &Path) -> u64 {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut seeds = target.seeds();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let kept = fs::read_dir(corpus).into_iter().flatten().flatten();
    seeds.extend(kept.filter_map(|entry| fs::read(entry.path()).ok()));
    let end = Instant::now() + length;
    let mut count = 0;
    for seed in &seeds {
        fs::write(last, seed).expect("there is room for it");
        target.run(seed);
        count += 1;
    }
    while Instant::now() < end {
        let mut input = if seeds.is_empty() || random.u8(..8) == 0 {
            (0..random.usize(..200)).map(|_| random.u8(..)).collect()
        } else {
            seeds[random.usize(..seeds.len())].clone()
        };
        for _ in 0..random.usize(1..8) {
            change(&mut input, &seeds, &mut random);
        }
        input.truncate(LONGEST);
        fs::write(last, &input).expect("there is room for it");
        target.run(&input);
        count += 1;
    }
    let _ = fs::remove_file(last);
    count
}

/// One change as they happen: other bits, bytes and numbers, pieces that are lost, doubled or of
/// another input.
fn change(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut fastrand::Rng) {
    const NUMBERS: [&[u8]; 8] = [
        b"0",
        b"-1",
        b"4294967296",
        b"18446744073709551615",
        b"99999999999999999999",
        b"0x",
        b"*",
        b"\n",
    ];
    if input.is_empty() {
        input.push(random.u8(..));
    }
    let at = random.usize(..input.len());
    let count = random.usize(..=(input.len() - at).min(64));
    match random.u8(..9) {
        0 => input[at] ^= 1 << random.u8(..8),
        1 => input[at] = random.u8(..),
        2 => input[at] = [0, 0xFF, 0x7F, 0x80][random.usize(..4)],
        3 => drop(input.drain(at..at + count)),
        4 => input.insert(at, random.u8(..)),
        5 => {
            let piece = input[at..at + count].to_vec();
            let times = random.usize(1..20);
            drop(input.splice(at..at, piece.repeat(times)));
        }
        6 => drop(input.splice(at..at + count, NUMBERS[random.usize(..8)].iter().copied())),
        7 => input.truncate(at),
        _ => {
            let other = seeds.get(random.usize(..seeds.len().max(1))).map_or(&[][..], |it| it);
            let from = random.usize(..=other.len());
            drop(input.splice(at.., other[from..].iter().copied()));
        }
    }
}
