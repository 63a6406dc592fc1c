//! What the fuzz targets reach without a file: see fuzz/.

use crate::kernel::pci_ids;
use crate::notification;
use rsmi_generations::Generation;

/// Looks names up in a list of PCI ids.
pub fn pci_ids(list: &[u8]) {
    pci_ids::look_up_all(list);
}

/// Reads lines of KFD's, for clients of each generation.
pub fn notifications(lines: &[u8]) {
    for line in lines.split(|byte| *byte == b'\n') {
        for generation in Generation::ALL {
            if let Some((_, message)) = notification::read(line, generation) {
                assert!(message.len() <= 16 * (line.len() + 64), "a message grows with its line");
            }
        }
    }
}
