//! Chance that is the same every time: a number drawn by seed, card, purpose and moment.

/// Draws for one card; each purpose has a stream of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise {
    state: u64,
}

impl Noise {
    pub(super) fn new(seed: u64, card: usize) -> Self {
        Self { state: mix(mix(seed) ^ card as u64) }
    }

    /// At least 0 and less than 1.
    pub(super) fn draw(self, purpose: &str, moment: u64) -> f64 {
        let purpose = purpose.bytes().fold(self.state, |state, byte| mix(state ^ u64::from(byte)));
        // The upper 53 bits are what a double holds.
        (mix(purpose ^ mix(moment)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// The same around 0: at least -1 and less than 1.
    pub(super) fn around(self, purpose: &str, moment: u64) -> f64 {
        2.0 * self.draw(purpose, moment) - 1.0
    }
}

/// The finishing steps of SplitMix64: each bit of the input moves half of the output's.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_repeatable_and_spread() {
        let noise = Noise::new(7, 3);
        let draws: Vec<f64> = (0..1000).map(|moment| noise.draw("x", moment)).collect();
        assert_eq!(draws[17], Noise::new(7, 3).draw("x", 17));
        assert_ne!(draws[17], Noise::new(8, 3).draw("x", 17));
        assert_ne!(draws[17], Noise::new(7, 4).draw("x", 17));
        assert_ne!(draws[17], noise.draw("y", 17));
        let mean = draws.iter().sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
        assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)));
    }
}
