//! The binary gpu_metrics file: the members that single questions ask for, by the table's version.

use super::Dir;
use crate::log;
use crate::status::Result;
use crate::types::rsmi_status_t;

/// Where the members stand in one version of the table.
struct Layout {
    format: u8,
    content: u8,
    size: usize,
    energy_accumulator: usize,
    system_clock_counter: usize,
    temperature_hbm: Option<usize>,
    pcie_link_width: usize,
    pcie_link_speed: usize,
}

/// The versions of discrete GPUs that the legacy library reads.
#[rustfmt::skip]
const LAYOUTS: &[Layout] = &[
    layout(1, 96, 24, 32, Some(88), 74, 76),
    layout(2, 104, 24, 32, Some(88), 74, 76),
    layout(3, 120, 24, 32, Some(88), 74, 76),
    layout(4, 288, 24, 32, None, 48, 50),
    layout(5, 360, 88, 96, None, 112, 114),
    layout(6, 1664, 16, 24, None, 60, 62),
    layout(7, 2208, 24, 32, None, 68, 70),
    layout(8, 3872, 24, 32, None, 68, 70),
];

const fn layout(
    content: u8,
    size: usize,
    energy_accumulator: usize,
    system_clock_counter: usize,
    temperature_hbm: Option<usize>,
    pcie_link_width: usize,
    pcie_link_speed: usize,
) -> Layout {
    Layout {
        format: 1,
        content,
        size,
        energy_accumulator,
        system_clock_counter,
        temperature_hbm,
        pcie_link_width,
        pcie_link_speed,
    }
}

/// The members asked for; all ones where the firmware does not report one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Metrics {
    /// In steps of about 15.3 µJ.
    pub(crate) energy_accumulator: u64,
    /// ns
    pub(crate) system_clock_counter: u64,
    /// °C, of each HBM stack.
    pub(crate) temperature_hbm: [u16; 4],
    /// Lanes.
    pub(crate) pcie_link_width: u16,
    /// 0.1 GT/s
    pub(crate) pcie_link_speed: u16,
}

impl Metrics {
    /// Reads the table of a device.
    pub(crate) fn read(device: &Dir) -> Result<Self> {
        // Whatever is wrong with the file, the original says that there is none.
        let bytes =
            device.bytes("gpu_metrics").map_err(|_| rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED)?;
        Self::decode(&bytes).ok_or_else(|| {
            log::reason(|| {
                let version = bytes.get(2..4).unwrap_or_default();
                format!(
                    "a gpu_metrics table of {} bytes, version {version:?}, is not known",
                    bytes.len()
                )
            });
            rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA
        })
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (format, content) = (*bytes.get(2)?, *bytes.get(3)?);
        let layout =
            LAYOUTS.iter().find(|layout| (layout.format, layout.content) == (format, content))?;
        let bytes = bytes.get(..layout.size)?;
        let number = |at: usize, width: usize| {
            let mut value = [0; 8];
            value[..width].copy_from_slice(&bytes[at..at + width]);
            u64::from_le_bytes(value)
        };
        let short = |at| number(at, 2) as u16;
        Some(Self {
            energy_accumulator: number(layout.energy_accumulator, 8),
            system_clock_counter: number(layout.system_clock_counter, 8),
            temperature_hbm: layout
                .temperature_hbm
                .map_or([u16::MAX; 4], |at| std::array::from_fn(|stack| short(at + 2 * stack))),
            pcie_link_width: short(layout.pcie_link_width),
            pcie_link_speed: short(layout.pcie_link_speed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_places() {
        for layout in LAYOUTS {
            let mut bytes = vec![0u8; layout.size];
            bytes[2] = layout.format;
            bytes[3] = layout.content;
            bytes[layout.energy_accumulator..][..8]
                .copy_from_slice(&0x1234_5678_9ABC_u64.to_le_bytes());
            bytes[layout.system_clock_counter..][..8].copy_from_slice(&77u64.to_le_bytes());
            bytes[layout.pcie_link_width..][..2].copy_from_slice(&16u16.to_le_bytes());
            let metrics = Metrics::decode(&bytes).unwrap();
            assert_eq!(metrics.energy_accumulator, 0x1234_5678_9ABC);
            assert_eq!((metrics.system_clock_counter, metrics.pcie_link_width), (77, 16));
            assert_eq!(metrics.temperature_hbm[3] == u16::MAX, layout.temperature_hbm.is_none());
            bytes.pop();
            assert_eq!(Metrics::decode(&bytes), None, "a short table is no table");
        }
    }

    #[test]
    fn an_unknown_version_is_not_guessed() {
        let mut bytes = vec![0u8; 4096];
        for (format, content) in [(0, 0), (1, 9), (1, 200), (4, 0)] {
            (bytes[2], bytes[3]) = (format, content);
            assert_eq!(Metrics::decode(&bytes), None);
        }
        assert_eq!(Metrics::decode(&[]), None);
    }
}
