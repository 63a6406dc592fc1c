//! PCIe: what went over the link, and what went wrong on it.

use super::Gpu;
use crate::kernel::{Dir, metrics, number};
use crate::log::{self, Level};
use crate::status::Result;
use crate::types::rsmi_status_t;

/// What the driver counted on the link for a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Throughput {
    /// Packets.
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// Bytes.
    pub(crate) max_packet_size: u64,
}

impl Gpu {
    pub(crate) fn pci_replay_counter(&self) -> Result<u64> {
        self.device.number("pcie_replay_count", 10)
    }
}

/// Reads the counts, for which the driver stops the reader for a second.
pub(crate) fn throughput(device: &Dir) -> Result<Throughput> {
    device.look_at_line("pcie_bw", |line| {
        let mut words = line.split(|byte| number::is_space(*byte)).filter(|word| !word.is_empty());
        let mut count = || number::counted(words.next()?);
        let (sent, received, max_packet_size) = (count(), count(), count());
        let (Some(sent), Some(received), Some(max_packet_size)) = (sent, received, max_packet_size)
        else {
            log::reason(|| "pcie_bw does not hold three numbers".into());
            return Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA);
        };
        Ok(Throughput { sent, received, max_packet_size })
    })
}

/// Tells the log where the same is counted without making anybody wait.
pub(crate) fn traffic_is_counted(device: &Dir) {
    if !log::enabled(Level::Info) {
        return;
    }
    let counts = |table: &metrics::Table| table.get("pcie_bandwidth_acc", None);
    let counted = log::aside(|| metrics::Table::look(device, counts));
    if counted.is_ok_and(|count| count.is_some_and(|count: u64| count != u64::MAX)) {
        log::info(|| {
            "pcie_bw takes a second; gpu_metrics counts the link's traffic, and \
             rsmi_dev_gpu_metrics_info_get tells it at once, as pcie_bandwidth_acc"
                .into()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::tests::Scratch;

    #[test]
    fn there_are_three_numbers_or_there_is_no_answer() {
        let read = |text: &[u8]| throughput(&Scratch::new("throughput", &[("pcie_bw", text)]).0);
        let counts = Throughput { sent: 1, received: u64::MAX, max_packet_size: 256 };
        assert_eq!(read(b"1 18446744073709551615 256\n"), Ok(counts));
        for wrong in [&b""[..], b"12 34\n", b"1 x 3\n"] {
            assert_eq!(read(wrong), Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA));
        }
    }
}
