//! The versions of the firmware, and of the graphics core that compilers build for.

use super::{Gpu, INVALID_ARGS, KFD, NOT_SUPPORTED};
use crate::log;
use crate::map;
use crate::status::Result;
use crate::types::rsmi_fw_block_t;
use rsmi_generations::Generation;

impl Gpu {
    /// As the driver tells it; `block` is numbered as in the newest header.
    pub(crate) fn firmware_version(&self, block: rsmi_fw_block_t) -> Result<u64> {
        let Some(file) = map::find(map::FIRMWARE_FILES, &block) else {
            log::reason(|| "there is no such firmware block".into());
            return Err(INVALID_ARGS);
        };
        self.device.number(file, 16)
    }

    /// gfx90a is 90010.
    pub(crate) fn target_graphics_version(&self) -> Result<u64> {
        log::kept(KFD);
        self.node.property("gfx_target_version").ok_or_else(|| {
            log::reason(|| "KFD does not report it".into());
            NOT_SUPPORTED
        })
    }
}

/// gfx90a is 0x90a. Before ROCm 6.3 the digits were put together in another way, as a decimal.
pub(crate) fn gfx_name(version: u64, generation: Generation) -> u64 {
    if generation >= Generation::V6_3 { hexadecimal(version) } else { joined(version) }
}

/// Two decimal digits each of major, minor and stepping become the digits of a gfx name, of which
/// the last may be hexadecimal.
fn hexadecimal(version: u64) -> u64 {
    let (major, minor, stepping) = (version / 10_000, version / 100 % 100, version % 100);
    let name = format!("{}{stepping:x}", major * 10 + minor);
    u64::from_str_radix(&name, 16).unwrap_or(u64::MAX)
}

fn joined(version: u64) -> u64 {
    let (major, minor, stepping) = (version / 10_000, version / 100 % 100, version % 100);
    let major = if minor == 0 { major * 1000 } else { major * 100 };
    major + minor * 10 + stepping
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gfx_names_are_made_of_kfds_number() {
        let chips = [
            (90_010, 0x90a, 9010),
            (90_402, 0x942, 942),
            (90_006, 0x906, 9006),
            (110_000, 0x1100, 11_000),
            (100_302, 0x1032, 1032),
            (120_001, 0x1201, 12_001),
        ];
        for (version, name, decimal) in chips {
            assert_eq!(hexadecimal(version), name, "{version}");
            assert_eq!(joined(version), decimal, "{version}");
        }
    }
}
