//! Numbers that mean one thing to clients of one generation and another to those of another.

use super::Client;
use crate::log;
use crate::map;
use crate::status::Result;
use crate::types::{rsmi_compute_partition_type_t, rsmi_fw_block_t, rsmi_status_t};
use rsmi_generations::Generation;

impl Client {
    /// What `rsmi_version_get` says; clients choose structs and numbers by it.
    pub(crate) fn version(self) -> (u32, u32, u32) {
        self.speaks.version()
    }

    /// A firmware block by the client's number of it.
    pub(crate) fn firmware_block(self, number: rsmi_fw_block_t) -> Option<rsmi_fw_block_t> {
        firmware_block(self.speaks, number)
    }

    /// The driver's word for a way to partition a card. What the numbers mean was shuffled with
    /// ROCm 6.2: of a caller that may be of either side nothing is set, rather than something else
    /// than it meant.
    pub(crate) fn compute_partition(
        self,
        number: rsmi_compute_partition_type_t,
    ) -> Result<&'static [u8]> {
        if let Some(mode) = compute_partition(self.speaks, number) {
            if self.open.straddles(Generation::V6_2) {
                log::reason(|| {
                    format!(
                        "what number {} means changed with ROCm 6.2, and nothing says which header \
                         the caller was compiled with ({} are open): set RSMI_COMPAT_ABI",
                        number.0, self.open
                    )
                });
                return Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
            }
            return Ok(mode);
        }
        // Older clients' library looked every number but 0 up in a table that lacked it.
        Err(match number {
            rsmi_compute_partition_type_t::RSMI_COMPUTE_PARTITION_INVALID => {
                rsmi_status_t::RSMI_STATUS_INVALID_ARGS
            }
            _ if self.speaks >= Generation::V6_2 => rsmi_status_t::RSMI_STATUS_INVALID_ARGS,
            _ => rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION,
        })
    }
}

fn compute_partition(
    generation: Generation,
    number: rsmi_compute_partition_type_t,
) -> Option<&'static [u8]> {
    let mut words = map::COMPUTE_PARTITIONS;
    if generation < Generation::V6_2 {
        // The last was the first.
        words.rotate_right(1);
    }
    words.get((number.0 as usize).checked_sub(1)?).copied()
}

/// ROCm 5 had no numbers for the two blocks of MES, so that those behind them were lower.
fn firmware_block(generation: Generation, number: rsmi_fw_block_t) -> Option<rsmi_fw_block_t> {
    const MES: u32 = rsmi_fw_block_t::RSMI_FW_BLOCK_MES.0;
    let shifted = generation == Generation::V5 && number.0 >= MES;
    let number = if shifted { number.0.checked_add(2)? } else { number.0 };
    (number <= rsmi_fw_block_t::RSMI_FW_BLOCK_LAST.0).then_some(rsmi_fw_block_t(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsmi_generations::Open;

    #[test]
    fn one_number_means_another_partition_to_another_client() {
        let word = |generation, number| {
            Client::of(generation).compute_partition(rsmi_compute_partition_type_t(number)).ok()
        };
        assert_eq!(word(Generation::V5, 2), Some(&b"SPX"[..]));
        assert_eq!(word(Generation::V6_0, 2), Some(&b"SPX"[..]));
        assert_eq!(word(Generation::V6_0, 1), Some(&b"CPX"[..]));
        assert_eq!(word(Generation::V6_2, 1), Some(&b"SPX"[..]));
        assert_eq!(word(Generation::V7_0, 2), Some(&b"DPX"[..]));
        for generation in Generation::ALL {
            for number in [0, 6, u32::MAX] {
                assert_eq!(word(generation, number), None, "{generation:?} {number}");
            }
        }
    }

    #[test]
    fn what_may_mean_two_things_is_refused() {
        let set = |open: Open, number| {
            Client::new(open, Open::ALL).compute_partition(rsmi_compute_partition_type_t(number))
        };
        for number in 1..=5 {
            let refused = Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
            assert_eq!(set(Open::ALL, number), refused);
            assert_eq!(set(Open::range(Generation::V6_0, Generation::V6_2), number), refused);
            assert!(set(Open::since(Generation::V6_2), number).is_ok());
            assert!(set(Open::range(Generation::V5, Generation::V6_0), number).is_ok());
        }
        // Nothing to anybody, whoever asks.
        assert_eq!(set(Open::ALL, 6), Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS));
    }

    #[test]
    fn five_has_no_numbers_for_mes() {
        let block = |generation, number| {
            firmware_block(generation, rsmi_fw_block_t(number)).map(|block| block.0)
        };
        assert_eq!(block(Generation::V5, 6), Some(6));
        assert_eq!(block(Generation::V5, 7), Some(rsmi_fw_block_t::RSMI_FW_BLOCK_PFP.0));
        assert_eq!(block(Generation::V5, 20), Some(rsmi_fw_block_t::RSMI_FW_BLOCK_VCN.0));
        assert_eq!(block(Generation::V6_0, 7), Some(rsmi_fw_block_t::RSMI_FW_BLOCK_MES.0));
        for none in [21, 22, u32::MAX] {
            assert_eq!(block(Generation::V5, none), None, "{none}");
        }
        assert_eq!((block(Generation::V7_0, 22), block(Generation::V7_0, 23)), (Some(22), None));
    }
}
