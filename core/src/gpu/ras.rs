//! Errors that the hardware found: in its blocks, in memory pages, on the links to other GPUs.

use super::{BUSY, Gpu, INVALID_ARGS, NOT_SUPPORTED};
use crate::client;
use crate::kernel::number;
use crate::log;
use crate::map;
use crate::status::Result;
use crate::types::{
    rsmi_error_count_t, rsmi_gpu_block_t, rsmi_ras_err_state_t, rsmi_retired_page_record_t,
    rsmi_status_t, rsmi_xgmi_status_t,
};
use rsmi_generations::Generation;

/// The bad pages of a device, as far as the client asked for them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pages {
    /// How many there are.
    pub(crate) count: u32,
    pub(crate) records: Vec<rsmi_retired_page_record_t>,
    /// How that ended: all of them, only some, or one that cannot be read.
    pub(crate) outcome: Result,
}

impl Pages {
    pub(crate) fn none() -> Self {
        Self { count: 0, records: Vec::new(), outcome: Ok(()) }
    }
}

impl Gpu {
    /// Errors since the driver was loaded.
    pub(crate) fn error_count(&self, block: rsmi_gpu_block_t) -> Result<rsmi_error_count_t> {
        let Some((file, with_aca)) = map::find(map::ERROR_FILES, &block) else {
            log::reason(|| "errors of that block are not counted".into());
            return Err(NOT_SUPPORTED);
        };
        let lines = self.device.lines(file).or_else(|status| {
            if status == NOT_SUPPORTED { self.device.lines(with_aca) } else { Err(status) }
        });
        match lines {
            Ok(lines) if lines.len() >= 2 => error_count(&lines),
            Err(status @ BUSY) => Err(status),
            Err(status) if client::generation() < Generation::V6_0 => Err(status),
            _ => Err(NOT_SUPPORTED),
        }
    }

    /// The blocks in which error handling is switched on, one bit each.
    pub(crate) fn error_features(&self) -> Result<u64> {
        let line = self.device.line("ras/features")?;
        let mask = String::from_utf8_lossy(&line);
        let mut words = mask.split_ascii_whitespace();
        if (words.next(), words.next()) != (Some("feature"), Some("mask:")) {
            log::reason(|| format!("{line:?} has no feature mask", line = mask));
            return Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA);
        }
        Ok(number::lenient(words.next().unwrap_or_default().as_bytes(), 16))
    }

    pub(crate) fn error_state(&self, block: rsmi_gpu_block_t) -> Result<rsmi_ras_err_state_t> {
        if !block.0.is_power_of_two() {
            return Err(INVALID_ARGS);
        }
        Ok(if self.error_features()? & block.0 == 0 {
            rsmi_ras_err_state_t::RSMI_RAS_ERR_STATE_DISABLED
        } else {
            rsmi_ras_err_state_t::RSMI_RAS_ERR_STATE_ENABLED
        })
    }

    /// The first of the bad pages, at most so many.
    pub(crate) fn bad_pages(&self, most: u32) -> Result<Pages> {
        Ok(pages(&self.bad_page_lines()?, most as usize))
    }

    fn bad_page_lines(&self) -> Result<Vec<String>> {
        match self.device.lines("ras/gpu_vram_bad_pages") {
            // An empty file: there are none.
            Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA) => Ok(Vec::new()),
            Err(rsmi_status_t::RSMI_STATUS_FILE_ERROR) => Err(NOT_SUPPORTED),
            lines => lines,
        }
    }

    /// Errors of the links since this was last read: reading it resets it.
    pub(crate) fn xgmi_error(&self) -> Result<u64> {
        self.device.number("xgmi_error", 10)
    }

    pub(crate) fn xgmi_error_status(&self) -> Result<rsmi_xgmi_status_t> {
        let last = rsmi_xgmi_status_t::RSMI_XGMI_STATUS_MULTIPLE_ERRORS.0;
        match u32::try_from(self.xgmi_error()?) {
            Ok(status) if status <= last => Ok(rsmi_xgmi_status_t(status)),
            _ => {
                log::reason(|| "xgmi_error is no status that is known".into());
                Err(rsmi_status_t::RSMI_STATUS_UNKNOWN_ERROR)
            }
        }
    }
}

/// Of the lines `ue: 0` and `ce: 0`.
fn error_count(lines: &[String]) -> Result<rsmi_error_count_t> {
    let count = |line: &str, name: &str| {
        let mut words = line.split_ascii_whitespace();
        if words.next() != Some(name) {
            log::reason(|| format!("{line:?} is not a count of {name}"));
            return Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA);
        }
        Ok(number::lenient(words.next().unwrap_or_default().as_bytes(), 10))
    };
    Ok(rsmi_error_count_t {
        uncorrectable_err: count(&lines[0], "ue:")?,
        correctable_err: count(&lines[1], "ce:")?,
    })
}

/// Of lines like `0x00000010 : 0x00001000 : R`.
fn pages(lines: &[String], most: usize) -> Pages {
    let count = lines.len() as u32;
    let mut records = Vec::new();
    for line in lines.iter().take(most) {
        let Some(page) = page(line) else {
            log::reason(|| format!("{line:?} is no bad page"));
            return Pages {
                count,
                records,
                outcome: Err(rsmi_status_t::RSMI_STATUS_UNKNOWN_ERROR),
            };
        };
        records.push(page);
    }
    let some = Err(rsmi_status_t::RSMI_STATUS_INSUFFICIENT_SIZE);
    Pages { count, outcome: if records.len() < lines.len() { some } else { Ok(()) }, records }
}

fn page(line: &str) -> Option<rsmi_retired_page_record_t> {
    let mut parts = line.split(':').map(|part| part.trim().as_bytes());
    Some(rsmi_retired_page_record_t {
        page_address: number::lenient(parts.next()?, 16),
        page_size: number::lenient(parts.next()?, 16),
        status: map::find(map::PAGE_STATES, parts.next()?.first()?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::rsmi_memory_page_status_t as State;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn counts_are_told_by_their_names() {
        let count = error_count(&lines("ue: 3\nce: 18446744073709551615\nde: 7"));
        let expected = rsmi_error_count_t { uncorrectable_err: 3, correctable_err: u64::MAX };
        assert_eq!(count, Ok(expected));
        let swapped = error_count(&lines("ce: 3\nue: 1"));
        assert_eq!(swapped, Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA));
    }

    #[test]
    fn pages_are_read_as_far_as_they_are_asked_for() {
        let text = lines("0x00000010 : 0x00001000 : R\n0x20 : 0x2000 : P\n0x30 : 0x1000 : X");
        let two = pages(&text, 2);
        assert_eq!(two.outcome, Err(rsmi_status_t::RSMI_STATUS_INSUFFICIENT_SIZE));
        assert_eq!(two.records[0].page_address, 0x10);
        assert_eq!((two.records[1].page_size, two.records.len()), (0x2000, 2));
        assert_eq!(two.records[1].status, State::RSMI_MEM_PAGE_STATUS_PENDING);
        assert_eq!(pages(&text[..2], 9).outcome, Ok(()));
        let all = pages(&text, 3);
        assert_eq!(all.outcome, Err(rsmi_status_t::RSMI_STATUS_UNKNOWN_ERROR));
        assert_eq!(all.records.len(), 2);
    }
}
